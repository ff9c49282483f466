//! Grant files as data: what is read from each, and each refusal with its exact text.

mod ceiling;
mod read;
mod refused;

use expect_test::Expect;

use super::keys::{INLINE, INSIDE, levels};
use super::{Right, SCHEMA, parse};
use crate::table::schema;

fn check(text: &str, expected: Expect) {
    let told = match parse(text) {
        Ok(grant) => format!("{grant:?}\n"),
        Err(findings) => findings.iter().map(|finding| format!("{}\n", finding.in_file("g"))).collect(),
    };
    expected.assert_eq(&told);
}

/// What is wrong with a file of one more table.
fn refused(cases: &[&str], expected: Expect) {
    let told = cases.iter().map(|table| match parse(&format!("grant = 1\n{table}")) {
        Ok(grant) => format!("{table:?} reads as {grant:?}\n"),
        Err(findings) => findings.iter().map(|finding| format!("{}\n", finding.in_file("g"))).collect(),
    });
    expected.assert_eq(&told.collect::<String>());
}

/// Definitions that are no table of their own.
const SHARED: [&str; 11] = [
    "config",
    "size",
    "text",
    "texts",
    "duration",
    "digest",
    "tool-names",
    "server",
    "scalar",
    "allowed",
    "denied",
];

/// Every table that is supported, as people write it.
const WHOLE: &str = r#"grant = 1
[component]
digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
signer = "keys/acme.pub"
asks   = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
[[http]]
host    = "api.stripe.com"
scheme  = "https"
port    = 443
methods = ["GET", "post"]
paths   = ["/v1/refunds", "/v1/refunds/*"]
query   = ["limit"]
network = "public"
secret  = { name = "stripe-key", header = "Authorization", format = "Bearer {}" }
idempotency = "Idempotency-Key"
effects = "at-most-once"
request-bytes = "256KiB"
approve = "writes"
response-bytes = "1MiB"
timeout = "10s"
rate    = "20/min"
on-retry = "reuse"
[[http]]
host = "*.Bücher.example"
scheme = "http"
redirects = "same-rules"
network = ["10.2.0.0/16", "fd12::/16"]
[[http]]
host = "::1"
port = 8080
network = "loopback:8080"
[[tools]]
mcp = "github"
allow = ["search_issues", "get_issue"]
pin = "sha256:2222222222222222222222222222222222222222222222222222222222222222"
args = { get_issue = { owner = "acme", repo = ["shop", "docs"], page = 0x10, share = 0.5, closed = [true, false] } }
approve = ["get_issue"]
calls = 20
result-bytes = "1KiB"
timeout = "5s"
effects = "at-most-once"
on-retry = "reuse"
rate = "20/min"
[[tools]]
component = "pdf-extract"
allow = ["extract-text"]
[approval]
within = "2h"
[state]
run = "rw"
[updates]
bytes = "1MiB"
[[kv]]
store = "cache"
prefix = "refunds/"
access = "rw"
bytes = "5GiB"
ttl = "7d"
[[kv]]
store = "rates"
access = "r"
[[dir]]
host = "data/policies"
guest = "/policies"
access = "read"
[config]
refund-limit-cents = 50_000
share = 0.5
mode = "strict"
dry = true
mask = 0xff
empty = ""
[scratch]
bytes = "1MiB"
files = 10
[clock]
wall = "real"
[random]
source = "seeded"
[limits]
memory = "128MiB"
cpu = "500ms"
fuel = 10_000_000_000
events = 0
event-bytes = "2KiB"
host-calls = 7
log-bytes = 0
[on-denied]
http = "fail"
tools = "ask"
"#;

#[test]
fn the_schema_has_the_keys_that_the_parser_accepts_and_no_other() {
    schema::assert_describes(SCHEMA, &levels());
}

#[test]
fn what_schemas_share_they_say_alike() {
    let [own, workflow, operator] =
        [SCHEMA, crate::workflow::file::SCHEMA, crate::operator::SCHEMA].map(|text| {
            let schema: serde_json::Value = serde_json::from_str(text).unwrap();
            schema["$defs"].clone()
        });
    for name in INSIDE.map(|(name, _)| name).into_iter().chain(SHARED) {
        assert_eq!(workflow[name], own[name], "{name}");
        // A ceiling does not say where steps see a folder.
        assert!(operator[name] == own[name] || name == "dir", "{name}");
    }
    for key in INLINE.keys {
        assert_eq!(workflow["grant"]["properties"][key], own["file"]["properties"][key], "{key}");
        assert_eq!(operator["ceiling"]["properties"][key], own["file"]["properties"][key], "{key}");
    }
}

#[test]
fn the_line_that_is_proposed_for_a_right_grants_it() {
    for right in Right::ALL {
        let text = format!("grant = 1\n{}\n{}", right.head(), right.lines().join("\n"));
        assert!(parse(&text).is_ok_and(|grant| grant.has(right)), "{text}");
        assert_eq!(Right::of_import(&format!("{}@0.1.0", right.interfaces()[0])), Some(right));
    }
    assert_eq!(Right::of_import("lockstep:step/log@0.1.0"), None);
}
