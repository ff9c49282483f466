//! The hostile guests of `tests/hostile`, attempted with whatever limits and walls a test wants.

use std::time::Duration;

use lockstep_core::contract::{Contract, Emits};
use lockstep_core::event::Json;
use lockstep_core::grant::{Grant, Limits};
use lockstep_core::outcome::Outcome;
use lockstep_core::run::Given;
use lockstep_core::workflow::{EmitPlan, EventId, HandlerNode, Input, Join, StepId};
pub(super) use lockstep_hostile::component;

use super::script::whole_grant;
use super::{LONG, identity, settings};
use crate::{Allocator, Call, Release, Report, Sandbox, Settings, View, Wall, Walls};

/// How a guest is attempted: with wide limits, and all walls.
#[derive(Clone, Copy)]
pub(super) struct With {
    pub(super) limits: Limits,
    pub(super) timeout: Duration,
    pub(super) walls: Walls,
    pub(super) allocator: Allocator,
}

impl Default for With {
    fn default() -> With {
        let limits = Limits { memory: 512 << 20, cpu: LONG, event_bytes: 64 << 20, ..Limits::default() };
        With { limits, timeout: LONG, walls: Walls::default(), allocator: Allocator::OnDemand }
    }
}

impl With {
    /// The limits that a step has without a grant of its own.
    pub(super) fn default_limits() -> With {
        With { limits: Limits::default(), ..With::default() }
    }

    pub(super) fn without(self, wall: Wall) -> With {
        With { walls: Walls::without(wall), ..self }
    }

    pub(super) fn sandbox(&self) -> Sandbox {
        Sandbox::new(&Settings { walls: self.walls, ..settings(self.allocator) }).unwrap()
    }

    pub(super) fn release(&self, guest: &str) -> Release {
        self.release_in(&self.sandbox(), guest)
    }

    pub(super) fn release_in(&self, sandbox: &Sandbox, guest: &str) -> Release {
        let bytes = component(guest);
        let grant = Grant { limits: self.limits, ..whole_grant() };
        sandbox.load(&bytes, &[&handler(&Contract::read(&bytes).unwrap())], &grant).unwrap()
    }

    pub(super) fn call(&self, n: u32) -> Call {
        Call {
            moment: None,
            handler: 0,
            inputs: vec![Given::One(Json::trusted(format!("{{\"n\":{n}}}")))],
            identity: identity(),
            state: View::default(),
            watcher: None,
            blobs: None,
            effects: None,
            kv: None,
            timeout: self.timeout,
        }
    }

    pub(super) async fn attempt(&self, guest: &str, n: u32) -> Report {
        self.release(guest).attempt(self.call(n)).await
    }

    /// `limit cpu`, or `emitted 3 events`.
    pub(super) async fn told(&self, guest: &str, n: u32) -> String {
        told(&self.attempt(guest, n).await)
    }
}

pub(super) fn told(report: &Report) -> String {
    match &report.outcome {
        Outcome::Emitted(all) => format!("emitted {}", all.events.len()),
        Outcome::Failed(failure) => format!("{} {}", failure.class, failure.code),
        Outcome::Interrupted(why) => format!("interrupted {why:?}"),
    }
}

pub(super) fn handler(contract: &Contract) -> HandlerNode {
    let of = &contract.handlers[0];
    let (takes, Emits::List(gives)) = (&of.takes.params()[0].event, &of.gives) else { panic!("{of:?}") };
    let Emits::Event(gives) = &**gives else { panic!("{gives:?}") };
    HandlerNode {
        step: StepId(0),
        name: of.name.clone(),
        inputs: vec![Input { event: EventId(0), shape: contract.events[takes].clone(), many: false }],
        emits: EmitPlan::List(Box::new(EmitPlan::Event(EventId(1), contract.events[gives].clone()))),
        join: Join::Each,
        opens: false,
    }
}
