//! The operator's file as data; then that nothing under a ceiling is wider than either side.

mod ceiling;
mod narrower;
mod servers;

use std::time::Duration;

use expect_test::{Expect, expect};

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
fn the_schema_has_the_keys_that_the_parser_accepts_and_no_other() {
    schema::assert_describes(SCHEMA, &levels());
}
