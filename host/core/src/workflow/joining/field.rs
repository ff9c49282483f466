//! What the file compares fields with: `when` of consumers and `by` of pairs, checked against the
//! shapes of the workflow's events.

use std::collections::BTreeSet;

use super::draft::{Draft, choices, field, fields};
use crate::shape::{Field, Shape};
use crate::workflow::file::{Lined, Literal, Step};
use crate::workflow::{Consumer, EventId, HandlerId, Join, Port, StepId};

/// Gives every consumer the conditions of its step. A condition holds for each event that the step
/// takes and that has the field.
pub(super) fn conditions(draft: &mut Draft<'_>) {
    for (id, step) in (0..).map(StepId).zip(&draft.file.steps) {
        let handlers: Vec<_> = draft.workflow.step(id).handlers.iter().copied().collect();
        let events = taken(draft, &handlers);
        for (name, literal) in &step.when {
            condition(draft, step, &handlers, &events, name, literal);
        }
    }
}

/// The events that these handlers take. A question that comes with its answer is none: whether
/// the two are taken is up to the answer.
fn taken(draft: &Draft<'_>, handlers: &[HandlerId]) -> BTreeSet<EventId> {
    let is_taken = |event: &EventId| {
        let consumers = &draft.workflow.event(*event).consumers;
        consumers.iter().any(|taker| taker.port != Port::Asked && handlers.contains(&taker.handler))
    };
    draft.events().filter(is_taken).collect()
}

fn condition(
    draft: &mut Draft<'_>,
    step: &Step,
    handlers: &[HandlerId],
    events: &BTreeSet<EventId>,
    name: &Lined<String>,
    literal: &Literal,
) {
    let mut is_met = false;
    for event in events {
        let node = &mut draft.workflow.events[event.0 as usize];
        let Some(field) = field(&node.shape, &name.value) else { continue };
        is_met = true;
        match value(field, literal) {
            Ok(json) => {
                let key = field.key.clone();
                let is_mine = |taker: &&mut Consumer| handlers.contains(&taker.handler);
                let mine =
                    node.consumers.iter_mut().filter(|taker| taker.port != Port::Asked).filter(is_mine);
                mine.for_each(|taker| taker.when.push((key.clone(), json.clone())));
            }
            Err(wrong) => {
                let message = format!("`when.{}`: {wrong}", name.value);
                draft.step_error_at(step, name.line, message);
            }
        }
    }
    if !is_met {
        no_field(draft, step, handlers, events, name);
    }
}

fn no_field(
    draft: &mut Draft<'_>,
    step: &Step,
    handlers: &[HandlerId],
    events: &BTreeSet<EventId>,
    name: &Lined<String>,
) {
    let asked = handlers.iter().find_map(|handler| match draft.workflow.handler(*handler).join {
        Join::Answer { question } => Some(draft.workflow.event(question)),
        _ => None,
    });
    let shapes = events.iter().map(|event| &draft.workflow.event(*event).shape);
    let known: BTreeSet<&str> = shapes.flat_map(fields).map(|field| field.key.as_str()).collect();
    let known: Vec<&str> = known.into_iter().collect();
    let message = match asked.filter(|node| field(&node.shape, &name.value).is_some()) {
        Some(node) => format!(
            "`when.{}`: `{}` comes with its answer, and only the answer is compared; name a field of the answer",
            name.value, node.short
        ),
        None => {
            let hint = choices(&name.value, &known, "there are");
            format!("`when`: no event that the step takes has a field `{}`{hint}", name.value)
        }
    };
    draft.step_error_at(step, name.line, message);
}

/// The JSON of a literal, if a field may hold it.
fn value(field: &Field, literal: &Literal) -> Result<String, String> {
    let shape = match &field.shape {
        Shape::Option(inner) => inner,
        shape => shape,
    };
    match (shape, literal) {
        (Shape::String, Literal::Text(text)) => Ok(quoted(text)),
        (Shape::Enum(cases), Literal::Text(text)) if cases.contains(text) => Ok(quoted(text)),
        (Shape::Enum(cases), Literal::Text(text)) => {
            let known: Vec<_> = cases.iter().map(String::as_str).collect();
            Err(format!("the field has no case `{text}`{}", choices(text, &known, "it has")))
        }
        (Shape::Bool, Literal::Bool(bool)) => Ok(bool.to_string()),
        (Shape::String | Shape::Enum(_), Literal::Bool(_)) => {
            Err(format!("the field is {shape}; compare it with text"))
        }
        (Shape::Bool, Literal::Text(_)) => Err("the field is bool; compare it with true or false".into()),
        _ => Err(format!("the field is {shape}; only string, enum and bool fields can be compared")),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Gives a pair the JSON key that both halves must share.
pub(super) fn by(draft: &mut Draft<'_>, handler: HandlerId, name: &Lined<String>) {
    match shared(draft, handler, name) {
        Ok(key) => {
            if let Join::Pair { by, .. } = &mut draft.workflow.handlers[handler.0 as usize].join {
                *by = Some(key);
            }
        }
        Err(wrong) => {
            let step = draft.step_of(handler);
            wrong
                .into_iter()
                .for_each(|wrong| draft.step_error_at(step, name.line, format!("`join.by`: {wrong}")));
        }
    }
}

fn shared(draft: &Draft<'_>, handler: HandlerId, name: &Lined<String>) -> Result<String, Vec<String>> {
    let (mut halves, mut missing) = (Vec::new(), Vec::new());
    for event in draft.workflow.handler(handler).inputs.iter().map(|input| draft.workflow.event(input.event))
    {
        match field(&event.shape, &name.value) {
            Some(field) => halves.push((field, &event.short)),
            None => {
                let known: Vec<_> = fields(&event.shape).iter().map(|field| field.key.as_str()).collect();
                let hint = choices(&name.value, &known, "it has");
                missing.push(format!("`{}` has no field `{}`{hint}", event.short, name.value));
            }
        }
    }
    match halves[..] {
        [(left, one), (right, two)] if left.shape != right.shape => Err(vec![format!(
            "it is {} in `{one}` and {} in `{two}`; compare a field that is alike",
            left.shape, right.shape
        )]),
        [(left, _), _] if is_comparable(&left.shape) => Ok(left.key.clone()),
        [(left, _), _] => {
            Err(vec![format!("the field is {}; only text, whole numbers and bool compare", left.shape)])
        }
        _ => Err(missing),
    }
}

fn is_comparable(shape: &Shape) -> bool {
    use Shape::*;
    matches!(shape, Bool | S8 | U8 | S16 | U16 | S32 | U32 | S64 | U64 | Char | String | Enum(_))
}
