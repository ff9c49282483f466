//! What a run decides: the rows of its journal, each a decision and never something to derive.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::event::{Json, Timestamp};
use crate::outcome::Failure;
use crate::workflow::{EventId, HandlerId, Home, Port};

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
        /// The scope whose gather waits for it; scope 0 is the run's own timeout.
        scope: Seq,
    },
    /// A timer fired.
    TimerFired {
        /// Which timer.
        timer: Seq,
    },
}

/// What brought an event forth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The delivery whose attempt emitted it.
    pub delivery: Seq,
    /// Which attempt.
    pub attempt: u32,
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
    /// Its outcome was committed.
    Done,
    /// It failed for good.
    Failed,
}

/// The status of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// A delivery is ready, running or backing off.
    Running,
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
    /// Whether nothing will move the run any more.
    pub fn is_end(self) -> bool {
        matches!(self, Status::Completed | Status::Failed | Status::TimedOut | Status::Cancelled)
    }

    /// The word that people and the journal use.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Running => "running",
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
