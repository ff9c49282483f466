//! The story of a run, as lines for people: a commit goes in, what it means comes out.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use lockstep_core::event::{Json, Timestamp};
use lockstep_core::journal::Commit;
use lockstep_core::outcome::Failure;
use lockstep_core::run::{
    Cause, Change, DeliveryId, DeliveryStatus, Parked, QuestionId, Record, Run, RunId, Seq,
};
use lockstep_core::state::Op;
use lockstep_core::workflow::{EventId, StepId, Workflow};
use lockstep_runtime::Rest;

use super::allow::{Allowing, GrantFiles};
use super::effect::Effects;
use crate::inert::inert;

/// How much of an event's value a verbose line shows.
const VALUE: usize = 400;
const MESSAGE: usize = 400;

/// Tells a run.
pub(super) struct Story {
    workflow: Arc<Workflow>,
    verbose: bool,
    width: usize,
    /// The steps of open deliveries.
    open: HashMap<DeliveryId, Arc<str>>,
    /// Open questions: who asks, and with which event.
    asked: HashMap<QuestionId, (Arc<str>, EventId)>,
    effects: Effects,
    allowing: Allowing,
}

/// What a commit says beside the record that is told.
struct Beside<'c> {
    run: &'c RunId,
    /// The types of its events, by row.
    events: BTreeMap<Seq, EventId>,
    /// What its attempts emitted.
    emitted: BTreeMap<DeliveryId, Vec<EventId>>,
}

impl Story {
    pub(super) fn new(workflow: Arc<Workflow>, verbose: bool) -> Story {
        let width = workflow.steps.iter().map(|step| step.name.len()).max().unwrap_or(0);
        let (open, asked) = (HashMap::new(), HashMap::new());
        let (effects, allowing) = (Effects::default(), Allowing::new(Arc::default()));
        Story { workflow, verbose, width, open, asked, effects, allowing }
    }

    /// The same, with the files in which grants of its steps stand.
    pub(super) fn with_grants(self, files: Arc<GrantFiles>) -> Story {
        Story { allowing: Allowing::new(files), ..self }
    }

    /// The same beside others, whose steps have longer names.
    pub(super) fn with_width(self, width: usize) -> Story {
        Story { width, ..self }
    }

    /// The run began before the story does: what is open in it will be told of.
    pub(super) fn goes_on(&mut self, run: &Run) {
        let workflow = run.workflow();
        let step = |step: StepId| Arc::from(workflow.step(step).name.as_str());
        let open = run.open().map(|open| (open.id, step(workflow.handler(open.handler).step)));
        self.open.extend(open);
        let asked = run.questions().map(|(id, open)| (id, (open.step.map_or_else(nobody, step), open.event)));
        self.asked.extend(asked);
        self.effects.goes_on(run);
    }

    /// How many deliveries are open.
    pub(super) fn open(&self) -> usize {
        self.open.len()
    }

    pub(super) fn tell(&mut self, commit: &Commit) -> Vec<String> {
        self.timed(&commit.run, &commit.records).into_iter().map(|(_, line)| line).collect()
    }

    /// What rows of a run that follow on each other mean, each line with its time; lines to copy have none.
    pub(super) fn timed(&mut self, run: &RunId, records: &[Record]) -> Vec<(Option<Timestamp>, String)> {
        let beside = Beside::of(run, records);
        let mut told = Vec::new();
        for record in records {
            told.extend(self.line(record, &beside).map(|line| (Some(record.at), line)));
            told.extend(self.allowed(&record.change).into_iter().map(|line| (None, line)));
        }
        told
    }

    /// A line that belongs to a step.
    fn of_step(&self, step: &str, text: &str) -> String {
        let width = self.width;
        format!("  {step:width$}  {text}")
    }

    fn line(&mut self, record: &Record, beside: &Beside<'_>) -> Option<String> {
        let run = beside.run;
        match &record.change {
            Change::Delivery { step, .. } => {
                self.open.insert(record.seq, step.clone());
                None
            }
            Change::Attempt { delivery, attempt, status, failure } => {
                let step = self.step(*delivery, *status);
                let text = match (status, failure) {
                    (DeliveryStatus::Done, _) => self.done(*attempt, beside.emitted.get(delivery)),
                    (status, Some(failure)) => failed(*attempt, *status, failure, record.at),
                    (status, None) => waiting(*status, record.at)?,
                };
                Some(self.of_step(&step, &text))
            }
            Change::Asked { event, step, .. } => {
                self.asks(run, record.seq, *beside.events.get(event)?, *step)
            }
            Change::Answered { question, by, payload } => {
                let by = by_whom(by.as_deref());
                let with = payload.as_ref().filter(|_| self.verbose);
                let with = with.map(|json| format!(": {}", shown(json.as_str()))).unwrap_or_default();
                self.closed(run, *question, &format!("answered{by}{with}"))
            }
            Change::Expired { question } => self.closed(run, *question, "not answered in time"),
            Change::Withdrawn { question } => {
                let told = self.closed(run, *question, "withdrawn: what asked it has ended");
                told.filter(|_| self.verbose)
            }
            Change::Update { delivery, name, payload, .. } if self.verbose => {
                let told = format!("= {} {}", inert(name), value(payload.as_ref()));
                Some(self.of_step(&self.known(*delivery), &told))
            }
            Change::State { key, op, payload, .. } if self.verbose => {
                let told = written(key, *op, &value(payload.as_ref()));
                Some(format!("  {:>5} state {told}", record.seq))
            }
            Change::Blob { digest, size, .. } if self.verbose => {
                Some(format!("  {:>5} blob {digest} of {size} bytes", record.seq))
            }
            Change::Cut { delivery } => {
                let step = self.open.remove(delivery)?;
                self.verbose.then(|| self.of_step(&step, "cut: what it was for has ended"))
            }
            Change::Event { event, payload, .. } if self.verbose => {
                let short = &self.workflow.event(*event).short;
                Some(format!("  {:>5} {short} {}", record.seq, value(payload.as_ref())))
            }
            Change::ApprovalAsked { .. } => {
                let told = self.of_effect(record)?;
                Some(format!("{told}: approval {run}.{}", record.seq))
            }
            _ => self.of_effect(record).or_else(|| self.of_delivery(&record.change)),
        }
    }

    fn of_effect(&mut self, record: &Record) -> Option<String> {
        let (delivery, told) = self.effects.told(record)?;
        Some(self.of_step(&self.known(delivery), &told))
    }

    /// What would allow what was denied.
    fn allowed(&mut self, change: &Change) -> Vec<String> {
        let Change::Denied { delivery, denial, .. } = change else { return Vec::new() };
        let step = self.known(*delivery);
        let lines = self.allowing.tell(&self.workflow.name, &step, denial);
        lines.into_iter().map(|line| format!("  {line}")).collect()
    }

    /// What happened to a delivery besides its attempts.
    fn of_delivery(&mut self, change: &Change) -> Option<String> {
        let (step, told) = match change {
            Change::Crashed { delivery } => {
                (self.known(*delivery), "was in flight when the host went down".to_owned())
            }
            Change::Retried { delivery, by } => {
                (self.known(*delivery), format!("is tried again{}", by_whom(by.as_deref())))
            }
            Change::PassedOver { delivery, by } => {
                let step = self.known(*delivery);
                self.open.remove(delivery);
                (step, format!("was skipped{}", by_whom(by.as_deref())))
            }
            Change::ChildStarted { delivery, run } => {
                (self.known(*delivery), format!("is done by run {run}"))
            }
            _ => return None,
        };
        Some(self.of_step(&step, &told))
    }

    fn asks(&mut self, run: &RunId, id: QuestionId, event: EventId, step: Option<StepId>) -> Option<String> {
        let step = step.map_or_else(nobody, |step| Arc::from(self.workflow.step(step).name.as_str()));
        let told = format!("asks {}: question {run}.{id}", self.workflow.event(event).short);
        let line = self.of_step(&step, &told);
        self.asked.insert(id, (step, event));
        Some(line)
    }

    /// How a question ended; nothing of one that was never told of.
    fn closed(&mut self, run: &RunId, id: QuestionId, how: &str) -> Option<String> {
        let (step, event) = self.asked.remove(&id)?;
        let told = format!("{} {how} (question {run}.{id})", self.workflow.event(event).short);
        Some(self.of_step(&step, &told))
    }

    /// The step of a delivery that stays open.
    fn known(&self, delivery: DeliveryId) -> Arc<str> {
        self.open.get(&delivery).cloned().unwrap_or_else(nobody)
    }

    fn step(&mut self, delivery: DeliveryId, status: DeliveryStatus) -> Arc<str> {
        match status {
            DeliveryStatus::BackingOff { .. }
            | DeliveryStatus::Interrupted
            | DeliveryStatus::Postponed { .. }
            | DeliveryStatus::Parked { .. } => self.known(delivery),
            DeliveryStatus::Done | DeliveryStatus::Failed => {
                self.open.remove(&delivery).unwrap_or_else(nobody)
            }
        }
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

/// `` by ann``, or nothing.
pub(super) fn by_whom(by: Option<&str>) -> String {
    by.map_or(String::new(), |by| format!(" by {}", inert(by)))
}

impl<'c> Beside<'c> {
    fn of(run: &'c RunId, records: &[Record]) -> Beside<'c> {
        let mut beside = Beside { run, events: BTreeMap::new(), emitted: BTreeMap::new() };
        for record in records {
            let Change::Event { event, cause, .. } = &record.change else { continue };
            beside.events.insert(record.seq, *event);
            if let Some(Cause::Attempt { delivery, .. }) = cause {
                beside.emitted.entry(*delivery).or_default().push(*event);
            }
        }
        beside
    }
}

/// Stands where the step is not known.
fn nobody() -> Arc<str> {
    "?".into()
}

pub(super) fn failed(attempt: u32, status: DeliveryStatus, failure: &Failure, now: Timestamp) -> String {
    let what =
        format!("{} `{}`: {}", failure.class, inert(&failure.code), cut(&inert(&failure.message), MESSAGE));
    match status {
        DeliveryStatus::BackingOff { until } => {
            format!("attempt {attempt} failed: {what}; again in {} ms", until.0.saturating_sub(now.0))
        }
        DeliveryStatus::Parked { why: why @ Parked::UnknownEffect } => {
            format!("parked at attempt {attempt}: {}, after {what}", why.as_str())
        }
        DeliveryStatus::Parked { .. } => format!("parked at attempt {attempt}: {what}"),
        _ => format!("failed for good at attempt {attempt}: {what}"),
    }
}

/// Why a delivery waits of which no attempt has failed, where that is worth a line.
fn waiting(status: DeliveryStatus, now: Timestamp) -> Option<String> {
    match status {
        DeliveryStatus::Postponed { until } => Some(postponed(until, now)),
        DeliveryStatus::Parked { why: why @ (Parked::UnknownEffect | Parked::Unsteady) } => {
            Some(format!("parked: {}", why.as_str()))
        }
        _ => None,
    }
}

pub(super) fn postponed(until: Timestamp, now: Timestamp) -> String {
    format!("goes on in {} ms: its rate lets no call leave before", until.0.saturating_sub(now.0))
}

/// ``n += 2``
pub(super) fn written(key: &str, op: Op, value: &str) -> String {
    let key = inert(key);
    match op {
        Op::Set => format!("{key} = {value}"),
        Op::Delete => format!("{key} is gone"),
        Op::Add { by } => format!("{key} += {by}"),
        Op::Append => format!("{key}[] = {value}"),
    }
}

fn value(payload: Option<&Json>) -> String {
    payload.map(|json| shown(json.as_str())).unwrap_or_default()
}

/// JSON in one line, cut where it is long.
pub(super) fn shown(json: &str) -> String {
    cut(&inert(&in_one_line(json)), VALUE)
}

/// JSON without the space between its tokens.
fn in_one_line(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let kept = json.chars().filter(|&char| {
        let is_kept = in_string || !char.is_ascii_whitespace();
        in_string ^= char == '"' && !escaped;
        escaped = in_string && char == '\\' && !escaped;
        is_kept
    });
    kept.collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_in_one_line_says_the_same() {
        for (json, expected) in [
            ("{\n  \"a b\": [ 1,\t2 ],\r\n  \"c\": \" \\\" \\\\ \"\n}", r#"{"a b":[1,2],"c":" \" \\ "}"#),
            ("\" \\\\\" ", r#"" \\""#),
            ("7", "7"),
        ] {
            assert_eq!(in_one_line(json), expected);
        }
    }
}
