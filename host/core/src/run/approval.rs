//! Approvals: calls that a person decides on before they leave. One that is open belongs to the run, like a
//! question; what was decided belongs to the delivery, by call, and holds for it whatever attempt or release
//! makes the call.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::apply::Applied;
use super::effects::MadeCall;
use super::{Change, Decided, DeliveryId, Parked, Record, Run, Seq};
use crate::effect::{CallId, Proposal};
use crate::event::{Json, Timestamp};

/// The number of the row that asked. People write it with its run, like a question's: `RUN.NUMBER`.
pub type ApprovalId = Seq;

/// A delivery that asked so often for a call that it did not make then is parked.
const UNSTEADY: usize = 3;

/// A call that a person is asked about.
#[derive(Clone, Debug, PartialEq)]
pub struct Approval {
    /// The delivery that waits.
    pub delivery: DeliveryId,
    /// The step's name.
    pub step: Arc<str>,
    /// Which call of the delivery.
    pub call: CallId,
    /// The capability.
    pub capability: Arc<str>,
    /// What is asked, for people.
    pub what: Arc<str>,
    /// The rule that it would go by.
    pub rule: Arc<str>,
    /// The call of a tool that makes this one, if one does: then the rule is of the tool's grant.
    pub within: Option<CallId>,
    /// Why a person is asked.
    pub why: Arc<str>,
    /// What the call is made with.
    pub proposal: Proposal,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// Until when somebody may decide.
    pub deadline: Timestamp,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// What.
    pub how: Decided,
    /// When.
    pub at: Timestamp,
    /// By whom, if that is known.
    pub by: Option<Arc<str>>,
    /// Why not, in that person's words.
    pub reason: Option<Arc<str>>,
    /// What the call is made with instead.
    pub arguments: Option<Json>,
}

/// What a delivery was told of its calls.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Verdicts(BTreeMap<CallId, Known>);

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Known {
    pub(super) approval: ApprovalId,
    pub(super) judged: Judged,
    /// The call has left since.
    made: bool,
}

impl Approval {
    /// What a row asks.
    pub(super) fn of(record: &Record) -> Result<Approval, &'static str> {
        let Change::ApprovalAsked {
            delivery,
            step,
            call,
            capability,
            what,
            rule,
            within,
            why,
            deadline,
            payload,
            ..
        } = record.change.clone()
        else {
            return Err("it asks nothing");
        };
        let proposal = payload.and_then(|payload| serde_json::from_str(payload.as_str()).ok());
        let proposal = proposal.ok_or("it does not say what the call is made with")?;
        let asked_at = record.at;
        Ok(Approval {
            delivery,
            step,
            call,
            capability,
            what,
            rule,
            within,
            why,
            proposal,
            asked_at,
            deadline,
        })
    }
}

impl Verdicts {
    pub(super) fn of(&self, call: &CallId) -> Option<&Known> {
        self.0.get(call)
    }

    pub(super) fn decided(&mut self, call: CallId, approval: ApprovalId, judged: Judged) {
        self.0.insert(call, Known { approval, judged, made: false });
    }

    pub(super) fn left(&mut self, call: &CallId) {
        if let Some(verdict) = self.0.get_mut(call) {
            verdict.made = true;
        }
    }

    /// Whether a person has answered often enough, in rows of the run's own, for calls that were not made
    /// then.
    pub(super) fn is_unsteady(&self, is_own: impl Fn(Seq) -> bool) -> bool {
        let in_vain = self.0.values().filter(|known| !known.made && is_own(known.approval));
        in_vain.count() >= UNSTEADY
    }

    /// An operator lets the delivery begin anew: what was not made may be asked again.
    pub(super) fn begin_anew(&mut self) {
        self.0.retain(|_, verdict| verdict.made);
    }
}

impl Run {
    /// The calls that a person is asked about, the oldest first.
    pub fn approvals(&self) -> impl Iterator<Item = (ApprovalId, &Approval)> {
        self.approvals.iter().map(|(id, approval)| (*id, approval))
    }

    /// What was decided about a call that nobody is asked about any more.
    pub fn judged(&self, approval: ApprovalId) -> Option<&Judged> {
        self.judged.get(&approval)
    }

    /// What the attempt has called already that waits for a person, and is not called again.
    pub fn calls_made(&self, delivery: DeliveryId) -> Vec<MadeCall<'_>> {
        let open = self.deliveries.get(&delivery);
        open.map(|delivery| delivery.calls.made(delivery.attempt())).unwrap_or_default()
    }

    /// Whether a person decides about a call of this delivery.
    pub(super) fn awaits_approval(&self, delivery: DeliveryId) -> bool {
        self.deliveries.get(&delivery).is_some_and(|delivery| !delivery.asking.is_empty())
    }

    /// Whether what was decided was decided for this run, and not for one that it was forked from.
    pub(super) fn is_own(&self, row: Seq) -> bool {
        self.about.forked.as_ref().is_none_or(|forked| row > forked.at)
    }
}

/// What rows change.
impl Run {
    pub(super) fn apply_left(&mut self, record: &Record) -> Applied {
        let Change::EffectStarted { delivery, step, rule, call, .. } = &record.change else { return Ok(()) };
        *self.called.entry((step.clone(), rule.clone())).or_default() += 1;
        let delivery = self.open_delivery(*delivery)?;
        delivery.verdicts.left(call);
        delivery.calls.apply(record)
    }

    pub(super) fn apply_approval_asked(&mut self, record: &Record) -> Applied {
        let Change::ApprovalAsked { delivery: id, deadline, moment, .. } = &record.change else {
            return Ok(());
        };
        let approval = Approval::of(record)?;
        let delivery = self.open_delivery(*id)?;
        delivery.asking.push(record.seq);
        delivery.moment = Some(*moment);
        self.waking.insert((*deadline, record.seq));
        self.approvals.insert(record.seq, approval);
        Ok(())
    }

    /// The last decision that a delivery waits for lets it go on.
    pub(super) fn apply_approval_decided(&mut self, record: &Record) -> Applied {
        let Change::ApprovalDecided { approval, delivery: id, how, by, reason, payload, .. } = &record.change
        else {
            return Ok(());
        };
        let open = self.close_approval(*approval).ok_or("the approval is not open")?;
        let (at, by, reason, arguments) = (record.at, by.clone(), reason.clone(), payload.clone());
        let judged = Judged { how: *how, at, by, reason, arguments };
        self.judged.insert(*approval, judged.clone());
        let delivery = self.open_delivery(*id)?;
        delivery.asking.retain(|asked| asked != approval);
        delivery.verdicts.decided(open.call, *approval, judged);
        if delivery.asking.is_empty() && delivery.parked == Some(Parked::Approval) {
            delivery.parked = None;
            self.parked.remove(id);
            self.make_ready(*id);
        }
        Ok(())
    }

    pub(super) fn close_approval(&mut self, id: Seq) -> Option<Approval> {
        let approval = self.approvals.remove(&id)?;
        self.waking.remove(&(approval.deadline, id));
        Some(approval)
    }
}
