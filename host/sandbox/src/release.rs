//! From the bytes of a step to a release: compiled or taken from the cache, linked with what it asks for, and
//! its handlers held against the shapes that the contract names.

use std::sync::Arc;
use std::time::Duration;

use lockstep_core::grant::Grant;
use lockstep_core::outcome::Outcome;
use lockstep_core::shape::{Field, Shape};
use lockstep_core::workflow::{EmitPlan, HandlerNode};
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, Type};

use crate::attempt::Entry;
use crate::base::{Base, Given, OfRun};
use crate::calls::Calls;
use crate::engine::Ticks;
use crate::leaving::Leaving;
use crate::log::Log;
use crate::meter::Room;
use crate::panic::{Panicked, contained};
use crate::tools::Toolbox;
use crate::value::agrees;
use crate::{Call, Error, Report, Sandbox, Usage, Wall};

/// What all attempts of a release share.
pub(crate) struct Linked {
    base: Base,
    entries: Vec<Entry>,
}

impl Linked {
    pub(crate) fn new(
        component: &Component,
        handlers: &[&HandlerNode],
        grant: &Grant,
        ticks: Arc<Ticks>,
        sandbox: &Sandbox,
        toolbox: &Toolbox,
    ) -> Result<Linked, Error> {
        let entries = handlers.iter().map(|handler| entry(component, handler)).collect::<Result<_, _>>()?;
        let base = Base::new(component, grant, ticks, sandbox, toolbox)?;
        Ok(Linked { base, entries })
    }

    pub(crate) async fn attempt(&self, call: Call) -> Report {
        let limits = &self.base.grant.limits;
        let room = Room::new(limits.memory);
        let log = Log::new(limits.log_bytes, room.clone());
        match contained(self.attempt_with(call, room, log.clone())).await {
            Ok(report) => report,
            Err(Panicked) => Report { log: log.finish(), ..Report::host_panic() },
        }
    }

    async fn attempt_with(&self, call: Call, room: Room, log: Log) -> Report {
        let (entry, base) = (&self.entries[call.handler], &self.base);
        let inputs = match entry.read(&call.inputs) {
            Ok(inputs) => inputs,
            Err(failure) => return Report::unborn(failure),
        };
        let timeout = if base.walls.stands(Wall::Timeout) { call.timeout } else { Duration::MAX };
        let mut store = base.store(self.given(call, room, log.clone()));
        let events = entry.attempt(&base.pre, &mut store, &inputs, timeout, &base.grant.limits).await;
        let fuel = store.get_fuel().map_or(0, |left| base.grant.limits.fuel.saturating_sub(left));
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
            Err(_) if !base.walls.stands(Wall::Transaction) => Outcome::Emitted(guest.emitted(Vec::new())),
            Err(ended) => ended.into(),
        };
        self.scrubbed(Report { outcome, log: log.finish(), usage })
    }

    fn given(&self, call: Call, room: Room, log: Log) -> Given {
        let Call { identity, state, watcher, blobs, moment, effects, kv, .. } = call;
        let calls = Calls::new(self.base.grant.limits.host_calls, self.base.walls);
        let asks = self.base.may_ask().then_some(self.base.grant.approval.within);
        let leaving = Arc::new(Leaving::new(effects, calls, &identity, asks, moment));
        Given { identity, leaving, log, room, kv, run: OfRun { state, watcher, blobs } }
    }

    /// Secrets never leave with what a guest tells, however it came by one.
    fn scrubbed(&self, report: Report) -> Report {
        match self.base.egress.as_ref().and_then(|egress| egress.scrubber()) {
            Some(scrubber) => scrubber.report(report),
            None => report,
        }
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
