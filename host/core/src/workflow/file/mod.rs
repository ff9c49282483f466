//! `workflow.toml`, read and checked by itself: text goes in, a [`File`] or every finding comes out.
//! It knows nothing of components; whether the names in it exist is for joining to find.

mod keys;
mod read;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

pub use crate::table::Lined;

use super::{Exhausted, Finding, OnEmpty, OnFailed};
use crate::grant::Grant;
use crate::retry::Policy;
use crate::table;

/// The JSON Schema (2020-12) of the whole file, for editors.
pub const SCHEMA: &str = include_str!("../workflow.schema.json");

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
    /// Whether the time in which a run only waits for a person counts.
    pub timeout_counts_waiting: bool,
    /// Which checks are off for all steps.
    pub skip_checks: BTreeSet<Skip>,
    /// The steps, in the order of the file.
    pub steps: Vec<Step>,
    /// The components whose tools steps may call, in the order of the file.
    pub tools: Vec<Tool>,
    /// The questions, in the order of the file.
    pub human: Vec<Human>,
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
    /// What does its work.
    pub code: Code,
    /// Where its code is, for `build` and `dev`.
    pub source: Option<String>,
    /// What it may reach.
    pub grant: GivenGrant,
    /// Attempts at once in one run.
    pub concurrency_run: Option<u32>,
    /// Attempts at once over all runs.
    pub concurrency_all: Option<u32>,
    /// The wall-clock limit of an attempt.
    pub timeout: Duration,
    /// When a failure is tried again.
    pub retry: Policy,
    /// What becomes of a delivery that is not tried again.
    pub exhausted: Exhausted,
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

/// `[tools.NAME]`: a component whose tools steps may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its name and the line of its table; no step has the same.
    pub name: Lined<String>,
    /// Its component, as the file writes it.
    pub component: String,
    /// Where its code is, for `build` and `dev`.
    pub source: Option<String>,
    /// What it may reach.
    pub grant: GivenGrant,
}

impl Tool {
    /// Of a step what it has too: a component that comes from somewhere, and a grant of its own.
    pub fn as_step(&self) -> Step {
        Step {
            name: self.name.clone(),
            code: Code::Component(self.component.clone()),
            source: self.source.clone(),
            grant: self.grant.clone(),
            concurrency_run: None,
            concurrency_all: None,
            timeout: Duration::ZERO,
            retry: Policy::default(),
            exhausted: Exhausted::default(),
            takes: Vec::new(),
            gives: Vec::new(),
            when: Vec::new(),
            handles: None,
            gather: None,
            join: None,
            skip_checks: BTreeSet::new(),
        }
    }
}

/// `grant` of a step or a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GivenGrant {
    /// It reaches nothing.
    None,
    /// `[steps.NAME.grant]`, `[tools.NAME.grant]`
    Inline(Box<Grant>),
    /// `grant = "grants/NAME.toml"`: a path as the file writes it, for [`crate::grant::parse`].
    File(Lined<String>),
}

/// `[human.EVENT]`: a question, emitted by a step and answered from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Human {
    /// The event that asks, and the line of its table.
    pub question: Lined<String>,
    /// The event that an answer is; only a question of the host's own type needs none.
    pub answer: Option<Lined<String>>,
    /// Who may answer; empty: whoever may answer at all.
    pub by: Vec<String>,
    /// How long it may stay open.
    pub deadline: Option<Duration>,
    /// The event that comes instead when it has stayed open too long.
    pub on_deadline: Option<Lined<String>>,
}

/// What does a step's work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// `component`: a path, as the file writes it.
    Component(String),
    /// `workflow`: the path of another workflow's file, as the file writes it.
    Workflow(String),
}

impl Code {
    /// The path.
    pub fn path(&self) -> &str {
        match self {
            Code::Component(path) | Code::Workflow(path) => path,
        }
    }
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
    table::parse(text, &keys::WORKFLOW, read::file)
}
