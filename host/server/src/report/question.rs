//! A question as a person needs to see it, and an answer as a person types it.

use std::fmt::Write as _;

use lockstep_core::run::{Open, QuestionId, Run};
use lockstep_core::shape::Shape;
use lockstep_core::workflow::{EventNode, Question};
use serde_json::{Map, Value, json};

use super::when;
use crate::inert::inert;

/// What is asked, by whom, what an answer looks like, and until when.
pub(crate) fn told(run: &Run, number: QuestionId, open: &Open) -> String {
    let mut text = format!("question {}.{number}: {}", run.id(), run.workflow().event(open.event).short);
    for (key, value) in fields(open) {
        // Writing into a string cannot fail.
        let _ = write!(text, "\n  {}: {}", inert(&key), inert(&plain(&value)));
    }
    let _ = write!(text, "\n  answer with {}", inert(&wanted(run, open)));
    if let Some(question) = rules(run, open).filter(|question| !question.by.is_empty()) {
        let _ = write!(text, "\n  to be answered by {}", inert(&question.by.join(", ")));
    }
    if let Some(deadline) = open.deadline {
        let _ = write!(text, "\n  until {}", when(deadline));
    }
    text
}

/// The same for programs.
pub(crate) fn object(run: &Run, number: QuestionId, open: &Open) -> Value {
    let (workflow, answer) = (run.workflow(), answer_node(run, open));
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    json!({
        "question": format!("{}.{number}", run.id()),
        "run_id": run.id().as_str(),
        "workflow": workflow.name,
        "step": open.step.map(|step| workflow.step(step).name.as_str()),
        "event": workflow.event(open.event).short,
        "asked": value(open.payload.as_str()),
        "answer": answer.map(|node| node.short.as_str()),
        "schema": schema(run, open),
        "by": rules(run, open).map(|question| question.by.clone()).unwrap_or_default(),
        "asked_at_ms": open.asked_at.0,
        "deadline_ms": open.deadline.map(|at| at.0),
    })
}

/// The JSON that a typed line stands for: itself, or, where the answer is one text or one yes or no,
/// what it plainly says.
pub(crate) fn answer_of(run: &Run, open: &Open, line: &str) -> String {
    let line = line.trim();
    let is_json = serde_json::from_str::<Value>(line).is_ok();
    let said = |shape: &Shape| match shape {
        Shape::Bool => match line.to_ascii_lowercase().as_str() {
            "y" | "yes" | "true" => Some(Value::Bool(true)),
            "n" | "no" | "false" => Some(Value::Bool(false)),
            _ => None,
        },
        Shape::String | Shape::Enum(_) if !is_json => Some(Value::String(line.to_owned())),
        _ => None,
    };
    match answer_node(run, open).map(|node| &node.shape) {
        Some(Shape::Record(fields)) if fields.len() == 1 => match said(&fields[0].shape) {
            Some(value) => json!({ fields[0].key.as_str(): value }).to_string(),
            None => line.to_owned(),
        },
        Some(_) if rules(run, open).is_some_and(|question| question.generic) && !is_json => {
            Value::String(line.to_owned()).to_string()
        }
        _ => line.to_owned(),
    }
}

fn rules<'r>(run: &'r Run, open: &Open) -> Option<&'r Question> {
    run.workflow().event(open.event).question.as_ref()
}

fn answer_node<'r>(run: &'r Run, open: &Open) -> Option<&'r EventNode> {
    rules(run, open).map(|question| run.workflow().event(question.answer))
}

fn wanted(run: &Run, open: &Open) -> String {
    match (rules(run, open), schema(run, open)) {
        (Some(question), Some(schema)) if question.generic => format!("JSON of the schema {schema}"),
        (Some(question), _) if question.generic => "any text or JSON".to_owned(),
        (Some(question), _) => run.workflow().event(question.answer).shape.to_string(),
        (None, _) => String::new(),
    }
}

/// The JSON Schema of an answer: the question's own, or that of the answer's type.
fn schema(run: &Run, open: &Open) -> Option<Value> {
    let (question, answer) = (rules(run, open)?, answer_node(run, open)?);
    match question.generic {
        true => fields(open).remove("schema").filter(|schema| !schema.is_null()),
        false => Some(answer.shape.schema(&answer.short)),
    }
}

fn fields(open: &Open) -> Map<String, Value> {
    serde_json::from_str(open.payload.as_str()).unwrap_or_default()
}

/// Text without its quotes, anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
