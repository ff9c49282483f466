//! A step of every language against the same cases, and the table that says so.

use std::fs;
use std::path::PathBuf;

use expect_test::expect_file;
use serde_json::Value;

use crate::project::lockstep_in;
use crate::shell::root;

/// The steps, as the workflow names them, and what their languages are called.
const LANGUAGES: [(&str, &str); 7] = [
    ("probe-rust", "Rust"),
    ("probe-ts", "TypeScript"),
    ("probe-js", "JavaScript"),
    ("probe-python", "Python"),
    ("probe-go", "Go"),
    ("probe-c", "C"),
    ("probe-zig", "Zig"),
];

/// The points, by the digit that their cases begin with.
const POINTS: [&str; 8] = [
    "values of every kind come and go as they are",
    "a handler returns the event itself: one of several, several, one or none, nothing",
    "failures say what they are: kind, code, message, when to try again, details",
    "an exception or a panic is a failure with its message",
    "state is read, set, added to, appended to and deleted",
    "requests and tools, and what goes wrong with them",
    "updates, the log at five levels, bytes by reference",
    "timers, identity, time and chance",
];

/// The point about exceptions: whether they are caught, or trap.
const CRASH: usize = 3;

fn plugin() -> PathBuf {
    root().join("plugins/conformance")
}

/// What a step makes of all cases.
fn cases(step: &str) -> Vec<Value> {
    let line = ["test", ".", "--step", step, "--case", "cases", "--json"];
    let ended = lockstep_in(&plugin(), &line, None);
    assert_eq!(ended.code, 0, "{step}: {}{}", ended.stdout, ended.stderr);
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    told["cases"].as_array().unwrap().clone()
}

fn point(case: &Value) -> usize {
    let file = case["file"].as_str().unwrap().rsplit('/').next().unwrap();
    file[..1].parse::<usize>().unwrap() - 1
}

/// How many cases of a point hold, and whether integers of 64 bits are exact or refused.
fn cell(cases: &[Value], at: usize) -> String {
    let of_point: Vec<_> = cases.iter().filter(|case| point(case) == at).collect();
    assert!(of_point.iter().all(|case| case["ok"] == true));
    let is_refused = |case: &&&Value| case["failure"]["code"] == "inexact-integer";
    match (at, of_point.iter().filter(is_refused).count()) {
        (0, 0) => format!("{0} of {0}; 64 bits exact", of_point.len()),
        (0, _) => format!("{0} of {0}; beyond 2^53 refused", of_point.len()),
        (CRASH, _) => {
            let class = &of_point[0]["failure"]["class"];
            format!("{0} of {0}; {1}", of_point.len(), class.as_str().unwrap_or_default())
        }
        _ => format!("{0} of {0}", of_point.len()),
    }
}

#[test]
fn every_language_does_the_same_and_the_table_says_so() {
    let all = LANGUAGES.map(|(step, language)| (language, cases(step)));
    let count = fs::read_dir(plugin().join("cases")).unwrap().count();
    assert!(count >= 29 && all.iter().all(|(_, cases)| cases.len() == count));
    let mut table = String::from("| what a step does |");
    table += &all.iter().map(|(language, _)| format!(" {language} |")).collect::<String>();
    table += &format!("\n|---|{}\n", "---|".repeat(all.len()));
    for (at, what) in POINTS.iter().enumerate() {
        let cells: String = all.iter().map(|(_, cases)| format!(" {} |", cell(cases, at))).collect();
        table += &format!("| {what} |{cells}\n");
    }
    expect_file!["../../docs/conformance.md"].assert_eq(&format!("{HEAD}{table}"));
}

const HEAD: &str = "# What a step of every language does\n\nWritten by the test that runs the cases in \
    `plugins/conformance/cases` against a step of each language, all in one workflow. A cell says how many cases hold, and how: \
    an exception is caught (permanent) or ends the attempt (trap).\n\n";

#[test]
fn one_workflow_runs_a_step_of_every_language_and_they_agree() {
    let ended =
        lockstep_in(&plugin(), &["run", ".", "--store", "memory", "--input", "@input/values.json"], None);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let agreed: Value = serde_json::from_str(&ended.stdout).unwrap();
    let asked: Value =
        serde_json::from_str(&fs::read_to_string(plugin().join("input/values.json")).unwrap()).unwrap();
    assert_eq!(agreed["steps"], LANGUAGES.len());
    assert_eq!(agreed["values"], asked["question"]["echo"]["values"]);
}
