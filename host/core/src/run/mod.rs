//! The heart: the routing state of one run, moved by three functions that each give a commit:
//! [`Run::start`], [`Run::settle`], [`Run::signal`]. They are pure: values in, decisions out.
//!
//! Every decision is a [`Change`]; the one function that alters a run's durable state is
//! `apply(&Change)`, whether the change was just decided or is read back from the journal. So a
//! folded run and a lived one cannot differ. Which deliveries are being attempted right now is
//! the only thing a run knows that the journal does not: a folded run has none.
//!
//! A delivery lies in a [`Place`]: a branch of a scope. A scope is opened by a fan-out that some
//! join is bound to, holds what is open in it, and ends when nothing is; then its joins fire.
//! Finding an event's scope walks outward from its place; nothing ever scans siblings.

mod apply;
mod change;
mod decide;
mod fields;
mod scope;

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod workbench;

pub use change::{Cause, Change, DeliveryStatus, JoinInput, Place, Record, Seq, Status, Unmatched};

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::event::{Json, Timestamp};
use crate::journal::Commit;
use crate::outcome::Outcome;
use crate::workflow::{EventId, HandlerId, StepId, Workflow};

use decide::Decision;
use scope::Scope;

/// The name of a run. Its first two hex digits are its partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(Arc<str>);

impl RunId {
    /// The id of a run of `workflow`, drawn from 128 fresh random bits.
    pub fn fresh(workflow: &str, random: u128) -> RunId {
        let digest = Sha256::new().chain_update(workflow).chain_update(random.to_be_bytes()).finalize();
        RunId(format!("{:02x}{:024x}", digest[0], random >> 32).into())
    }

    /// The id as people and the journal write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Which share of all runs it belongs to: its first two digits.
    pub fn partition(&self) -> u8 {
        self.0.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or(0)
    }

    /// The same, to be kept.
    pub fn name(&self) -> Arc<str> {
        self.0.clone()
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A delivery of a run: the sequence number of the row that made it.
pub type DeliveryId = Seq;

/// A delivery as the sandbox needs it.
#[derive(Clone, Debug)]
pub struct Work {
    /// Which delivery.
    pub delivery: DeliveryId,
    /// Whom it is for.
    pub handler: HandlerId,
    /// Which try this is: 1 for the first.
    pub attempt: u32,
    /// When the delivery came to be: the guest's clock, the same in every attempt.
    pub since: Timestamp,
    /// One for each parameter of the handler.
    pub inputs: Vec<Given>,
}

/// What one parameter is given.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// One event.
    One(Json),
    /// All events of a scope.
    Many(Vec<Json>),
}

/// What moves a run from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The time of at least one timer or back-off has come.
    TimersDue,
    /// Somebody wants it to end.
    Cancel,
}

/// The routing state of one run.
#[derive(Debug)]
pub struct Run {
    id: RunId,
    workflow: Arc<Workflow>,
    last: Seq,
    status: Status,
    reason: Option<String>,
    result: Option<(EventId, Json)>,
    /// Deliveries that are neither done nor failed nor cut.
    deliveries: BTreeMap<Seq, Delivery>,
    /// Those of them that may be attempted now and are not, by step.
    ready: BTreeSet<(StepId, Seq)>,
    /// When timers fire and back-offs end.
    waking: BTreeSet<(Timestamp, Seq)>,
    /// When each timer fires, and for which scope.
    timers: HashMap<Seq, (Timestamp, Seq)>,
    /// Open scopes; 0 is the run itself.
    scopes: BTreeMap<Seq, Scope>,
    /// Events that a delivery or a join still needs.
    events: HashMap<Seq, Held>,
    /// Events of the newest commit that nothing needs yet.
    fresh: Vec<Seq>,
    /// Events that some join wanted and no scope could take.
    adrift: BTreeMap<HandlerId, u64>,
}

#[derive(Debug, PartialEq)]
struct Delivery {
    handler: HandlerId,
    inputs: Vec<Seq>,
    place: Place,
    since: Timestamp,
    attempts: u32,
    host_failures: u32,
    /// When its back-off ends.
    until: Option<Timestamp>,
}

impl Delivery {
    /// The number of its next or running attempt.
    fn attempt(&self) -> u32 {
        self.attempts + self.host_failures + 1
    }
}

#[derive(Debug, PartialEq)]
struct Held {
    event: EventId,
    payload: Json,
    uses: u32,
}

/// The rows do not tell a run of this workflow.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("row {row} of run {run} does not follow from the rows before it: {why}")]
pub struct FoldError {
    /// Which run.
    pub run: RunId,
    /// Which row.
    pub row: u64,
    /// What does not fit.
    pub why: &'static str,
}

impl Run {
    /// A new run, begun by a start event whose value was checked at the door.
    pub fn start(id: RunId, workflow: Arc<Workflow>, payload: Json, now: Timestamp) -> (Run, Commit) {
        let mut run = Run::empty(id, workflow);
        let commit = Decision::of(&mut run, now).start(payload);
        (run, commit)
    }

    /// The run that these rows tell of.
    pub fn fold(
        id: RunId,
        workflow: Arc<Workflow>,
        records: impl IntoIterator<Item = Record>,
    ) -> Result<Run, FoldError> {
        let mut run = Run::empty(id, workflow);
        for record in records {
            let row = record.seq.0;
            run.apply(&record).map_err(|why| FoldError { run: run.id.clone(), row, why })?;
        }
        Ok(run)
    }

    /// Takes in what an attempt did.
    pub fn settle(&mut self, delivery: DeliveryId, outcome: Outcome, now: Timestamp) -> Commit {
        Decision::of(self, now).settle(delivery, outcome)
    }

    /// Takes in what came from outside.
    pub fn signal(&mut self, signal: Signal, now: Timestamp) -> Commit {
        let decision = Decision::of(self, now);
        match signal {
            Signal::TimersDue => decision.timers_due(),
            Signal::Cancel => decision.cancel(),
        }
    }

    /// Deliveries that may be attempted now and are not, step by step, oldest first in each.
    pub fn ready(&self) -> impl Iterator<Item = (DeliveryId, HandlerId)> + '_ {
        self.ready.iter().map(|(_, id)| (*id, self.deliveries[id].handler))
    }

    /// The steps that have such deliveries, each with its oldest. The cost is that of the steps,
    /// however many deliveries are ready.
    pub fn ready_steps(&self) -> impl Iterator<Item = (StepId, DeliveryId)> + '_ {
        let mut next = self.ready.first().copied();
        std::iter::from_fn(move || {
            let (step, id) = next?;
            next = self.ready.range((StepId(step.0 + 1), Seq(0))..).next().copied();
            Some((step, id))
        })
    }

    /// Takes a ready delivery out to be attempted; `None` if it is not ready.
    pub fn begin(&mut self, delivery: DeliveryId) -> Option<Work> {
        self.unready(delivery).then(|| self.work(delivery))
    }

    /// Takes a delivery out of a folded run that is being attempted already: neither ready nor due.
    pub fn take_out(&mut self, delivery: DeliveryId) {
        self.unready(delivery);
        if let Some(until) = self.deliveries.get(&delivery).and_then(|delivery| delivery.until) {
            self.waking.remove(&(until, delivery));
        }
    }

    fn make_ready(&mut self, id: DeliveryId) {
        if let Some(delivery) = self.deliveries.get(&id) {
            self.ready.insert((self.workflow.handler(delivery.handler).step, id));
        }
    }

    fn unready(&mut self, id: DeliveryId) -> bool {
        let Some(delivery) = self.deliveries.get(&id) else { return false };
        self.ready.remove(&(self.workflow.handler(delivery.handler).step, id))
    }

    fn work(&self, id: DeliveryId) -> Work {
        let delivery = &self.deliveries[&id];
        let mut singles = 0;
        let handler = self.workflow.handler(delivery.handler);
        let ones = handler.inputs.iter().filter(|input| !input.many).count();
        let items = delivery.inputs.len() - ones;
        let json = |at: usize| self.events[&delivery.inputs[at]].payload.clone();
        let inputs = handler.inputs.iter().map(|input| {
            let from = singles;
            singles += if input.many { items } else { 1 };
            match input.many {
                true => Given::Many((from..singles).map(json).collect()),
                false => Given::One(json(from)),
            }
        });
        Work {
            delivery: id,
            handler: delivery.handler,
            attempt: delivery.attempt(),
            since: delivery.since,
            inputs: inputs.collect(),
        }
    }

    /// Its name.
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// The graph it moves through.
    pub fn workflow(&self) -> &Arc<Workflow> {
        &self.workflow
    }

    /// Its status.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Why it has this status, where the word alone does not say.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The stop event that ended it, with its value.
    pub fn result(&self) -> Option<&(EventId, Json)> {
        self.result.as_ref()
    }

    /// When it wants [`Signal::TimersDue`].
    pub fn wake_at(&self) -> Option<Timestamp> {
        self.waking.first().map(|(at, _)| *at)
    }

    /// The number of its newest row.
    pub fn last(&self) -> Seq {
        self.last
    }
}
