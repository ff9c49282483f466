//! The story of a run, as lines for people: a commit goes in, what it means comes out.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use lockstep_core::event::Timestamp;
use lockstep_core::journal::Commit;
use lockstep_core::outcome::Failure;
use lockstep_core::run::{Cause, Change, DeliveryId, DeliveryStatus, Record};
use lockstep_core::state::Op;
use lockstep_core::workflow::{EventId, Workflow};
use lockstep_runtime::Rest;

use crate::inert::inert;

/// How much of an event's value a verbose line shows.
const VALUE: usize = 400;
const MESSAGE: usize = 400;

/// Tells runs of one workflow.
pub(super) struct Story {
    workflow: Arc<Workflow>,
    verbose: bool,
    width: usize,
    /// The steps of open deliveries.
    open: HashMap<DeliveryId, Arc<str>>,
}

impl Story {
    pub(super) fn new(workflow: Arc<Workflow>, verbose: bool) -> Story {
        let width = workflow.steps.iter().map(|step| step.name.len()).max().unwrap_or(0);
        Story { workflow, verbose, width, open: HashMap::new() }
    }

    /// The same beside others, whose steps have longer names.
    pub(super) fn with_width(self, width: usize) -> Story {
        Story { width, ..self }
    }

    /// How many deliveries are open.
    pub(super) fn open(&self) -> usize {
        self.open.len()
    }

    pub(super) fn tell(&mut self, commit: &Commit) -> Vec<String> {
        let emitted = emitted(&commit.records);
        let told = commit.records.iter().filter_map(|record| self.line(record, &emitted));
        told.collect()
    }

    /// A line that belongs to a step.
    pub(super) fn of_step(&self, step: &str, text: &str) -> String {
        let width = self.width;
        format!("  {step:width$}  {text}")
    }

    fn line(&mut self, record: &Record, emitted: &BTreeMap<DeliveryId, Vec<EventId>>) -> Option<String> {
        match &record.change {
            Change::Delivery { step, .. } => {
                self.open.insert(record.seq, step.clone());
                None
            }
            Change::Attempt { delivery, attempt, status, failure } => {
                let step = self.step(*delivery, *status);
                let text = match (status, failure) {
                    (DeliveryStatus::Done, _) => self.done(*attempt, emitted.get(delivery)),
                    (status, Some(failure)) => failed(*attempt, *status, failure, record.at),
                    (_, None) => return None,
                };
                Some(self.of_step(&step, &text))
            }
            Change::Asked { event, .. } => Some(format!("  question {} of event {event}", record.seq)),
            Change::Answered { question, by, .. } => {
                let by = by.as_ref().map(|by| format!(" by {}", inert(by))).unwrap_or_default();
                Some(format!("  question {question} answered{by}"))
            }
            Change::Expired { question } => Some(format!("  question {question} expired")),
            Change::Crashed { delivery } => {
                let step = self.open.get(delivery).cloned().unwrap_or_else(|| "?".into());
                Some(self.of_step(&step, "was in flight when the host went down"))
            }
            Change::Update { delivery, name, payload, .. } if self.verbose => {
                let step = self.open.get(delivery).cloned().unwrap_or_else(|| "?".into());
                let item = payload.as_ref().map_or("", |json| json.as_str());
                Some(self.of_step(&step, &format!("= {} {}", inert(name), cut(&inert(item), VALUE))))
            }
            Change::State { key, op, payload, .. } if self.verbose => {
                let value = payload.as_ref().map_or("", |json| json.as_str());
                Some(format!("  {:>5} state {}", record.seq, written(key, *op, value)))
            }
            Change::Cut { delivery } => {
                let step = self.open.remove(delivery)?;
                self.verbose.then(|| self.of_step(&step, "cut: what it was for has ended"))
            }
            Change::Event { event, payload, .. } if self.verbose => {
                let value = payload.as_ref().map_or("", |json| json.as_str());
                let short = &self.workflow.event(*event).short;
                Some(format!("  {:>5} {short} {}", record.seq, cut(&inert(value), VALUE)))
            }
            _ => None,
        }
    }

    fn step(&mut self, delivery: DeliveryId, status: DeliveryStatus) -> Arc<str> {
        let step = match status {
            DeliveryStatus::BackingOff { .. }
            | DeliveryStatus::Interrupted
            | DeliveryStatus::Parked { .. } => self.open.get(&delivery).cloned(),
            DeliveryStatus::Done | DeliveryStatus::Failed => self.open.remove(&delivery),
        };
        step.unwrap_or_else(|| "?".into())
    }

    fn done(&self, attempt: u32, emitted: Option<&Vec<EventId>>) -> String {
        let again = if attempt > 1 { format!(" at attempt {attempt}") } else { String::new() };
        match emitted {
            None => format!("done{again}"),
            Some(events) => format!("done{again} → {}", self.counted(events)),
        }
    }

    /// `check ×3, audit`.
    fn counted(&self, events: &[EventId]) -> String {
        let mut counts: BTreeMap<EventId, usize> = BTreeMap::new();
        for event in events {
            *counts.entry(*event).or_default() += 1;
        }
        let each = counts.into_iter().map(|(event, count)| {
            let short = &self.workflow.event(event).short;
            if count == 1 { short.clone() } else { format!("{short} ×{count}") }
        });
        each.collect::<Vec<_>>().join(", ")
    }
}

fn emitted(records: &[Record]) -> BTreeMap<DeliveryId, Vec<EventId>> {
    let mut emitted: BTreeMap<DeliveryId, Vec<EventId>> = BTreeMap::new();
    for record in records {
        if let Change::Event { event, cause: Some(Cause::Attempt { delivery, .. }), .. } = &record.change {
            emitted.entry(*delivery).or_default().push(*event);
        }
    }
    emitted
}

fn failed(attempt: u32, status: DeliveryStatus, failure: &Failure, now: Timestamp) -> String {
    let what =
        format!("{} `{}`: {}", failure.class, inert(&failure.code), cut(&inert(&failure.message), MESSAGE));
    match status {
        DeliveryStatus::BackingOff { until } => {
            format!("attempt {attempt} failed: {what}; again in {} ms", until.0.saturating_sub(now.0))
        }
        DeliveryStatus::Parked { .. } => format!("parked at attempt {attempt}: {what}"),
        _ => format!("failed for good at attempt {attempt}: {what}"),
    }
}

/// ``n += 2``
fn written(key: &str, op: Op, value: &str) -> String {
    let (key, value) = (inert(key), inert(value));
    match op {
        Op::Set => format!("{key} = {}", cut(&value, VALUE)),
        Op::Delete => format!("{key} is gone"),
        Op::Add { by } => format!("{key} += {by}"),
        Op::Append => format!("{key}[] = {}", cut(&value, VALUE)),
    }
}

/// The beginning of a text.
pub(super) fn cut(text: &str, longest: usize) -> String {
    match text.len() > longest {
        true => format!("{}…", &text[..text.floor_char_boundary(longest)]),
        false => text.to_owned(),
    }
}

/// What a run has come to, in one sentence.
pub(crate) fn ending(workflow: &Workflow, rest: &Rest) -> String {
    match (&rest.reason, &rest.result) {
        (Some(reason), _) => format!("{}: {}", rest.status, inert(reason)),
        (None, Some((event, _))) => format!("{} with {}", rest.status, workflow.event(*event).short),
        (None, None) => rest.status.to_string(),
    }
}
