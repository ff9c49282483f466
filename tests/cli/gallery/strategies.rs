//! Questions that several strategies answer, of which the best is selected.

use lockstep_local::{KEY, Serving, model};
use serde_json::{Value, json};

use super::{MODEL, Place};

fn place() -> (Place, Serving) {
    let serving = model::begin(0, KEY).unwrap();
    (Place::new("strategies", &[(MODEL, serving.port())]), serving)
}

/// Which strategies were graded, and how.
fn grades(result: &Value) -> Vec<(&str, u64)> {
    let scores = result["scores"].as_array().unwrap().iter();
    scores.map(|score| (score["by"].as_str().unwrap(), score["grade"].as_u64().unwrap())).collect()
}

#[test]
fn the_answer_with_the_best_grade_is_selected() {
    place().0.golden();
}

#[test]
fn a_strategy_that_fails_is_no_candidate_and_the_others_are() {
    let (place, _) = place();
    let place = place.changed("grants/keywords.toml", "local-extractive-1", "no-such-model");
    let result = place.result("in-their-words");
    assert_eq!(grades(&result), [("vectors", 66), ("rewriting", 100)]);
    assert_eq!(
        (&result["by"], &result["answer"]),
        (&json!("rewriting"), &place.expected("in-their-words")["answer"])
    );
}

#[test]
fn if_all_strategies_fail_the_run_does_too() {
    let (mut place, _) = place();
    for strategy in ["keywords", "vectors", "rewriting"] {
        place = place.changed(&format!("grants/{strategy}.toml"), "local-extractive-1", "no-such-model");
    }
    let ended = place.run("in-their-words");
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{ended:?}");
    assert!(ended.stderr.contains("permanent `no-candidates`: all strategies failed"), "{}", ended.stderr);
}

#[test]
fn an_answer_that_is_worth_too_little_is_none() {
    let (place, _) = place();
    let place = place.changed("grants/keywords.toml", "local-extractive-1", "no-such-model");
    let place = place.changed("grants/rewriting.toml", "local-extractive-1", "no-such-model");
    let place = place.changed("grants/judge.toml", "least-grade = 50", "least-grade = 67");
    let result = place.result("in-their-words");
    assert_eq!((grades(&result), &result["answer"]), (vec![("vectors", 66)], &Value::Null));
}

#[test]
fn what_has_no_answer_is_graded_without_asking_the_model() {
    let (place, serving) = place();
    place.result("not-in-the-documents");
    let said = serving.heard().into_iter().filter(|asked| asked.what == "POST /v1/chat/completions").count();
    assert_eq!(said, 4, "three answers and a rewriting");
}
