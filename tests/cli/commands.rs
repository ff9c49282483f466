//! The other commands, and what they say of themselves.

use expect_test::{Expect, expect, expect_file};
use serde_json::Value;

use crate::project::{Project, WORKFLOW};

const COMMANDS: [&str; 23] = [
    "run",
    "runs",
    "ask",
    "answer",
    "approve",
    "refuse",
    "check",
    "graph",
    "inspect",
    "grant",
    "grant draft",
    "grant accept",
    "grant from-trace",
    "new",
    "new step",
    "new workflow",
    "build",
    "test",
    "bench",
    "attack",
    "mcp",
    "mcp serve",
    "completions",
];

const RUNS: [&str; 15] = [
    "ls", "show", "events", "state", "tail", "cancel", "pause", "resume", "retry", "skip", "resolve",
    "inject", "fork", "export", "purge",
];

fn check(arguments: &[&str], expected: Expect) {
    expected.assert_eq(&Project::jobs().lockstep(arguments).told());
}

#[test]
fn help_is_what_the_golden_files_say() {
    let project = Project::empty();
    let nested = RUNS.map(|command| format!("runs {command}"));
    let commands = COMMANDS.iter().copied().chain(nested.iter().map(String::as_str));
    for command in commands {
        let arguments: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let ended = project.lockstep(&arguments);
        assert_eq!(ended.code, 0);
        let file = command.replace(' ', "-");
        expect_file![format!("../golden/help/{file}.txt")].assert_eq(&ended.stdout);
    }
    expect_file!["../golden/help/lockstep.txt"].assert_eq(&project.lockstep(&["--help"]).stdout);
}

#[test]
fn an_unknown_command_or_flag_is_wrong_usage() {
    for arguments in
        [&["rnu"][..], &["run"], &["run", ".", "--inptu", "{}"], &["graph", ".", "--format", "png"]]
    {
        let ended = Project::jobs().lockstep(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{}", ended.stderr);
    }
}

#[test]
fn check_tells_how_the_steps_fit_together() {
    check(
        &["check", "."],
        expect![[r#"
        exit 0
        jobs: 1 step and 2 events fit together
          work  job
    "#]],
    );
}

#[test]
fn check_tells_everything_that_is_wrong_at_once() {
    let text = WORKFLOW.replace("\"answer\"", "\"answers\"").replace("\"job\"", "\"jop\"");
    let project = Project::jobs().with("workflow.toml", text);
    expect![[r#"
        exit 3
        error: ./workflow.toml:2: `start`: no step knows an event `jop`; did you mean `job`?
        error: ./workflow.toml:3: `stop`: no step knows an event `answers`; did you mean `answer`?
    "#]]
    .assert_eq(&project.lockstep(&["check", "."]).told());
    let json: Value = serde_json::from_str(&project.lockstep(&["check", ".", "--json"]).stdout).unwrap();
    assert_eq!(json["ok"], false);
    assert_eq!(json["errors"].as_array().unwrap().len(), 2);
}

#[test]
fn inspect_shows_the_contract() {
    let project = Project::jobs();
    let told = project.lockstep(&["inspect", "work.wasm"]).told();
    let lines: Vec<&str> =
        told.lines().filter(|line| !line.contains("sha256:") && !line.ends_with(" bytes")).collect();
    expect![[r#"
        exit 0
        handlers
          on-job: job → list<answer>
        events
          t:jobs/events/answer@1.0.0  record { n }
          t:jobs/events/job@1.0.0  record { kind, note }
        imports
          t:jobs/events@1.0.0  types
          lockstep:step/types@0.1.0  types
        to load it, in workflow.toml
          [steps.NAME]
          component = "work.wasm""#]]
    .assert_eq(&lines.join("\n"));
    let json: Value =
        serde_json::from_str(&project.lockstep(&["inspect", "work.wasm", "--json"]).stdout).unwrap();
    assert_eq!(json["handlers"][0]["takes"][0], "t:jobs/events/job@1.0.0");
    assert_eq!(json["events"]["t:jobs/events/job@1.0.0"]["required"], serde_json::json!(["kind"]));
}

#[test]
fn inspect_fit_prints_the_wiring() {
    check(
        &["inspect", "work.wasm", "--fit", "."],
        expect![[r#"
        exit 0
        on-job takes t:jobs/events/job@1.0.0
          fits `job` as it is
        on-job gives t:jobs/events/answer@1.0.0
          fits `answer` as it is
    "#]],
    );
}

#[test]
fn graphs_are_drawn_in_three_languages() {
    let project = Project::jobs();
    for (format, start) in [("mermaid", "flowchart LR"), ("dot", "digraph"), ("svg", "<svg")] {
        let ended = project.lockstep(&["graph", ".", "--format", format]);
        assert_eq!(ended.code, 0);
        assert!(ended.stdout.starts_with(start), "{}", ended.stdout);
        assert!(ended.stdout.contains("work"));
    }
}

#[test]
fn completions_name_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ended = Project::empty().lockstep(&["completions", shell]);
        assert_eq!(ended.code, 0);
        assert!(ended.stdout.contains("inspect"), "{shell}");
    }
}

#[test]
fn build_names_what_there_is_to_build() {
    check(
        &["build", "."],
        expect![[r#"
        exit 3
        error: ./workflow.toml: no step has a `source` to build; add `source = "steps/NAME"` to its table
    "#]],
    );
    check(
        &["build", ".", "--step", "wrok"],
        expect![[r#"
        exit 3
        error: ./workflow.toml: there is no step `wrok`; did you mean `work`?
    "#]],
    );
}
