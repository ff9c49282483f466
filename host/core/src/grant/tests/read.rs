//! What is read from a file, and what stands for what it does not say.

use expect_test::expect;

use super::{WHOLE, check};
use crate::grant::keys::levels;
use crate::grant::{Grant, Tie, parse};

#[test]
fn what_stands_in_the_file_is_granted_and_nothing_else() {
    for (text, expected) in [
        (
            "grant = 1",
            expect![[r#"
                Grant { component: None, http: HttpGrant { rules: [], ceiling: None }, tools: ToolsGrant { rules: [], ceiling: None }, approval: ApprovalGrant { within: 86400s }, state: None, updates: None, kv: [], dirs: [], config: None, scratch: None, wall: Delivery, random: Real, limits: Limits { memory: 67108864, cpu: 2s, fuel: 0, events: 1024, event_bytes: 1048576, host_calls: 1000, log_bytes: 65536 }, on_denied: OnDenied { http: Error, tools: Error } }
            "#]],
        ),
        (
            "grant = 1\n[state]\nrun = \"r\"",
            expect![[r#"
                Grant { component: None, http: HttpGrant { rules: [], ceiling: None }, tools: ToolsGrant { rules: [], ceiling: None }, approval: ApprovalGrant { within: 86400s }, state: Some(StateGrant { run: Read }), updates: None, kv: [], dirs: [], config: None, scratch: None, wall: Delivery, random: Real, limits: Limits { memory: 67108864, cpu: 2s, fuel: 0, events: 1024, event_bytes: 1048576, host_calls: 1000, log_bytes: 65536 }, on_denied: OnDenied { http: Error, tools: Error } }
            "#]],
        ),
        (
            "grant = 1\n[state]\nrun = \"rw\"\n[updates]",
            expect![[r#"
                Grant { component: None, http: HttpGrant { rules: [], ceiling: None }, tools: ToolsGrant { rules: [], ceiling: None }, approval: ApprovalGrant { within: 86400s }, state: Some(StateGrant { run: ReadWrite }), updates: Some(UpdatesGrant { bytes: 1048576 }), kv: [], dirs: [], config: None, scratch: None, wall: Delivery, random: Real, limits: Limits { memory: 67108864, cpu: 2s, fuel: 0, events: 1024, event_bytes: 1048576, host_calls: 1000, log_bytes: 65536 }, on_denied: OnDenied { http: Error, tools: Error } }
            "#]],
        ),
        (
            "grant = 1\nupdates = { bytes = \"64KiB\" }",
            expect![[r#"
                Grant { component: None, http: HttpGrant { rules: [], ceiling: None }, tools: ToolsGrant { rules: [], ceiling: None }, approval: ApprovalGrant { within: 86400s }, state: None, updates: Some(UpdatesGrant { bytes: 65536 }), kv: [], dirs: [], config: None, scratch: None, wall: Delivery, random: Real, limits: Limits { memory: 67108864, cpu: 2s, fuel: 0, events: 1024, event_bytes: 1048576, host_calls: 1000, log_bytes: 65536 }, on_denied: OnDenied { http: Error, tools: Error } }
            "#]],
        ),
        (
            "grant = 1\nupdates = { bytes = 4096 }",
            expect![[r#"
                Grant { component: None, http: HttpGrant { rules: [], ceiling: None }, tools: ToolsGrant { rules: [], ceiling: None }, approval: ApprovalGrant { within: 86400s }, state: None, updates: Some(UpdatesGrant { bytes: 4096 }), kv: [], dirs: [], config: None, scratch: None, wall: Delivery, random: Real, limits: Limits { memory: 67108864, cpu: 2s, fuel: 0, events: 1024, event_bytes: 1048576, host_calls: 1000, log_bytes: 65536 }, on_denied: OnDenied { http: Error, tools: Error } }
            "#]],
        ),
        (
            "grant = 1\nupdates = { bytes = \"16MiB\" }",
            expect![[r#"
                Grant { component: None, http: HttpGrant { rules: [], ceiling: None }, tools: ToolsGrant { rules: [], ceiling: None }, approval: ApprovalGrant { within: 86400s }, state: None, updates: Some(UpdatesGrant { bytes: 16777216 }), kv: [], dirs: [], config: None, scratch: None, wall: Delivery, random: Real, limits: Limits { memory: 67108864, cpu: 2s, fuel: 0, events: 1024, event_bytes: 1048576, host_calls: 1000, log_bytes: 65536 }, on_denied: OnDenied { http: Error, tools: Error } }
            "#]],
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn every_key_is_read() {
    let grant = parse(WHOLE).unwrap_or_else(|findings| panic!("{findings:?}"));
    expect![[r#"
        Grant {
            component: Some(
                Tie {
                    digest: Some(
                        Digest(
                            [
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                            ],
                        ),
                    ),
                    signer: Some(
                        "keys/acme.pub",
                    ),
                    asks: Some(
                        Digest(
                            [
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                                17,
                            ],
                        ),
                    ),
                },
            ),
            http: HttpGrant {
                rules: [
                    Rule {
                        host: Exactly(
                            "api.stripe.com",
                        ),
                        scheme: Https,
                        port: 443,
                        methods: [
                            "GET",
                            "POST",
                        ],
                        paths: [
                            PathPattern(
                                [
                                    Text(
                                        "v1",
                                    ),
                                    Text(
                                        "refunds",
                                    ),
                                ],
                            ),
                            PathPattern(
                                [
                                    Text(
                                        "v1",
                                    ),
                                    Text(
                                        "refunds",
                                    ),
                                    One,
                                ],
                            ),
                        ],
                        query: Some(
                            [
                                "limit",
                            ],
                        ),
                        network: Public,
                        secret: Some(
                            SecretUse {
                                name: "stripe-key",
                                header: "authorization",
                                format: "Bearer {}",
                            },
                        ),
                        idempotency: Some(
                            "idempotency-key",
                        ),
                        at_most_once: true,
                        redirects: false,
                        request_bytes: 262144,
                        response_bytes: 1048576,
                        timeout: 10s,
                        rate: Some(
                            Rate {
                                calls: 20,
                                per: 60s,
                            },
                        ),
                        reuse: true,
                        approve: Writes,
                    },
                    Rule {
                        host: Below(
                            "xn--bcher-kva.example",
                        ),
                        scheme: Http,
                        port: 80,
                        methods: [
                            "GET",
                            "HEAD",
                        ],
                        paths: [
                            PathPattern(
                                [
                                    Rest,
                                ],
                            ),
                        ],
                        query: None,
                        network: Within(
                            [
                                Cidr {
                                    first: 10.2.0.0,
                                    bits: 16,
                                },
                                Cidr {
                                    first: fd12::,
                                    bits: 16,
                                },
                            ],
                        ),
                        secret: None,
                        idempotency: None,
                        at_most_once: false,
                        redirects: true,
                        request_bytes: 262144,
                        response_bytes: 1048576,
                        timeout: 10s,
                        rate: None,
                        reuse: false,
                        approve: Never,
                    },
                    Rule {
                        host: Exactly(
                            "[::1]",
                        ),
                        scheme: Https,
                        port: 8080,
                        methods: [
                            "GET",
                            "HEAD",
                        ],
                        paths: [
                            PathPattern(
                                [
                                    Rest,
                                ],
                            ),
                        ],
                        query: None,
                        network: Loopback(
                            8080,
                        ),
                        secret: None,
                        idempotency: None,
                        at_most_once: false,
                        redirects: false,
                        request_bytes: 262144,
                        response_bytes: 1048576,
                        timeout: 10s,
                        rate: None,
                        reuse: false,
                        approve: Never,
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
                            "search_issues",
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
                                "closed": OneOf(
                                    [
                                        Bool(true),
                                        Bool(false),
                                    ],
                                ),
                                "owner": Fixed(
                                    String("acme"),
                                ),
                                "page": Fixed(
                                    Number(16),
                                ),
                                "repo": OneOf(
                                    [
                                        String("shop"),
                                        String("docs"),
                                    ],
                                ),
                                "share": Fixed(
                                    Number(0.5),
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
                    ToolsRule {
                        from: Component(
                            "pdf-extract",
                        ),
                        allow: [
                            "extract-text",
                        ],
                        pin: None,
                        args: {},
                        approve: [],
                        calls: None,
                        result_bytes: 262144,
                        timeout: 30s,
                        at_most_once: false,
                        reuse: false,
                        rate: None,
                    },
                ],
                ceiling: None,
            },
            approval: ApprovalGrant {
                within: 7200s,
            },
            state: Some(
                StateGrant {
                    run: ReadWrite,
                },
            ),
            updates: Some(
                UpdatesGrant {
                    bytes: 1048576,
                },
            ),
            kv: [
                KvGrant {
                    store: "cache",
                    prefix: "refunds/",
                    access: ReadWrite,
                    bytes: 5368709120,
                    ttl: Some(
                        604800s,
                    ),
                },
                KvGrant {
                    store: "rates",
                    prefix: "",
                    access: Read,
                    bytes: 10485760,
                    ttl: None,
                },
            ],
            dirs: [
                DirGrant {
                    host: "data/policies",
                    guest: "/policies",
                    access: Read,
                },
            ],
            config: Some(
                {
                    "dry": "true",
                    "empty": "",
                    "mask": "255",
                    "mode": "strict",
                    "refund-limit-cents": "50000",
                    "share": "0.5",
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
                memory: 134217728,
                cpu: 500ms,
                fuel: 10000000000,
                events: 0,
                event_bytes: 2048,
                host_calls: 7,
                log_bytes: 0,
            },
            on_denied: OnDenied {
                http: Fail,
                tools: Ask,
            },
        }
    "#]]
    .assert_debug_eq(&grant);
    let written: Vec<&str> = WHOLE.split(|c: char| !(c.is_ascii_lowercase() || c == '-')).collect();
    for (name, level) in levels() {
        for key in level.keys {
            assert!(written.contains(key), "{name}.{key}");
        }
    }
}

#[test]
fn a_table_without_keys_has_its_defaults() {
    let grant = parse("grant = 1\n[[http]]\nhost = \"a.example\"\n[[kv]]\nstore = \"s\"\naccess = \"r\"\n[scratch]\n[config]\n[limits]\n[clock]\n[random]\n[on-denied]\n[component]").unwrap();
    expect![[r#"
        (
            [
                Rule {
                    host: Exactly(
                        "a.example",
                    ),
                    scheme: Https,
                    port: 443,
                    methods: [
                        "GET",
                        "HEAD",
                    ],
                    paths: [
                        PathPattern(
                            [
                                Rest,
                            ],
                        ),
                    ],
                    query: None,
                    network: Public,
                    secret: None,
                    idempotency: None,
                    at_most_once: false,
                    redirects: false,
                    request_bytes: 262144,
                    response_bytes: 1048576,
                    timeout: 10s,
                    rate: None,
                    reuse: false,
                    approve: Never,
                },
            ],
            [
                KvGrant {
                    store: "s",
                    prefix: "",
                    access: Read,
                    bytes: 10485760,
                    ttl: None,
                },
            ],
            Some(
                ScratchGrant {
                    bytes: 33554432,
                    files: 1000,
                },
            ),
            Some(
                {},
            ),
        )
    "#]]
    .assert_debug_eq(&(&grant.http.rules, &grant.kv, grant.scratch, &grant.config));
    let Grant { limits, wall, random, on_denied, component, .. } = grant;
    assert_eq!((limits, wall, random, on_denied), Default::default());
    assert_eq!(component, Some(Tie::default()));
}
