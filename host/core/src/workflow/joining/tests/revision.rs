//! What the journal keeps of a workflow, and which changes of a file make another graph of it.

use super::bench::{StepText, workflow};
use crate::shape::Shape;
use crate::workflow::Workflow;

const STEPS: [StepText<'static>; 4] = [
    ("split", "", "start -> list<letter>"),
    ("ask", "", "letter -> q | x; timer-fired -> _"),
    ("meet", "", "q + r -> done; start + x -> audit; step-failed -> done"),
    ("end", "gather = { wait = \"1s\" }", "list<done> -> stop; audit -> _"),
];

const HEAD: &str = "[human.q]\nanswer = \"r\"\nby = [\"ann\"]\n";

/// The workflow with more in the head, its question or one of its steps.
fn with(head: &str, question: &str, step: usize, more: &str) -> Workflow {
    let mut steps = STEPS;
    let lines = format!("{}\n{more}", steps[step].1);
    steps[step].1 = &lines;
    workflow(&format!("skip-checks = [\"reachability\"]\n{head}{HEAD}{question}"), &steps)
}

#[test]
fn a_graph_read_back_from_the_journal_is_the_same_but_for_limits_and_rights() {
    let before = with("publish = [\"x\"]\n", "", 1, "when = { kind = \"invoice\" }");
    let mut after = before.graph().workflow().unwrap();
    assert_eq!(after.graph(), before.graph());
    for (after, before) in after.steps.iter_mut().zip(&before.steps) {
        after.component = before.component.clone();
        after.timeout = before.timeout;
    }
    assert_eq!(format!("{after:?}"), format!("{before:?}"));
}

#[test]
fn limits_rights_and_components_may_change_under_a_revision() {
    let revision = with("", "", 0, "").graph().revision;
    for (head, more) in [
        ("", "retry = { attempts = 7 }"),
        ("", "timeout = \"1s\""),
        ("", "concurrency = { run = 1, all = 2 }"),
        ("", "exhausted = \"park\""),
        ("", "source = \"steps/split\""),
        ("", "[steps.split.grant]\nstate = { run = \"rw\" }"),
        ("timeout = \"1h\"\ntimeout-counts-waiting = true\n", ""),
    ] {
        assert_eq!(with(head, "", 0, more).graph().revision, revision, "{head}{more}");
    }
    let mut other = with("", "", 0, "");
    other.steps[0].component = "another.wasm".into();
    assert_eq!(other.graph().revision, revision);
}

#[test]
fn whatever_routes_events_makes_another_revision() {
    let plain = with("", "", 0, "");
    let mut seen = vec![plain.graph().revision];
    let mut note = |what: &str, other: Workflow| {
        let revision = other.graph().revision;
        assert!(!seen.contains(&revision), "{what}");
        seen.push(revision);
    };
    for (head, question, step, more) in [
        ("publish = [\"x\"]\n", "", 0, ""),
        ("", "deadline = \"1s\"\n", 0, ""),
        ("", "deadline = \"1s\"\non-deadline = \"x\"\n", 0, ""),
        ("", "", 1, "when = { urgent = true }"),
        ("", "", 2, "handles = [\"ask\"]"),
        ("", "", 2, "join = { by = \"id\" }"),
    ] {
        note(&format!("{head}{question}{more}"), with(head, question, step, more));
    }
    let text = format!("skip-checks = [\"reachability\"]\n{HEAD}");
    let mut steps = STEPS.to_vec();
    steps[3].1 = "gather = { wait = \"2s\" }";
    note("a gather's rule", workflow(&text, &steps));
    steps[3] = ("last", STEPS[3].1, STEPS[3].2);
    note("a step's name", workflow(&text, &steps));
    let mut steps = STEPS.to_vec();
    steps.push(("more", "", "audit -> _"));
    note("a step more", workflow(&text, &steps));
    note("who answers", workflow(&text.replace("ann", "bob"), &STEPS));
    let mut other = plain;
    other.events[0].shape = Shape::Record(Vec::new());
    note("a field of an event", other);
}
