//! What an attempt did: the one value that comes back from the sandbox.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::blob::Digest;
use crate::event::{Json, Timestamp};
use crate::state::{Reads, Write};
use crate::workflow::EventId;

/// What one attempt at a delivery did.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The handler returned; this is what it wants done.
    Emitted(Emitted),
    /// The handler could not handle its event, or was not allowed to go on.
    Failed(Failure),
    /// The attempt never counted.
    Interrupted(Interruption),
}

/// Everything that a successful attempt wants: taken over whole, or not at all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Emitted {
    /// Its events, in the handler's order.
    pub events: Vec<Emission>,
    /// What it has read of the run's state.
    pub reads: Reads,
    /// What it changes of the run's state, in its order.
    pub writes: Vec<Write>,
    /// What it wants of its timers, in its order.
    pub timers: Vec<TimerWish>,
    /// What it told whoever watches the run, in its order.
    pub updates: Vec<Update>,
    /// The bytes it put, in its order, each once.
    pub blobs: Vec<Blob>,
}

/// Nothing but events.
impl From<Vec<Emission>> for Emitted {
    fn from(events: Vec<Emission>) -> Emitted {
        Emitted { events, ..Emitted::default() }
    }
}

/// Why an attempt was interrupted; no interruption costs an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// Shutdown, cut, lost lease.
    Stopped,
    /// It read state that another attempt has changed since it began.
    Conflict,
    /// The rate of a rule lets no call leave before.
    NotBefore(Timestamp),
    /// A call that may be made once at most went out, and nobody knows what came of it: a person decides.
    UnknownEffect,
    /// A person is asked whether a call may be let go.
    Approval,
    /// It asked for one call after the other, and made none of those that were approved.
    Unsteady,
}

/// What a step asks of one of its timers, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimerWish {
    /// Fire so long after the commit; one of the same name is replaced.
    Set {
        /// The step's name for it.
        name: Arc<str>,
        /// How long after.
        after: Duration,
    },
    /// Do not fire; one that is not set is no error.
    Cancel {
        /// The step's name for it.
        name: Arc<str>,
    },
}

/// An item for whoever watches the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The step's name for what it is: `token`, `progress`.
    pub name: Arc<str>,
    /// Its value.
    pub item: Json,
}

/// Bytes that an attempt put, to be read by reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Their name.
    pub digest: Digest,
    /// They themselves.
    pub bytes: Arc<[u8]>,
}

/// One event that an attempt emitted.
#[derive(Clone, Debug, PartialEq)]
pub struct Emission {
    /// The workflow's event type.
    pub event: EventId,
    /// Which element of the handler's list it was; 0 if the handler does not return a list.
    pub element: u32,
    /// The value, in the keys of the workflow's event.
    pub payload: Json,
}

/// Why an attempt failed. Told apart by class; the code is stable, the message is for people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// Decides whether another attempt is made.
    pub class: Class,
    /// Short and stable: `card-declined`, `cpu`, `memory`, `panic`.
    pub code: String,
    /// What happened, for people.
    pub message: String,
    /// The step's own wish when to try again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Duration>,
    /// What the step adds for programs to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Json>,
}

/// The classes of failure; `retry.on` in workflow.toml uses these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// The step says that another attempt may succeed.
    Transient,
    /// The step says that no attempt will help.
    Permanent,
    /// The guest trapped: a panic, an unreachable, an access outside its memory.
    Trap,
    /// The wall-clock limit of the attempt.
    Timeout,
    /// cpu, memory, output: a bound that the host holds.
    Limit,
    /// A call that the grant does not allow.
    Denied,
    /// Its output broke a rule, or its input does not fit it.
    Invalid,
    /// The host's own fault.
    Host,
}

impl Class {
    /// All classes, in the order the documentation lists them.
    pub const ALL: [Class; 8] = [
        Class::Transient,
        Class::Permanent,
        Class::Trap,
        Class::Timeout,
        Class::Limit,
        Class::Denied,
        Class::Invalid,
        Class::Host,
    ];

    /// The word that configuration, journal and people use.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Transient => "transient",
            Class::Permanent => "permanent",
            Class::Trap => "trap",
            Class::Timeout => "timeout",
            Class::Limit => "limit",
            Class::Denied => "denied",
            Class::Invalid => "invalid",
            Class::Host => "host",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
