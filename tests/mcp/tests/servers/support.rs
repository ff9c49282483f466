//! Servers as tests declare them, and what came of their calls in one line.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use lockstep_core::event::Json;
use lockstep_mcp::{Backoff, Declared, Process, Secret, Server, Transport, Value};
use lockstep_sandbox::{ToolCall, ToolFault, ToolServer};
use serde_json::json;

/// Longer than anything here takes.
pub(crate) const LONG: Duration = Duration::from_secs(60);
/// What a server was given to keep.
pub(crate) const SECRET: &str = "a-secret-of-the-operator";

/// The server of this package with these arguments.
pub(crate) fn own(arguments: &[&str]) -> Declared {
    program([&[env!("CARGO_BIN_EXE_lockstep-test-mcp")], arguments].concat().as_slice())
}

/// A program, with a variable and a secret, which is tried again at once.
pub(crate) fn program(argv: &[&str]) -> Declared {
    let path = std::env::var("PATH").unwrap();
    let env = [("PATH", Value::Plain(path)), ("TOKEN", Value::Secret(Secret::new(SECRET.into())))];
    let process = Process {
        argv: argv.iter().map(|word| (*word).to_owned()).collect(),
        cwd: PathBuf::from(env!("CARGO_MANIFEST_DIR")),
        env: env.map(|(name, value)| (name.to_owned(), value)).into(),
    };
    declared(Transport::Process(process))
}

pub(crate) fn declared(transport: Transport) -> Declared {
    let backoff = Backoff { first: Duration::ZERO, most: Duration::ZERO };
    Declared { name: "test".into(), transport, start_timeout: LONG, backoff }
}

/// The same, which is left alone for long when it has died.
pub(crate) fn resting(declared: Declared) -> Declared {
    Declared { backoff: Backoff { first: LONG, most: LONG }, ..declared }
}

pub(crate) fn call(name: &str, arguments: serde_json::Value) -> ToolCall {
    let arguments = Json::trusted(arguments.to_string());
    ToolCall { name: name.into(), arguments, key: "key-1".into(), most: 1 << 20 }
}

/// What comes of a call.
pub(crate) async fn made(
    server: &Server,
    name: &str,
    arguments: serde_json::Value,
) -> Result<serde_json::Value, ToolFault> {
    let made = server.call(&call(name, arguments)).await;
    made.map(|json| serde_json::from_str(json.as_str()).unwrap())
}

/// Fails unless the server still does what it should.
#[track_caller]
pub(crate) fn works(answer: Result<serde_json::Value, ToolFault>) {
    assert_eq!(answer.unwrap()["arguments"], json!({ "a": 1 }));
}

/// The names of its tools.
pub(crate) async fn names(server: &Server) -> Vec<String> {
    server.list().await.unwrap().iter().map(|tool| tool.name.clone()).collect()
}

/// Its environment, as it tells it.
pub(crate) async fn environment(server: &Server) -> BTreeMap<String, String> {
    serde_json::from_value(made(server, "env", json!({})).await.unwrap()).unwrap()
}
