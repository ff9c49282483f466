//! Deliveries to workflows, and the runs that do their work.

use super::super::workbench::{Bench, Graph, Proof, emitted, failed};
use super::super::{Parent, RunId, Seq, Signal, Start, Status};
use crate::event::{Json, Timestamp};
use crate::outcome::Class;
use crate::workflow::{EventId, GatherRule, HandlerId, Home};

/// start → split → item → nested (a run each) → done → gather → stop.
struct Nested {
    bench: Bench,
    nested: HandlerId,
    done: EventId,
    gather: HandlerId,
    stop: EventId,
}

fn nested(branches: usize, rule: GatherRule) -> Nested {
    let mut graph = Graph::default();
    let (start, item, done) = (graph.event("start"), graph.event("item"), graph.event("done"));
    let stop = graph.stop("stop");
    let split = graph.opener(start);
    let nested = graph.each(item);
    let gather = graph.gather(Home::Handler(split), done, rule);
    let mut bench = Bench::start(graph.done(), "0", Proof::EveryCommit);
    bench.emit(split, &vec![(item, "0"); branches]);
    Nested { bench, nested, done, gather, stop }
}

impl Nested {
    /// Begins the child of the next delivery: the delivery and the child.
    fn begin(&mut self) -> (super::super::Work, RunId) {
        let work = self.bench.take(self.nested);
        let (_, run) = self.bench.run.child_of(work.delivery).expect("it is open");
        self.bench.signal(Signal::ChildStarted { delivery: work.delivery, run: run.clone() });
        (work, run)
    }
}

#[test]
fn a_run_waits_for_its_children_and_takes_what_they_come_to() {
    let mut flow = nested(2, GatherRule::default());
    let (one, two) = (flow.begin(), flow.begin());
    assert_eq!((flow.bench.run.status(), flow.bench.run.summary().wake_at), (Status::Waiting, None));
    assert_ne!(one.1, two.1);
    flow.bench.crash();
    assert_eq!(flow.bench.run.children().count(), 2);
    for (work, _) in [one, two] {
        flow.bench.settle(&work, emitted(&[(flow.done, "1")]));
    }
    let work = flow.bench.take(flow.gather);
    flow.bench.settle(&work, emitted(&[(flow.stop, "9")]));
    flow.bench.expect_end(Status::Completed, Some("9"));
    assert_eq!(flow.bench.run.orphans().count(), 0);
}

#[test]
fn a_second_start_finds_the_first_child_and_a_retry_begins_another() {
    let mut flow = nested(1, GatherRule::default());
    let delivery = flow.bench.run.ready().next().unwrap().0;
    let (_, first) = flow.bench.run.child_of(delivery).unwrap();
    flow.bench.crash();
    assert_eq!(flow.bench.run.child_of(delivery).unwrap().1, first);
    let (work, begun) = flow.begin();
    assert_eq!(begun, first);
    flow.bench.settle(&work, failed(Class::Transient));
    flow.bench.wake();
    assert_ne!(flow.begin().1, first);
}

#[test]
fn children_that_are_cut_are_to_be_told_so() {
    let mut flow = nested(3, GatherRule { take: Some(1), ..GatherRule::default() });
    let all = [flow.begin(), flow.begin(), flow.begin()];
    flow.bench.settle(&all[1].0, emitted(&[(flow.done, "1")]));
    let orphans: Vec<RunId> = flow.bench.run.orphans().cloned().collect();
    assert_eq!(orphans.len(), 2);
    assert!(!orphans.contains(&all[1].1));
    assert_eq!(flow.bench.run.summary().wake_at, Some(Timestamp(0)), "it is taken up until they know");
    let work = flow.bench.take(flow.gather);
    flow.bench.settle(&work, emitted(&[(flow.stop, "9")]));
    assert_eq!(flow.bench.run.summary().wake_at, Some(Timestamp(0)), "also when it has ended");
    flow.bench.crash();
    for run in orphans {
        flow.bench.signal(Signal::ChildCancelled { run });
    }
    assert_eq!(flow.bench.run.summary().wake_at, None);
    flow.bench.expect_end(Status::Completed, Some("9"));
}

#[test]
fn a_cancelled_run_cancels_its_children() {
    let mut flow = nested(2, GatherRule::default());
    let begun = flow.begin();
    flow.bench.signal(Signal::Cancel);
    assert_eq!(flow.bench.run.orphans().cloned().collect::<Vec<_>>(), [begun.1]);
}

#[test]
fn a_child_that_has_ended_owes_its_parent_the_news_until_it_is_told() {
    let mut graph = Graph::default();
    let start = graph.event("start");
    let stop = graph.stop("stop");
    let work = graph.each(start);
    let parent = Parent { run: RunId::named("00"), delivery: Seq(4) };
    let start =
        Start { parent: Some(parent.clone()), ..Start::new(RunId::child(&parent, 0), Json::trusted("0")) };
    let mut bench = Bench::begin_run(graph.done(), start, Proof::EveryCommit);
    assert_eq!(bench.run.news(), None);
    bench.emit(work, &[(stop, "1")]);
    assert_eq!(bench.run.news(), Some(&parent));
    assert_eq!(bench.run.summary().wake_at, Some(Timestamp(0)));
    bench.crash();
    bench.signal(Signal::ParentTold);
    assert_eq!((bench.run.news(), bench.run.summary().wake_at), (None, None));
    assert!(bench.signal(Signal::ParentTold).is_empty());
}
