//! The operator's file as data; then that nothing under a ceiling is wider than either side.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::time::Duration;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::read::levels;
use super::{Operator, SCHEMA, parse};
use crate::grant::http::{Approve, Asked, HttpGrant, Rule};
use crate::grant::tools::{Arguments, ToolSource, ToolsGrant, ToolsRule};
use crate::grant::{self, Access, Denied, Grant, Randomness, WallClock};
use crate::table::schema;

fn operator(text: &str) -> Operator {
    parse(&format!("lockstep = 1\n{text}")).unwrap_or_else(|findings| panic!("{text}\n{findings:?}"))
}

fn granted(text: &str) -> Grant {
    grant::parse(&format!("grant = 1\n{text}")).unwrap_or_else(|findings| panic!("{text}\n{findings:?}"))
}

/// What is wrong with each file.
fn refused(texts: &[&str], expected: Expect) {
    let told = texts.iter().map(|text| match parse(text) {
        Ok(operator) => format!("{text:?} reads as {operator:?}\n"),
        Err(findings) => findings.iter().map(|finding| format!("{}\n", finding.in_file("o"))).collect(),
    });
    expected.assert_eq(&told.collect::<String>());
}

/// What of a grant is left under a ceiling, or what the ceiling takes away.
fn applied(ceiling: &str, grant: &str, expected: Expect) {
    let told = match operator(ceiling).apply(&granted(grant)) {
        Ok(effective) => format!("{effective:?}\n"),
        Err(lines) => lines.iter().map(|line| format!("{line}\n")).collect(),
    };
    expected.assert_eq(&told);
}

#[test]
fn every_table_of_the_file_is_read() {
    let operator = operator(
        r#"
[ceiling]
state = { run = "r" }
[[ceiling.http]]
host = "*.example.com"
[[ceiling.kv]]
store = "cache"
prefix = "a/"
access = "rw"
[[ceiling.kv]]
store = "cache"
prefix = "b/"
access = "r"
[[ceiling.dir]]
host = "data"
access = "read"
[secrets]
stripe-key = { env = "STRIPE_KEY" }
other = { file = "secrets/other" }
vault = { command = ["op", "read", "op://x/y"] }
[tls]
ca = "ca.pem"
[egress]
proxy = "http://proxy.example:3128"
"#,
    );
    let Operator { ceiling, secrets, ca, proxy, mcp } = operator;
    assert!(mcp.is_empty());
    let Grant { http, state, kv, dirs, .. } = ceiling.unwrap();
    assert_eq!(http.rules.len(), 1);
    expect![[r#"
        (
            Some(
                StateGrant {
                    run: Read,
                },
            ),
            [
                KvGrant {
                    store: "cache",
                    prefix: "a/",
                    access: ReadWrite,
                    bytes: 10485760,
                    ttl: None,
                },
                KvGrant {
                    store: "cache",
                    prefix: "b/",
                    access: Read,
                    bytes: 10485760,
                    ttl: None,
                },
            ],
            [
                DirGrant {
                    host: "data",
                    guest: "",
                    access: Read,
                },
            ],
            {
                "other": File(
                    "secrets/other",
                ),
                "stripe-key": Env(
                    "STRIPE_KEY",
                ),
                "vault": Command(
                    [
                        "op",
                        "read",
                        "op://x/y",
                    ],
                ),
            },
            Some(
                "ca.pem",
            ),
            Some(
                "http://proxy.example:3128/",
            ),
        )
    "#]]
    .assert_debug_eq(&(state, kv, dirs, secrets, ca, proxy.map(String::from)));
    assert_eq!(parse("lockstep = 1"), Ok(Operator::default()));
}

#[test]
fn what_is_wrong_with_the_file_is_told_at_once() {
    refused(
        &[
            "",
            "lockstep = 2\n[nonsense]",
            "lockstep = 1\n[ceilling]",
            "lockstep = 1\n[ceiling.component]\n[ceiling.tools]\n[ceiling.limits]\nmemory = 1",
            "lockstep = 1\n[[ceiling.dir]]\nguest = \"/a\"",
            "lockstep = 1\n[secrets]\na = \"text\"\nb = {}\nc = { env = \"A\", file = \"b\" }\nd = { command = [] }\ne = { evn = \"A\" }\nf = { command = \"op\" }",
            "lockstep = 1\n[tls]\nca = 1\ncert = 2\n[egress]\nproxy = \"https://proxy.example\"",
            "lockstep = 1\n[egress]\nproxy = \"http://me:pw@proxy.example:3128\"",
            "lockstep = 1\n[egress]\nproxy = \"proxy.example:3128\"",
            "lockstep = 1\n[egress]\nproxy = \"http://proxy.example:3128/path\"",
        ],
        expect![[r#"
            o:1: `lockstep` is missing; begin the file with the format that it is written in: `lockstep = 1`
            o:1: the file is written in format 2 of lockstep.toml, and this program reads format 1; write `lockstep = 1`, or use a program that reads the other one
            o:2: unknown key `ceilling`; did you mean `ceiling`?
            o:2: unknown key `ceiling.component`
            o:3: `ceiling.tools` takes a list of tables, such as `[[ceiling.tools]]`, not a table
            o:5: `ceiling.limits.memory` takes a size from 64KiB to 1GiB, such as "64MiB", not 1
            o:2: `ceiling.dir.host` is missing; name the folder, from where this file is: `host = "data/policies"`
            o:2: `ceiling.dir.access` is missing; say how far it goes: `access = "read"` or `access = "read-write"`
            o:3: unknown key `ceiling.dir.guest`
            o:3: `secrets.a` takes `{ env = "NAME" }`, `{ file = "PATH" }` or `{ command = ["PROGRAM", …] }`, not "text"
            o:4: `secrets.b` takes one source: `{ env = "NAME" }`, `{ file = "PATH" }` or `{ command = ["PROGRAM", …] }`, not a table
            o:5: `secrets.c` takes one source: `{ env = "NAME" }`, `{ file = "PATH" }` or `{ command = ["PROGRAM", …] }`, not a table
            o:6: `command` of a secret is empty; name a program and its arguments
            o:7: unknown key `secrets.e.evn`; did you mean `env`?
            o:7: `secrets.e` takes one source: `{ env = "NAME" }`, `{ file = "PATH" }` or `{ command = ["PROGRAM", …] }`, not a table
            o:8: `secrets.f.command` takes a list of texts, not "op"
            o:3: `tls.ca` takes text that is not empty, not 1
            o:4: unknown key `tls.cert`
            o:6: `egress.proxy` cannot be "https://proxy.example": write a host and a port and nothing else: "http://proxy.example:3128"
            o:3: `egress.proxy` cannot be "http://me:pw@proxy.example:3128": write a host and a port and nothing else: "http://proxy.example:3128"
            o:3: `egress.proxy` cannot be "proxy.example:3128": write a host and a port and nothing else: "http://proxy.example:3128"
            o:3: `egress.proxy` cannot be "http://proxy.example:3128/path": write a host and a port and nothing else: "http://proxy.example:3128"
        "#]],
    );
}

#[test]
fn servers_of_tools_are_read() {
    let operator = operator(
        r#"
[secrets]
github-token = { env = "GITHUB_TOKEN" }
search-key = { env = "SEARCH_KEY" }
[mcp.files]
command = ["node", "server.js", "/data"]
cwd = "servers"
env = { LANG = "C", TOKEN = { secret = "github-token" } }
start-timeout = "30s"
[mcp.plain]
command = ["tools"]
[mcp.search]
url = "https://search.example/mcp"
secret = { name = "search-key", header = "Authorization", format = "Bearer {}" }
[mcp.local]
url = "http://127.0.0.1:9000/mcp"
"#,
    );
    expect![[r#"
        {
            "files": McpServer {
                transport: Command {
                    argv: [
                        "node",
                        "server.js",
                        "/data",
                    ],
                    cwd: "servers",
                    env: {
                        "LANG": Text(
                            "C",
                        ),
                        "TOKEN": Secret(
                            "github-token",
                        ),
                    },
                },
                start_timeout: 30s,
            },
            "local": McpServer {
                transport: Http {
                    url: Url {
                        scheme: "http",
                        cannot_be_a_base: false,
                        username: "",
                        password: None,
                        host: Some(
                            Ipv4(
                                127.0.0.1,
                            ),
                        ),
                        port: Some(
                            9000,
                        ),
                        path: "/mcp",
                        query: None,
                        fragment: None,
                    },
                    secret: None,
                },
                start_timeout: 10s,
            },
            "plain": McpServer {
                transport: Command {
                    argv: [
                        "tools",
                    ],
                    cwd: ".",
                    env: {},
                },
                start_timeout: 10s,
            },
            "search": McpServer {
                transport: Http {
                    url: Url {
                        scheme: "https",
                        cannot_be_a_base: false,
                        username: "",
                        password: None,
                        host: Some(
                            Domain(
                                "search.example",
                            ),
                        ),
                        port: None,
                        path: "/mcp",
                        query: None,
                        fragment: None,
                    },
                    secret: Some(
                        SecretUse {
                            name: "search-key",
                            header: "authorization",
                            format: "Bearer {}",
                        },
                    ),
                },
                start_timeout: 10s,
            },
        }
    "#]]
    .assert_debug_eq(&operator.mcp);
}

#[test]
fn what_is_wrong_with_servers_of_tools_is_told_at_once() {
    refused(
        &[
            "lockstep = 1\n[mcp]\nfiles = \"node\"\n[mcp.a]\n[mcp.b]\ncommand = [\"b\"]\nurl = \"https://b.example\"",
            "lockstep = 1\n[mcp.a]\ncomand = [\"a\"]\nstart_timeout = \"1s\"",
            "lockstep = 1\n[mcp.a]\ncommand = []\ncwd = 1\nstart-timeout = \"11m\"\nenv = { A = 1, B = {}, \"C=D\" = \"e\", F = { secrte = \"x\" } }",
            "lockstep = 1\n[secrets]\ntoken = { env = \"T\" }\n[mcp.a]\ncommand = [\"a\"]\nenv = { A = { secret = \"tokne\" } }\n[mcp.b]\nurl = \"https://b.example\"\nsecret = { name = \"other\", header = \"x-key\" }",
            "lockstep = 1\n[secrets]\ntoken = { env = \"T\" }\n[mcp.a]\ncommand = [\"a\"]\nsecret = { name = \"token\", header = \"x-key\" }\n[mcp.b]\nurl = \"https://b.example\"\ncwd = \"b\"\nenv = { A = \"a\" }",
            "lockstep = 1\n[secrets]\ntoken = { env = \"T\" }\n[mcp.a]\nurl = \"https://a.example\"\nsecret = { name = \"token\" }\n[mcp.b]\nurl = \"https://b.example\"\nsecret = { name = \"token\", header = \"mcp-session-id\", format = \"{} {}\" }\n[mcp.c]\nurl = \"https://c.example\"\nsecret = { name = \"token\", header = \"a b\", format = \"ä{}\" }",
            "lockstep = 1\n[mcp.a]\nurl = \"http://a.example/mcp\"\n[mcp.b]\nurl = \"ftp://b.example\"\n[mcp.c]\nurl = \"https://me:pw@c.example\"\n[mcp.d]\nurl = \"d\"\n[mcp.e]\nurl = \"https://e.example/#f\"",
        ],
        expect![[r#"
            o:3: `mcp.files` takes one of `command = ["PROGRAM", …]` and `url = "https://tools.example/mcp"`, not "node"
            o:4: `mcp.a` takes one of `command = ["PROGRAM", …]` and `url = "https://tools.example/mcp"`, not a table
            o:5: `mcp.b` takes one of `command = ["PROGRAM", …]` and `url = "https://tools.example/mcp"`, not a table
            o:2: `mcp.a` takes one of `command = ["PROGRAM", …]` and `url = "https://tools.example/mcp"`, not a table
            o:3: unknown key `mcp.a.comand`; did you mean `command`?
            o:4: unknown key `mcp.a.start_timeout`; did you mean `start-timeout`?
            o:3: `command` of a server is empty; name a program and its arguments
            o:4: `mcp.a.cwd` takes text that is not empty, not 1
            o:5: `mcp.a.start-timeout` takes a duration from 1ms to 10m, such as "10s", not "11m"
            o:6: `mcp.a.env.A` takes text, or `{ secret = "NAME" }`, not 1
            o:6: `mcp.a.env.B.secret` is missing; name the secret as `[secrets]` does
            o:6: "C=D" is not the name of a variable
            o:6: unknown key `mcp.a.env.F.secrte`; did you mean `secret`?
            o:6: `mcp.a.env.F.secret` is missing; name the secret as `[secrets]` does
            o:6: the secret `tokne` is not in [secrets]; did you mean `token`?
            o:9: the secret `other` is not in [secrets]
            o:6: `secret` belongs to a server with `url`; give a process its secrets in `env`
            o:9: `cwd` belongs to a server with `command`
            o:10: `env` belongs to a server with `command`
            o:6: `mcp.a.secret.header` is missing; name the header that carries it: `header = "authorization"`
            o:9: `mcp.b.secret.header` cannot be "mcp-session-id": the host writes that header itself; name another one
            o:9: `mcp.b.secret.format` cannot be "{} {}": write `{}` once, where the secret goes, such as "Bearer {}"
            o:12: `mcp.c.secret.header` cannot be "a b": that is not the name of a header
            o:12: `mcp.c.secret.format` cannot be "ä{}": a header carries visible ASCII only
            o:3: `mcp.a.url` cannot be "http://a.example/mcp": only this machine is spoken to without TLS; use https
            o:5: `mcp.b.url` cannot be "ftp://b.example": write an address such as "https://tools.example/mcp"
            o:7: `mcp.c.url` cannot be "https://me:pw@c.example": give what it asks for in `secret`
            o:9: `mcp.d.url` cannot be "d": relative URL without a base
            o:11: `mcp.e.url` cannot be "https://e.example/#f": a fragment goes nowhere
        "#]],
    );
}

#[test]
fn without_a_ceiling_a_grant_is_what_it_says() {
    let grant = granted("[state]\nrun = \"rw\"\n[limits]\nmemory = \"1GiB\"");
    assert_eq!(operator("").apply(&grant), Ok(grant));
}

#[test]
fn an_empty_ceiling_takes_every_table_away_and_says_each() {
    applied(
        "[ceiling]",
        r#"
[[http]]
host = "api.example"
[state]
run = "r"
[updates]
[[kv]]
store = "cache"
access = "r"
[[dir]]
host = "/srv/data"
guest = "/data"
access = "read"
[config]
[scratch]
[clock]
wall = "real"
[limits]
memory = "65MiB"
cpu = "3s"
fuel = 7
events = 2000
event-bytes = "2MiB"
host-calls = 2000
log-bytes = "1MiB"
"#,
        expect![[r#"
            [[http]] https://api.example:443: its host is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [state] is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [updates] is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [[kv]] `cache` with the prefix "" is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [[dir]] /srv/data is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [config] is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [scratch] is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            `wall = "real"` of [clock] is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            `limits.memory` is 65MiB and at most 64MiB in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            `limits.event-bytes` is 2MiB and at most 1MiB in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            `limits.log-bytes` is 1MiB and at most 64KiB in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            `limits.cpu` is 3s and at most 2s in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            `limits.events` is 2000 and at most 1024 in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            `limits.host-calls` is 2000 and at most 1000 in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
        "#]],
    );
}

#[test]
fn what_a_ceiling_cannot_meet_is_refused_and_what_it_narrows_is_not() {
    let ceiling = r#"
[secrets]
key = { env = "KEY" }
[ceiling]
state = { run = "r" }
updates = { bytes = "1KiB" }
scratch = { bytes = "1MiB", files = 10 }
config = { mode = "strict" }
limits = { memory = "32MiB", fuel = 1000 }
random = { source = "seeded" }
on-denied = { http = "fail" }
[[ceiling.http]]
host = "*.example.com"
methods = ["GET"]
paths = ["/v1/**"]
secret = { name = "key", header = "authorization" }
[[ceiling.kv]]
store = "cache"
prefix = "a/"
access = "rw"
bytes = "1MiB"
ttl = "1d"
[[ceiling.dir]]
host = "/srv/data"
access = "read"
"#;
    applied(
        ceiling,
        r#"
[[http]]
host = "a.example.com"
paths = ["/**"]
secret = { name = "key", header = "authorization" }
[updates]
[scratch]
[config]
mode = "strict"
[[kv]]
store = "cache"
prefix = "a/b/"
access = "rw"
ttl = "7d"
[[dir]]
host = "/srv/data/policies"
guest = "/policies"
access = "read"
"#,
        expect![[r#"
            Grant { component: None, http: HttpGrant { rules: [Rule { host: Exactly("a.example.com"), scheme: Https, port: 443, methods: ["GET", "HEAD"], paths: [PathPattern([Rest])], query: None, network: Public, secret: Some(SecretUse { name: "key", header: "authorization", format: "{}" }), idempotency: None, at_most_once: false, redirects: false, request_bytes: 262144, response_bytes: 1048576, timeout: 10s, rate: None, reuse: false, approve: Never }], ceiling: Some([Rule { host: Below("example.com"), scheme: Https, port: 443, methods: ["GET"], paths: [PathPattern([Text("v1"), Rest])], query: None, network: Public, secret: Some(SecretUse { name: "key", header: "authorization", format: "{}" }), idempotency: None, at_most_once: false, redirects: false, request_bytes: 262144, response_bytes: 1048576, timeout: 10s, rate: None, reuse: false, approve: Never }]) }, tools: ToolsGrant { rules: [], ceiling: Some([]) }, approval: ApprovalGrant { within: 86400s }, state: None, updates: Some(UpdatesGrant { bytes: 1024 }), kv: [KvGrant { store: "cache", prefix: "a/b/", access: ReadWrite, bytes: 1048576, ttl: Some(86400s) }], dirs: [DirGrant { host: "/srv/data/policies", guest: "/policies", access: Read }], config: Some({"mode": "strict"}), scratch: Some(ScratchGrant { bytes: 1048576, files: 10 }), wall: Delivery, random: Seeded, limits: Limits { memory: 33554432, cpu: 2s, fuel: 1000, events: 1024, event_bytes: 1048576, host_calls: 1000, log_bytes: 65536 }, on_denied: OnDenied { http: Fail, tools: Error } }
        "#]],
    );
    applied(
        ceiling,
        r#"
[[http]]
host = "example.com"
[[http]]
host = "a.example.com"
scheme = "http"
[[http]]
host = "a.example.com"
port = 8443
[[http]]
host = "a.example.com"
methods = ["POST"]
[[http]]
host = "a.example.com"
paths = ["/v2/*", "/"]
[[http]]
host = "a.example.com"
secret = { name = "other", header = "authorization" }
[[http]]
host = "a.example.com"
network = "private"
[state]
run = "rw"
[updates]
bytes = "2KiB"
[scratch]
files = 11
[config]
mode = "lax"
[limits]
memory = "33MiB"
fuel = 1001
[[kv]]
store = "cache"
prefix = "b/"
access = "r"
[[kv]]
store = "other"
access = "r"
[[dir]]
host = "/srv/data"
guest = "/a"
access = "read-write"
[[dir]]
host = "/srv/database"
guest = "/b"
access = "read"
[[dir]]
host = "/srv/data/../secret"
guest = "/c"
access = "read"
"#,
        expect![[r#"
            [[http]] https://example.com:443: its host is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [[http]] http://a.example.com:80: its scheme is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [[http]] https://a.example.com:8443: its port is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [[http]] https://a.example.com:443: its method is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [[http]] https://a.example.com:443: its path is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [[http]] https://a.example.com:443: its secret is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [[http]] https://a.example.com:443: its network is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            `state.run` is to read and write and at most to read in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            `updates.bytes` is 2KiB and at most 1KiB in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            [[kv]] `cache` with the prefix "b/" is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [[kv]] `other` with the prefix "" is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            `dir.access` of /srv/data is to read and write and at most to read in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            [[dir]] /srv/database is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [[dir]] /srv/data/../secret is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [config] "mode" = "lax" is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            `scratch.files` is 11 and at most 10 in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            `limits.memory` is 33MiB and at most 32MiB in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            `limits.fuel` is 1001 and at most 1000 in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            the secret `other` is not in lockstep.toml; add `other = { env = "…" }` to [secrets]
        "#]],
    );
}

#[test]
fn a_secret_that_the_operator_does_not_have_refuses_the_grant() {
    applied(
        "",
        "[[http]]\nhost = \"a.example\"\nsecret = { name = \"key\", header = \"x-key\" }",
        expect![[r#"
            the secret `key` is not in lockstep.toml; add `key = { env = "…" }` to [secrets]
        "#]],
    );
}

#[test]
fn a_server_of_tools_that_the_operator_does_not_have_refuses_the_grant() {
    let rule = |server: &str| ToolsRule {
        from: ToolSource::Server(server.into()),
        allow: vec!["read".into()],
        pin: None,
        args: BTreeMap::new(),
        approve: Vec::new(),
        calls: None,
        result_bytes: 1024,
        timeout: Duration::from_secs(1),
        at_most_once: false,
        reuse: false,
        rate: None,
    };
    let tools = ToolsGrant { rules: vec![rule("files"), rule("search"), rule("search")], ceiling: None };
    let grant = Grant { tools, ..Grant::default() };
    let operator = operator("[mcp.files]\ncommand = [\"files\"]");
    let line =
        "the server `search` is not in lockstep.toml; add [mcp.search] with its `command` or its `url`";
    assert_eq!(operator.apply(&grant).unwrap_err(), [line]);
}

#[test]
fn the_schema_has_the_keys_that_the_parser_accepts_and_no_other() {
    schema::assert_describes(SCHEMA, &levels());
}

const HOSTS: [&str; 5] = ["a.example.com", "b.example.com", "*.example.com", "*.com", "10.0.0.1"];

const PATHS: [&str; 6] = ["/", "/v1", "/v1/*", "/v1/**", "/*/x", "/**"];

const NETWORKS: [&str; 4] = ["\"public\"", "\"private\"", "\"loopback:443\"", "[\"10.0.0.0/8\"]"];

/// A rule as an inline table.
fn rule() -> impl Strategy<Value = String> {
    let lists = (subsequence(vec!["GET", "POST"], 1..=2), subsequence(PATHS.to_vec(), 1..=3));
    let more = select(vec![
        "",
        ", secret = { name = \"k\", header = \"x-k\" }",
        ", rate = \"20/min\", effects = \"at-most-once\", approve = \"writes\"",
        ", rate = \"100/h\", redirects = \"same-rules\", query = [\"q\"]",
        ", request-bytes = 10, timeout = \"1s\"",
        ", response-bytes = 10, redirects = \"same-rules\"",
    ]);
    (select(HOSTS.to_vec()), select(vec![443, 80]), lists, select(NETWORKS.to_vec()), more).prop_map(
        |(host, port, (methods, paths), network, more)| {
            let (port, network) = match (host, network) {
                ("10.0.0.1", _) => (port, "\"private\""),
                (_, "\"loopback:443\"") => (443, network),
                _ => (port, network),
            };
            format!("{{ host = {host:?}, port = {port}, methods = {methods:?}, paths = {paths:?}, network = {network}{more} }}")
        },
    )
}

/// `[[tools]]` of which no two allow one tool, as inline tables.
fn tool_rules() -> impl Strategy<Value = Vec<String>> {
    let both = (tool_rule(&["a", "b"]), tool_rule(&["c", "d"]), 0..=2_usize);
    both.prop_map(|(one, two, many)| [one, two].into_iter().take(many).collect())
}

fn tool_rule(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    let args = select(vec![
        "",
        "x = 1",
        "x = [1, 2]",
        "x = [2, 3], y = \"k\"",
        "y = [\"k\", \"l\"]",
        "x = 3, y = true",
    ]);
    let more = select(vec![
        "",
        ", calls = 3, on-retry = \"reuse\"",
        ", calls = 9, result-bytes = 10, rate = \"20/min\"",
        ", timeout = \"1s\", effects = \"at-most-once\", rate = \"100/h\"",
        ", pin = \"sha256:2222222222222222222222222222222222222222222222222222222222222222\"",
    ]);
    let from = select(vec!["mcp = \"s\"", "mcp = \"t\"", "component = \"s\""]);
    let named = (from, subsequence(names, 1..=names.len()));
    (named, args, any::<bool>(), more).prop_map(|((from, allow), args, asks, more)| {
        let (first, mut text) = (allow[0], format!("{{ {from}, allow = {allow:?}{more}"));
        if !args.is_empty() {
            text += &format!(", args = {{ {first} = {{ {args} }} }}");
        }
        if asks {
            text += &format!(", approve = [{first:?}]");
        }
        text + " }"
    })
}

/// The tables of a grant or, where folders have no place in a step, of a ceiling.
fn tables(guest: &'static str) -> impl Strategy<Value = String> {
    let stores = vec![
        "{ store = \"s\", access = \"r\" }".to_owned(),
        "{ store = \"s\", prefix = \"a/\", access = \"rw\", bytes = 10 }".to_owned(),
        "{ store = \"t\", prefix = \"a/b/\", access = \"rw\", ttl = \"1d\" }".to_owned(),
    ];
    let dirs = ["/d", "/d/e", "/de"].map(|host| format!("{{ host = {host:?}, access = \"read\"{guest} }}"));
    let state = vec!["", "state = { run = \"r\" }", "state = { run = \"rw\" }"];
    let plain = vec![
        "updates = { bytes = 10 }",
        "scratch = { bytes = 10, files = 10 }",
        "config = { a = 1, b = 2 }",
        "clock = { wall = \"real\" }",
        "random = { source = \"seeded\" }",
        "limits = { memory = \"1MiB\", fuel = 9, events = 2000, cpu = \"3s\" }",
        "on-denied = { http = \"fail\", tools = \"ask\" }",
        "approval = { within = \"1h\" }",
    ];
    let rules = (proptest::collection::vec(rule(), 0..3), tool_rules());
    let lists = (rules, select(stores), select(dirs.to_vec()));
    (lists, select(state), subsequence(plain, 0..=8)).prop_map(
        |(((rules, tools), store, dir), state, plain)| {
            let (http, tools) = (rules.join(", "), tools.join(", "));
            format!(
                "http = [{http}]\ntools = [{tools}]\nkv = [{store}]\ndir = [{dir}]\n{state}\n{}\n",
                plain.join("\n")
            )
        },
    )
}

fn requests() -> Vec<Asked> {
    let mut requests = Vec::new();
    for method in ["GET", "POST"] {
        for host in ["a.example.com", "b.example.com", "x.y.example.com", "example.com", "10.0.0.1", "com"] {
            for rest in ["/", ":80/v1", "/v1", "/v1/x", "/v1/", "/v1/x/y", ":80/q/x?q=1", "/v1/x?p=1"] {
                requests.push(Asked::parse(method, &format!("https://{host}{rest}")).unwrap());
            }
        }
    }
    requests
}

fn addresses() -> [IpAddr; 4] {
    ["8.8.8.8", "10.1.1.1", "192.168.1.1", "127.0.0.1"].map(|text| text.parse().unwrap())
}

/// The rules that let a request through, each by itself.
fn those_that_let<'r>(rules: &'r [Rule], asked: &Asked) -> Vec<&'r Rule> {
    let lets = |rule: &&Rule| HttpGrant { rules: vec![(*rule).clone()], ceiling: None }.choose(asked).is_ok();
    rules.iter().filter(lets).collect()
}

/// Whether a rule lets no more through than another one.
fn is_narrower(rule: &Rule, than: &Rule) -> bool {
    let goes_no_further = addresses()
        .iter()
        .all(|at| !rule.network.allows(*at, rule.port) || than.network.allows(*at, rule.port));
    let keeps_rate = than
        .rate
        .is_none_or(|most| rule.rate.is_some_and(|rate| rate.calls <= most.calls || rate.per >= most.per));
    goes_no_further
        && keeps_rate
        && (rule.request_bytes, rule.response_bytes).0 <= than.request_bytes
        && rule.response_bytes <= than.response_bytes
        && rule.timeout <= than.timeout
        && (rule.at_most_once || !than.at_most_once)
        && rule.approve >= than.approve
        && (!rule.redirects || rule.approve == Approve::Never)
        && (!rule.redirects || than.redirects)
        && (rule.secret.is_none() || rule.secret == than.secret)
}

/// Whether tables other than `[[http]]` allow no more than others.
fn is_within(grant: &Grant, than: &Grant) -> bool {
    let runs = |grant: &Grant| grant.state.map(|state| state.run == Access::ReadWrite);
    let stores = grant.kv.iter().all(|store| {
        than.kv.iter().any(|other| {
            store.store == other.store
                && store.prefix.starts_with(&other.prefix)
                && (store.access == Access::Read || other.access == Access::ReadWrite)
                && store.bytes <= other.bytes
                && (other.ttl.is_none() || store.ttl.is_some_and(|ttl| Some(ttl) <= other.ttl))
        })
    });
    let dirs = grant.dirs.iter().all(|dir| than.dirs.iter().any(|other| dir.host.starts_with(&other.host)));
    let fuel = than.limits.fuel == 0 || (1..=than.limits.fuel).contains(&grant.limits.fuel);
    stores
        && dirs
        && fuel
        && runs(grant) <= runs(than)
        && grant.updates.map(|updates| updates.bytes) <= than.updates.map(|updates| updates.bytes)
        && grant.scratch.map(|scratch| (scratch.bytes, scratch.files))
            <= than.scratch.map(|scratch| (scratch.bytes, scratch.files))
        && grant.config.is_some() <= than.config.is_some()
        && (grant.wall == WallClock::Delivery || than.wall == WallClock::Real)
        && (grant.random == Randomness::Seeded || than.random == Randomness::Real)
        && (grant.on_denied.http == Denied::Fail || than.on_denied.http == Denied::Error)
        && (grant.on_denied.tools == Denied::Fail || than.on_denied.tools != Denied::Fail)
        && grant.approval.within <= than.approval.within
        && grant.limits.memory <= than.limits.memory
        && grant.limits.cpu <= than.limits.cpu
        && grant.limits.events <= than.limits.events
}

/// Calls that rules part.
fn calls() -> impl Iterator<Item = (&'static str, Arguments)> {
    let texts = [
        "{}",
        "{\"x\":1}",
        "{\"x\":2}",
        "{\"x\":3,\"y\":true}",
        "{\"x\":2,\"y\":\"k\"}",
        "{\"y\":\"l\",\"z\":0}",
    ];
    let read = |text: &str| Arguments::read(text).unwrap();
    ["a", "b", "c", "d"].into_iter().flat_map(move |tool| texts.map(|text| (tool, read(text))))
}

/// Whether a rule lets a tool be called no more, and no easier, than another one.
fn is_tighter(rule: &ToolsRule, than: &ToolsRule, tool: &str) -> bool {
    let keeps_rate = than
        .rate
        .is_none_or(|most| rule.rate.is_some_and(|rate| rate.calls <= most.calls || rate.per >= most.per));
    keeps_rate
        && rule.from == than.from
        && (rule.asks(tool) || !than.asks(tool))
        && than.calls.is_none_or(|most| rule.calls.is_some_and(|calls| calls <= most))
        && (than.pin.is_none() || rule.pin == than.pin)
        && rule.result_bytes <= than.result_bytes
        && rule.timeout <= than.timeout
        && (rule.at_most_once || !than.at_most_once)
        && (rule.reuse || !than.reuse)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_under_a_ceiling_is_wider_than_either(
        grant in tables(", guest = \"/g\""),
        ceiling in tables(""),
    ) {
        let grant = granted(&grant);
        let ceiling = operator(&format!("[ceiling]\n{ceiling}")).ceiling.unwrap();
        let (effective, lines) = grant.within(&ceiling);
        prop_assert!(is_within(&effective, &grant));
        prop_assert!(is_within(&effective, &ceiling));
        for asked in requests() {
            let Ok((at, rule)) = effective.http.choose(&asked) else { continue };
            prop_assert_eq!(grant.http.choose(&asked).map(|(at, _)| at), Ok(at));
            prop_assert!(is_narrower(&rule, &grant.http.rules[at]));
            let above = those_that_let(&ceiling.http.rules, &asked);
            prop_assert!(above.iter().any(|above| is_narrower(&rule, above)), "{:?} under {:?}", rule, above);
            let is_of_use = addresses().iter().any(|at| rule.network.allows(*at, rule.port));
            let is_told_of = lines.iter().any(|line| line.contains(&rule.name()));
            prop_assert!(!(is_of_use && is_told_of && grant.http.rules.len() == 1), "{:?}", lines);
        }
    }

    #[test]
    fn no_tool_under_a_ceiling_is_called_with_more_than_either_has(
        grant in tables(", guest = \"/g\""),
        ceiling in tables(""),
    ) {
        let grant = granted(&grant);
        let ceiling = operator(&format!("[ceiling]\n{ceiling}")).ceiling.unwrap();
        let (effective, lines) = grant.within(&ceiling);
        for (tool, asked) in calls() {
            let mine = grant.tools.choose(tool).ok();
            let Ok(rule) = effective.tools.choose(tool) else {
                prop_assert!(mine.is_none() || !lines.is_empty());
                continue;
            };
            let mine = mine.expect("what is left was there");
            let above: Vec<_> = ceiling.tools.rules.iter().filter(|above| above.allows(tool)).collect();
            prop_assert!(is_tighter(rule, mine, tool), "{:?} under {:?}", rule, mine);
            prop_assert!(above.iter().any(|above| is_tighter(rule, above, tool)), "{:?} under {:?}", rule, above);
            let Ok(settled) = rule.settle(tool, asked.clone()) else { continue };
            prop_assert!(mine.settle(tool, asked).is_ok());
            prop_assert_eq!(mine.settle(tool, settled.clone()), Ok(settled.clone()));
            prop_assert!(above.iter().any(|above| above.settle(tool, settled.clone()).as_ref() == Ok(&settled)));
        }
    }
}
