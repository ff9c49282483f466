//! Whatever is wrong gets an error with what, where and the fix, a documented exit code, and
//! never a panic.

use expect_test::{Expect, expect};
use lockstep_test_support::{component, wasm};

use crate::project::{OK, Project, WORKFLOW, worker, world};

fn check(project: &Project, expected: Expect) {
    let ended = project.lockstep(&["run", ".", "--input", &format!("{{\"kind\":{OK}}}")]);
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    expected.assert_eq(&ended.told());
}

#[test]
fn a_workflow_that_is_not_there() {
    let ended = Project::empty().lockstep(&["run", "nowhere/workflow.toml"]);
    expect![[r#"
        exit 3
        error: nowhere/workflow.toml cannot be read: there is no such file; name a workflow.toml or the folder it is in
    "#]].assert_eq(&ended.told());
}

#[test]
fn broken_toml() {
    check(
        &Project::jobs().with("workflow.toml", "workflow = \"jobs\nstart = 1"),
        expect![[r#"
        exit 3
        error: ./workflow.toml:1:17: this is not TOML: invalid basic string, expected `"`
    "#]],
    );
    check(
        &Project::jobs().with("workflow.toml", [0xff, 0xfe]),
        expect![[r#"
        exit 3
        error: ./workflow.toml: it is not UTF-8 text; give a workflow.toml
    "#]],
    );
}

#[test]
fn unknown_keys_and_keys_of_later_releases() {
    let text = format!("{WORKFLOW}retires = 1\nspan = \"tool\"\n[human.ask]\nanswer = \"extra\"\n");
    check(
        &Project::jobs().with("workflow.toml", text),
        expect![[r#"
        exit 3
        error: ./workflow.toml:8: step `work`: unknown key `retires`; did you mean `retry`?
        error: ./workflow.toml:9: step `work`: `span` is not yet supported; remove it
    "#]],
    );
}

#[test]
fn an_unknown_event_name() {
    check(
        &Project::jobs().with("workflow.toml", WORKFLOW.replace("\"job\"", "\"jop\"")),
        expect![[r#"
        exit 3
        error: ./workflow.toml:2: `start`: no step knows an event `jop`; did you mean `job`?
    "#]],
    );
}

#[test]
fn a_component_that_is_missing() {
    let sourced = WORKFLOW.replace("retry", "source = \"steps/work\"\nretry");
    check(
        &Project::empty().with("workflow.toml", WORKFLOW),
        expect![[r#"
        exit 3
        error: ./workflow.toml:5: step `work`: ./work.wasm cannot be read: there is no such file; mend the path in `component`, or say where its `source` is and build it
    "#]],
    );
    check(
        &Project::empty().with("workflow.toml", sourced),
        expect![[r#"
        exit 3
        error: ./workflow.toml:5: step `work`: ./work.wasm cannot be read: there is no such file; build it: `lockstep build ./workflow.toml`
    "#]],
    );
}

#[test]
fn a_component_that_is_truncated() {
    let whole = worker();
    for length in [8, 9, whole.len() / 2, whole.len() - 1] {
        let ended = Project::jobs().with("work.wasm", &whole[..length]).lockstep(&["run", "."]);
        assert_eq!(ended.code, 3, "{length}: {}", ended.stderr);
        assert!(
            ended.stderr.starts_with("error: ./workflow.toml:5: step `work`: ./work.wasm: the component ")
        );
    }
}

#[test]
fn what_is_no_component() {
    let module = wasm("(module)");
    for (bytes, expected) in [
        (
            &module[..],
            expect![[r#"
            exit 3
            error: ./workflow.toml:5: step `work`: ./work.wasm: this is not a component: it is a core module; make one of it with `lockstep build`
        "#]],
        ),
        (
            &b"<!doctype html><title>404</title>"[..],
            expect![[r#"
            exit 3
            error: ./workflow.toml:5: step `work`: ./work.wasm: this is not a component: it is HTML or XML; give the `.wasm` file that `lockstep build` wrote
        "#]],
        ),
        (
            &b""[..],
            expect![[r#"
            exit 3
            error: ./workflow.toml:5: step `work`: ./work.wasm: this is not a component: it is empty; give the `.wasm` file that `lockstep build` wrote
        "#]],
        ),
        (
            &b"\x7fELF\x02\x01\x01"[..],
            expect![[r#"
            exit 3
            error: ./workflow.toml:5: step `work`: ./work.wasm: this is not a component: it is machine code (a `.cwasm` artefact or a program); give the `.wasm` file that `lockstep build` wrote
        "#]],
        ),
    ] {
        check(&Project::jobs().with("work.wasm", bytes), expected);
    }
}

#[test]
fn a_world_without_handlers() {
    check(
        &Project::jobs().with("work.wasm", component(&world("export help: func();"))),
        expect![[r#"
        exit 3
        error: ./workflow.toml:5: step `work`: ./work.wasm: the component has no handler; export a function whose name begins with `on-`, such as `on-order-placed: func(event: order-placed) -> result<_, failure>`; it exports `help`
    "#]],
    );
}

#[test]
fn an_import_that_this_host_does_not_give() {
    let wit = world(
        "import reach: interface { reach: func(); }
         export on-job: func(event: job) -> result<list<answer>, failure>;",
    );
    check(
        &Project::jobs().with("work.wasm", component(&wit)),
        expect![[r#"
        exit 3
        error: ./workflow.toml:5: step `work`: imports `reach`, which is unknown to this host; build the component without it
    "#]],
    );
}

#[test]
fn a_cycle_that_cannot_end() {
    let wit = world(
        "variant emits { extra(extra), answer(answer) }
         export on-job: func(event: job) -> result<emits, failure>;
         export on-extra: func(event: extra) -> result<extra, failure>;",
    );
    check(
        &Project::jobs().with("work.wasm", component(&wit)),
        expect![[r#"
        exit 3
        error: ./workflow.toml:5: step `work`: the loop `work.on-extra` → `work.on-extra` never ends: no stop event can be reached from it; let one of its steps emit an event that leads to one, or set `skip-checks = ["reachability"]` in the step
    "#]],
    );
}

#[test]
fn input_of_the_wrong_shape() {
    for (input, expected) in [
        (
            "{\"kind\":\"12,50\"}",
            expect![[r#"
            exit 4
            error: the input does not fit: start.kind: expected u32, found "12,50"; `job` has the fields kind: u32, note: option<string>
        "#]],
        ),
        (
            "{\"kind\":1,\"note\":7}",
            expect![[r#"
            exit 4
            error: the input does not fit: start.note: expected string, found 7; `job` has the fields kind: u32, note: option<string>
        "#]],
        ),
        (
            "{}",
            expect![[r#"
            exit 4
            error: the input does not fit: start.kind: expected u32, found nothing; `job` has the fields kind: u32, note: option<string>
        "#]],
        ),
        (
            "{\"kind\":1",
            expect![[r#"
            exit 4
            error: the input does not fit: start: not JSON: EOF while parsing an object at line 1 column 9; `job` has the fields kind: u32, note: option<string>
        "#]],
        ),
        (
            "@nowhere.json",
            expect![[r#"
            exit 4
            error: nowhere.json cannot be read: there is no such file
        "#]],
        ),
    ] {
        expected.assert_eq(&Project::jobs().lockstep(&["run", ".", "--input", input]).told());
    }
}

#[test]
fn input_and_answers_of_more_than_16_mib_are_refused_with_what_to_do() {
    let json = |bytes: usize| format!("\"{}\"", "a".repeat(bytes - 2));
    let (most, more) = (16 << 20, (16 << 20) + 1);
    let project = Project::jobs().with("most.json", json(most)).with("more.json", json(more));
    let run = |input| project.lockstep(&["run", ".", "--input", input]).told();
    expect![[r#"
        exit 4
        error: more.json: it is larger than 16 MiB; give the start event in fewer bytes
    "#]]
    .assert_eq(&run("@more.json"));
    expect![[r#"
        exit 4
        error: stdin: it is larger than 16 MiB; give the start event in fewer bytes
    "#]]
    .assert_eq(&project.lockstep_with(&["run", ".", "--input", "-"], &json(more)).told());
    expect![[r#"
        exit 4
        error: more.json: it is larger than 16 MiB; give the answer in fewer bytes
    "#]]
    .assert_eq(&project.lockstep(&["answer", "7f3a.12", "@more.json"]).told());
    let fits = run("@most.json");
    assert!(!fits.contains("larger"), "{fits}");
}
