//! Calls that leave a run: made once, told again, or left to a person, however the attempt ends that
//! makes them.

use std::time::Duration;

use super::super::workbench::{Bench, Graph, Proof, emitted, failed};
use super::super::{
    Admitted, Change, DeliveryStatus, NoFork, Parked, Record, Refusal, Resolution, Seq, Signal, Status, Work,
};
use crate::blob::Digest;
use crate::effect::{CallId, Denial, Ended, Ending, Intent, Keep, Leave};
use crate::event::{Json, Timestamp};
use crate::grant::http::Rate;
use crate::outcome::{Class, Emitted, Interruption, Outcome};
use crate::state::{Op, Reads, Write};
use crate::workflow::{EventId, HandlerId};

/// start → work → stop, and another step that takes the start too.
struct Flow {
    bench: Bench,
    work: HandlerId,
    other: HandlerId,
    stop: EventId,
}

fn flow() -> Flow {
    let mut graph = Graph::default();
    let (start, stop) = (graph.event("start"), graph.stop("stop"));
    let (work, other) = (graph.each(start), graph.each(start));
    Flow { bench: Bench::start(graph.done(), "0", Proof::EveryCommit), work, other, stop }
}

fn id(what: &str, nth: u32) -> CallId {
    CallId { digest: Digest::of(what.as_bytes()), nth }
}

/// A call that is made again by every attempt.
fn plain(what: &str) -> Intent {
    Intent {
        id: id(what, 1),
        capability: "http".into(),
        what: what.into(),
        rule: "https://pay.example:443".into(),
        at_most_once: false,
        keep: Keep::No,
        rate: None,
        calls: None,
        within: None,
        ask: None,
    }
}

fn once(what: &str) -> Intent {
    Intent { at_most_once: true, ..plain(what) }
}

fn reused(what: &str) -> Intent {
    Intent { keep: Keep::Delivery, ..plain(what) }
}

fn answered(answer: &str) -> Ending {
    Ending::Answered { answer: Some(Json::trusted(answer)), told: "200, 1 byte".into() }
}

fn recorded(answer: &str) -> Leave {
    Leave::Recorded(Json::trusted(answer))
}

fn not_made() -> Ending {
    Ending::NotMade { told: "connection refused".into() }
}

fn lost() -> Ending {
    Ending::Failed { told: "the connection broke".into() }
}

fn statuses(rows: &[Record]) -> Vec<DeliveryStatus> {
    let status = |row: &Record| match row.change {
        Change::Attempt { status, .. } => Some(status),
        _ => None,
    };
    rows.iter().filter_map(status).collect()
}

const UNKNOWN: DeliveryStatus = DeliveryStatus::Parked { why: Parked::UnknownEffect };

impl Flow {
    /// An attempt that has begun this call.
    fn begun(intent: &Intent) -> (Flow, Work) {
        let mut flow = flow();
        let work = flow.bench.take(flow.work);
        assert_eq!(flow.bench.leave(&work, intent), Leave::Go);
        (flow, work)
    }

    /// The next attempt at the same delivery.
    fn again(&mut self) -> Work {
        if !self.bench.is_ready(self.work) {
            self.bench.wake();
        }
        self.bench.take(self.work)
    }

    fn the_unknown(&self) -> Seq {
        let all: Vec<_> = self.bench.run.unknown_effects().collect();
        assert_eq!(all.len(), 1, "{all:?}");
        all[0].id
    }

    fn resolve(&mut self, how: Resolution) -> Vec<Record> {
        let signal = Signal::Resolve { effect: self.the_unknown(), how, by: Some("ann".into()) };
        assert_eq!(self.bench.run.admits(&signal), Ok(Admitted::New));
        self.bench.signal(signal)
    }

    fn finish(mut self, work: &Work) {
        self.bench.settle(work, emitted(&[(self.stop, "9")]));
        self.bench.expect_end(Status::Completed, Some("9"));
    }
}

#[test]
fn a_plain_call_is_made_again_by_every_attempt() {
    for ending in [None, Some(answered("1")), Some(lost()), Some(not_made())] {
        let (mut flow, work) = Flow::begun(&plain("GET a"));
        if let Some(ending) = ending {
            let rows = flow.bench.end(&work, &id("GET a", 1), ending);
            let [Record { change: Change::EffectEnded { payload, .. }, .. }] = &rows[..] else {
                panic!("{rows:?}")
            };
            assert_eq!(payload, &None, "nobody asks for the answer");
        }
        flow.bench.settle(&work, failed(Class::Transient));
        let work = flow.again();
        assert_eq!(flow.bench.leave(&work, &plain("GET a")), Leave::Go);
        flow.finish(&work);
    }
}

#[test]
fn what_was_answered_is_told_again_whatever_path_the_next_attempt_takes() {
    for intent in [once("POST a"), reused("POST a")] {
        let (mut flow, work) = Flow::begun(&intent);
        flow.bench.end(&work, &intent.id, answered(r#"{"ok":1}"#));
        flow.bench.settle(&work, failed(Class::Trap));
        flow.bench.crash();
        let work = flow.again();
        assert_eq!(flow.bench.leave(&work, &plain("GET b")), Leave::Go);
        let second = Intent { id: id("POST a", 2), ..intent.clone() };
        assert_eq!(flow.bench.leave(&work, &intent), recorded(r#"{"ok":1}"#));
        assert_eq!(flow.bench.leave(&work, &second), Leave::Go, "the second of its kind was never made");
        flow.bench.end(&work, &second.id, answered("2"));
        flow.finish(&work);
    }
}

#[test]
fn one_that_was_not_made_or_whose_answer_nobody_keeps_is_made_again() {
    for (intent, ending) in
        [(once("POST a"), not_made()), (reused("POST a"), not_made()), (reused("POST a"), lost())]
    {
        let (mut flow, work) = Flow::begun(&intent);
        flow.bench.end(&work, &intent.id, ending);
        flow.bench.settle(&work, failed(Class::Transient));
        let work = flow.again();
        assert_eq!(flow.bench.leave(&work, &intent), Leave::Go);
        flow.bench.end(&work, &intent.id, answered("1"));
        flow.finish(&work);
    }
}

/// All ways in which an attempt ends, with the state changed under it.
fn endings(stop: EventId) -> Vec<Outcome> {
    let reads = Reads { as_of: Seq(3), keys: ["n".into()].into(), listed: false };
    let outdated = Emitted { reads, ..Emitted::default() };
    let interrupted = [Interruption::Stopped, Interruption::Conflict, Interruption::NotBefore(Timestamp(9))];
    let interrupted = interrupted.into_iter().chain([Interruption::UnknownEffect]).map(Outcome::Interrupted);
    let emitted = [Outcome::Emitted(outdated), emitted(&[(stop, "9")])];
    Class::ALL.into_iter().map(failed).chain(interrupted).chain(emitted).collect()
}

#[test]
fn however_an_attempt_ends_whose_call_may_have_been_made_a_person_decides_before_any_other() {
    for ending in [None, Some(lost())] {
        for outcome in endings(flow().stop) {
            let (mut flow, work) = Flow::begun(&once("POST a"));
            ending.clone().map(|ending| flow.bench.end(&work, &id("POST a", 1), ending));
            let other = flow.bench.take(flow.other);
            let value = Some(Json::trusted("1"));
            let writes = vec![Write { key: "n".into(), op: Op::Set, value }];
            flow.bench.settle(&other, Outcome::Emitted(Emitted { writes, ..Emitted::default() }));
            let rows = flow.bench.settle(&work, outcome.clone());
            assert_eq!(statuses(&rows), [UNKNOWN], "{outcome:?}");
            assert_eq!(flow.bench.run.status(), Status::Parked);
            flow.bench.crash();
            assert_eq!((flow.bench.run.status(), flow.bench.run.wake_at()), (Status::Parked, None));
            flow.the_unknown();
        }
    }
}

#[test]
fn a_crash_in_the_middle_of_such_a_call_leaves_it_to_a_person() {
    for crashes in [1, 5] {
        let (mut flow, _) = Flow::begun(&once("POST a"));
        (0..crashes).for_each(|_| flow.bench.crash());
        assert_eq!(flow.bench.run.open().next().unwrap().parked, Some(Parked::UnknownEffect));
        assert!(!flow.bench.is_ready(flow.work) && flow.bench.is_ready(flow.other));
        flow.resolve(Resolution::NotMade);
        let work = flow.again();
        assert_eq!(flow.bench.leave(&work, &once("POST a")), Leave::Go);
    }
    let (mut flow, _) = Flow::begun(&plain("GET a"));
    flow.bench.crash();
    assert!(flow.bench.is_ready(flow.work), "one that may be made again keeps nobody waiting");
}

#[test]
fn a_crash_while_the_run_was_paused_leaves_it_to_a_person_when_it_goes_on() {
    let (mut flow, _) = Flow::begun(&once("POST a"));
    flow.bench.signal(Signal::Pause { by: None });
    flow.bench.restart();
    flow.bench.signal(Signal::Resume);
    assert_eq!(flow.bench.run.open().next().unwrap().parked, Some(Parked::UnknownEffect));
}

#[test]
fn a_pause_parks_no_call_of_an_attempt_that_is_still_out() {
    let (mut flow, work) = Flow::begun(&once("POST a"));
    flow.bench.signal(Signal::Pause { by: None });
    flow.bench.signal(Signal::Resume);
    flow.bench.end(&work, &id("POST a", 1), answered("1"));
    flow.finish(&work);
}

#[test]
fn one_that_is_cut_is_forgotten() {
    let (mut flow, work) = Flow::begun(&once("POST a"));
    let other = flow.bench.take(flow.other);
    flow.bench.settle(&other, emitted(&[(flow.stop, "9")]));
    assert!(flow.bench.end(&work, &id("POST a", 1), answered("1")).is_empty());
    assert_eq!(flow.bench.leave(&work, &once("POST b")), Leave::Unknown);
    assert!(flow.bench.denied(&work, "POST c").is_empty());
    flow.bench.expect_end(Status::Completed, Some("9"));
}

#[test]
fn an_end_that_comes_twice_or_of_a_call_that_was_not_let_go_changes_nothing() {
    let (mut flow, work) = Flow::begun(&once("POST a"));
    assert!(flow.bench.end(&work, &id("POST b", 1), answered("1")).is_empty());
    flow.bench.end(&work, &id("POST a", 1), answered("1"));
    assert!(flow.bench.end(&work, &id("POST a", 1), answered("2")).is_empty());
    assert_eq!(flow.bench.leave(&work, &once("POST a")), recorded("1"));
}

#[test]
fn a_person_says_what_came_of_it_and_the_next_attempt_is_told() {
    let (mut flow, work) = Flow::begun(&once("POST a"));
    flow.bench.settle(&work, failed(Class::Timeout));
    let delivery = work.delivery;
    let rows = flow.resolve(Resolution::Done(Json::trusted("7")));
    assert!(
        matches!(&rows[..], [
        Record { change: Change::EffectEnded { how: Ended::Answered, told, payload: Some(_), .. }, .. },
        Record { change: Change::Retried { .. }, .. },
    ] if **told == *"ann says so"),
        "{rows:?}"
    );
    let work = flow.again();
    assert_eq!((work.delivery, work.attempt), (delivery, 1));
    assert_eq!(flow.bench.leave(&work, &once("POST a")), recorded("7"));
    flow.finish(&work);
}

#[test]
fn a_person_may_give_it_up() {
    let (mut flow, work) = Flow::begun(&once("POST a"));
    flow.bench.settle(&work, Outcome::Interrupted(Interruption::Stopped));
    flow.resolve(Resolution::Fail);
    let reason = flow.bench.run.reason().unwrap();
    assert_eq!(reason, "step `s0` failed: permanent `operator`: an operator gave it up (ann)");
    flow.bench.expect_end(Status::Failed, None);
}

#[test]
fn all_of_a_delivery_are_decided_before_it_is_attempted_again() {
    let (mut flow, work) = Flow::begun(&once("POST a"));
    flow.bench.end(&work, &id("POST a", 1), lost());
    assert_eq!(flow.bench.leave(&work, &once("POST b")), Leave::Go);
    flow.bench.settle(&work, Outcome::Interrupted(Interruption::UnknownEffect));
    let all = |bench: &Bench| -> Vec<_> {
        let told = |effect: super::super::UnknownEffect<'_>| {
            (effect.id, effect.what.to_owned(), effect.failed.map(str::to_owned))
        };
        bench.run.unknown_effects().map(told).collect()
    };
    let unknown = all(&flow.bench);
    assert_eq!(unknown[0].2.as_deref(), Some("the connection broke"));
    assert_eq!((&*unknown[1].1, &unknown[1].2), ("POST b", &None));
    let signal = |effect| Signal::Resolve { effect, how: Resolution::NotMade, by: None };
    flow.bench.signal(signal(unknown[0].0));
    assert!(!flow.bench.is_ready(flow.work));
    flow.bench.signal(signal(unknown[1].0));
    assert!(flow.bench.is_ready(flow.work));
}

#[test]
fn a_retry_is_refused_until_it_is_decided_and_a_decision_that_nobody_waits_for_too() {
    let (mut flow, work) = Flow::begun(&once("POST a"));
    flow.bench.settle(&work, failed(Class::Transient));
    let run = flow.bench.run.id().clone();
    let retry = Signal::Retry { delivery: work.delivery, by: None };
    let refusal = flow.bench.run.admits(&retry).unwrap_err();
    let (delivery, what) = (work.delivery, "POST a".to_owned());
    assert_eq!(refusal, Refusal::UnknownEffect { run: run.clone(), delivery, what });
    assert!(flow.bench.signal(retry).is_empty());
    let effect = flow.the_unknown();
    flow.resolve(Resolution::NotMade);
    let again = Signal::Resolve { effect, how: Resolution::Fail, by: None };
    assert_eq!(flow.bench.run.admits(&again), Err(Refusal::NotUnknown { run, effect }));
    assert!(flow.bench.signal(again).is_empty());
}

#[test]
fn an_attempt_that_is_postponed_waits_costs_nothing_and_goes_on_by_itself() {
    let mut flow = flow();
    for until in [50, 50, 70] {
        let work = flow.again();
        assert_eq!(work.attempt, 1);
        let until = Timestamp(until);
        let rows = flow.bench.settle(&work, Outcome::Interrupted(Interruption::NotBefore(until)));
        assert_eq!(statuses(&rows), [DeliveryStatus::Postponed { until }]);
        assert_eq!(flow.bench.run.wake_at(), Some(until), "even if that has come already");
        assert!(!flow.bench.is_ready(flow.work));
        flow.bench.crash();
    }
    let work = flow.again();
    flow.finish(&work);
}

#[test]
fn a_rate_lets_so_many_leave_and_the_answers_of_earlier_attempts_cost_nothing() {
    let mut flow = flow();
    let rate = Some(Rate { calls: 2, per: Duration::from_secs(1) });
    let intent = |nth| Intent { id: id("POST a", nth), rate, ..reused("POST a") };
    let work = flow.bench.take(flow.work);
    assert_eq!(flow.bench.leave(&work, &intent(1)), Leave::Go);
    flow.bench.end(&work, &intent(1).id, answered("1"));
    assert_eq!(flow.bench.leave(&work, &intent(1)), recorded("1"));
    assert_eq!(flow.bench.leave(&work, &intent(2)), Leave::Go);
    assert_eq!(flow.bench.leave(&work, &intent(3)), Leave::NotBefore(Timestamp(1000)));
    let until = Timestamp(1000);
    flow.bench.settle(&work, Outcome::Interrupted(Interruption::NotBefore(until)));
    flow.bench.wake();
    let work = flow.again();
    assert_eq!(flow.bench.leave(&work, &intent(1)), recorded("1"));
    assert_eq!(flow.bench.leave(&work, &intent(3)), Leave::Go);
}

#[test]
fn what_is_denied_is_a_row_and_nothing_else() {
    let mut flow = flow();
    let work = flow.bench.take(flow.work);
    let rows = flow.bench.denied(&work, "POST a");
    assert!(matches!(&rows[..], [Record { change: Change::Denied { attempt: 1, denial, .. }, .. }]
        if *denial.why == *"path"));
    flow.finish(&work);
}

impl Bench {
    fn denied(&mut self, work: &Work, what: &str) -> Vec<Record> {
        let denial = Denial { capability: "http".into(), what: what.into(), why: "path".into(), tool: None };
        let commit = self.run.denied(work.delivery, denial, self.now);
        self.store(&commit)
    }
}

/// A run whose first delivery has made `before`, and its second then `after`; and the row between.
fn two(before: &Intent, after: &Intent) -> (Flow, Seq) {
    let (mut flow, work) = Flow::begun(before);
    flow.bench.end(&work, &before.id, answered("1"));
    flow.bench.settle(&work, emitted(&[]));
    let between = flow.bench.run.last();
    let other = flow.bench.take(flow.other);
    assert_eq!(flow.bench.leave(&other, after), Leave::Go);
    flow.bench.end(&other, &after.id, answered("1"));
    flow.bench.settle(&other, emitted(&[]));
    (flow, between)
}

#[test]
fn a_fork_that_would_make_calls_again_is_refused_unless_it_may() {
    let (flow, between) = two(&once("POST a"), &plain("POST b"));
    let refused = flow.bench.fork(Some(between.0)).err().unwrap();
    let NoFork::Effects { at, effects, .. } = &refused else { panic!("{refused}") };
    assert_eq!((*at, effects.len(), &*effects[0].1), (between, 1, "POST b"));
    let mut fork = flow.bench.fork_with(Some(between.0), true).unwrap();
    let work = fork.take(flow.other);
    assert_eq!(fork.leave(&work, &plain("POST b")), Leave::Go);
}

#[test]
fn a_fork_keeps_the_answers_of_what_is_open_and_leaves_the_unknown_to_a_person() {
    for (intent, ending, is_refused) in [
        (plain("POST a"), Some(answered("1")), true),
        (plain("POST a"), Some(not_made()), false),
        (reused("POST a"), Some(answered("1")), false),
        (reused("POST a"), None, true),
        (once("POST a"), Some(answered("1")), false),
        (once("POST a"), None, false),
    ] {
        let (mut flow, work) = Flow::begun(&intent);
        ending.clone().map(|ending| flow.bench.end(&work, &intent.id, ending));
        let fork = flow.bench.fork(None);
        assert_eq!(fork.is_err(), is_refused, "{intent:?} {ending:?}");
        let Ok(mut fork) = fork else { continue };
        fork.crash();
        let is_unknown = fork.run.unknown_effects().next().is_some();
        assert_eq!(is_unknown, intent.at_most_once && ending.is_none());
    }
}
