//! A workflow whose runs wait for people: its clerk keeps count, asks, or gives up and is parked.

use std::path::Path;

use lockstep_core::journal::{Journal, Row};
use lockstep_core::run::RunId;
use lockstep_journal::Sqlite;
use lockstep_journal::conformance::wait;
use lockstep_test_support::component_with;
use serde_json::Value;

use crate::project::{Ended, Project};

const WIT: &str = "
    package t:orders@1.0.0;
    interface events {
      /// What is ordered: `kind` says how the clerk behaves.
      record order { kind: u32 }
      record paid { n: u32 }
      record approve { n: u32 }
      record verdict { ok: bool }
    }
    world clerk {
      use events.{order, paid, approve, verdict};
      use lockstep:step/types@0.1.0.{failure};
      import lockstep:step/state@0.1.0;
      variant outcome { paid(paid), approve(approve) }
      export on-order: func(event: order) -> result<outcome, failure>;
      export on-verdict: func(event: verdict) -> result<paid, failure>;
    }";

const WAT: &str = r#"(module
    (import "lockstep:step/state@0.1.0" "add" (func $add (param i32 i32 i64)))
    (memory (export "memory") 2)
    (data (i32.const 2048) "seenno-stocknothing left\nof \1b[1mit\1b[0m{\"left\":0}")
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 65536)
    (func (export "on-order") (param $kind i32) (result i32)
      (call $add (i32.const 2048) (i32.const 4) (i64.const 1))
      (memory.fill (i32.const 0) (i32.const 0) (i32.const 64))
      (if (i32.eq (local.get $kind) (i32.const 2)) (then
        (i32.store8 (i32.const 0) (i32.const 1)) (i32.store8 (i32.const 8) (i32.const 1))
        (i32.store (i32.const 12) (i32.const 2052)) (i32.store (i32.const 16) (i32.const 8))
        (i32.store (i32.const 20) (i32.const 2060)) (i32.store (i32.const 24) (i32.const 26))
        (i32.store8 (i32.const 48) (i32.const 1))
        (i32.store (i32.const 52) (i32.const 2086)) (i32.store (i32.const 56) (i32.const 10))
        (return (i32.const 0))))
      (i32.store8 (i32.const 8) (local.get $kind))
      (i32.store (i32.const 12) (local.get $kind))
      i32.const 0)
    (func (export "on-verdict") (param $ok i32) (result i32)
      (call $add (i32.const 2048) (i32.const 4) (i64.const 1))
      (memory.fill (i32.const 0) (i32.const 0) (i32.const 64))
      (i32.store (i32.const 8) (local.get $ok))
      i32.const 0))"#;

const WORKFLOW: &str = r#"workflow = "orders"
start = "order"
stop = ["paid"]

[steps.clerk]
component = "clerk.wasm"
source = "clerk"
grant = "clerk.toml"
retry = { attempts = 1 }
exhausted = "park"

[human.approve]
answer = "verdict"
"#;

/// How the clerk behaves.
pub(crate) const PAYS: u32 = 0;
pub(crate) const ASKS: u32 = 1;
pub(crate) const PARKS: u32 = 2;

pub(crate) fn orders() -> Project {
    let project = Project::empty().with("workflow.toml", WORKFLOW);
    project
        .with("clerk.wasm", component_with(WIT, WAT))
        .with("clerk.toml", "grant = 1\n[state]\nrun = \"rw\"\n")
}

impl Project {
    /// A run that has come to rest; its id.
    pub(crate) fn order(&self, kind: u32) -> String {
        self.order_with(kind, &[])
    }

    pub(crate) fn order_with(&self, kind: u32, more: &[&str]) -> String {
        let input = format!("{{\"kind\":{kind}}}");
        let ended = self.lockstep(&[&["run", ".", "--json", "--input", &input], more].concat());
        let told: Value = serde_json::from_str(&ended.stdout).unwrap();
        told["run_id"].as_str().unwrap_or_else(|| panic!("{}", ended.stderr)).to_owned()
    }

    pub(crate) fn runs(&self, arguments: &[&str]) -> Ended {
        self.lockstep(&[&["runs"], arguments].concat())
    }

    /// What such a command prints with `--json`.
    pub(crate) fn runs_json(&self, arguments: &[&str]) -> Value {
        let ended = self.runs(&[arguments, &["--json"]].concat());
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
    }

    /// The same, an object a line.
    pub(crate) fn runs_lines(&self, arguments: &[&str]) -> Vec<Value> {
        let ended = self.runs(arguments);
        ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// All rows of some runs, as they are kept.
    pub(crate) fn rows(&self, runs: &[&str]) -> Vec<Vec<Row>> {
        let store = Sqlite::visit(Path::new(&self.path("lockstep.db"))).unwrap();
        runs.iter().map(|run| wait(store.load(&RunId::named(run))).unwrap()).collect()
    }

    /// Asks for what is refused: the code and the words of that, and that no row has changed.
    pub(crate) fn refused(&self, run: &str, arguments: &[&str]) -> String {
        let before = self.rows(&[run]);
        let ended = self.runs(arguments);
        assert_eq!(self.rows(&[run]), before, "{arguments:?}");
        assert_ne!(ended.code, 0, "{ended:?}");
        plain(&ended.told_all(), &[run])
    }
}

impl Ended {
    /// The code and everything that was said.
    pub(crate) fn told_all(&self) -> String {
        format!("exit {}\n{}{}", self.code, self.stdout, self.stderr)
    }
}

/// The text with RUN for a run's id, RUN-2 for the next, and TIME for every time.
pub(crate) fn plain(text: &str, runs: &[&str]) -> String {
    let mut plain = text.to_owned();
    for (run, n) in runs.iter().zip(1..) {
        let name = if n == 1 { "RUN".to_owned() } else { format!("RUN-{n}") };
        plain = plain.replace(run, &name).replace(&run[..12], &name);
    }
    let mut words = plain.split_inclusive([' ', '\n', ',', ';']);
    let told: String = words.by_ref().map(without_time).collect();
    told
}

/// `2026-01-02T03:04:05Z` is a time.
fn without_time(word: &str) -> String {
    let bytes = word.as_bytes();
    match bytes.len() >= 20 && bytes[4] == b'-' && bytes[10] == b'T' && bytes[19] == b'Z' {
        true => format!("TIME{}", &word[20..]),
        false => word.to_owned(),
    }
}

/// The value of a key that has to be a text.
pub(crate) fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("no text {key}: {value}"))
}
