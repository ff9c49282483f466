//! Calls that a person decides on: whether one is asked about, and what follows from the answer or from
//! none.

use std::sync::Arc;

use super::Decision;
use crate::effect::{Ask, Intent, Leave};
use crate::event::Json;
use crate::journal::Commit;
use crate::outcome::Outcome;
use crate::run::change::{Change, Decided, Parked, Seq};
use crate::run::{ApprovalId, Verdict, told};

impl Decision<'_> {
    /// With what a call may leave; `Err` says that it does not. What was decided about it holds whatever the
    /// grant says by now.
    pub(super) fn approved(&mut self, id: Seq, intent: &Intent) -> Result<Option<Json>, Leave> {
        let delivery = &self.run.deliveries[&id];
        let verdict = delivery.verdicts.of(&intent.id).filter(|verdict| self.run.is_own(verdict.approval));
        match verdict.map(|verdict| &verdict.judged) {
            Some(judged) if judged.how == Decided::Approved => return Ok(judged.arguments.clone()),
            Some(judged) => return Err(Leave::Refused(told::refused(judged))),
            None => {}
        }
        let Some(ask) = &intent.ask else { return Ok(None) };
        let is_asked = |approval: &Seq| self.run.approvals[approval].call == intent.id;
        if delivery.asking.iter().any(is_asked) {
            return Err(Leave::Ask);
        }
        if delivery.verdicts.is_unsteady(|row| self.run.is_own(row)) {
            return Err(Leave::Unsteady);
        }
        self.ask_approval(id, intent, ask);
        Err(Leave::Ask)
    }

    fn ask_approval(&mut self, id: Seq, intent: &Intent, ask: &Ask) {
        let delivery = &self.run.deliveries[&id];
        let (attempt, step) = (delivery.attempt(), self.step_of(delivery.handler).name.as_str().into());
        let Intent { id: call, capability, what, rule, within, .. } = intent.clone();
        let Ask { why, proposal, within: patience, moment } = ask.clone();
        self.write(Change::ApprovalAsked {
            delivery: id,
            attempt,
            step,
            call,
            capability,
            what,
            rule,
            within,
            why,
            deadline: self.now.after(patience),
            moment,
            payload: Some(told::proposal(&proposal)),
        });
    }

    /// Whatever an attempt came to: a person decides first, and then the same attempt goes on.
    pub(super) fn awaits_approval(&mut self, id: Seq) {
        self.park(id, Parked::Approval, None);
    }

    /// An operator looks at a delivery that makes none of the calls that it asks for.
    pub(super) fn unsteady(&mut self, id: Seq) {
        self.park(id, Parked::Unsteady, None);
    }

    /// The same of what an earlier host left in the middle of an attempt.
    pub(super) fn park_approvals(&mut self) {
        let is_left = |id: &&Seq| !self.run.parked.contains(id) && !self.run.out.contains(id);
        let left = self.run.deliveries.keys().filter(is_left).copied();
        let left: Vec<Seq> = left.filter(|id| self.run.awaits_approval(*id)).collect();
        for id in left {
            self.awaits_approval(id);
        }
    }

    /// A person has decided. A decision about what is not open changes nothing.
    pub(in crate::run) fn decide(
        mut self,
        approval: ApprovalId,
        verdict: Verdict,
        by: Option<Arc<str>>,
    ) -> Commit {
        let Some(open) = self.run.approvals.get(&approval) else { return self.commit() };
        let delivery = open.delivery;
        let (how, reason, rule, payload) = match verdict {
            Verdict::Approve { arguments, rule } => (Decided::Approved, None, rule, arguments),
            Verdict::Refuse { reason } => (Decided::Refused, reason, None, None),
        };
        self.write(Change::ApprovalDecided { approval, delivery, how, by, reason, rule, payload });
        self.finish()
    }

    /// Nobody has decided in time, which is a no.
    pub(super) fn approval_expired(&mut self, approval: ApprovalId) {
        let delivery = self.run.approvals[&approval].delivery;
        let (how, by, reason, rule, payload) = (Decided::Expired, None, None, None, None);
        self.write(Change::ApprovalDecided { approval, delivery, how, by, reason, rule, payload });
    }

    /// A delivery that asked for too many calls that it did not make, or that waits for a person.
    pub(super) fn held_back(&mut self, id: Seq, outcome: Outcome) -> Option<Outcome> {
        if self.run.has_unknown_effect(id) {
            self.unknown_effect(id, outcome);
            return None;
        }
        if self.run.awaits_approval(id) {
            self.awaits_approval(id);
            return None;
        }
        Some(outcome)
    }
}
