//! A workflow in the making: the graph so far, what of the file it was made from, and what was
//! found wrong on the way.

use std::collections::{BTreeMap, BTreeSet};

use super::names::Names;
use crate::contract::Contract;
use crate::grant::Grant;
use crate::shape::{Field, Shape};
use crate::suggest::did_you_mean;
use crate::workflow::file::{File, Lined, Skip, Step};
use crate::workflow::{EventId, Finding, HandlerId, Home, Input, Port, StepId, Workflow};

/// A step of the file with its contract, and what it may reach.
pub(super) struct Part<'a> {
    pub(super) step: &'a Step,
    pub(super) contract: &'a Contract,
    pub(super) grant: Grant,
}

pub(super) struct Draft<'a> {
    pub(super) file: &'a File,
    /// One for each step, in the order of the file.
    pub(super) parts: Vec<Part<'a>>,
    pub(super) names: Names,
    /// Its start event, once it is known; until then that of `workflow` means nothing.
    pub(super) start: Option<EventId>,
    pub(super) workflow: Workflow,
    /// Who emits each event, in the order of the file.
    pub(super) producers: Vec<Vec<HandlerId>>,
    /// The home that each join was given.
    pub(super) homes: BTreeMap<HandlerId, Home>,
    /// What a text that names no event may have meant: not told of again.
    pub(super) meant: BTreeSet<EventId>,
    pub(super) findings: Vec<Finding>,
}

impl<'a> Draft<'a> {
    /// All handlers.
    pub(super) fn handlers(&self) -> impl Iterator<Item = HandlerId> + use<> {
        (0..self.workflow.handlers.len()).map(|at| HandlerId(at as u32))
    }

    /// All events.
    pub(super) fn events(&self) -> impl Iterator<Item = EventId> + use<> {
        (0..self.workflow.events.len()).map(|at| EventId(at as u32))
    }

    /// The file's table of a handler's step.
    pub(super) fn step_of(&self, handler: HandlerId) -> &'a Step {
        self.step(self.workflow.handler(handler).step)
    }

    /// The file's table of a step.
    pub(super) fn step(&self, step: StepId) -> &'a Step {
        &self.file.steps[step.0 as usize]
    }

    pub(super) fn producers(&self, event: EventId) -> &[HandlerId] {
        &self.producers[event.0 as usize]
    }

    pub(super) fn short(&self, event: EventId) -> &str {
        &self.workflow.event(event).short
    }

    /// The questions that an event answers, or comes instead of an answer to.
    pub(super) fn asked_by(&self, event: EventId) -> impl Iterator<Item = EventId> {
        let question = |of: &EventId| self.workflow.event(*of).question.as_ref();
        self.events()
            .filter(move |of| question(of).is_some_and(|question| question.brings().contains(&event)))
    }

    /// The handlers that take an event, with the parameter that does.
    pub(super) fn readers(&self, event: EventId) -> impl Iterator<Item = (HandlerId, &Input)> {
        self.workflow.event(event).consumers.iter().filter_map(move |taker| {
            let inputs = &self.workflow.handler(taker.handler).inputs;
            Some((taker.handler, inputs.iter().find(|input| input.event == event)?))
        })
    }

    /// Whether an event may go to several handlers at once, each by itself. Handlers whose `when`
    /// excludes each other are ways that part, not branches.
    pub(super) fn is_broadcast(&self, event: EventId) -> bool {
        let consumers = &self.workflow.event(event).consumers;
        let each: Vec<_> = consumers.iter().filter(|taker| taker.port == Port::Each).collect();
        let excludes = |one: &[(String, String)], two: &[(String, String)]| {
            one.iter().any(|(key, value)| two.iter().any(|(other, wants)| key == other && value != wants))
        };
        let pairs =
            each.iter().enumerate().flat_map(|(at, one)| each[at + 1..].iter().map(move |two| (one, two)));
        pairs.into_iter().any(|(one, two)| !excludes(&one.when, &two.when))
    }

    /// What people call a handler: its step, and its own name where the step has several.
    pub(super) fn called(&self, handler: HandlerId) -> String {
        let node = self.workflow.handler(handler);
        let step = self.workflow.step(node.step);
        match step.handlers.len() {
            1 => step.name.clone(),
            _ => format!("{}.{}", step.name, node.name),
        }
    }

    /// Whether a check is off for a step.
    pub(super) fn skips(&self, step: &Step, check: Skip) -> bool {
        self.file.skip_checks.contains(&check) || step.skip_checks.contains(&check)
    }

    pub(super) fn error(&mut self, line: u32, message: impl Into<String>) {
        self.findings.push(Finding::error(line, message));
    }

    /// An error of a step that has no better line than the step's table.
    pub(super) fn step_error(&mut self, step: &Step, message: impl Into<String>) {
        self.step_error_at(step, step.name.line, message);
    }

    pub(super) fn step_error_at(&mut self, step: &Step, line: u32, message: impl Into<String>) {
        self.findings.push(Finding::error(line, message).of_step(&step.name.value));
    }

    pub(super) fn step_warning(&mut self, step: &Step, message: impl Into<String>) {
        self.findings.push(Finding::warning(step.name.line, message).of_step(&step.name.value));
    }

    /// Marks the start, stop and published events that the file names.
    pub(super) fn name_ends(&mut self) {
        let file = self.file;
        self.start = self.named(&file.start, "start");
        for text in &file.stop {
            if let Some(event) = self.named(text, "stop") {
                self.workflow.events[event.0 as usize].stop = true;
            }
        }
        for text in &file.publish {
            if let Some(event) = self.named(text, "publish") {
                self.workflow.events[event.0 as usize].publish = true;
            }
        }
    }

    fn named(&mut self, text: &Lined<String>, key: &str) -> Option<EventId> {
        let found = self.find(text);
        found.map_err(|wrong| self.error(text.line, format!("`{key}`: {wrong}"))).ok()
    }

    /// The event that a text of the file names, or why there is none.
    pub(super) fn find(&mut self, text: &Lined<String>) -> Result<EventId, String> {
        self.names.find(&text.value).map_err(|miss| {
            self.meant.extend(miss.meant());
            miss.to_string()
        })
    }
}

/// The top-level fields of an event.
pub(in crate::workflow) fn fields(shape: &Shape) -> &[Field] {
    match shape {
        Shape::Record(fields) => fields,
        _ => &[],
    }
}

/// The field of an event that a text names, in kebab or snake.
pub(super) fn field<'s>(shape: &'s Shape, text: &str) -> Option<&'s Field> {
    let key = key(text);
    fields(shape).iter().find(|field| field.key == key)
}

/// The JSON key of a field that the file writes in kebab or snake.
pub(super) fn key(text: &str) -> String {
    text.replace('-', "_")
}

/// `a`, `b` and `c`, quoted.
pub(super) fn list<S: AsRef<str>>(names: impl IntoIterator<Item = S>, last: &str) -> String {
    let quoted: Vec<_> = names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect();
    match quoted.split_last() {
        Some((end, rest)) if !rest.is_empty() => format!("{} {last} {end}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// The near miss, or else all there is to choose from.
pub(super) fn choices(word: &str, known: &[&str], has: &str) -> String {
    match did_you_mean(word, known.iter().copied()) {
        near if near.is_empty() && !known.is_empty() => format!("; {has} {}", list(known, "and")),
        near => near,
    }
}
