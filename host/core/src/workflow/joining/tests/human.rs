//! Questions and timers: what the file may say of them, who takes their answers, and where they lie.

use std::sync::Arc;

use expect_test::{Expect, expect};

use super::bench::{StepText, check, check_with, contract, contract_of, join_text, tell, text, workflow};
use crate::contract::{Class, Import, Support};
use crate::workflow::joining::fields;
use crate::workflow::{EventId, Join, Port};

const ASK: StepText<'static> = ("ask", "", "start -> q");

/// What is said of a workflow with this table `[human.q]`.
fn check_q(table: &str, steps: &[StepText<'_>], expected: Expect) {
    check_with(&format!("[human.q]\n{table}\n"), steps, expected);
}

#[test]
fn a_question_needs_no_taker_and_its_answer_has_a_maker() {
    check_q("answer = \"r\"", &[ASK, ("end", "", "r -> stop")], expect![[""]]);
    check_q("answer = \"stop\"", &[("ask", "", "start -> q | stop")], expect![[""]]);
    check_with(
        "publish = [\"r\"]\n[human.q]\nanswer = \"r\"\n",
        &[("ask", "", "start -> q | r | stop")],
        expect![[""]],
    );
}

#[test]
fn names_in_a_question_that_mean_nothing_are_told_once() {
    for (head, expected) in [
        (
            "[human.qq]\nanswer = \"r\"\n",
            expect![[r#"
            error: w:4: `human`: no step knows an event `qq`; did you mean `q`?
        "#]],
        ),
        (
            "[human.q]\nanswer = \"rr\"\n",
            expect![[r#"
            error: w:5: `human.q.answer`: no step knows an event `rr`; did you mean `r`?
        "#]],
        ),
        (
            "[human.q]\n",
            expect![[r#"
            error: w:4: `human.q.answer` is missing; name the event that an answer is
        "#]],
        ),
        (
            "[human.q]\nanswer = \"q\"\n",
            expect![[r#"
            error: w:5: `human.q.answer`: a question is not its own answer; name another event
        "#]],
        ),
        (
            "[human.q]\nanswer = \"r\"\ndeadline = \"1s\"\non-deadline = \"lat\"\n",
            expect![[r#"
            error: w:7: `human.q.on-deadline`: no step knows an event `lat`; did you mean `late`?
        "#]],
        ),
        (
            "[human.q]\nanswer = \"r\"\n[human.\"t:t/events/q\"]\nanswer = \"r\"\n",
            expect![[r#"
            error: w:6: `human.t:t/events/q`: `human.q` is about the same event; keep one of them
        "#]],
        ),
    ] {
        check_with(head, &[ASK, ("end", "", "r -> stop"), ("late", "", "q -> late; late -> stop")], expected);
    }
}

#[test]
fn questions_that_nobody_asks_or_that_begin_or_end_a_run_are_refused() {
    check_q(
        "answer = \"r\"",
        &[("a", "", "start -> x"), ("b", "", "x -> stop; r -> stop; q -> stop")],
        expect![[r#"
            error: w:4: `human.q`: no step emits `q`; let one, or remove the table
        "#]],
    );
    check_with(
        "[human.start]\nanswer = \"r\"\n",
        &[("a", "", "start -> stop"), ("b", "", "r -> stop")],
        expect![[r#"
            error: w:4: `human.start`: `start` is the start event, and only a step asks; ask with another event
        "#]],
    );
    check_with(
        "[human.stop]\nanswer = \"r\"\n",
        &[("a", "", "start -> stop"), ("b", "", "r -> stop")],
        expect![[r#"
            error: w:4: `human.stop`: the question `stop` is a stop event, which ends the run before anybody is asked; remove it from `stop`, or ask with another event
        "#]],
    );
}

#[test]
fn what_a_question_brings_goes_somewhere() {
    check_q(
        "answer = \"r\"",
        &[ASK, ("end", "", "q -> r | stop")],
        expect![[r#"
        error: w:8: step `end`: emits `r`, which no step takes; add it to `publish` or `stop`, or wire a step to it with `takes = { … = "r" }`
    "#]],
    );
    check_q(
        "answer = \"r\"\ndeadline = \"1s\"\non-deadline = \"late\"",
        &[ASK, ("end", "", "r -> stop; x -> late; q -> x")],
        expect![[r#"
            error: w:10: step `end`: emits `late`, which no step takes; add it to `publish` or `stop`, or wire a step to it with `takes = { … = "late" }`
        "#]],
    );
    check_q(
        "answer = \"r\"\ndeadline = \"1s\"\non-deadline = \"r\"",
        &[ASK, ("end", "", "q + r -> stop")],
        expect![[r#"
            error: w:7: `human.q.on-deadline`: no step takes `r`; wire one to it with `takes = { … = "r" }`, or add it to `stop` or `publish`
        "#]],
    );
}

#[test]
fn what_comes_at_the_deadline_is_made_of_the_questions_fields() {
    for (taken, expected) in [
        (
            "measure",
            expect![[r#"
        error: w:7: `human.q.on-deadline`: `measure` is made of the fields of `q`: `at` is written as nothing and read as f64; `id` is written as string and read as u64; give the question these fields, or name another event
    "#]],
        ),
        (
            "letter",
            expect![[r#"
        error: w:7: `human.q.on-deadline`: `letter` is made of the fields of `q`: `kind` is written as nothing and read as enum { invoice, letter }; `tags` is written as nothing and read as list<string>; `unit_price` is written as nothing and read as u32; `urgent` is written as nothing and read as bool; give the question these fields, or name another event
    "#]],
        ),
        ("late", expect![[""]]),
    ] {
        check_q(
            &format!("answer = \"r\"\ndeadline = \"1s\"\non-deadline = \"{taken}\""),
            &[ASK, ("end", "", &format!("r -> stop; {taken} -> stop"))],
            expected,
        );
    }
}

#[test]
fn an_answer_that_a_step_emits_too_is_taken_as_an_event() {
    check_q("answer = \"r\"", &[("ask", "", "start -> q | r"), ("end", "", "r -> stop")], expect![[""]]);
    check_q(
        "answer = \"r\"",
        &[("ask", "", "start -> q | r"), ("end", "", "q + r -> stop")],
        expect![[r#"
        error: w:6: step `ask`: emits `r`, which no step takes; add it to `publish` or `stop`, or wire a step to it with `takes = { … = "r" }`
    "#]],
    );
}

/// How the only handler of step `meet` joins, and the ports of what it takes.
fn meeting(head: &str, steps: &[StepText<'_>]) -> (Join, Vec<Port>) {
    let workflow = workflow(head, steps);
    let at = workflow.steps.iter().position(|step| step.name == "meet").unwrap();
    let id = *workflow.steps[at].handlers.first().unwrap();
    let node = workflow.handler(id);
    let port = |event| {
        let consumers = &workflow.event(event).consumers;
        consumers.iter().find(|taker| taker.handler == id).unwrap().port
    };
    (node.join.clone(), node.inputs.iter().map(|input| port(input.event)).collect())
}

#[test]
fn a_question_and_its_answer_meet_in_either_order_and_other_events_are_a_pair() {
    let steps =
        |meet: &'static str| [("ask", "", "start -> q | r"), ("meet", "", meet), ("end", "", "r -> stop")];
    let head = "[human.q]\nanswer = \"r\"\n";
    for (meet, ports) in
        [("q + r -> stop", [Port::Asked, Port::Answer]), ("r + q -> stop", [Port::Answer, Port::Asked])]
    {
        let (join, found) = meeting(head, &steps(meet));
        assert!(matches!(join, Join::Answer { .. }), "{meet}");
        assert_eq!(found, ports, "{meet}");
    }
    let (join, found) = meeting("publish = [\"q\"]\n", &steps("q + r -> stop"));
    assert!(matches!(join, Join::Pair { .. }));
    assert_eq!(found, [Port::Left, Port::Right]);
    let two = "[human.q]\nanswer = \"r\"\n[human.p]\nanswer = \"s\"\n";
    let others = [("ask", "", "start -> q | p"), ("meet", "", "q + s -> stop"), ("end", "", "r -> stop")];
    assert!(matches!(meeting(two, &others).0, Join::Pair { .. }));
    let generic =
        [("ask", "", "start -> input-required"), ("meet", "", "human-response + input-required -> stop")];
    assert_eq!(meeting("", &generic).1, [Port::Answer, Port::Asked]);
}

#[test]
fn a_step_compares_fields_of_an_answer_and_not_of_the_question_beside_it() {
    let meet = |more: &'static str| [("ask", "", "start -> letter"), ("meet", more, "letter + note -> stop")];
    let head = "[human.letter]\nanswer = \"note\"\n";
    check_with(head, &meet("when = { id = \"7\" }"), expect![[""]]);
    check_with(
        head,
        &meet("when = { kind = \"invoice\" }"),
        expect![[r#"
        error: w:10: step `meet`: `when.kind`: `letter` comes with its answer, and only the answer is compared; name a field of the answer
    "#]],
    );
    check_with(
        head,
        &meet("join = { by = \"id\" }"),
        expect![[r#"
        error: w:10: step `meet`: a question and its answer find each other without a `join`; remove it
    "#]],
    );
}

#[test]
fn generic_questions_are_answered_with_the_hosts_own_event() {
    let steps = [("ask", "", "start -> input-required"), ("end", "", "human-response -> stop")];
    check(&steps, expect![[""]]);
    check(
        &[("ask", "", "start -> input-required | stop")],
        expect![[r#"
        error: w:4: step `ask`: emits the question `input-required`, and no step takes its answer; give a step a handler of `lockstep:step/host-events.human-response`
    "#]],
    );
    check(
        &[("a", "", "start -> stop"), ("b", "", "human-response -> stop")],
        expect![[r#"
        error: w:6: step `b`: takes `human-response`, and no step asks for one; let one emit `lockstep:step/host-events.input-required`, or remove the handler
    "#]],
    );
    for (table, expected) in [
        ("by = [\"role:finance\"]\ndeadline = \"1h\"", expect![[""]]),
        ("answer = \"human-response\"", expect![[""]]),
        (
            "answer = \"start\"",
            expect![[r#"
            error: w:5: `human.input-required.answer`: `input-required` is answered with `human-response`; remove the key
        "#]],
        ),
        (
            "deadline = \"1h\"\non-deadline = \"start\"",
            expect![[r#"
            error: w:6: `human.input-required.on-deadline`: `start` is made of the fields of `input-required`: `id` is written as nothing and read as string; `n` is written as nothing and read as u32; give the question these fields, or name another event
        "#]],
        ),
    ] {
        check_with(&format!("[human.input-required]\n{table}\n"), &steps, expected);
    }
    check_with(
        "[human.input-required]\nby = [\"ann\"]\n",
        &[("a", "", "start -> stop"), ("b", "", "input-required -> stop")],
        expect![[r#"
            error: w:4: `human.input-required`: no step emits `input-required`; let one, or remove the table
        "#]],
    );
    check_q(
        "answer = \"human-response\"",
        &[("ask", "", "start -> q | input-required"), ("end", "", "human-response -> stop")],
        expect![[r#"
            error: w:5: `human.q.answer`: `human-response` answers `input-required` alone; name an event of your own
        "#]],
    );
}

#[test]
fn events_of_the_host_alone_are_not_emitted_or_joined() {
    check(
        &[("a", "", "start + timer-fired -> timer-fired | step-failed | human-response | stop")],
        expect![[r#"
            error: w:4: step `a`: `on-start-and-timer-fired` joins `timer-fired`; take it by itself: `func(event: timer-fired)`
            error: w:4: step `a`: `on-start-and-timer-fired` emits `human-response`, which only the host does; emit an event of your own
            error: w:4: step `a`: `on-start-and-timer-fired` emits `step-failed`, which only the host does; emit an event of your own
            error: w:4: step `a`: `on-start-and-timer-fired` emits `timer-fired`, which only the host does; emit an event of your own
        "#]],
    );
    check(
        &[
            ("a", "gives = { x = \"human-response\" }", "start -> x | stop"),
            ("b", "", "human-response -> stop"),
        ],
        expect![[r#"
            error: w:4: step `a`: `on-start` emits `human-response`, which only the host does; emit an event of your own
        "#]],
    );
}

#[test]
fn an_answer_lies_in_the_branch_of_its_question_and_a_timer_where_it_was_set() {
    check_q(
        "answer = \"r\"\ndeadline = \"1s\"\non-deadline = \"late\"",
        &[
            ("outer", "", "start -> list<item>"),
            ("ask", "", "item -> list<q>"),
            ("answered", "", "q + r -> done"),
            ("late", "", "late -> done"),
            ("collect", "", "list<done> -> x"),
            ("total", "", "list<x> -> stop"),
        ],
        expect![[r#"
            collect.on-done joins in ask.on-item
            total.on-x joins in outer.on-start
        "#]],
    );
    check(
        &[
            ("split", "", "start -> list<item>"),
            ("wait", "", "item -> _; timer-fired -> done"),
            ("collect", "", "list<done> -> stop"),
        ],
        expect![[r#"
            collect.on-done joins in split.on-start
            warning: w:6: step `wait`: takes `timer-fired` and imports no `lockstep:step/timer`: no timer of it ever fires; remove the handler, or let the step set a timer
        "#]],
    );
    check(
        &[
            ("split", "", "start -> list<item>"),
            ("ask", "", "item -> input-required"),
            ("collect", "", "list<human-response> -> stop"),
        ],
        expect![[r#"
            collect.on-human-response joins in split.on-start
        "#]],
    );
}

#[test]
fn pairs_in_a_loop_through_a_person_are_warned_of() {
    check_q(
        "answer = \"r\"",
        &[("ask", "", "start -> x | y; r -> x | y"), ("meet", "", "x + y -> q | stop")],
        expect![[r#"
            meet.on-x-and-y joins in the run
            warning: w:8: step `meet`: `on-x-and-y` pairs first come, first matched over the whole run, and is in a loop: halves of different turns may meet; name the field that they share with `join = { by = "…" }`
        "#]],
    );
}

#[test]
fn timer_handlers_are_reached_through_the_other_handlers_of_their_step() {
    check(
        &[("a", "", "start -> _; timer-fired -> stop")],
        expect![[r#"
        warning: w:4: step `a`: takes `timer-fired` and imports no `lockstep:step/timer`: no timer of it ever fires; remove the handler, or let the step set a timer
    "#]],
    );
    check(
        &[("a", "", "start -> stop"), ("b", "", "timer-fired -> stop")],
        expect![[r#"
        warning: w:6: step `b`: takes `timer-fired` and imports no `lockstep:step/timer`: no timer of it ever fires; remove the handler, or let the step set a timer
        error: w:6: step `b`: no start or failure event can reach `on-timer-fired`: a timer is set by another handler of the step, and nothing reaches one; wire it to what comes, or set `skip-checks = ["reachability"]` in the step
    "#]],
    );
    check(
        &[("a", "", "start -> stop; timer-fired -> _")],
        expect![[r#"
            warning: w:4: step `a`: takes `timer-fired` and imports no `lockstep:step/timer`: no timer of it ever fires; remove the handler, or let the step set a timer
        "#]],
    );
}

#[test]
fn a_step_has_one_timer_handler_and_sets_timers() {
    let steps = [("a", "", "start -> stop; timer-fired -> stop"), ("b", "", "start -> stop")];
    let mut contracts = steps.map(|(name, _, handlers)| (name.to_owned(), contract(handlers)));
    for (_, contract) in &mut contracts {
        contract.imports = vec![Import {
            name: "lockstep:step/timer@0.1.0".into(),
            class: Class::Free,
            support: Support::Now,
        }];
    }
    let mut second = contracts[0].1.handlers[1].clone();
    second.name = "on-other".into();
    contracts[0].1.handlers.push(second);
    let contracts = contracts.map(|(name, contract)| (name, Arc::new(contract)));
    let findings = join_text(&text("", &steps), &contracts.into()).unwrap_err();
    expect![[r#"
        error: w:4: step `a`: two of its handlers take `timer-fired`; keep one of them
        warning: w:6: step `b`: imports `lockstep:step/timer` and takes no `lockstep:step/host-events.timer-fired`: its timers wake nobody; give it a handler `on-timer-fired`
    "#]].assert_eq(&tell(&findings));
}

#[test]
fn answers_are_checked_for_all_who_take_them() {
    let workflow = workflow(
        "[human.q]\nanswer = \"r\"\n",
        &[
            ("ask", "", "start -> q | input-required"),
            ("end", "", "r -> stop; q + r -> stop; human-response -> stop"),
        ],
    );
    let event = |short: &str| {
        let at = workflow.events.iter().position(|event| event.short == short).unwrap();
        EventId(u32::try_from(at).unwrap())
    };
    let told = |question: &str, text: &str| match workflow.check_answer(event(question), text) {
        Ok(()) => "fits".to_owned(),
        Err(error) => error.to_string(),
    };
    for (question, text, expected) in [
        ("q", r#"{"id":"7","n":1}"#, expect!["fits"]),
        ("q", r#"{"id":"7","n":-1}"#, expect!["answer.n: expected u32, found -1"]),
        ("q", "[]", expect!["answer: expected record { id, n }, found an array"]),
        ("input-required", "[1,{}]", expect!["fits"]),
        ("input-required", "[1,", expect!["answer: not JSON: EOF while parsing a value at line 1 column 3"]),
    ] {
        expected.assert_eq(&told(question, text));
    }
}

#[test]
fn the_shape_of_an_answer_has_what_each_of_its_takers_reads() {
    let steps = [("ask", "", "start -> q"), ("one", "", "r -> x"), ("two", "", "r -> stop")];
    let one = contract_of("t:t@1.0.0", &[("r", "id: string, n: u64, why: option<string>")], "r -> stop");
    for (read, expected) in [
        (
            "id: string, n: u32, who: string",
            expect![[r#"
            id: string
            n: u32
            why: option<string>
            who: string
        "#]],
        ),
        (
            "id: bool",
            expect![[r#"
            error: w:5: `human.q.answer`: no value of `r` suits all: `id` is string for step `one` and bool for step `two`; build both against one version of the event, or wire one of them to another event
        "#]],
        ),
    ] {
        let contracts = [
            ("ask", contract("start -> q")),
            ("one", one.clone()),
            ("two", contract_of("t:t@1.0.0", &[("r", read)], "r -> stop")),
        ];
        let contracts = contracts.map(|(name, contract)| (name.to_owned(), Arc::new(contract)));
        let told = match join_text(&text("[human.q]\nanswer = \"r\"\n", &steps), &contracts.into()) {
            Ok(joined) => {
                let answer = joined.workflow.events.iter().find(|event| event.short == "r").unwrap();
                fields(&answer.shape)
                    .iter()
                    .map(|field| format!("{}: {}\n", field.key, field.shape))
                    .collect()
            }
            Err(findings) => tell(&findings),
        };
        expected.assert_eq(&told);
    }
}
