//! What an operator asks of runs, whether a process has the store or not.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use expect_test::expect;
use serde_json::json;

use crate::orders::{ASKS, PARKS, PAYS, orders, plain, text};
use crate::project::{Project, command, ended};

fn told(project: &Project, run: &str, arguments: &[&str]) -> String {
    plain(&project.runs(arguments).told_all(), &[run])
}

#[test]
fn a_run_is_cancelled_once() {
    let project = orders();
    let run = project.order(ASKS);
    expect![[r#"
        exit 0
        run RUN: cancelled
    "#]]
    .assert_eq(&told(&project, &run, &["cancel", &run]));
    expect![[r#"
        exit 0
        run RUN: cancelled before, nothing has changed
    "#]]
    .assert_eq(&told(&project, &run, &["cancel", &run]));
    let again = project.runs_json(&["cancel", &run]);
    assert_eq!(again, json!({ "run_id": run, "is_new": false, "status": "cancelled" }));
}

#[test]
fn a_run_is_paused_and_resumed() {
    let project = orders();
    let run = project.order(PARKS);
    let all = [
        told(&project, &run, &["pause", &run, "--by", "ann"]),
        told(&project, &run, &["pause", &run]),
        told(&project, &run, &["retry", &run]),
        told(&project, &run, &["resume", &run]),
    ];
    expect![[r#"
        exit 0
        run RUN: paused
        exit 0
        run RUN: paused before, nothing has changed
        exit 0
        run RUN: what was parked is tried again; it is paused
        exit 0
        run RUN: resumed; it is running
        no process has the store; go on with `lockstep run WORKFLOW --take-up`, where WORKFLOW is the folder of orders
    "#]].assert_eq(&all.concat());
}

#[test]
fn what_is_parked_is_tried_again_when_the_run_is_taken_up() {
    let project = orders();
    let run = project.order(PARKS);
    expect![[r#"
        exit 0
        run RUN: what was parked is tried again; it is running
        no process has the store; go on with `lockstep run WORKFLOW --take-up`, where WORKFLOW is the folder of orders
    "#]].assert_eq(&told(&project, &run, &["retry", &run, "--by", "ann"]));
    let taken_up = project.lockstep(&["run", ".", "--take-up"]);
    assert_eq!(taken_up.code, 8, "{}", taken_up.stderr);
    let attempts = project.runs_json(&["show", &run])["attempts"].clone();
    assert_eq!(attempts.as_array().unwrap().len(), 2);
    assert!(project.runs(&["show", &run]).stdout.contains("is tried again by ann"));
}

#[test]
fn a_delivery_is_skipped_with_the_events_that_are_given() {
    let project = orders();
    let run = project.order(PARKS);
    let told = told(&project, &run, &["skip", &run, "3", "--emit", "paid={\"n\":9}", "--by", "ann"]);
    expect![[r#"
        exit 0
        run RUN: delivery 3 was skipped; it is completed
    "#]]
    .assert_eq(&told);
    assert_eq!(project.runs_json(&["show", &run])["result"]["value"], json!({ "n": 9 }));
}

#[test]
fn a_delivery_is_given_up() {
    let project = orders();
    let run = project.order(PARKS);
    expect![[r#"
        exit 0
        run RUN: delivery 3 was given up; it is failed
    "#]]
    .assert_eq(&told(&project, &run, &["skip", &run, "3", "--fail"]));
}

#[test]
fn an_event_is_put_in_from_the_command_line_a_file_or_stdin() {
    for (value, stdin) in [("{\"n\":7}", ""), ("@paid.json", ""), ("-", "{\"n\":7}")] {
        let project = orders().with("paid.json", "{\"n\":7}\n");
        let run = project.order(ASKS);
        let ended = project.lockstep_with(&["runs", "inject", &run, "paid", value, "--json"], stdin);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert_eq!(project.runs_json(&["show", &run])["result"]["value"], json!({ "n": 7 }));
    }
}

#[test]
fn an_event_is_put_in_for_one_step() {
    let project = orders();
    let run = project.order(ASKS);
    let told = told(&project, &run, &["inject", &run, "order", "{\"kind\":0}", "--step", "clerk"]);
    expect![[r#"
        exit 0
        run RUN: event order was put in; it is running
        no process has the store; go on with `lockstep run WORKFLOW --take-up`, where WORKFLOW is the folder of orders
    "#]].assert_eq(&told);
    assert_eq!(project.lockstep(&["run", ".", "--take-up"]).code, 0);
    assert_eq!(text(&project.runs_json(&["show", &run]), "status"), "completed");
}

#[test]
fn a_process_that_has_the_store_does_what_another_asks() {
    let project = orders();
    let arguments = ["run", ".", "--wait", "--input", "{\"kind\":1}"];
    let mut owner = command(&project.path("."), &arguments).stdin(Stdio::null()).spawn().unwrap();
    let mut stderr = BufReader::new(owner.stderr.take().unwrap()).lines().map(Result::unwrap);
    let run = stderr.next().unwrap().split(' ').nth(1).unwrap().to_owned();
    stderr.find(|line| line.contains("question")).unwrap();
    let tail = command(&project.path("."), &["runs", "tail", &run]).spawn().unwrap();

    let busy = project.runs(&["fork", &run]);
    assert_eq!(busy.code, 3);
    assert!(busy.stderr.contains("is in use by another process"), "{}", busy.stderr);
    assert_eq!(project.runs(&["purge", &run]).code, 3);
    expect![[r#"
        exit 0
        run RUN: paused
    "#]]
    .assert_eq(&told(&project, &run, &["pause", &run]));
    expect![[r#"
        exit 0
        run RUN: resumed; it is waiting
    "#]]
    .assert_eq(&told(&project, &run, &["resume", &run]));
    let told = told(&project, &run, &["inject", &run, "paid", "{\"n\":3}"]);
    expect![[r#"
        exit 0
        run RUN: event paid was put in; it is completed
    "#]]
    .assert_eq(&told);

    drop(stderr);
    let owner = ended(owner.wait_with_output().unwrap());
    assert_eq!((owner.code, owner.stdout.as_str()), (0, "{\"n\":3}\n"));
    let tail = ended(tail.wait_with_output().unwrap());
    assert!([0, 8].contains(&tail.code), "{}", tail.stderr);
    assert_eq!(project.runs(&["tail", &run]).code, 0);
}

#[test]
fn a_run_that_ended_before_is_not_moved() {
    let project = orders();
    let run = project.order(PAYS);
    for arguments in [
        &["cancel", &run][..],
        &["pause", &run],
        &["resume", &run],
        &["retry", &run],
        &["retry", &run, "3"],
        &["skip", &run, "3"],
        &["skip", &run, "3", "--fail"],
        &["resolve", &run, "--not-made"],
        &["inject", &run, "paid", "{\"n\":1}"],
    ] {
        let told = project.refused(&run, arguments);
        assert_eq!(told, "exit 9\nerror: run RUN has ended: it is completed\n", "{arguments:?}");
    }
}
