//! Cases that are refused before anything is run, and steps that are not there.

use expect_test::{Expect, expect};

use super::{Cases, test, without_numbers};

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&Cases::with("case.toml", text).told(&[]));
}

#[test]
fn what_is_wrong_with_any_case_is_told_at_once_and_nothing_is_run() {
    let cases = Cases::with("a.toml", "evnet = {}\n")
        .and("b.json", "{\"handler\": \"on-quiet\",\n \"event\": {\"note\": 1}, \"expect\": {}}")
        .and("c.toml", "handler = \"on-quiet\"\nevent = { note = \"\" }\n")
        .and(
            "d.toml",
            "handler = \"on-quiet\"\nevent = { note = \"\" }\n[expect]\nemits = [{ left = {} }]\n",
        );
    expect![[r#"
        exit 3
        error: ./a.toml:1: unknown key `evnet`; did you mean `event`?
        error: ./a.toml:1: give one of `event`, `given`
        error: ./b.json:2: event.note: expected string, found 1
        error: ./c.toml: it expects nothing; say in [expect] what must come of it, or let `--bless` write what comes of it
        error: ./d.toml:4: `on-quiet` never emits `left`; it emits nothing
    "#]].assert_eq(&cases.told(&[]));
}

#[test]
fn an_event_that_does_not_fit_is_told_with_path_type_value_and_line() {
    check(
        "handler = \"on-fetch\"\n[event]\nmethod = \"GET\"\nurl = 7\nheader = \"\"\nbody = \"\"\n[expect]\n",
        expect![[r#"
            exit 3
            error: ./case.toml:4: event.url: expected string, found 7
        "#]],
    );
    check(
        "handler = \"on-fetch\"\n[event]\nmethod = \"GET\"\n[expect]\n",
        expect![[r#"
        exit 3
        error: ./case.toml:2: event.url: expected string, found nothing
    "#]],
    );
    check(
        "handler = \"on-fetch\"\n[given]\nevnt = {}\n[expect]\n",
        expect![[r#"
        exit 3
        error: ./case.toml:3: `on-fetch` has no parameter `evnt`; did you mean `event`?
        error: ./case.toml:1: the parameter `event` of `on-fetch` is not given; add it to [given]
    "#]],
    );
}

#[test]
fn a_field_that_nobody_reads_is_refused_with_the_one_that_was_meant() {
    check(
        "handler = \"on-quiet\"\nevent = { note = \"a\",\n  notes = \"b\" }\n[expect]\n",
        expect![[r#"
        exit 3
        error: ./case.toml:3: event.notes: there is no such field; did you mean `note`?
    "#]],
    );
    check(
        "handler = \"on-echo\"\n[event.values]\npoints = [{ x = 1, y = 2, z = 3 }]\n[expect]\n",
        expect![[r#"
            exit 3
            error: ./case.toml:3: event.values.points[0].z: there is no such field; did you mean `x`?
        "#]],
    );
}

#[test]
fn a_handler_that_is_not_there_or_not_named_is_told_with_those_that_are() {
    check(
        "handler = \"on-ecko\"\nevent = {}\n[expect]\n",
        expect![[r#"
            exit 3
            error: ./case.toml:1: the step has no handler `on-ecko`; did you mean `on-echo`?
        "#]],
    );
    check(
        "event = {}\n[expect]\n",
        expect![[r#"
        exit 3
        error: ./case.toml:1: the step has several handlers; say which: `handler` is one of `on-echo`, `on-choose`, `on-spread`, `on-perhaps`, `on-quiet`, `on-fail`, `on-crash`, `on-remember`, `on-fetch`, `on-use-tool`, `on-show`, `on-keep`, `on-arm`, `on-ask`, `on-timer-fired`
    "#]],
    );
}

fn refused(arguments: &[&str], expected: Expect) {
    expected.assert_eq(&without_numbers(&test(arguments).told()));
}

#[test]
fn what_is_no_step_is_refused_with_what_to_name_instead() {
    refused(
        &["refunds/money"],
        expect![[r#"
            exit 3
            error: no step of a workflow above refunds/money has it as its `source`, and there is no refunds/money/money.wasm; build it: `lockstep build refunds/money`
        "#]],
    );
    refused(
        &["nowhere"],
        expect![[r#"
        exit 3
        error: nowhere cannot be read: there is no such file; name a workflow.toml or the folder it is in
    "#]],
    );
    refused(
        &["conformance", "--step", "probe-rsut"],
        expect![[r#"
        exit 3
        error: conformance/workflow.toml: there is no step `probe-rsut`; did you mean `probe-rust`?
    "#]],
    );
    refused(
        &["conformance", "--step", "teapot"],
        expect![[r#"
        exit 3
        error: conformance/workflow.toml: `teapot` is a tool; cases are for steps
    "#]],
    );
    refused(
        &["refunds/steps/fraud", "--grant", "g.toml"],
        expect![[r#"
        exit 3
        error: `--grant` is for a component by itself; a step of a workflow has its own
    "#]],
    );
}

#[test]
fn cases_that_are_not_there_are_told_with_where_they_would_be() {
    refused(
        &["refunds/steps/window"],
        expect![[r#"
        exit 3
        error: there is no case in refunds/steps/window/cases; write one, such as refunds/steps/window/cases/first.toml, or name files with `--case`
    "#]],
    );
    refused(
        &["refunds/steps/fraud", "--filter", "no such title"],
        expect![[r#"
        exit 3
        error: no case has "no such title" in its title or its file's name
    "#]],
    );
    refused(
        &["refunds/steps/fraud", "--case", "nowhere.toml"],
        expect![[r#"
        exit 3
        error: nowhere.toml cannot be read: there is no such file
    "#]],
    );
    refused(
        &["refunds/steps/fraud", "--case", "refunds/README.md"],
        expect![[r#"
        exit 3
        error: refunds/README.md is no case; the files of cases end with .toml or .json
    "#]],
    );
    refused(
        &["refunds/steps/fraud", "--case", "refunds/no-*.toml"],
        expect![[r#"
        exit 3
        error: refunds/no-*.toml: there is no case; the files of cases end with .toml or .json
    "#]],
    );
}
