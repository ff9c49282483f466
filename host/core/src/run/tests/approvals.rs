//! Calls that a person decides on: asked about once, let go as they were approved, and no other in their
//! place.

use std::time::Duration;

use super::super::workbench::{Bench, Graph, Proof, emitted, failed};
use super::super::{Admitted, ApprovalId, Decided, Parked, Refusal, Seq, Signal, Status, Verdict, Work};
use crate::blob::Digest;
use crate::effect::{Ask, CallId, Ending, Intent, Keep, Leave, Moment, Proposal};
use crate::event::{Json, Timestamp};
use crate::outcome::{Class, Interruption, Outcome};
use crate::workflow::{EventId, HandlerId};

fn moment() -> Moment {
    Moment { clock: Timestamp(77), seed: Digest::of(b"chance") }
}

/// start → work → stop.
struct Flow {
    bench: Bench,
    work: HandlerId,
    stop: EventId,
}

fn flow() -> Flow {
    let mut graph = Graph::default();
    let (start, stop) = (graph.event("start"), graph.stop("stop"));
    let work = graph.each(start);
    Flow { bench: Bench::start(graph.done(), "0", Proof::EveryCommit), work, stop }
}

/// A call that nobody is asked about, of a step that may ask.
fn plain(what: &str) -> Intent {
    Intent {
        id: CallId { digest: Digest::of(what.as_bytes()), nth: 1 },
        capability: "tools".into(),
        what: what.into(),
        rule: "bank".into(),
        at_most_once: false,
        keep: Keep::Attempt,
        rate: None,
        calls: None,
        within: None,
        ask: None,
    }
}

fn risky(what: &str) -> Intent {
    let proposal = Proposal { arguments: Json::trusted(format!("{{\"what\":\"{what}\"}}")), schema: None };
    let ask = Ask { why: "its rule".into(), proposal, within: Duration::from_secs(60), moment: moment() };
    Intent { ask: Some(ask), ..plain(what) }
}

fn answered(answer: &str) -> Ending {
    Ending::Answered { answer: Some(Json::trusted(answer)), told: "it worked".into() }
}

fn recorded(answer: &str) -> Leave {
    Leave::Recorded(Json::trusted(answer))
}

const YES: Verdict = Verdict::Approve { arguments: None, rule: None };

fn no(reason: &str) -> Verdict {
    Verdict::Refuse { reason: Some(reason.into()) }
}

impl Flow {
    fn begin(&mut self) -> Work {
        self.bench.take(self.work)
    }

    /// An attempt asks for this, and is over.
    fn asks(&mut self, what: &str) -> ApprovalId {
        let work = self.begin();
        self.asks_in(&work, what)
    }

    fn asks_in(&mut self, work: &Work, what: &str) -> ApprovalId {
        assert_eq!(self.bench.leave(work, &risky(what)), Leave::Ask);
        self.bench.settle(work, Outcome::Interrupted(Interruption::Approval));
        self.open()
    }

    fn open(&self) -> ApprovalId {
        let all: Vec<_> = self.bench.run.approvals().map(|(id, _)| id).collect();
        assert_eq!(all.len(), 1, "{all:?}");
        all[0]
    }

    fn decide(&mut self, verdict: Verdict) {
        let signal = Signal::Decide { approval: self.open(), verdict, by: Some("ann".into()) };
        assert_eq!(self.bench.run.admits(&signal), Ok(Admitted::New));
        self.bench.signal(signal);
    }

    fn parked(&self) -> Vec<Option<Parked>> {
        self.bench.run.open().map(|delivery| delivery.parked).collect()
    }
}

#[test]
fn an_attempt_that_asks_waits_and_goes_on_as_the_same_attempt_when_a_person_says_yes() {
    let mut flow = flow();
    flow.asks("pay");
    assert_eq!((flow.bench.run.status(), flow.parked()), (Status::Waiting, vec![Some(Parked::Approval)]));
    assert_eq!(flow.bench.run.summary().asking, 1);
    let (_, open) = flow.bench.run.approvals().next().unwrap();
    assert_eq!((&*open.what, open.proposal.arguments.as_str()), ("pay", r#"{"what":"pay"}"#));
    assert_eq!(open.deadline, Timestamp(60_000));
    flow.decide(YES);
    let work = flow.begin();
    assert_eq!((work.attempt, work.moment), (1, Some(moment())));
    assert_eq!(flow.bench.leave(&work, &risky("pay")), Leave::Go);
    flow.bench.end(&work, &risky("pay").id, answered("1"));
    flow.bench.settle(&work, emitted(&[(flow.stop, "9")]));
    flow.bench.expect_end(Status::Completed, Some("9"));
}

#[test]
fn what_was_called_before_is_answered_from_memory_when_the_attempt_goes_on_and_listed_for_the_person() {
    let mut flow = flow();
    let work = flow.begin();
    assert_eq!(flow.bench.leave(&work, &plain("look")), Leave::Go);
    flow.bench.end(&work, &plain("look").id, answered("\"seen\""));
    flow.asks_in(&work, "pay");
    let made = flow.bench.run.calls_made(work.delivery);
    assert_eq!(made.iter().map(|call| (call.what, call.told)).collect::<Vec<_>>(), [("look", "it worked")]);
    flow.decide(YES);
    let work = flow.begin();
    assert_eq!(flow.bench.leave(&work, &plain("look")), recorded("\"seen\""));
    assert_eq!(flow.bench.leave(&work, &plain("other")), Leave::Go, "it takes another path");
    // An attempt that begins anew makes its own calls, but none that a person has said yes to.
    assert_eq!(flow.bench.leave(&work, &risky("pay")), Leave::Go);
    flow.bench.end(&work, &risky("pay").id, answered("\"paid\""));
    flow.bench.settle(&work, failed(Class::Transient));
    flow.bench.wake();
    let work = flow.begin();
    assert_eq!((work.attempt, work.moment), (2, None));
    assert_eq!(flow.bench.leave(&work, &plain("look")), Leave::Go);
    assert_eq!(flow.bench.leave(&work, &risky("pay")), recorded("\"paid\""));
}

#[test]
fn an_approval_is_for_one_call_and_another_one_asks_anew() {
    let mut flow = flow();
    flow.asks("pay 5");
    flow.decide(YES);
    flow.asks("pay 5000");
    flow.decide(no("not that"));
    let work = flow.begin();
    let refused = Leave::Refused("not that".into());
    assert_eq!(flow.bench.leave(&work, &risky("pay 5000")), refused);
    assert_eq!(flow.bench.leave(&work, &risky("pay 5")), Leave::Go);
    let again = Intent { id: CallId { nth: 2, ..risky("pay 5").id }, ..risky("pay 5") };
    assert_eq!(flow.bench.leave(&work, &again), Leave::Ask, "the same call a second time");
}

#[test]
fn a_guest_that_makes_none_of_the_calls_it_asks_for_is_parked_after_three() {
    let mut flow = flow();
    for what in ["a", "b", "c"] {
        flow.asks(what);
        flow.decide(YES);
    }
    let work = flow.begin();
    assert_eq!(flow.bench.leave(&work, &risky("d")), Leave::Unsteady);
    flow.bench.settle(&work, Outcome::Interrupted(Interruption::Unsteady));
    assert_eq!((flow.bench.run.status(), flow.parked()), (Status::Parked, vec![Some(Parked::Unsteady)]));
    flow.bench.signal(Signal::Retry { delivery: work.delivery, by: None });
    let work = flow.begin();
    assert_eq!(flow.bench.leave(&work, &risky("a")), Leave::Ask, "what was not made is asked again");
}

#[test]
fn a_guest_that_makes_what_was_approved_may_ask_as_often_as_it_has_calls() {
    let mut flow = flow();
    for (done, what) in ["a", "b", "c", "d", "e"].into_iter().enumerate() {
        flow.asks(what);
        flow.decide(YES);
        let work = flow.begin();
        assert_eq!(flow.bench.leave(&work, &risky(what)), Leave::Go);
        flow.bench.end(&work, &risky(what).id, answered("1"));
        assert_eq!(flow.bench.run.calls_made(work.delivery).len(), done + 1);
        flow.bench.settle(&work, Outcome::Interrupted(Interruption::Stopped));
    }
}

#[test]
fn what_a_person_has_changed_goes_out_instead() {
    let mut flow = flow();
    flow.asks("pay");
    let changed = Json::trusted(r#"{"what":"pay less"}"#);
    flow.decide(Verdict::Approve { arguments: Some(changed.clone()), rule: None });
    let work = flow.begin();
    assert_eq!(flow.bench.leave(&work, &risky("pay")), Leave::GoWith(changed.clone()));
    // The rule has been loosened since: what was decided holds.
    flow.bench.settle(&work, Outcome::Interrupted(Interruption::Stopped));
    let work = flow.begin();
    assert_eq!(flow.bench.leave(&work, &plain("pay")), Leave::GoWith(changed));
}

#[test]
fn nobody_in_time_is_a_no() {
    let mut flow = flow();
    let approval = flow.asks("pay");
    assert_eq!(flow.bench.run.wake_at(), Some(Timestamp(60_000)));
    flow.bench.wake();
    assert_eq!(flow.bench.run.judged(approval).map(|judged| judged.how), Some(Decided::Expired));
    let work = flow.begin();
    let refused = Leave::Refused("nobody approved it in time".into());
    assert_eq!(flow.bench.leave(&work, &risky("pay")), refused);
}

#[test]
fn a_decision_is_taken_once() {
    let mut flow = flow();
    let approval = flow.asks("pay");
    flow.decide(YES);
    let admits = |verdict| flow.bench.run.admits(&Signal::Decide { approval, verdict, by: None });
    assert_eq!(admits(YES), Ok(Admitted::Same));
    let (run, how) = (flow.bench.run.id().clone(), Decided::Approved);
    let by = Some("ann".into());
    assert_eq!(admits(no("late")), Err(Refusal::Decided { run: run.clone(), approval, how, by: by.clone() }));
    let changed = Verdict::Approve { arguments: Some(Json::trusted("{}")), rule: None };
    assert_eq!(admits(changed), Err(Refusal::Decided { run: run.clone(), approval, how, by }));
    let unknown = Signal::Decide { approval: Seq(99), verdict: YES, by: None };
    assert_eq!(flow.bench.run.admits(&unknown), Err(Refusal::UnknownApproval { run, approval: Seq(99) }));
}

#[test]
fn an_operator_does_not_attempt_again_what_waits_for_a_person() {
    let mut flow = flow();
    flow.asks("pay");
    let (run, delivery) = (flow.bench.run.id().clone(), flow.bench.run.open().next().unwrap().id);
    let retry = Signal::Retry { delivery, by: None };
    let what = "pay".into();
    assert_eq!(flow.bench.run.admits(&retry), Err(Refusal::AwaitsApproval { run, delivery, what }));
    flow.bench.signal(Signal::Fail { delivery, by: None });
    assert_eq!(flow.bench.run.status(), Status::Failed);
    assert_eq!(flow.bench.run.approvals().count(), 0, "nobody is asked any more");
}

#[test]
fn whatever_an_attempt_comes_to_that_has_asked_it_waits() {
    for outcome in [failed(Class::Timeout), failed(Class::Trap), emitted(&[])] {
        let mut flow = flow();
        let work = flow.begin();
        assert_eq!(flow.bench.leave(&work, &risky("pay")), Leave::Ask);
        flow.bench.settle(&work, outcome);
        assert_eq!(flow.parked(), [Some(Parked::Approval)]);
        flow.decide(YES);
        assert_eq!(flow.begin().attempt, 1);
    }
}

#[test]
fn a_host_that_dies_while_a_person_is_asked_asks_no_second_time() {
    let mut flow = flow();
    let work = flow.begin();
    assert_eq!(flow.bench.leave(&work, &risky("pay")), Leave::Ask);
    flow.bench.crash();
    assert_eq!(flow.parked(), [Some(Parked::Approval)]);
    flow.bench.crash();
    flow.decide(YES);
    flow.bench.crash();
    let work = flow.begin();
    assert_eq!(work.moment, Some(moment()));
    assert_eq!(flow.bench.leave(&work, &risky("pay")), Leave::Go);
    // Between the call and its commit: it goes out again, under its key, as its rule says.
    flow.bench.crash();
    let work = flow.begin();
    assert_eq!(flow.bench.leave(&work, &risky("pay")), Leave::Go);
    flow.bench.end(&work, &risky("pay").id, answered("1"));
    flow.bench.crash();
    let work = flow.begin();
    assert_eq!(flow.bench.leave(&work, &risky("pay")), recorded("1"));
}

#[test]
fn an_approved_call_that_may_be_made_once_at_most_is_not_made_again_when_it_is_cut() {
    let mut flow = flow();
    let once = Intent { at_most_once: true, ..risky("pay") };
    let work = flow.begin();
    assert_eq!(flow.bench.leave(&work, &once), Leave::Ask);
    flow.bench.settle(&work, Outcome::Interrupted(Interruption::Approval));
    flow.decide(YES);
    let work = flow.begin();
    assert_eq!(flow.bench.leave(&work, &once), Leave::Go);
    flow.bench.crash();
    assert_eq!(flow.parked(), [Some(Parked::UnknownEffect)]);
}

#[test]
fn a_fork_asks_anew() {
    let mut flow = flow();
    flow.asks("pay");
    flow.decide(YES);
    let mut fork = flow.bench.fork(None).unwrap();
    let work = fork.take(flow.work);
    assert_eq!(fork.leave(&work, &risky("pay")), Leave::Ask);
}

#[test]
fn the_time_in_which_a_person_is_asked_is_not_the_runs() {
    let mut graph = Graph::default();
    let (start, _) = (graph.event("start"), graph.stop("stop"));
    let work = graph.each(start);
    graph.timeout = Some(Duration::from_secs(10));
    let mut bench = Bench::start(graph.done(), "0", Proof::EveryCommit);
    let first = bench.take(work);
    assert_eq!(bench.leave(&first, &risky("pay")), Leave::Ask);
    bench.settle(&first, Outcome::Interrupted(Interruption::Approval));
    bench.pass(30_000);
    assert_eq!(bench.run.status(), Status::Waiting);
    bench.pass(30_000);
    assert_eq!(bench.run.status(), Status::Running, "nobody has decided, and so it goes on");
}

#[test]
fn a_budget_counts_the_calls_of_a_rule_over_the_run_those_of_failed_attempts_too() {
    let mut flow = flow();
    let third = |nth| Intent {
        id: CallId { digest: Digest::of(b"x"), nth },
        calls: Some(3),
        keep: Keep::No,
        ..plain("x")
    };
    let work = flow.begin();
    assert_eq!([1, 2].map(|nth| flow.bench.leave(&work, &third(nth))), [Leave::Go, Leave::Go]);
    flow.bench.settle(&work, failed(Class::Transient));
    flow.bench.restart();
    flow.bench.wake();
    let work = flow.begin();
    assert_eq!([1, 2].map(|nth| flow.bench.leave(&work, &third(nth))), [Leave::Go, Leave::OverBudget]);
    assert_eq!(flow.bench.leave(&work, &plain("y")), Leave::Go, "a rule without a budget");
    let other = Intent { rule: "other".into(), ..third(5) };
    assert_eq!(flow.bench.leave(&work, &other), Leave::Go);
}
