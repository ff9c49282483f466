//! Joined workflows moved by the rule: the homes that were found carry runs to their ends, through
//! questions and timers too.

use std::sync::Arc;
use std::time::Duration;

use super::bench::{StepText, workflow};
use crate::event::{Json, Timestamp};
use crate::outcome::{Emission, Emitted, Outcome, TimerWish};
use crate::run::{Given, Run, RunId, Signal, Start, Status, Work};
use crate::workflow::{EventId, Workflow};

/// What a step does: its name, and what it emits for what it is given, by event.
type Act<'t> = (&'t str, fn(&str) -> Vec<(&'static str, String)>);

/// Runs a workflow to its end, every step doing what it is told to; the result, or the status.
fn drive(steps: &[StepText<'_>], acts: &[Act<'_>]) -> String {
    drive_with("", steps, acts, |_| None)
}

/// The same with more lines at the head of the file. When nothing else moves, the oldest question
/// gets what `answer` makes of it, or else time passes.
fn drive_with(
    head: &str,
    steps: &[StepText<'_>],
    acts: &[Act<'_>],
    answer: fn(&str) -> Option<String>,
) -> String {
    let workflow = Arc::new(workflow(head, steps));
    let id = RunId::named("00r");
    let (mut run, _) = Run::start(
        Start::new(id, Json::trusted("0")),
        workflow.clone(),
        workflow.graph().revision,
        Timestamp(0),
    );
    let mut now = Timestamp(0);
    for _ in 0..1000 {
        let ready = run.ready().next();
        if let Some((delivery, _)) = ready {
            let work = run.begin(delivery, now).expect("it is ready").0;
            run.settle(delivery, outcome(&workflow, acts, &work), now);
        } else if let Some(signal) = answered(&run, answer) {
            run.signal(signal, now);
        } else if let Some(at) = run.wake_at() {
            now = at;
            run.signal(Signal::TimersDue, now);
        } else {
            break;
        }
    }
    match (run.status(), run.result()) {
        (Status::Completed, Some((_, json))) => json.to_string(),
        (status, _) => format!("{status}: {}", run.reason().unwrap_or_default()),
    }
}

fn answered(run: &Run, answer: fn(&str) -> Option<String>) -> Option<Signal> {
    let (question, open) = run.questions().next()?;
    let payload = Json::trusted(answer(open.payload.as_str())?);
    run.workflow().check_answer(open.event, payload.as_str()).ok()?;
    Some(Signal::Answer { question, payload, by: None })
}

/// What a step emits as `timer` sets a timer of that name instead.
fn outcome(workflow: &Workflow, acts: &[Act<'_>], work: &Work) -> Outcome {
    let step = &workflow.step(workflow.handler(work.handler).step).name;
    let (_, act) = acts.iter().find(|(name, _)| name == step).expect("every step acts");
    let given = work.inputs.iter().map(|given| match given {
        Given::One(json) => json.to_string(),
        Given::Many(all) => format!("[{}]", all.iter().map(Json::as_str).collect::<Vec<_>>().join(",")),
    });
    let emitted = act(&given.collect::<Vec<_>>().join("+"));
    let (timers, events): (Vec<_>, Vec<_>) = emitted.into_iter().partition(|(event, _)| *event == "timer");
    let emission = |(element, (event, payload)): (u32, (&str, String))| Emission {
        event: id(workflow, event),
        element,
        payload: Json::trusted(payload),
    };
    let wish =
        |(_, name): (&str, String)| TimerWish::Set { name: name.into(), after: Duration::from_secs(1) };
    Outcome::Emitted(Emitted {
        events: (0..).zip(events).map(emission).collect(),
        timers: timers.into_iter().map(wish).collect(),
        ..Emitted::default()
    })
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

#[test]
fn answers_to_the_questions_of_a_fan_out_are_gathered() {
    let result = drive_with(
        "[human.ask]\nanswer = \"given\"\n",
        &[
            ("split", "", "start -> list<item>"),
            ("work", "", "item -> ask"),
            ("collect", "", "list<given> -> stop"),
        ],
        &[
            ("split", |_| (1..=3).map(|n| ("item", n.to_string())).collect()),
            ("work", |n| vec![("ask", n.to_owned())]),
            ("collect", |all| vec![("stop", all.to_owned())]),
        ],
        |asked| Some(format!(r#"{{"id":"{asked}","n":{asked}0}}"#)),
    );
    assert_eq!(result, r#"[{"id":"1","n":10},{"id":"2","n":20},{"id":"3","n":30}]"#);
}

#[test]
fn an_answer_is_taken_with_the_very_question_that_it_answers() {
    for (handler, expected) in [
        ("ask + given -> both", r#"["1+{\"id\":\"1\",\"n\":1}","2+{\"id\":\"2\",\"n\":2}"]"#),
        ("given + ask -> both", r#"["{\"id\":\"1\",\"n\":1}+1","{\"id\":\"2\",\"n\":2}+2"]"#),
    ] {
        let result = drive_with(
            "[human.ask]\nanswer = \"given\"\n",
            &[
                ("split", "", "start -> list<ask>"),
                ("meet", "", handler),
                ("collect", "", "list<both> -> stop"),
            ],
            &[
                ("split", |_| vec![("ask", "1".into()), ("ask", "2".into())]),
                ("meet", |both| vec![("both", serde_json::to_string(both).unwrap())]),
                ("collect", |all| vec![("stop", all.to_owned())]),
            ],
            |asked| Some(format!(r#"{{"id":"{asked}","n":{asked}}}"#)),
        );
        assert_eq!(result, expected, "{handler}");
    }
}

#[test]
fn a_generic_question_needs_no_table_and_is_answered_with_any_json() {
    let result = drive_with(
        "",
        &[("talk", "", "start -> input-required; human-response -> stop")],
        &[("talk", |given| match given {
            "0" => vec![("input-required", r#"{"prompt":"why?"}"#.into())],
            response => vec![("stop", response.to_owned())],
        })],
        |_| Some("[1]".into()),
    );
    assert_eq!(result, r#"{"question":"00r.6","response":[1],"by":null}"#);
}

#[test]
fn an_event_of_the_questions_fields_comes_when_nobody_answers_in_time() {
    let result = drive_with(
        "[human.ask]\nanswer = \"given\"\ndeadline = \"3d\"\non-deadline = \"late\"\n",
        &[
            ("split", "", "start -> list<ask>"),
            ("meet", "", "given -> done; late -> done"),
            ("collect", "", "list<done> -> stop"),
        ],
        &[
            ("split", |_| vec![("ask", r#"{"id":"7","n":1,"more":true}"#.into())]),
            ("meet", |late| vec![("done", late.to_owned())]),
            ("collect", |all| vec![("stop", all.to_owned())]),
        ],
        |_| None,
    );
    assert_eq!(result, r#"[{"id":"7","n":1}]"#);
}

#[test]
fn a_timer_fires_in_the_branch_in_which_it_was_set() {
    let result = drive_with(
        "",
        &[
            ("split", "", "start -> list<item>"),
            ("wait", "", "item -> option<done>; timer-fired -> done"),
            ("collect", "", "list<done> -> stop"),
        ],
        &[
            ("split", |_| vec![("item", "1".into()), ("item", "2".into())]),
            ("wait", |given| match given.len() {
                1 => vec![("timer", format!("t{given}"))],
                _ => vec![("done", given.to_owned())],
            }),
            ("collect", |all| vec![("stop", all.to_owned())]),
        ],
        |_| None,
    );
    assert_eq!(result, r#"[{"name":"t1"},{"name":"t2"}]"#);
}
