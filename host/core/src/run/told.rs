//! What the host itself tells: the values of its own events, and sentences for people.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Decided, Judged, RunId, Seq};
use crate::effect::Proposal;
use crate::event::Json;
use crate::outcome::{Class, Failure};
use crate::state::Misfit;

/// The value of `lockstep:step/host-events.step-failed`; what was delivered comes as one value, or
/// as an array of several.
pub(super) fn step_failed<'a>(
    step: &str,
    event_type: &str,
    values: impl Iterator<Item = &'a str>,
    attempts: u32,
    failure: &Failure,
) -> Json {
    #[derive(Serialize)]
    struct StepFailed<'a> {
        step: &'a str,
        event_type: &'a str,
        event: Box<RawValue>,
        attempts: u32,
        class: Class,
        code: &'a str,
        message: &'a str,
    }
    let values: Vec<&str> = values.collect();
    let event = match values[..] {
        [one] => one.to_owned(),
        _ => format!("[{}]", values.join(",")),
    };
    let Failure { class, code, message, .. } = failure;
    let event = raw(event);
    json(&StepFailed { step, event_type, event, attempts, class: *class, code, message })
}

/// The value of `lockstep:step/host-events.timer-fired`.
pub(super) fn timer_fired(name: &str) -> Json {
    #[derive(Serialize)]
    struct TimerFired<'a> {
        name: &'a str,
    }
    json(&TimerFired { name })
}

/// The value of `lockstep:step/host-events.human-response`.
pub(super) fn response(run: &RunId, question: Seq, response: &Json, by: Option<&str>) -> Json {
    #[derive(Serialize)]
    struct HumanResponse<'a> {
        question: String,
        response: Box<RawValue>,
        by: Option<&'a str>,
    }
    let response = raw(response.as_str().to_owned());
    json(&HumanResponse { question: format!("{run}.{question}"), response, by })
}

/// ``permanent `card-declined`: the bank said no``.
pub(super) fn story(failure: &Failure) -> String {
    format!("{} `{}`: {}", failure.class, failure.code, failure.message)
}

/// The failure of a delivery that an operator gave up.
pub(super) fn given_up(by: Option<&str>) -> Failure {
    let who = by.map_or(String::new(), |by| format!(" ({by})"));
    Failure {
        class: Class::Permanent,
        code: "operator".into(),
        message: format!("an operator gave it up{who}"),
        retry_after: None,
        details: None,
    }
}

/// How a call ended of which a person says so.
pub(super) fn resolved(by: Option<&str>) -> Arc<str> {
    match by {
        Some(by) => format!("{by} says so").into(),
        None => "an operator says so".into(),
    }
}

/// Why a call is not let go that a person was asked about.
pub(super) fn refused(judged: &Judged) -> Arc<str> {
    match (judged.how, &judged.reason) {
        (Decided::Expired, _) => "nobody approved it in time".into(),
        (_, Some(reason)) => reason.clone(),
        (_, None) => "a person refused it".into(),
    }
}

/// What a call is made with, as it is stored.
pub(super) fn proposal(proposal: &Proposal) -> Json {
    json(proposal)
}

/// The failure of an attempt whose writes its keys do not allow.
pub(super) fn misfit(misfit: &Misfit) -> Failure {
    Failure {
        class: Class::Invalid,
        code: "state".into(),
        message: misfit.to_string(),
        retry_after: None,
        details: None,
    }
}

fn raw(text: String) -> Box<RawValue> {
    RawValue::from_string(text).expect("payloads are JSON")
}

fn json(value: &impl Serialize) -> Json {
    Json::trusted(serde_json::to_string(value).expect("a record of texts"))
}
