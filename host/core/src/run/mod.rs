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
mod approval;
mod change;
mod decide;
mod effects;
mod fields;
mod fork;
mod id;
mod look;
mod question;
mod refusal;
mod scope;
mod signal;
mod told;
mod turns;

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod workbench;

pub use approval::{Approval, ApprovalId, Judged};
pub use change::{
    About, Cause, Change, Decided, DeliveryStatus, Forked, JoinInput, Parent, Parked, Place, Purpose, Record,
    Seq, Status, Unmatched,
};
pub use effects::{EffectId, MadeCall, UnknownEffect};
pub use fork::{Fork, NoFork};
pub use id::{RunId, partition_of};
pub use look::OpenDelivery;
pub use question::{Closed, Open, QuestionId};
pub use refusal::{Admitted, Refusal};
pub use signal::{Given, Resolution, Signal, Start, Verdict, Work};

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use crate::effect::{CallId, Denial, Ending, Intent, Leave, Moment, Window};
use crate::event::{Json, Timestamp};
use crate::journal::Commit;
use crate::outcome::{Failure, Outcome};
use crate::state::State;
use crate::workflow::{EventId, HandlerId, Revision, StepId, Workflow};

use approval::Verdicts;
use decide::Decision;
use effects::Calls;
use scope::Scope;

/// A delivery of a run: the sequence number of the row that made it.
pub type DeliveryId = Seq;

/// The routing state of one run.
#[derive(Debug)]
pub struct Run {
    id: RunId,
    workflow: Arc<Workflow>,
    about: Arc<About>,
    started_at: Timestamp,
    changed_at: Timestamp,
    last: Seq,
    /// What was decided; whether the run waits or is parked follows from what is open in it.
    decided: Status,
    reason: Option<String>,
    result: Option<(EventId, Json)>,
    /// Deliveries that are neither done nor failed nor cut.
    deliveries: BTreeMap<Seq, Delivery>,
    /// Those of them that may be attempted now and are not, by step.
    ready: BTreeSet<(StepId, Seq)>,
    /// Those that wait for an operator.
    parked: BTreeSet<Seq>,
    /// Those that are being attempted.
    out: BTreeSet<Seq>,
    /// Those that a child run does the work of.
    children: BTreeMap<Seq, RunId>,
    /// Children that nobody needs any more, and that do not know it yet.
    orphans: BTreeSet<RunId>,
    /// The run that this one is a child of knows how it ended.
    parent_told: bool,
    /// How often what a delivery read was changed under it.
    conflicts: HashMap<Seq, u32>,
    /// Those that met so many conflicts that they are attempted alone, the oldest first.
    alone: BTreeSet<Seq>,
    /// Those that may have been in flight when a host went down: begun with a row.
    careful: BTreeSet<Seq>,
    /// When timers fire, deadlines pass and back-offs end.
    waking: BTreeSet<(Timestamp, Seq)>,
    /// When each timer fires, and what for.
    timers: BTreeMap<Seq, (Timestamp, Purpose)>,
    /// The run's own timer, or how much of its time was left when it began to wait for a person.
    clock: Clock,
    /// The timers that steps have set, by where, who and what name.
    named: HashMap<(Place, StepId, Arc<str>), Seq>,
    /// Open questions.
    questions: BTreeMap<Seq, Open>,
    /// How each other question ended.
    closed: BTreeMap<Seq, Closed>,
    /// Calls that a person is asked about.
    approvals: BTreeMap<Seq, Approval>,
    /// What was decided about others.
    judged: BTreeMap<Seq, Judged>,
    /// How many calls have left, by step and rule.
    called: HashMap<(Arc<str>, Arc<str>), u32>,
    /// What its steps remember.
    state: State,
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
    /// From when on `within` counts: an operator's retry begins anew.
    tried_from: Timestamp,
    attempts: u32,
    host_failures: u32,
    /// When its back-off ends.
    until: Option<Timestamp>,
    /// An attempt began with a row, and has not ended.
    begun: bool,
    /// How often the host went down while it was in flight.
    crashes: u32,
    /// Child runs that it has begun.
    children: u32,
    /// Why it is parked, if it is.
    parked: Option<Parked>,
    /// Why its last attempt failed.
    failure: Option<Failure>,
    /// What its attempts have called outside the run.
    calls: Calls,
    /// The approvals that it waits for.
    asking: Vec<Seq>,
    /// What was decided about its calls.
    verdicts: Verdicts,
    /// What its attempt is told again of time and chance, if it has waited for a person.
    moment: Option<Moment>,
}

/// The run's own time limit.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Clock {
    /// It has none, or none any more.
    Off,
    /// Its timer.
    Running(Seq),
    /// It only waits for a person, and so much is left.
    Stopped(Duration),
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
    /// A new run of a workflow, whose graph is called `revision`.
    pub fn start(start: Start, workflow: Arc<Workflow>, revision: Revision, now: Timestamp) -> (Run, Commit) {
        let Start { id, payload, key, alias, session, continues, parent } = start;
        let (continues, state) = continues.unzip();
        let name = workflow.name.as_str().into();
        let forked = None;
        let about = About { workflow: name, revision, key, alias, session, continues, parent, forked };
        let mut run = Run::empty(id, workflow, state.unwrap_or_default().taken_over());
        let commit = Decision::of(&mut run, now).start(Arc::new(about), payload);
        (run, commit)
    }

    /// The run that these rows tell of. `before` is the state of the run that it continues, if it
    /// continues one.
    pub fn fold(
        id: RunId,
        workflow: Arc<Workflow>,
        before: State,
        records: impl IntoIterator<Item = Record>,
    ) -> Result<Run, FoldError> {
        let mut run = Run::empty(id, workflow, before.taken_over());
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

    /// A call is about to leave an attempt; what becomes of it, and the commit that has to be written
    /// before it goes where it may be made once at most. `window` is that of the call's rule.
    pub fn leave(
        &mut self,
        delivery: DeliveryId,
        intent: &Intent,
        window: &mut Window,
        now: Timestamp,
    ) -> (Leave, Commit) {
        Decision::of(self, now).leave(delivery, intent, window)
    }

    /// Takes in what came of a call that left.
    pub fn effect_ended(
        &mut self,
        delivery: DeliveryId,
        call: &CallId,
        ending: Ending,
        now: Timestamp,
    ) -> Commit {
        Decision::of(self, now).effect_ended(delivery, call, ending)
    }

    /// Takes in that a call was not allowed.
    pub fn denied(&mut self, delivery: DeliveryId, denial: Denial, now: Timestamp) -> Commit {
        Decision::of(self, now).denied(delivery, denial)
    }

    /// Takes in what came from outside.
    pub fn signal(&mut self, signal: Signal, now: Timestamp) -> Commit {
        let decision = Decision::of(self, now);
        match signal {
            Signal::TimersDue => decision.timers_due(),
            Signal::Answer { question, payload, by } => decision.answer(question, payload, by),
            Signal::TakenUp => decision.taken_up(),
            Signal::ChildStarted { delivery, run } => decision.child_started(delivery, run),
            Signal::ChildCancelled { run } => decision.child_cancelled(run),
            Signal::ParentTold => decision.parent_told(),
            Signal::Cancel => decision.cancel(),
            Signal::Pause { by } => decision.pause(by),
            Signal::Resume => decision.resume(),
            Signal::Retry { delivery, by } => decision.retry(delivery, by),
            Signal::Skip { delivery, events, by } => decision.skip(delivery, events, by),
            Signal::Fail { delivery, by } => decision.give_up(delivery, by),
            Signal::Resolve { effect, how, by } => decision.resolve(effect, how, by),
            Signal::Decide { approval, verdict, by } => decision.decide(approval, verdict, by),
            Signal::Inject { event, payload, step } => decision.inject(event, payload, step),
        }
    }
}
