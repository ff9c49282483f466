//! Who stands in for a step: it emits or fails as the case says, for whatever the step would have been called with.

use std::future::ready;
use std::sync::{Arc, Mutex, PoisonError};

use lockstep_core::case::StandIn;
use lockstep_core::event::Json;
use lockstep_core::outcome::{Class, Failure, Outcome};
use lockstep_core::run::Given;
use lockstep_core::workflow::{HandlerNode, StepId, Workflow};
use lockstep_runtime::{Attempting, Attempts};
use lockstep_sandbox::{Call, Report, Usage};

/// Stands in for one step.
pub(super) struct Understudy {
    workflow: Arc<Workflow>,
    step: StepId,
    playing: Mutex<Playing>,
}

struct Playing {
    /// What it does, and how often it did.
    parts: Vec<(StandIn, u32)>,
    complaints: Vec<String>,
}

impl Understudy {
    /// None, if the workflow has no such step.
    pub(super) fn new(
        workflow: Arc<Workflow>,
        name: &str,
        parts: impl Iterator<Item = StandIn>,
    ) -> Option<Understudy> {
        let step = (0..).map(StepId).zip(&workflow.steps).find(|(_, step)| step.name == name)?.0;
        let parts = parts.map(|part| (part, 0)).collect();
        Some(Understudy { workflow, step, playing: Mutex::new(Playing { parts, complaints: Vec::new() }) })
    }

    /// What it was asked for and could not do.
    pub(super) fn complaints(&self) -> Vec<String> {
        self.playing.lock().unwrap_or_else(PoisonError::into_inner).complaints.clone()
    }

    fn outcome(&self, call: &Call) -> Outcome {
        let step = self.workflow.step(self.step);
        let Some(handler) = step.handlers.iter().nth(call.handler).map(|id| self.workflow.handler(*id))
        else {
            return nobody(&step.name, "one of its handlers");
        };
        let mut playing = self.playing.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = playing.parts.iter_mut().find(|(part, done)| {
            part.times.is_none_or(|times| *done < times) && part.fits(&self.workflow, handler, &call.inputs)
        });
        match fitting {
            Some((part, done)) => {
                *done += 1;
                part.outcome(&self.workflow, handler)
                    .map_or_else(Outcome::Failed, |all| Outcome::Emitted(all.into()))
            }
            None => {
                let complaint = self.complaint(handler, call);
                playing.complaints.push(complaint);
                nobody(&step.name, &handler.name)
            }
        }
    }

    fn complaint(&self, handler: &HandlerNode, call: &Call) -> String {
        let step = &self.workflow.step(self.step).name;
        let got = call.inputs.iter().map(told).collect::<Vec<_>>().join(", ");
        format!("no stand-in of `{step}` is for `{}` with {got}; add one, or widen its `event`", handler.name)
    }
}

fn told(input: &Given) -> String {
    match input {
        Given::One(json) => json.to_string(),
        Given::Many(all) => format!("[{}]", all.iter().map(Json::as_str).collect::<Vec<_>>().join(",")),
    }
}

fn nobody(step: &str, handler: &str) -> Outcome {
    Outcome::Failed(Failure {
        class: Class::Permanent,
        code: "no-stand-in".into(),
        message: format!("no stand-in of `{step}` is for `{handler}`"),
        retry_after: None,
        details: None,
    })
}

impl Attempts for Understudy {
    fn attempt(&self, call: Call) -> Attempting<'_> {
        let outcome = self.outcome(&call);
        Box::pin(ready(Report { outcome, log: Vec::new(), usage: Usage::default() }))
    }
}
