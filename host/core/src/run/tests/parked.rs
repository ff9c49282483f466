//! What waits for an operator, and what a host that went down leaves behind.

use super::super::workbench::{Bench, Graph, Proof, failed};
use super::super::{Change, DeliveryStatus, Parked, Record, Signal, Status};
use crate::outcome::{Class, Interruption, Outcome};
use crate::retry::{HOST_FAILURES, Policy};
use crate::workflow::{Exhausted, HandlerId};

/// start → work.
fn one(change: impl FnOnce(&mut Graph, HandlerId)) -> (Bench, HandlerId) {
    let mut graph = Graph::default();
    let start = graph.event("start");
    let work = graph.each(start);
    change(&mut graph, work);
    (Bench::start(graph.done(), "0", Proof::EveryCommit), work)
}

fn parks(rows: &[Record]) -> Option<Parked> {
    rows.iter().find_map(|row| match row.change {
        Change::Attempt { status: DeliveryStatus::Parked { why }, .. } => Some(why),
        _ => None,
    })
}

#[test]
fn an_exhausted_delivery_is_parked_if_its_step_says_so() {
    let (mut bench, work) = one(|graph, work| {
        let step = graph.step(work);
        step.exhausted = Exhausted::Park;
        step.retry = Policy { attempts: 2, ..step.retry.clone() };
    });
    assert_eq!(parks(&bench.fail(work, Class::Transient)), None);
    bench.wake();
    assert_eq!(parks(&bench.fail(work, Class::Transient)), Some(Parked::Exhausted));
    assert_eq!((bench.run.status(), bench.run.summary().parked), (Status::Parked, 1));
    bench.crash();
    assert_eq!((bench.run.status(), bench.run.summary().wake_at), (Status::Parked, None));
}

#[test]
fn a_host_that_keeps_failing_parks_the_delivery_whatever_its_step_says() {
    let (mut bench, work) = one(|_, _| {});
    for _ in 1..HOST_FAILURES {
        assert_eq!(parks(&bench.fail(work, Class::Host)), None);
        bench.wake();
    }
    assert_eq!(parks(&bench.fail(work, Class::Host)), Some(Parked::Exhausted));
    assert_eq!(bench.run.status(), Status::Parked);
}

#[test]
fn a_delivery_that_is_in_flight_at_three_crashes_is_poison() {
    let (mut bench, work) = one(|_, _| {});
    bench.take(work);
    bench.crash();
    for _ in 0..3 {
        assert_eq!(bench.run.status(), Status::Running);
        let begun = bench.take(work);
        assert_eq!(begun.attempt, 1, "a crash costs no attempt");
        bench.crash();
    }
    assert_eq!((bench.run.status(), bench.run.summary().parked), (Status::Parked, 1));
}

#[test]
fn a_delivery_that_only_waits_is_no_poison_however_often_the_host_goes_down() {
    let (mut bench, work) = one(|_, _| {});
    for _ in 0..10 {
        bench.crash();
    }
    assert!(bench.is_ready(work));
}

#[test]
fn one_that_is_interrupted_in_order_was_not_in_flight_when_the_host_went_down() {
    let (mut bench, work) = one(|_, _| {});
    bench.crash();
    for _ in 0..5 {
        let begun = bench.take(work);
        let rows = bench.settle(&begun, Outcome::Interrupted(Interruption::Stopped));
        assert!(matches!(rows[..], [ref only]
            if matches!(only.change, Change::Attempt { status: DeliveryStatus::Interrupted, .. })));
        bench.crash();
    }
    assert!(bench.is_ready(work));
}

#[test]
fn attempts_begin_without_a_row_as_long_as_no_host_went_down() {
    let (mut bench, work) = one(|_, _| {});
    let last = bench.run.last();
    let begun = bench.take(work);
    assert_eq!(bench.run.last(), last);
    bench.settle(&begun, failed(Class::Transient));
    bench.wake();
    let last = bench.run.last();
    bench.take(work);
    assert_eq!(bench.run.last(), last);
}

#[test]
fn a_parked_run_can_be_cancelled() {
    let (mut bench, work) = one(|graph, work| graph.step(work).exhausted = Exhausted::Park);
    bench.fail(work, Class::Permanent);
    bench.signal(Signal::Cancel);
    bench.expect_end(Status::Cancelled, None);
}
