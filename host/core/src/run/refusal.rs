//! What a run refuses of what is asked of it from outside, and why: looked at before anything is
//! decided, so that a refusal changes nothing.

use std::sync::Arc;

use super::{
    ApprovalId, Closed, Decided, DeliveryId, EffectId, Judged, QuestionId, Run, RunId, Signal, Status,
    Verdict,
};
use crate::event::{Json, Timestamp};

/// What is asked can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admitted {
    /// It will change the run.
    New,
    /// It was done before, and is not done again.
    Same,
}

/// What is asked cannot be done.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The run has ended.
    #[error("run {run} has ended: it is {status}")]
    Ended {
        /// Which run.
        run: RunId,
        /// How.
        status: Status,
    },
    /// The run never asked it.
    #[error("run {run} has no question {question}; `lockstep ask ls` lists the open ones")]
    UnknownQuestion {
        /// Which run.
        run: RunId,
        /// Which question.
        question: QuestionId,
    },
    /// Somebody has given another answer.
    #[error("question {run}.{question} was answered before{}, with {first}", .by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default())]
    Answered {
        /// Which run.
        run: RunId,
        /// Which question.
        question: QuestionId,
        /// The first answer.
        first: Json,
        /// Whose it was.
        by: Option<Arc<str>>,
        /// When it came.
        at: Timestamp,
    },
    /// There is no such delivery, or it is done.
    #[error("run {run} has no open delivery {delivery}; `lockstep runs show {run}` lists them")]
    UnknownDelivery {
        /// Which run.
        run: RunId,
        /// Which delivery.
        delivery: DeliveryId,
    },
    /// It needs no help to be attempted.
    #[error("delivery {delivery} of run {run} is neither parked nor backs off; it will be attempted anyway")]
    NotRetried {
        /// Which run.
        run: RunId,
        /// Which delivery.
        delivery: DeliveryId,
    },
    /// A person decides before it is attempted again.
    #[error(
        "delivery {delivery} of run {run} has a call that may be made once at most, and nobody knows what came of it: `{what}`; find out, then say it with `lockstep runs resolve {run} --delivery {delivery}` and `--done JSON`, `--not-made` or `--fail`"
    )]
    UnknownEffect {
        /// Which run.
        run: RunId,
        /// Which delivery.
        delivery: DeliveryId,
        /// What was called.
        what: String,
    },
    /// Nobody has to decide about it.
    #[error(
        "effect {effect} of run {run} waits for no decision; `lockstep runs show {run}` lists those that do"
    )]
    NotUnknown {
        /// Which run.
        run: RunId,
        /// Which effect.
        effect: EffectId,
    },
    /// A person decides before it is attempted again.
    #[error(
        "delivery {delivery} of run {run} waits for a person to decide about `{what}`; `lockstep ask ls` has it, `lockstep approve` and `lockstep refuse` decide"
    )]
    AwaitsApproval {
        /// Which run.
        run: RunId,
        /// Which delivery.
        delivery: DeliveryId,
        /// What it wants to call.
        what: Arc<str>,
    },
    /// Nobody was asked that.
    #[error("run {run} has no approval {approval}; `lockstep ask ls` lists what waits for a person")]
    UnknownApproval {
        /// Which run.
        run: RunId,
        /// Which approval.
        approval: ApprovalId,
    },
    /// Somebody has decided otherwise, or nobody has in time.
    #[error("{run}.{approval} was decided before{}: it is {}", .by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default(), word(*.how))]
    Decided {
        /// Which run.
        run: RunId,
        /// Which approval.
        approval: ApprovalId,
        /// What was decided.
        how: Decided,
        /// Who did.
        by: Option<Arc<str>>,
    },
    /// Only a paused run is resumed.
    #[error("run {run} is not paused: it is {status}")]
    NotPaused {
        /// Which run.
        run: RunId,
        /// What it is.
        status: Status,
    },
    /// It came too late.
    #[error("question {run}.{question} was open only until its deadline, which has passed")]
    Expired {
        /// Which run.
        run: RunId,
        /// Which question.
        question: QuestionId,
    },
    /// Nobody needs its answer any more.
    #[error("question {run}.{question} needs no answer any more: what asked it has ended")]
    Withdrawn {
        /// Which run.
        run: RunId,
        /// Which question.
        question: QuestionId,
    },
}

impl Refusal {
    /// A short stable word, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::Ended { .. } => "ended",
            Refusal::UnknownQuestion { .. } => "unknown-question",
            Refusal::UnknownDelivery { .. } => "unknown-delivery",
            Refusal::NotRetried { .. } => "not-retried",
            Refusal::UnknownEffect { .. } => "unknown-effect",
            Refusal::NotUnknown { .. } => "not-unknown",
            Refusal::AwaitsApproval { .. } => "awaits-approval",
            Refusal::UnknownApproval { .. } => "unknown-approval",
            Refusal::Decided { .. } => "decided",
            Refusal::NotPaused { .. } => "not-paused",
            Refusal::Answered { .. } => "answered",
            Refusal::Expired { .. } => "expired",
            Refusal::Withdrawn { .. } => "withdrawn",
        }
    }
}

impl Run {
    /// Whether a signal can do now what it is for.
    pub fn admits(&self, signal: &Signal) -> Result<Admitted, Refusal> {
        let (run, status) = (self.id.clone(), self.status());
        match signal {
            Signal::Answer { question, payload, .. } => self.admits_answer(*question, payload),
            Signal::Cancel if status == Status::Cancelled => Ok(Admitted::Same),
            Signal::TimersDue | Signal::TakenUp | Signal::ParentTold => Ok(Admitted::New),
            Signal::ChildStarted { .. } | Signal::ChildCancelled { .. } => Ok(Admitted::New),
            _ if status.is_end() => Err(Refusal::Ended { run, status }),
            Signal::Pause { .. } if status == Status::Paused => Ok(Admitted::Same),
            Signal::Resume if status != Status::Paused => Err(Refusal::NotPaused { run, status }),
            Signal::Retry { delivery, .. }
            | Signal::Skip { delivery, .. }
            | Signal::Fail { delivery, .. } => {
                self.admits_help(*delivery, matches!(signal, Signal::Retry { .. }))
            }
            Signal::Resolve { effect, .. } => self.admits_resolution(*effect),
            Signal::Decide { approval, verdict, .. } => self.admits_verdict(*approval, verdict),
            Signal::Cancel | Signal::Pause { .. } | Signal::Resume | Signal::Inject { .. } => {
                Ok(Admitted::New)
            }
        }
    }

    fn admits_help(&self, delivery: DeliveryId, is_retry: bool) -> Result<Admitted, Refusal> {
        let run = self.id.clone();
        let mut unknown = self.unknown_effects().filter(|unknown| is_retry && unknown.delivery == delivery);
        if let Some(unknown) = unknown.next() {
            return Err(Refusal::UnknownEffect { run, delivery, what: unknown.what.to_owned() });
        }
        if let Some((_, open)) =
            self.approvals().find(|(_, approval)| is_retry && approval.delivery == delivery)
        {
            return Err(Refusal::AwaitsApproval { run, delivery, what: open.what.clone() });
        }
        match self.deliveries.contains_key(&delivery) {
            false => Err(Refusal::UnknownDelivery { run, delivery }),
            true if is_retry && !self.can_be_retried(delivery) => Err(Refusal::NotRetried { run, delivery }),
            true => Ok(Admitted::New),
        }
    }

    fn admits_resolution(&self, effect: EffectId) -> Result<Admitted, Refusal> {
        match self.delivery_of_unknown(effect) {
            Some(_) => Ok(Admitted::New),
            None => Err(Refusal::NotUnknown { run: self.id.clone(), effect }),
        }
    }

    fn admits_verdict(&self, approval: ApprovalId, verdict: &Verdict) -> Result<Admitted, Refusal> {
        let run = self.id.clone();
        let is_same = |judged: &Judged| match verdict {
            Verdict::Approve { arguments, .. } => {
                judged.how == Decided::Approved && judged.arguments == *arguments
            }
            Verdict::Refuse { .. } => judged.how == Decided::Refused,
        };
        match self.judged.get(&approval) {
            None if self.approvals.contains_key(&approval) => Ok(Admitted::New),
            None => Err(Refusal::UnknownApproval { run, approval }),
            Some(judged) if is_same(judged) => Ok(Admitted::Same),
            Some(judged) => Err(Refusal::Decided { run, approval, how: judged.how, by: judged.by.clone() }),
        }
    }

    /// Whether a delivery waits, for an operator or for a time.
    pub(super) fn can_be_retried(&self, id: DeliveryId) -> bool {
        let backs_off = |until| self.waking.contains(&(until, id));
        let until = self.deliveries.get(&id).and_then(|delivery| delivery.until);
        self.parked.contains(&id) || until.is_some_and(backs_off)
    }

    fn admits_answer(&self, question: QuestionId, payload: &Json) -> Result<Admitted, Refusal> {
        let run = self.id.clone();
        match self.closed.get(&question) {
            None if self.questions.contains_key(&question) => Ok(Admitted::New),
            None => Err(Refusal::UnknownQuestion { run, question }),
            Some(Closed::Answered { payload: first, .. }) if same(first, payload) => Ok(Admitted::Same),
            Some(Closed::Answered { at, by, payload: first }) => {
                Err(Refusal::Answered { run, question, first: first.clone(), by: by.clone(), at: *at })
            }
            Some(Closed::Expired { .. }) => Err(Refusal::Expired { run, question }),
            Some(Closed::Withdrawn { .. }) => Err(Refusal::Withdrawn { run, question }),
        }
    }
}

/// Whether two texts say the same, however they are written.
fn same(one: &Json, two: &Json) -> bool {
    let value = |json: &Json| serde_json::from_str::<serde_json::Value>(json.as_str()).ok();
    one == two || value(one) == value(two)
}

fn word(how: Decided) -> &'static str {
    match how {
        Decided::Approved => "approved",
        Decided::Refused => "refused",
        Decided::Expired => "refused, since nobody decided in time",
    }
}
