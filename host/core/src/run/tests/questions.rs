//! Questions: asked, answered, too late, no longer needed.

use std::time::Duration;

use super::super::workbench::{Bench, Graph, Proof, emitted, told};
use super::super::{Admitted, Cause, Change, Closed, Refusal, Seq, Signal, Status};
use crate::event::{Json, Timestamp};
use crate::outcome::{Class, Outcome};
use crate::shape::{Field, Shape};
use crate::workflow::{EventId, GatherRule, HandlerId, Home};

/// start → split → question (a branch each) → answer → both → done → gather → stop.
struct Survey {
    bench: Bench,
    both: HandlerId,
    done: EventId,
    gather: HandlerId,
    stop: EventId,
}

fn survey(n: usize, change: impl FnOnce(&mut Graph, EventId)) -> Survey {
    let mut graph = Graph::default();
    let (start, question, answer) = (graph.event("start"), graph.event("question"), graph.event("answer"));
    let done = graph.event("done");
    let stop = graph.stop("stop");
    let split = graph.opener(start);
    graph.asks(question, answer);
    let both = graph.answered(question, answer);
    let gather = graph.gather(Home::Handler(split), done, GatherRule::default());
    change(&mut graph, question);
    let mut bench = Bench::start(graph.done(), "0", Proof::EveryCommit);
    let asked: Vec<String> = (0..n).map(|n| format!(r#"{{"n":{n}}}"#)).collect();
    let events: Vec<_> = asked.iter().map(|text| (question, text.as_str())).collect();
    bench.emit(split, &events);
    Survey { bench, both, done, gather, stop }
}

#[test]
fn answers_in_any_order_reach_each_its_own_branch() {
    let mut flow = survey(200, |_, _| {});
    let mut asked = flow.bench.asked();
    assert_eq!((asked.len(), flow.bench.run.status()), (200, Status::Waiting));
    assert_eq!(flow.bench.run.summary().asking, 200);
    // 77 and 200 have no common divisor, so every question has its turn.
    asked = (0..200).map(|n| asked[n * 77 % 200]).collect();
    for question in asked {
        flow.bench.answer(question, &format!(r#"{{"to":{question}}}"#));
        let work = flow.bench.take(flow.both);
        assert!(told(&work).ends_with(&format!(r#"{{"to":{question}}}"#)));
        let n = told(&work);
        let n = n.split(' ').next().expect("the question").to_owned();
        flow.bench.settle(&work, emitted(&[(flow.done, &n)]));
    }
    let work = flow.bench.take(flow.gather);
    let all: Vec<String> = (0..200).map(|n| format!(r#"{{"n":{n}}}"#)).collect();
    assert_eq!(told(&work), format!("[{}]", all.join(",")), "in the order of the branches");
    flow.bench.settle(&work, emitted(&[(flow.stop, "9")]));
    flow.bench.expect_end(Status::Completed, Some("9"));
}

#[test]
fn an_answer_is_taken_once_and_a_second_one_hears_of_the_first() {
    let mut flow = survey(1, |_, _| {});
    let question = flow.bench.asked()[0];
    flow.bench.answer(question, r#"{"yes": true}"#);
    let signal = |text: &str| Signal::Answer { question, payload: Json::trusted(text), by: None };
    assert_eq!(flow.bench.run.admits(&signal(r#"{"yes":true}"#)), Ok(Admitted::Same));
    assert!(flow.bench.signal(signal(r#"{"yes":true}"#)).is_empty());
    let refused = flow.bench.run.admits(&signal(r#"{"yes":false}"#)).unwrap_err();
    let shown = refused.to_string();
    assert!(shown.ends_with(r#"was answered before by ann, with {"yes": true}"#), "{shown}");
    assert!(flow.bench.signal(signal(r#"{"yes":false}"#)).is_empty());
}

#[test]
fn what_was_never_asked_is_refused() {
    let flow = survey(1, |_, _| {});
    let signal = Signal::Answer { question: Seq(1), payload: Json::trusted("1"), by: None };
    assert!(matches!(flow.bench.run.admits(&signal), Err(Refusal::UnknownQuestion { .. })));
}

#[test]
fn a_question_outlives_a_crash() {
    let mut flow = survey(1, |_, _| {});
    flow.bench.crash();
    let question = flow.bench.asked()[0];
    flow.bench.answer(question, "1");
    assert!(flow.bench.is_ready(flow.both));
}

#[test]
fn too_late_another_event_comes_with_the_fields_of_the_question() {
    let mut flow = survey(1, |graph, question| {
        let expired = graph.event("expired");
        let name = Field::new("n", Shape::U64);
        graph.events[expired.0 as usize].shape = Shape::Record(vec![name, Field::new("other", Shape::U8)]);
        let asked = graph.events[question.0 as usize].question.as_mut().unwrap();
        asked.deadline = Some(Duration::from_secs(3));
        asked.on_deadline = Some(expired);
        graph.each(expired);
    });
    let question = flow.bench.asked()[0];
    assert_eq!(flow.bench.run.wake_at(), Some(Timestamp(3000)));
    flow.bench.pass(2999);
    assert_eq!(flow.bench.asked(), [question]);
    flow.bench.pass(1);
    let (_, handler) = flow.bench.run.ready().next().expect("the other event has a taker");
    assert_eq!(told(&flow.bench.take(handler)), r#"{"n":0}"#);
    assert!(matches!(flow.bench.run.closed(question), Some(Closed::Expired { at: Timestamp(3000) })));
    let late = Signal::Answer { question, payload: Json::trusted("1"), by: None };
    assert!(matches!(flow.bench.run.admits(&late), Err(Refusal::Expired { .. })));
}

#[test]
fn too_late_without_another_event_fails_the_branch() {
    let mut flow = survey(1, |graph, question| {
        graph.events[question.0 as usize].question.as_mut().unwrap().deadline = Some(Duration::from_secs(3));
    });
    flow.bench.pass(3000);
    assert_eq!(flow.bench.run.status(), Status::Failed);
    let reason = flow.bench.run.reason().unwrap();
    assert!(reason.ends_with("(`question`) in time"), "{reason}");
}

#[test]
fn a_question_whose_run_ends_is_withdrawn() {
    let mut flow = survey(2, |_, _| {});
    let asked = flow.bench.asked();
    let rows = flow.bench.signal(Signal::Cancel);
    assert_eq!(rows.iter().filter(|row| matches!(row.change, Change::Withdrawn { .. })).count(), 2);
    let late = Signal::Answer { question: asked[1], payload: Json::trusted("1"), by: None };
    assert!(matches!(flow.bench.run.admits(&late), Err(Refusal::Withdrawn { .. })));
}

#[test]
fn a_generic_answer_goes_to_the_step_that_asked_if_it_takes_it() {
    let mut graph = Graph::default();
    let (start, question, answer) =
        (graph.event("start"), graph.event("input-required"), graph.event("response"));
    let asker = graph.each(start);
    let (own, other) = (graph.each(answer), graph.each(answer));
    graph.handlers[own.0 as usize].step = graph.handlers[asker.0 as usize].step;
    graph.asks(question, answer).generic = true;
    let mut bench = Bench::start(graph.done(), "0", Proof::EveryCommit);
    bench.emit(asker, &[(question, r#"{"prompt":"?"}"#)]);
    let id = bench.asked()[0];
    bench.answer(id, r#"{"x":1}"#);
    assert!(!bench.is_ready(other));
    let told = told(&bench.take(own));
    assert_eq!(told, format!(r#"{{"question":"{}.{id}","response":{{"x":1}},"by":"ann"}}"#, bench.run.id()));
}

#[test]
fn a_generic_answer_goes_to_all_if_the_step_that_asked_does_not_take_it() {
    let mut graph = Graph::default();
    let (start, question, answer) =
        (graph.event("start"), graph.event("input-required"), graph.event("response"));
    let asker = graph.each(start);
    let (one, two) = (graph.each(answer), graph.each(answer));
    graph.asks(question, answer).generic = true;
    let mut bench = Bench::start(graph.done(), "0", Proof::EveryCommit);
    bench.emit(asker, &[(question, "{}")]);
    let id = bench.asked()[0];
    bench.answer(id, "1");
    assert!(bench.is_ready(one) && bench.is_ready(two));
}

#[test]
fn the_time_of_waiting_for_a_person_does_not_count() {
    for (counts, status) in [(false, Status::Running), (true, Status::TimedOut)] {
        let mut graph = Graph::default();
        let (start, question, answer) =
            (graph.event("start"), graph.event("question"), graph.event("answer"));
        let asker = graph.each(start);
        graph.asks(question, answer);
        let taker = graph.each(answer);
        graph.timeout = Some(Duration::from_secs(10));
        graph.timeout_counts_waiting = counts;
        let mut bench = Bench::start(graph.done(), "0", Proof::EveryCommit);
        bench.pass(4_000);
        bench.emit(asker, &[(question, "1")]);
        bench.crash();
        bench.pass(86_400_000);
        if let Some(id) = bench.asked().first().copied() {
            bench.answer(id, "1");
            bench.pass(5_999);
            assert!(bench.is_ready(taker));
        }
        assert_eq!(bench.run.status(), status, "counted: {counts}");
        if !counts {
            bench.pass(1);
            assert_eq!(bench.run.status(), Status::TimedOut, "4 s before and 6 s after");
        }
    }
}

#[test]
fn events_of_an_answer_name_the_question_as_their_cause() {
    let mut flow = survey(1, |_, _| {});
    let question = flow.bench.asked()[0];
    let rows = flow.bench.answer(question, "1");
    let cause = rows.iter().find_map(|row| match &row.change {
        Change::Event { cause, .. } => *cause,
        _ => None,
    });
    assert_eq!(cause, Some(Cause::Question { question }));
}

#[test]
fn a_failed_answer_handler_keeps_its_question_for_the_retry() {
    let mut flow = survey(1, |_, _| {});
    let question = flow.bench.asked()[0];
    flow.bench.answer(question, "1");
    flow.bench.fail(flow.both, Class::Transient);
    flow.bench.crash();
    flow.bench.wake();
    let work = flow.bench.take(flow.both);
    assert_eq!(told(&work), r#"{"n":0} 1"#);
    flow.bench.settle(&work, Outcome::Emitted(Default::default()));
    assert!(flow.bench.is_ready(flow.gather));
}
