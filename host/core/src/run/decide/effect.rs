//! Calls that leave the run: whether one goes out, what is kept of its answer, and who decides where
//! nobody knows what came of it.

use std::sync::Arc;

use super::Decision;
use crate::effect::{CallId, Denial, Ended, Ending, Intent, Keep, Leave, Window};
use crate::event::{Json, Timestamp};
use crate::journal::Commit;
use crate::outcome::{Interruption, Outcome};
use crate::run::change::{Change, DeliveryStatus, Parked, Seq};
use crate::run::{EffectId, Resolution, told};

impl Decision<'_> {
    /// What is known of a call from before comes first, then what the run may still spend, then what a person
    /// says, and last the rate of its rule.
    pub(in crate::run) fn leave(mut self, id: Seq, intent: &Intent, window: &mut Window) -> (Leave, Commit) {
        let Some(delivery) = self.run.deliveries.get(&id) else { return (Leave::Unknown, self.commit()) };
        if let Some(known) = delivery.calls.recall(intent, delivery.attempt()) {
            return (known, self.commit());
        }
        let step: Arc<str> = self.step_of(delivery.handler).name.as_str().into();
        let called = self.run.called.get(&(step.clone(), intent.rule.clone())).copied().unwrap_or(0);
        if intent.calls.is_some_and(|most| called >= most) {
            return (Leave::OverBudget, self.commit());
        }
        let arguments = match self.approved(id, intent) {
            Ok(arguments) => arguments,
            Err(held) => return (held, self.commit()),
        };
        if let Some(rate) = intent.rate {
            if let Some(opens) = window.opens(rate, self.now) {
                return (Leave::NotBefore(opens), self.commit());
            }
            window.count(self.now);
        }
        let delivery = &self.run.deliveries[&id];
        let (attempt, is_approved) = (delivery.attempt(), delivery.verdicts.of(&intent.id).is_some());
        let Intent { id: call, capability, what, rule, within, at_most_once, keep, .. } = intent.clone();
        // What a person said yes to is not done twice because a later attempt comes by.
        let keep = if is_approved { Keep::Delivery } else { keep };
        let delivery = id;
        self.write(Change::EffectStarted {
            delivery,
            attempt,
            step,
            call,
            capability,
            what,
            rule,
            at_most_once,
            within,
            keep,
        });
        (arguments.map_or(Leave::Go, Leave::GoWith), self.commit())
    }

    /// An end of what has ended before changes nothing.
    pub(in crate::run) fn effect_ended(mut self, delivery: Seq, call: &CallId, ending: Ending) -> Commit {
        let open = self.run.deliveries.get(&delivery).and_then(|delivery| delivery.calls.open(call));
        if let Some((effect, is_recorded)) = open {
            let (how, answer, told) = ending.parts();
            let payload = answer.filter(|_| is_recorded);
            self.write(Change::EffectEnded { delivery, effect, how, told, payload });
        }
        self.commit()
    }

    pub(in crate::run) fn denied(mut self, delivery: Seq, denial: Denial) -> Commit {
        if let Some(attempt) = self.run.deliveries.get(&delivery).map(|delivery| delivery.attempt()) {
            self.write(Change::Denied { delivery, attempt, denial });
        }
        self.commit()
    }

    /// Whatever an attempt came to: it left a call behind that may be made once at most, and nobody knows
    /// what came of that. Before anything else, a person decides.
    pub(super) fn unknown_effect(&mut self, id: Seq, outcome: Outcome) {
        let failure = match outcome {
            Outcome::Failed(failure) => Some(failure),
            Outcome::Emitted(_) | Outcome::Interrupted(_) => None,
        };
        self.park(id, Parked::UnknownEffect, failure);
    }

    /// The same of whatever an earlier host, or a pause, left in the middle of an attempt.
    pub(super) fn park_unknown_effects(&mut self) {
        let is_left = |id: &&Seq| !self.run.parked.contains(id) && !self.run.out.contains(id);
        let left = self.run.deliveries.keys().filter(is_left).copied();
        let left: Vec<Seq> = left.filter(|id| self.run.has_unknown_effect(*id)).collect();
        for id in left {
            self.unknown_effect(id, Outcome::Interrupted(Interruption::UnknownEffect));
        }
    }

    /// The attempt begins again when a rate lets it go on; while it waits, it keeps nobody else waiting.
    pub(super) fn postponed(&mut self, id: Seq, until: Timestamp) {
        let attempt = self.run.deliveries[&id].attempt();
        let status = DeliveryStatus::Postponed { until };
        self.write(Change::Attempt { delivery: id, attempt, status, failure: None });
        self.run.forget_attempts(id);
    }

    /// When the last of a delivery's unknown calls is decided, it is attempted again.
    pub(in crate::run) fn resolve(
        mut self,
        effect: EffectId,
        how: Resolution,
        by: Option<Arc<str>>,
    ) -> Commit {
        let Some(delivery) = self.run.delivery_of_unknown(effect) else { return self.commit() };
        let (how, payload): (Ended, Option<Json>) = match how {
            Resolution::Done(answer) => (Ended::Answered, Some(answer)),
            Resolution::NotMade => (Ended::NotMade, None),
            Resolution::Fail => {
                let attempt = self.run.deliveries[&delivery].attempt();
                self.failed_for_good(delivery, attempt, told::given_up(by.as_deref()));
                return self.finish();
            }
        };
        let told = told::resolved(by.as_deref());
        self.write(Change::EffectEnded { delivery, effect, how, told, payload });
        if !self.run.has_unknown_effect(delivery) {
            self.write(Change::Retried { delivery, by });
        }
        self.finish()
    }
}
