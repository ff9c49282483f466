//! A list of a TOML file made to say something else: each of its elements is held beside the one that it was, so that
//! what somebody has written beside an element stays there, and goes with it.

use std::collections::VecDeque;

use lockstep_core::case::{Data, Value};
use toml_edit::{Array, RawString, Value as Toml};

use super::{is_same, merge_value, value};

/// An element and what is written around it.
struct Element {
    /// Before it, its own line's beginning among that.
    before: String,
    value: Toml,
    /// Behind it, on its line.
    behind: String,
}

pub(super) fn merge(array: &mut Array, items: &[Data]) -> Result<(), String> {
    let (mut old, end) = taken(array);
    let indent =
        old.back().and_then(|last| last.before.rsplit_once('\n')).map(|(_, indent)| indent.to_owned());
    let mut now = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let fresh = value(item)?;
        match place(&old, item, &fresh, items.len() - at) {
            Some(skipped) => {
                let mut element = old.drain(..=skipped).next_back().expect("there are more than are skipped");
                merge_value(&mut element.value, item)?;
                now.push(element);
            }
            None => {
                let before = match &indent {
                    Some(indent) => format!("\n{indent}"),
                    None => (if at == 0 { "" } else { " " }).to_owned(),
                };
                now.push(Element { before, value: fresh, behind: String::new() });
            }
        }
    }
    put(array, now, &end);
    Ok(())
}

/// Which of the old ones is to become this one of so many that are left; none: it is a new one.
fn place(old: &VecDeque<Element>, item: &Data, fresh: &Toml, left: usize) -> Option<usize> {
    let spare = old.len().saturating_sub(left);
    let candidates = || old.iter().take(spare + 1);
    let same = candidates().position(|element| is_same(&element.value, fresh));
    let named = || candidates().position(|element| is_about(&element.value, item));
    same.or_else(named).or_else(|| (!old.is_empty() && old.len() >= left).then_some(0))
}

/// Whether both are of one event, which is the only key of its table.
fn is_about(there: &Toml, item: &Data) -> bool {
    match (there, &item.value) {
        (Toml::InlineTable(table), Value::Table(entries)) => {
            table.iter().map(|(key, _)| key).eq(entries.iter().map(|(key, _)| key.value.as_str()))
        }
        _ => false,
    }
}

/// The elements, and what is written at the end. What stands behind an element belongs to the next one, or to the
/// end, as the file is read.
fn taken(array: &mut Array) -> (VecDeque<Element>, String) {
    let mut elements: VecDeque<Element> = VecDeque::new();
    let given = |text: &str, elements: &mut VecDeque<Element>| {
        let (behind, rest) = split(text);
        match elements.back_mut() {
            Some(last) => last.behind = behind.to_owned(),
            None => return text.to_owned(),
        }
        rest.to_owned()
    };
    for value in array.iter() {
        let before = given(text(value.decor().prefix()), &mut elements);
        elements.push_back(Element { before, value: value.clone(), behind: String::new() });
    }
    let end = given(text(Some(array.trailing())), &mut elements);
    array.clear();
    (elements, end)
}

fn put(array: &mut Array, elements: Vec<Element>, end: &str) {
    let mut behind = String::new();
    for Element { before, mut value, behind: own } in elements {
        value.decor_mut().set_prefix(format!("{behind}{before}"));
        array.push_formatted(value);
        behind = own;
    }
    array.set_trailing(format!("{behind}{end}"));
}

/// A comment on what is left of a line, and the rest.
fn split(text: &str) -> (&str, &str) {
    match text.split_once('\n') {
        Some((line, _)) if line.contains('#') => text.split_at(line.len()),
        _ => ("", text),
    }
}

fn text(raw: Option<&RawString>) -> &str {
    raw.and_then(RawString::as_str).unwrap_or_default()
}
