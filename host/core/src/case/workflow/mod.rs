//! Cases of workflows: how a run is begun, what people say when it asks them, who stands in for which step, and what
//! must come of it.

mod fit;
mod judge;
mod read;

use std::time::Duration;

pub use judge::{Ran, judge_workflow};

use super::data::Data;
use super::{Event, Format, Given, Request, Tool, Wanted, reader};
use crate::run::Status;
use crate::table::Lined;
use crate::workflow::Finding;

/// A case of a workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkflowCase {
    /// `case`: what it shows.
    pub title: Option<String>,
    /// `[start]`: the fields of the start event.
    pub start: Data,
    /// `[run] now`: when it begins, in milliseconds since the Unix epoch.
    pub now: Option<u64>,
    /// `[run] session`
    pub session: Option<String>,
    /// `[[answers]]`
    pub answers: Vec<Answered>,
    /// `[[decisions]]`
    pub decisions: Vec<Decision>,
    /// `[[stand-ins]]`
    pub stand_ins: Vec<StandIn>,
    /// `[[http]]`
    pub http: Vec<Request>,
    /// `[[tools]]`
    pub tools: Vec<Tool>,
    /// `[expect]`; none: there is nothing to hold it against yet.
    pub expect: Option<Outcome>,
}

/// `[[answers]]`: what a person answers to which question. Where several fit, it is the first that is not used up.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// Where it stands.
    pub line: u32,
    /// `question`: the event that asks.
    pub question: Lined<String>,
    /// `asked`: fields that it has, among others.
    pub asked: Option<Data>,
    /// `answer`: the fields of the answer.
    pub answer: Data,
    /// `by`
    pub by: Option<String>,
    /// `after`: how long after it was asked.
    pub after: Duration,
    /// `times`: how often it is given; none: as often as it is asked for.
    pub times: Option<u32>,
}

/// `[[decisions]]`: what a person says to which call.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Where it stands.
    pub line: u32,
    /// `tool`
    pub tool: Option<String>,
    /// `method`, in capitals.
    pub method: Option<String>,
    /// `url`, normalised as that of a request.
    pub url: Option<String>,
    /// `arguments`: those of a tool, among others.
    pub arguments: Option<Data>,
    /// What is said.
    pub says: Says,
    /// `by`
    pub by: Option<String>,
    /// `after`: how long after it was asked.
    pub after: Duration,
    /// `times`
    pub times: Option<u32>,
}

/// What a person says to a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Says {
    /// `approve = true`, `with`: with these arguments instead.
    Approve(Option<Data>),
    /// `refuse`: no, and why.
    Refuse(String),
}

/// `[[stand-ins]]`: what a step does instead of being run. A step that has one is never run for real.
#[derive(Clone, Debug, PartialEq)]
pub struct StandIn {
    /// Where it stands.
    pub line: u32,
    /// `step`
    pub step: Lined<String>,
    /// `handler`; none: any of the step's.
    pub handler: Option<Lined<String>>,
    /// `event`, or `given` by the names of events: fields of what it gets, among others.
    pub given: Option<Given>,
    /// `times`
    pub times: Option<u32>,
    /// What it does.
    pub does: Does,
}

/// What a stand-in does.
#[derive(Clone, Debug, PartialEq)]
pub enum Does {
    /// `emits`
    Emits(Vec<Event>),
    /// `failure`
    Fails(Wanted),
}

/// `[expect]` of a workflow's case. What is not given is not checked, but for one thing: a run that does not complete
/// is expected or wrong.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// `status`; none: completed.
    pub status: Option<Status>,
    /// `result`: the event that ends it.
    pub result: Option<Event>,
    /// `reason-contains`: a part of why it has its status.
    pub reason: Option<String>,
    /// `events`: these in this order, others between them; of each, the fields that are given.
    pub events: Option<Vec<Event>>,
    /// `questions`: these in this order and no others; of each, the fields that are given.
    pub questions: Option<Vec<Event>>,
    /// `steps`: those that did something, in the order in which they first did.
    pub steps: Option<Vec<String>>,
    /// `calls`: those that left, in this order.
    pub calls: Option<Vec<String>>,
    /// `took`: by the run's own clock.
    pub took: Option<Duration>,
}

/// Reads a case of a workflow.
pub fn workflow(text: &str, format: Format) -> Result<WorkflowCase, Vec<Finding>> {
    reader::parse(text, format, read::workflow)
}
