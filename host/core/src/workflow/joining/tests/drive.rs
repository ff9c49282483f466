//! Joined workflows moved by the rule: the homes that were found carry runs to their ends.

use std::sync::Arc;

use super::bench::{StepText, workflow};
use crate::event::{Json, Timestamp};
use crate::outcome::{Emission, Outcome};
use crate::run::{Given, Run, RunId, Status, Work};
use crate::workflow::{EventId, Workflow};

/// What a step does: its name, and what it emits for what it is given, by event.
type Act<'t> = (&'t str, fn(&str) -> Vec<(&'static str, String)>);

/// Runs a workflow to its end, every step doing what it is told to; the result, or the status.
fn drive(steps: &[StepText<'_>], acts: &[Act<'_>]) -> String {
    let workflow = Arc::new(workflow("", steps));
    let id = RunId::fresh("t", 7);
    let (mut run, _) = Run::start(id, workflow.clone(), Json::trusted("0"), Timestamp(0));
    for _ in 0..1000 {
        let Some((delivery, _)) = run.ready().next() else { break };
        let work = run.begin(delivery).expect("it is ready");
        run.settle(delivery, outcome(&workflow, acts, &work), Timestamp(0));
    }
    match (run.status(), run.result()) {
        (Status::Completed, Some((_, json))) => json.to_string(),
        (status, _) => format!("{status}: {}", run.reason().unwrap_or_default()),
    }
}

fn outcome(workflow: &Workflow, acts: &[Act<'_>], work: &Work) -> Outcome {
    let step = &workflow.step(workflow.handler(work.handler).step).name;
    let (_, act) = acts.iter().find(|(name, _)| name == step).expect("every step acts");
    let given = work.inputs.iter().map(|given| match given {
        Given::One(json) => json.to_string(),
        Given::Many(all) => format!("[{}]", all.iter().map(Json::as_str).collect::<Vec<_>>().join(",")),
    });
    let emitted = act(&given.collect::<Vec<_>>().join("+"));
    let emission = |(element, (event, payload)): (u32, (&str, String))| Emission {
        event: id(workflow, event),
        element,
        payload: Json::trusted(payload),
    };
    Outcome::Emitted((0..).zip(emitted).map(emission).collect())
}

fn id(workflow: &Workflow, short: &str) -> EventId {
    EventId(workflow.events.iter().position(|event| event.short == short).expect("it is an event") as u32)
}

#[test]
fn a_fan_out_is_gathered_and_ends_the_run() {
    let result = drive(
        &[
            ("split", "", "start -> list<item>"),
            ("work", "", "item -> done"),
            ("collect", "", "list<done> -> stop"),
        ],
        &[
            ("split", |_| (1..=3).map(|n| ("item", n.to_string())).collect()),
            ("work", |n| vec![("done", format!("{n}0"))]),
            ("collect", |all| vec![("stop", all.to_owned())]),
        ],
    );
    assert_eq!(result, "[10,20,30]");
}

#[test]
fn fan_outs_inside_fan_outs_are_gathered_from_the_inside_out() {
    let result = drive(
        &[
            ("total", "", "list<billed> -> stop"),
            ("outer", "", "start -> list<order>"),
            ("inner", "", "order -> list<item>"),
            ("work", "", "item -> done"),
            ("collect", "", "list<done> -> billed"),
        ],
        &[
            ("outer", |_| vec![("order", "1".into()), ("order", "2".into())]),
            ("inner", |n| (0..3).map(|m| ("item", format!("{n}{m}"))).collect()),
            ("work", |n| vec![("done", n.to_owned())]),
            ("collect", |all| vec![("billed", all.to_owned())]),
            ("total", |all| vec![("stop", all.to_owned())]),
        ],
    );
    assert_eq!(result, "[[10,11,12],[20,21,22]]");
}

#[test]
fn every_turn_of_a_loop_is_gathered_by_itself() {
    let result = drive(
        &[
            ("plan", "", "start -> task; verdict -> task | stop"),
            ("split", "", "task -> list<item>"),
            ("work", "", "item -> done"),
            ("collect", "", "list<done> -> verdict"),
        ],
        &[
            ("plan", |so_far| match so_far.len() {
                0..12 => vec![("task", format!("[{so_far}]"))],
                _ => vec![("stop", so_far.to_owned())],
            }),
            ("split", |task| vec![("item", task.to_owned()), ("item", "1".into())]),
            ("work", |item| vec![("done", item.to_owned())]),
            ("collect", |all| vec![("verdict", all.to_owned())]),
        ],
    );
    assert_eq!(result, "[[[[0],1]],1]");
}

#[test]
fn the_halves_of_a_broadcast_meet_in_each_branch_and_all_pairs_are_gathered() {
    let result = drive(
        &[
            ("split", "", "start -> list<item>"),
            ("left", "", "item -> x"),
            ("right", "", "item -> y"),
            ("meet", "", "x + y -> pair"),
            ("all", "gather = { of = \"split\" }", "list<pair> -> stop"),
        ],
        &[
            ("split", |_| vec![("item", "1".into()), ("item", "2".into())]),
            ("left", |n| vec![("x", n.to_owned())]),
            ("right", |n| vec![("y", n.to_owned())]),
            ("meet", |both| vec![("pair", format!("\"{both}\""))]),
            ("all", |all| vec![("stop", all.to_owned())]),
        ],
    );
    assert_eq!(result, r#"["1+1","2+2"]"#);
}

#[test]
fn of_binds_a_gather_to_the_opener_that_it_names() {
    let acts: &[Act<'_>] = &[
        ("one", |_| vec![("item", "1".into()), ("item", "2".into())]),
        ("two", |n| vec![("item", n.to_owned()), ("item", n.to_owned())]),
        ("work", |n| vec![("done", n.to_owned())]),
        ("collect", |all| match all.len() {
            0..8 => vec![("again", all.to_owned())],
            _ => vec![("stop", all.to_owned())],
        }),
    ];
    let steps = |more: &'static str| {
        [
            ("one", "", "start -> list<item>"),
            ("two", "", "again -> list<item>"),
            ("work", "", "item -> done"),
            ("collect", more, "list<done> -> stop | again"),
        ]
    };
    let result = drive(&steps("gather = { of = \"one\" }"), acts);
    assert_eq!(
        result,
        "stalled: nothing is left that could bring a stop event: \
         `collect.on-done` could not take 2 events, which met no other or had no scope"
    );
}
