//! From the bytes of a component to a release: compiled or taken from the cache, linked with what
//! it asks for, and its handlers held against the shapes that the contract names.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lockstep_core::grant::{Grant, ScratchGrant};
use lockstep_core::outcome::Outcome;
use lockstep_core::shape::{Field, Shape};
use lockstep_core::workflow::{EmitPlan, HandlerNode};
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, InstancePre, Linker, Type};
use wasmtime::{Engine, Store};

use crate::attempt::{Entry, Guest};
use crate::calls::Calls;
use crate::capability::{
    self, Buckets, Chance, Files, Folder, Http, Inert, OwnBlobs, Scratch, State, Timers, Updates,
};
use crate::denial::Denials;
use crate::egress::Egress;
use crate::engine::Ticks;
use crate::log::Log;
use crate::meter::{Cpu, Memory, Room, count_cpu};
use crate::panic::{Panicked, contained};
use crate::value::agrees;
use crate::{Call, Error, Report, Sandbox, Usage, Wall, Walls};

/// Data that one host call may carry, and what is lifted of a result, in bytes.
const HOST_CALL_BYTES: usize = 16 << 20;
/// Handles of resources that a guest may hold at once.
const HANDLES: usize = 1024;

/// What all attempts of a release share.
pub(crate) struct Linked {
    pre: InstancePre<Guest>,
    entries: Vec<Entry>,
    grant: Arc<Grant>,
    egress: Option<Arc<Egress>>,
    /// The folders of the grant, open.
    folders: Arc<[Folder]>,
    /// What each attempt gets of its own, and where.
    scratch: Option<(ScratchGrant, Arc<Path>)>,
    ticks: Arc<Ticks>,
    walls: Walls,
}

impl Linked {
    pub(crate) fn new(
        component: &Component,
        handlers: &[&HandlerNode],
        grant: &Grant,
        ticks: Arc<Ticks>,
        sandbox: &Sandbox,
    ) -> Result<Linked, Error> {
        let entries = handlers.iter().map(|handler| entry(component, handler)).collect::<Result<_, _>>()?;
        let walls = sandbox.walls;
        let pre = link(component, grant, walls)?;
        let egress = Egress::new(grant, &sandbox.means, walls)?;
        let scratch = match grant.scratch {
            Some(own) => Some((own, sandbox.scratch.clone().ok_or(Error::NoScratch)?)),
            None => None,
        };
        let folders = Folder::all(grant, walls)?;
        let grant = Arc::new(Grant { limits: walls.limits(&grant.limits), ..grant.clone() });
        Ok(Linked { pre, entries, grant, egress, folders, scratch, ticks, walls })
    }

    pub(crate) async fn attempt(&self, call: Call) -> Report {
        let room = Room::new(self.grant.limits.memory);
        let log = Log::new(self.grant.limits.log_bytes, room.clone());
        match contained(self.attempt_with(call, room, log.clone())).await {
            Ok(report) => report,
            Err(Panicked) => Report { log: log.finish(), ..Report::host_panic() },
        }
    }

    async fn attempt_with(&self, call: Call, room: Room, log: Log) -> Report {
        let entry = &self.entries[call.handler];
        let inputs = match entry.read(&call.inputs) {
            Ok(inputs) => inputs,
            Err(failure) => return Report::unborn(failure),
        };
        let timeout = if self.walls.stands(Wall::Timeout) { call.timeout } else { Duration::MAX };
        let mut store = self.store(self.guest(call, room, log.clone()));
        let events = entry.attempt(&self.pre, &mut store, &inputs, timeout, &self.grant.limits).await;
        let fuel = store.get_fuel().map_or(0, |left| self.grant.limits.fuel.saturating_sub(left));
        let mut guest = store.into_data();
        guest.files.end().await;
        let usage = Usage {
            cpu: guest.cpu.used(),
            fuel,
            denied: guest.denials.count(),
            peak_memory: guest.memory.peak(),
        };
        let outcome = match guest.http.ended().map_or(events, Err) {
            Ok(events) => Outcome::Emitted(guest.emitted(events)),
            Err(_) if !self.walls.stands(Wall::Transaction) => Outcome::Emitted(guest.emitted(Vec::new())),
            Err(ended) => ended.into(),
        };
        self.scrubbed(Report { outcome, log: log.finish(), usage })
    }

    /// Secrets never leave with what a guest tells, however it came by one.
    fn scrubbed(&self, report: Report) -> Report {
        match self.egress.as_ref().and_then(|egress| egress.scrubber()) {
            Some(scrubber) => scrubber.report(report),
            None => report,
        }
    }

    fn guest(&self, call: Call, room: Room, log: Log) -> Guest {
        let scratch = self.scratch.clone().map(|(grant, within)| Scratch::new(grant, within));
        let calls = Calls::new(self.grant.limits.host_calls, self.walls);
        let denials = Denials::new(call.effects.clone());
        Guest {
            chance: Chance::new(self.grant.random, &call.identity),
            identity: call.identity,
            grant: self.grant.clone(),
            walls: self.walls,
            cpu: Cpu::new(self.ticks.clone(), self.grant.limits.cpu),
            fuel: self.grant.limits.fuel,
            memory: Memory::new(room),
            log,
            calls: calls.clone(),
            denials: denials.clone(),
            state: State::new(self.grant.state.as_ref(), call.state),
            updates: Updates::new(self.grant.updates.as_ref(), call.watcher),
            timers: Timers::default(),
            blobs: OwnBlobs::new(call.blobs),
            http: Http::new(self.egress.clone(), call.effects, calls, denials),
            buckets: Buckets::new(call.kv),
            files: Files::new(self.folders.clone(), scratch, self.walls),
            wasi: Inert::default(),
        }
    }

    fn store(&self, guest: Guest) -> Store<Guest> {
        let mut store = Store::new(self.pre.engine(), guest);
        store.limiter(|guest| &mut guest.memory);
        if self.walls.stands(Wall::HostCallBytes) {
            store.set_hostcall_fuel(HOST_CALL_BYTES);
        }
        if self.walls.stands(Wall::Handles) {
            store.set_max_component_handles(HANDLES);
        }
        if self.grant.limits.fuel > 0 {
            store.set_fuel(self.grant.limits.fuel).expect("the engine of a release with fuel counts it");
        }
        count_cpu(&mut store);
        store
    }
}

fn link(component: &Component, grant: &Grant, walls: Walls) -> Result<InstancePre<Guest>, Error> {
    let engine = component.engine();
    let ty = component.component_type();
    let imports = ty.imports(engine).filter(|(_, item)| has_functions(engine, &item.ty));
    let imports: Vec<&str> = imports.map(|(name, _)| name).collect();
    if walls.stands(Wall::Imports) {
        capability::check(&imports, grant).map_err(Error::Link)?;
    }
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
