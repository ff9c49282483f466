//! What is read from a file, and what stands for what it does not say.

use expect_test::expect;

use super::{WHOLE, check, with};
use crate::workflow::parse;

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
                                component: None,
                                http: HttpGrant {
                                    rules: [
                                        Rule {
                                            host: Below(
                                                "example.com",
                                            ),
                                            scheme: Http,
                                            port: 8080,
                                            methods: [
                                                "POST",
                                            ],
                                            paths: [
                                                PathPattern(
                                                    [
                                                        Text(
                                                            "v1",
                                                        ),
                                                        Rest,
                                                    ],
                                                ),
                                            ],
                                            query: Some(
                                                [
                                                    "limit",
                                                ],
                                            ),
                                            network: Private,
                                            secret: Some(
                                                SecretUse {
                                                    name: "key",
                                                    header: "authorization",
                                                    format: "Bearer {}",
                                                },
                                            ),
                                            idempotency: Some(
                                                "idempotency-key",
                                            ),
                                            at_most_once: true,
                                            redirects: false,
                                            request_bytes: 1024,
                                            response_bytes: 1024,
                                            timeout: 1s,
                                            rate: Some(
                                                Rate {
                                                    calls: 20,
                                                    per: 60s,
                                                },
                                            ),
                                            reuse: true,
                                            approve: Writes,
                                        },
                                    ],
                                    ceiling: None,
                                },
                                tools: ToolsGrant {
                                    rules: [
                                        ToolsRule {
                                            from: Server(
                                                "github",
                                            ),
                                            allow: [
                                                "get_issue",
                                            ],
                                            pin: Some(
                                                Digest(
                                                    [
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                        34,
                                                    ],
                                                ),
                                            ),
                                            args: {
                                                "get_issue": {
                                                    "owner": Fixed(
                                                        String("acme"),
                                                    ),
                                                },
                                            },
                                            approve: [
                                                "get_issue",
                                            ],
                                            calls: Some(
                                                20,
                                            ),
                                            result_bytes: 1024,
                                            timeout: 5s,
                                            at_most_once: true,
                                            reuse: true,
                                            rate: Some(
                                                Rate {
                                                    calls: 20,
                                                    per: 60s,
                                                },
                                            ),
                                        },
                                    ],
                                    ceiling: None,
                                },
                                approval: ApprovalGrant {
                                    within: 7200s,
                                },
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
                                kv: [
                                    KvGrant {
                                        store: "cache",
                                        prefix: "explain/",
                                        access: ReadWrite,
                                        bytes: 1048576,
                                        ttl: Some(
                                            604800s,
                                        ),
                                    },
                                ],
                                dirs: [
                                    DirGrant {
                                        host: "data",
                                        guest: "/data",
                                        access: Read,
                                    },
                                ],
                                config: Some(
                                    {
                                        "depth": "3",
                                    },
                                ),
                                scratch: Some(
                                    ScratchGrant {
                                        bytes: 1048576,
                                        files: 10,
                                    },
                                ),
                                wall: Real,
                                random: Seeded,
                                limits: Limits {
                                    memory: 1048576,
                                    cpu: 1s,
                                    fuel: 1000,
                                    events: 1,
                                    event_bytes: 100,
                                    host_calls: 1,
                                    log_bytes: 100,
                                },
                                on_denied: OnDenied {
                                    http: Fail,
                                    tools: Ask,
                                },
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
                tools: [
                    Tool {
                        name: Lined {
                            line: 87,
                            value: "pdf-extract",
                        },
                        component: "components/pdf-extract.wasm",
                        source: Some(
                            "tools/pdf-extract",
                        ),
                        grant: Inline(
                            Grant {
                                component: None,
                                http: HttpGrant {
                                    rules: [],
                                    ceiling: None,
                                },
                                tools: ToolsGrant {
                                    rules: [],
                                    ceiling: None,
                                },
                                approval: ApprovalGrant {
                                    within: 86400s,
                                },
                                state: None,
                                updates: None,
                                kv: [],
                                dirs: [],
                                config: None,
                                scratch: Some(
                                    ScratchGrant {
                                        bytes: 33554432,
                                        files: 1000,
                                    },
                                ),
                                wall: Delivery,
                                random: Real,
                                limits: Limits {
                                    memory: 67108864,
                                    cpu: 2s,
                                    fuel: 0,
                                    events: 1024,
                                    event_bytes: 1048576,
                                    host_calls: 1000,
                                    log_bytes: 65536,
                                },
                                on_denied: OnDenied {
                                    http: Error,
                                    tools: Error,
                                },
                            },
                        ),
                    },
                    Tool {
                        name: Lined {
                            line: 94,
                            value: "fetch",
                        },
                        component: "components/fetch.wasm",
                        source: None,
                        grant: File(
                            Lined {
                                line: 96,
                                value: "grants/fetch.toml",
                            },
                        ),
                    },
                ],
                human: [
                    Human {
                        question: Lined {
                            line: 98,
                            value: "approval-needed",
                        },
                        answer: Some(
                            Lined {
                                line: 99,
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
                                line: 102,
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
                tools: [],
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
