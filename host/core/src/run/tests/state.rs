//! What attempts read and write of the run's state, and whose turn it is when they get in each
//! other's way.

use super::super::workbench::{Bench, Graph, Proof, emitted, failed};
use super::super::{Change, Record, Seq, Status, Work};
use crate::event::Json;
use crate::outcome::{Class, Emitted, Interruption, Outcome};
use crate::state::{Op, Reads, Write};
use crate::workflow::{EventId, GatherRule, HandlerId, Home};

/// start → split → item → work → done → gather → stop, as so many branches of work.
struct Branches {
    bench: Bench,
    work: HandlerId,
    done: EventId,
    gather: HandlerId,
    stop: EventId,
}

fn branches(n: usize) -> Branches {
    let mut graph = Graph::default();
    let (start, item, done) = (graph.event("start"), graph.event("item"), graph.event("done"));
    let stop = graph.stop("stop");
    let split = graph.opener(start);
    let work = graph.each(item);
    let gather = graph.gather(Home::Handler(split), done, GatherRule::default());
    let proof = if n > 100 { Proof::AtTheEnd } else { Proof::EveryCommit };
    let mut bench = Bench::start(graph.done(), "0", proof);
    bench.emit(split, &vec![(item, "0"); n]);
    Branches { bench, work, done, gather, stop }
}

fn add(key: &str) -> Write {
    Write { key: key.into(), op: Op::Add { by: 1 }, value: None }
}

fn append(key: &str, json: &str) -> Write {
    Write { key: key.into(), op: Op::Append, value: Some(Json::trusted(json)) }
}

fn set(key: &str, json: &str) -> Write {
    Write { key: key.into(), op: Op::Set, value: Some(Json::trusted(json)) }
}

impl Branches {
    fn take(&mut self) -> Work {
        self.bench.take(self.work)
    }

    /// An attempt comes back that has read these keys since it began.
    fn settle(&mut self, work: &Work, reads: &[&str], writes: Vec<Write>) -> Vec<Record> {
        let keys = reads.iter().map(|key| (*key).into()).collect();
        let reads = Reads { as_of: work.as_of, keys, listed: false };
        let Outcome::Emitted(plain) = emitted(&[(self.done, "1")]) else { unreachable!() };
        self.bench.settle(work, Outcome::Emitted(Emitted { reads, writes, ..plain }))
    }

    fn state(&self, key: &str) -> Option<String> {
        self.bench.run.state().get(key).map(|json| json.to_string())
    }

    fn finish(mut self) {
        let work = self.bench.take(self.gather);
        self.bench.settle(&work, emitted(&[(self.stop, "9")]));
        self.bench.expect_end(Status::Completed, Some("9"));
    }
}

#[test]
fn of_two_that_read_and_write_a_key_the_second_begins_anew() {
    let mut flow = branches(2);
    let (first, second) = (flow.take(), flow.take());
    flow.settle(&first, &["n"], vec![set("n", "1")]);
    assert_eq!(flow.settle(&second, &["n"], vec![set("n", "1")]), []);
    assert_eq!(flow.state("n").as_deref(), Some("1"));
    let again = flow.take();
    assert_eq!((again.delivery, again.attempt), (second.delivery, 1), "no attempt was counted");
    assert!(again.as_of > second.as_of);
    flow.settle(&again, &["n"], vec![set("n", "2")]);
    assert_eq!(flow.state("n").as_deref(), Some("2"));
    flow.finish();
}

#[test]
fn ten_thousand_branches_that_add_never_conflict() {
    let mut flow = branches(10_000);
    let all: Vec<Work> = (0..10_000).map(|_| flow.take()).collect();
    for work in &all {
        assert_ne!(flow.settle(work, &[], vec![add("n"), append("log", "1")]), []);
    }
    assert_eq!(flow.state("n").as_deref(), Some("10000"));
    assert_eq!(flow.bench.run.state().page(&"log".into(), 9_998, 9).unwrap().len(), 2);
    flow.finish();
}

#[test]
fn nothing_of_a_failed_attempt_is_in_the_state() {
    let mut flow = branches(1);
    let work = flow.take();
    flow.bench.settle(&work, failed(Class::Transient));
    flow.bench.wake();
    assert_eq!(flow.state("n"), None);
    let again = flow.take();
    flow.settle(&again, &[], vec![add("n")]);
    assert_eq!(flow.state("n").as_deref(), Some("1"));
    flow.finish();
}

#[test]
fn a_write_that_its_key_does_not_allow_fails_the_attempt_as_invalid() {
    let mut flow = branches(2);
    let (first, second) = (flow.take(), flow.take());
    flow.settle(&first, &[], vec![set("n", r#""text""#)]);
    let rows = flow.settle(&second, &[], vec![set("other", "1"), add("n")]);
    let failure = rows.iter().find_map(|row| match &row.change {
        Change::Attempt { failure, .. } => failure.clone(),
        _ => None,
    });
    let failure = failure.expect("it failed");
    assert_eq!((failure.class, failure.code.as_str()), (Class::Invalid, "state"));
    assert_eq!(flow.state("other"), None, "nothing of it is written");
}

#[test]
fn at_the_third_conflict_the_others_finish_first_and_new_ones_wait() {
    let mut flow = branches(6);
    let unlucky = flow.take();
    let mut again = unlucky.clone();
    for n in 0..3 {
        let other = flow.take();
        flow.settle(&other, &[], vec![set("n", &n.to_string())]);
        assert_eq!(flow.settle(&again, &["n"], vec![add("n")]), []);
        if n < 2 {
            again = flow.take();
            assert_eq!(again.delivery, unlucky.delivery, "the oldest comes first");
        }
    }
    let ready: Vec<_> = flow.bench.run.ready_steps().map(|(_, id)| id).collect();
    assert_eq!(ready, [unlucky.delivery], "the other two wait, though they are ready");
    let alone = flow.take();
    assert!(!flow.bench.is_ready(flow.work));
    flow.settle(&alone, &["n"], vec![add("n")]);
    assert_eq!(flow.state("n").as_deref(), Some("3"));
    for _ in 0..2 {
        let rest = flow.take();
        flow.settle(&rest, &[], vec![]);
    }
    flow.finish();
}

#[test]
fn one_that_is_to_be_alone_waits_for_those_that_are_out() {
    let mut flow = branches(5);
    let (mut unlucky, out) = (flow.take(), flow.take());
    for n in 0..3 {
        let other = flow.take();
        flow.settle(&other, &[], vec![set("n", &n.to_string())]);
        flow.settle(&unlucky, &["n"], vec![]);
        if n < 2 {
            unlucky = flow.take();
        }
    }
    assert_eq!(flow.bench.run.ready_steps().count(), 0, "one is still out");
    flow.settle(&out, &[], vec![]);
    assert_eq!(flow.bench.run.ready_steps().next().map(|(_, id)| id), Some(unlucky.delivery));
}

#[test]
fn one_that_is_to_be_alone_and_fails_keeps_nobody_waiting() {
    let mut flow = branches(5);
    let mut unlucky = flow.take();
    for n in 0..3 {
        let other = flow.take();
        flow.settle(&other, &[], vec![set("n", &n.to_string())]);
        flow.bench.settle(&unlucky, Outcome::Interrupted(Interruption::Conflict));
        unlucky = flow.bench.begin(unlucky.delivery);
    }
    assert!(!flow.bench.is_ready(flow.work));
    flow.bench.settle(&unlucky, failed(Class::Transient));
    assert!(flow.bench.is_ready(flow.work), "it backs off, and the fifth may go on");
}

#[test]
fn a_run_that_continues_another_finds_its_state_and_leaves_it_as_it_was() {
    let mut flow = branches(1);
    let work = flow.take();
    flow.settle(&work, &[], vec![append("log", "1"), add("n")]);
    let (before, work_handler) = (flow.bench.run.state().clone(), flow.work);
    let workflow = flow.bench.run.workflow().clone();
    let mut next = Bench::continuing(workflow, "0", before.clone());
    let split = HandlerId(0);
    next.emit(split, &[(EventId(1), "0")]);
    let work = next.take(work_handler);
    assert_eq!(work.as_of, next.run.last());
    let reads = Reads { as_of: work.as_of, keys: ["n".into()].into(), listed: true };
    let Outcome::Emitted(plain) = emitted(&[(EventId(2), "1")]) else { unreachable!() };
    next.settle(
        &work,
        Outcome::Emitted(Emitted { reads, writes: vec![append("log", "2"), add("n")], ..plain }),
    );
    let shown = |state: &crate::state::State| {
        state.entries().map(|(key, json)| format!("{key}={json}")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(shown(next.run.state()), "log=[1,2] n=2");
    assert_eq!(shown(&before), "log=[1] n=1");
    assert!(next.run.state().conflicts(&Reads { as_of: Seq(1), keys: ["n".into()].into(), listed: false }));
}
