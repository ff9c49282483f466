//! What tools take and give, as JSON Schemas. They name no dialect: that of MCP holds, and clients with
//! another one read them as well.

use std::sync::Arc;

use rmcp::model::JsonObject;
use serde_json::{Map, Value, json};

/// The longest that a call waits, in seconds.
pub(super) const LONGEST_WAIT: u64 = 3600;

/// What a workflow takes: its start event.
pub(super) fn input(schema: &Value) -> Arc<JsonObject> {
    object(without_dialect(schema))
}

/// How a run stands, whatever its workflow may come to.
pub(super) fn standing(results: &[Value]) -> Arc<JsonObject> {
    let results: Vec<Value> = results.iter().map(without_dialect).collect();
    let result = if results.is_empty() { json!({}) } else { json!({ "anyOf": results }) };
    object(json!({
        "type": "object",
        "properties": {
            "run_id": { "type": "string" },
            "workflow": { "type": "string" },
            "status": {
                "type": "string",
                "description": "completed, failed, timed-out, cancelled or stalled: it has ended; running: it goes on; \
                                waiting, parked or paused: only somebody outside can move it",
            },
            "is_new": {
                "type": "boolean",
                "description": "false: the run was begun, answered or cancelled so before",
            },
            "event": { "type": "string", "description": "the name of the event that ended it" },
            "result": result,
            "questions": {
                "type": "array",
                "description": "what it asks; answer with lockstep_answer",
                "items": {
                    "type": "object",
                    "properties": {
                        "question": { "type": "string", "description": "names it, for lockstep_answer" },
                        "asked": { "description": "what is asked" },
                        "schema": { "description": "the JSON Schema of an answer" },
                        "by": { "type": "array", "description": "who is to answer; empty: anybody" },
                    },
                    "required": ["question"],
                },
            },
            "approvals": {
                "type": "array",
                "description": "calls that a person has to allow; no tool does that",
                "items": {
                    "type": "object",
                    "properties": { "approval": { "type": "string" } },
                    "required": ["approval"],
                },
            },
            "error": { "type": "string", "description": "why it has no result" },
            "next": { "type": "string", "description": "what can be done" },
        },
        "required": ["run_id", "workflow", "status"],
    }))
}

/// What `lockstep_wait` takes.
pub(super) fn wait() -> Arc<JsonObject> {
    takes(json!({ "run_id": run_id(), "seconds": seconds() }), &["run_id"])
}

/// What `lockstep_answer` takes.
pub(super) fn answer() -> Arc<JsonObject> {
    let question = json!({ "type": "string", "description": "the `question` of one in `questions`" });
    let answer = json!({ "description": "a value that fits the `schema` of the question" });
    let properties = json!({ "question": question, "answer": answer, "seconds": seconds() });
    takes(properties, &["question", "answer"])
}

/// What `lockstep_cancel` takes.
pub(super) fn cancel() -> Arc<JsonObject> {
    takes(json!({ "run_id": run_id() }), &["run_id"])
}

fn takes(properties: Value, required: &[&str]) -> Arc<JsonObject> {
    object(json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    }))
}

fn run_id() -> Value {
    json!({ "type": "string", "description": "the whole `run_id` that a call told" })
}

fn seconds() -> Value {
    json!({
        "type": "integer",
        "minimum": 0,
        "maximum": LONGEST_WAIT,
        "description": "how long to wait at most; 0: not at all",
    })
}

fn without_dialect(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Value::Object(members) = &mut schema {
        members.remove("$schema");
    }
    schema
}

fn object(schema: Value) -> Arc<JsonObject> {
    match schema {
        Value::Object(members) => Arc::new(members),
        _ => Arc::new(Map::new()),
    }
}
