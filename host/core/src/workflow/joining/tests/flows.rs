//! Events that go nowhere or come from nowhere, ends that nothing reaches, failure handlers, imports.

use std::collections::BTreeMap;
use std::sync::Arc;

use expect_test::expect;

use super::bench::{check, check_with, contract, join_text, tell, text, workflow};
use crate::contract::{Class, Import, Support};

#[test]
fn events_without_a_taker_or_a_maker_are_told_at_once() {
    check(
        &[("a", "", "start -> done | audit"), ("b", "", "done -> stop | audit"), ("c", "", "dune -> stop")],
        expect![[r#"
            error: w:4: step `a`: emits `audit` (`b` too), which no step takes; add it to `publish` or `stop`, or wire a step to it with `takes = { … = "audit" }`
            error: w:8: step `c`: takes `dune`, which no step emits; did you mean `done`? wire it with `takes = { dune = "done" }`
        "#]],
    );
}

#[test]
fn what_is_published_needs_no_taker() {
    check_with("publish = [\"audit\"]\n", &[("a", "", "start -> stop | audit")], expect![[""]]);
}

#[test]
fn ends_that_nobody_knows_are_refused_with_the_near_miss() {
    let steps = [("a", "", "begin -> halt")];
    check(
        &steps,
        expect![[r#"
        error: w:2: `start`: no step knows an event `start`
        error: w:3: `stop`: no step knows an event `stop`
        error: w:4: step `a`: emits `halt`, which no step takes; add it to `publish` or `stop`, or wire a step to it with `takes = { … = "halt" }`
        error: w:4: step `a`: takes `begin`, which no step emits; wire it to an event of the workflow with `takes = { begin = "…" }`
    "#]],
    );
    check(
        &[("a", "", "starts -> stops")],
        expect![[r#"
            error: w:2: `start`: no step knows an event `start`; did you mean `starts`?
            error: w:3: `stop`: no step knows an event `stop`; did you mean `stops`?
        "#]],
    );
}

#[test]
fn ends_that_nobody_takes_or_emits_are_refused() {
    check(
        &[("a", "", "done -> start"), ("b", "", "stop -> done")],
        expect![[r#"
            error: w:2: no step takes the start event `start`; wire one to it with `takes = { … = "start" }`
            error: w:3: no step emits the stop event `stop`; let one, or remove it from `stop`
            error: w:6: step `b`: takes the stop event `stop`, which ends the run before it gets there; remove it from `stop`, or let the step take another event
        "#]],
    );
}

#[test]
fn a_stop_event_ends_the_run_before_anybody_takes_it() {
    check(
        &[("a", "", "start -> stop"), ("b", "", "stop -> _")],
        expect![[r#"
            error: w:6: step `b`: takes the stop event `stop`, which ends the run before it gets there; remove it from `stop`, or let the step take another event
            error: w:6: step `b`: no stop event can be reached from `on-stop`; let it emit an event that leads to one, or set `skip-checks = ["reachability"]` in the step
        "#]],
    );
}

#[test]
fn handlers_that_nothing_reaches_are_refused() {
    let steps =
        |more: &'static str| [("a", "", "start -> stop"), ("b", more, "x -> y"), ("c", "", "y -> x | stop")];
    check(
        &steps(""),
        expect![[r#"
        error: w:6: step `b`: no start or failure event can reach `on-x`: `x` only comes from steps that nothing reaches; wire it to what comes, or set `skip-checks = ["reachability"]` in the step
        error: w:8: step `c`: no start or failure event can reach `on-y`: `y` only comes from steps that nothing reaches; wire it to what comes, or set `skip-checks = ["reachability"]` in the step
    "#]],
    );
    check(
        &steps("skip-checks = [\"reachability\"]"),
        expect![[r#"
        error: w:9: step `c`: no start or failure event can reach `on-y`: `y` only comes from steps that nothing reaches; wire it to what comes, or set `skip-checks = ["reachability"]` in the step
    "#]],
    );
    check_with("skip-checks = [\"reachability\"]\n", &steps(""), expect![[""]]);
}

#[test]
fn a_handler_behind_which_nothing_ends_is_refused() {
    let steps = |more: &'static str| {
        [("a", "", "start -> stop | line"), ("b", "", "line -> word"), ("c", more, "word -> _")]
    };
    check(
        &steps(""),
        expect![[r#"
        error: w:8: step `c`: no stop event can be reached from `on-word`; let it emit an event that leads to one, or set `skip-checks = ["reachability"]` in the step
    "#]],
    );
    check(&steps("skip-checks = [\"reachability\"]"), expect![[""]]);
}

#[test]
fn a_loop_that_cannot_end_is_named() {
    let steps = |more: &'static str| {
        [("a", "", "start -> stop | x"), ("b", more, "x -> y"), ("c", more, "y -> z"), ("d", more, "z -> x")]
    };
    check(
        &steps(""),
        expect![[r#"
        error: w:6: step `b`: the loop `b` → `c` → `d` → `b` never ends: no stop event can be reached from it; let one of its steps emit an event that leads to one, or set `skip-checks = ["reachability"]` in the step
    "#]],
    );
    check(&steps("skip-checks = [\"reachability\"]"), expect![[""]]);
}

#[test]
fn failure_handlers_are_asked_about_the_steps_they_name_or_about_all_others() {
    let workflow = workflow(
        "",
        &[
            ("a", "", "start -> x"),
            ("b", "", "x -> stop"),
            ("all", "", "step-failed -> stop"),
            ("one", "handles = [\"a\", \"all\"]", "step-failed -> stop"),
        ],
    );
    let asked = |step: &crate::workflow::StepNode| {
        let by = step.on_failure.map(|handler| workflow.step(workflow.handler(handler).step).name.as_str());
        format!("{} asks {}\n", step.name, by.unwrap_or("nobody"))
    };
    expect![[r#"
        a asks one
        b asks all
        all asks one
        one asks all
    "#]]
    .assert_eq(&workflow.steps.iter().map(asked).collect::<String>());
    let failed = workflow.events.iter().find(|event| event.short == "step-failed").unwrap();
    assert!(failed.consumers.is_empty(), "the rule brings it itself");
}

#[test]
fn failure_handlers_that_claim_what_they_may_not_are_refused() {
    for (steps, expected) in [
        (
            vec![("a", "handles = [\"b\"]", "start -> x"), ("b", "", "x -> stop")],
            expect![[r#"
            error: w:6: step `a`: `handles` names steps, and the component takes no `lockstep:step/host-events.step-failed`; remove the key
        "#]],
        ),
        (
            vec![
                ("a", "", "start -> stop"),
                ("one", "", "step-failed -> stop"),
                ("two", "", "step-failed -> stop"),
            ],
            expect![[r#"
                error: w:8: step `two`: it is asked about the failures of all steps, and so is step `one`; name the steps of one of them with `handles = […]`
            "#]],
        ),
        (
            vec![
                ("assess", "", "start -> stop"),
                ("one", "handles = [\"assess\"]", "step-failed -> stop"),
                ("two", "handles = [\"assess\", \"asess\", \"two\"]", "step-failed -> stop"),
            ],
            expect![[r#"
                error: w:11: step `two`: `handles`: step `one` is asked about `assess` already; name it once
                error: w:11: step `two`: `handles`: there is no step `asess`; did you mean `assess`?
                error: w:11: step `two`: `handles`: a step is never asked about its own failures; remove its name
            "#]],
        ),
        (
            vec![("a", "", "start + step-failed -> stop | step-failed")],
            expect![[r#"
            error: w:4: step `a`: `on-start-and-step-failed` joins `step-failed`; take it by itself: `func(event: step-failed)`
            error: w:4: step `a`: `on-start-and-step-failed` emits `step-failed`, which only the host does; emit an event of your own
        "#]],
        ),
    ] {
        check(&steps, expected);
    }
}

#[test]
fn imports_that_this_host_cannot_give_refuse_the_load() {
    let steps = [("a", "", "start -> stop")];
    let mut contract = contract("start -> stop");
    let import = |name: &str, class, support| Import { name: name.into(), class, support };
    contract.imports = vec![
        import("lockstep:step/log@0.1.0", Class::Free, Support::Now),
        import("lockstep:step/state@0.1.0", Class::Granted, Support::Later),
        import("acme:own/things", Class::Unknown, Support::Never),
        import("acme:own/words", Class::Types, Support::Never),
    ];
    let refused = join_text(&text("", &steps), &BTreeMap::from([("a".to_owned(), Arc::new(contract))]));
    expect![[r#"
        error: w:4: step `a`: imports `lockstep:step/state@0.1.0`, which is not yet supported by this host; build the component without it
        error: w:4: step `a`: imports `acme:own/things`, which is unknown to this host; build the component without it
    "#]].assert_eq(&tell(&refused.expect_err("imports")));
}

#[test]
fn a_step_whose_component_was_not_read_stops_the_joining() {
    let refused = join_text(&text("", &[("a", "", "")]), &BTreeMap::new());
    expect![[r#"
        error: w:4: step `a`: its component `a.wasm` was not read
    "#]]
    .assert_eq(&tell(&refused.expect_err("no contract")));
}

#[test]
fn a_start_value_is_checked_for_all_who_take_it() {
    let workflow = workflow("", &[("a", "", "start -> x"), ("b", "", "start + x -> stop")]);
    workflow.check_start(r#"{"id":"7","n":1,"more":true}"#).unwrap();
    let refused = workflow.check_start(r#"{"id":"7","n":-1}"#).unwrap_err();
    expect!["start.n: expected u32, found -1"].assert_eq(&refused.to_string());
}
