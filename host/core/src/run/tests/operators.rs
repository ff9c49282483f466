//! What operators do to a run: hold it, help a delivery on, put something in.

use std::time::Duration;

use super::super::workbench::{Bench, Graph, Proof, emitted, told};
use super::super::{Admitted, Refusal, Seq, Signal, Status};
use crate::event::{Json, Timestamp};
use crate::outcome::Class;
use crate::workflow::{EventId, Exhausted, HandlerId};

/// start → work → done → last → stop; work parks what fails.
struct Flow {
    bench: Bench,
    work: HandlerId,
    done: EventId,
    last: HandlerId,
    stop: EventId,
}

fn flow(change: impl FnOnce(&mut Graph, HandlerId)) -> Flow {
    let mut graph = Graph::default();
    let (start, done) = (graph.event("start"), graph.event("done"));
    let stop = graph.stop("stop");
    let work = graph.each(start);
    let last = graph.each(done);
    graph.step(work).exhausted = Exhausted::Park;
    change(&mut graph, work);
    let bench = Bench::start(graph.done(), "0", Proof::EveryCommit);
    Flow { bench, work, done, last, stop }
}

impl Flow {
    fn parked() -> (Flow, Seq) {
        let mut flow = flow(|_, _| {});
        flow.bench.fail(flow.work, Class::Permanent);
        let parked = flow.bench.run.open().next().expect("it is parked").id;
        (flow, parked)
    }

    fn signal(&mut self, signal: Signal) {
        assert_eq!(self.bench.run.admits(&signal), Ok(Admitted::New));
        assert!(!self.bench.signal(signal).is_empty());
    }

    fn refused(&self, signal: &Signal) -> Refusal {
        self.bench.run.admits(signal).expect_err("it cannot be done")
    }

    fn finish(mut self) {
        self.bench.emit(self.last, &[(self.stop, "9")]);
        self.bench.expect_end(Status::Completed, Some("9"));
    }
}

#[test]
fn a_paused_run_begins_nothing_and_takes_in_what_comes_back() {
    let mut flow = flow(|_, _| {});
    let work = flow.bench.take(flow.work);
    flow.signal(Signal::Pause { by: Some("ann".into()) });
    assert_eq!((flow.bench.run.status(), flow.bench.run.reason()), (Status::Paused, Some("by ann")));
    assert_eq!(flow.bench.run.admits(&Signal::Pause { by: None }), Ok(Admitted::Same));
    flow.bench.settle(&work, emitted(&[(flow.done, "1")]));
    assert!(!flow.bench.is_ready(flow.last));
    assert_eq!(flow.bench.run.summary().wake_at, None);
    flow.bench.crash();
    assert!(!flow.bench.is_ready(flow.last));
    flow.signal(Signal::Resume);
    assert!(matches!(flow.refused(&Signal::Resume), Refusal::NotPaused { status: Status::Running, .. }));
    flow.finish();
}

#[test]
fn the_time_of_a_pause_does_not_count() {
    let mut flow = flow(|graph, _| graph.timeout = Some(Duration::from_secs(10)));
    flow.bench.pass(4_000);
    flow.signal(Signal::Pause { by: None });
    flow.bench.pass(86_400_000);
    flow.signal(Signal::Resume);
    assert_eq!(flow.bench.run.wake_at(), Some(Timestamp(86_410_000)));
}

#[test]
fn a_parked_delivery_that_is_retried_begins_anew() {
    let (mut flow, parked) = Flow::parked();
    flow.signal(Signal::Retry { delivery: parked, by: None });
    let work = flow.bench.take(flow.work);
    assert_eq!((work.delivery, work.attempt), (parked, 1));
    flow.bench.settle(&work, emitted(&[(flow.done, "1")]));
    flow.finish();
}

#[test]
fn a_retry_ends_a_back_off_and_counts_within_anew() {
    let mut flow = flow(|graph, work| {
        let retry = &mut graph.step(work).retry;
        (retry.initial, retry.within) = (Duration::from_secs(20), Some(Duration::from_secs(30)));
    });
    flow.bench.fail(flow.work, Class::Transient);
    flow.bench.pass(19_000);
    let delivery = flow.bench.run.open().next().unwrap().id;
    flow.signal(Signal::Retry { delivery, by: None });
    assert!(matches!(flow.refused(&Signal::Retry { delivery, by: None }), Refusal::NotRetried { .. }));
    flow.bench.fail(flow.work, Class::Transient);
    assert_eq!(flow.bench.run.open().next().unwrap().until, Some(Timestamp(39_000)));
}

#[test]
fn a_skipped_delivery_emits_what_the_operator_gives() {
    let (mut flow, parked) = Flow::parked();
    let events = vec![(flow.done, Json::trusted("7"))];
    flow.signal(Signal::Skip { delivery: parked, events, by: None });
    let work = flow.bench.take(flow.last);
    assert_eq!(told(&work), "7");
    flow.bench.settle(&work, emitted(&[(flow.stop, "9")]));
    flow.bench.expect_end(Status::Completed, Some("9"));
}

#[test]
fn a_skip_without_events_may_leave_the_run_stalled_and_an_event_put_in_gets_it_going() {
    let (mut flow, parked) = Flow::parked();
    flow.signal(Signal::Skip { delivery: parked, events: Vec::new(), by: None });
    assert_eq!(flow.bench.run.status(), Status::Stalled);
    flow.signal(Signal::Inject { event: flow.done, payload: Json::trusted("7"), step: None });
    assert_eq!(flow.bench.run.status(), Status::Running);
    flow.finish();
}

#[test]
fn a_delivery_that_is_given_up_fails_the_run() {
    let (mut flow, parked) = Flow::parked();
    flow.signal(Signal::Fail { delivery: parked, by: Some("ann".into()) });
    let reason = flow.bench.run.reason().unwrap();
    assert_eq!(reason, "step `s0` failed: permanent `operator`: an operator gave it up (ann)");
    flow.bench.expect_end(Status::Failed, None);
}

#[test]
fn an_ended_run_lets_nobody_change_it() {
    let (mut flow, parked) = Flow::parked();
    flow.signal(Signal::Cancel);
    let last = flow.bench.run.last();
    for signal in [
        Signal::Pause { by: None },
        Signal::Resume,
        Signal::Retry { delivery: parked, by: None },
        Signal::Skip { delivery: parked, events: Vec::new(), by: None },
        Signal::Fail { delivery: parked, by: None },
        Signal::Inject { event: flow.done, payload: Json::trusted("7"), step: None },
    ] {
        assert!(
            matches!(flow.refused(&signal), Refusal::Ended { status: Status::Cancelled, .. }),
            "{signal:?}"
        );
        assert!(flow.bench.signal(signal).is_empty());
    }
    assert_eq!(flow.bench.run.admits(&Signal::Cancel), Ok(Admitted::Same));
    assert_eq!(flow.bench.run.last(), last);
}

#[test]
fn a_delivery_that_is_not_open_cannot_be_helped() {
    let (flow, _) = Flow::parked();
    let delivery = Seq(1);
    for signal in [Signal::Retry { delivery, by: None }, Signal::Fail { delivery, by: None }] {
        assert!(matches!(flow.refused(&signal), Refusal::UnknownDelivery { .. }));
    }
}

#[test]
fn an_event_for_one_step_goes_there_only_if_it_takes_it() {
    let mut flow = flow(|graph, _| {
        graph.each(EventId(1));
    });
    let step = Some(flow.bench.run.workflow().handler(flow.last).step);
    flow.signal(Signal::Inject { event: flow.done, payload: Json::trusted("7"), step });
    assert_eq!(flow.bench.run.ready().filter(|(_, handler)| *handler != flow.work).count(), 1);
    let nobody = Some(flow.bench.run.workflow().handler(flow.work).step);
    flow.signal(Signal::Inject { event: flow.done, payload: Json::trusted("7"), step: nobody });
    assert_eq!(flow.bench.run.ready().filter(|(_, handler)| *handler != flow.work).count(), 3);
}
