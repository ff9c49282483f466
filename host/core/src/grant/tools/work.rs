//! How much work a schema can make: some of a few lines make more than a machine can do, by references that
//! lead to two others each, or in a circle. What a validator would visit is counted before it begins.

use serde_json::{Map, Value};

/// So many parts of a schema, each counted as often as something leads to it.
const PARTS: usize = 100_000;

/// So many of them for all values of the arguments together.
const MOST: usize = 10_000_000;

/// So many patterns; each takes its time to compile.
const PATTERNS: usize = 100;

/// Keywords whose value is a schema for the same value.
const SAME: [&str; 4] = ["not", "if", "then", "else"];

/// Keywords whose value lists schemas for the same value, or has them by name.
const SAME_EACH: [&str; 5] = ["allOf", "anyOf", "oneOf", "dependentSchemas", "dependencies"];

/// Keywords whose value has schemas by name for what is in the value.
const INSIDE_EACH: [&str; 2] = ["properties", "patternProperties"];

/// Keywords whose value is a schema for what is in the value, or lists several.
const INSIDE: [&str; 9] = [
    "additionalProperties",
    "propertyNames",
    "items",
    "prefixItems",
    "additionalItems",
    "contains",
    "unevaluatedProperties",
    "unevaluatedItems",
    "contentSchema",
];

/// Keywords that look at the others a second time.
const TWICE: [&str; 2] = ["unevaluatedProperties", "unevaluatedItems"];

/// References whose target only validating finds.
const DYNAMIC: [&str; 2] = ["$dynamicRef", "$recursiveRef"];

/// What makes references inside mean something else; the whole schema may have a name.
const NAMED: [&str; 2] = ["$id", "id"];

/// Why a schema is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unbearable {
    /// It makes too much work.
    #[error("has references or patterns that make too much work; make it plainer")]
    TooMuch,
    /// It refers to something that is not in it, or that is found only while it is used.
    #[error("refers to what is not in it; use no reference but `#/…`, and no `$id` inside")]
    Outside,
}

/// Whether what a schema and arguments make is work that can be done. Each value is counted as if every part
/// of the schema for its depth came to it.
pub(super) fn bear(schema: &Value, arguments: &Value) -> Result<(), Unbearable> {
    let (values, depth) = extent(arguments);
    match patterns(schema) <= PATTERNS {
        true => Visits { root: schema, left: PARTS.min(MOST / values) }.all(depth),
        false => Err(Unbearable::TooMuch),
    }
}

/// How many values are in one, and how deep.
fn extent(value: &Value) -> (usize, usize) {
    let inner: Vec<&Value> = match value {
        Value::Object(object) => object.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    inner
        .into_iter()
        .map(extent)
        .fold((1, 0), |(values, depth), (more, deep)| (values + more, depth.max(deep + 1)))
}

fn patterns(schema: &Value) -> usize {
    match schema {
        Value::Array(items) => items.iter().map(patterns).sum(),
        Value::Object(object) => {
            let own = object.get("pattern").is_some_and(Value::is_string) as usize;
            let names = object.get("patternProperties").and_then(Value::as_object).map_or(0, |all| all.len());
            own + names + object.values().map(patterns).sum::<usize>()
        }
        _ => 0,
    }
}

struct Visits<'s> {
    root: &'s Value,
    left: usize,
}

impl<'s> Visits<'s> {
    fn all(&mut self, depth: usize) -> Result<(), Unbearable> {
        let mut open = vec![(self.root, depth)];
        while let Some((schema, depth)) = open.pop() {
            self.left = self.left.checked_sub(1).ok_or(Unbearable::TooMuch)?;
            for (inner, depth) in self.from(schema, depth)? {
                open.push((inner, depth));
                // What is only put aside is work too.
                self.left.checked_sub(open.len()).ok_or(Unbearable::TooMuch)?;
            }
        }
        Ok(())
    }

    /// The schemas that one leads to, with the depth of the values that are left for each.
    fn from(&self, schema: &'s Value, depth: usize) -> Result<Vec<(&'s Value, usize)>, Unbearable> {
        let Some(object) = schema.as_object() else { return Ok(Vec::new()) };
        let is_inner = !std::ptr::eq(schema, self.root);
        let has = |key: &&str| object.get(*key).is_some_and(Value::is_string);
        if DYNAMIC.iter().any(has) || (is_inner && NAMED.iter().any(has)) {
            return Err(Unbearable::Outside);
        }
        let get = |key: &&str| object.get(*key);
        let same = SAME.iter().filter_map(get);
        let same = same.chain(SAME_EACH.iter().filter_map(get).flat_map(parts));
        let mut same: Vec<&Value> = same.collect();
        if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
            same.push(self.target(reference).ok_or(Unbearable::Outside)?);
        }
        if TWICE.iter().any(|key| object.contains_key(*key)) {
            same.extend(same.clone());
        }
        let inside = match depth.checked_sub(1) {
            Some(below) => inside(object).map(|inner| (inner, below)).collect(),
            None => Vec::new(),
        };
        Ok(same.into_iter().map(|inner| (inner, depth)).chain(inside).collect())
    }

    /// Where a reference leads, inside the schema.
    fn target(&self, reference: &str) -> Option<&'s Value> {
        let pointer = reference.strip_prefix('#')?;
        match pointer.contains('%') {
            true => None,
            false => self.root.pointer(pointer),
        }
    }
}

/// The schemas for what is in a value.
fn inside(schema: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let each = INSIDE_EACH.iter().filter_map(|key| schema.get(*key)).flat_map(parts);
    let one = INSIDE.iter().filter_map(|key| schema.get(*key));
    each.chain(one.flat_map(|value| if value.is_array() { parts(value) } else { vec![value] }))
}

/// What stands in a list or a table.
fn parts(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(object) => object.values().collect(),
        _ => Vec::new(),
    }
}
