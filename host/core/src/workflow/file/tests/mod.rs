//! Files as data: what is read from each, and each refusal with its exact text.

mod read;
mod refused;

use std::collections::BTreeSet;

use expect_test::Expect;
use proptest::prelude::*;

use super::keys::levels;
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
config  = { depth = 3 }
scratch = { bytes = "1MiB", files = 10 }
clock   = { wall = "real" }
random  = { source = "seeded" }
limits  = { memory = "1MiB", cpu = "1s", fuel = 1000, events = 1, event-bytes = 100, host-calls = 1, log-bytes = 100 }
on-denied = { http = "fail", tools = "ask" }
approval = { within = "2h" }

[[steps.explain.grant.http]]
host = "*.example.com"
scheme = "http"
port = 8080
methods = ["POST"]
paths = ["/v1/**"]
query = ["limit"]
network = "private"
secret = { name = "key", header = "authorization", format = "Bearer {}" }
idempotency = "idempotency-key"
effects = "at-most-once"
redirects = "none"
approve = "writes"
request-bytes = "1KiB"
response-bytes = "1KiB"
timeout = "1s"
rate = "20/min"
on-retry = "reuse"

[[steps.explain.grant.tools]]
mcp = "github"
allow = ["get_issue"]
pin = "sha256:2222222222222222222222222222222222222222222222222222222222222222"
args = { get_issue = { owner = "acme" } }
approve = ["get_issue"]
calls = 20
result-bytes = "1KiB"
timeout = "5s"
effects = "at-most-once"
on-retry = "reuse"
rate = "20/min"

[[steps.explain.grant.kv]]
store = "cache"
prefix = "explain/"
access = "rw"
bytes = "1MiB"
ttl = "7d"

[[steps.explain.grant.dir]]
host = "data"
guest = "/data"
access = "read"

[tools.pdf-extract]
component = "components/pdf-extract.wasm"
source    = "tools/pdf-extract"

[tools.pdf-extract.grant]
scratch = {}

[tools.fetch]
component = "components/fetch.wasm"
grant     = "grants/fetch.toml"

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
fn the_schema_has_the_keys_that_the_parser_accepts_and_no_other() {
    schema::assert_describes(SCHEMA, &levels());
}

#[test]
fn the_whole_file_holds_every_key_once() {
    let written: BTreeSet<&str> = WHOLE.split(|c: char| !(c.is_ascii_lowercase() || c == '-')).collect();
    for (name, level) in levels() {
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
