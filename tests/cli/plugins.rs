//! The plugins, built from Rust: each input beside them comes to the result that was written down
//! for it by hand.

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::{expect, expect_file};
use serde_json::Value;

use crate::approvals::{Claims, Waiting};
use crate::project::{Ended, lockstep_in};

fn plugins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins")
}

/// Runs the program on what `cargo xtask guests` has built.
fn lockstep(arguments: &[&str]) -> Ended {
    let built = plugins().join("refunds/components/assess.wasm");
    assert!(built.exists(), "the plugins are not built; run `cargo xtask guests`");
    lockstep_in(&plugins(), arguments, None)
}

fn golden(workflow: &str) {
    let folder = plugins().join(workflow);
    let inputs = fs::read_dir(folder.join("input")).unwrap().map(|entry| entry.unwrap().path());
    let inputs: Vec<_> = inputs.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    assert!(inputs.len() >= 4);
    for input in inputs {
        let input_file = format!("@{}", input.display());
        let ended = lockstep(&["run", workflow, "--store", "memory", "--input", &input_file]);
        assert_eq!(ended.code, 0, "{}: {}", input.display(), ended.stderr);
        let expected = fs::read_to_string(folder.join("expected").join(input.file_name().unwrap())).unwrap();
        let expected: Value = serde_json::from_str(&expected).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&ended.stdout).unwrap(), expected, "{}", input.display());
    }
}

#[test]
fn refunds_come_to_what_the_policy_says() {
    golden("refunds");
}

#[test]
fn invoices_are_read_from_real_text_or_given_up_with_reasons() {
    golden("extraction");
}

#[test]
fn five_languages_bill_the_meters_of_a_day_together() {
    let ended =
        lockstep(&["run", "meters", "--store", "memory", "--input", "@meters/input/three-households.json"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let expected = fs::read_to_string(plugins().join("meters/expected/three-households.json")).unwrap();
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(told, serde_json::from_str::<Value>(&expected).unwrap());
    for (csv, told) in [
        (
            "meter,hour,wh\nA,0,7\nA,24,1\n",
            "`parse` failed: permanent `bad-line`: line 3 is no `meter,hour,watt-hours`: `A,24,1`",
        ),
        ("meter,hour,wh\nA,0,\n", "`clean` failed: permanent `no-readings`: meter A said nothing all day"),
    ] {
        let input = serde_json::json!({ "day": "2026-03-14", "csv": csv }).to_string();
        let ended = lockstep(&["run", "meters", "--store", "memory", "--input", &input]);
        assert!(ended.code == 1 && ended.stderr.contains(told), "{}", ended.stderr);
    }
}

#[test]
fn claims_are_settled_as_policy_and_people_say() {
    let folder = plugins().join("approvals");
    let read = |what: &str, name: &str| fs::read_to_string(folder.join(what).join(format!("{name}.json")));
    for name in ["within-policy", "asked", "all-refused", "more-than-claimed", "empty"] {
        let claims = Claims::new();
        let answers: Vec<Value> =
            read("answers", name).map_or(Vec::new(), |text| serde_json::from_str(&text).unwrap());
        let mut waiting = Waiting::begin(&claims, &read("input", name).unwrap());
        waiting.read_questions(answers.len());
        let questions = if answers.is_empty() { Vec::new() } else { claims.questions() };
        for question in questions {
            let answer = answers.iter().find(|answer: &&Value| {
                let mut asked = answer["asked"].as_object().unwrap().iter();
                asked.all(|(key, value)| question["asked"][key] == *value)
            });
            let answer = answer.unwrap_or_else(|| panic!("{name}: {question}"));
            let by = answer["by"].as_str().unwrap();
            let ended = claims.answer(&question, &answer["answer"].to_string(), &["--by", by]);
            assert_eq!(ended.code, 0, "{}", ended.stderr);
        }
        let ended = waiting.end();
        assert_eq!(ended.code, 0, "{name}: {}", ended.stderr);
        let expected: Value = serde_json::from_str(&read("expected", name).unwrap()).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&ended.stdout).unwrap(), expected, "{name}");
    }
}

#[test]
fn a_flaky_step_is_tried_again_and_the_story_says_so() {
    let input = "@refunds/input/approved-busy-ledger.json";
    let ended = lockstep(&["run", "refunds", "--store", "memory", "--input", input]);
    let told = "  history  attempt 1 failed: transient `ledger-busy`: ";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
    assert!(ended.stderr.contains("  history  done at attempt 2 → check-result\n"), "{}", ended.stderr);
}

#[test]
fn the_pictures_in_the_readme_are_what_graph_draws() {
    let drawn = |workflow| lockstep(&["graph", workflow, "--format", "svg"]).stdout;
    expect_file!["../../plugins/refunds/graph.svg"].assert_eq(&drawn("refunds"));
    expect_file!["../../plugins/approvals/graph.svg"].assert_eq(&drawn("approvals"));
    let arguments = ["graph", "assistant", "--format", "svg", "--config", "assistant/lockstep.toml"];
    expect_file!["../../plugins/assistant/graph.svg"].assert_eq(&lockstep(&arguments).stdout);
}

#[test]
fn check_tells_who_is_asked_and_what_is_answered() {
    expect![[r#"
        exit 0
        approvals: 4 steps and 9 events fit together
          policy  claim-filed  opens a scope
          policy  timer-fired  (its timers)
          decide  item-question + item-answer  (answers to `item-question`)
          decide  item-expired
          settle  claim-filed + list<item-decision>  (gathers `policy`)
          pay     payment
          human   item-question, answered with item-answer  (by role:approver; within 3d, else item-expired)
    "#]]
    .assert_eq(&lockstep(&["check", "approvals"]).told());
}

#[test]
fn every_plugin_checks_without_a_warning() {
    for workflow in ["refunds", "extraction", "approvals"] {
        let ended = lockstep(&["check", workflow]);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    }
    let ended = lockstep(&["check", "assistant", "--config", "assistant/lockstep.toml"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
}
