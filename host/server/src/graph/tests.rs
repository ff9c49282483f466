use std::collections::BTreeSet;
use std::time::Duration;

use expect_test::{ExpectFile, expect, expect_file};
use lockstep_core::grant::Grant;
use lockstep_core::retry::Policy;
use lockstep_core::shape::Shape;
use lockstep_core::workflow::{
    Consumer, EmitPlan, EventId, EventNode, Exhausted, GatherRule, HandlerId, HandlerNode, Home, Input, Join,
    OnEmpty, OnFailed, Port, Question, StepId, StepNode, Workflow,
};
use proptest::prelude::*;

use super::layout::{Point, Size};
use super::*;

/// A workflow in the making: whatever is named comes to be.
#[derive(Default)]
struct Sketch {
    events: Vec<EventNode>,
    handlers: Vec<HandlerNode>,
    steps: Vec<StepNode>,
}

impl Sketch {
    fn event(&mut self, name: &str) -> EventId {
        if let Some(at) = self.events.iter().position(|event| event.short == name) {
            return EventId(at as u32);
        }
        self.events.push(EventNode {
            name: "shop:refunds/events/any@1.0.0".parse().unwrap(),
            short: name.to_owned(),
            shape: Shape::Json,
            stop: false,
            publish: false,
            question: None,
            consumers: Vec::new(),
            opens: false,
            ends: Vec::new(),
        });
        EventId(self.events.len() as u32 - 1)
    }

    fn node(&mut self, name: &str) -> &mut EventNode {
        let id = self.event(name);
        &mut self.events[id.0 as usize]
    }

    fn step(&mut self, name: &str) -> StepId {
        if let Some(at) = self.steps.iter().position(|step| step.name == name) {
            return StepId(at as u32);
        }
        self.steps.push(StepNode {
            name: name.to_owned(),
            component: format!("{name}.wasm"),
            concurrency_run: None,
            concurrency_all: None,
            timeout: Duration::from_secs(30),
            retry: Policy::default(),
            exhausted: Exhausted::Fail,
            grant: Grant::default(),
            on_failure: None,
            on_timer: None,
            nested: false,
            blobs: false,
            handlers: BTreeSet::new(),
        });
        StepId(self.steps.len() as u32 - 1)
    }

    /// A handler of a step: what it takes, how, and what it emits.
    fn handler(&mut self, step: &str, takes: &[(&str, Port)], join: Join, emits: &[&str]) -> HandlerId {
        let (id, step) = (HandlerId(self.handlers.len() as u32), self.step(step));
        let mut inputs = Vec::new();
        for (name, port) in takes {
            let consumer = Consumer { handler: id, port: *port, when: Vec::new() };
            self.node(name).consumers.push(consumer);
            inputs.push(Input { event: self.event(name), shape: Shape::Json, many: *port == Port::Item });
        }
        let cases = emits.iter().map(|name| (name.to_string(), self.event(name), Shape::Json)).collect();
        let unnamed = if join == Join::Timer { "timer-fired" } else { "step-failed" };
        let name = format!("on-{}", takes.first().map_or(unnamed, |(name, _)| name));
        let emits = EmitPlan::Option(Box::new(EmitPlan::Variant(cases)));
        self.handlers.push(HandlerNode { step, name, inputs, emits, join, opens: false });
        self.steps[step.0 as usize].handlers.insert(id);
        id
    }

    fn each(&mut self, step: &str, takes: &str, emits: &[&str]) -> HandlerId {
        self.handler(step, &[(takes, Port::Each)], Join::Each, emits)
    }

    fn done(self, name: &str) -> Workflow {
        let Sketch { events, handlers, steps } = self;
        let (name, start) = (name.to_owned(), EventId(0));
        Workflow {
            name,
            start,
            timeout: None,
            timeout_counts_waiting: false,
            events,
            handlers,
            steps,
            tools: Vec::new(),
        }
    }
}

/// Everything that can be drawn: a broadcast with a pair, an opener with a gather, conditions, a
/// cycle, a loop, failures, an event for observers, two stop events.
fn refunds() -> Workflow {
    let mut sketch = Sketch::default();
    sketch.node("refund-requested").opens = true;
    sketch.each("find-order", "refund-requested", &["order-found"]);
    sketch.each("find-invoice", "refund-requested", &["invoice-found"]);
    let home = Home::Event(EventId(0));
    let halves = [("order-found", Port::Left), ("invoice-found", Port::Right)];
    sketch.handler("match", &halves, Join::Pair { home, by: Some("order-id".into()) }, &["refund-matched"]);
    let split = sketch.each("split", "refund-matched", &["line-found"]);
    sketch.handlers[split.0 as usize].opens = true;
    let price =
        sketch.each("price", "line-found", &["line-priced", "line-unclear", "progress", "closing-time"]);
    sketch.each("clarify", "line-unclear", &["line-found"]);
    sketch.each("service", "line-found", &["line-priced"]);
    let rule = GatherRule {
        take: Some(3),
        wait: Some(Duration::from_secs(90)),
        until: Some(sketch.event("closing-time")),
        failed: OnFailed::Skip,
        empty: OnEmpty::Skip,
    };
    let join = Join::Gather { home: Home::Handler(split), rule };
    let total =
        sketch.handler("total", &[("line-priced", Port::Item)], join, &["refund-ready", "refund-refused"]);
    let pay = sketch.each("charge", "refund-ready", &["refund-paid", "try-again"]);
    sketch.each("charge", "try-again", &["refund-paid", "try-again"]);
    let sorry = sketch.handler("apologize", &[], Join::Failure, &["refund-refused"]);
    sketch.node("line-found").consumers[0].when = vec![("kind".into(), "\"good\"".into())];
    sketch.node("line-found").consumers[1].when = vec![("kind".into(), "\"service\"".into())];
    sketch.node("closing-time").ends.push(total);
    sketch.node("progress").publish = true;
    sketch.node("refund-paid").stop = true;
    sketch.node("refund-refused").stop = true;
    for handler in [price, pay] {
        let step = sketch.handlers[handler.0 as usize].step;
        sketch.steps[step.0 as usize].on_failure = Some(sorry);
    }
    sketch.done("refunds")
}

/// The smallest that does something.
fn hello() -> Workflow {
    let mut sketch = Sketch::default();
    sketch.event("name-given");
    sketch.each("greet", "name-given", &["greeted"]);
    sketch.node("greeted").stop = true;
    sketch.done("hello")
}

/// People are asked, with a type of its own and without one, and a timer reminds them.
fn approvals() -> Workflow {
    let mut sketch = Sketch::default();
    sketch.event("claim-filed");
    let claims = [("claim-filed", Port::Each)];
    sketch.handler("policy", &claims, Join::Each, &["item-question", "input-required"]);
    let remind = sketch.handler("policy", &[], Join::Timer, &[]);
    sketch.steps[0].on_timer = Some(remind);
    let question = sketch.event("item-question");
    let both = [("item-question", Port::Asked), ("item-answer", Port::Answer)];
    sketch.handler("decide", &both, Join::Answer { question }, &["claim-settled"]);
    sketch.each("decide", "item-expired", &["claim-settled"]);
    sketch.each("audit", "item-question", &["claim-settled"]);
    sketch.each("policy", "human-response", &["claim-settled"]);
    sketch.each("elsewhere", "human-response", &["claim-settled"]);
    let (answer, on_deadline) = (sketch.event("item-answer"), Some(sketch.event("item-expired")));
    let (by, deadline) = (vec!["role:approver".to_owned()], Some(Duration::from_secs(36 * 3_600)));
    sketch.node("item-question").question =
        Some(Question { answer, by, deadline, on_deadline, generic: false });
    let answer = sketch.event("human-response");
    sketch.node("input-required").question =
        Some(Question { answer, by: Vec::new(), deadline: None, on_deadline: None, generic: true });
    sketch.node("claim-settled").stop = true;
    sketch.done("approvals")
}

/// Names that no workflow file would let through.
fn hostile() -> Workflow {
    let mut sketch = Sketch::default();
    sketch.event("a\"]; n9 --> n8<br/>&amp;#quot;\n`b`");
    sketch.each("</text><script>alert(1)</script>\\\0", "a\"]; n9 --> n8<br/>&amp;#quot;\n`b`", &["e|nd"]);
    sketch.node("e|nd").stop = true;
    sketch.events[0].consumers[0].when = vec![("k".into(), format!("\"{}\"", "\\\"<&'>".repeat(20)))];
    sketch.done("--><!-- \"}{")
}

fn all() -> [Workflow; 4] {
    [hello(), refunds(), approvals(), hostile()]
}

fn check(workflow: &Workflow, format: Format, expected: ExpectFile) {
    expected.assert_eq(&draw(workflow, format));
}

#[test]
fn mermaid_shows_all_there_is() {
    check(&refunds(), Format::Mermaid, expect_file!["golden/refunds.mmd"]);
}

#[test]
fn mermaid_of_hostile_names_stays_a_flowchart() {
    check(&hostile(), Format::Mermaid, expect_file!["golden/hostile.mmd"]);
}

#[test]
fn questions_and_timers_have_shapes_of_their_own() {
    check(&approvals(), Format::Mermaid, expect_file!["golden/approvals.mmd"]);
    check(&approvals(), Format::Dot, expect_file!["golden/approvals.dot"]);
    check(&approvals(), Format::Svg, expect_file!["golden/approvals.svg"]);
}

#[test]
fn dot_shows_all_there_is() {
    check(&refunds(), Format::Dot, expect_file!["golden/refunds.dot"]);
}

#[test]
fn dot_of_hostile_names_stays_a_graph() {
    check(&hostile(), Format::Dot, expect_file!["golden/hostile.dot"]);
}

#[test]
fn a_svg_shows_all_there_is() {
    check(&refunds(), Format::Svg, expect_file!["golden/refunds.svg"]);
}

#[test]
fn a_small_svg_runs_from_left_to_right() {
    check(&hello(), Format::Svg, expect_file!["golden/hello.svg"]);
}

#[test]
fn the_same_workflow_gives_the_same_picture() {
    for workflow in all() {
        for format in [Format::Mermaid, Format::Dot, Format::Svg] {
            assert_eq!(draw(&workflow, format), draw(&workflow.clone(), format));
        }
    }
}

#[test]
fn what_is_drawn_is_what_can_happen() {
    let drawing = Drawing::of(&hello());
    let edge = |from, to, label: &str| Edge { from, to, label: vec![label.into()], style: Style::Event };
    assert_eq!(drawing.edges, [edge(0, 1, "name-given"), edge(1, 2, "greeted")]);
    let labels: Vec<&str> = drawing.nodes.iter().map(|node| node.label.as_str()).collect();
    assert_eq!(labels, ["start", "greet", "stop"], "nothing is published, so nobody observes");
}

#[test]
fn a_question_stands_between_the_step_that_asks_and_those_that_take_the_answer() {
    let drawing = Drawing::of(&approvals());
    let named = |at: usize| {
        let node = &drawing.nodes[at];
        let name = node.notes.iter().find(|note| note.starts_with("on-"));
        name.map_or(node.label.clone(), |name| format!("{} {name}", node.label))
    };
    let ways = drawing.edges.iter().filter(|edge| drawing.nodes[edge.to].kind != Kind::Stop);
    let told: String = ways
        .map(|edge| {
            let (from, to) = (named(edge.from), named(edge.to));
            format!("{from} → {to}: {:?} {}\n", edge.style, edge.label.join(", "))
        })
        .collect();
    expect![[r#"
        start → policy on-claim-filed: Event claim-filed
        policy on-claim-filed → item-question: Event asks
        policy on-claim-filed → audit: Event item-question
        policy on-claim-filed → input-required: Event asks
        item-question → decide on-item-question: Event item-answer
        item-question → decide on-item-expired: Deadline item-expired
        input-required → policy on-human-response: Event human-response
        policy on-claim-filed → policy on-timer-fired: Timer timer
        policy on-human-response → policy on-timer-fired: Timer timer
    "#]]
    .assert_eq(&told);
    let question = drawing.nodes.iter().find(|node| node.label == "item-question").unwrap();
    assert_eq!(question.kind, Kind::Question);
    assert_eq!(question.notes, ["a person is asked", "by role:approver", "within 1d12h"]);
}

#[test]
fn a_failure_handler_is_not_asked_about_itself() {
    let mut sketch = Sketch::default();
    sketch.event("go");
    sketch.each("careful", "go", &[]);
    let own = sketch.handler("careful", &[], Join::Failure, &[]);
    sketch.steps[0].on_failure = Some(own);
    let failures =
        Drawing::of(&sketch.done("careful")).edges.into_iter().filter(|edge| edge.style == Style::Failure);
    assert_eq!(failures.map(|edge| (edge.from, edge.to)).collect::<Vec<_>>(), [(1, 2)]);
}

#[test]
fn a_svg_is_well_formed_and_shows_every_label() {
    for workflow in all() {
        let (text, drawing) = (draw(&workflow, Format::Svg), Drawing::of(&workflow));
        let document = roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
        let shown: Vec<&str> = document
            .descendants()
            .filter(|node| node.has_tag_name("text"))
            .filter_map(|node| node.text())
            .collect();
        let labels = drawing.nodes.iter().flat_map(|node| std::iter::once(&node.label).chain(&node.notes));
        for label in labels.chain(drawing.edges.iter().flat_map(|edge| &edge.label)) {
            let label: String =
                label.chars().map(|char| if char.is_control() { '\u{fffd}' } else { char }).collect();
            assert!(shown.contains(&label.as_str()), "`{label}` is not shown");
        }
    }
}

#[test]
fn a_svg_says_in_words_what_it_shows() {
    let text = draw(&hello(), Format::Svg);
    let document = roxmltree::Document::parse(&text).unwrap();
    let told =
        |tag: &str| document.descendants().find(|node| node.has_tag_name(tag)).and_then(|node| node.text());
    assert_eq!(told("title"), Some("workflow hello"));
    assert_eq!(told("desc"), Some("start to greet: name-given; greet to stop: greeted"));
}

#[test]
fn no_boxes_and_labels_of_a_svg_overlap() {
    all().iter().for_each(assert_apart);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_boxes_and_labels_overlap_whatever_leads_where(
        ways in prop::collection::vec((0_usize..9, 0_usize..9), 1..24)
    ) {
        let name = |at: usize| format!("event-{}", "x".repeat(at));
        let mut sketch = Sketch::default();
        sketch.event(&name(0));
        for step in 0..9 {
            let emits: Vec<String> =
                ways.iter().filter(|(from, _)| *from == step).map(|(_, to)| name(*to)).collect();
            let emits: Vec<&str> = emits.iter().map(String::as_str).collect();
            sketch.each(&format!("step-{step}"), &name(step), &emits);
        }
        assert_apart(&sketch.done("random"));
    }
}

/// Boxes and labels lie on the page and beside each other, and every line ends at its box.
fn assert_apart(workflow: &Workflow) {
    let drawing = Drawing::of(workflow);
    let (boxes, links, plan) = svg::laid_out(&drawing);
    let labels = links.iter().zip(&plan.routes).map(|(link, route)| (route.label, link.label));
    let placed: Vec<(Point, Size)> =
        plan.boxes.iter().copied().zip(boxes.iter().copied()).chain(labels).collect();
    for (at, (middle, size)) in placed.iter().enumerate() {
        let inside = |middle: f64, size: f64, page: f64| {
            middle - size / 2.0 > -0.01 && middle + size / 2.0 < page + 0.01
        };
        assert!(
            inside(middle.x, size.width, plan.size.width) && inside(middle.y, size.height, plan.size.height)
        );
        for (other, other_size) in &placed[at + 1..] {
            let apart = (middle.x - other.x).abs() * 2.0 >= size.width + other_size.width - 0.01
                || (middle.y - other.y).abs() * 2.0 >= size.height + other_size.height - 0.01;
            assert!(apart, "{middle:?} {size:?} and {other:?} {other_size:?} overlap");
        }
    }
    for (link, route) in links.iter().zip(&plan.routes) {
        let (end, middle, size) = (route.points[route.points.len() - 1], plan.boxes[link.to], boxes[link.to]);
        let (dx, dy) =
            ((end.x - middle.x).abs() - size.width / 2.0, (end.y - middle.y).abs() - size.height / 2.0);
        assert!((dx.max(dy) - layout::HEAD).abs() < 0.01, "a line to {middle:?} ends at {end:?}");
    }
}
