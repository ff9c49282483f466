//! Guests as WebAssembly text, in the sandbox: what becomes of each attempt, and that with the wall
//! moved away the same guest gets through.

mod attacks;
mod attempts;
mod bites;
mod blobs;
mod cache;
mod grants;
mod hostile;
mod http;
mod limits;
mod panics;
mod reach;
mod script;
mod state;
mod stores;
mod timers;
mod tools;
mod updates;

use std::time::Duration;

use lockstep_core::contract::Contract;
use lockstep_core::grant::{Grant, Limits};
use lockstep_core::outcome::{Failure, Outcome};
use lockstep_core::shape::Shape;
use lockstep_core::workflow::{EmitPlan, EventId, HandlerNode, Input, Join, StepId};

use crate::{Allocator, Error, Identity, Release, Report, Sandbox, Settings};

const LONG: Duration = Duration::from_secs(60);

fn settings(allocator: Allocator) -> Settings {
    Settings { instances: 8, allocator, ..Settings::default() }
}

/// A release of a component whose one handler takes `work` and gives an event.
fn release_of(bytes: &[u8], gives: &str, grant: &Grant, limits: Limits) -> Release {
    let grant = Grant { limits, ..grant.clone() };
    loaded(bytes, gives, &grant, &settings(Allocator::OnDemand)).unwrap()
}

/// The same as the operator sets it.
fn loaded(bytes: &[u8], gives: &str, grant: &Grant, settings: &Settings) -> Result<Release, Error> {
    Sandbox::new(settings)?.load(bytes, &[&contracted(bytes, gives)], grant)
}

/// That handler, as its contract has it.
fn contracted(bytes: &[u8], gives: &str) -> HandlerNode {
    let contract = Contract::read(bytes).unwrap();
    let shape = |name: &str| -> Shape {
        contract.events.iter().find(|(event, _)| event.name == name).unwrap().1.clone()
    };
    HandlerNode {
        step: StepId(0),
        name: "on-work".into(),
        inputs: vec![Input { event: EventId(0), shape: shape("work"), many: false }],
        emits: EmitPlan::Event(EventId(1), shape(gives)),
        join: Join::Each,
        opens: false,
    }
}

fn identity() -> Identity {
    Identity {
        run: "run".into(),
        workflow: "w".into(),
        step: "s".into(),
        delivery: 1,
        attempt: 1,
        now_ms: 0,
        deadline_ms: 0,
        session: None,
    }
}

fn emitted(report: &Report) -> Vec<&str> {
    match &report.outcome {
        Outcome::Emitted(all) => all.events.iter().map(|emission| emission.payload.as_str()).collect(),
        other => panic!("{other:?}"),
    }
}

fn failure(report: Report) -> Failure {
    match report.outcome {
        Outcome::Failed(failure) => failure,
        other => panic!("{other:?}"),
    }
}

fn told(report: Report) -> String {
    let Failure { class, code, message, .. } = failure(report);
    format!("{class} {code}: {message}")
}
