//! From the bytes of a component to a release: compiled or taken from the cache, linked with what
//! it asks for, and its handlers held against the shapes that the contract names.

use std::sync::Arc;

use lockstep_core::shape::{Field, Shape};
use lockstep_core::workflow::{EmitPlan, HandlerNode};
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, InstancePre, Linker, Type};
use wasmtime::{Engine, Store};

use crate::attempt::{Entry, Guest};
use crate::capability::{self, Inert};
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
    limits: Limits,
    ticks: Arc<Ticks>,
}

impl Linked {
    pub(crate) fn new(
        component: &Component,
        handlers: &[&HandlerNode],
        limits: Limits,
        ticks: Arc<Ticks>,
    ) -> Result<Linked, Error> {
        let entries = handlers.iter().map(|handler| entry(component, handler)).collect::<Result<_, _>>()?;
        let pre = link(component).map_err(|error| Error::Link(format!("{error:#}")))?;
        Ok(Linked { pre, entries, limits, ticks })
    }

    pub(crate) async fn attempt(&self, call: Call) -> Report {
        let entry = &self.entries[call.handler];
        let log = Log::new(self.limits.log_bytes);
        let inputs = match entry.read(&call.inputs) {
            Ok(inputs) => inputs,
            Err(failure) => return Report::unborn(failure),
        };
        let mut store = self.store(call.identity, log.clone());
        let outcome = entry.attempt(&self.pre, &mut store, &inputs, call.timeout, &self.limits).await;
        let guest = store.data();
        let usage = Usage { cpu: guest.cpu.used(), peak_memory: guest.memory.peak() };
        Report { outcome, log: log.finish(), usage }
    }

    fn store(&self, identity: crate::Identity, log: Log) -> Store<Guest> {
        let cpu = Cpu::new(self.ticks.clone(), self.limits.cpu);
        let memory = Memory::new(self.limits.memory);
        let guest = Guest { identity, cpu, memory, log, wasi: Inert::default() };
        let mut store = Store::new(self.pre.engine(), guest);
        store.limiter(|guest| &mut guest.memory);
        store.set_hostcall_fuel(HOST_CALL_BYTES);
        store.set_max_component_handles(HANDLES);
        count_cpu(&mut store);
        store
    }
}

fn link(component: &Component) -> wasmtime::Result<InstancePre<Guest>> {
    let engine = component.engine();
    let ty = component.component_type();
    let mut linker = Linker::new(engine);
    capability::link(&mut linker, ty.imports(engine).map(|(name, _)| name))?;
    linker.instantiate_pre(component)
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
