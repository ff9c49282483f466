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

use lockstep_core::outcome::{Failure, Outcome};

use crate::{Allocator, Identity, Report, Settings};

const LONG: Duration = Duration::from_secs(60);

fn settings(allocator: Allocator) -> Settings {
    Settings { cache: None, instances: 8, allocator }
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
