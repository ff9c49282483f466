//! Runs that begin where another one was.

use super::super::workbench::{Bench, Graph, Proof, emitted};
use super::super::{Change, NoFork, Parent, RunId, Seq, Signal, Start, Status};
use crate::event::Json;
use crate::workflow::{EventId, HandlerId};

/// start → asks → question, answer → is-told → stop: a child with a key and an alias, that asks.
struct Asking {
    bench: Bench,
    asks: HandlerId,
    question: EventId,
    told: HandlerId,
    stop: EventId,
}

fn asking() -> Asking {
    let mut graph = Graph::default();
    let (start, question) = (graph.event("start"), graph.event("question"));
    let (answer, stop) = (graph.event("answer"), graph.stop("stop"));
    let (asks, told) = (graph.each(start), graph.each(answer));
    graph.asks(question, answer);
    let start = Start {
        key: Some("k".into()),
        alias: Some("a".into()),
        session: Some("s".into()),
        parent: Some(Parent { run: RunId::named("00"), delivery: Seq(4) }),
        ..Start::new(RunId::fresh("test", 7), Json::trusted("0"))
    };
    let bench = Bench::begin_run(graph.done(), start, Proof::EveryCommit);
    Asking { bench, asks, question, told, stop }
}

#[test]
fn a_fork_is_the_run_as_it_was_under_a_name_of_its_own() {
    let mut flow = asking();
    flow.bench.emit(flow.asks, &[(flow.question, "0")]);
    let (asked, question) = (flow.bench.run.last(), flow.bench.asked()[0]);
    flow.bench.answer(question, "1");
    flow.bench.emit(flow.told, &[(flow.stop, "9")]);

    let mut fork = flow.bench.fork(Some(asked.0)).unwrap();
    assert_eq!((fork.run.last(), fork.run.status(), fork.asked()), (asked, Status::Waiting, vec![question]));
    let about = fork.run.about();
    assert_eq!((&about.key, &about.alias, &about.parent), (&None, &None, &None));
    assert_eq!(about.session.as_deref(), Some("s"));
    let forked = about.forked.as_ref().unwrap();
    assert_eq!((&forked.run, forked.at), (flow.bench.run.id(), asked));
    assert_ne!(fork.run.id(), flow.bench.run.id());

    fork.answer(question, "2");
    fork.emit(flow.told, &[(flow.stop, "8")]);
    fork.expect_end(Status::Completed, Some("8"));
    flow.bench.expect_end(Status::Completed, Some("9"));
}

#[test]
fn what_was_being_attempted_is_attempted_in_the_fork_too() {
    let flow = asking();
    let mut fork = flow.bench.fork(None).unwrap();
    let work = fork.take(flow.asks);
    let changes = fork.settle(&work, emitted(&[(flow.stop, "9")]));
    assert!(matches!(changes.first().unwrap().change, Change::Event { .. } | Change::Attempt { .. }));
    fork.expect_end(Status::Completed, Some("9"));
}

#[test]
fn a_fork_begins_between_two_commits() {
    let mut flow = asking();
    let first = flow.bench.run.last();
    flow.bench.emit(flow.asks, &[(flow.question, "0")]);
    let last = flow.bench.run.last();
    let run = flow.bench.run.id().clone();
    for at in [0, 1, first.0 + 1, last.0 + 1, u64::MAX] {
        let refused = flow.bench.fork(Some(at)).err();
        let nearest = vec![first, last];
        assert_eq!(refused, Some(NoFork::NoCommit { run: run.clone(), at: Seq(at), nearest }));
    }
}

#[test]
fn a_run_that_has_ended_is_forked_before_its_end() {
    let mut flow = asking();
    let first = flow.bench.run.last();
    flow.bench.emit(flow.asks, &[(flow.question, "0")]);
    let asked = flow.bench.run.last();
    flow.bench.signal(Signal::Cancel);
    let (run, at) = (flow.bench.run.id().clone(), flow.bench.run.last());
    for asked_for in [None, Some(at.0)] {
        let refused = flow.bench.fork(asked_for).err();
        let before = vec![first, asked];
        let (run, status) = (run.clone(), Status::Cancelled);
        assert_eq!(refused, Some(NoFork::Ended { run, at, status, before }));
    }
}

#[test]
fn a_run_is_not_forked_while_it_has_a_child() {
    let mut graph = Graph::default();
    let start = graph.event("start");
    let stop = graph.stop("stop");
    let nested = graph.each(start);
    let mut bench = Bench::start(graph.done(), "0", Proof::EveryCommit);
    let before = bench.run.last();
    let work = bench.take(nested);
    let (_, child) = bench.run.child_of(work.delivery).unwrap();
    bench.signal(Signal::ChildStarted { delivery: work.delivery, run: child.clone() });
    let (run, at) = (bench.run.id().clone(), bench.run.last());
    assert_eq!(bench.fork(None).err(), Some(NoFork::Child { run, at, child: child.clone() }));
    let mut fork = bench.fork(Some(before.0)).unwrap();
    let work = fork.take(nested);
    assert_ne!(fork.run.child_of(work.delivery).unwrap().1, child);
    fork.settle(&work, emitted(&[(stop, "9")]));
    fork.expect_end(Status::Completed, Some("9"));
}
