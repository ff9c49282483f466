//! What is refused, each with its exact text.

use expect_test::expect;

use super::{check, with};

#[test]
fn unknown_keys_are_refused_at_every_level() {
    for (head, step, expected) in [
        (
            "tiemout = \"1s\"",
            "",
            expect![[r#"
            w:4: unknown key `tiemout`; did you mean `timeout`?
        "#]],
        ),
        (
            "[colour]",
            "",
            expect![[r#"
            w:4: unknown key `colour`
        "#]],
        ),
        (
            "",
            "retires = 3",
            expect![[r#"
                w:7: step `s`: unknown key `retires`; did you mean `retry`?
            "#]],
        ),
        (
            "",
            "retry = { atempts = 3 }",
            expect![[r#"
            w:7: step `s`: unknown key `retry.atempts`; did you mean `attempts`?
        "#]],
        ),
        (
            "",
            "concurrency = { each = 3 }",
            expect![[r#"
            w:7: step `s`: unknown key `concurrency.each`
        "#]],
        ),
        (
            "",
            "gather = { off = \"x\" }",
            expect![[r#"
            w:7: step `s`: unknown key `gather.off`; did you mean `of`?
        "#]],
        ),
        (
            "",
            "join = { bye = \"x\" }",
            expect![[r#"
            w:7: step `s`: unknown key `join.bye`; did you mean `by`?
        "#]],
        ),
        (
            "",
            "[steps.s.grant]\ngrant = 1\nstat = {}",
            expect![[r#"
            w:8: step `s`: unknown key `grant.grant`
            w:9: step `s`: unknown key `grant.stat`; did you mean `state`?
        "#]],
        ),
        (
            "",
            "[steps.s.grant.state]\nrun = \"r\"\nruns = 1",
            expect![[r#"
            w:9: step `s`: unknown key `grant.state.runs`; did you mean `run`?
        "#]],
        ),
        (
            "[human.approval]\nanswr = \"x\"",
            "",
            expect![[r#"
            w:5: unknown key `human.approval.answr`; did you mean `answer`?
        "#]],
        ),
        (
            "",
            "takes = { a = { event = \"x\", field = {} } }",
            expect![[r#"
            w:7: step `s`: unknown key `takes.a.field`; did you mean `fields`?
        "#]],
        ),
    ] {
        check(&with(head, step), expected);
    }
}

#[test]
fn keys_of_a_later_release_are_refused_as_such() {
    for (head, step, expected) in [
        (
            "",
            "workflow = \"../x/workflow.toml\"",
            expect![[r#"
                w:7: step `s`: a step has a `component` or a `workflow`; remove one of them
            "#]],
        ),
        (
            "",
            "[steps.s.grant]\nllm = {}\n[steps.s.grant.state]\nrun = \"r\"",
            expect![[r#"
            w:8: step `s`: `grant.llm` is not yet supported; remove it
        "#]],
        ),
        (
            "",
            "span = \"chain\"",
            expect![[r#"
            w:7: step `s`: `span` is not yet supported; remove it
        "#]],
        ),
        (
            "",
            "[steps.t]\ncomponent = \"oci://registry.example/x@sha256:00\"\nsource = \"steps/t\"",
            expect![[r#"
                w:9: step `t`: `source` is for a component that is built here, and `component` is an address; remove `source`, or give the path of the file that is built
            "#]],
        ),
    ] {
        check(&with(head, step), expected);
    }
}

#[test]
fn values_of_the_wrong_kind_are_refused_with_what_the_key_takes() {
    for (head, step, expected) in [
        (
            "timeout = 10",
            "",
            expect![[r#"
            w:4: `timeout` takes a duration such as "200ms", "10s", "1h30m" or "3d", not 10
        "#]],
        ),
        (
            "timeout = \"10 minutes\"",
            "",
            expect![[r#"
            w:4: `timeout` takes a duration such as "200ms", "10s", "1h30m" or "3d", not "10 minutes"
        "#]],
        ),
        (
            "timeout = \"0s\"",
            "",
            expect![[r#"
                w:4: `timeout` takes a duration of at least 1ms, not "0s"
            "#]],
        ),
        (
            "timeout = \"1s\"\ntimeout-counts-waiting = \"yes\"",
            "",
            expect![[r#"
            w:5: `timeout-counts-waiting` takes `true` or `false`, not "yes"
        "#]],
        ),
        (
            "timeout-counts-waiting = true",
            "",
            expect![[r#"
            w:4: `timeout-counts-waiting` says what counts to `timeout`, and there is none; add one, or remove it
        "#]],
        ),
        (
            "human.approval = \"x\"",
            "",
            expect![[r#"
            w:4: `human.approval` takes a table, not "x"
        "#]],
        ),
        (
            "[human.approval]\nanswer = 3\nby = \"me\"\ndeadline = \"soon\"",
            "",
            expect![[r#"
            w:5: `human.approval.answer` takes text that is not empty, not 3
            w:6: `human.approval.by` takes a list of texts, not "me"
            w:7: `human.approval.deadline` takes a duration such as "200ms", "10s", "1h30m" or "3d", not "soon"
        "#]],
        ),
        (
            "[human.approval]\nanswer = \"x\"\non-deadline = \"y\"",
            "",
            expect![[r#"
            w:4: `human.approval.deadline` is missing; say how long to wait: `deadline = "3d"`
        "#]],
        ),
        (
            "",
            "grant = 3",
            expect![[r#"
            w:7: step `s`: `grant` takes the path of a grant file, or a table `[steps.NAME.grant]`, not 3
        "#]],
        ),
        (
            "",
            "[steps.s.grant]\nstate = {}\nupdates = { bytes = \"1GiB\" }",
            expect![[r#"
            w:8: step `s`: `grant.state.run` is missing; say how far it goes: `run = "r"` or `run = "rw"`
            w:9: step `s`: `grant.updates.bytes` takes a size from 1B to 16MiB, such as "64KiB" or "1MiB", not "1GiB"
        "#]],
        ),
        (
            "publish = \"x\"",
            "",
            expect![[r#"
            w:4: `publish` takes a list of texts, not "x"
        "#]],
        ),
        (
            "publish = [\"x\", 3]",
            "",
            expect![[r#"
            w:4: `publish` takes a list of texts, not 3
        "#]],
        ),
        (
            "skip-checks = [\"reachabilty\"]",
            "",
            expect![[r#"
            w:4: `skip-checks` takes "reachability", not "reachabilty"; did you mean `reachability`?
        "#]],
        ),
        (
            "",
            "source = \"\"",
            expect![[r#"
            w:7: step `s`: `source` takes text that is not empty, not ""
        "#]],
        ),
        (
            "",
            "concurrency = 0",
            expect![[r#"
                w:7: step `s`: `concurrency` takes a whole number from 1 to 4294967295, or `{ run = …, all = … }`, not 0
            "#]],
        ),
        (
            "",
            "concurrency = \"many\"",
            expect![[r#"
                w:7: step `s`: `concurrency` takes a whole number from 1 to 4294967295, or `{ run = …, all = … }`, not "many"
            "#]],
        ),
        (
            "",
            "concurrency = { all = 99999999999 }",
            expect![[r#"
                w:7: step `s`: `concurrency.all` takes a whole number from 1 to 4294967295, not 99999999999
            "#]],
        ),
        (
            "",
            "retry = 3",
            expect![[r#"
            w:7: step `s`: `retry` takes a table, not 3
        "#]],
        ),
        (
            "",
            "retry = { attempts = 0 }",
            expect![[r#"
                w:7: step `s`: `retry.attempts` takes a whole number from 1 to 4294967295, not 0
            "#]],
        ),
        (
            "",
            "retry = { factor = 0.5 }",
            expect![[r#"
            w:7: step `s`: `retry.factor` takes a number from 1 to 1000, not 0.5
        "#]],
        ),
        (
            "",
            "retry = { factor = nan }",
            expect![[r#"
            w:7: step `s`: `retry.factor` takes a number from 1 to 1000, not nan
        "#]],
        ),
        (
            "",
            "retry = { jitter = 2 }",
            expect![[r#"
            w:7: step `s`: `retry.jitter` takes a number from 0 to 1, not 2
        "#]],
        ),
        (
            "",
            "retry = { on = [\"transiant\"] }",
            expect![[r#"
            w:7: step `s`: `retry.on` takes one of "transient", "permanent", "trap", "timeout", "limit", "denied", "invalid", "host", not "transiant"; did you mean `transient`?
        "#]],
        ),
        (
            "",
            "exhausted = \"forget\"",
            expect![[r#"
                w:7: step `s`: `exhausted` takes one of "fail", "park", not "forget"
            "#]],
        ),
        (
            "",
            "takes = { a = 3 }",
            expect![[r#"
            w:7: step `s`: `takes.a` takes the name of an event, or `{ event = …, fields = { … } }`, not 3
        "#]],
        ),
        (
            "",
            "takes = { a = {} }",
            expect![[r#"
            w:7: step `s`: `takes.a.event` is missing; name the workflow's event
        "#]],
        ),
        (
            "",
            "takes = { a = { event = \"x\", fields = { b = true } } }",
            expect![[r#"
            w:7: step `s`: `takes.a.fields.b` takes the name of a field of the workflow's event, not true
        "#]],
        ),
        (
            "",
            "when = { n = 3 }",
            expect![[r#"
            w:7: step `s`: `when.n` takes text, `true` or `false`, not 3
        "#]],
        ),
        (
            "",
            "gather = { take = -1, failed = \"ignore\" }",
            expect![[r#"
                w:7: step `s`: `gather.take` takes a whole number from 1 to 4294967295, not -1
                w:7: step `s`: `gather.failed` takes one of "fail", "skip", not "ignore"
            "#]],
        ),
        (
            "",
            "handles = [1979-05-27]",
            expect![[r#"
            w:7: step `s`: `handles` takes a list of texts, not a date
        "#]],
        ),
    ] {
        check(&with(head, step), expected);
    }
}

#[test]
fn names_that_are_none_or_reserved_are_refused() {
    for (name, expected) in [
        (
            "start",
            expect![[r#"
            w:4: the step name `start` is reserved; choose another one
        "#]],
        ),
        (
            "human",
            expect![[r#"
            w:4: the step name `human` is reserved; choose another one
        "#]],
        ),
        (
            "Assess",
            expect![[r#"
            w:4: the step name "Assess" is not a name; use lower-case letters, digits and `-`, beginning with a letter, 64 at most
        "#]],
        ),
        (
            "\"a b\"",
            expect![[r#"
            w:4: the step name "a b" is not a name; use lower-case letters, digits and `-`, beginning with a letter, 64 at most
        "#]],
        ),
    ] {
        let text =
            format!("workflow = \"t\"\nstart = \"a\"\nstop = [\"b\"]\n[steps.{name}]\ncomponent = \"c\"\n");
        check(&text, expected);
    }
    check(
        &with("", "").replace("\"t\"", "\"My Flow\""),
        expect![[r#"
        w:1: the name "My Flow" is not a name; use lower-case letters, digits and `-`, beginning with a letter, 64 at most
    "#]],
    );
}

#[test]
fn what_is_missing_is_told_at_once() {
    check(
        "",
        expect![[r#"
        w:1: `workflow` is missing; give the workflow a name: `workflow = "refunds"`
        w:1: `start` is missing; name the event that begins a run: `start = "order-placed"`
        w:1: `stop` is missing; name the events that end a run: `stop = ["order-settled"]`
        w:1: the workflow has no step; add a table `[steps.NAME]`
    "#]],
    );
    check(
        "steps = 3\nstop = []",
        expect![[r#"
        w:1: `workflow` is missing; give the workflow a name: `workflow = "refunds"`
        w:1: `start` is missing; name the event that begins a run: `start = "order-placed"`
        w:1: `steps` takes a table, not 3
        w:1: the workflow has no step; add a table `[steps.NAME]`
        w:2: `stop` is empty; name the events that end a run
    "#]],
    );
    check(
        &with("", "[steps.t]\n[steps.u]\nretry = {}"),
        expect![[r#"
        w:7: step `t`: `component` is missing; name the step's component: `component = "components/NAME.wasm"`
        w:8: step `u`: `component` is missing; name the step's component: `component = "components/NAME.wasm"`
    "#]],
    );
    check(
        &with("", "").replace("[steps.s]\ncomponent = \"s.wasm\"", "[steps]\ns = 3"),
        expect![[r#"
        w:6: `steps.s` takes a table, not 3
    "#]],
    );
}

#[test]
fn all_findings_come_at_once_in_the_order_of_the_file() {
    let text = with("timeout = 3\ncolour = 1", "retires = 3\nretry = { attempts = 0, jiter = 1 }");
    check(
        &text,
        expect![[r#"
            w:4: `timeout` takes a duration such as "200ms", "10s", "1h30m" or "3d", not 3
            w:5: unknown key `colour`
            w:8: step `s`: unknown key `retires`; did you mean `retry`?
            w:9: step `s`: unknown key `retry.jiter`; did you mean `jitter`?
            w:9: step `s`: `retry.attempts` takes a whole number from 1 to 4294967295, not 0
        "#]],
    );
}

#[test]
fn text_that_is_no_toml_is_one_finding_with_line_and_column() {
    for (text, expected) in [
        (
            "workflow = ",
            expect![[r#"
            w:1:12: this is not TOML: string values must be quoted, expected literal string
        "#]],
        ),
        (
            "workflow = \"t\"\nstart",
            expect![[r#"
            w:2:6: this is not TOML: key with no value, expected `=`
        "#]],
        ),
        (
            "workflow = \"t\"\n  stop = [\"a\"",
            expect![[r#"
            w:2:14: this is not TOML: unclosed array, expected `]`
        "#]],
        ),
        (
            "workflow = \"é\" x",
            expect![[r#"
            w:1:16: this is not TOML: unexpected key or value, expected newline, `#`
        "#]],
        ),
        (
            "workflow = \"t\"\nworkflow = \"u\"",
            expect![[r#"
            w:2:1: the key `workflow` stands twice in its table; remove one of them
        "#]],
        ),
        (
            "[steps.a]\n\n[steps.b]\n\n[steps.a]\n",
            expect![[r#"
            w:5:8: two steps are named `a`; the first stands on line 1; give one of them another name
        "#]],
        ),
        (
            "\0",
            expect![[r#"
            w:1:2: this is not TOML: key with no value, expected `=`
        "#]],
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn a_tool_that_says_nothing_or_too_much_is_refused() {
    for (head, expected) in [
        (
            "[tools]\nx = 1",
            expect![[r#"
            w:5: `tools.x` takes a table, not 1
        "#]],
        ),
        (
            "[tools.x]",
            expect![[r#"
            w:4: `tools.x.component` is missing; name the component that has the tools: `component = "components/NAME.wasm"`
        "#]],
        ),
        (
            "[tools.X]\ncomponent = \"x.wasm\"",
            expect![[r#"
            w:4: the tool name "X" is not a name; use lower-case letters, digits and `-`, beginning with a letter, 64 at most
        "#]],
        ),
        (
            "[tools.run]\ncomponent = \"x.wasm\"",
            expect![[r#"
            w:4: the tool name `run` is reserved; choose another one
        "#]],
        ),
        (
            "[tools.s]\ncomponent = \"x.wasm\"",
            expect![[r#"
            w:4: the tool `s` has the name of the step on line 6; give it another one
        "#]],
        ),
        (
            "[tools.x]\ncomponent = \"x.wasm\"\ngrant = 1\ntimeout = \"1s\"",
            expect![[r#"
            w:6: `tools.x.grant` takes the path of a grant file, or a table `[tools.NAME.grant]`, not 1
            w:7: unknown key `tools.x.timeout`
        "#]],
        ),
        (
            "[tools.x]\ncomponent = \"oci://r/x@sha256:00\"\nsource = \"x\"",
            expect![[r#"
            w:6: `source` is for a component that is built here, and `component` is an address; remove `source`, or give the path of the file that is built
        "#]],
        ),
        (
            "[tools.x]\ncomponent = \"x.wasm\"\n[tools.x.grant]\nstat = 1\n[[tools.x.grant.http]]",
            expect![[r#"
                w:7: unknown key `tools.x.grant.stat`; did you mean `state`?
                w:8: `tools.x.grant.http.host` is missing; name the server: `host = "api.example.com"`
            "#]],
        ),
    ] {
        check(&with(head, ""), expected);
    }
}
