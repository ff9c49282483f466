//! Questions of a run: what a person is asked, and how each ended.

use std::sync::Arc;

use super::{Place, Seq};
use crate::event::{Json, Timestamp};
use crate::workflow::{EventId, StepId};

/// A question of a run: the number of the row that asked it. People write it with its run:
/// `RUN.NUMBER`.
pub type QuestionId = Seq;

/// A question that waits for its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Open {
    /// The row of the event that asks.
    pub(super) row: Seq,
    /// The type of that event.
    pub event: EventId,
    /// Its value.
    pub payload: Json,
    /// Whose event it is.
    pub step: Option<StepId>,
    pub(super) place: Place,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// Until when it may be answered.
    pub deadline: Option<Timestamp>,
}

/// How a question ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Closed {
    /// It was answered.
    Answered {
        /// When.
        at: Timestamp,
        /// By whom, if that is known.
        by: Option<Arc<str>>,
        /// With what.
        payload: Json,
    },
    /// Nobody answered in time.
    Expired {
        /// When.
        at: Timestamp,
    },
    /// Its scope or run ended first.
    Withdrawn {
        /// When.
        at: Timestamp,
    },
}
