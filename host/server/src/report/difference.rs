//! What a person has changed of what a call is made with: two texts of JSON go in, each difference with its
//! path comes out. Text that is JSON itself, such as a request's body, is compared by what it says.

use std::collections::BTreeSet;

use lockstep_core::event::Json;
use serde::Serialize;
use serde_json::Value;

use super::story::{cut, shown};
use crate::inert::inert;

/// So many are told on a line.
const MOST: usize = 20;
/// So much of a path.
const PATH: usize = 200;

/// One value that is another now.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Difference {
    /// Names and numbers from the outside in: `body.items.0.cents`.
    path: String,
    /// None: it was not there.
    before: Option<Value>,
    /// None: it is gone.
    after: Option<Value>,
}

impl Difference {
    /// `body.cents: 900 → 800`
    pub(crate) fn told(&self) -> String {
        let value = |value: &Option<Value>| match value {
            Some(value) => shown(&value.to_string()),
            None => "nothing".to_owned(),
        };
        let (path, before) = (cut(&inert(&self.path), PATH), value(&self.before));
        format!("{path}: {before} → {}", value(&self.after))
    }
}

/// In the order of their paths.
pub(crate) fn differences(before: &Json, after: &Json) -> Vec<Difference> {
    let read = |json: &Json| serde_json::from_str::<Value>(json.as_str()).unwrap_or_default();
    let mut found = Vec::new();
    compare(String::new(), Some(&read(before)), Some(&read(after)), &mut found);
    found
}

/// All of them on one line.
pub(super) fn in_one_line(before: &Json, after: &Json) -> String {
    let found = differences(before, after);
    let told: Vec<String> = found.iter().take(MOST).map(Difference::told).collect();
    match (found.is_empty(), found.len().saturating_sub(MOST)) {
        (true, _) => "they say the same in other words".to_owned(),
        (_, 0) => told.join("; "),
        (_, more) => format!("{}; and {more} more", told.join("; ")),
    }
}

fn compare(path: String, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Difference>) {
    let known = found.len();
    match (before, after) {
        (before, after) if before == after => return,
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            keys.into_iter()
                .for_each(|key| compare(below(&path, key), before.get(key), after.get(key), found));
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            let all = 0..before.len().max(after.len());
            all.for_each(|at| compare(below(&path, &at.to_string()), before.get(at), after.get(at), found));
        }
        (Some(Value::String(before)), Some(Value::String(after))) => {
            if let Some((before, after)) = structured(before).zip(structured(after)) {
                compare(path.clone(), Some(&before), Some(&after), found);
            }
        }
        _ => {}
    }
    if found.len() == known {
        found.push(Difference { path, before: before.cloned(), after: after.cloned() });
    }
}

/// An object or list that a text is.
fn structured(text: &str) -> Option<Value> {
    let value = serde_json::from_str::<Value>(text).ok()?;
    (value.is_object() || value.is_array()).then_some(value)
}

fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use serde_json::json;

    fn check(before: Value, after: Value, expected: Expect) {
        let json = |value: Value| Json::trusted(value.to_string());
        expected.assert_eq(&in_one_line(&json(before), &json(after)));
    }

    #[test]
    fn each_difference_has_its_path() {
        check(
            json!({ "a": 1, "b": { "c": [1, 2, 3], "d": true }, "e": "x" }),
            json!({ "a": 1, "b": { "c": [1, 5], "d": true }, "f": {} }),
            expect!["b.c.1: 2 → 5; b.c.2: 3 → nothing; e: \"x\" → nothing; f: nothing → {}"],
        );
        check(json!({ "a": 1 }), json!({ "a": 1 }), expect!["they say the same in other words"]);
    }

    #[test]
    fn a_body_that_is_json_is_compared_by_what_it_says() {
        let request = |body: &str| json!({ "method": "POST", "body": body });
        check(
            request(r#"{"cents": 900, "to": "ann"}"#),
            request(r#"{"cents":800,"to":"ann"}"#),
            expect!["body.cents: 900 → 800"],
        );
        check(request("{ }"), request("{}"), expect![[r#"body: "{ }" → "{}""#]]);
        check(request("a"), request("b\u{202e}"), expect![[r#"body: "a" → "b\u{202e}""#]]);
    }

    #[test]
    fn many_are_counted() {
        let all = |n: u32| (0..30).map(|at| at * n).collect::<Vec<u32>>();
        let line =
            in_one_line(&Json::trusted(json!(all(1)).to_string()), &Json::trusted(json!(all(2)).to_string()));
        assert!(line.ends_with("; 20: 20 → 40; and 9 more"), "{line}");
    }
}
