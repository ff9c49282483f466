//! What is checked of a graph whose events are wired: that everybody can read what is written, and
//! that no event goes nowhere or comes from nowhere.

use std::collections::BTreeSet;

use super::draft::{Draft, field, fields, list};
use super::host::{self, HostEvent};
use super::{question, reach};
use crate::shape::Shape;
use crate::suggest::{did_you_mean, nearest};
use crate::workflow::{Consumer, EventId, Port, StepId};

/// Runs all checks.
pub(super) fn all(draft: &mut Draft<'_>) {
    host::check(draft);
    question::check(draft);
    for event in draft.events() {
        shapes(draft, event);
        renames(draft, event);
        balance(draft, event);
    }
    stops(draft);
    start(draft);
    reach::all(draft);
}

/// Every consumer reads what every producer writes.
fn shapes(draft: &mut Draft<'_>, event: EventId) {
    let short = draft.short(event).to_owned();
    for ([producer, reader], misfits) in misfits(draft, event) {
        let writer = &draft.step(producer).name.value;
        let message = format!(
            "it cannot read `{short}` as step `{writer}` emits it: {misfits}; build both against one version of \
             the event, or rename fields with `takes = {{ … = {{ event = \"{short}\", fields = {{ … }} }} }}`"
        );
        draft.step_error(draft.step(reader), message);
    }
}

/// Who writes and who reads an event in ways that do not fit, and what does not.
fn misfits(draft: &Draft<'_>, event: EventId) -> BTreeSet<([StepId; 2], String)> {
    let mut found = BTreeSet::new();
    for producer in draft.producers(event) {
        let written = draft.workflow.handler(*producer).emits.events();
        for (_, written) in written.into_iter().filter(|(of, _)| *of == event) {
            for (reader, read) in draft.readers(event) {
                let misfits: Vec<_> = written.misfits(&read.shape).iter().map(ToString::to_string).collect();
                if !misfits.is_empty() {
                    let steps = [*producer, reader].map(|handler| draft.workflow.handler(handler).step);
                    found.insert((steps, misfits.join("; ")));
                }
            }
        }
    }
    found
}

/// A field that `takes` renames to a name that nobody writes is a slip of the pen.
fn renames(draft: &mut Draft<'_>, event: EventId) {
    let mut wrong = Vec::new();
    for (reader, read) in draft.readers(event) {
        let is_renamed = |name: &str, key: &str| name.replace('-', "_") != key;
        for renamed in fields(&read.shape).iter().filter(|field| is_renamed(&field.name, &field.key)) {
            let node = draft.workflow.event(event);
            if !draft.producers(event).is_empty() && field(&node.shape, &renamed.key).is_none() {
                let known = fields(&node.shape).iter().map(|field| field.key.as_str());
                let near = did_you_mean(&renamed.key, known);
                wrong.push((reader, format!("`{}` has no field `{}`{near}", node.short, renamed.key)));
            }
        }
    }
    for (reader, message) in wrong {
        draft.step_error(draft.step_of(reader), format!("`takes`: {message}"));
    }
}

/// Whether somebody takes an event by itself: a handler that takes a question with its answer needs
/// both.
fn is_taken(draft: &Draft<'_>, event: EventId) -> bool {
    let node = draft.workflow.event(event);
    let by_itself = |taker: &Consumer| !matches!(taker.port, Port::Asked | Port::Answer);
    node.consumers.iter().any(by_itself) || !node.ends.is_empty()
}

/// An event that somebody emits and that leads nowhere.
pub(super) fn is_lost(draft: &Draft<'_>, event: EventId) -> bool {
    let node = draft.workflow.event(event);
    let leads = is_taken(draft, event) || node.publish || node.stop || node.question.is_some();
    !draft.producers(event).is_empty() && !leads
}

/// An event that somebody takes and that nothing brings forth. A question that nobody asks is told
/// with its table.
pub(super) fn is_missing(draft: &Draft<'_>, event: EventId) -> bool {
    let is_made = !draft.producers(event).is_empty() || draft.asked_by(event).next().is_some();
    let is_question = draft.workflow.event(event).question.is_some();
    !is_made && !is_question && is_taken(draft, event) && draft.start != Some(event)
}

/// What is emitted goes somewhere, what is taken comes from somewhere. What the ends of the run or
/// a misspelt name already tell of is not told twice.
fn balance(draft: &mut Draft<'_>, event: EventId) {
    let is_end = draft.start == Some(event) || draft.workflow.event(event).stop;
    if is_end || draft.meant.contains(&event) {
        return;
    }
    if is_lost(draft, event) {
        lost(draft, event);
    }
    if is_missing(draft, event) {
        missing(draft, event);
    }
}

fn lost(draft: &mut Draft<'_>, event: EventId) {
    let producers = draft.producers(event);
    let step = draft.step_of(producers[0]);
    let names: BTreeSet<_> = producers.iter().map(|id| &draft.step_of(*id).name.value).collect();
    let others = list(names.into_iter().filter(|name| **name != step.name.value), "and");
    let too = if others.is_empty() { others } else { format!(" ({others} too)") };
    let short = draft.short(event);
    let message = format!(
        "emits `{short}`{too}, which no step takes; add it to `publish` or `stop`, or wire a step to it with \
         `takes = {{ … = \"{short}\" }}`"
    );
    draft.step_error(step, message);
}

fn missing(draft: &mut Draft<'_>, event: EventId) {
    let node = draft.workflow.event(event);
    let taker = node.consumers.first().map(|taker| taker.handler);
    let Some(taker) = taker.or(node.ends.first().copied()) else { return };
    let made = draft.events().filter(|event| !draft.producers(*event).is_empty());
    let made: Vec<_> = made.map(|event| draft.workflow.event(event)).collect();
    let near = nearest(&node.name.name, made.iter().map(|node| node.name.name.as_str()));
    let near = made.iter().find(|node| Some(node.name.name.as_str()) == near);
    let (does, source) = match near {
        Some(near) => (format!("did you mean `{0}`? wire it", near.short), near.short.as_str()),
        None => ("wire it to an event of the workflow".into(), "…"),
    };
    let message = match HostEvent::of(&node.name) {
        Some(HostEvent::HumanResponse) => format!(
            "takes `{}`, and no step asks for one; let one emit `lockstep:step/host-events.input-required`, or \
             remove the handler",
            node.short
        ),
        _ => format!(
            "takes `{}`, which no step emits; {does} with `takes = {{ {} = \"{source}\" }}`",
            node.short, node.name.name
        ),
    };
    draft.step_error(draft.step_of(taker), message);
}

/// Each stop event is emitted, and nobody waits for it.
fn stops(draft: &mut Draft<'_>) {
    for text in &draft.file.stop {
        let Ok(event) = draft.names.find(&text.value) else { continue };
        if draft.producers(event).is_empty() && draft.asked_by(event).next().is_none() {
            let message =
                format!("no step emits the stop event `{}`; let one, or remove it from `stop`", text.value);
            draft.error(text.line, message);
        }
        for taker in draft.workflow.event(event).consumers.clone() {
            let step = draft.step_of(taker.handler);
            let message = format!(
                "takes the stop event `{}`, which ends the run before it gets there; remove it from `stop`, or \
                 let the step take another event",
                text.value
            );
            draft.step_error(step, message);
        }
    }
}

/// Somebody takes the start event, and all who do can read one value.
fn start(draft: &mut Draft<'_>) {
    let Some(start) = draft.start else { return };
    let text = &draft.file.start;
    if draft.workflow.event(start).consumers.is_empty() {
        let fix = format!("wire one to it with `takes = {{ … = \"{}\" }}`", text.value);
        draft.error(text.line, format!("no step takes the start event `{}`; {fix}", text.value));
    }
    for wrong in quarrels(draft, start) {
        let fix = "build both against one version of the event, or wire one of them to another event";
        draft.error(
            text.line,
            format!("no value of the start event `{}` suits all: {wrong}; {fix}", text.value),
        );
    }
}

/// What any two of those who take an event cannot both read.
pub(super) fn quarrels(draft: &Draft<'_>, event: EventId) -> BTreeSet<String> {
    let readers: Vec<_> = draft.readers(event).collect();
    let mut found = BTreeSet::new();
    for (at, (one, left)) in readers.iter().enumerate() {
        for (two, right) in &readers[at + 1..] {
            let [one, two] = [*one, *two].map(|handler| draft.step_of(handler).name.value.as_str());
            let both = conflicts(&left.shape, &right.shape).into_iter();
            found.extend(both.map(|(key, left, right)| {
                format!("`{key}` is {left} for step `{one}` and {right} for step `{two}`")
            }));
        }
    }
    found
}

/// Fields of both records of which neither reads what is written for the other.
fn conflicts<'s>(one: &'s Shape, two: &'s Shape) -> Vec<(&'s str, &'s Shape, &'s Shape)> {
    let both = fields(one).iter().filter_map(|left| {
        let right = fields(two).iter().find(|right| right.key == left.key)?;
        Some((left.key.as_str(), &left.shape, &right.shape))
    });
    both.filter(|(_, left, right)| !left.misfits(right).is_empty() && !right.misfits(left).is_empty())
        .collect()
}
