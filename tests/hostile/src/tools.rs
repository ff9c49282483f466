//! A guest that calls the tool which its event names, and components that are tools: one does what its tools
//! are called, another calls a tool itself.

use serde_json::{Value, json};

use crate::made_of;

/// The step: calls a tool so often, and comes back with the last answer.
pub fn caller() -> Vec<u8> {
    made_of(include_str!("../caller.wit"), include_str!("../caller.wat"))
}

/// A component with the tools `config`, `echo`, `fail`, `noise`, `spin` and `trap`; it wants a `[config]`.
pub fn tool() -> Vec<u8> {
    made_of(include_str!("../tool.wit"), include_str!("../tool.wat"))
}

/// A component with the tool `outer`, which calls the tool `echo`.
pub fn nested() -> Vec<u8> {
    made_of(include_str!("../nested.wit"), include_str!("../nested.wat"))
}

/// A call as an event, made once.
pub fn call(name: &str, arguments: &Value) -> Value {
    call_text(name, &arguments.to_string())
}

/// The same with arguments as they stand.
pub fn call_text(name: &str, arguments: &str) -> Value {
    json!({ "name": name, "arguments": arguments, "times": 1, "lists": false })
}

/// A call that is made so often.
pub fn times(mut event: Value, times: u32) -> Value {
    event["times"] = times.into();
    event
}

/// No call, but the list of tools.
pub fn list() -> Value {
    json!({ "name": "", "arguments": "", "times": 0, "lists": true })
}
