//! A run, looked at: its status, what is open in it, and what can be said of it without its rows.

use std::sync::Arc;

use super::{About, Closed, DeliveryId, Open, Parent, Parked, Purpose, QuestionId, Run, RunId, Seq, Status};
use crate::event::{Json, Timestamp};
use crate::journal::Summary;
use crate::outcome::Failure;
use crate::state::State;
use crate::workflow::{EventId, HandlerId, StepId, Workflow};

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

impl Run {
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
        let asks = !(self.questions.is_empty() && self.approvals.is_empty());
        let waits = asks || !(self.named.is_empty() && self.children.is_empty());
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

    /// The step that an open delivery is for.
    pub fn step_name(&self, delivery: DeliveryId) -> Option<&str> {
        self.step_of(delivery).map(|step| self.workflow.step(step).name.as_str())
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

    /// When it wants [`Signal::TimersDue`](super::Signal::TimersDue).
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
            asking: u32::try_from(self.questions.len() + self.approvals.len()).unwrap_or(u32::MAX),
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
