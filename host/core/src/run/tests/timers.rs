//! Timers that steps set: by name, in their branch, fired once.

use std::time::Duration;

use super::super::workbench::{Bench, Graph, Proof, emitted, told};
use super::super::{Signal, Status, Work};
use crate::event::Timestamp;
use crate::outcome::{Emitted, Outcome, TimerWish};
use crate::workflow::{EventId, GatherRule, HandlerId, Home};

/// start → split → item → work, whose step has a timer handler → done → gather → stop.
struct Alarm {
    bench: Bench,
    work: HandlerId,
    fired: HandlerId,
    done: EventId,
    gather: HandlerId,
}

fn alarm(branches: usize) -> Alarm {
    let mut graph = Graph::default();
    let (start, item, done) = (graph.event("start"), graph.event("item"), graph.event("done"));
    let split = graph.opener(start);
    let work = graph.each(item);
    let fired = graph.timer(work);
    let gather = graph.gather(Home::Handler(split), done, GatherRule::default());
    let mut bench = Bench::start(graph.done(), "0", Proof::EveryCommit);
    bench.emit(split, &vec![(item, "0"); branches]);
    Alarm { bench, work, fired, done, gather }
}

fn set(name: &str, millis: u64) -> TimerWish {
    TimerWish::Set { name: name.into(), after: Duration::from_millis(millis) }
}

fn cancel(name: &str) -> TimerWish {
    TimerWish::Cancel { name: name.into() }
}

impl Alarm {
    fn wish(&mut self, wishes: Vec<TimerWish>) -> Work {
        let work = self.bench.take(self.work);
        self.bench.settle(&work, Outcome::Emitted(Emitted { timers: wishes, ..Emitted::default() }));
        work
    }

    /// What the timer handler is told, in order.
    fn told(&mut self) -> Vec<String> {
        let mut all = Vec::new();
        while self.bench.is_ready(self.fired) {
            let work = self.bench.take(self.fired);
            all.push(told(&work));
            self.bench.settle(&work, emitted(&[(self.done, "1")]));
        }
        all
    }
}

#[test]
fn a_timer_fires_once_and_in_its_branch() {
    let mut flow = alarm(1);
    flow.wish(vec![set("wake", 500)]);
    assert_eq!(flow.bench.run.status(), Status::Waiting);
    assert_eq!(flow.bench.run.summary().wake_at, Some(Timestamp(500)));
    assert!(!flow.bench.is_ready(flow.gather), "the branch is open while its timer is set");
    flow.bench.pass(499);
    assert!(flow.told().is_empty());
    flow.bench.pass(1);
    assert_eq!(flow.told(), [r#"{"name":"wake"}"#]);
    assert!(flow.bench.is_ready(flow.gather));
    flow.bench.pass(10_000);
    assert!(flow.told().is_empty());
}

#[test]
fn a_timer_fires_when_the_host_was_down_at_the_time() {
    let mut flow = alarm(1);
    flow.wish(vec![set("wake", 500)]);
    flow.bench.crash();
    flow.bench.now = Timestamp(86_400_000);
    flow.bench.signal(Signal::TimersDue);
    assert_eq!(flow.told(), [r#"{"name":"wake"}"#]);
}

#[test]
fn a_timer_that_is_set_again_fires_at_the_new_time_only() {
    let mut flow = alarm(1);
    flow.wish(vec![set("wake", 500), set("wake", 900), set("other", 700)]);
    flow.bench.pass(600);
    assert!(flow.told().is_empty());
    flow.bench.pass(100);
    assert_eq!(flow.told(), [r#"{"name":"other"}"#]);
    flow.bench.pass(200);
    assert_eq!(flow.told(), [r#"{"name":"wake"}"#]);
}

#[test]
fn a_cancelled_timer_does_not_fire_and_one_that_is_not_set_may_be_cancelled() {
    let mut flow = alarm(1);
    flow.wish(vec![set("wake", 500), cancel("never"), cancel("wake")]);
    assert!(flow.bench.is_ready(flow.gather), "nothing keeps the branch open");
    assert_eq!(flow.bench.run.wake_at(), None);
}

#[test]
fn timers_of_one_name_in_several_branches_are_several() {
    let mut flow = alarm(3);
    flow.wish(vec![set("wake", 100)]);
    flow.wish(vec![set("wake", 200)]);
    flow.wish(vec![set("wake", 300), cancel("wake")]);
    flow.bench.pass(1000);
    assert_eq!(flow.told().len(), 2);
}

#[test]
fn a_failed_attempt_sets_no_timer() {
    let mut flow = alarm(1);
    flow.bench.fail(flow.work, crate::outcome::Class::Transient);
    flow.bench.wake();
    flow.wish(vec![]);
    assert!(flow.bench.is_ready(flow.gather));
}

#[test]
fn a_timer_whose_scope_is_cut_is_cancelled() {
    let mut flow = alarm(2);
    flow.wish(vec![set("wake", 500)]);
    flow.bench.signal(Signal::Cancel);
    assert_eq!(flow.bench.run.wake_at(), None);
    flow.bench.expect_end(Status::Cancelled, None);
}
