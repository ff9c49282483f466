//! `inspect --diff`: what another version of a component imports, handles and means by its events.

use std::collections::BTreeMap;

use lockstep_core::contract::{Class, Contract};
use serde_json::{Value, json};

use super::Candidate;
use crate::contract;
use crate::exit::Exit;
use crate::inert::inert;
use crate::report;

/// Tells it; the exit code says whether the new one asks for more.
pub(super) fn tell(old: &Candidate, new: &Candidate, json: bool) -> anyhow::Result<Exit> {
    let parts = [
        ("imports", changes(&imports(&old.contract), &imports(&new.contract))),
        ("handlers", changes(&handlers(&old.contract), &handlers(&new.contract))),
        ("events", changes(&events(&old.contract), &events(&new.contract))),
    ];
    let more = more(&old.contract, &new.contract);
    let told = match json {
        true => as_json(&parts, &more).to_string(),
        false => story(&parts, &more),
    };
    report::out(&told)?;
    Ok(if more.is_empty() { Exit::Done } else { Exit::Refused })
}

/// `+`, `-` or `~`, and what.
type Change = (char, String);

/// What the new one asks for and the old one does not, each a right that has to be granted first.
fn more(old: &Contract, new: &Contract) -> Vec<String> {
    let old = contract::asked(old);
    let is_new = |name: &str| !old.iter().any(|known| path(&known.name) == path(name));
    contract::asked(new).iter().map(|import| import.name.clone()).filter(|name| is_new(name)).collect()
}

/// An interface without its version: another one needs no other right.
fn path(name: &str) -> &str {
    name.split_once('@').map_or(name, |(path, _)| path)
}

fn imports(contract: &Contract) -> BTreeMap<String, String> {
    let used = contract.imports.iter().filter(|import| import.class != Class::Types);
    used.map(|import| (import.name.clone(), import.class.as_str().to_owned())).collect()
}

fn handlers(contract: &Contract) -> BTreeMap<String, String> {
    let each = contract.handlers.iter();
    each.map(|handler| (handler.name.clone(), format!("{} → {}", handler.takes, handler.gives))).collect()
}

fn events(contract: &Contract) -> BTreeMap<String, String> {
    let each = contract.events.iter();
    each.map(|(name, shape)| (name.to_string(), shape.schema(&name.name).to_string())).collect()
}

fn changes(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<Change> {
    let gone = old.keys().filter(|name| !new.contains_key(*name)).map(|name| ('-', name.clone()));
    let come = new.keys().filter(|name| !old.contains_key(*name)).map(|name| ('+', name.clone()));
    let other = new.iter().filter(|(name, what)| old.get(*name).is_some_and(|before| before != *what));
    let mut all: Vec<Change> = gone.chain(come).chain(other.map(|(name, _)| ('~', name.clone()))).collect();
    all.sort_by(|one, other| one.1.cmp(&other.1));
    all
}

fn story(parts: &[(&str, Vec<Change>)], more: &[String]) -> String {
    let mut lines = Vec::new();
    for (name, changes) in parts.iter().filter(|(_, changes)| !changes.is_empty()) {
        lines.push((*name).to_owned());
        lines.extend(changes.iter().map(|(sign, what)| format!("  {sign} {what}")));
    }
    lines.push(match more {
        [] => "it asks for nothing more".to_owned(),
        _ => format!("it asks for more: {}; its grant must grow before it is loaded", more.join(", ")),
    });
    lines.iter().map(|line| format!("{}\n", inert(line))).collect()
}

fn as_json(parts: &[(&str, Vec<Change>)], more: &[String]) -> Value {
    let of = |changes: &[Change], wanted: char| -> Vec<String> {
        changes.iter().filter(|(sign, _)| *sign == wanted).map(|(_, what)| what.clone()).collect()
    };
    let mut told = json!({ "asks_for_more": more });
    for (name, changes) in parts {
        told[*name] =
            json!({ "added": of(changes, '+'), "removed": of(changes, '-'), "changed": of(changes, '~') });
    }
    told
}
