//! Files as data: what is read from each, and each refusal with its exact text.

use std::collections::BTreeSet;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::keys::LEVELS;
use super::{SCHEMA, parse};
use crate::table::schema;

/// Every key that is supported, once.
const WHOLE: &str = r#"workflow = "refunds"
start    = "refund-requested"
stop     = ["refund-settled", "refund-denied"]
publish  = ["progress"]
timeout  = "10m"
timeout-counts-waiting = true
skip-checks = ["reachability"]

[steps.assess]
component   = "components/assess.wasm"
source      = "steps/assess"
grant       = "grants/assess.toml"
concurrency = { run = 8, all = 64 }
timeout     = "30s"
retry       = { attempts = 5, initial = "200ms", factor = 2, max = "30s", jitter = 0.3, within = "15m", on = ["transient", "timeout", "trap"] }
exhausted   = "park"
takes       = { document = { event = "uploaded", fields = { link = "url" } }, other = "plain" }
gives       = { text = "doc-text" }
when        = { kind = "invoice", urgent = true }
skip-checks = ["reachability"]

[steps.settle]
component   = "components/settle.wasm"
concurrency = 4
gather      = { of = "assess", take = 3, until = "enough", wait = "10s", failed = "skip", empty = "skip" }
join        = { by = "order", of = "assess" }

[steps.explain]
component = "components/explain.wasm"
handles   = ["assess", "settle"]

[steps.explain.grant]
state   = { run = "r" }
updates = { bytes = "64KiB" }

[human.approval-needed]
answer      = "approval-given"
by          = ["role:finance"]
deadline    = "3d"
on-deadline = "approval-expired"
"#;

fn check(text: &str, expected: Expect) {
    let told = match parse(text) {
        Ok(file) => format!("{file:#?}"),
        Err(findings) => findings.iter().map(|finding| format!("{}\n", finding.in_file("w"))).collect(),
    };
    expected.assert_eq(&told);
}

/// A file that is right but for `head` and the lines of its one step.
fn with(head: &str, step: &str) -> String {
    format!(
        "workflow = \"t\"\nstart = \"a\"\nstop = [\"b\"]\n{head}\n[steps.s]\ncomponent = \"s.wasm\"\n{step}\n"
    )
}

#[test]
fn every_key_is_read() {
    check(
        WHOLE,
        expect![[r#"
            File {
                workflow: "refunds",
                start: Lined {
                    line: 2,
                    value: "refund-requested",
                },
                stop: [
                    Lined {
                        line: 3,
                        value: "refund-settled",
                    },
                    Lined {
                        line: 3,
                        value: "refund-denied",
                    },
                ],
                publish: [
                    Lined {
                        line: 4,
                        value: "progress",
                    },
                ],
                timeout: Some(
                    600s,
                ),
                timeout_counts_waiting: true,
                skip_checks: {
                    Reachability,
                },
                steps: [
                    Step {
                        name: Lined {
                            line: 9,
                            value: "assess",
                        },
                        code: Component(
                            "components/assess.wasm",
                        ),
                        source: Some(
                            "steps/assess",
                        ),
                        grant: File(
                            Lined {
                                line: 12,
                                value: "grants/assess.toml",
                            },
                        ),
                        concurrency_run: Some(
                            8,
                        ),
                        concurrency_all: Some(
                            64,
                        ),
                        timeout: 30s,
                        retry: Policy {
                            attempts: 5,
                            initial: 200ms,
                            factor: 2.0,
                            max: 30s,
                            jitter: 0.3,
                            within: Some(
                                900s,
                            ),
                            on: {
                                Transient,
                                Trap,
                                Timeout,
                            },
                        },
                        exhausted: Park,
                        takes: [
                            Wire {
                                own: Lined {
                                    line: 17,
                                    value: "document",
                                },
                                event: Lined {
                                    line: 17,
                                    value: "uploaded",
                                },
                                fields: [
                                    (
                                        Lined {
                                            line: 17,
                                            value: "link",
                                        },
                                        Lined {
                                            line: 17,
                                            value: "url",
                                        },
                                    ),
                                ],
                            },
                            Wire {
                                own: Lined {
                                    line: 17,
                                    value: "other",
                                },
                                event: Lined {
                                    line: 17,
                                    value: "plain",
                                },
                                fields: [],
                            },
                        ],
                        gives: [
                            Wire {
                                own: Lined {
                                    line: 18,
                                    value: "text",
                                },
                                event: Lined {
                                    line: 18,
                                    value: "doc-text",
                                },
                                fields: [],
                            },
                        ],
                        when: [
                            (
                                Lined {
                                    line: 19,
                                    value: "kind",
                                },
                                Text(
                                    "invoice",
                                ),
                            ),
                            (
                                Lined {
                                    line: 19,
                                    value: "urgent",
                                },
                                Bool(
                                    true,
                                ),
                            ),
                        ],
                        handles: None,
                        gather: None,
                        join: None,
                        skip_checks: {
                            Reachability,
                        },
                    },
                    Step {
                        name: Lined {
                            line: 22,
                            value: "settle",
                        },
                        code: Component(
                            "components/settle.wasm",
                        ),
                        source: None,
                        grant: None,
                        concurrency_run: Some(
                            4,
                        ),
                        concurrency_all: None,
                        timeout: 30s,
                        retry: Policy {
                            attempts: 3,
                            initial: 200ms,
                            factor: 2.0,
                            max: 30s,
                            jitter: 0.3,
                            within: None,
                            on: {
                                Transient,
                                Trap,
                                Timeout,
                            },
                        },
                        exhausted: Fail,
                        takes: [],
                        gives: [],
                        when: [],
                        handles: None,
                        gather: Some(
                            Gather {
                                line: 25,
                                of: Some(
                                    Lined {
                                        line: 25,
                                        value: "assess",
                                    },
                                ),
                                take: Some(
                                    3,
                                ),
                                until: Some(
                                    Lined {
                                        line: 25,
                                        value: "enough",
                                    },
                                ),
                                wait: Some(
                                    10s,
                                ),
                                failed: Skip,
                                empty: Skip,
                            },
                        ),
                        join: Some(
                            Pairing {
                                line: 26,
                                by: Some(
                                    Lined {
                                        line: 26,
                                        value: "order",
                                    },
                                ),
                                of: Some(
                                    Lined {
                                        line: 26,
                                        value: "assess",
                                    },
                                ),
                            },
                        ),
                        skip_checks: {},
                    },
                    Step {
                        name: Lined {
                            line: 28,
                            value: "explain",
                        },
                        code: Component(
                            "components/explain.wasm",
                        ),
                        source: None,
                        grant: Inline(
                            Grant {
                                state: Some(
                                    StateGrant {
                                        run: Read,
                                    },
                                ),
                                updates: Some(
                                    UpdatesGrant {
                                        bytes: 65536,
                                    },
                                ),
                            },
                        ),
                        concurrency_run: None,
                        concurrency_all: None,
                        timeout: 30s,
                        retry: Policy {
                            attempts: 3,
                            initial: 200ms,
                            factor: 2.0,
                            max: 30s,
                            jitter: 0.3,
                            within: None,
                            on: {
                                Transient,
                                Trap,
                                Timeout,
                            },
                        },
                        exhausted: Fail,
                        takes: [],
                        gives: [],
                        when: [],
                        handles: Some(
                            [
                                Lined {
                                    line: 30,
                                    value: "assess",
                                },
                                Lined {
                                    line: 30,
                                    value: "settle",
                                },
                            ],
                        ),
                        gather: None,
                        join: None,
                        skip_checks: {},
                    },
                ],
                human: [
                    Human {
                        question: Lined {
                            line: 36,
                            value: "approval-needed",
                        },
                        answer: Some(
                            Lined {
                                line: 37,
                                value: "approval-given",
                            },
                        ),
                        by: [
                            "role:finance",
                        ],
                        deadline: Some(
                            259200s,
                        ),
                        on_deadline: Some(
                            Lined {
                                line: 40,
                                value: "approval-expired",
                            },
                        ),
                    },
                ],
            }"#]],
    );
}

#[test]
fn what_is_not_said_has_its_default() {
    check(
        &with("", ""),
        expect![[r#"
            File {
                workflow: "t",
                start: Lined {
                    line: 2,
                    value: "a",
                },
                stop: [
                    Lined {
                        line: 3,
                        value: "b",
                    },
                ],
                publish: [],
                timeout: None,
                timeout_counts_waiting: false,
                skip_checks: {},
                steps: [
                    Step {
                        name: Lined {
                            line: 5,
                            value: "s",
                        },
                        code: Component(
                            "s.wasm",
                        ),
                        source: None,
                        grant: None,
                        concurrency_run: None,
                        concurrency_all: None,
                        timeout: 30s,
                        retry: Policy {
                            attempts: 3,
                            initial: 200ms,
                            factor: 2.0,
                            max: 30s,
                            jitter: 0.3,
                            within: None,
                            on: {
                                Transient,
                                Trap,
                                Timeout,
                            },
                        },
                        exhausted: Fail,
                        takes: [],
                        gives: [],
                        when: [],
                        handles: None,
                        gather: None,
                        join: None,
                        skip_checks: {},
                    },
                ],
                human: [],
            }"#]],
    );
}

#[test]
fn steps_come_in_the_order_of_the_file() {
    let steps = ["zebra", "ant", "mole"].map(|name| format!("[steps.{name}]\ncomponent = \"c\"\n"));
    let text = format!("workflow = \"t\"\nstart = \"a\"\nstop = [\"b\"]\n{}", steps.concat());
    let file = parse(&text).unwrap();
    let names: Vec<_> = file.steps.iter().map(|step| (step.name.line, step.name.value.as_str())).collect();
    assert_eq!(names, [(4, "zebra"), (6, "ant"), (8, "mole")]);
}

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
            "[steps.s.grant]\nhttp = []\n[steps.s.grant.state]\nrun = \"r\"",
            expect![[r#"
            w:8: step `s`: `grant.http` is not yet supported; remove it
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
            "[steps.t]\ncomponent = \"oci://registry.example/x@sha256:00\"",
            expect![[r#"
            w:8: step `t`: `component` from a registry (`oci://…`) is not yet supported; give a path to a file
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
fn the_schema_has_the_keys_that_the_parser_accepts_and_no_other() {
    schema::assert_describes(SCHEMA, &LEVELS);
}

#[test]
fn the_whole_file_holds_every_key_once() {
    let written: BTreeSet<&str> = WHOLE.split(|c: char| !(c.is_ascii_lowercase() || c == '-')).collect();
    for (name, level) in LEVELS {
        for key in level.keys {
            assert!(written.contains(key), "{name}.{key}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn text_of_any_kind_is_read_or_refused_and_never_panics(text in "(?s).{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn damaged_files_are_read_or_refused_and_never_panic(
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), "[\\[\\]{}=\", .a-z0-9\n]{0,6}"), 1..6),
    ) {
        let mut text: Vec<char> = WHOLE.chars().collect();
        for (from, to, new) in cuts {
            let (from, to) = (from.index(text.len()), to.index(text.len()));
            let to = from.max(to.min(from + 20));
            text.splice(from..to, new.chars());
        }
        let text: String = text.into_iter().collect();
        if let Err(findings) = parse(&text) {
            prop_assert!(!findings.is_empty());
            let lines = u32::try_from(text.lines().count()).unwrap() + 1;
            prop_assert!(findings.iter().all(|finding| finding.line.is_some_and(|line| (1..=lines).contains(&line))));
        }
    }
}
