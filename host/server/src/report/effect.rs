//! Calls that leave a run, as lines for people. What was asked and what came of it are other people's
//! words: hostile until they are made inert.

use std::collections::HashMap;
use std::sync::Arc;

use lockstep_core::effect::Ended;
use lockstep_core::run::{Change, DeliveryId, EffectId, Record, RunId, UnknownEffect};

use super::story::cut;
use crate::inert::inert;

/// So much of what was asked is told on a line.
const WHAT: usize = 200;

/// The effects that rows have told of, with what each asked.
#[derive(Default)]
pub(super) struct Effects(HashMap<EffectId, Arc<str>>);

impl Effects {
    /// The delivery that a row of an effect is about, and what the row says of it; rows come in their
    /// order.
    pub(super) fn told(&mut self, record: &Record) -> Option<(DeliveryId, String)> {
        Some(match &record.change {
            Change::EffectStarted { delivery, what, at_most_once, .. } => {
                self.0.insert(record.seq, what.clone());
                let once = if *at_most_once { ", at most once" } else { "" };
                (*delivery, format!("calls {}{once}", shown(what)))
            }
            Change::EffectEnded { delivery, effect, how, told, .. } => {
                let what = self.0.remove(effect);
                let what = what.map_or_else(|| format!("effect {effect}"), |what| shown(&what));
                let how = match how {
                    Ended::Answered => "answered",
                    Ended::NotMade => "was not made",
                    Ended::Failed => "failed",
                };
                (*delivery, format!("{what} {how}: {}", shown(told)))
            }
            Change::Denied { delivery, denial, .. } => {
                let (capability, why) = (inert(&denial.capability), inert(&denial.why));
                (*delivery, format!("was denied {capability} {}: {why}", shown(&denial.what)))
            }
            _ => return None,
        })
    }
}

/// What waits for a person who knows what came of it, and how to say so; `store` is what every command
/// line ends with that names the store.
pub(super) fn unknown(effect: &UnknownEffect<'_>, run: &RunId, store: &str) -> Vec<String> {
    let failed = effect.failed.map_or(String::new(), |failed| format!(": {}", shown(failed)));
    let say = |what: &str| format!("`lockstep runs resolve {run} --effect {} {what}{store}`", effect.id);
    vec![
        format!("called {}, and nobody knows what came of it{failed}", shown(effect.what)),
        format!("  it was done, and this is the answer: {}", say("--done JSON")),
        format!("  it was not done, so do it: {}", say("--not-made")),
        format!("  give it up: {}", say("--fail")),
    ]
}

fn shown(text: &str) -> String {
    cut(&inert(text), WHAT)
}
