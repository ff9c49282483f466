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
use std::time::Duration;

use crate::event::TypeName;
use crate::retry::Policy;
use crate::shape::Shape;
use crate::shape::read::{self, Error};

/// An event type of the workflow: an index into [`Workflow::events`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct EventId(pub u32);

/// A handler of a step: an index into [`Workflow::handlers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct HandlerId(pub u32);

/// A step: an index into [`Workflow::steps`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct StepId(pub u32);

/// A workflow whose contracts fit together. Immutable; runs share it.
#[derive(Clone, Debug)]
pub struct Workflow {
    /// Its name.
    pub name: String,
    /// The event that begins a run.
    pub start: EventId,
    /// How long a run may take.
    pub timeout: Option<Duration>,
    /// Every event type that moves in it.
    pub events: Vec<EventNode>,
    /// Every handler of every step.
    pub handlers: Vec<HandlerNode>,
    /// Its steps, in the order of the file.
    pub steps: Vec<StepNode>,
}

/// An event type and where it goes.
#[derive(Clone, Debug)]
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
    /// Who takes it, in the order of the file.
    pub consumers: Vec<Consumer>,
    /// It is broadcast to several handlers and is the home of a join: it opens a scope.
    pub opens: bool,
    /// Gathers whose scope it ends (`until`).
    pub ends: Vec<HandlerId>,
}

/// One way into a handler.
#[derive(Clone, Debug, PartialEq)]
pub struct Consumer {
    /// The handler.
    pub handler: HandlerId,
    /// Which parameter.
    pub port: Port,
    /// `when`: JSON key of a top-level field, and the JSON text of the value it must equal.
    pub when: Vec<(String, String)>,
}

/// A parameter's part in its handler's join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
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
}

/// A handler and its place in the graph.
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug)]
pub struct Input {
    /// The workflow's event type.
    pub event: EventId,
    /// The handler's own record, its JSON keys renamed by the wiring.
    pub shape: Shape,
    /// The parameter is a list of it.
    pub many: bool,
}

/// How a handler's result becomes events.
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug, PartialEq)]
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
    /// The step's `on-step-failed`: called by the rule itself, joined with nothing.
    Failure,
}

/// What opens the scopes in which a join's inputs meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Default)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFailed {
    /// The whole scope fails: it is a failed branch of the scope around it, or the run's failure.
    #[default]
    Fail,
    /// The gather goes on without the branch.
    Skip,
}

/// `empty = …` of a gather.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnEmpty {
    /// It fires with an empty list.
    #[default]
    Fire,
    /// It does not fire.
    Skip,
}

/// A step of the workflow.
#[derive(Clone, Debug)]
pub struct StepNode {
    /// Its name in the file.
    pub name: String,
    /// Its component, as the file writes it.
    pub component: String,
    /// Attempts at once in one run.
    pub concurrency_run: Option<u32>,
    /// Attempts at once over all runs.
    pub concurrency_all: Option<u32>,
    /// The wall-clock limit of an attempt, host calls included.
    pub timeout: Duration,
    /// When a failure is tried again.
    pub retry: Policy,
    /// The `on-step-failed` handler that is asked about this step's final failures.
    pub on_failure: Option<HandlerId>,
    /// Its handlers.
    pub handlers: BTreeSet<HandlerId>,
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

    /// Whether `text` is a start value that everybody who takes the start event can read.
    pub fn check_start(&self, text: &str) -> Result<(), Error> {
        let start = self.event(self.start);
        read::check(text, "start", &start.shape)?;
        let takers = start.consumers.iter().flat_map(|taker| &self.handler(taker.handler).inputs);
        let own = takers.filter(|input| input.event == self.start);
        own.into_iter().try_for_each(|input| read::check(text, "start", &input.shape))
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
