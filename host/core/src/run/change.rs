//! What a run decides: the rows of its journal, each a decision and never something to derive.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::RunId;
use crate::blob::Digest;
use crate::effect::{CallId, Denial, Ended, Keep, Moment};
use crate::event::{Json, Timestamp};
use crate::outcome::Failure;
use crate::state::Op;
use crate::workflow::{EventId, HandlerId, Home, Port, Revision, StepId};

/// The number of a row in its run, from 1, without gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Where something lies: a branch of an open scope. Scope 0 is the run itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The row that opened the scope.
    pub scope: Seq,
    /// Which branch of it.
    pub branch: u32,
}

/// One row: a decision, its number and its time.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its number in the run.
    pub seq: Seq,
    /// When it was decided.
    pub at: Timestamp,
    /// What was decided.
    pub change: Change,
}

/// A decision about a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Change {
    /// The run began; its first row.
    Started(Arc<About>),
    /// The run's status from here on.
    Status {
        /// The word.
        status: Status,
        /// Why, for people, where the word alone does not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// An event came to be.
    Event {
        /// Its type in the workflow.
        event: EventId,
        /// Its full type name, for whoever reads the journal without the workflow.
        name: Arc<str>,
        /// Where it lies.
        place: Place,
        /// What brought it forth; none for the start event.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<Cause>,
        /// The joins that keep it until they fire.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        joins: Vec<JoinInput>,
        /// The joins that wanted it and had no scope for it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unmatched: Vec<HandlerId>,
        /// Its value; stored beside the row, never inside it.
        #[serde(skip)]
        payload: Option<Json>,
    },
    /// A delivery came to be, ready.
    Delivery {
        /// Whom it is for.
        handler: HandlerId,
        /// The step's name, for people.
        step: Arc<str>,
        /// The rows of the events it carries, in the order of the handler's parameters.
        inputs: Vec<Seq>,
        /// Where what it emits will lie.
        place: Place,
    },
    /// An attempt at a delivery ended.
    Attempt {
        /// Which delivery.
        delivery: Seq,
        /// Which try it was: 1 for the first.
        attempt: u32,
        /// What became of the delivery.
        status: DeliveryStatus,
        /// Why, if the attempt failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<Failure>,
    },
    /// An attempt is about to begin at a delivery that was in flight, or may have been, when the host
    /// last went down. Other attempts begin without a row.
    Began {
        /// Which delivery.
        delivery: Seq,
    },
    /// The host went down while such an attempt was out.
    Crashed {
        /// Which delivery.
        delivery: Seq,
    },
    /// An operator lets a delivery be attempted again, as if it never had been.
    Retried {
        /// Which delivery.
        delivery: Seq,
        /// Who did, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Arc<str>>,
    },
    /// An operator has done what a delivery was for, by events of his own or none.
    PassedOver {
        /// Which delivery.
        delivery: Seq,
        /// Who did, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Arc<str>>,
    },
    /// A delivery is for a workflow, and a run of that is on its way.
    ChildStarted {
        /// Which delivery.
        delivery: Seq,
        /// That run.
        run: RunId,
    },
    /// A child that nobody needs any more was told so.
    ChildCancelled {
        /// Which run.
        run: RunId,
    },
    /// The run that this one is a child of was told how it ended.
    ParentTold,
    /// A delivery will not be attempted again, because its scope or run ended.
    Cut {
        /// Which delivery.
        delivery: Seq,
    },
    /// An attempt came back after its delivery had been cut; nothing of it counts.
    Late {
        /// Which delivery.
        delivery: Seq,
    },
    /// A scope opened; its number is this row's.
    Opened {
        /// What opened it.
        home: Home,
        /// Where the opener's delivery lay, and where gathers of this scope emit.
        parent: Place,
        /// How many branches it begins with.
        branches: u32,
    },
    /// A branch of a scope failed for good, and the scope goes on without it.
    Skipped {
        /// Which scope.
        scope: Seq,
    },
    /// A scope ended: all its branches did, or a join fired early.
    Closed {
        /// Which scope.
        scope: Seq,
        /// What its joins could not use.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unmatched: Vec<Unmatched>,
    },
    /// A timer was set; its number is this row's.
    TimerSet {
        /// When it fires.
        at: Timestamp,
        /// What for.
        purpose: Purpose,
    },
    /// A timer fired.
    TimerFired {
        /// Which timer.
        timer: Seq,
    },
    /// A timer will not fire.
    TimerCancelled {
        /// Which timer.
        timer: Seq,
    },
    /// A person is asked; the question's number is this row's.
    Asked {
        /// The event that asks.
        event: Seq,
        /// Whose event it is: its answer goes there, where no type says more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<StepId>,
        /// Where its answer will lie.
        place: Place,
        /// How long it stays open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<Timestamp>,
    },
    /// A question was answered.
    Answered {
        /// Which question.
        question: Seq,
        /// By whom, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Arc<str>>,
        /// The answer; stored beside the row.
        #[serde(skip)]
        payload: Option<Json>,
    },
    /// Nobody answered a question in time.
    Expired {
        /// Which question.
        question: Seq,
    },
    /// A question needs no answer any more, because its scope or run ended.
    Withdrawn {
        /// Which question.
        question: Seq,
    },
    /// A key of the run's state changed.
    State {
        /// The delivery whose attempt wrote it.
        delivery: Seq,
        /// Which key.
        key: Arc<str>,
        /// What was done to it.
        #[serde(flatten)]
        op: Op,
        /// What it was done with; stored beside the row.
        #[serde(skip)]
        payload: Option<Json>,
    },
    /// An item for whoever watches the run.
    Update {
        /// The delivery whose attempt published it.
        delivery: Seq,
        /// Which attempt.
        attempt: u32,
        /// What the step calls it.
        name: Arc<str>,
        /// Its value; stored beside the row.
        #[serde(skip)]
        payload: Option<Json>,
    },
    /// Bytes came to be, to be read by reference.
    Blob {
        /// The delivery whose attempt put them.
        delivery: Seq,
        /// Their name.
        digest: Digest,
        /// How many there are.
        size: u64,
        /// They themselves, on their way to the journal; a row that comes back is without them.
        #[serde(skip)]
        bytes: Option<Arc<[u8]>>,
    },
    /// A call that leaves the run was let go; the effect's number is this row's.
    EffectStarted {
        /// The delivery whose attempt makes it.
        delivery: Seq,
        /// Which attempt.
        attempt: u32,
        /// The step's name, for people and for rates.
        step: Arc<str>,
        /// Which call of the delivery.
        call: CallId,
        /// The capability, as denials name it.
        capability: Arc<str>,
        /// What is asked, for people, without any secret.
        what: Arc<str>,
        /// The rule that lets it through.
        rule: Arc<str>,
        /// Whether it may be made once at most.
        #[serde(default, skip_serializing_if = "is_false")]
        at_most_once: bool,
        /// The call of a tool that makes this one, if one does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<CallId>,
        /// How long its answer is kept.
        #[serde(default, skip_serializing_if = "Keep::is_no")]
        keep: Keep,
    },
    /// A call that was let go has ended, or a person has said how.
    EffectEnded {
        /// The delivery.
        delivery: Seq,
        /// Which effect.
        effect: Seq,
        /// How.
        how: Ended,
        /// The same for people.
        told: Arc<str>,
        /// The answer, where later attempts get it; stored beside the row.
        #[serde(skip)]
        payload: Option<Json>,
    },
    /// A person is asked whether a call may be let go; the approval's number is this row's.
    ApprovalAsked {
        /// The delivery whose attempt wants to make it.
        delivery: Seq,
        /// Which attempt.
        attempt: u32,
        /// The step's name, for people.
        step: Arc<str>,
        /// Which call of the delivery.
        call: CallId,
        /// The capability, as denials name it.
        capability: Arc<str>,
        /// What is asked, for people, without any secret.
        what: Arc<str>,
        /// The rule that it would go by.
        rule: Arc<str>,
        /// The call of a tool that makes this one, if one does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<CallId>,
        /// Why a person is asked.
        why: Arc<str>,
        /// How long it stays open.
        deadline: Timestamp,
        /// What the attempt is told again when it goes on.
        moment: Moment,
        /// What the call is made with, and what that has to fit; stored beside the row.
        #[serde(skip)]
        payload: Option<Json>,
    },
    /// Somebody has said whether a call may be let go, or nobody has in time.
    ApprovalDecided {
        /// Which approval.
        approval: Seq,
        /// The delivery.
        delivery: Seq,
        /// What was decided.
        how: Decided,
        /// Who did, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Arc<str>>,
        /// Why not, in that person's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Arc<str>>,
        /// What was added to the grant, so that nobody is asked again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rule: Option<Arc<str>>,
        /// The arguments that the person put in place of the guest's; stored beside the row.
        #[serde(skip)]
        payload: Option<Json>,
    },
    /// A call was not let go, because the grant does not allow it.
    Denied {
        /// The delivery whose attempt asked for it.
        delivery: Seq,
        /// Which attempt.
        attempt: u32,
        /// What was asked, and why not.
        #[serde(flatten)]
        denial: Denial,
    },
}

/// What is the rule is not written.
fn is_false(value: &bool) -> bool {
    !value
}

impl Change {
    /// The value that is stored beside the row, where there is one to store.
    pub fn payload(&self) -> Option<&Option<Json>> {
        match self {
            Change::Event { payload, .. }
            | Change::Answered { payload, .. }
            | Change::State { payload, .. }
            | Change::Update { payload, .. }
            | Change::EffectEnded { payload, .. }
            | Change::ApprovalAsked { payload, .. }
            | Change::ApprovalDecided { payload, .. } => Some(payload),
            _ => None,
        }
    }

    pub(crate) fn payload_mut(&mut self) -> Option<&mut Option<Json>> {
        match self {
            Change::Event { payload, .. }
            | Change::Answered { payload, .. }
            | Change::State { payload, .. }
            | Change::Update { payload, .. }
            | Change::EffectEnded { payload, .. }
            | Change::ApprovalAsked { payload, .. }
            | Change::ApprovalDecided { payload, .. } => Some(payload),
            _ => None,
        }
    }
}

/// What was decided about a call that a person was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decided {
    /// It may be let go.
    Approved,
    /// It may not.
    Refused,
    /// Nobody has said anything in time, so it may not.
    Expired,
}

/// What is known of a run from its beginning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The workflow's name.
    pub workflow: Arc<str>,
    /// The graph that it moves through to its end.
    pub revision: Revision,
    /// The key under which a second start finds this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Arc<str>>,
    /// A name of ten characters by which others call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<Arc<str>>,
    /// The group of runs that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Arc<str>>,
    /// The ended run whose state it took over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<RunId>,
    /// The run that it is a child of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// Where it left the run whose rows it begins with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked: Option<Forked>,
}

/// Where a fork left another run: up to there the rows of both are the same but for the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forked {
    /// That run.
    pub run: RunId,
    /// The last row that was taken over.
    pub at: Seq,
}

/// Whose child a run is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// That run.
    pub run: RunId,
    /// Its delivery that waits for this run's end.
    pub delivery: Seq,
}

/// What brought an event forth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "lowercase")]
pub enum Cause {
    /// An attempt emitted it.
    Attempt {
        /// At which delivery.
        delivery: Seq,
        /// Which attempt.
        attempt: u32,
    },
    /// Somebody answered a question, or nobody did in time.
    Question {
        /// Which question.
        question: Seq,
    },
    /// A timer fired.
    Timer {
        /// Which timer.
        timer: Seq,
    },
    /// An operator put it in.
    Operator,
}

/// What a timer is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "lowercase")]
pub enum Purpose {
    /// The run's own timeout.
    Run,
    /// A gather that waits no longer.
    Gather {
        /// Whose scope.
        scope: Seq,
    },
    /// A step asked for it.
    Step {
        /// Which step.
        step: StepId,
        /// The step's name for it: one of a name at a time, in each branch.
        name: Arc<str>,
        /// Where what it brings will lie.
        place: Place,
    },
}

/// A join that keeps an event until it fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinInput {
    /// Whose join.
    pub handler: HandlerId,
    /// Which parameter.
    pub port: Port,
    /// The scope in which it waits.
    pub scope: Seq,
    /// The branch of that scope that it came from.
    pub branch: u32,
}

/// Events that a join kept and could not use: halves that met no other, or a list without the
/// single event that belongs beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmatched {
    /// Whose join.
    pub handler: HandlerId,
    /// The rows of the events.
    pub events: Vec<Seq>,
}

/// What has become of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum DeliveryStatus {
    /// It may be attempted again from this time on.
    BackingOff {
        /// Not before.
        until: Timestamp,
    },
    /// It may be attempted again at once: the attempt was interrupted, and does not count.
    Interrupted,
    /// The same from this time on: the rate of a rule lets no call leave before.
    Postponed {
        /// Not before.
        until: Timestamp,
    },
    /// It waits for an operator, or for a new release.
    Parked {
        /// Why.
        why: Parked,
    },
    /// Its outcome was committed.
    Done,
    /// It failed for good.
    Failed,
}

/// Why a delivery waits for an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Parked {
    /// It failed for good, and its step says `exhausted = "park"`.
    Exhausted,
    /// It was in flight whenever the host went down.
    Poison,
    /// A call of it that may be made once at most went out, and nobody knows what came of it.
    UnknownEffect,
    /// A person decides whether a call of it may be let go.
    Approval,
    /// It asked for one call after the other, and made none of those that were approved.
    Unsteady,
}

impl Parked {
    /// The word that people and the journal use.
    pub fn as_str(self) -> &'static str {
        match self {
            Parked::Exhausted => "exhausted",
            Parked::Poison => "poison",
            Parked::UnknownEffect => "unknown-effect",
            Parked::Approval => "approval",
            Parked::Unsteady => "unsteady",
        }
    }
}

/// The status of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// A delivery is ready, running or backing off.
    Running,
    /// Only questions, approvals, timers or children can move it.
    Waiting,
    /// Nothing but deliveries that wait for an operator is left.
    Parked,
    /// Somebody holds it; nothing is attempted and no timer fires until it is resumed.
    Paused,
    /// Nothing is left that could bring a stop event.
    Stalled,
    /// A stop event came.
    Completed,
    /// A failure ended it.
    Failed,
    /// Its time was up.
    TimedOut,
    /// Somebody ended it.
    Cancelled,
}

impl Status {
    /// All statuses.
    pub const ALL: [Status; 9] = [
        Status::Running,
        Status::Waiting,
        Status::Parked,
        Status::Paused,
        Status::Stalled,
        Status::Completed,
        Status::Failed,
        Status::TimedOut,
        Status::Cancelled,
    ];

    /// The status of this word.
    pub fn named(word: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Whether nothing will move the run any more.
    pub fn is_end(self) -> bool {
        matches!(self, Status::Completed | Status::Failed | Status::TimedOut | Status::Cancelled)
    }

    /// The word that people and the journal use.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Running => "running",
            Status::Waiting => "waiting",
            Status::Parked => "parked",
            Status::Paused => "paused",
            Status::Stalled => "stalled",
            Status::Completed => "completed",
            Status::Failed => "failed",
            Status::TimedOut => "timed-out",
            Status::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
