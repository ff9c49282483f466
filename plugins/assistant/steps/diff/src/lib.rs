//! A tool: what differs between two texts, line by line. It reaches nothing.

use lockstep_sdk::{Failure, tool};
use serde_json::{Value, json};

const ARGUMENTS: &str = r#"{
  "type": "object",
  "properties": { "before": { "type": "string" }, "after": { "type": "string" } },
  "required": ["before", "after"],
  "additionalProperties": false
}"#;

/// What differs between two texts: the lines that go, each with a `-` before it, and those that come, with a
/// `+`, in their order.
#[tool(schema = ARGUMENTS)]
fn diff(arguments: Value) -> Result<Value, Failure> {
    let text = |name: &str| arguments[name].as_str().unwrap_or_default();
    let (before, after): (Vec<_>, Vec<_>) =
        (text("before").lines().collect(), text("after").lines().collect());
    match before.len().saturating_mul(after.len()) {
        0..=MOST => Ok(json!({ "lines": lines(&before, &after) })),
        _ => Err(Failure::permanent("too-long", "the texts have too many lines to be compared")),
    }
}

/// So many pairs of lines are compared.
const MOST: usize = 1_000_000;

/// By the longest common subsequence: `kept[i][j]` is its length from line i of one and line j of the other on.
fn lines(before: &[&str], after: &[&str]) -> Vec<String> {
    let mut kept = vec![vec![0_u32; after.len() + 1]; before.len() + 1];
    for i in (0..before.len()).rev() {
        for j in (0..after.len()).rev() {
            kept[i][j] = match before[i] == after[j] {
                true => kept[i + 1][j + 1] + 1,
                false => kept[i + 1][j].max(kept[i][j + 1]),
            };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < before.len() || j < after.len() {
        if i < before.len() && j < after.len() && before[i] == after[j] {
            (i, j) = (i + 1, j + 1);
        } else if j == after.len() || (i < before.len() && kept[i + 1][j] >= kept[i][j + 1]) {
            lines.push(format!("-{}", before[i]));
            i += 1;
        } else {
            lines.push(format!("+{}", after[j]));
            j += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, after: &str, expected: &[&str]) {
        let drawn = diff(json!({ "before": before, "after": after })).unwrap();
        assert_eq!(drawn, json!({ "lines": expected }), "{before:?} to {after:?}");
    }

    #[test]
    fn lines_that_go_and_come_are_told_in_their_order() {
        check("a\nb\nc", "a\nb\nc", &[]);
        check("a\nb\nc", "a\nB\nc", &["-b", "+B"]);
        check("", "a\nb", &["+a", "+b"]);
        check("a\nb", "", &["-a", "-b"]);
        check("a\nb\nc\nd", "b\nc\ne\nd", &["-a", "+e"]);
    }

    #[test]
    fn texts_that_would_take_too_long_are_refused() {
        let long = "x\n".repeat(1_001);
        let refused = diff(json!({ "before": long, "after": long })).unwrap_err();
        assert_eq!(refused.code, "too-long");
    }
}
