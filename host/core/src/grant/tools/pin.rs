//! Pins: what a person accepted of a server's tools, as one digest, and what has changed since, as lines. A
//! server that changes what a tool is called for, or how it is described to a model, is noticed before a call.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Tool;
use super::args::canonical;
use crate::blob::Digest;

/// What stands before what is hashed, so that a pin is the hash of nothing else.
const FORM: &str = "lockstep tools 1";

/// So many lines are told; a server must not make people read for ever.
const MOST: usize = 50;

/// So much of a text is told.
const LONGEST: usize = 160;

/// So much of it from before where it changes.
const BEFORE: usize = 20;

/// The pin of tools: of their names, descriptions and schemas, in whatever order they come.
///
/// Two that have one name are both in it, since the server says which is called.
pub fn pin_of(tools: &[Tool]) -> Digest {
    let mut tools: Vec<String> = tools.iter().map(framed).collect();
    tools.sort();
    Digest::of(canonical(&json!([FORM, tools])).as_bytes())
}

/// A tool as text that reads in one way.
fn framed(tool: &Tool) -> String {
    canonical(&json!([tool.name, tool.description, tool.schema]))
}

/// What of the tools that a person accepted is not so any more, line by line; nothing, if the pin is the
/// same. The lines hold texts of strangers: whoever shows them makes them inert.
pub fn drift(accepted: &[Tool], now: &[Tool]) -> Vec<String> {
    let (old, new) = (by_name(accepted), by_name(now));
    let names: BTreeSet<_> = old.keys().chain(new.keys()).copied().collect();
    let mut lines = Vec::new();
    for name in names {
        match (old.get(name).map_or(&[][..], Vec::as_slice), new.get(name).map_or(&[][..], Vec::as_slice)) {
            (_, []) => lines.push(format!("{name} is gone")),
            ([], _) => lines.push(format!("{name} is new")),
            ([one], [two]) => changes(&mut lines, one, two),
            (some, others) if pin_of_all(some) == pin_of_all(others) => {}
            (_, others) => {
                lines.push(format!(
                    "{name} stands {} times in the list, not as it was accepted",
                    others.len()
                ));
            }
        }
    }
    shortened(lines)
}

fn by_name(tools: &[Tool]) -> BTreeMap<&str, Vec<&Tool>> {
    let mut named: BTreeMap<&str, Vec<&Tool>> = BTreeMap::new();
    tools.iter().for_each(|tool| named.entry(&tool.name).or_default().push(tool));
    named
}

fn pin_of_all(tools: &[&Tool]) -> Digest {
    pin_of(&tools.iter().map(|tool| (*tool).clone()).collect::<Vec<_>>())
}

fn shortened(mut lines: Vec<String>) -> Vec<String> {
    if lines.len() > MOST {
        lines.truncate(MOST);
        lines.push("and more".into());
    }
    lines
}

fn changes(lines: &mut Vec<String>, one: &Tool, two: &Tool) {
    if one.description != two.description {
        let (old, new) = apart(&one.description.as_str().into(), &two.description.as_str().into());
        lines.push(format!("{}: its description was {old} and is {new}", two.name));
    }
    differ(lines, &two.name, "", &one.schema, &two.schema);
}

/// Where two values differ, by the path to it.
fn differ(lines: &mut Vec<String>, tool: &str, path: &str, old: &Value, new: &Value) {
    if lines.len() > MOST {
        return;
    }
    let at = |path: &str| format!("{tool}: its schema{}{path}", if path.is_empty() { "" } else { " at " });
    match (old, new) {
        (Value::Object(one), Value::Object(two)) => {
            let keys: BTreeSet<_> = one.keys().chain(two.keys()).collect();
            for key in keys {
                let path = format!("{path}/{}", cut(key));
                match (one.get(key), two.get(key)) {
                    (Some(old), Some(new)) => differ(lines, tool, &path, old, new),
                    (Some(old), None) => lines.push(format!("{} was {} and is gone", at(&path), shown(old))),
                    (None, Some(new)) => lines.push(format!("{} is new: {}", at(&path), shown(new))),
                    (None, None) => {}
                }
            }
        }
        (old, new) if old == new => {}
        (old, new) => {
            let (old, new) = apart(old, new);
            lines.push(format!("{} was {old} and is {new}", at(path)));
        }
    }
}

/// Two values that are not the same, each from a little before where that begins, if it begins late: what has
/// changed must not be where nobody is shown it.
fn apart(old: &Value, new: &Value) -> (String, String) {
    let (old, new) = (canonical(old), canonical(new));
    let same = old.chars().zip(new.chars()).take_while(|(one, two)| one == two).count();
    let from = if same + BEFORE > LONGEST { same - BEFORE } else { 0 };
    let shown = |text: &str| {
        let (start, _) = text.char_indices().nth(from).unwrap_or((text.len(), ' '));
        format!("{}{}", if from == 0 { "" } else { "…" }, cut(&text[start..]))
    };
    (shown(&old), shown(&new))
}

fn shown(value: &Value) -> String {
    cut(&canonical(value))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
