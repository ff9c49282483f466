//! The table of a delivery's calls that leave the run: what a later attempt is told of one that an
//! earlier attempt made, whatever path it took to it. Kept as long as the delivery is open.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Change, DeliveryId, Record, Run, Seq};
use crate::effect::{CallId, Ended, Intent, Keep, Leave};
use crate::event::Json;

/// The number of the row that let a call go.
pub type EffectId = Seq;

/// Calls by what they are; one that is known not to have been made is not among them.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Calls(BTreeMap<CallId, Call>);

#[derive(Debug, PartialEq)]
struct Call {
    effect: EffectId,
    capability: Arc<str>,
    what: Arc<str>,
    /// Which attempt made it.
    attempt: u32,
    at_most_once: bool,
    keep: Keep,
    answer: Option<Json>,
    /// What came of it, for people.
    told: Option<Arc<str>>,
    /// Why there is no answer, if that is known.
    failed: Option<Arc<str>>,
}

/// A call that may be made once at most, that went out, and of which nobody knows what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownEffect<'r> {
    /// Which effect.
    pub id: EffectId,
    /// The delivery whose attempt made it.
    pub delivery: DeliveryId,
    /// Through which capability: `http`.
    pub capability: &'r str,
    /// What was asked.
    pub what: &'r str,
    /// Why there is no answer, if that is known.
    pub failed: Option<&'r str>,
}

impl Call {
    fn is_unknown(&self) -> bool {
        self.at_most_once && self.answer.is_none()
    }

    fn is_recorded(&self) -> bool {
        self.at_most_once || self.keep != Keep::No
    }

    /// Whether another attempt is given its answer.
    fn outlives(&self, attempt: u32) -> bool {
        self.at_most_once || self.keep == Keep::Delivery || self.attempt == attempt
    }
}

/// A call that was answered, whose answer whoever asks again is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeCall<'r> {
    /// What was asked.
    pub what: &'r str,
    /// What came of it, for people.
    pub told: &'r str,
}

impl Calls {
    /// What a call that was made before means for the same one of an attempt; none if it can be made.
    pub(super) fn recall(&self, intent: &Intent, attempt: u32) -> Option<Leave> {
        let call = self.0.get(&intent.id)?;
        match &call.answer {
            Some(answer) => call.outlives(attempt).then(|| Leave::Recorded(answer.clone())),
            None if call.is_unknown() => Some(Leave::Unknown),
            None => None,
        }
    }

    /// Whether nobody knows what came of one of them.
    pub(super) fn has_unknown(&self) -> bool {
        self.0.values().any(Call::is_unknown)
    }

    /// Whether this attempt and later ones do not make this one again.
    pub(super) fn keeps(&self, effect: EffectId, attempt: u32) -> bool {
        let is_kept = |call: &Call| call.answer.is_some() && call.outlives(attempt);
        self.0.values().any(|call| call.effect == effect && (is_kept(call) || call.is_unknown()))
    }

    /// Those that were answered in an attempt or are kept for it, the oldest first.
    pub(super) fn made(&self, attempt: u32) -> Vec<MadeCall<'_>> {
        let is_made = |call: &&Call| call.answer.is_some() && call.outlives(attempt);
        let mut made: Vec<&Call> = self.0.values().filter(is_made).collect();
        made.sort_unstable_by_key(|call| call.effect);
        let made = made.into_iter();
        made.map(|call| MadeCall { what: &call.what, told: call.told.as_deref().unwrap_or("") }).collect()
    }

    /// Answers that were kept for an attempt alone are not kept for those that begin anew.
    pub(super) fn begin_anew(&mut self) {
        self.0.retain(|_, call| call.at_most_once || call.keep == Keep::Delivery);
    }

    /// The effect of a call that was let go and has no answer, and whether its answer is kept.
    pub(super) fn open(&self, id: &CallId) -> Option<(EffectId, bool)> {
        let call = self.0.get(id).filter(|call| call.answer.is_none())?;
        Some((call.effect, call.is_recorded()))
    }

    /// Those of which nobody knows what came of them, the oldest first.
    pub(super) fn unknown(&self, delivery: DeliveryId) -> Vec<UnknownEffect<'_>> {
        let unknown = self.0.values().filter(|call| call.is_unknown()).map(|call| UnknownEffect {
            id: call.effect,
            delivery,
            capability: &call.capability,
            what: &call.what,
            failed: call.failed.as_deref(),
        });
        let mut unknown: Vec<_> = unknown.collect();
        unknown.sort_unstable_by_key(|effect| effect.id);
        unknown
    }

    /// Takes in a row of an effect.
    pub(super) fn apply(&mut self, record: &Record) -> Result<(), &'static str> {
        match &record.change {
            Change::EffectStarted { call, capability, what, attempt, at_most_once, keep, .. } => {
                let (effect, what, attempt) = (record.seq, what.clone(), *attempt);
                let capability = capability.clone();
                let (at_most_once, keep) = (*at_most_once, *keep);
                let (answer, told, failed) = (None, None, None);
                let made =
                    Call { effect, capability, what, attempt, at_most_once, keep, answer, told, failed };
                self.0.insert(*call, made);
                Ok(())
            }
            Change::EffectEnded { effect, how, told, payload, .. } => self.end(*effect, *how, told, payload),
            _ => Ok(()),
        }
    }

    fn end(
        &mut self,
        effect: EffectId,
        how: Ended,
        told: &Arc<str>,
        answer: &Option<Json>,
    ) -> Result<(), &'static str> {
        let found = self.0.iter_mut().find(|(_, call)| call.effect == effect);
        let (id, call) = found.ok_or("no such effect has started")?;
        let id = *id;
        match how {
            Ended::Answered if call.is_recorded() => {
                call.answer.clone_from(answer);
                call.told = Some(told.clone());
            }
            Ended::Failed if call.at_most_once => call.failed = Some(told.clone()),
            // It can be made again.
            Ended::Answered | Ended::Failed | Ended::NotMade => drop(self.0.remove(&id)),
        }
        Ok(())
    }
}

impl Run {
    /// Calls that went out and of which nobody knows what came of them, where a person has to decide.
    pub fn unknown_effects(&self) -> impl Iterator<Item = UnknownEffect<'_>> {
        let waiting = self.parked.iter().filter_map(|id| Some((*id, self.deliveries.get(id)?)));
        waiting.flat_map(|(id, delivery)| delivery.calls.unknown(id))
    }

    /// Whether nobody knows what came of a call of this delivery.
    pub(super) fn has_unknown_effect(&self, id: DeliveryId) -> bool {
        self.deliveries.get(&id).is_some_and(|delivery| delivery.calls.has_unknown())
    }

    /// The delivery that waits for a decision about this effect.
    pub(super) fn delivery_of_unknown(&self, effect: EffectId) -> Option<DeliveryId> {
        self.unknown_effects().find(|unknown| unknown.id == effect).map(|unknown| unknown.delivery)
    }
}
