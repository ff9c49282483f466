//! A workflow: steps joined by their contracts into a graph that routes events by type.
//! [`parse`] reads `workflow.toml`; [`join()`] joins it with the contracts of its steps and finds
//! everything that is wrong at once, or gives the [`Workflow`] that runs move through; [`fit()`] says
//! how one more component could be wired in.

pub mod file;
mod finding;
pub mod fit;
mod joining;

pub use file::parse;
pub use finding::{Finding, Severity};
pub use fit::fit;
pub use joining::{Joined, join};

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::event::{Json, TypeName};
use crate::grant::Grant;
use crate::retry::Policy;
use crate::shape::Shape;
use crate::shape::read::{self, Error};

/// An event type of the workflow: an index into [`Workflow::events`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub u32);

/// A handler of a step: an index into [`Workflow::handlers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HandlerId(pub u32);

/// A step: an index into [`Workflow::steps`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub u32);

/// A workflow whose contracts fit together. Immutable; runs share it. The journal keeps it beside
/// the runs that move through it, as JSON: all but what may change under an open run (time limits,
/// retries, concurrency, grants, components, tools), which is always the newest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Workflow {
    /// Its name.
    pub name: String,
    /// The event that begins a run.
    pub start: EventId,
    /// How long a run may take.
    #[serde(skip)]
    pub timeout: Option<Duration>,
    /// Whether the time in which a run only waits for a person counts.
    #[serde(skip)]
    pub timeout_counts_waiting: bool,
    /// Every event type that moves in it.
    pub events: Vec<EventNode>,
    /// Every handler of every step.
    pub handlers: Vec<HandlerNode>,
    /// Its steps, in the order of the file.
    pub steps: Vec<StepNode>,
    /// The components whose tools its steps may call, in the order of the file.
    #[serde(skip)]
    pub tools: Vec<ToolNode>,
}

/// An event type and where it goes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EventNode {
    /// The full name.
    pub name: TypeName,
    /// The shortest name that is unambiguous in this workflow.
    pub short: String,
    /// The shape of its values, as the workflow's JSON has them.
    pub shape: Shape,
    /// It ends the run.
    pub stop: bool,
    /// Observers may see it; it needs no consumer.
    pub publish: bool,
    /// A person is asked.
    pub question: Option<Question>,
    /// Who takes it, in the order of the file.
    pub consumers: Vec<Consumer>,
    /// It is broadcast to several handlers and is the home of a join: it opens a scope.
    pub opens: bool,
    /// Gathers whose scope it ends (`until`).
    pub ends: Vec<HandlerId>,
}

/// `[human.EVENT]`: the event is a question, answered from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The event that an answer is.
    pub answer: EventId,
    /// Who may answer; empty: whoever may answer at all.
    pub by: Vec<String>,
    /// How long it may stay open.
    pub deadline: Option<Duration>,
    /// The event that comes instead when it has stayed open too long.
    pub on_deadline: Option<EventId>,
    /// It is `lockstep:step/host-events.input-required`: its answer is a `human-response`, which goes
    /// to the asking step if that takes it, else to all that do.
    pub generic: bool,
}

impl Question {
    /// The events that follow from it.
    pub(crate) fn brings(&self) -> Vec<EventId> {
        [self.answer].into_iter().chain(self.on_deadline).collect()
    }
}

/// One way into a handler.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Consumer {
    /// The handler.
    pub handler: HandlerId,
    /// Which parameter.
    pub port: Port,
    /// `when`: JSON key of a top-level field, and the JSON text of the value it must equal.
    pub when: Vec<(String, String)>,
}

/// A parameter's part in its handler's join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Port {
    /// The only one.
    Each,
    /// The first of a pair.
    Left,
    /// The second of a pair.
    Right,
    /// One of a gathered list.
    Item,
    /// The single event beside a gathered list.
    With,
    /// The question of a pair of question and answer: kept by the question itself, delivered with
    /// its answer.
    Asked,
    /// The answer of such a pair.
    Answer,
}

/// A handler and its place in the graph.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HandlerNode {
    /// Whose handler it is.
    pub step: StepId,
    /// `on-refund-requested`.
    pub name: String,
    /// Its parameters in order, as values are given to it.
    pub inputs: Vec<Input>,
    /// How its result is taken apart.
    pub emits: EmitPlan,
    /// How its inputs come together.
    pub join: Join,
    /// Its result holds a list and it is the home of a join: each success opens a scope.
    pub opens: bool,
}

/// One parameter as values are given to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Input {
    /// The workflow's event type.
    pub event: EventId,
    /// The handler's own record, its JSON keys renamed by the wiring.
    pub shape: Shape,
    /// The parameter is a list of it.
    pub many: bool,
}

/// How a handler's result becomes events.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum EmitPlan {
    /// It emits nothing.
    Nothing,
    /// One event; its JSON keys renamed by the wiring.
    Event(EventId, Shape),
    /// One of several, by case.
    Variant(Vec<(String, EventId, Shape)>),
    /// Perhaps one.
    Option(Box<EmitPlan>),
    /// Any number.
    List(Box<EmitPlan>),
}

/// How the inputs of a handler come together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Join {
    /// Each event by itself.
    Each,
    /// Pairs inside one scope of `home`.
    Pair {
        /// Whose scopes the halves meet in.
        home: Home,
        /// The JSON key whose value both halves must share; none: first come, first matched.
        by: Option<String>,
    },
    /// All of a scope of `home`.
    Gather {
        /// Whose scopes are gathered.
        home: Home,
        /// When it fires and with what.
        rule: GatherRule,
    },
    /// A question and its answer.
    Answer {
        /// Whose answers.
        question: EventId,
    },
    /// The step's `on-step-failed`: called by the rule itself, joined with nothing.
    Failure,
    /// The step's `on-timer-fired`: called by the rule itself when a timer of the step fires.
    Timer,
}

/// What opens the scopes in which a join's inputs meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Home {
    /// The run itself: one scope, open to its end.
    Run,
    /// Each success of this handler.
    Handler(HandlerId),
    /// Each broadcast of this event.
    Event(EventId),
}

/// `gather = { … }`.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct GatherRule {
    /// Fire at the n-th.
    pub take: Option<u32>,
    /// Fire this long after the opening.
    pub wait: Option<Duration>,
    /// Fire when this event comes.
    pub until: Option<EventId>,
    /// What the final failure of a branch does.
    pub failed: OnFailed,
    /// What a scope without inputs does.
    pub empty: OnEmpty,
}

/// `failed = …` of a gather.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFailed {
    /// The whole scope fails: it is a failed branch of the scope around it, or the run's failure.
    #[default]
    Fail,
    /// The gather goes on without the branch.
    Skip,
}

/// `empty = …` of a gather.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnEmpty {
    /// It fires with an empty list.
    #[default]
    Fire,
    /// It does not fire.
    Skip,
}

/// What becomes of a delivery that is not tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Exhausted {
    /// It has failed for good.
    #[default]
    Fail,
    /// It waits for an operator or a new release.
    Park,
}

/// A step of the workflow.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StepNode {
    /// Its name in the file.
    pub name: String,
    /// The `on-step-failed` handler that is asked about this step's final failures.
    pub on_failure: Option<HandlerId>,
    /// Its own `on-timer-fired` handler.
    pub on_timer: Option<HandlerId>,
    /// Its handlers.
    pub handlers: BTreeSet<HandlerId>,
    /// Its work is done by runs of another workflow.
    pub nested: bool,
    /// Its component or its workflow, as the file writes it.
    #[serde(skip)]
    pub component: String,
    /// Attempts at once in one run.
    #[serde(skip)]
    pub concurrency_run: Option<u32>,
    /// Attempts at once over all runs.
    #[serde(skip)]
    pub concurrency_all: Option<u32>,
    /// The wall-clock limit of an attempt, host calls included.
    #[serde(skip)]
    pub timeout: Duration,
    /// When a failure is tried again.
    #[serde(skip)]
    pub retry: Policy,
    /// What becomes of a delivery that is not tried again.
    #[serde(skip)]
    pub exhausted: Exhausted,
    /// What it may reach.
    #[serde(skip)]
    pub grant: Grant,
    /// It imports `lockstep:step/blob`: it reads what is there only when it is written.
    #[serde(skip)]
    pub blobs: bool,
}

/// A component whose tools steps may call, as far as their grants let them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolNode {
    /// Its name in the file: no step has it too.
    pub name: String,
    /// Its component, as the file writes it.
    pub component: String,
    /// What it may reach: its own, never the caller's.
    pub grant: Grant,
}

impl StepNode {
    /// Whether an attempt leaves no trace anywhere but in what is committed of it, and sees nothing but
    /// what is decided.
    pub fn is_pure(&self) -> bool {
        !self.nested && !self.blobs && self.grant.is_pure()
    }
}

/// Which graph a run moves through: the digest of what the journal keeps of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(Arc<str>);

impl Revision {
    /// Takes over text that was a revision's.
    pub fn named(text: &str) -> Revision {
        Revision(text.into())
    }

    /// Hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A workflow as the journal keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    /// Its name among all.
    pub revision: Revision,
    /// JSON text.
    pub json: Json,
}

impl Graph {
    /// The workflow that was kept.
    pub fn workflow(&self) -> Result<Workflow, serde_json::Error> {
        serde_json::from_str(self.json.as_str())
    }
}

impl Workflow {
    /// The node of an event type.
    pub fn event(&self, id: EventId) -> &EventNode {
        &self.events[id.0 as usize]
    }

    /// The node of a handler.
    pub fn handler(&self, id: HandlerId) -> &HandlerNode {
        &self.handlers[id.0 as usize]
    }

    /// The node of a step.
    pub fn step(&self, id: StepId) -> &StepNode {
        &self.steps[id.0 as usize]
    }

    /// What the journal keeps of it.
    pub fn graph(&self) -> Graph {
        let json = serde_json::to_string(self).expect("a workflow has string keys only");
        let digest = Sha256::digest(&json);
        let digits: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        Graph { revision: Revision(digits.into()), json: Json::trusted(json) }
    }

    /// Whether `text` is a start value that everybody who takes the start event can read.
    pub fn check_start(&self, text: &str) -> Result<(), Error> {
        self.check(self.start, text, "start")
    }

    /// Whether `text` is a value of an event that everybody who takes it can read.
    pub fn check_event(&self, event: EventId, text: &str) -> Result<(), Error> {
        self.check(event, text, &self.event(event).short)
    }

    fn check(&self, event: EventId, text: &str, path: &str) -> Result<(), Error> {
        read::check(text, path, &self.event(event).shape)?;
        self.readers(event, |_| true).try_for_each(|input| read::check(text, path, &input.shape))
    }

    /// Whether `text` is an answer that everybody who takes the answer to this question can read. A
    /// generic question is answered with any JSON; what its own schema says of it is not looked at. An
    /// event that is no question has no answer that could be wrong.
    pub fn check_answer(&self, question: EventId, text: &str) -> Result<(), Error> {
        let Some(Question { answer, generic: false, .. }) = self.event(question).question else {
            return read::check(text, "answer", &Shape::Json);
        };
        read::check(text, "answer", &self.event(answer).shape)?;
        let gets = |join: &Join| !matches!(join, Join::Answer { question: of } if *of != question);
        self.readers(answer, gets).try_for_each(|input| read::check(text, "answer", &input.shape))
    }

    /// The parameters that take an event, of handlers with certain joins.
    fn readers(&self, event: EventId, of: impl Fn(&Join) -> bool) -> impl Iterator<Item = &Input> {
        let takers = self.event(event).consumers.iter().map(|taker| self.handler(taker.handler));
        let inputs = takers.filter(move |node| of(&node.join)).flat_map(|node| &node.inputs);
        inputs.filter(move |input| input.event == event)
    }
}

impl EmitPlan {
    /// The events it names, with the shapes they are written in, in order.
    pub fn events(&self) -> Vec<(EventId, &Shape)> {
        match self {
            EmitPlan::Nothing => Vec::new(),
            EmitPlan::Event(event, shape) => vec![(*event, shape)],
            EmitPlan::Variant(cases) => cases.iter().map(|(_, event, shape)| (*event, shape)).collect(),
            EmitPlan::Option(inner) | EmitPlan::List(inner) => inner.events(),
        }
    }

    /// Whether it holds a list: then each success opens a scope, if a join is bound to it.
    pub fn is_opener(&self) -> bool {
        match self {
            EmitPlan::List(_) => true,
            EmitPlan::Option(inner) => inner.is_opener(),
            EmitPlan::Nothing | EmitPlan::Event(..) | EmitPlan::Variant(_) => false,
        }
    }
}
