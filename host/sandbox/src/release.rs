//! From the bytes of a component to a release: compiled or taken from the cache, linked with what
//! it asks for, and its handlers held against the shapes that the contract names.

use std::sync::Arc;

use lockstep_core::grant::Grant;
use lockstep_core::outcome::Outcome;
use lockstep_core::shape::{Field, Shape};
use lockstep_core::workflow::{EmitPlan, HandlerNode};
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, InstancePre, Linker, Type};
use wasmtime::{Engine, Store};

use crate::attempt::{Entry, Guest};
use crate::capability::{self, Inert, OwnBlobs, State, Timers, Updates};
use crate::engine::Ticks;
use crate::log::Log;
use crate::meter::{Cpu, Memory, count_cpu};
use crate::value::agrees;
use crate::{Call, Error, Limits, Report, Usage};

/// Data that one host call may carry, and what is lifted of a result, in bytes.
const HOST_CALL_BYTES: usize = 16 << 20;
/// Handles of resources that a guest may hold at once.
const HANDLES: usize = 1024;

/// What all attempts of a release share.
pub(crate) struct Linked {
    pre: InstancePre<Guest>,
    entries: Vec<Entry>,
    grant: Grant,
    limits: Limits,
    ticks: Arc<Ticks>,
}

impl Linked {
    pub(crate) fn new(
        component: &Component,
        handlers: &[&HandlerNode],
        grant: &Grant,
        limits: Limits,
        ticks: Arc<Ticks>,
    ) -> Result<Linked, Error> {
        let entries = handlers.iter().map(|handler| entry(component, handler)).collect::<Result<_, _>>()?;
        let pre = link(component, grant)?;
        Ok(Linked { pre, entries, grant: grant.clone(), limits, ticks })
    }

    pub(crate) async fn attempt(&self, call: Call) -> Report {
        let entry = &self.entries[call.handler];
        let log = Log::new(self.limits.log_bytes);
        let inputs = match entry.read(&call.inputs) {
            Ok(inputs) => inputs,
            Err(failure) => return Report::unborn(failure),
        };
        let timeout = call.timeout;
        let mut store = self.store(self.guest(call, log.clone()));
        let events = entry.attempt(&self.pre, &mut store, &inputs, timeout, &self.limits).await;
        let guest = store.into_data();
        let usage = Usage { cpu: guest.cpu.used(), peak_memory: guest.memory.peak() };
        let outcome = events.map_or_else(Outcome::from, |events| Outcome::Emitted(guest.emitted(events)));
        Report { outcome, log: log.finish(), usage }
    }

    fn guest(&self, call: Call, log: Log) -> Guest {
        Guest {
            identity: call.identity,
            cpu: Cpu::new(self.ticks.clone(), self.limits.cpu),
            memory: Memory::new(self.limits.memory),
            log,
            state: State::new(self.grant.state.as_ref(), call.state),
            updates: Updates::new(self.grant.updates.as_ref(), call.watcher),
            timers: Timers::default(),
            blobs: OwnBlobs::new(call.blobs),
            wasi: Inert::default(),
        }
    }

    fn store(&self, guest: Guest) -> Store<Guest> {
        let mut store = Store::new(self.pre.engine(), guest);
        store.limiter(|guest| &mut guest.memory);
        store.set_hostcall_fuel(HOST_CALL_BYTES);
        store.set_max_component_handles(HANDLES);
        count_cpu(&mut store);
        store
    }
}

fn link(component: &Component, grant: &Grant) -> Result<InstancePre<Guest>, Error> {
    let engine = component.engine();
    let ty = component.component_type();
    let imports = ty.imports(engine).filter(|(_, item)| has_functions(engine, &item.ty));
    let imports: Vec<&str> = imports.map(|(name, _)| name).collect();
    capability::check(&imports, grant).map_err(Error::Link)?;
    let mut linker = Linker::new(engine);
    capability::link(&mut linker, &imports)
        .and_then(|()| linker.instantiate_pre(component))
        .map_err(|error| Error::Link(format!("{error:#}")))
}

/// An interface of which only types are used needs no definition and reaches nothing.
fn has_functions(engine: &Engine, item: &ComponentItem) -> bool {
    match item {
        ComponentItem::ComponentInstance(instance) => {
            instance.exports(engine).any(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_)))
        }
        _ => true,
    }
}

fn entry(component: &Component, handler: &HandlerNode) -> Result<Entry, Error> {
    let disagrees = || Error::Disagrees { handler: handler.name.clone() };
    let (item, index) = component.get_export(None, &handler.name).ok_or_else(disagrees)?;
    let ComponentItem::ComponentFunc(function) = item else { return Err(disagrees()) };
    if !is_called_as(&function, handler) {
        return Err(disagrees());
    }
    Ok(Entry { index, inputs: handler.inputs.clone(), emits: handler.emits.clone() })
}

/// Whether the engine's type of a function is the one that the contract read from the same bytes.
fn is_called_as(function: &ComponentFunc, handler: &HandlerNode) -> bool {
    let params: Vec<Type> = function.params().map(|(_, ty)| ty).collect();
    let takes = |(ty, input): (&Type, &lockstep_core::workflow::Input)| match (ty, input.many) {
        (Type::List(list), true) => agrees(&list.ty(), &input.shape),
        (ty, _) => agrees(ty, &input.shape),
    };
    let results: Vec<Type> = function.results().collect();
    let [Type::Result(result)] = &results[..] else { return false };
    params.len() == handler.inputs.len()
        && params.iter().zip(&handler.inputs).all(takes)
        && gives(result.ok().as_ref(), &handler.emits)
        && result.err().is_some_and(|err| agrees(&err, &failure_shape()))
}

fn gives(ty: Option<&Type>, plan: &EmitPlan) -> bool {
    match (ty, plan) {
        (None, EmitPlan::Nothing) => true,
        (Some(ty), EmitPlan::Event(_, shape)) => agrees(ty, shape),
        (Some(Type::Option(option)), EmitPlan::Option(inner)) => gives(Some(&option.ty()), inner),
        (Some(Type::List(list)), EmitPlan::List(inner)) => gives(Some(&list.ty()), inner),
        (Some(Type::Variant(variant)), EmitPlan::Variant(cases)) => {
            variant.cases().len() == cases.len()
                && variant.cases().zip(cases).all(|(ty, (name, _, shape))| {
                    ty.name == *name && ty.ty.as_ref().is_some_and(|ty| agrees(ty, shape))
                })
        }
        _ => false,
    }
}

/// `lockstep:step/types.failure`.
fn failure_shape() -> Shape {
    let option = |shape| Shape::Option(Box::new(shape));
    Shape::Record(vec![
        Field::new("kind", Shape::Enum(vec!["transient".into(), "permanent".into()])),
        Field::new("code", Shape::String),
        Field::new("message", Shape::String),
        Field::new("retry-after-ms", option(Shape::U64)),
        Field::new("details", option(Shape::Json)),
    ])
}

/// The machine code of a component: from the bytes themselves, whatever the cache says later.
pub(crate) fn compile(engine: &Engine, bytes: &[u8]) -> Result<Component, Error> {
    Component::new(engine, bytes).map_err(|error| Error::Compile(format!("{error:#}")))
}
