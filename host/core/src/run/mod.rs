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
mod fork;
mod question;
mod refusal;
mod scope;
mod told;

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod workbench;

pub use change::{
    About, Cause, Change, DeliveryStatus, Forked, JoinInput, Parent, Parked, Place, Purpose, Record, Seq,
    Status, Unmatched,
};
pub use fork::{Fork, NoFork};
pub use question::{Closed, Open, QuestionId};
pub use refusal::{Admitted, Refusal};

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::event::{Json, Timestamp};
use crate::journal::{Commit, Summary};
use crate::outcome::{Failure, Outcome};
use crate::state::State;
use crate::workflow::{EventId, HandlerId, Revision, StepId, Workflow};

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

    /// The id of the run of `workflow` that this idempotency key names: always the same.
    pub fn keyed(workflow: &str, key: &str) -> RunId {
        let named = Sha256::new().chain_update(workflow).chain_update([0]).chain_update(key);
        RunId::of_digest(&named.finalize())
    }

    /// The id of the run that a delivery to a workflow begins; `nth` counts those that it began before.
    pub fn child(parent: &Parent, nth: u32) -> RunId {
        let named =
            Sha256::new().chain_update(parent.run.as_str()).chain_update(parent.delivery.0.to_be_bytes());
        RunId::of_digest(&named.chain_update(nth.to_be_bytes()).finalize())
    }

    fn of_digest(digest: &[u8]) -> RunId {
        RunId(digest[..13].iter().map(|byte| format!("{byte:02x}")).collect::<String>().into())
    }

    /// Takes over text that was a run's id.
    pub fn named(text: &str) -> RunId {
        RunId(text.into())
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

/// Which share of all names a name that is no run's id belongs to: the first byte of its digest.
pub fn partition_of(name: &str) -> u8 {
    Sha256::digest(name)[0]
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A delivery of a run: the sequence number of the row that made it.
pub type DeliveryId = Seq;

/// A delivery that is not done.
#[derive(Clone, Debug)]
pub struct OpenDelivery<'r> {
    /// Which.
    pub id: DeliveryId,
    /// Whom it is for.
    pub handler: HandlerId,
    /// When it came to be.
    pub since: Timestamp,
    /// Attempts that have failed.
    pub attempts: u32,
    /// When it is tried again, if it backs off.
    pub until: Option<Timestamp>,
    /// Why it waits for an operator, if it does.
    pub parked: Option<Parked>,
    /// Why its last attempt failed.
    pub failure: Option<&'r Failure>,
}

/// How a run begins.
#[derive(Clone, Debug)]
pub struct Start {
    /// Its id.
    pub id: RunId,
    /// Its start event, whose value was checked at the door.
    pub payload: Json,
    /// The key under which a second start finds it.
    pub key: Option<Arc<str>>,
    /// A name of ten characters by which others call it.
    pub alias: Option<Arc<str>>,
    /// The group of runs that it belongs to.
    pub session: Option<Arc<str>>,
    /// The ended run whose state it takes over, and that state.
    pub continues: Option<(RunId, State)>,
    /// The run that it is a child of.
    pub parent: Option<Parent>,
}

impl Start {
    /// A run like any other.
    pub fn new(id: RunId, payload: Json) -> Start {
        Start { id, payload, key: None, alias: None, session: None, continues: None, parent: None }
    }
}

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
    /// The newest row whose state it may see.
    pub as_of: Seq,
    /// The run's session.
    pub session: Option<Arc<str>>,
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
#[derive(Clone, Debug, PartialEq)]
pub enum Signal {
    /// The time of at least one timer, deadline or back-off has come.
    TimersDue,
    /// Somebody answers a question, with a value that was checked at the door.
    Answer {
        /// Which question.
        question: QuestionId,
        /// The answer.
        payload: Json,
        /// Who answers.
        by: Option<Arc<str>>,
    },
    /// The host that had the run is gone, and another one takes it up.
    TakenUp,
    /// A run is on its way that does the work of a delivery to a workflow.
    ChildStarted {
        /// Which delivery.
        delivery: DeliveryId,
        /// That run.
        run: RunId,
    },
    /// A child that nobody needs any more was told so, or is not there.
    ChildCancelled {
        /// Which run.
        run: RunId,
    },
    /// The run that this one is a child of knows how it ended.
    ParentTold,
    /// Somebody wants it to end.
    Cancel,
    /// Somebody wants it to stand still.
    Pause {
        /// Who.
        by: Option<Arc<str>>,
    },
    /// Somebody lets it go on.
    Resume,
    /// An operator lets a delivery be attempted again that is parked or backs off.
    Retry {
        /// Which delivery.
        delivery: DeliveryId,
        /// Who.
        by: Option<Arc<str>>,
    },
    /// An operator does a delivery's work: these events come instead of what it would emit.
    Skip {
        /// Which delivery.
        delivery: DeliveryId,
        /// The events; each is one element, where the handler returns a list.
        events: Vec<(EventId, Json)>,
        /// Who.
        by: Option<Arc<str>>,
    },
    /// An operator gives a delivery up.
    Fail {
        /// Which delivery.
        delivery: DeliveryId,
        /// Who.
        by: Option<Arc<str>>,
    },
    /// An operator puts an event in; it lies in the run itself, outside all branches.
    Inject {
        /// Its type.
        event: EventId,
        /// Its value, checked at the door.
        payload: Json,
        /// The step that it is for, if it takes it; else for all that do.
        step: Option<StepId>,
    },
}

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
            Signal::Inject { event, payload, step } => decision.inject(event, payload, step),
        }
    }

    /// Deliveries that may be attempted now and are not, step by step, oldest first in each.
    pub fn ready(&self) -> impl Iterator<Item = (DeliveryId, HandlerId)> + '_ {
        let all = self.ready.iter().filter(|(_, id)| self.may_begin(*id));
        all.map(|(_, id)| (*id, self.deliveries[id].handler))
    }

    /// The steps that have such deliveries, each with its oldest. The cost is that of the steps,
    /// however many deliveries are ready.
    pub fn ready_steps(&self) -> impl Iterator<Item = (StepId, DeliveryId)> + '_ {
        let mut next = self.ready.first().copied();
        let firsts = std::iter::from_fn(move || {
            let (step, id) = next?;
            next = self.ready.range((StepId(step.0 + 1), Seq(0))..).next().copied();
            Some((step, id))
        });
        let alone = self.alone.first().and_then(|id| Some((self.step_of(*id)?, *id)));
        let all = if self.alone.is_empty() { usize::MAX } else { 0 };
        let in_turn = firsts.take(all).chain(alone.filter(|next| self.ready.contains(next)));
        in_turn.filter(|(_, id)| self.may_begin(*id))
    }

    /// Whether the run as a whole lets a ready delivery be attempted now: it is not held by anybody,
    /// and nobody has to be attempted alone before.
    fn may_begin(&self, delivery: DeliveryId) -> bool {
        let is_in_turn = match self.alone.first() {
            Some(first) => *first == delivery && self.out.is_empty(),
            None => true,
        };
        self.decided == Status::Running && is_in_turn
    }

    /// Whether what an attempt at a delivery read was changed under it.
    pub fn was_disturbed(&self, delivery: DeliveryId) -> bool {
        self.conflicts.contains_key(&delivery)
    }

    /// Takes a ready delivery out to be attempted; `None` if it is not ready. If there is a commit
    /// beside the work, it is written before the attempt begins.
    pub fn begin(&mut self, delivery: DeliveryId, now: Timestamp) -> Option<(Work, Option<Commit>)> {
        if !self.may_begin(delivery) || !self.unready(delivery) {
            return None;
        }
        self.out.insert(delivery);
        let is_careful = self.careful.remove(&delivery);
        let first = is_careful.then(|| Decision::of(self, now).began(delivery));
        Some((self.work(delivery), first))
    }

    /// Takes over from the same run in memory, of which this one was read back, what the journal
    /// does not know: what is being attempted, and how often what was disturbed.
    pub fn take_over(&mut self, before: &Run) {
        for id in before.out.iter().copied().filter(|id| before.deliveries.contains_key(id)) {
            self.unready(id);
            self.out.insert(id);
            if let Some(until) = self.deliveries.get(&id).and_then(|delivery| delivery.until) {
                self.waking.remove(&(until, id));
            }
        }
        self.conflicts = before.conflicts.clone();
        self.alone = before.alone.clone();
        self.careful = before.careful.clone();
    }

    fn make_ready(&mut self, id: DeliveryId) {
        if let Some(step) = self.step_of(id) {
            self.ready.insert((step, id));
        }
    }

    /// It is not ready any more; whether it was.
    fn unready(&mut self, id: DeliveryId) -> bool {
        self.step_of(id).is_some_and(|step| self.ready.remove(&(step, id)))
    }

    fn step_of(&self, id: DeliveryId) -> Option<StepId> {
        self.deliveries.get(&id).map(|delivery| self.workflow.handler(delivery.handler).step)
    }

    /// Nothing is known of its attempts any more but what the journal knows.
    fn forget_attempts(&mut self, id: DeliveryId) {
        self.out.remove(&id);
        self.conflicts.remove(&id);
        self.alone.remove(&id);
        self.careful.remove(&id);
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
            as_of: self.last,
            session: self.about.session.clone(),
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

    /// Its status: what was decided, or what follows from what is open in it.
    pub fn status(&self) -> Status {
        let moves = self.deliveries.len() > self.parked.len() + self.children.len();
        let waits = !(self.questions.is_empty() && self.named.is_empty() && self.children.is_empty());
        match self.decided {
            Status::Running if !moves && waits => Status::Waiting,
            Status::Running if !moves && !self.parked.is_empty() => Status::Parked,
            decided => decided,
        }
    }

    /// Why it has this status, where the word alone does not say.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The stop event that ended it, with its value.
    pub fn result(&self) -> Option<&(EventId, Json)> {
        self.result.as_ref()
    }

    /// What its steps remember.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Its deliveries that are not done, the oldest first.
    pub fn open(&self) -> impl Iterator<Item = OpenDelivery<'_>> {
        self.deliveries.iter().map(|(id, delivery)| OpenDelivery {
            id: *id,
            handler: delivery.handler,
            since: delivery.since,
            attempts: delivery.attempts + delivery.host_failures,
            until: delivery.until.filter(|until| self.waking.contains(&(*until, *id))),
            parked: delivery.parked,
            failure: delivery.failure.as_ref(),
        })
    }

    /// The timers that its steps have set: whose, under what name, and when they fire.
    pub fn timers(&self) -> impl Iterator<Item = (StepId, &str, Timestamp)> {
        self.timers.values().filter_map(|(at, purpose)| match purpose {
            Purpose::Step { step, name, .. } => Some((*step, &**name, *at)),
            Purpose::Run | Purpose::Gather { .. } => None,
        })
    }

    /// The runs that do the work of its deliveries to workflows.
    pub fn children(&self) -> impl Iterator<Item = (DeliveryId, &RunId)> {
        self.children.iter().map(|(delivery, run)| (*delivery, run))
    }

    /// Whether another run has to learn of it: its parent of its end, or a child that nobody needs.
    pub fn owes_news(&self) -> bool {
        !self.orphans.is_empty() || self.news().is_some()
    }

    /// Whom it has to tell that it has ended.
    pub fn news(&self) -> Option<&Parent> {
        self.about.parent.as_ref().filter(|_| self.decided.is_end() && !self.parent_told)
    }

    /// Children that nobody needs any more, and that do not know it yet.
    pub fn orphans(&self) -> impl Iterator<Item = &RunId> {
        self.orphans.iter()
    }

    /// The id of the run that does, or will do, the work of a delivery to a workflow.
    pub fn child_of(&self, delivery: DeliveryId) -> Option<(Parent, RunId)> {
        let nth = self.deliveries.get(&delivery)?.children;
        let parent = Parent { run: self.id.clone(), delivery };
        let id = RunId::child(&parent, nth);
        Some((parent, id))
    }

    /// The questions that wait for their answers.
    pub fn questions(&self) -> impl Iterator<Item = (QuestionId, &Open)> {
        self.questions.iter().map(|(id, open)| (*id, open))
    }

    /// How a question ended that waits no more.
    pub fn closed(&self, question: QuestionId) -> Option<&Closed> {
        self.closed.get(&question)
    }

    /// When it wants [`Signal::TimersDue`].
    pub fn wake_at(&self) -> Option<Timestamp> {
        let is_held = self.decided == Status::Paused;
        self.waking.first().map(|(at, _)| *at).filter(|_| !is_held)
    }

    /// What can be asked of it without reading its rows.
    pub fn summary(&self) -> Summary {
        let moves = self.decided == Status::Running && !(self.ready.is_empty() && self.out.is_empty());
        let moves = moves || self.owes_news();
        Summary {
            about: self.about.clone(),
            started_at: self.started_at,
            status: self.status(),
            changed_at: self.changed_at,
            wake_at: if moves { Some(Timestamp(0)) } else { self.wake_at() },
            asking: u32::try_from(self.questions.len()).unwrap_or(u32::MAX),
            parked: u32::try_from(self.parked.len()).unwrap_or(u32::MAX),
        }
    }

    /// What was known of it from its beginning.
    pub fn about(&self) -> &Arc<About> {
        &self.about
    }

    /// The number of its newest row.
    pub fn last(&self) -> Seq {
        self.last
    }
}
