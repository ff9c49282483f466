//! Workflows as steps: from outside, with real components.

use lockstep_core::journal::{Journal, Query};
use lockstep_core::run::Status;
use lockstep_journal::Sqlite;
use lockstep_journal::conformance::wait;
use serde_json::Value;

use crate::project::{FLOODS, OK, Project, SPINS, TRAPS, WORKFLOW};

const OUTER: &str = r#"workflow = "outer"
start = "job"
stop = ["answer"]

[steps.inner]
workflow = "inner/workflow.toml"
"#;

fn nested() -> Project {
    let project = Project::jobs().with("outer.toml", OUTER);
    std::fs::create_dir(project.path("inner")).unwrap();
    project.with("inner/workflow.toml", WORKFLOW.replace("work.wasm", "../work.wasm"))
}

fn input(kind: u32) -> String {
    format!("{{\"kind\":{kind}}}")
}

/// Workflow and status of every run of a store, the newest first.
fn runs(project: &Project, store: &str) -> Vec<(String, Status)> {
    let journal = Sqlite::visit(&project.path(store)).unwrap();
    let all = wait(journal.runs(&Query { limit: 100, ..Query::default() })).unwrap();
    all.into_iter().map(|(_, summary)| (summary.about.workflow.to_string(), summary.status)).collect()
}

#[test]
fn a_workflow_does_the_work_of_a_step() {
    let project = nested();
    let ended = project.lockstep(&["run", "outer.toml", "--input", &input(OK)]);
    assert_eq!((ended.code, ended.stdout.trim()), (0, r#"{"n":0}"#), "{}", ended.stderr);
    let both = [("inner", Status::Completed), ("outer", Status::Completed)];
    let names = both.map(|(name, status)| (if name == "inner" { "jobs" } else { name }.to_owned(), status));
    assert_eq!(runs(&project, "lockstep.db"), names);
}

#[test]
fn whoever_follows_or_shows_a_run_sees_those_within_it() {
    let project = nested();
    assert_eq!(project.lockstep(&["run", "outer.toml", "--input", &input(OK)]).code, 0);
    let listed: Value = serde_json::from_str(&project.lockstep(&["runs", "ls", "--json"]).stdout).unwrap();
    let id = |at: usize| listed[at]["run_id"].as_str().unwrap().to_owned();
    let (inner, outer) = (id(0), id(1));
    let ended = project.lockstep(&["runs", "tail", &outer]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.contains(&format!("inner  is done by run {inner}")), "{}", ended.stdout);
    let within = ended.stdout.lines().filter(|line| line.starts_with(&format!("{}: ", &inner[..12])));
    assert!(within.into_iter().any(|line| line.contains("work  done")), "{}", ended.stdout);
}

#[test]
fn a_run_within_that_fails_fails_its_delivery() {
    let project = nested();
    let ended = project.lockstep(&["run", "outer.toml", "--json", "--input", &input(TRAPS)]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    let error = told["error"].as_str().unwrap();
    assert!(error.starts_with("step `inner` failed: permanent `child-failed`: run "), "{error}");
    assert!(error.contains(" of workflow jobs is failed: step `work` failed: trap"), "{error}");
}

#[test]
fn a_failed_child_may_be_retried_and_each_try_is_a_run_of_its_own() {
    let retry = "retry = { attempts = 3, initial = \"1ms\", on = [\"permanent\"] }\n";
    let project = nested().with("outer.toml", format!("{OUTER}{retry}"));
    assert_eq!(project.lockstep(&["run", "outer.toml", "--input", &input(FLOODS)]).code, 1);
    let failed = runs(&project, "lockstep.db").into_iter().filter(|(name, _)| name == "jobs");
    assert_eq!(failed.map(|(_, status)| status).collect::<Vec<_>>(), [Status::Failed; 3]);
}

#[test]
fn the_timeout_of_a_run_ends_those_within_it() {
    let project = nested().with("outer.toml", format!("timeout = \"300ms\"\n{OUTER}"));
    let ended = project.lockstep(&["run", "outer.toml", "--input", &input(SPINS)]);
    assert_eq!(ended.code, 6, "{}", ended.stderr);
    let statuses: Vec<Status> = runs(&project, "lockstep.db").into_iter().map(|(_, status)| status).collect();
    assert_eq!(statuses, [Status::Cancelled, Status::TimedOut]);
}

#[test]
fn a_kill_in_the_middle_loses_neither() {
    let project = nested();
    let input = input(SPINS);
    let mut child = crate::project::command(&project.path("."), &["run", "outer.toml", "--input", &input])
        .stdin(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let begun = || match Sqlite::visit(&project.path("lockstep.db")) {
        Ok(_) => runs(&project, "lockstep.db").len(),
        Err(_) => 0,
    };
    while begun() < 2 {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // The guest loops as long as it may, and fails.
    let ended = project.lockstep(&["run", "outer.toml", "--take-up"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert_eq!(runs(&project, "lockstep.db").len(), 2, "the child was found again");
}

#[test]
fn a_workflow_that_lies_in_itself_is_refused() {
    let project = nested().with("inner/workflow.toml", OUTER.replace("inner/workflow.toml", "../outer.toml"));
    let ended = project.lockstep(&["check", "outer.toml"]);
    assert_eq!(ended.code, 3);
    assert_eq!(
        ended.stderr,
        "error: inner/workflow.toml:5: step `inner`: the workflow inner/../outer.toml lies in itself; \
         let a loop of events do it\n"
    );
}

#[test]
fn what_is_of_components_is_refused_of_a_workflow() {
    let project =
        nested().with("outer.toml", format!("{OUTER}timeout = \"3s\"\ncomponent = \"work.wasm\"\n"));
    let ended = project.lockstep(&["check", "outer.toml"]);
    assert_eq!(ended.code, 3);
    assert_eq!(
        ended.stderr,
        "error: outer.toml:6: step `inner`: a step has a `component` or a `workflow`; remove one of them\n\
         error: outer.toml:7: step `inner`: `timeout` is for components; the step is a workflow, and it has \
         its own `timeout`; remove it\n"
    );
}

/// A workflow whose one step is the workflow of orders, so many times within each other.
fn orders_within(depth: usize) -> Project {
    let mut project = crate::orders::orders();
    for level in 1..=depth {
        let inner = if level == 1 { "workflow.toml".to_owned() } else { format!("level{}.toml", level - 1) };
        let text = format!(
            "workflow = \"level{level}\"\nstart = \"order\"\nstop = [\"paid\"]\n\
             [steps.inner]\nworkflow = \"{inner}\"\n"
        );
        project = project.with(&format!("level{level}.toml"), text);
    }
    project
}

#[test]
fn a_question_of_a_run_within_is_asked_under_both_and_its_answer_ends_both() {
    let project = orders_within(2);
    let kind = input(crate::orders::ASKS);
    let ended = project.lockstep(&["run", "level2.toml", "--json", "--input", &kind]);
    assert_eq!(ended.code, 8, "{}", ended.stderr);
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    let outer = told["run_id"].as_str().unwrap();
    let asked: Value =
        serde_json::from_str(&project.lockstep(&["ask", "ls", "--json", "--run", outer]).stdout).unwrap();
    assert_eq!(asked[0]["workflow"], "orders");
    let question = asked[0]["question"].as_str().unwrap();
    assert_eq!(project.lockstep(&["answer", question, "yes"]).code, 0);
    let ended = project.lockstep(&["run", "level2.toml", "--take-up"]);
    assert_eq!((ended.code, ended.stdout.trim()), (0, r#"{"n":1}"#), "{}", ended.stderr);
    assert!(runs(&project, "lockstep.db").iter().all(|(_, status)| *status == Status::Completed));
}

#[test]
fn a_cancelled_run_cancels_those_within_it() {
    let project = orders_within(2);
    let kind = input(crate::orders::ASKS);
    let ended = project.lockstep(&["run", "level2.toml", "--json", "--input", &kind]);
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(project.lockstep(&["runs", "cancel", told["run_id"].as_str().unwrap()]).code, 0);
    let statuses: Vec<Status> = runs(&project, "lockstep.db").into_iter().map(|(_, status)| status).collect();
    assert_eq!(statuses, [Status::Cancelled; 3]);
}

#[test]
fn workflows_lie_in_each_other_eight_deep_and_no_deeper() {
    let project = orders_within(8);
    let kind = input(crate::orders::PAYS);
    let ended = project.lockstep(&["run", "level7.toml", "--input", &kind]);
    assert_eq!((ended.code, ended.stdout.trim()), (0, r#"{"n":0}"#), "{}", ended.stderr);
    let ended = project.lockstep(&["check", "level8.toml"]);
    assert_eq!(ended.code, 3);
    assert!(ended.stderr.contains("more than 8 deep"), "{}", ended.stderr);
}
