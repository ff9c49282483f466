//! `lockstep attack`: that the host survives every attack, and that each of them gets through without what
//! stops it. The second run makes every attack both ways, so it is the only whole one.

use expect_test::expect;
use serde_json::Value;

use crate::project::{Ended, Project};

fn attack(arguments: &[&str]) -> Ended {
    Project::empty().lockstep(&[&["attack"], arguments].concat())
}

#[test]
fn every_attack_is_survived_and_gets_through_without_what_stops_it() {
    let ended = attack(&["--prove", "--json"]);
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    let cases = told["cases"].as_array().unwrap();
    for case in cases {
        assert!(case["without"].is_string(), "it has no opposite: {case}");
        assert_eq!(case["ok"], true, "{case}");
    }
    assert_eq!((&told["passed"], &told["failed"]), (&cases.len().into(), &0.into()));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(cases.len() >= 140, "{}", cases.len());
    let verdict = format!("all {} attacks came out as expected", cases.len());
    assert!(ended.stderr.trim_end().ends_with(&verdict), "{}", ended.stderr);
}

#[test]
fn json_says_of_each_case_what_was_expected_and_what_happened() {
    let ended = attack(&["--only", "30a", "5", "--json"]);
    expect![[r#"
        exit 0
        {"cases":[{"id":"5","name":"endless recursion","expected":"trap stack-overflow","got":"trap stack-overflow","ok":true},{"id":"30a","name":"a variable set by another attempt, from a pool","expected":"its first value","got":"its first value","ok":true}],"passed":2,"failed":0}
        1/2 attack 5: endless recursion
        2/2 attack 30a: a variable set by another attempt, from a pool
        all 2 attacks came out as expected
    "#]]
    .assert_eq(&ended.told());
}

#[test]
fn a_table_is_told_with_the_memory_that_it_took() {
    let ended = attack(&["--only", "5", "--prove"]);
    let (table, peak) = ended.stdout.split_once("peak memory: ").unwrap();
    expect![[r#"
        id  attack             expected             with the wall        without
        5   endless recursion  trap stack-overflow  trap stack-overflow  emitted 0  ok
    "#]]
    .assert_eq(table);
    let mib: f64 = peak.trim_end().trim_end_matches(" MiB").parse().unwrap();
    assert!(mib < 400.0, "{mib}");
}

#[test]
fn an_attack_that_is_none_is_refused() {
    expect![[r#"
        exit 3
        error: there is no attack 36; `lockstep attack` without `--only` lists them all
        error: there is no attack nine; `lockstep attack` without `--only` lists them all
    "#]]
    .assert_eq(&attack(&["--only", "36", "1", "nine"]).told());
}
