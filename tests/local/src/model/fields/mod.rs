//! JSON by a schema: each field is filled in by a rule that its schema names.
//!
//! | field | rule |
//! |---|---|
//! | has an `enum` | the label whose line in `<labels>` shares most words with the `<text>`; without any, the last of the enum |
//! | `words` | the words of the question, each with what the `<glossary>` calls it |
//! | `grade` | from 0 to 100: how much of the question the `<answer>` says, half of that where the passages do not |
//! | `reason` | what the label or the grade is for |
//! | all, where there is a `<document>` | what stands in it, as the field's description says ([`extract`]); with a `<draft>` and `<problems>`, the draft with what was objected to looked at again |

mod again;
mod extract;
mod grade;
mod label;
mod rewrite;

use serde_json::{Map, Value, json};

use super::prompt::Prompt;

/// An object with the fields of the schema; null where no rule knows one.
pub(super) fn fill(schema: &Value, prompt: &Prompt) -> Value {
    if !prompt.part("document").is_empty() {
        return extract::fill(schema, prompt);
    }
    let properties = schema["properties"].as_object();
    let mut filled = Map::new();
    for (name, field) in properties.into_iter().flatten() {
        filled.insert(name.clone(), value(name, field, schema, prompt));
    }
    Value::Object(filled)
}

fn value(name: &str, field: &Value, schema: &Value, prompt: &Prompt) -> Value {
    match (name, field["enum"].as_array()) {
        (_, Some(labels)) => label::label(labels, prompt).0.into(),
        ("words", _) => rewrite::words(prompt),
        ("grade", _) => grade::grade(prompt).0.into(),
        ("reason", _) => reason(schema, prompt).into(),
        _ => json!(null),
    }
}

fn reason(schema: &Value, prompt: &Prompt) -> String {
    let mut fields = schema["properties"].as_object().into_iter().flatten();
    match fields.find_map(|(_, field)| field["enum"].as_array()) {
        Some(labels) => label::label(labels, prompt).1,
        None => grade::grade(prompt).1,
    }
}
