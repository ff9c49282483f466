//! Updates: seen before the attempt ends, kept only if it succeeds, and bounded.

use std::sync::{Arc, Mutex};

use lockstep_core::event::Json;
use lockstep_core::grant::{Grant, UpdatesGrant};
use lockstep_core::outcome::{Outcome, Update};

use super::script::{Deed, attempt, call, deed, done, json_of, release, whole_grant, wide};
use super::told;
use crate::{Call, Report, Watcher};

/// Keeps what it is told.
#[derive(Debug, Default)]
struct Seen(Mutex<Vec<Update>>);

impl Watcher for Seen {
    fn provisional(&self, update: &Update) {
        self.0.lock().unwrap().push(update.clone());
    }
}

fn publish(name: &str, item: &str) -> Deed {
    deed("publish", name).value(item)
}

fn update(name: &str, item: &str) -> Update {
    Update { name: name.into(), item: Json::trusted(item) }
}

async fn watched(deeds: &[Deed]) -> (Report, Vec<Update>) {
    let seen = Arc::new(Seen::default());
    let call = Call { watcher: Some(seen.clone()), ..call(deeds) };
    let report = release(&whole_grant(), wide()).attempt(call).await;
    let seen = std::mem::take(&mut *seen.0.lock().unwrap());
    (report, seen)
}

#[tokio::test]
async fn updates_are_told_at_once_and_handed_over_in_the_end() {
    let (report, seen) = watched(&[publish("token", r#""a""#), publish("progress", " 7 ")]).await;
    assert_eq!(seen, [update("token", r#""a""#), update("progress", "7")]);
    assert_eq!(done(report).updates, seen);
}

#[tokio::test]
async fn a_failed_attempt_and_one_that_traps_were_watched_and_hand_over_nothing() {
    for end in ["fail", "trap"] {
        let (report, seen) = watched(&[publish("token", "1"), deed(end, "")]).await;
        assert_eq!(seen, [update("token", "1")]);
        assert!(matches!(report.outcome, Outcome::Failed(_)), "{end}: {:?}", report.outcome);
    }
}

#[tokio::test]
async fn an_update_that_is_refused_is_not_told() {
    let (report, seen) = watched(&[publish("token", "nope")]).await;
    assert_eq!(seen, []);
    expect_test::expect![[
        r#"invalid json: its update "token" is not JSON: expected ident at line 1 column 2"#
    ]]
    .assert_eq(&told(report));
}

#[tokio::test]
async fn update_names_are_bounded_and_of_plain_text() {
    let long = "u".repeat(64);
    done(attempt(&[publish(&long, "1")]).await);
    let mut all = String::new();
    for name in [&format!("{long}u"), "", "a\nb"] {
        all += &format!("{}\n", told(attempt(&[publish(name, "1")]).await));
    }
    expect_test::expect![[r#"
        limit update-name: its update's name has 65 bytes; give it one of at most 64
        invalid update-name: its update's name is empty; give it a name
        invalid update-name: its update's name "a\nb" holds a control character; leave it out
    "#]]
    .assert_eq(&all);
}

#[tokio::test]
async fn names_and_items_together_have_at_most_the_grants_bytes() {
    let grant = Grant { updates: Some(UpdatesGrant { bytes: 1 << 10 }), ..whole_grant() };
    let release = release(&grant, wide());
    let most = publish("name", &json_of(508)).times(2);
    assert_eq!(done(release.attempt(call(std::slice::from_ref(&most))).await).updates.len(), 2);
    let report = release.attempt(call(&[most, publish("n", "1")])).await;
    expect_test::expect![
        "limit updates: it published more than 1 KiB of updates; publish less, or raise `[updates] bytes` of its grant"
    ]
    .assert_eq(&told(report));
}

#[tokio::test]
async fn an_attempt_publishes_at_most_10_000_updates() {
    let most = publish("n", "1").times(10_000);
    assert_eq!(done(attempt(std::slice::from_ref(&most)).await).updates.len(), 10_000);
    expect_test::expect!["limit updates: it published more than 10000 updates; publish fewer, larger ones"]
        .assert_eq(&told(attempt(&[most, publish("n", "1")]).await));
}
