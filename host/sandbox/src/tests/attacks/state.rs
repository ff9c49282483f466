//! Attacks on what outlives an attempt.

use std::sync::{Arc, RwLock};

use lockstep_core::outcome::Outcome;
use lockstep_core::run::Seq;
use lockstep_core::state::State;

use super::super::emitted;
use super::super::hostile::{With, told};
use crate::{Call, View, Wall};

#[tokio::test]
async fn a_trap_after_writes_leaves_nothing_and_the_retry_sees_what_was_before() {
    let with = With::default_limits();
    let state = Arc::new(RwLock::new(State::default()));
    let view = View { state: state.clone(), as_of: Seq(0) };
    let release = with.release("undo");
    let report = release.attempt(Call { state: view.clone(), ..with.call(0) }).await;
    // A failure has no room for writes, events, updates or blobs.
    assert_eq!(told(&report), "trap unreachable");
    assert_eq!(state.read().unwrap().entries().count(), 0);
    let report = release.attempt(Call { state: view, ..with.call(1) }).await;
    let Outcome::Emitted(emitted) = report.outcome else { panic!("{:?}", report.outcome) };
    assert_eq!((emitted.writes.len(), emitted.updates.len(), emitted.blobs.len()), (1, 1, 1));
    let open = with.without(Wall::Transaction).attempt("undo", 0).await;
    let Outcome::Emitted(leaked) = open.outcome else { panic!("{:?}", open.outcome) };
    assert_eq!((leaked.writes.len(), leaked.updates.len(), leaked.blobs.len()), (1, 1, 1));
}

#[tokio::test]
async fn what_an_attempt_sets_in_its_own_memory_the_next_one_does_not_find() {
    for (with, found) in [
        (With::default(), "{\"n\":1,\"text\":\"\"}"),
        (With::default().without(Wall::FreshInstance), "{\"n\":2,\"text\":\"\"}"),
    ] {
        for allocator in [crate::Allocator::Pooling, crate::Allocator::OnDemand] {
            let with = With { allocator, ..with };
            let release = with.release("static");
            for _ in 0..3 {
                assert_eq!(emitted(&release.attempt(with.call(0)).await), [found]);
            }
        }
    }
}
