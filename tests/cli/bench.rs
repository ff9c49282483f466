//! `lockstep bench` in sizes that say nothing: that each figure stands beside its limit.

use std::fs;

use expect_test::expect;
use serde_json::Value;

use crate::project::Project;

/// The figure of a bench, and that it leaves nothing behind but what it was asked to.
fn figure(arguments: &[&str]) -> Value {
    let project = Project::empty();
    let ended = project.lockstep(&[&["bench"], arguments, &["--json"]].concat());
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert_eq!(fs::read_dir(project.path(".")).unwrap().count(), 0);
    let figure: Value = serde_json::from_str(&ended.stdout).unwrap();
    for key in ["name", "value", "unit", "limit", "ratio", "details", "machine"] {
        assert!(!figure[key].is_null(), "{key}: {figure}");
    }
    let ratio = figure["value"].as_f64().unwrap() / figure["limit"].as_f64().unwrap();
    assert!((figure["ratio"].as_f64().unwrap() - ratio).abs() < 1e-9);
    figure
}

#[test]
fn route_gives_figure_limit_and_ratio() {
    assert_eq!(figure(&["route", "--runs", "2", "--steps", "5"])["unit"], "steps/s");
}

#[test]
fn durable_stands_beside_the_journals_writer_and_plain_sql() {
    let details = &figure(&["durable", "--runs", "2", "--steps", "3"])["details"];
    for way in ["whole", "writer", "plain_sql"] {
        assert!(details[way]["syncs_per_step"].as_f64().unwrap() > 0.0, "{way}: {details}");
    }
}

#[test]
fn chain_counts_syncs() {
    let details = &figure(&["chain", "--steps", "4"])["details"];
    assert_eq!(details["syncs_one_by_one"], 5);
    assert!(details["syncs"].as_f64().unwrap() >= 1.0);
}

#[test]
fn fanout_measures_three_sizes_in_memory_and_on_a_file() {
    let details = &figure(&["fanout", "--branches", "20"])["details"];
    assert_eq!(details["branches"], serde_json::json!([1, 2, 20]));
    for journal in ["memory", "file"] {
        assert_eq!(details[journal]["us_per_branch"].as_array().unwrap().len(), 3);
    }
}

#[test]
fn parked_answers_some_of_those_that_wait() {
    let details = &figure(&["parked", "--runs", "20", "--answers", "3"])["details"];
    assert_eq!((&details["runs"], &details["answers"]), (&20.into(), &3.into()));
}

#[test]
fn parked_leaves_the_store_that_it_is_given() {
    let project = Project::empty();
    let bench = ["bench", "parked", "--runs", "5", "--answers", "1", "--store", "kept.db"];
    assert_eq!(project.lockstep(&bench).code, 0);
    let listed = project.lockstep(&["ask", "ls", "--store", "kept.db", "--json"]);
    let questions: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert!(questions.as_array().unwrap().len() >= 3, "{questions}");
    let again = project.lockstep(&bench);
    expect![[r#"
        exit 3
        error: there is a file kept.db; name one that is to be made
    "#]]
    .assert_eq(&again.told());
}
