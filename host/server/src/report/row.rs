//! A row of a run's journal, as one line for people or one object for programs.

use std::collections::HashMap;
use std::sync::Arc;

use lockstep_core::event::{Json, Timestamp};
use lockstep_core::journal::Row;
use lockstep_core::outcome::Failure;
use lockstep_core::run::{About, Cause, Change, DeliveryId, DeliveryStatus, Parked, Purpose, Record};
use lockstep_core::workflow::{EventId, StepId, Workflow};
use serde::Serialize;
use serde_json::value::RawValue;

use super::effect::Effects;
use super::story::{by_whom, failed, postponed, shown, written};
use super::when;
use crate::inert::inert;

/// For programs.
#[derive(Serialize)]
pub(crate) struct Object {
    row: u64,
    at_ms: u64,
    kind: &'static str,
    /// A commit ends with it: the run can be forked here.
    ends_commit: bool,
    /// The decision, as the journal keeps it.
    change: Box<RawValue>,
    /// The value that belongs to it.
    value: Option<Box<RawValue>>,
}

impl Object {
    pub(crate) fn of(row: &Row, ends_commit: bool) -> Object {
        let value = row.payload.as_deref().map(|bytes| raw(&String::from_utf8_lossy(bytes)));
        Object {
            row: row.seq.0,
            at_ms: row.at.0,
            kind: row.kind.as_str(),
            ends_commit,
            change: raw(&String::from_utf8_lossy(&row.head)),
            value,
        }
    }
}

/// JSON text as it is; text that is no JSON as a string of it.
pub(crate) fn raw(text: &str) -> Box<RawValue> {
    let as_text = || serde_json::value::to_raw_value(text).expect("text is a string of JSON");
    RawValue::from_string(text.to_owned()).unwrap_or_else(|_| as_text())
}

/// Tells rows of one run, in their order.
pub(crate) struct Rows {
    workflow: Arc<Workflow>,
    /// The steps of deliveries.
    steps: HashMap<DeliveryId, Arc<str>>,
    effects: Effects,
}

impl Rows {
    pub(crate) fn new(workflow: Arc<Workflow>) -> Rows {
        Rows { workflow, steps: HashMap::new(), effects: Effects::default() }
    }

    /// What a row says, on one line.
    pub(crate) fn told(&mut self, record: &Record) -> String {
        match &record.change {
            Change::Started(about) => begun(about),
            Change::Status { status, reason } => match reason {
                Some(reason) => format!("{status}: {}", inert(reason)),
                None => status.to_string(),
            },
            Change::Event { event, cause, payload, .. } => {
                format!("{} {}{}", self.event(*event), value(payload.as_ref()), self.caused(*cause))
            }
            Change::Delivery { step, inputs, .. } => {
                self.steps.insert(record.seq, step.clone());
                let inputs = inputs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                format!("delivery to `{step}` of {inputs}")
            }
            Change::ChildStarted { delivery, run } => format!("{} is done by run {run}", self.of(*delivery)),
            Change::ChildCancelled { run } => format!("run {run} is not needed any more, and was told so"),
            Change::ParentTold => "the parent was told".to_owned(),
            Change::Opened { branches, .. } => format!("a scope of {branches} branches opened"),
            Change::Skipped { scope } => format!("scope {scope} goes on without a branch that failed"),
            Change::Closed { scope, .. } => format!("scope {scope} ended"),
            Change::State { key, op, payload, .. } => written(key, *op, &value(payload.as_ref())),
            Change::Update { name, payload, .. } => format!("{} {}", inert(name), value(payload.as_ref())),
            change => {
                let effect =
                    self.effects.told(record).map(|(delivery, told)| format!("{} {told}", self.of(delivery)));
                let told = effect.or_else(|| self.of_time(change));
                told.unwrap_or_else(|| self.of_delivery(change, record.at))
            }
        }
    }

    /// Timers and questions.
    fn of_time(&self, change: &Change) -> Option<String> {
        Some(match change {
            Change::TimerSet { at, purpose } => format!("{} is set to {}", self.timer(purpose), when(*at)),
            Change::TimerFired { timer } => format!("timer {timer} fired"),
            Change::TimerCancelled { timer } => format!("timer {timer} is not needed any more"),
            Change::Asked { event, deadline, .. } => {
                let until = deadline.map_or(String::new(), |at| format!(", open until {}", when(at)));
                format!("a person is asked event {event}{until}")
            }
            Change::Answered { question, by, payload } => {
                let by = by_whom(by.as_deref());
                format!("question {question} answered{by} with {}", value(payload.as_ref()))
            }
            Change::Expired { question } => format!("question {question} expired"),
            Change::Withdrawn { question } => format!("question {question} needs no answer any more"),
            _ => return None,
        })
    }

    fn of_delivery(&self, change: &Change, now: Timestamp) -> String {
        match change {
            Change::Attempt { delivery, attempt, status, failure } => {
                format!("{} {}", self.of(*delivery), attempted(*attempt, *status, failure.as_ref(), now))
            }
            Change::Began { delivery } => format!("{} is begun", self.of(*delivery)),
            Change::Crashed { delivery } => {
                format!("{} was in flight when the host went down", self.of(*delivery))
            }
            Change::Retried { delivery, by } => {
                format!("{} is tried again{}", self.of(*delivery), by_whom(by.as_deref()))
            }
            Change::PassedOver { delivery, by } => {
                format!("{} was skipped{}", self.of(*delivery), by_whom(by.as_deref()))
            }
            Change::Cut { delivery } => format!("{} is cut: what it was for has ended", self.of(*delivery)),
            Change::Late { delivery } => format!("{} came back too late", self.of(*delivery)),
            _ => String::new(),
        }
    }

    fn of(&self, delivery: DeliveryId) -> String {
        let step = self.steps.get(&delivery).map_or("?", |step| step);
        format!("delivery {delivery} (`{step}`)")
    }

    fn event(&self, event: EventId) -> &str {
        self.workflow.events.get(event.0 as usize).map_or("?", |node| &node.short)
    }

    fn step(&self, step: StepId) -> &str {
        self.workflow.steps.get(step.0 as usize).map_or("?", |node| &node.name)
    }

    fn timer(&self, purpose: &Purpose) -> String {
        match purpose {
            Purpose::Run => "the run's own time limit".to_owned(),
            Purpose::Gather { scope } => format!("the time limit of scope {scope}"),
            Purpose::Step { step, name, .. } => format!("timer `{}` of `{}`", inert(name), self.step(*step)),
        }
    }

    fn caused(&self, cause: Option<Cause>) -> String {
        match cause {
            None => String::new(),
            Some(Cause::Attempt { delivery, .. }) => format!("  from {}", self.of(delivery)),
            Some(Cause::Question { question }) => format!("  from question {question}"),
            Some(Cause::Timer { timer }) => format!("  from timer {timer}"),
            Some(Cause::Operator) => "  from an operator".to_owned(),
        }
    }
}

fn begun(about: &About) -> String {
    let forked = about.forked.as_ref();
    let forked = forked.map_or(String::new(), |of| format!(", as run {} was after row {}", of.run, of.at));
    format!("run of {} began{forked}", inert(&about.workflow))
}

fn attempted(attempt: u32, status: DeliveryStatus, failure: Option<&Failure>, now: Timestamp) -> String {
    match (status, failure) {
        (DeliveryStatus::Done, _) => format!("done at attempt {attempt}"),
        (status, Some(failure)) => failed(attempt, status, failure, now),
        (DeliveryStatus::Postponed { until }, None) => postponed(until, now),
        (DeliveryStatus::Parked { why: Parked::Approval }, None) => {
            "waits for a person to decide about a call".to_owned()
        }
        (DeliveryStatus::Parked { why }, None) => format!("parked: {}", why.as_str()),
        _ => "interrupted".to_owned(),
    }
}

fn value(payload: Option<&Json>) -> String {
    shown(payload.map_or("", Json::as_str))
}
