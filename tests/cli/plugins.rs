//! The plugins, built from Rust: each input beside them comes to the result that was written down
//! for it by hand.

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use serde_json::Value;

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
fn a_flaky_step_is_tried_again_and_the_story_says_so() {
    let input = "@refunds/input/approved-busy-ledger.json";
    let ended = lockstep(&["run", "refunds", "--store", "memory", "--input", input]);
    let told = "  history  attempt 1 failed: transient `ledger-busy`: ";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
    assert!(ended.stderr.contains("  history  done at attempt 2 → check-result\n"), "{}", ended.stderr);
}

#[test]
fn the_picture_in_the_readme_is_what_graph_draws() {
    let ended = lockstep(&["graph", "refunds", "--format", "svg"]);
    expect_file!["../../plugins/refunds/graph.svg"].assert_eq(&ended.stdout);
}

#[test]
fn every_plugin_checks_without_a_warning() {
    for workflow in ["refunds", "extraction"] {
        let ended = lockstep(&["check", workflow]);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    }
}
