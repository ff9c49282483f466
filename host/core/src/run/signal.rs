//! What goes into a run and comes out of it: how it begins, what moves it from outside, and the work that
//! it gives.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ApprovalId, DeliveryId, EffectId, Parent, QuestionId, RunId, Seq};
use crate::effect::Moment;
use crate::event::{Json, Timestamp};
use crate::state::State;
use crate::workflow::{EventId, HandlerId, StepId};

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
    /// What it is told of time and chance, where it goes on after a person has decided.
    pub moment: Option<Moment>,
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
    /// A person says what came of a call that nobody knows of.
    Resolve {
        /// Which effect.
        effect: EffectId,
        /// What.
        how: Resolution,
        /// Who.
        by: Option<Arc<str>>,
    },
    /// A person says whether a call may leave.
    Decide {
        /// Which approval.
        approval: ApprovalId,
        /// What.
        verdict: Verdict,
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

/// What a person decides of a call of which nobody knows what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resolution {
    /// It was made, and this is its answer: the next attempt gets it.
    Done(Json),
    /// It was not made: the next attempt makes it.
    NotMade,
    /// Whatever it was, its delivery has failed for good.
    Fail,
}

/// What a person decides of a call that waits for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It may leave.
    Approve {
        /// With these arguments instead of the guest's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arguments: Option<Json>,
        /// What was added to the grant, so that nobody is asked again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rule: Option<Arc<str>>,
    },
    /// It may not.
    Refuse {
        /// Why not: the guest is told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Arc<str>>,
    },
}
