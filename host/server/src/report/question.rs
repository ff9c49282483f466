//! A question as a person needs to see it, and an answer as a person types it.

use std::fmt::Write as _;

use lockstep_core::run::{Open, QuestionId, Run};
use lockstep_core::shape::{Field, Shape};
use lockstep_core::workflow::{EventNode, Question};
use serde_json::{Map, Value, json};

use super::when;
use crate::inert::inert;

/// What is asked, by whom, what an answer looks like, and until when.
pub(crate) fn told(run: &Run, number: QuestionId, open: &Open) -> String {
    let event = run.workflow().event(open.event);
    let asks = open.step.map(|step| format!("{} asks ", run.workflow().step(step).name));
    let mut text = format!("question {}.{number}: {}{}", run.id(), asks.unwrap_or_default(), event.short);
    for (key, value) in asked(&event.shape, open) {
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

/// An answer that would be taken, as a pattern for one's own.
pub(crate) fn example(run: &Run, open: &Open) -> String {
    match (rules(run, open), answer_node(run, open)) {
        (Some(question), Some(answer)) if !question.generic => example::of(&answer.shape).to_string(),
        _ => "\"…\"".to_owned(),
    }
}

/// The same for programs.
pub(crate) fn object(run: &Run, number: QuestionId, open: &Open) -> Value {
    let (workflow, answer) = (run.workflow(), answer_node(run, open));
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    json!({
        "kind": "question",
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

/// The JSON that a typed line stands for: itself, or, where nothing has to be given but one text or one
/// yes or no, what it plainly says.
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
    let shape = answer_node(run, open).map(|node| &node.shape);
    match (shape, shape.and_then(only_required)) {
        (_, Some(field)) => match said(&field.shape) {
            Some(value) => json!({ field.key.as_str(): value }).to_string(),
            None => line.to_owned(),
        },
        (Some(_), _) if rules(run, open).is_some_and(|question| question.generic) && !is_json => {
            Value::String(line.to_owned()).to_string()
        }
        _ => line.to_owned(),
    }
}

/// The one field of a record that has to be given, if it is one.
fn only_required(shape: &Shape) -> Option<&Field> {
    let Shape::Record(fields) = shape else { return None };
    let mut required = fields.iter().filter(|field| !matches!(field.shape, Shape::Option(_)));
    required.next().filter(|_| required.next().is_none())
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
        (Some(question), _) => fields(&run.workflow().event(question.answer).shape),
        (None, _) => String::new(),
    }
}

/// `approve: bool, note: option<string>`
fn fields(shape: &Shape) -> String {
    let Shape::Record(fields) = shape else { return shape.to_string() };
    let each = fields.iter().map(|field| format!("{}: {}", field.key, field.shape));
    each.collect::<Vec<_>>().join(", ")
}

/// The JSON Schema of an answer: the question's own, or that of the answer's type.
fn schema(run: &Run, open: &Open) -> Option<Value> {
    let (question, answer) = (rules(run, open)?, answer_node(run, open)?);
    match question.generic {
        true => payload(open).remove("schema").filter(|schema| !schema.is_null()),
        false => Some(answer.shape.schema(&answer.short)),
    }
}

/// The fields of a question, in the order of its type.
fn asked(shape: &Shape, open: &Open) -> Vec<(String, Value)> {
    let mut left = payload(open);
    let known: &[Field] = if let Shape::Record(fields) = shape { fields } else { &[] };
    let mut fields: Vec<_> = known.iter().filter_map(|field| left.remove_entry(&field.key)).collect();
    fields.extend(left);
    fields
}

fn payload(open: &Open) -> Map<String, Value> {
    serde_json::from_str(open.payload.as_str()).unwrap_or_default()
}

/// Text without its quotes, anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The smallest value of a shape, as a pattern for others.
mod example {
    use lockstep_core::shape::Shape;
    use serde_json::{Map, Value, json};

    pub(super) fn of(shape: &Shape) -> Value {
        match shape {
            Shape::Bool => json!(true),
            Shape::S8 | Shape::S16 | Shape::S32 | Shape::S64 => json!(0),
            Shape::U8 | Shape::U16 | Shape::U32 | Shape::U64 => json!(0),
            Shape::F32 | Shape::F64 => json!(0.0),
            Shape::Char => json!("x"),
            Shape::String => json!("…"),
            Shape::Json => json!({}),
            Shape::Bytes => json!(""),
            Shape::Option(_) => Value::Null,
            Shape::Map(key, _) if **key == Shape::String => json!({}),
            Shape::List(_) | Shape::Map(..) | Shape::Flags(_) => json!([]),
            Shape::FixedList(item, length) => (0..*length).map(|_| of(item)).collect(),
            Shape::Tuple(items) => items.iter().map(of).collect(),
            Shape::Result(ok, _) => json!({ "ok": ok.as_deref().map(of) }),
            Shape::Enum(cases) => cases.first().map(String::as_str).into(),
            Shape::Variant(cases) => cases.first().map_or(Value::Null, |case| match &case.shape {
                Some(shape) => json!({ case.name.as_str(): of(shape) }),
                None => case.name.as_str().into(),
            }),
            Shape::Record(fields) => {
                let needed = fields.iter().filter(|field| !matches!(field.shape, Shape::Option(_)));
                needed.map(|field| (field.key.clone(), of(&field.shape))).collect::<Map<_, _>>().into()
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use lockstep_core::shape::{Case, Field, read};

        use super::*;

        #[test]
        fn an_example_is_a_value_of_its_shape() {
            let case = |name: &str, shape| Case { name: name.into(), shape };
            let one = |shape| Box::new(shape);
            for shape in [
                Shape::Record(vec![
                    Field::new("is-fine", Shape::Bool),
                    Field::new("note", Shape::Option(one(Shape::String))),
                    Field::new("cents", Shape::U64),
                ]),
                Shape::Tuple(vec![Shape::S8, Shape::F64, Shape::Char, Shape::Json, Shape::Bytes]),
                Shape::FixedList(one(Shape::String), 3),
                Shape::List(one(Shape::Bool)),
                Shape::Map(one(Shape::String), one(Shape::Bool)),
                Shape::Map(one(Shape::U8), one(Shape::Bool)),
                Shape::Enum(vec!["slow".into(), "fast".into()]),
                Shape::Variant(vec![case("none", None), case("some", Some(Shape::U8))]),
                Shape::Variant(vec![case("some", Some(Shape::U8))]),
                Shape::Result(Some(one(Shape::U8)), None),
                Shape::Result(None, Some(one(Shape::U8))),
                Shape::Flags(vec!["a".into()]),
            ] {
                let example = of(&shape).to_string();
                read::check(&example, "example", &shape).unwrap_or_else(|error| panic!("{shape}: {error}"));
            }
        }
    }
}
