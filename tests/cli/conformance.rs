//! A step of every language against the same cases, and the table that says so.

use std::fs;
use std::path::PathBuf;

use expect_test::expect_file;
use serde_json::{Value, json};
use tempfile::TempDir;

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

/// Values of some hundred kilobytes in and out: as an event, as an answer to a request, as state, as a tool's
/// result. Bindings that put what the host hands over where it may be collected or moved fail here.
fn large() -> TempDir {
    let text = "Tee, чай, 茶 🍵 ".repeat(8_000);
    let numbers = (0..20_000_u64).map(|n| n * 450_359_962_737).collect::<Vec<_>>();
    let case = fs::read_to_string(plugin().join("cases/1-values.toml")).unwrap();
    let case: Value = toml::from_str(&case).unwrap();
    let mut values = case["event"]["values"].clone();
    values["text"] = json!(text);
    values["numbers"] = json!(numbers);
    values["points"] = json!(vec![json!({ "x": -1, "y": 1 }); 10_000]);
    let dir = TempDir::new().unwrap();
    let write = |name: &str, case: Value| {
        fs::write(dir.path().join(name), toml::to_string(&case).unwrap()).unwrap();
    };
    write(
        "1-large-values.toml",
        json!({
            "handler": "on-echo",
            "event": { "values": values },
            "expect": { "emits": [{ "echoed": { "values": values } }] },
        }),
    );
    let line = &text[..text.floor_char_boundary(60_000)];
    write(
        "5-large-state.toml",
        json!({
            "handler": "on-remember",
            "event": { "key": "cup", "value": line, "by": 1 },
            "state": { "cup": numbers, "list": [line] },
            "expect": {
                "emits": [{
                    "remembered": { "before": numbers, "after": line, "keys": ["count", "cup", "list"], "page": [line, line] },
                }],
                "state": { "cup": line, "count": 1, "list": [line, line] },
            },
        }),
    );
    let (url, result) = ("https://tea.example/cups", &numbers[..3_000]);
    write(
        "6-large-answer.toml",
        json!({
            "handler": "on-fetch",
            "event": { "method": "POST", "url": url, "header": "one", "body": text },
            "http": [{ "url": url, "body": text, "answer": { "body": text } }],
            "expect": { "emits": [{ "fetched": { "status": 200, "body": text } }] },
        }),
    );
    write(
        "6-large-result.toml",
        json!({
            "handler": "on-use-tool",
            "event": { "name": "brew", "arguments": { "cups": 2 } },
            "tools": [{ "name": "brew", "answer": { "output": result } }],
            "expect": { "emits": [{ "used": { "tools": ["brew"], "output": result } }] },
        }),
    );
    dir
}

/// What a step makes of all cases.
fn cases(step: &str, large: &str) -> Vec<Value> {
    let line = ["test", ".", "--step", step, "--case", "cases", "--case", large, "--json"];
    let ended = lockstep_in(&plugin(), &line, None);
    let told: Value =
        serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{step}: {}", ended.stderr));
    let cases = told["cases"].as_array().unwrap();
    let failed = cases.iter().filter(|case| case["ok"] == false);
    let failed: Vec<_> = failed
        .map(|case| format!("{step} {} {} {}", case["file"], case["differences"], case["failure"]))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    cases.clone()
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
    let large = large();
    let all = LANGUAGES.map(|(step, language)| (language, cases(step, large.path().to_str().unwrap())));
    let count = [plugin().join("cases"), large.path().into()].map(|dir| fs::read_dir(dir).unwrap().count());
    let count = count.iter().sum::<usize>();
    assert!(count >= 33 && all.iter().all(|(_, cases)| cases.len() == count));
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
    `plugins/conformance/cases` and some with values of a few hundred kilobytes against a step of each language, all in one workflow. A cell says how many cases hold, and how: \
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
