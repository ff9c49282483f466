//! A workflow as a picture. A loaded [`Workflow`] goes in; out comes text: Mermaid for pages that
//! draw it, DOT for Graphviz, or a finished SVG. The same workflow gives the same text.
//!
//! What is to be seen is decided once, in [`Drawing`]; the renderers only write it down. They know
//! no workflow, and nothing in here reads or writes a file.

mod dot;
mod layout;
mod mermaid;
mod svg;

#[cfg(test)]
mod tests;

use lockstep_core::duration;
use lockstep_core::workflow::{
    Consumer, EmitPlan, EventId, EventNode, GatherRule, HandlerId, Home, Join, OnEmpty, OnFailed, Port,
    Question, Workflow,
};

/// What the picture is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// A Mermaid flowchart
    Mermaid,
    /// The language of Graphviz
    Dot,
    /// A picture, laid out
    Svg,
}

/// Draws a workflow.
pub(crate) fn draw(workflow: &Workflow, format: Format) -> String {
    let drawing = Drawing::of(workflow);
    match format {
        Format::Mermaid => mermaid::render(&drawing),
        Format::Dot => dot::render(&drawing),
        Format::Svg => svg::render(&drawing),
    }
}

/// What is to be seen.
#[derive(Clone, Debug)]
struct Drawing {
    /// The workflow's name.
    title: String,
    /// Start, every handler, every question, stop, and observers where something is published to
    /// nobody else.
    nodes: Vec<Node>,
    /// Every way that an event or a failure can take.
    edges: Vec<Edge>,
}

#[derive(Clone, Debug)]
struct Node {
    kind: Kind,
    label: String,
    /// What there is to say below the label, a line each.
    notes: Vec<String>,
    /// Each success of it opens a scope.
    opens: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Start,
    Each,
    Pair,
    Gather,
    Failure,
    Timer,
    /// A person is asked.
    Question,
    Stop,
    Observers,
}

/// A way from one node to another, each an index into [`Drawing::nodes`].
#[derive(Clone, Debug, PartialEq)]
struct Edge {
    from: usize,
    to: usize,
    /// The event's short name, and what there is to say of this way: a line each.
    label: Vec<String>,
    style: Style,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// An event is consumed.
    Event,
    /// An event ends a gather's scope.
    Until,
    /// A failure is handled.
    Failure,
    /// A timer of the step fires.
    Timer,
    /// Nobody has answered in time.
    Deadline,
}

const OPENS: &str = "opens a scope";

/// The longest text of a `when` that is shown.
const LONGEST_CONDITION: usize = 40;

impl Drawing {
    fn of(workflow: &Workflow) -> Drawing {
        let handlers = (0..workflow.handlers.len()).map(|at| handler(workflow, HandlerId(at as u32)));
        let ends = [plain(Kind::Stop, "stop"), plain(Kind::Observers, "observers")];
        let questions = questions(workflow).map(|(event, asked)| question(workflow, event, asked));
        let start = std::iter::once(plain(Kind::Start, "start"));
        let nodes = start.chain(handlers).chain(questions).chain(ends).collect();
        let mut drawing = Drawing { title: workflow.name.clone(), nodes, edges: Vec::new() };
        drawing.follow(workflow, 0, workflow.start);
        for (at, handler) in workflow.handlers.iter().enumerate() {
            emitted(&handler.emits).into_iter().for_each(|event| drawing.follow(workflow, at + 1, event));
        }
        drawing.add_answers(workflow);
        drawing.add_timers(workflow);
        drawing.add_failures(workflow);
        drawing.leave_out_idle_ends();
        drawing
    }

    /// Every way of an event that comes out of a node. Whoever takes a question together with its
    /// answer gets both from the person.
    fn follow(&mut self, workflow: &Workflow, from: usize, id: EventId) {
        if let Some(at) = questions(workflow).position(|(event, _)| event == id) {
            self.add(from, workflow.handlers.len() + 1 + at, vec!["asks".to_owned()], Style::Event);
        }
        self.follow_to(workflow, from, id, Style::Event, |consumer| consumer.port != Port::Answer);
    }

    /// The ways of an event to some of its consumers, and wherever else it goes.
    fn follow_to(
        &mut self,
        workflow: &Workflow,
        from: usize,
        id: EventId,
        style: Style,
        takes: impl Fn(&Consumer) -> bool,
    ) {
        let (event, stop, observers) = (workflow.event(id), self.nodes.len() - 2, self.nodes.len() - 1);
        for consumer in event.consumers.iter().filter(|taker| taker.port != Port::Asked && takes(taker)) {
            self.add(from, node_of(consumer.handler), consumed(event, consumer), style);
        }
        for gather in &event.ends {
            self.add(from, node_of(*gather), vec![format!("until {}", event.short)], Style::Until);
        }
        if event.stop {
            self.add(from, stop, vec![event.short.clone()], style);
        }
        if event.publish && event.consumers.is_empty() && event.ends.is_empty() && !event.stop {
            self.add(from, observers, vec![event.short.clone()], style);
        }
    }

    /// From each question to whoever takes its answer, and to whoever hears that there is none.
    fn add_answers(&mut self, workflow: &Workflow) {
        for (at, (event, question)) in questions(workflow).enumerate() {
            let from = workflow.handlers.len() + 1 + at;
            let takers = answer_takers(workflow, event, question);
            self.follow_to(workflow, from, question.answer, Style::Event, |taker| {
                takers.contains(&taker.handler)
            });
            if let Some(instead) = question.on_deadline {
                self.follow_to(workflow, from, instead, Style::Deadline, |taker| taker.port != Port::Answer);
            }
        }
    }

    /// Whichever handler of the step sets a timer, its timer handler is called.
    fn add_timers(&mut self, workflow: &Workflow) {
        for step in &workflow.steps {
            let Some(to) = step.on_timer else { continue };
            for from in step.handlers.iter().filter(|from| **from != to) {
                self.add(node_of(*from), node_of(to), vec!["timer".to_owned()], Style::Timer);
            }
        }
    }

    /// A failure handler's own failure is asked of nobody: it ends the run.
    fn add_failures(&mut self, workflow: &Workflow) {
        for step in &workflow.steps {
            let Some(to) = step.on_failure else {
                continue;
            };
            let asked = step.handlers.iter().filter(|from| workflow.handler(**from).join != Join::Failure);
            for from in asked {
                self.add(node_of(*from), node_of(to), Vec::new(), Style::Failure);
            }
        }
    }

    /// Two cases of one result may carry the same event: it is one way.
    fn add(&mut self, from: usize, to: usize, label: Vec<String>, style: Style) {
        let edge = Edge { from, to, label, style };
        if !self.edges.contains(&edge) {
            self.edges.push(edge);
        }
    }

    /// Observers are drawn where something goes to them, stop always: a picture without it says
    /// that the workflow cannot end.
    fn leave_out_idle_ends(&mut self) {
        let observers = self.nodes.len() - 1;
        if self.edges.iter().all(|edge| edge.to != observers) {
            self.nodes.pop();
        }
    }
}

/// The events that people are asked with.
fn questions(workflow: &Workflow) -> impl Iterator<Item = (EventId, &Question)> {
    let events = (0..).map(EventId).zip(&workflow.events);
    events.filter_map(|(id, event)| Some((id, event.question.as_ref()?)))
}

/// Whoever takes the answer to a question. One without a type of its own is taken by the step that
/// asks, or, where that does not, by all.
fn answer_takers(workflow: &Workflow, event: EventId, question: &Question) -> Vec<HandlerId> {
    let takers = workflow.event(question.answer).consumers.iter().map(|taker| taker.handler);
    let takers = takers.filter(|taker| match workflow.handler(*taker).join {
        Join::Answer { question: of } => of == event,
        _ => true,
    });
    let takers: Vec<HandlerId> = takers.collect();
    let step = |handler: HandlerId| workflow.handler(handler).step;
    let handlers = (0..workflow.handlers.len() as u32).map(HandlerId);
    let asks = |handler: &HandlerId| emitted(&workflow.handler(*handler).emits).contains(&event);
    let askers: Vec<_> = handlers.filter(asks).map(step).collect();
    let takes = |asker| takers.iter().any(|taker| step(*taker) == asker);
    match question.generic && askers.iter().all(|asker| takes(*asker)) {
        true => takers.into_iter().filter(|taker| askers.contains(&step(*taker))).collect(),
        false => takers,
    }
}

/// Start comes before the handlers.
fn node_of(handler: HandlerId) -> usize {
    handler.0 as usize + 1
}

fn plain(kind: Kind, label: &str) -> Node {
    Node { kind, label: label.to_owned(), notes: Vec::new(), opens: false }
}

fn question(workflow: &Workflow, event: EventId, question: &Question) -> Node {
    let by = (!question.by.is_empty()).then(|| format!("by {}", question.by.join(", ")));
    let deadline = question.deadline.map(|deadline| format!("within {}", duration::show(deadline)));
    let notes = ["a person is asked".to_owned()].into_iter().chain(by).chain(deadline).collect();
    Node { notes, ..plain(Kind::Question, &workflow.event(event).short) }
}

fn handler(workflow: &Workflow, id: HandlerId) -> Node {
    let handler = workflow.handler(id);
    let step = workflow.step(handler.step);
    let name = (step.handlers.len() > 1).then(|| handler.name.clone());
    let (kind, join) = joined(workflow, &handler.join);
    let opens = handler.opens.then(|| OPENS.to_owned());
    let notes = name.into_iter().chain(join).chain(opens).collect();
    Node { kind, label: step.name.clone(), notes, opens: handler.opens }
}

fn joined(workflow: &Workflow, join: &Join) -> (Kind, Vec<String>) {
    match join {
        Join::Each => (Kind::Each, Vec::new()),
        Join::Failure => (Kind::Failure, vec!["takes failures".to_owned()]),
        Join::Timer => (Kind::Timer, vec!["when its timers fire".to_owned()]),
        Join::Answer { question } => {
            (Kind::Pair, vec![format!("answer to {}", workflow.event(*question).short)])
        }
        Join::Pair { home, by } => {
            let by = by.iter().map(|key| format!("by {key}"));
            (Kind::Pair, std::iter::once(format!("pair of {}", at_home(workflow, *home))).chain(by).collect())
        }
        Join::Gather { home, rule } => {
            let gather = format!("gather of {}", at_home(workflow, *home));
            (Kind::Gather, std::iter::once(gather).chain(ruled(workflow, rule)).collect())
        }
    }
}

fn at_home(workflow: &Workflow, home: Home) -> String {
    match home {
        Home::Run => "the run".to_owned(),
        Home::Event(event) => format!("each {}", workflow.event(event).short),
        Home::Handler(id) => {
            let handler = workflow.handler(id);
            let step = workflow.step(handler.step);
            match step.handlers.len() {
                1 => step.name.clone(),
                _ => format!("{} {}", step.name, handler.name),
            }
        }
    }
}

fn ruled(workflow: &Workflow, rule: &GatherRule) -> Vec<String> {
    let take = rule.take.map(|take| format!("take {take}"));
    let wait = rule.wait.map(|wait| format!("wait {}", duration::show(wait)));
    let until = rule.until.map(|event| format!("until {}", workflow.event(event).short));
    let skips = match (rule.failed, rule.empty) {
        (OnFailed::Skip, OnEmpty::Skip) => Some("skips failed and empty".to_owned()),
        (OnFailed::Skip, OnEmpty::Fire) => Some("skips failed".to_owned()),
        (OnFailed::Fail, OnEmpty::Skip) => Some("skips empty".to_owned()),
        (OnFailed::Fail, OnEmpty::Fire) => None,
    };
    let bounds: Vec<String> = [take, wait].into_iter().flatten().collect();
    let bounds = (!bounds.is_empty()).then(|| bounds.join(", "));
    [bounds, until, skips].into_iter().flatten().collect()
}

fn consumed(event: &EventNode, consumer: &Consumer) -> Vec<String> {
    let when = consumer.when.iter().map(|(key, value)| condition(key, value));
    let opens = event.opens.then(|| OPENS.to_owned());
    std::iter::once(event.short.clone()).chain(when).chain(opens).collect()
}

fn condition(key: &str, value: &str) -> String {
    let text = format!("when {key} = {value}");
    if text.chars().count() <= LONGEST_CONDITION {
        return text;
    }
    text.chars().take(LONGEST_CONDITION - 1).chain(['…']).collect()
}

/// The events that a plan names, in order.
fn emitted(plan: &EmitPlan) -> Vec<EventId> {
    match plan {
        EmitPlan::Nothing => Vec::new(),
        EmitPlan::Event(event, _) => vec![*event],
        EmitPlan::Variant(cases) => cases.iter().map(|(_, event, _)| *event).collect(),
        EmitPlan::Option(inner) | EmitPlan::List(inner) => emitted(inner),
    }
}
