//! Where a run stands: why it waits or how it ended, what is open in it and how to go on, what
//! failed, and how it came there. A folded run and its rows go in; lines for people or one object
//! for programs come out.

use std::collections::{HashMap, HashSet};

use lockstep_core::event::Json;
use lockstep_core::outcome::Failure;
use lockstep_core::run::{
    Change, DeliveryId, DeliveryStatus, OpenDelivery, Parked, Record, Run, RunId, Status,
};
use lockstep_runtime::Rest;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::effect::Counted;
use super::known::Known;
use super::row::raw;
use super::story::{Story, ending};
use super::{approval, effect, question, when};
use crate::inert::{inert, lines};

/// So many of the last failures are told.
const FAILURES: usize = 5;
/// What an unsteady delivery is.
const UNSTEADY: &str = "it asked a person about one call after the other, and made none of those that were decided on; look at \
                        what its step makes them of before it is tried again";

/// Tells a run, row by row, with the time of each.
pub(crate) struct Tale {
    run: RunId,
    story: Story,
}

impl Tale {
    /// The tale of a run from its beginning.
    pub(crate) fn new(run: &Run) -> Tale {
        Tale { run: run.id().clone(), story: Story::new(run.workflow().clone(), false) }
    }

    /// What these rows mean, which follow on those before; a row may mean nothing to people.
    pub(crate) fn lines(&mut self, records: &[Record]) -> Vec<String> {
        let timed = self.story.timed(&self.run, records).into_iter();
        timed.map(|(at, line)| format!("{}{line}", at.map(when).unwrap_or_default())).collect()
    }
}

/// What a run has come to, in one sentence.
pub(crate) fn standing(run: &Run) -> String {
    let rest = Rest {
        status: run.status(),
        reason: run.reason().map(str::to_owned),
        result: run.result().filter(|_| run.status().is_end()).cloned(),
    };
    ending(run.workflow(), &rest)
}

/// A run and its rows, to be shown.
pub(crate) struct Standing<'r> {
    run: &'r Run,
    records: &'r [Record],
    /// What every command line ends with that names the store.
    store: &'r str,
    steps: HashMap<DeliveryId, &'r str>,
}

/// An attempt that has ended.
#[derive(Serialize)]
struct Attempt<'r> {
    row: u64,
    at_ms: u64,
    delivery: u64,
    step: &'r str,
    attempt: u32,
    #[serde(flatten)]
    status: &'r DeliveryStatus,
    failure: Option<Failed<'r>>,
}

/// Why an attempt failed.
#[derive(Serialize)]
struct Failed<'r> {
    class: &'r str,
    code: &'r str,
    message: &'r str,
    details: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct Delivery<'r> {
    delivery: u64,
    step: &'r str,
    since_ms: u64,
    attempts: u32,
    until_ms: Option<u64>,
    parked: Option<&'static str>,
    child: Option<&'r str>,
    failure: Option<Failed<'r>>,
    /// Calls of which nobody knows what came of them.
    unknown_effects: Vec<Unknown<'r>>,
}

#[derive(Serialize)]
struct Unknown<'r> {
    effect: u64,
    what: &'r str,
    failed: Option<&'r str>,
}

#[derive(Serialize)]
struct Timer<'r> {
    step: &'r str,
    name: &'r str,
    at_ms: u64,
}

#[derive(Serialize)]
struct Stop<'r> {
    event: &'r str,
    value: Box<RawValue>,
}

/// For programs.
#[derive(Serialize)]
struct Object<'r> {
    #[serde(flatten)]
    known: Known<'r>,
    rows: u64,
    calls: Counted,
    reason: Option<&'r str>,
    deliveries: Vec<Delivery<'r>>,
    questions: Vec<Value>,
    approvals: Vec<approval::Object>,
    timers: Vec<Timer<'r>>,
    result: Option<Stop<'r>>,
    attempts: Vec<Attempt<'r>>,
}

impl<'r> Failed<'r> {
    fn of(failure: &'r Failure) -> Failed<'r> {
        Failed {
            class: failure.class.as_str(),
            code: &failure.code,
            message: &failure.message,
            details: failure.details.as_ref().map(|details| raw(details.as_str())),
        }
    }
}

impl<'r> Standing<'r> {
    pub(crate) fn of(run: &'r Run, records: &'r [Record], store: &'r str) -> Standing<'r> {
        let step = |record: &'r Record| match &record.change {
            Change::Delivery { step, .. } => Some((record.seq, &**step)),
            _ => None,
        };
        Standing { run, records, store, steps: records.iter().filter_map(step).collect() }
    }

    /// One JSON object.
    pub(crate) fn object(&self) -> serde_json::Result<String> {
        let (run, summary) = (self.run, self.run.summary());
        let stop = self.result().map(|(event, value)| Stop { event, value: raw(value.as_str()) });
        let timer = |(step, name, at): (_, &'r str, lockstep_core::event::Timestamp)| Timer {
            step: &run.workflow().step(step).name,
            name,
            at_ms: at.0,
        };
        serde_json::to_string(&Object {
            known: Known::of(run.id(), &summary),
            rows: run.last().0,
            calls: Counted::of(self.records),
            reason: run.reason(),
            deliveries: run.open().map(|open| self.delivery(&open)).collect(),
            questions: run.questions().map(|(number, open)| question::object(run, number, open)).collect(),
            approvals: run.approvals().map(|(number, open)| approval::object(run, number, open)).collect(),
            timers: run.timers().map(timer).collect(),
            result: stop,
            attempts: self.attempts().collect(),
        })
    }

    fn delivery(&self, open: &OpenDelivery<'r>) -> Delivery<'r> {
        Delivery {
            delivery: open.id.0,
            step: self.step(open.id),
            since_ms: open.since.0,
            attempts: open.attempts,
            until_ms: open.until.map(|until| until.0),
            parked: open.parked.map(|why| why.as_str()),
            child: self.child(open.id).map(RunId::as_str),
            failure: open.failure.map(Failed::of),
            unknown_effects: self.unknown(open.id),
        }
    }

    fn unknown(&self, delivery: DeliveryId) -> Vec<Unknown<'r>> {
        let of_it = self.run.unknown_effects().filter(|effect| effect.delivery == delivery);
        of_it.map(|of| Unknown { effect: of.id.0, what: of.what, failed: of.failed }).collect()
    }

    /// Lines for people.
    pub(crate) fn told(&self) -> String {
        let parts = [self.head(), self.open(), self.ended_with(), self.failures(), self.history()];
        let parts = parts.into_iter().filter(|lines| !lines.is_empty());
        parts.map(|lines| lines.join("\n")).collect::<Vec<_>>().join("\n\n")
    }

    fn head(&self) -> Vec<String> {
        let (run, about) = (self.run, self.run.about());
        let summary = run.summary();
        let mut lines = vec![
            format!("run {} of {}", run.id(), inert(&about.workflow)),
            format!("  {}{}", standing(run), self.waits_for()),
            format!("  begun {}, last changed {}", when(summary.started_at), when(summary.changed_at)),
            format!("  revision {}", about.revision.as_str()),
        ];
        lines.extend(Counted::of(self.records).told().map(|told| format!("  {told}")));
        let names = [("key", &about.key), ("alias", &about.alias), ("session", &about.session)];
        for (what, name) in names {
            lines.extend(name.as_ref().map(|name| format!("  {what} {}", inert(name))));
        }
        lines.extend(about.continues.as_ref().map(|run| format!("  continues run {run}")));
        lines.extend(
            about.parent.as_ref().map(|is| format!("  child of run {}, delivery {}", is.run, is.delivery)),
        );
        lines.extend(about.forked.as_ref().map(|is| format!("  fork of run {} at row {}", is.run, is.at)));
        lines
    }

    /// `: for 1 answer, 2 timers`, of a run that waits.
    fn waits_for(&self) -> String {
        let (run, n) = (self.run, |n: usize, one: &str| match n {
            0 => None,
            1 => Some(format!("1 {one}")),
            n => Some(format!("{n} {one}s")),
        });
        let is_operators = |open: &OpenDelivery<'_>| open.parked.is_some_and(|why| why != Parked::Approval);
        let parked = run.open().filter(is_operators).count();
        let waits = match run.status() {
            Status::Parked => [n(parked, "operator's decision"), None, None, None, None],
            Status::Waiting => [
                n(run.questions().count(), "answer"),
                n(run.approvals().count(), "approval"),
                n(run.timers().count(), "timer"),
                n(run.children().count(), "child run"),
                n(parked, "operator's decision"),
            ],
            _ => [None, None, None, None, None],
        };
        let waits: Vec<String> = waits.into_iter().flatten().collect();
        if waits.is_empty() { String::new() } else { format!(": for {}", waits.join(", ")) }
    }

    fn open(&self) -> Vec<String> {
        let run = self.run;
        let mut told = Vec::new();
        run.open().for_each(|open| told.extend(self.open_delivery(&open)));
        for (number, open) in run.questions() {
            told.extend(question::told(run, number, open).lines().map(|line| format!("  {line}")));
            told.push(format!("    answer it: `lockstep answer {}.{number} JSON{}`", run.id(), self.store));
        }
        for (number, open) in run.approvals() {
            told.extend(approval::told(run, number, open).lines().map(|line| format!("  {line}")));
            let commands = approval::commands(run.id(), number, self.store).into_iter();
            told.extend(commands.map(|line| format!("    {line}")));
        }
        for (step, name, at) in run.timers() {
            let step = &run.workflow().step(step).name;
            told.push(format!("  timer `{}` of `{step}`, set to {}", inert(name), when(at)));
        }
        if run.status() == Status::Paused {
            told.push(format!("  go on: `lockstep runs resume {}{}`", run.id(), self.store));
        }
        if !told.is_empty() {
            told.insert(0, "open".to_owned());
        }
        told
    }

    fn open_delivery(&self, open: &OpenDelivery<'_>) -> Vec<String> {
        let (id, run, store, step) = (open.id, self.run.id(), self.store, self.step(open.id));
        let tried = match open.attempts {
            0 => String::new(),
            1 => " after 1 attempt".to_owned(),
            n => format!(" after {n} attempts"),
        };
        let stands = match (open.parked, open.until, self.child(id)) {
            (Some(Parked::Approval), ..) => format!("waits for a person to decide about a call{tried}"),
            (Some(Parked::Unsteady), ..) => format!("parked{tried}: unsteady: {UNSTEADY}"),
            (Some(why), ..) => format!("parked{tried}: {}", why.as_str()),
            (_, Some(until), _) if open.attempts == 0 => format!("waits until {}", when(until)),
            (_, Some(until), _) => format!("backs off until {}{tried}", when(until)),
            (.., Some(child)) => format!("done by run {child}"),
            _ => format!("ready, or being attempted{tried}"),
        };
        let mut told = vec![format!("  delivery {id} to `{step}`: {stands}")];
        if let Some(failure) = open.failure.filter(|_| waits(open)) {
            told.extend(failure_lines(failure).map(|line| format!("    {line}")));
        }
        let unknown: Vec<_> = self.run.unknown_effects().filter(|effect| effect.delivery == id).collect();
        for effect in &unknown {
            told.extend(effect::unknown(effect, run, store).into_iter().map(|line| format!("    {line}")));
        }
        let awaits = open.parked == Some(Parked::Approval);
        if open.parked.is_some() && unknown.is_empty() && !awaits {
            told.push(format!("    try it again: `lockstep runs retry {run} {id}{store}`"));
            told.push(format!(
                "    go on without: `lockstep runs skip {run} {id}{store}`, or with --fail give it up"
            ));
        }
        told
    }

    fn ended_with(&self) -> Vec<String> {
        let Some((event, value)) = self.result() else { return Vec::new() };
        vec!["result".to_owned(), format!("  {event} {}", inert(value.as_str()))]
    }

    /// The last failures that are not told beside an open delivery.
    fn failures(&self) -> Vec<String> {
        let failed = |record: &'r Record| match &record.change {
            Change::Attempt { delivery, attempt, failure: Some(failure), .. } => {
                Some((record, *delivery, *attempt, failure))
            }
            _ => None,
        };
        let mut told_above: HashSet<_> = self.run.open().filter(waits).map(|open| open.id).collect();
        let failed = self.records.iter().rev().filter_map(failed);
        let mut last: Vec<_> =
            failed.filter(|(_, delivery, ..)| !told_above.remove(delivery)).take(FAILURES).collect();
        last.reverse();
        let mut told = Vec::new();
        for (record, delivery, attempt, failure) in last {
            let step = self.step(delivery);
            told.push(format!("  {}  delivery {delivery} to `{step}`, attempt {attempt}", when(record.at)));
            told.extend(failure_lines(failure).map(|line| format!("    {line}")));
        }
        if !told.is_empty() {
            told.insert(0, "failures".to_owned());
        }
        told
    }

    fn history(&self) -> Vec<String> {
        let mut told = Tale::new(self.run).lines(self.records);
        told.iter_mut().for_each(|line| line.insert_str(0, "  "));
        if !told.is_empty() {
            told.insert(0, "history".to_owned());
        }
        told
    }

    fn attempts(&self) -> impl Iterator<Item = Attempt<'r>> {
        self.records.iter().filter_map(|record| match &record.change {
            Change::Attempt { delivery, attempt, status, failure } => Some(Attempt {
                row: record.seq.0,
                at_ms: record.at.0,
                delivery: delivery.0,
                step: self.step(*delivery),
                attempt: *attempt,
                status,
                failure: failure.as_ref().map(Failed::of),
            }),
            _ => None,
        })
    }

    fn result(&self) -> Option<(&'r str, &'r Json)> {
        let (event, value) = self.run.result().filter(|_| self.run.status().is_end())?;
        Some((&self.run.workflow().event(*event).short, value))
    }

    fn step(&self, delivery: DeliveryId) -> &'r str {
        self.steps.get(&delivery).copied().unwrap_or("?")
    }

    fn child(&self, delivery: DeliveryId) -> Option<&'r RunId> {
        self.run.children().find(|(of, _)| *of == delivery).map(|(_, run)| run)
    }
}

/// Whether it waits for an operator or a time, and so is told with its failure.
fn waits(open: &OpenDelivery<'_>) -> bool {
    open.parked.is_some() || open.until.is_some()
}

/// All of what a step said, on lines of its own.
fn failure_lines(failure: &Failure) -> impl Iterator<Item = String> {
    let told = format!("{} `{}`: {}", failure.class, failure.code, failure.message);
    let details = failure.details.iter().map(|details| format!("details {}", inert(details.as_str())));
    let told: Vec<String> = lines(&told).map(|line| line.into_owned()).collect();
    told.into_iter().chain(details.collect::<Vec<_>>())
}
