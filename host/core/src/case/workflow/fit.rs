//! A case held against the workflow that it is for: everything in it that the workflow does not know, or that does not
//! fit; and what its stand-ins answer.

use serde_json::Value;

use super::{Answered, Decision, Does, StandIn, WorkflowCase};
use crate::case::fit::misfit;
use crate::case::judge::is_within;
use crate::case::{Event, Given};
use crate::event::Json;
use crate::outcome::{Class, Emission, Failure};
use crate::run;
use crate::shape::Shape;
use crate::shape::read::{self, Error};
use crate::suggest::did_you_mean;
use crate::table::Lined;
use crate::workflow::{EmitPlan, EventId, Finding, HandlerNode, Workflow};

/// What is said of a failure that has no words of its own.
const STOOD_IN: &str = "as its stand-in says";

impl WorkflowCase {
    /// Everything in what is given that is not as the workflow has it.
    pub fn findings(&self, workflow: &Workflow) -> Vec<Finding> {
        let text = self.start.json();
        let start = workflow.check_start(&text);
        let start =
            start.and_then(|()| read::check_exactly(&text, "start", &workflow.event(workflow.start).shape));
        let start = start.err().map(|error| misfit(&error, &self.start, "start"));
        let answers = self.answers.iter().filter_map(|answer| {
            let (_, question) = match event(workflow, &answer.question) {
                Ok(found) => found,
                Err(finding) => return Some(finding),
            };
            let Some(asks) = &workflow.event(question).question else {
                let message =
                    format!("`{}` asks nobody; a question has a [human] table", answer.question.value);
                return Some(Finding::error(answer.question.line, message));
            };
            let text = answer.answer.json();
            let shape = if asks.generic { &Shape::Json } else { &workflow.event(asks.answer).shape };
            let checked = workflow.check_answer(question, &text);
            let checked = checked.and_then(|()| read::check_exactly(&text, "answer", shape));
            checked.err().map(|error| misfit(&error, &answer.answer, "answer"))
        });
        let stand_ins = self.stand_ins.iter().flat_map(|stand_in| stand_in.findings(workflow));
        start.into_iter().chain(answers).chain(stand_ins).collect()
    }

    /// Events that are expected and that the workflow does not have.
    pub fn misnamed(&self, workflow: &Workflow) -> Vec<Finding> {
        let expect = self.expect.iter();
        let events = expect.flat_map(|expect| {
            let lists = [&expect.events, &expect.questions].into_iter().flatten().flatten();
            lists.chain(&expect.result)
        });
        events.filter_map(|named| event(workflow, &named.name).err()).collect()
    }
}

impl Answered {
    /// Whether it answers this question.
    pub fn fits(&self, question: &str, asked: &Json) -> bool {
        self.question.value == question && self.asked.as_ref().is_none_or(|wanted| is_within(wanted, asked))
    }
}

impl Decision {
    /// Whether it is about this call, as a person is asked about it.
    pub fn fits(&self, open: &run::Approval) -> bool {
        let arguments = &open.proposal.arguments;
        let asked: Value = serde_json::from_str(arguments.as_str()).unwrap_or_default();
        let is_asked = |key: &str, wanted: &Option<String>| {
            let is_so = |wanted: &String| &*open.capability == "http" && asked[key] == wanted.as_str();
            wanted.as_ref().is_none_or(is_so)
        };
        let tool = open.what.split(' ').next().and_then(|what| what.split_once('/')).map(|(_, tool)| tool);
        let is_tool =
            self.tool.as_deref().is_none_or(|wanted| &*open.capability == "tools" && tool == Some(wanted));
        let is_given = self.arguments.as_ref().is_none_or(|wanted| is_within(wanted, arguments));
        is_tool && is_given && is_asked("method", &self.method) && is_asked("url", &self.url)
    }
}

impl StandIn {
    fn findings(&self, workflow: &Workflow) -> Vec<Finding> {
        let handlers = match self.handlers(workflow) {
            Ok(handlers) => handlers,
            Err(finding) => return vec![finding],
        };
        if let Some(finding) = self.untaken(workflow, &handlers) {
            return vec![finding];
        }
        let Does::Emits(events) = &self.does else { return Vec::new() };
        // What several handlers may be answered with must be what one of them may emit.
        let told = handlers.iter().map(|handler| self.emissions(workflow, handler, events).err());
        match told.collect::<Option<Vec<Finding>>>() {
            Some(findings) => findings.into_iter().take(1).collect(),
            None => Vec::new(),
        }
    }

    /// An event among what is given that none of these handlers takes.
    fn untaken(&self, workflow: &Workflow, handlers: &[&HandlerNode]) -> Option<Finding> {
        let Some(Given::Named(named)) = &self.given else { return None };
        let known: Vec<&str> = handlers.iter().flat_map(|handler| taken(workflow, handler)).collect();
        let (name, _) = named.iter().find(|(name, _)| !known.contains(&name.value.as_str()))?;
        let near = did_you_mean(&name.value, known.iter().copied());
        let message = format!("step `{}` takes no event `{}`{near}", self.step.value, name.value);
        Some(Finding::error(name.line, message))
    }

    fn handlers<'w>(&self, workflow: &'w Workflow) -> Result<Vec<&'w HandlerNode>, Finding> {
        let names = workflow.steps.iter().map(|step| step.name.as_str());
        let at = workflow.steps.iter().position(|step| step.name == self.step.value).ok_or_else(|| {
            let near = did_you_mean(&self.step.value, names);
            Finding::error(self.step.line, format!("the workflow has no step `{}`{near}", self.step.value))
        })?;
        let own: Vec<_> = workflow.steps[at].handlers.iter().map(|id| workflow.handler(*id)).collect();
        let Some(named) = &self.handler else { return Ok(own) };
        match own.iter().find(|handler| handler.name == named.value) {
            Some(handler) => Ok(vec![handler]),
            None => {
                let near = did_you_mean(&named.value, own.iter().map(|handler| handler.name.as_str()));
                let (step, name) = (&self.step.value, &named.value);
                Err(Finding::error(named.line, format!("step `{step}` has no handler `{name}`{near}")))
            }
        }
    }

    /// Whether it is for this handler of its step, called with these values, and does what that can do.
    pub fn fits(&self, workflow: &Workflow, handler: &HandlerNode, inputs: &[run::Given]) -> bool {
        let is_named = self.handler.as_ref().is_none_or(|named| named.value == handler.name);
        let is_given = match &self.given {
            None => true,
            Some(Given::One(data)) => inputs.first().is_some_and(|input| is_within(data, &whole(input))),
            Some(Given::Named(named)) => named.iter().all(|(name, data)| {
                let at = taken(workflow, handler).position(|taken| taken == name.value);
                at.and_then(|at| inputs.get(at)).is_some_and(|input| is_within(data, &whole(input)))
            }),
        };
        let is_emitted = || match &self.does {
            Does::Emits(events) => self.emissions(workflow, handler, events).is_ok(),
            Does::Fails(_) => true,
        };
        is_named && is_given && is_emitted()
    }

    /// What it does, as an attempt of this handler would.
    pub fn outcome(&self, workflow: &Workflow, handler: &HandlerNode) -> Result<Vec<Emission>, Failure> {
        match &self.does {
            Does::Emits(events) => self.emissions(workflow, handler, events).map_err(|finding| Failure {
                class: Class::Invalid,
                code: "stand-in".into(),
                message: finding.message,
                retry_after: None,
                details: None,
            }),
            Does::Fails(wanted) => Err(Failure {
                class: wanted.class.unwrap_or(Class::Permanent),
                code: wanted.code.clone().unwrap_or_else(|| "stand-in".into()),
                message: wanted.message.clone().unwrap_or_else(|| STOOD_IN.into()),
                retry_after: wanted.retry_after_ms.map(std::time::Duration::from_millis),
                details: wanted.details.as_ref().map(|details| Json::trusted(details.json())),
            }),
        }
    }

    /// Events as a handler emits them; those that it cannot emit are findings.
    fn emissions(
        &self,
        workflow: &Workflow,
        handler: &HandlerNode,
        events: &[Event],
    ) -> Result<Vec<Emission>, Finding> {
        let several = handler.emits.is_opener();
        if let (false, Some(second)) = (several, events.get(1)) {
            let message = format!("`{}` emits one event at most, not {}", handler.name, events.len());
            return Err(Finding::error(second.name.line, message));
        }
        if let (true, EmitPlan::Event(..) | EmitPlan::Variant(_)) = (events.is_empty(), &handler.emits) {
            let message = format!("`{}` always emits an event; give one in `emits`", handler.name);
            return Err(Finding::error(self.line, message));
        }
        let emission = |(element, event)| {
            let (id, payload) = emitted(workflow, handler, event)?;
            Ok(Emission { event: id, element: if several { element } else { 0 }, payload })
        };
        (0..).zip(events).map(emission).collect()
    }
}

/// The events that a handler takes, in the order of its parameters.
fn taken<'w>(workflow: &'w Workflow, handler: &HandlerNode) -> impl Iterator<Item = &'w str> {
    handler.inputs.iter().map(|input| workflow.event(input.event).short.as_str())
}

fn whole(input: &run::Given) -> Json {
    match input {
        run::Given::One(json) => json.clone(),
        run::Given::Many(all) => {
            let all: Vec<&str> = all.iter().map(Json::as_str).collect();
            Json::trusted(format!("[{}]", all.join(",")))
        }
    }
}

/// An event as a handler emits it.
fn emitted(workflow: &Workflow, handler: &HandlerNode, event: &Event) -> Result<(EventId, Json), Finding> {
    let known = handler.emits.events();
    let found = known.iter().find(|(id, _)| workflow.event(*id).short == event.name.value);
    let (id, shape) = found.ok_or_else(|| never(workflow, handler, &event.name))?;
    let text = event.value.json();
    let checked = check(&text, workflow, *id, shape);
    checked.map_err(|error| misfit(&error, &event.value, &event.name.value))?;
    Ok((*id, Json::trusted(text)))
}

fn check(text: &str, workflow: &Workflow, event: EventId, shape: &Shape) -> Result<(), Error> {
    let name = &workflow.event(event).short;
    read::check_exactly(text, name, shape)?;
    workflow.check_event(event, text)
}

fn never(workflow: &Workflow, handler: &HandlerNode, name: &Lined<String>) -> Finding {
    let known = handler.emits.events();
    let names = known.iter().map(|(id, _)| workflow.event(*id).short.as_str());
    let near = did_you_mean(&name.value, names);
    Finding::error(name.line, format!("`{}` never emits `{}`{near}", handler.name, name.value))
}

/// An event that a case names.
fn event<'w>(workflow: &'w Workflow, named: &Lined<String>) -> Result<(&'w str, EventId), Finding> {
    let found = (0..).map(EventId).zip(&workflow.events).find(|(_, node)| node.short == named.value);
    found.map(|(id, node)| (node.short.as_str(), id)).ok_or_else(|| {
        let near = did_you_mean(&named.value, workflow.events.iter().map(|node| node.short.as_str()));
        Finding::error(named.line, format!("the workflow has no event `{}`{near}", named.value))
    })
}
