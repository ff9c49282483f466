//! Guests as WebAssembly text, in the sandbox: what becomes of each attempt, and that with the wall
//! moved away the same guest gets through.

mod attempts;
mod blobs;
mod cache;
mod grants;
mod script;
mod state;
mod timers;
mod updates;

use std::time::Duration;

use lockstep_core::contract::Contract;
use lockstep_core::grant::Grant;
use lockstep_core::outcome::{Failure, Outcome};
use lockstep_core::shape::Shape;
use lockstep_core::workflow::{EmitPlan, EventId, HandlerNode, Input, Join, StepId};

use crate::{Allocator, Identity, Limits, Release, Report, Sandbox, Settings};

const LONG: Duration = Duration::from_secs(60);

fn settings(allocator: Allocator) -> Settings {
    Settings { cache: None, instances: 8, allocator }
}

/// A release of a component whose one handler takes `work` and gives an event.
fn release_of(bytes: &[u8], gives: &str, grant: &Grant, limits: Limits) -> Release {
    let contract = Contract::read(bytes).unwrap();
    let shape = |name: &str| -> Shape {
        contract.events.iter().find(|(event, _)| event.name == name).unwrap().1.clone()
    };
    let handler = HandlerNode {
        step: StepId(0),
        name: "on-work".into(),
        inputs: vec![Input { event: EventId(0), shape: shape("work"), many: false }],
        emits: EmitPlan::Event(EventId(1), shape(gives)),
        join: Join::Each,
        opens: false,
    };
    let sandbox = Sandbox::new(&settings(Allocator::OnDemand)).unwrap();
    sandbox.load(bytes, &[&handler], grant, limits).unwrap()
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
