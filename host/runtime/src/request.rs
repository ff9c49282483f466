//! What is asked of a run from outside, and what comes back: by this process, or by another one
//! through the inbox of the journal, where both are JSON.

use std::sync::Arc;

use lockstep_core::event::Json;
use lockstep_core::grant::tools::{self, Arguments};
use lockstep_core::run::{
    Admitted, Approval, ApprovalId, DeliveryId, EffectId, OpenDelivery, QuestionId, Refusal, Resolution, Run,
    Signal, UnknownEffect, Verdict,
};
use lockstep_core::suggest::did_you_mean;
use lockstep_core::workflow::{EventId, StepId};
use serde::{Deserialize, Serialize};

/// What is asked of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Request {
    /// Answer a question.
    Answer {
        /// Which question.
        question: QuestionId,
        /// The answer: JSON text, checked by whoever owns the run.
        answer: Json,
        /// Who answers.
        by: Option<Arc<str>>,
    },
    /// End the run.
    Cancel,
    /// Hold the run.
    Pause {
        /// Who does.
        by: Option<Arc<str>>,
    },
    /// Let a paused run go on.
    Resume,
    /// Attempt deliveries again that are parked or back off.
    Retry {
        /// Which; none: all that are parked.
        delivery: Option<DeliveryId>,
        /// Who does.
        by: Option<Arc<str>>,
    },
    /// Let events come instead of what a delivery would emit.
    Skip {
        /// Which delivery.
        delivery: DeliveryId,
        /// Names of event types, with their values.
        events: Vec<(String, Json)>,
        /// Who does.
        by: Option<Arc<str>>,
    },
    /// Give a delivery up.
    Fail {
        /// Which delivery.
        delivery: DeliveryId,
        /// Who does.
        by: Option<Arc<str>>,
    },
    /// Say what came of a call that may be made once at most and of which nobody knows.
    Resolve {
        /// The delivery that waits for it; none: whichever does.
        delivery: Option<DeliveryId>,
        /// Which effect, where a delivery has several; none: the only one.
        effect: Option<EffectId>,
        /// What.
        how: Resolution,
        /// Who says so.
        by: Option<Arc<str>>,
    },
    /// Say whether a call may leave that waits for a person.
    Decide {
        /// Which approval.
        approval: ApprovalId,
        /// What is decided; changed arguments are checked by whoever owns the run.
        verdict: Verdict,
        /// Who decides.
        by: Option<Arc<str>>,
    },
    /// Put an event in.
    Inject {
        /// The name of its type.
        event: String,
        /// Its value.
        payload: Json,
        /// The name of the step that it is for; none: all that take it.
        step: Option<String>,
    },
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// It is done and written.
    Done,
    /// It was done before.
    Same,
    /// It cannot be done; nothing was changed.
    Refused {
        /// A short stable word.
        code: String,
        /// Why, for people.
        message: String,
    },
}

impl Reply {
    pub(crate) fn refused(code: &str, message: impl ToString) -> Reply {
        Reply::Refused { code: code.to_owned(), message: message.to_string() }
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Reply {
        Reply::refused(refusal.code(), refusal)
    }
}

impl Request {
    /// The signals that do what is asked, or why it is not done.
    pub(crate) fn admitted(self, run: &Run) -> Result<Vec<Signal>, Reply> {
        let signals = self.signals(run)?;
        let mut new = Vec::new();
        for signal in signals {
            match run.admits(&signal)? {
                Admitted::Same => {}
                Admitted::New => {
                    fits(run, &signal)?;
                    new.push(signal);
                }
            }
        }
        if new.is_empty() { Err(Reply::Same) } else { Ok(new) }
    }

    fn signals(self, run: &Run) -> Result<Vec<Signal>, Reply> {
        let signal = match self {
            Request::Answer { question, answer, by } => Signal::Answer { question, payload: answer, by },
            Request::Cancel => Signal::Cancel,
            Request::Pause { by } => Signal::Pause { by },
            Request::Resume => Signal::Resume,
            Request::Retry { delivery: None, by } => return all_parked(run, by.as_ref()),
            Request::Retry { delivery: Some(delivery), by } => Signal::Retry { delivery, by },
            Request::Skip { delivery, events, by } => {
                let events = events.into_iter().map(|(name, value)| Ok((event(run, &name)?, value)));
                Signal::Skip { delivery, events: events.collect::<Result<_, Reply>>()?, by }
            }
            Request::Resolve { delivery, effect, how, by } => {
                Signal::Resolve { effect: unknown(run, delivery, effect)?, how, by }
            }
            Request::Decide { approval, verdict, by } => Signal::Decide { approval, verdict, by },
            Request::Fail { delivery, by } => Signal::Fail { delivery, by },
            Request::Inject { event: name, payload, step: to } => {
                let step = to.map(|name| step(run, &name)).transpose()?;
                Signal::Inject { event: event(run, &name)?, payload, step }
            }
        };
        Ok(vec![signal])
    }
}

fn all_parked(run: &Run, by: Option<&Arc<str>>) -> Result<Vec<Signal>, Reply> {
    let parked = || run.open().filter(|delivery| delivery.parked.is_some());
    let is_decided = |delivery: &OpenDelivery<'_>| {
        let is_other = |of: &DeliveryId| *of != delivery.id;
        run.unknown_effects().map(|of| of.delivery).all(|of| is_other(&of))
            && run.approvals().map(|(_, of)| of.delivery).all(|of| is_other(&of))
    };
    // Those that wait for another decision are refused where there is nothing else.
    let is_wanted =
        |delivery: &OpenDelivery<'_>| is_decided(delivery) || !parked().any(|any| is_decided(&any));
    let parked = parked().filter(is_wanted);
    let all: Vec<_> =
        parked.map(|delivery| Signal::Retry { delivery: delivery.id, by: by.cloned() }).collect();
    match all.is_empty() {
        true if run.status().is_end() => run.admits(&Signal::Resume).map(|_| all).map_err(Reply::from),
        true => Err(Reply::refused("not-retried", format!("run {} has no parked delivery", run.id()))),
        false => Ok(all),
    }
}

/// The one effect that is meant.
fn unknown(run: &Run, delivery: Option<DeliveryId>, effect: Option<EffectId>) -> Result<EffectId, Reply> {
    let is_meant = |of: &UnknownEffect<'_>| {
        delivery.is_none_or(|id| id == of.delivery) && effect.is_none_or(|id| id == of.id)
    };
    let meant: Vec<_> = run.unknown_effects().filter(is_meant).collect();
    match &meant[..] {
        [one] => Ok(one.id),
        [] if run.status().is_end() => Err(ended(run)),
        [] => {
            let message = format!(
                "no call of run {0} waits for such a decision; `lockstep runs show {0}` lists those that do",
                run.id()
            );
            Err(Reply::refused("not-unknown", message))
        }
        several => {
            let each =
                several.iter().map(|of| format!("{} of delivery {} `{}`", of.id, of.delivery, of.what));
            let each = each.collect::<Vec<_>>().join(", ");
            let message = format!(
                "several calls of run {} wait for a decision; give one with `--effect`: {each}",
                run.id()
            );
            Err(Reply::refused("several-unknown", message))
        }
    }
}

fn ended(run: &Run) -> Reply {
    Refusal::Ended { run: run.id().clone(), status: run.status() }.into()
}

fn event(run: &Run, name: &str) -> Result<EventId, Reply> {
    let events = &run.workflow().events;
    let ids = (0..).map(EventId).zip(events).filter(|(_, node)| node.name.is_called(name));
    match ids.map(|(id, _)| id).collect::<Vec<_>>()[..] {
        [id] => Ok(id),
        [] => {
            let near = did_you_mean(name, events.iter().map(|node| node.short.as_str()));
            Err(Reply::refused("unknown-event", format!("the workflow has no event `{name}`{near}")))
        }
        _ => {
            let named = "several events have this name; give its full name";
            Err(Reply::refused("unknown-event", format!("`{name}`: {named}")))
        }
    }
}

fn step(run: &Run, name: &str) -> Result<StepId, Reply> {
    let steps = &run.workflow().steps;
    let found = (0..).map(StepId).zip(steps).find(|(_, step)| step.name == name);
    found.map(|(id, _)| id).ok_or_else(|| {
        let near = did_you_mean(name, steps.iter().map(|step| step.name.as_str()));
        Reply::refused("unknown-step", format!("the workflow has no step `{name}`{near}"))
    })
}

/// Whether the values that a signal brings are what their takers read.
fn fits(run: &Run, signal: &Signal) -> Result<(), Reply> {
    let event = |event: EventId, value: &Json| {
        let checked = run.workflow().check_event(event, value.as_str());
        checked.map_err(|error| Reply::refused("misfit", format!("the event does not fit: {error}")))
    };
    match signal {
        Signal::Resolve { effect, how: Resolution::Done(answer), .. } => was_answered(run, *effect, answer),
        Signal::Answer { question, payload, .. } => answer_fits(run, *question, payload),
        Signal::Decide { approval, verdict: Verdict::Approve { arguments: Some(changed), .. }, .. } => {
            let open = run.approvals().find(|(id, _)| id == approval);
            open.map_or(Ok(()), |(_, open)| changed_fits(run, open, changed))
        }
        Signal::Inject { event: id, payload, .. } => event(*id, payload),
        Signal::Skip { events, .. } => events.iter().try_for_each(|(id, value)| event(*id, value)),
        _ => Ok(()),
    }
}

/// Whether what a person says was answered is something that a call gets: a tool's result is any JSON.
fn was_answered(run: &Run, effect: EffectId, answer: &Json) -> Result<(), Reply> {
    let open = run.unknown_effects().find(|open| open.id == effect);
    let unfit = match serde_json::from_str::<serde::de::IgnoredAny>(answer.as_str()) {
        Err(error) => Some(format!("it is no JSON: {error}")),
        Ok(_) if open.is_some_and(|open| open.capability == "http") => lockstep_sandbox::unfit_answer(answer),
        Ok(_) => None,
    };
    unfit.map_or(Ok(()), |why| Err(Reply::refused("misfit", format!("the answer does not fit: {why}"))))
}

/// Whether what a person has made of a call may leave in its place: a request by its rule, any other call by
/// the schema that it came with.
fn changed_fits(run: &Run, open: &Approval, changed: &Json) -> Result<(), Reply> {
    let Some(step) = run.step_of(open.delivery) else { return Ok(()) };
    let unfit = match (&*open.capability, &open.proposal.schema) {
        ("http", _) => lockstep_sandbox::unfit_request(&run.workflow().step(step).grant.http, open, changed),
        (_, Some(schema)) => schema::value(schema).and_then(|it| unfit_arguments(&it, changed)),
        (_, None) => None,
    };
    unfit.map_or(Ok(()), |why| Err(Reply::refused("misfit", format!("the arguments do not fit: {why}"))))
}

/// The schema that a person was shown has what the grant leaves of the arguments too.
fn unfit_arguments(schema: &serde_json::Value, changed: &Json) -> Option<String> {
    match Arguments::read(changed.as_str()) {
        Ok(arguments) => tools::check(schema, &arguments).err(),
        Err(why) => Some(why.to_string()),
    }
}

/// Whether an answer is what its question asks for.
fn answer_fits(run: &Run, question: QuestionId, payload: &Json) -> Result<(), Reply> {
    let Some((_, open)) = run.questions().find(|(id, _)| *id == question) else { return Ok(()) };
    let misfit = |why: String| Reply::refused("misfit", format!("the answer does not fit: {why}"));
    let workflow = run.workflow();
    workflow.check_answer(open.event, payload.as_str()).map_err(|error| misfit(error.to_string()))?;
    match workflow.event(open.event).question.as_ref().filter(|question| question.generic) {
        Some(_) => schema::check(&open.payload, payload).map_err(misfit),
        None => Ok(()),
    }
}

/// JSON Schemas that come with what is asked: a generic question carries one in its `schema`.
mod schema {
    use lockstep_core::event::Json;
    use serde_json::Value;

    /// Whether an answer is what the question's schema says.
    pub(super) fn check(question: &Json, answer: &Json) -> Result<(), String> {
        let Some(question) = value(question) else { return Ok(()) };
        let Some(schema) = question.get("schema").filter(|schema| !schema.is_null()) else { return Ok(()) };
        fits(schema, answer)
    }

    pub(super) fn value(json: &Json) -> Option<Value> {
        serde_json::from_str(json.as_str()).ok()
    }

    /// Whether a value is what a schema says; one that is no schema says nothing.
    pub(super) fn fits(schema: &Value, answer: &Json) -> Result<(), String> {
        let Ok(validator) = jsonschema::validator_for(schema) else { return Ok(()) };
        let answer: Value = serde_json::from_str(answer.as_str()).map_err(|error| error.to_string())?;
        validator.validate(&answer).map_err(|error| match error.instance_path().as_str() {
            "" => error.to_string(),
            path => format!("{path}: {error}"),
        })
    }
}
