//! Joins, failures and ends, one by one, and in files of their own state, questions, timers and
//! what outlives a host. What many of them do together is the model's.

mod approvals;
mod blobs;
mod children;
mod effects;
mod forks;
mod operators;
mod parked;
mod questions;
mod state;
mod timers;

use std::time::Duration;

use super::workbench::{Bench, Graph, Proof, emitted, told};
use super::{Change, Given, Run, RunId, Signal, Start, Status, Work};
use crate::event::{Json, Timestamp};
use crate::outcome::{Class, Failure, Interruption, Outcome};
use crate::state::State;
use crate::workflow::{
    EventId, GatherRule, HandlerId, Home, Join, OnEmpty, OnFailed, Port, Revision, StepId,
};

/// start → split → item → work → done → gather → stop.
struct FanOut {
    bench: Bench,
    split: HandlerId,
    item: EventId,
    work: HandlerId,
    done: EventId,
    gather: HandlerId,
    stop: EventId,
}

fn fan_out(rule: GatherRule) -> FanOut {
    fan_out_with(rule, |_, _| {})
}

fn fan_out_with(rule: GatherRule, more: impl FnOnce(&mut Graph, EventId)) -> FanOut {
    let mut graph = Graph::default();
    let (start, item, done) = (graph.event("start"), graph.event("item"), graph.event("done"));
    let stop = graph.stop("stop");
    let split = graph.opener(start);
    let work = graph.each(item);
    let gather = graph.gather(Home::Handler(split), done, rule);
    more(&mut graph, done);
    let bench = Bench::start(graph.done(), "0", Proof::EveryCommit);
    FanOut { bench, split, item, work, done, gather, stop }
}

impl FanOut {
    fn split_into(&mut self, values: &[&str]) {
        let events: Vec<_> = values.iter().map(|value| (self.item, *value)).collect();
        self.bench.emit(self.split, &events);
    }

    fn work(&mut self, value: &str) {
        self.bench.emit(self.work, &[(self.done, value)]);
    }

    /// What the gather is given, and that it then ends the run.
    fn gathered(&mut self) -> String {
        let work = self.bench.take(self.gather);
        let given = told(&work);
        self.bench.settle(&work, emitted(&[(self.stop, "9")]));
        self.bench.expect_end(Status::Completed, Some("9"));
        given
    }
}

fn rule(change: impl FnOnce(&mut GatherRule)) -> GatherRule {
    let mut rule = GatherRule::default();
    change(&mut rule);
    rule
}

#[test]
fn a_gather_gets_its_inputs_in_the_order_of_branches_and_not_of_arrival() {
    let mut flow = fan_out(GatherRule::default());
    flow.split_into(&["1", "2", "3"]);
    let all = [flow.bench.take(flow.work), flow.bench.take(flow.work), flow.bench.take(flow.work)];
    for work in [&all[2], &all[0], &all[1]] {
        let value = format!("{}0", told(work));
        assert!(!flow.bench.is_ready(flow.gather));
        flow.bench.settle(work, emitted(&[(flow.done, &value)]));
    }
    assert_eq!(flow.gathered(), "[10,20,30]");
}

#[test]
fn an_empty_fan_out_fires_with_nothing_or_not_at_all() {
    let mut flow = fan_out(GatherRule::default());
    flow.split_into(&[]);
    assert_eq!(flow.gathered(), "[]");

    let mut flow = fan_out(rule(|rule| rule.empty = OnEmpty::Skip));
    flow.split_into(&[]);
    assert_eq!(flow.bench.run.status(), Status::Stalled);
}

#[test]
fn take_fires_at_the_nth_and_cuts_the_rest() {
    let mut flow = fan_out(rule(|rule| rule.take = Some(2)));
    flow.split_into(&["1", "2", "3", "4"]);
    let late = flow.bench.take(flow.work);
    flow.work("20");
    flow.work("30");
    let changes = flow.bench.settle(&late, emitted(&[(flow.done, "10")]));
    assert!(matches!(changes[..], [ref only] if matches!(only.change, Change::Late { .. })));
    assert!(!flow.bench.is_ready(flow.work), "the fourth is cut");
    assert_eq!(flow.gathered(), "[20,30]");
}

#[test]
fn take_fires_at_the_end_with_fewer() {
    let mut flow = fan_out(rule(|rule| rule.take = Some(5)));
    flow.split_into(&["1", "2"]);
    flow.work("10");
    flow.work("20");
    assert_eq!(flow.gathered(), "[10,20]");
}

#[test]
fn a_failed_branch_fails_a_take_only_when_it_is_out_of_reach() {
    let mut flow = fan_out(rule(|rule| rule.take = Some(2)));
    flow.split_into(&["1", "2", "3"]);
    flow.bench.fail(flow.work, Class::Permanent);
    flow.work("20");
    flow.work("30");
    assert_eq!(flow.gathered(), "[20,30]");

    let mut flow = fan_out(rule(|rule| rule.take = Some(2)));
    flow.split_into(&["1", "2"]);
    flow.bench.fail(flow.work, Class::Permanent);
    assert_eq!(flow.bench.run.status(), Status::Running);
    flow.work("20");
    flow.bench.expect_end(Status::Failed, None);
    assert_eq!(flow.bench.run.reason(), Some("step `s2` gathers 2, got 1, and 1 branches failed"));
}

#[test]
fn a_failed_branch_fails_the_run_unless_the_gather_skips_it() {
    let mut flow = fan_out(GatherRule::default());
    flow.split_into(&["1", "2"]);
    flow.bench.fail(flow.work, Class::Permanent);
    flow.bench.expect_end(Status::Failed, None);
    assert_eq!(flow.bench.run.reason(), Some("step `s1` failed: permanent `code`: message"));

    let mut flow = fan_out(rule(|rule| rule.failed = OnFailed::Skip));
    flow.split_into(&["1", "2"]);
    flow.bench.fail(flow.work, Class::Permanent);
    flow.work("20");
    assert_eq!(flow.gathered(), "[20]");
}

#[test]
fn wait_fires_with_what_has_come_also_after_a_crash() {
    for crash in [false, true] {
        let mut flow = fan_out(rule(|rule| rule.wait = Some(Duration::from_secs(10))));
        flow.split_into(&["1", "2"]);
        flow.work("10");
        if crash {
            flow.bench.crash();
        }
        assert_eq!(flow.bench.run.wake_at(), Some(Timestamp(10_000)));
        flow.bench.wake();
        assert!(!flow.bench.is_ready(flow.work), "the second is cut");
        assert_eq!(flow.gathered(), "[10]");
    }
}

#[test]
fn a_wait_that_is_not_needed_any_more_never_fires() {
    let mut flow = fan_out(rule(|rule| rule.wait = Some(Duration::from_secs(10))));
    flow.split_into(&["1"]);
    flow.work("10");
    assert_eq!(flow.bench.run.wake_at(), None);
    assert_eq!(flow.gathered(), "[10]");
}

#[test]
fn until_ends_the_scope_with_what_has_come() {
    let enough = EventId(4);
    let mut flow = fan_out_with(rule(|rule| rule.until = Some(enough)), |graph, _| {
        assert_eq!(graph.event("good-enough"), enough);
        graph.events[enough.0 as usize].ends.push(HandlerId(2));
    });
    flow.split_into(&["1", "2", "3"]);
    flow.work("10");
    let (work, done) = (flow.work, flow.done);
    flow.bench.emit(work, &[(done, "20"), (enough, "0")]);
    assert!(!flow.bench.is_ready(flow.work), "the third is cut");
    assert_eq!(flow.gathered(), "[10,20]");
}

#[test]
fn two_gathers_of_one_scope_both_fire_when_it_ends() {
    let mut second = HandlerId(0);
    let mut flow = fan_out_with(GatherRule::default(), |graph, done| {
        second = graph.gather(Home::Handler(HandlerId(0)), done, GatherRule::default());
    });
    flow.split_into(&["1", "2"]);
    flow.work("10");
    assert!(!flow.bench.is_ready(second));
    flow.work("20");
    assert_eq!(told(&flow.bench.take(second)), "[10,20]");
    assert_eq!(flow.gathered(), "[10,20]");
}

#[test]
fn the_single_event_beside_a_gather_is_the_newest_of_the_openers_own_branch() {
    let mut graph = Graph::default();
    let (start, item, done) = (graph.event("start"), graph.event("item"), graph.event("done"));
    let split = graph.opener(start);
    graph.each(item);
    let join = Join::Gather { home: Home::Handler(split), rule: GatherRule::default() };
    let gather = graph.handler(join, &[(start, Port::With), (done, Port::Item)]);
    let mut bench = Bench::start(graph.done(), "7", Proof::EveryCommit);
    bench.emit(split, &[(item, "1"), (item, "2")]);
    for value in ["10", "20"] {
        bench.emit(HandlerId(1), &[(done, value)]);
    }
    let work = bench.take(gather);
    assert_eq!(told(&work), "7 [10,20]");
    assert!(matches!(work.inputs[..], [Given::One(_), Given::Many(_)]));
}

/// start is broadcast to two handlers whose events meet as a pair.
struct Pairing {
    bench: Bench,
    makers: [HandlerId; 2],
    halves: [EventId; 2],
    pair: HandlerId,
}

fn pairing(home: fn(EventId) -> Home, by: Option<&str>) -> Pairing {
    let mut graph = Graph::default();
    let (start, left, right) = (graph.event("start"), graph.event("left"), graph.event("right"));
    let makers = [graph.each(start), graph.each(start)];
    let pair = graph.pair(home(start), left, right);
    graph.handlers[pair.0 as usize].join = Join::Pair { home: home(start), by: by.map(str::to_owned) };
    let bench = Bench::start(graph.done(), "0", Proof::EveryCommit);
    Pairing { bench, makers, halves: [left, right], pair }
}

#[test]
fn halves_meet_first_come_first_matched() {
    let mut flow = pairing(Home::Event, None);
    let [left, right] = flow.halves;
    flow.bench.emit(flow.makers[1], &[(right, "1"), (right, "2")]);
    assert!(!flow.bench.is_ready(flow.pair));
    flow.bench.emit(flow.makers[0], &[(left, "3"), (left, "4"), (left, "5")]);
    assert_eq!(told(&flow.bench.take(flow.pair)), "3 1");
    assert_eq!(told(&flow.bench.take(flow.pair)), "4 2");
    assert!(!flow.bench.is_ready(flow.pair));
}

#[test]
fn halves_meet_by_the_field_they_share_however_it_is_written() {
    let mut flow = pairing(|_| Home::Run, Some("id"));
    let [left, right] = flow.halves;
    flow.bench.emit(flow.makers[0], &[(left, r#"{"id":"a"}"#), (left, r#"{"id":"b"}"#)]);
    flow.bench.emit(flow.makers[1], &[(right, r#"{"n":1,"id":"\u0062"}"#)]);
    assert_eq!(told(&flow.bench.take(flow.pair)), r#"{"id":"b"} {"n":1,"id":"\u0062"}"#);
    assert!(!flow.bench.is_ready(flow.pair));
}

#[test]
fn halves_that_meet_no_other_are_journaled_and_named_when_the_run_stalls() {
    for (home, reason) in [
        (
            Home::Event as fn(EventId) -> Home,
            "`s2.on` could not take 1 events, which met no other or had no scope",
        ),
        (|_| Home::Run, "`s2.on` waits with 1 half pairs"),
    ] {
        let mut flow = pairing(home, None);
        let [left, _] = flow.halves;
        flow.bench.emit(flow.makers[0], &[(left, "3")]);
        flow.bench.emit(flow.makers[1], &[]);
        assert_eq!(flow.bench.run.status(), Status::Stalled);
        let expected = format!("nothing is left that could bring a stop event: {reason}");
        assert_eq!(flow.bench.run.reason(), Some(expected.as_str()));
    }
}

/// start → a handler that ends the run, with a step beside it.
fn race() -> (Bench, HandlerId, HandlerId, EventId) {
    let mut graph = Graph::default();
    let start = graph.event("start");
    let stop = graph.stop("stop");
    let (one, two) = (graph.each(start), graph.each(start));
    graph.timeout = Some(Duration::from_secs(60));
    (Bench::start(graph.done(), "0", Proof::EveryCommit), one, two, stop)
}

#[test]
fn the_first_stop_event_wins_and_the_rest_is_cut() {
    let (mut bench, one, two, stop) = race();
    let late = bench.take(two);
    let changes = bench.emit(one, &[(stop, "1"), (stop, "2")]);
    assert!(changes.iter().any(|record| record.change == Change::Cut { delivery: late.delivery }));
    assert!(bench.settle(&late, emitted(&[(stop, "3")])).is_empty());
    bench.expect_end(Status::Completed, Some("1"));
}

#[test]
fn a_run_that_is_cancelled_or_out_of_time_ends_and_stays_ended() {
    let (mut bench, one, _, stop) = race();
    let late = bench.take(one);
    bench.signal(Signal::Cancel);
    bench.settle(&late, emitted(&[(stop, "3")]));
    assert!(bench.signal(Signal::Cancel).is_empty());
    bench.expect_end(Status::Cancelled, None);

    let (mut bench, ..) = race();
    bench.wake();
    assert_eq!(bench.now, Timestamp(60_000));
    bench.expect_end(Status::TimedOut, None);
    assert_eq!(bench.run.reason(), Some("the run took longer than its 60s"));
}

#[test]
fn a_transient_failure_backs_off_and_is_tried_again_with_the_next_number() {
    let (mut bench, one, _, stop) = race();
    assert_eq!(bench.take(one).attempt, 1);
    let work = Work { attempt: 1, ..again(&mut bench, one) };
    bench.settle(&work, super::workbench::failed(Class::Transient));
    assert!(!bench.is_ready(one));
    bench.crash();
    bench.wake();
    let second = bench.take(one);
    assert_eq!(second.attempt, 2);
    bench.settle(&second, emitted(&[(stop, "1")]));
    bench.expect_end(Status::Completed, Some("1"));
}

/// An interruption costs no attempt.
fn again(bench: &mut Bench, handler: HandlerId) -> Work {
    bench.crash();
    let work = bench.take(handler);
    bench.settle(&work, Outcome::Interrupted(Interruption::Stopped));
    let again = bench.take(handler);
    assert_eq!(again.attempt, work.attempt);
    again
}

#[test]
fn a_final_failure_goes_to_the_failure_handler_whose_events_stay_in_the_branch() {
    let mut graph = Graph::default();
    let (start, item, done) = (graph.event("start"), graph.event("item"), graph.event("done"));
    let split = graph.opener(start);
    let work = graph.each(item);
    let gather = graph.gather(Home::Handler(split), done, GatherRule::default());
    let step_failed = graph.event("step-failed");
    let rescue = graph.handler(Join::Failure, &[(step_failed, Port::Each)]);
    graph.events[step_failed.0 as usize].consumers.clear();
    graph.steps[1].on_failure = Some(rescue);
    graph.steps[3].on_failure = Some(rescue);
    let mut bench = Bench::start(graph.done(), "0", Proof::EveryCommit);
    bench.emit(split, &[(item, "1"), (item, "2")]);
    bench.fail(work, Class::Permanent);
    bench.emit(work, &[(done, "20")]);
    let asked = bench.take(rescue);
    assert_eq!(
        told(&asked),
        r#"{"step":"s1","event_type":"item","event":1,"attempts":1,"class":"permanent","code":"code","message":"message"}"#
    );
    bench.settle(&asked, emitted(&[(done, "11")]));
    assert_eq!(told(&bench.take(gather)), "[11,20]");
}

#[test]
fn a_failure_of_the_failure_handler_fails_the_run() {
    let mut graph = Graph::default();
    let (start, step_failed) = (graph.event("start"), graph.event("step-failed"));
    let work = graph.each(start);
    let rescue = graph.handler(Join::Failure, &[(step_failed, Port::Each)]);
    graph.events[step_failed.0 as usize].consumers.clear();
    for step in &mut graph.steps {
        step.on_failure = Some(rescue);
    }
    let mut bench = Bench::start(graph.done(), "0", Proof::EveryCommit);
    bench.fail(work, Class::Permanent);
    bench.fail(rescue, Class::Permanent);
    bench.expect_end(Status::Failed, None);
}

#[test]
fn the_hosts_fault_costs_the_step_no_attempt() {
    let mut graph = Graph::default();
    let start = graph.event("start");
    let work = graph.each(start);
    graph.steps[0].retry.attempts = 2;
    let mut bench = Bench::start(graph.done(), "0", Proof::EveryCommit);
    for _ in 0..5 {
        bench.fail(work, Class::Host);
        bench.wake();
    }
    bench.fail(work, Class::Transient);
    assert_eq!(bench.run.status(), Status::Running);
    bench.wake();
    bench.fail(work, Class::Transient);
    bench.expect_end(Status::Failed, None);
}

#[test]
fn the_steps_wish_for_a_later_attempt_is_kept() {
    let (mut bench, one, ..) = race();
    let work = bench.take(one);
    let failure = Failure {
        class: Class::Transient,
        code: "busy".into(),
        message: String::new(),
        retry_after: Some(Duration::from_secs(5)),
        details: None,
    };
    bench.settle(&work, Outcome::Failed(failure));
    bench.wake();
    assert_eq!(bench.now, Timestamp(5_000));
    assert!(bench.is_ready(one));
}

#[test]
fn only_handlers_whose_when_holds_are_given_an_event() {
    let mut graph = Graph::default();
    let start = graph.event("start");
    let handlers = [graph.each(start), graph.each(start)];
    for (consumer, kind) in graph.events[0].consumers.iter_mut().zip(["\"invoice\"", "\"letter\""]) {
        consumer.when = vec![("kind".into(), kind.into())];
    }
    let bench = Bench::start(graph.done(), r#"{"kind":"letter"}"#, Proof::EveryCommit);
    assert_eq!(handlers.map(|handler| bench.is_ready(handler)), [false, true]);
}

#[test]
fn a_broadcast_that_no_join_is_bound_to_opens_nothing() {
    let (bench, ..) = race();
    assert_eq!(bench.run.scopes.len(), 1);
}

#[test]
fn each_turn_of_a_loop_has_a_scope_of_its_own() {
    let mut flow = fan_out(GatherRule::default());
    for turn in ["1", "2", "3"] {
        flow.split_into(&[turn]);
        flow.work(turn);
        let work = flow.bench.take(flow.gather);
        assert_eq!(told(&work), format!("[{turn}]"));
        flow.bench.settle(&work, emitted(&[(EventId(0), turn)]));
        assert_eq!(flow.bench.run.scopes.len(), 1, "the scope of the turn is gone");
    }
}

#[test]
fn rows_that_do_not_follow_are_refused() {
    let (bench, ..) = race();
    let (id, workflow) = (RunId::fresh("t", 1), bench.run.workflow().clone());
    let (_, commit) = Run::start(
        Start::new(id.clone(), Json::trusted("0")),
        workflow.clone(),
        Revision::named("r"),
        Timestamp(0),
    );
    let mut records = commit.records;
    records.remove(1);
    let refused = Run::fold(id, workflow, State::default(), records).expect_err("a row is missing");
    assert_eq!((refused.row, refused.why), (3, "its number is not the next one"));
}

#[test]
fn each_step_names_its_oldest_ready_delivery() {
    let mut flow = fan_out(GatherRule::default());
    flow.split_into(&["1", "2", "3"]);
    let named: Vec<_> = flow.bench.run.ready_steps().collect();
    let oldest = flow.bench.run.ready().next().unwrap().0;
    assert_eq!(named, [(StepId(1), oldest)]);
    flow.bench.take(flow.work);
    assert_ne!(flow.bench.run.ready_steps().next().unwrap().1, oldest);
}
