//! The heart: the routing state of one run, moved by three functions that each give a commit:
//! [`Run::start`], [`Run::settle`], [`Run::signal`]. They are pure: values in, decisions out.
//!
//! Every decision is a [`Change`]; the one function that alters a run is `apply(&Change)`, whether
//! the change was just decided or is read back from the journal. So a folded run and a lived one
//! cannot differ.

mod change;

pub use change::{Cause, Change, DeliveryStatus, JoinInput, Place, Record, Seq, Status};

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::event::Json;
use crate::workflow::HandlerId;

/// The name of a run. Its first two hex digits are its partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(Arc<str>);

impl RunId {
    /// The id of a run of `workflow` drawn from 128 fresh random bits.
    pub fn fresh(workflow: &str, random: u128) -> RunId {
        use sha2::{Digest, Sha256};
        let digest = Sha256::new().chain_update(workflow).chain_update(random.to_be_bytes()).finalize();
        RunId(format!("{:02x}{:024x}", digest[0], random >> 32).into())
    }

    /// The id as people and the journal write it.
    pub fn as_str(&self) -> &str {
        &self.0
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
#[derive(Clone, Debug, PartialEq)]
pub enum Signal {
    /// The time of at least one timer has come.
    TimersDue,
    /// Somebody wants it to end.
    Cancel,
}
