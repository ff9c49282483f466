//! Whose turn it is: deliveries that may be attempted, those that are being attempted, and what is known
//! of attempts beyond what the journal knows.

use super::decide::Decision;
use super::{DeliveryId, Given, Run, Seq, Status, Work};
use crate::event::Timestamp;
use crate::journal::Commit;
use crate::workflow::{HandlerId, StepId};

impl Run {
    /// Deliveries that may be attempted now and are not, step by step, oldest first in each.
    pub fn ready(&self) -> impl Iterator<Item = (DeliveryId, HandlerId)> + '_ {
        let all = self.ready.iter().filter(|(_, id)| self.may_begin(*id));
        all.map(|(_, id)| (*id, self.deliveries[id].handler))
    }

    /// The steps that have such deliveries, each with its oldest. The cost is that of the steps,
    /// however many deliveries are ready.
    pub fn ready_steps(&self) -> impl Iterator<Item = (StepId, DeliveryId)> + '_ {
        let mut next = self.ready.first().copied();
        let firsts = std::iter::from_fn(move || {
            let (step, id) = next?;
            next = self.ready.range((StepId(step.0 + 1), Seq(0))..).next().copied();
            Some((step, id))
        });
        let alone = self.alone.first().and_then(|id| Some((self.step_of(*id)?, *id)));
        let all = if self.alone.is_empty() { usize::MAX } else { 0 };
        let in_turn = firsts.take(all).chain(alone.filter(|next| self.ready.contains(next)));
        in_turn.filter(|(_, id)| self.may_begin(*id))
    }

    /// Whether the run as a whole lets a ready delivery be attempted now: it is not held by anybody,
    /// and nobody has to be attempted alone before.
    pub(super) fn may_begin(&self, delivery: DeliveryId) -> bool {
        let is_in_turn = match self.alone.first() {
            Some(first) => *first == delivery && self.out.is_empty(),
            None => true,
        };
        self.decided == Status::Running && is_in_turn
    }

    /// Whether what an attempt at a delivery read was changed under it.
    pub fn was_disturbed(&self, delivery: DeliveryId) -> bool {
        self.conflicts.contains_key(&delivery)
    }

    /// Takes a ready delivery out to be attempted; `None` if it is not ready. If there is a commit
    /// beside the work, it is written before the attempt begins.
    pub fn begin(&mut self, delivery: DeliveryId, now: Timestamp) -> Option<(Work, Option<Commit>)> {
        if !self.may_begin(delivery) || !self.unready(delivery) {
            return None;
        }
        self.out.insert(delivery);
        let is_careful = self.careful.remove(&delivery);
        let first = is_careful.then(|| Decision::of(self, now).began(delivery));
        Some((self.work(delivery), first))
    }

    /// Whether an attempt at a delivery was begun whose outcome is still wanted.
    pub fn is_out(&self, delivery: DeliveryId) -> bool {
        self.out.contains(&delivery)
    }

    /// Takes over from the same run in memory, of which this one was read back, what the journal
    /// does not know: what is being attempted, and how often what was disturbed.
    pub fn take_over(&mut self, before: &Run) {
        for id in before.out.iter().copied().filter(|id| before.deliveries.contains_key(id)) {
            self.unready(id);
            self.out.insert(id);
            if let Some(until) = self.deliveries.get(&id).and_then(|delivery| delivery.until) {
                self.waking.remove(&(until, id));
            }
        }
        self.conflicts = before.conflicts.clone();
        self.alone = before.alone.clone();
        self.careful = before.careful.clone();
    }

    pub(super) fn make_ready(&mut self, id: DeliveryId) {
        if let Some(step) = self.step_of(id) {
            self.ready.insert((step, id));
        }
    }

    /// It is not ready any more; whether it was.
    pub(super) fn unready(&mut self, id: DeliveryId) -> bool {
        self.step_of(id).is_some_and(|step| self.ready.remove(&(step, id)))
    }

    /// The step that an open delivery is for.
    pub fn step_of(&self, id: DeliveryId) -> Option<StepId> {
        self.deliveries.get(&id).map(|delivery| self.workflow.handler(delivery.handler).step)
    }

    /// Nothing is known of its attempts any more but what the journal knows.
    pub(super) fn forget_attempts(&mut self, id: DeliveryId) {
        self.out.remove(&id);
        self.conflicts.remove(&id);
        self.alone.remove(&id);
        self.careful.remove(&id);
    }

    pub(super) fn work(&self, id: DeliveryId) -> Work {
        let delivery = &self.deliveries[&id];
        let mut singles = 0;
        let handler = self.workflow.handler(delivery.handler);
        let ones = handler.inputs.iter().filter(|input| !input.many).count();
        let items = delivery.inputs.len() - ones;
        let json = |at: usize| self.events[&delivery.inputs[at]].payload.clone();
        let inputs = handler.inputs.iter().map(|input| {
            let from = singles;
            singles += if input.many { items } else { 1 };
            match input.many {
                true => Given::Many((from..singles).map(json).collect()),
                false => Given::One(json(from)),
            }
        });
        Work {
            delivery: id,
            handler: delivery.handler,
            attempt: delivery.attempt(),
            since: delivery.since,
            inputs: inputs.collect(),
            moment: delivery.moment,
            as_of: self.last,
            session: self.about.session.clone(),
        }
    }
}
