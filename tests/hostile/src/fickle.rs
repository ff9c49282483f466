//! A guest that asks for one call and makes another: each time that it is begun it makes the next of those that
//! its event names, for it remembers outside its run, in the store `memo`, how often that was.

use serde_json::{Value, json};

use crate::made_of;

/// The step.
pub fn component() -> Vec<u8> {
    made_of(include_str!("../fickle.wit"), include_str!("../fickle.wat"))
}

/// Calls of a tool as an event, with the arguments of each turn.
pub fn calls(tool: &str, arguments: &[Value]) -> Value {
    let call = |arguments: &Value| json!({ "name": tool, "arguments": arguments.to_string() });
    json!({ "calls": arguments.iter().map(call).collect::<Vec<_>>(), "requests": [] })
}

/// Requests as an event, the one of each turn as [`fetch`](crate::fetch) has it.
pub fn requests(requests: &[Value]) -> Value {
    let request = |event: &Value| event["request"].clone();
    json!({ "calls": [], "requests": requests.iter().map(request).collect::<Vec<_>>() })
}
