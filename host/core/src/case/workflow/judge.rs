//! What came of a run, held against what was expected.

use std::time::Duration;

use super::Outcome;
use crate::case::Event;
use crate::case::judge::{Difference, Judge, is_within, read, told_event};
use crate::duration;
use crate::event::Json;
use crate::run::Status;

/// What came of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    /// How it came to rest.
    pub status: Status,
    /// Why, where the word alone does not say.
    pub reason: Option<String>,
    /// The event that ended it, by its short name.
    pub result: Option<(String, Json)>,
    /// What came after the start event, in order.
    pub events: Vec<(String, Json)>,
    /// What people were asked, in order.
    pub questions: Vec<(String, Json)>,
    /// The steps that did something, in the order in which they first did.
    pub steps: Vec<String>,
    /// The calls that left.
    pub calls: Vec<String>,
    /// How long it took by its own clock.
    pub took: Duration,
}

/// Every difference.
pub fn judge_workflow(expect: &Outcome, ran: &Ran) -> Vec<Difference> {
    let mut judge = Judge::default();
    let status = expect.status.unwrap_or(Status::Completed);
    if status != ran.status {
        let reason = ran.reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
        judge.find("status", status.as_str(), format!("{}{reason}", ran.status));
    }
    if let Some(wanted) = &expect.result {
        result(&mut judge, wanted, ran.result.as_ref());
    }
    if let Some(part) = &expect.reason {
        let reason = ran.reason.as_deref().unwrap_or("nothing");
        if !reason.contains(part.as_str()) {
            judge.find("reason-contains", part.as_str(), reason);
        }
    }
    if let Some(wanted) = &expect.events {
        among(&mut judge, wanted, &ran.events);
    }
    if let Some(wanted) = &expect.questions {
        questions(&mut judge, wanted, &ran.questions);
    }
    if let Some(wanted) = &expect.steps {
        judge.lines("steps", wanted, &ran.steps);
    }
    if let Some(wanted) = &expect.calls {
        judge.lines("calls", wanted, &ran.calls);
    }
    if let Some(took) = expect.took.filter(|took| *took != ran.took) {
        judge.find("took", duration::show(took), duration::show(ran.took));
    }
    judge.into_found()
}

fn result(judge: &mut Judge, wanted: &Event, got: Option<&(String, Json)>) {
    match got {
        Some((name, value)) if *name == wanted.name.value => {
            judge.value(&format!("result.{name}"), Some(&wanted.value.plain()), Some(&read(value)));
        }
        got => {
            let got = got.map_or("nothing".into(), |(name, value)| told_event(name, value.as_str()));
            judge.find("result", told_event(&wanted.name.value, &wanted.value.json()), got);
        }
    }
}

/// Each event that is expected comes after the one before it.
fn among(judge: &mut Judge, wanted: &[Event], got: &[(String, Json)]) {
    let mut rest = got;
    for (at, event) in wanted.iter().enumerate() {
        match rest.iter().position(|got| is_it(event, got)) {
            Some(found) => rest = &rest[found + 1..],
            None => {
                let same = rest.iter().filter(|(name, _)| *name == event.name.value);
                let nearly: Vec<String> =
                    same.map(|(name, value)| told_event(name, value.as_str())).collect();
                let got = if nearly.is_empty() { "no such event".into() } else { nearly.join(", then ") };
                let after = if at == 0 { String::new() } else { format!(" after events[{}]", at - 1) };
                let wanted = format!("{}{after}", told_event(&event.name.value, &event.value.json()));
                return judge.find(&format!("events[{at}]"), wanted, got);
            }
        }
    }
}

fn questions(judge: &mut Judge, wanted: &[Event], got: &[(String, Json)]) {
    for at in 0..wanted.len().max(got.len()) {
        match (wanted.get(at), got.get(at)) {
            (Some(wanted), Some(got)) if is_it(wanted, got) => {}
            (wanted, got) => {
                let wanted = wanted.map(|event| told_event(&event.name.value, &event.value.json()));
                let got = got.map(|(name, value)| told_event(name, value.as_str()));
                let nothing = || "nothing".to_owned();
                let path = format!("questions[{at}]");
                judge.find(&path, wanted.unwrap_or_else(nothing), got.unwrap_or_else(nothing));
            }
        }
    }
}

fn is_it(wanted: &Event, (name, value): &(String, Json)) -> bool {
    wanted.name.value == *name && is_within(&wanted.value, value)
}
