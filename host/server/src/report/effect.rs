//! Calls that leave a run, as lines for people. What was asked and what came of it are other people's
//! words: hostile until they are made inert.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use lockstep_core::effect::{Ended, Proposal};
use lockstep_core::event::Json;
use lockstep_core::run::{Change, Decided, DeliveryId, EffectId, Record, Run, RunId, UnknownEffect};
use serde::Serialize;

use super::difference;
use super::story::{by_whom, cut};
use crate::inert::inert;

/// So much of what was asked is told on a line.
const WHAT: usize = 200;
/// And on the lines that follow from it.
const AGAIN: usize = 60;
/// So much of a rule that was written.
const RULE: usize = 1000;

/// How many calls of a run have left it, and how many were denied, by capability.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counted {
    left: u64,
    denied: BTreeMap<String, u64>,
}

impl Counted {
    pub(super) fn of(records: &[Record]) -> Counted {
        let mut counted = Counted::default();
        for record in records {
            match &record.change {
                Change::EffectStarted { .. } => counted.left += 1,
                Change::Denied { denial, .. } => {
                    *counted.denied.entry(denial.capability.to_string()).or_default() += 1;
                }
                _ => {}
            }
        }
        counted
    }

    /// `6 calls have left it; denied: 2 http, 1 tools`; none where there is nothing to tell.
    pub(super) fn told(&self) -> Option<String> {
        let left = match self.left {
            0 => None,
            1 => Some("1 call has left it".to_owned()),
            n => Some(format!("{n} calls have left it")),
        };
        let each = self.denied.iter().map(|(capability, n)| format!("{n} {}", inert(capability)));
        let denied = each.collect::<Vec<_>>().join(", ");
        let denied = (!denied.is_empty()).then(|| format!("denied: {denied}"));
        let parts: Vec<String> = left.into_iter().chain(denied).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// The effects and approvals that rows have told of, with what each asked.
#[derive(Default)]
pub(super) struct Effects(HashMap<EffectId, Asked>);

struct Asked {
    what: Arc<str>,
    /// What a call is made with that a person is asked about.
    arguments: Option<Json>,
}

impl Effects {
    /// The run began before its rows are told: what it asks will be told of.
    pub(super) fn goes_on(&mut self, run: &Run) {
        let asked = run.approvals().map(|(id, open)| {
            let arguments = Some(open.proposal.arguments.clone());
            (id, Asked { what: open.what.clone(), arguments })
        });
        self.0.extend(asked);
    }

    /// The delivery that a row of an effect is about, and what the row says of it; rows come in their
    /// order.
    pub(super) fn told(&mut self, record: &Record) -> Option<(DeliveryId, String)> {
        Some(match &record.change {
            Change::EffectStarted { delivery, what, at_most_once, within, .. } => {
                self.0.insert(record.seq, Asked { what: what.clone(), arguments: None });
                let once = if *at_most_once { ", at most once" } else { "" };
                let who = if within.is_some() { "its tool calls" } else { "calls" };
                (*delivery, format!("{who} {}{once}", shown(what)))
            }
            Change::EffectEnded { delivery, effect, how, told, .. } => {
                let asked = self.0.remove(effect);
                let what = asked.map_or_else(|| format!("effect {effect}"), |asked| again(&asked.what));
                let how = match how {
                    Ended::Answered => "answered",
                    Ended::NotMade => "was not made",
                    Ended::Failed => "failed",
                };
                (*delivery, format!("{what} {how}: {}", shown(told)))
            }
            Change::Denied { delivery, denial, .. } => {
                let (capability, why) = (inert(&denial.capability), inert(&denial.why));
                let who =
                    denial.tool.as_ref().map(|tool| format!("its tool {} ", inert(tool))).unwrap_or_default();
                (*delivery, format!("{who}was denied {capability} {}: {why}", shown(&denial.what)))
            }
            Change::ApprovalAsked { delivery, what, why, payload, .. } => {
                let proposal = payload.as_ref().and_then(|json| serde_json::from_str(json.as_str()).ok());
                let arguments = proposal.map(|proposal: Proposal| proposal.arguments);
                self.0.insert(record.seq, Asked { what: what.clone(), arguments });
                (*delivery, format!("asks a person whether it may call {}: {}", shown(what), shown(why)))
            }
            Change::ApprovalDecided { approval, delivery, .. } => {
                let (what, arguments) = match self.0.remove(approval) {
                    Some(Asked { what, arguments }) => (again(&what), arguments),
                    None => (format!("approval {approval}"), None),
                };
                (*delivery, format!("{what} {}", decided(&record.change, arguments.as_ref())))
            }
            _ => return None,
        })
    }
}

/// What a person has decided about a call that would have been made with these arguments.
fn decided(change: &Change, arguments: Option<&Json>) -> String {
    let Change::ApprovalDecided { how, by, reason, rule, payload, .. } = change else { return String::new() };
    let by = by_whom(by.as_deref());
    match (how, payload, rule, reason) {
        (Decided::Approved, Some(changed), ..) => {
            let changed = arguments.map(|before| difference::in_one_line(before, changed));
            let changed = changed.map_or(String::new(), |changed| format!(": {changed}"));
            format!("was approved{by} with changed arguments{changed}")
        }
        (Decided::Approved, None, Some(rule), _) => {
            let rule = rule.lines().collect::<Vec<_>>().join("; ");
            format!("was approved{by} for good, by the rule {}", cut(&inert(&rule), RULE))
        }
        (Decided::Approved, None, None, _) => format!("was approved{by}"),
        (Decided::Refused, .., Some(reason)) => format!("was refused{by}: {}", shown(reason)),
        (Decided::Refused, .., None) => format!("was refused{by}"),
        (Decided::Expired, ..) => "was refused, since nobody decided in time".to_owned(),
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

/// What was asked, on a line after the one that said it whole.
fn again(what: &str) -> String {
    cut(&inert(what), AGAIN)
}

fn shown(text: &str) -> String {
    cut(&inert(text), WHAT)
}
