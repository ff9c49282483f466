//! `workflow.toml`, read and checked by itself: text goes in, a [`File`] or every finding comes out.
//! It knows nothing of components; whether the names in it exist is for joining to find.

mod duration;
mod keys;
mod read;
mod table;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

use toml::de::DeTable;

use self::table::Reader;
use super::{Finding, OnEmpty, OnFailed};
use crate::retry::Policy;

/// The JSON Schema (2020-12) of the whole file, for editors.
pub const SCHEMA: &str = include_str!("../workflow.schema.json");

/// A value and the line it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lined<T> {
    /// Counted from 1.
    pub line: u32,
    /// The value.
    pub value: T,
}

/// What `workflow.toml` says.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// The workflow's name.
    pub workflow: String,
    /// The event that begins a run.
    pub start: Lined<String>,
    /// The events that end it.
    pub stop: Vec<Lined<String>>,
    /// Events that need no consumer.
    pub publish: Vec<Lined<String>>,
    /// How long a run may take.
    pub timeout: Option<Duration>,
    /// Which checks are off for all steps.
    pub skip_checks: BTreeSet<Skip>,
    /// The steps, in the order of the file.
    pub steps: Vec<Step>,
}

/// A check that can be turned off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// Whether events reach handlers and handlers reach a stop event.
    Reachability,
}

/// `[steps.NAME]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its name and the line of its table.
    pub name: Lined<String>,
    /// Where its component is: a path as the file writes it.
    pub component: String,
    /// Where its code is, for `build` and `dev`.
    pub source: Option<String>,
    /// Attempts at once in one run.
    pub concurrency_run: Option<u32>,
    /// Attempts at once over all runs.
    pub concurrency_all: Option<u32>,
    /// The wall-clock limit of an attempt.
    pub timeout: Duration,
    /// When a failure is tried again.
    pub retry: Policy,
    /// Its own events and fields ← the workflow's.
    pub takes: Vec<Wire>,
    /// Its own events and fields → the workflow's.
    pub gives: Vec<Wire>,
    /// Fields of what it consumes, and the value each must have.
    pub when: Vec<(Lined<String>, Literal)>,
    /// The steps whose failures it is asked about; none: all others.
    pub handles: Option<Vec<Lined<String>>>,
    /// How its lists are gathered.
    pub gather: Option<Gather>,
    /// How its pairs meet.
    pub join: Option<Pairing>,
    /// Which checks are off for it.
    pub skip_checks: BTreeSet<Skip>,
}

/// A line of `takes` or `gives`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire {
    /// The step's own event.
    pub own: Lined<String>,
    /// The workflow's event.
    pub event: Lined<String>,
    /// The step's own fields, and what the workflow calls them.
    pub fields: Vec<(Lined<String>, Lined<String>)>,
}

/// A value that `when` compares with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// For fields of type `string` or `enum`.
    Text(String),
    /// For fields of type `bool`.
    Bool(bool),
}

/// `gather = { … }` of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Gather {
    /// Where it stands.
    pub line: u32,
    /// The opener whose scopes are gathered.
    pub of: Option<Lined<String>>,
    /// Fire at the n-th.
    pub take: Option<u32>,
    /// Fire when this event comes.
    pub until: Option<Lined<String>>,
    /// Fire this long after the opening.
    pub wait: Option<Duration>,
    /// What the final failure of a branch does.
    pub failed: OnFailed,
    /// What a scope without inputs does.
    pub empty: OnEmpty,
}

/// `join = { … }` of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Pairing {
    /// Where it stands.
    pub line: u32,
    /// The field whose value both halves share.
    pub by: Option<Lined<String>>,
    /// The opener in whose scopes the halves meet.
    pub of: Option<Lined<String>>,
}

/// Reads the text of `workflow.toml`: what it says, or everything that is wrong with it.
pub fn parse(text: &str) -> Result<File, Vec<Finding>> {
    let mut reader = Reader::new(text);
    let root = DeTable::parse(text).map_err(|error| vec![broken(&reader, text, &error)])?;
    let table = reader.open(&keys::WORKFLOW, root.get_ref(), None, String::new());
    let file = read::file(&mut reader, &table);
    reader.findings.sort_by_key(|finding| finding.line);
    match file {
        Some(file) if reader.findings.is_empty() => Ok(file),
        _ => Err(reader.findings),
    }
}

/// The text is no TOML: one finding, with line and column.
fn broken(reader: &Reader, text: &str, error: &toml::de::Error) -> Finding {
    let span = error.span().unwrap_or(text.len()..text.len());
    let start = text.floor_char_boundary(span.start);
    let line = reader.line(start);
    let from = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let column = u32::try_from(text[from..start].chars().count() + 1).ok();
    let whole = text[from..].lines().next().unwrap_or_default().trim();
    let message = match error.message() {
        "duplicate key" => twice(text, text.get(span).unwrap_or_default(), whole, line),
        message => format!("this is not TOML: {}", message.replace('\n', " ")),
    };
    Finding { column, ..Finding::error(line, message) }
}

fn twice(text: &str, key: &str, whole: &str, line: u32) -> String {
    let first = (1..line).zip(text.lines()).find(|(_, other)| other.trim() == whole);
    let first = first.map_or(String::new(), |(line, _)| format!("; the first stands on line {line}"));
    match whole.strip_prefix("[steps.").and_then(|rest| rest.strip_suffix(']')) {
        Some(step) if !step.contains('.') => {
            format!("two steps are named `{step}`{first}; give one of them another name")
        }
        _ => format!("the key `{key}` stands twice in its table{first}; remove one of them"),
    }
}
