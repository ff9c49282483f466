//! The guest that does what its event asks of state, updates and timers, deed by deed, and comes back
//! with the answer to the last question: one of its handlers, in the sandbox alone.

use std::sync::{Arc, RwLock};

use lockstep_core::event::Json;
use lockstep_core::grant::{Access, Grant, Limits, StateGrant, UpdatesGrant};
use lockstep_core::outcome::{Emitted, Outcome};
use lockstep_core::run::{Given, Seq};
use lockstep_core::state::State;
use lockstep_test_support::script;
pub(super) use lockstep_test_support::script::{Deed, deed};

use super::{LONG, identity, release_of};
use crate::{Call, Release, Report, View};

/// All that the guest's imports need.
pub(super) fn whole_grant() -> Grant {
    Grant {
        state: Some(StateGrant { run: Access::ReadWrite }),
        updates: Some(UpdatesGrant { bytes: 1 << 20 }),
        ..Grant::default()
    }
}

/// Limits that leave the bounds of the capabilities to be met.
pub(super) fn wide() -> Limits {
    Limits { memory: 512 << 20, cpu: LONG, event_bytes: 64 << 20, ..Limits::default() }
}

pub(super) fn release(grant: &Grant, limits: Limits) -> Release {
    release_of(&script::component(), "done", grant, limits)
}

pub(super) fn call(deeds: &[Deed]) -> Call {
    Call {
        moment: None,
        handler: 0,
        inputs: vec![Given::One(Json::trusted(script::event(deeds).to_string()))],
        identity: identity(),
        state: View::default(),
        watcher: None,
        blobs: None,
        effects: None,
        kv: None,
        timeout: LONG,
    }
}

/// What an attempt sees of this state when it may see the rows up to `as_of`.
pub(super) fn view(state: State, as_of: u64) -> View {
    View { state: Arc::new(RwLock::new(state)), as_of: Seq(as_of) }
}

/// One attempt with the whole grant, in a run that has no state.
pub(super) async fn attempt(deeds: &[Deed]) -> Report {
    release(&whole_grant(), wide()).attempt(call(deeds)).await
}

pub(super) fn done(report: Report) -> Emitted {
    match report.outcome {
        Outcome::Emitted(emitted) => emitted,
        other => panic!("{other:?}"),
    }
}

/// What the guest came back with.
pub(super) fn answer(report: Report) -> String {
    done(report).events[0].payload.to_string()
}

/// A JSON text of so many bytes.
pub(super) fn json_of(bytes: usize) -> String {
    format!("\"{}\"", "a".repeat(bytes - 2))
}
