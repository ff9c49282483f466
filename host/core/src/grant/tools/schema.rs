//! Arguments against a tool's JSON Schema. The schema is a stranger's and so are the arguments: no reference
//! leaves it, patterns are matched in linear time, and one that would make too much work is refused.

use std::collections::BTreeMap;

use jsonschema::{PatternOptions, Validator};
use serde_json::{Map, Value, json};

use super::{Allowed, Arguments, Tool, ToolsRule, canonical, work};

/// Longer schemas are refused.
const LONGEST: usize = 64 << 10;

/// What a compiled pattern may take.
const PATTERN: usize = 256 << 10;

/// So much of what is wrong is told.
const TOLD: usize = 300;

/// Whether arguments fit a schema; else where they do not, and why, for a step's author. The words may hold
/// text of strangers: whoever shows them makes them inert.
pub fn check(schema: &Value, arguments: &Arguments) -> Result<(), String> {
    if canonical(schema).len() > LONGEST {
        return Err(format!("the tool's schema is longer than {} KiB", LONGEST >> 10));
    }
    let asked = arguments.to_value();
    work::bear(schema, &asked).map_err(|why| format!("the tool's schema {why}"))?;
    let validator =
        compiled(schema).map_err(|why| cut(format!("the tool's schema cannot be read: {why}")))?;
    validator.validate(&asked).map_err(|error| match error.instance_path().as_str() {
        "" => cut(error.to_string()),
        path => cut(format!("{path}: {error}")),
    })
}

/// Nothing is fetched, whatever a schema refers to.
fn compiled(schema: &Value) -> Result<Validator, String> {
    let patterns = PatternOptions::regex().size_limit(PATTERN).dfa_size_limit(PATTERN);
    let options = jsonschema::options().offline().with_pattern_options(patterns);
    options.should_validate_formats(false).build(schema).map_err(|error| error.to_string())
}

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(TOLD) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// A tool's schema as the guest is shown it: of an argument that the rule settles only the values that are
/// left.
pub fn shown_schema(rule: &ToolsRule, tool: &Tool) -> Value {
    let mut schema = tool.schema.as_object().cloned().unwrap_or_default();
    if let Some(args) = rule.args.get(&tool.name) {
        properties(&mut schema, args);
        required(&mut schema, args);
    }
    Value::Object(schema)
}

fn properties(schema: &mut Map<String, Value>, args: &BTreeMap<String, Allowed>) {
    let mut properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    for (name, allowed) in args {
        let mut shown = match allowed {
            Allowed::Fixed(value) => json!({ "const": value }),
            Allowed::OneOf(values) => json!({ "enum": values }),
        };
        if let Some(description) = properties.get(name).and_then(|property| property.get("description")) {
            shown["description"] = description.clone();
        }
        properties.insert(name.clone(), shown);
    }
    schema.insert("properties".into(), properties.into());
}

/// What is filled in need not be given; what is one of several must be.
fn required(schema: &mut Map<String, Value>, args: &BTreeMap<String, Allowed>) {
    let listed = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let is_left = |name: &Value| name.as_str().is_none_or(|name| !args.contains_key(name));
    let chosen = args.iter().filter(|(_, allowed)| matches!(allowed, Allowed::OneOf(_)));
    let chosen = chosen.map(|(name, _)| Value::from(name.as_str()));
    let required: Vec<Value> = listed.into_iter().filter(is_left).chain(chosen).collect();
    schema.insert("required".into(), required.into());
}
