//! Steps that trap, loop, hoard and flood: the run fails with the reason, in bounded time and
//! memory, and the program ends as it says it does.

use std::time::{Duration, Instant};

use expect_test::{Expect, expect};

use crate::project::{FLOODS, FORGES, HOGS, OK, Project, SPINS, TRAPS, WORKFLOW};

fn check(kind: u32, expected: Expect) {
    let begun = Instant::now();
    let ended = Project::jobs().lockstep(&["run", ".", "--input", &format!("{{\"kind\":{kind}}}")]);
    expected.assert_eq(&ended.told());
    assert!(begun.elapsed() < Duration::from_secs(25), "well before the step's timeout of 30 s");
}

#[test]
fn a_step_that_traps() {
    check(
        TRAPS,
        expect![[r#"
        exit 1
          work  failed for good at attempt 1: trap `unreachable`: it trapped: wasm `unreachable` instruction executed
        failed: step `work` failed: trap `unreachable`: it trapped: wasm `unreachable` instruction executed
    "#]],
    );
}

#[test]
fn a_step_that_loops_for_ever() {
    check(
        SPINS,
        expect![[r#"
        exit 1
          work  failed for good at attempt 1: limit `cpu`: the attempt computed longer than its 2s
        failed: step `work` failed: limit `cpu`: the attempt computed longer than its 2s
    "#]],
    );
}

#[test]
fn a_step_that_eats_memory() {
    check(
        HOGS,
        expect![[r#"
        exit 1
          work  failed for good at attempt 1: limit `memory`: it wanted more memory than its 64 MiB
        failed: step `work` failed: limit `memory`: it wanted more memory than its 64 MiB
    "#]],
    );
}

#[test]
fn a_step_that_emits_ten_million_events() {
    check(
        FLOODS,
        expect![[r#"
            exit 1
              work  failed for good at attempt 1: limit `output`: it handed the host more data than one call may carry; hand over less at once, and what is large as blobs
            failed: step `work` failed: limit `output`: it handed the host more data than one call may carry; hand over less at once, and what is large as blobs
        "#]],
    );
}

#[test]
fn a_step_whose_words_would_move_the_cursor() {
    check(
        FORGES,
        expect![[r#"
        exit 1
          work  failed for good at attempt 1: permanent `evil`: \u{1b}[2J\u{7}\u{202e}gnp.
        failed: step `work` failed: permanent `evil`: \u{1b}[2J\u{7}\u{202e}gnp.
    "#]],
    );
}

#[test]
fn a_trap_is_tried_again_as_the_policy_says() {
    let project = Project::jobs().with(
        "workflow.toml",
        WORKFLOW.replace("attempts = 1", "attempts = 3, initial = \"1ms\", jitter = 0"),
    );
    let ended = project.lockstep(&["run", ".", "--input", &format!("{{\"kind\":{TRAPS}}}")]);
    expect![[r#"
        exit 1
          work  attempt 1 failed: trap `unreachable`: it trapped: wasm `unreachable` instruction executed; again in 1 ms
          work  attempt 2 failed: trap `unreachable`: it trapped: wasm `unreachable` instruction executed; again in 2 ms
          work  failed for good at attempt 3: trap `unreachable`: it trapped: wasm `unreachable` instruction executed
        failed: step `work` failed: trap `unreachable`: it trapped: wasm `unreachable` instruction executed
    "#]].assert_eq(&ended.told());
}

#[test]
fn json_on_stdout_is_inert_and_means_what_it_meant() {
    let project = Project::jobs();
    let note = "a\u{202e}b\u{9b}31m\u{e0068}";
    let input = serde_json::json!({ "kind": OK, "note": note }).to_string();
    let ended = project.lockstep(&["run", ".", "--json", "--input", &input]);
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let run = told["run_id"].as_str().unwrap();
    for arguments in [&["runs", "events", run, "--json"][..], &["runs", "export", run]] {
        let printed = project.lockstep(arguments).stdout;
        let active = printed.chars().find(|char| char.is_control() && *char != '\n' || !char.is_ascii());
        assert_eq!(active, None, "{printed}");
        let meant = printed.lines().any(|line| line.contains(r"a\u202eb\u009b31m\udb40\udc68"));
        assert!(meant, "{printed}");
    }
}
