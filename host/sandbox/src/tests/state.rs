//! The state of the run: what an attempt sees and hands over, and every bound with what lies just
//! below it.

use std::sync::Arc;

use lockstep_core::event::Json;
use lockstep_core::grant::{Access, Grant, StateGrant};
use lockstep_core::outcome::{Interruption, Outcome};
use lockstep_core::run::Seq;
use lockstep_core::state::{Op, Reads, State, Write};

use super::script::{Deed, answer, attempt, call, deed, done, json_of, release, view, whole_grant, wide};
use super::told;
use crate::Report;

const MIB: usize = 1 << 20;

fn write(key: &str, op: Op, value: Option<&str>) -> Write {
    Write { key: key.into(), op, value: value.map(Json::trusted) }
}

/// A state after these writes, one a row, from row 1 on.
fn state(writes: impl IntoIterator<Item = Write>) -> State {
    let mut state = State::default();
    for (row, write) in (1..).zip(writes) {
        state.write(&write, Seq(row)).unwrap();
    }
    state
}

/// One attempt in a run with this state, of which it may see all rows up to `as_of`.
async fn attempt_on(state: State, as_of: u64, deeds: &[Deed]) -> Report {
    let call = crate::Call { state: view(state, as_of), ..call(deeds) };
    release(&whole_grant(), wide()).attempt(call).await
}

async fn refused(deeds: &[Deed]) -> String {
    told(attempt(deeds).await)
}

fn set(key: &str, value: &str) -> Deed {
    deed("set", key).value(value)
}

#[tokio::test]
async fn an_attempt_reads_what_was_there_and_what_it_wrote() {
    let before = || state([write("n", Op::Set, Some("5")), write("l", Op::Append, Some("1"))]);
    let script =
        [deed("add", "n").n(2), deed("get", "n"), set("new", "0"), deed("delete", "l"), deed("keys", "")];
    let report = attempt_on(before(), 2, &script).await;
    assert_eq!(answer(report), r#"{"value":"7","all":["n","new"]}"#);
    let script = [deed("append", "l").value("[2]"), deed("page", "l").n(0).limit(9)];
    assert_eq!(answer(attempt_on(before(), 2, &script).await), r#"{"value":null,"all":["1","[2]"]}"#);
}

#[tokio::test]
async fn a_successful_attempt_hands_over_its_reads_and_its_writes() {
    let script =
        [deed("get", "a"), set("b", " [1] "), deed("add", "n").n(-3), deed("append", "l").value("{}")];
    let emitted = done(attempt_on(State::default(), 7, &script).await);
    let keys = [Arc::from("a")].into();
    assert_eq!(emitted.reads, Reads { as_of: Seq(7), keys, listed: false });
    let written = [
        write("b", Op::Set, Some("[1]")),
        write("n", Op::Add { by: -3 }, None),
        write("l", Op::Append, Some("{}")),
    ];
    assert_eq!(emitted.writes, written);
}

#[tokio::test]
async fn a_failed_attempt_and_one_that_traps_hand_over_nothing() {
    for end in ["fail", "trap"] {
        let shared = view(State::default(), 0);
        let script = [set("a", "1"), deed("start", "t"), deed("publish", "u").value("1"), deed(end, "")];
        let call = crate::Call { state: shared.clone(), ..call(&script) };
        let report = release(&whole_grant(), wide()).attempt(call).await;
        assert!(matches!(report.outcome, Outcome::Failed(_)), "{end}: {:?}", report.outcome);
        assert_eq!(*shared.state.read().unwrap(), State::default());
    }
}

#[tokio::test]
async fn reading_what_has_changed_since_interrupts_the_attempt_at_once() {
    let before = || state([write("a", Op::Set, Some("1")), write("b", Op::Set, Some("1"))]);
    for read in [deed("get", "b"), deed("page", "b").limit(1), deed("keys", "")] {
        let report = attempt_on(before(), 1, &[read.clone(), deed("trap", "")]).await;
        assert_eq!(report.outcome, Outcome::Interrupted(Interruption::Conflict));
    }
    assert_eq!(answer(attempt_on(before(), 1, &[deed("get", "a")]).await), r#"{"value":"1","all":[]}"#);
}

#[tokio::test]
async fn a_key_that_holds_something_else_is_the_steps_fault() {
    let script = [set("a", "true"), deed("add", "a").n(1), deed("get", "a")];
    expect_test::expect![[
        r#"invalid state: `add` needs a whole number between -2^63 and 2^63-1, and the key "a" holds something else"#
    ]]
    .assert_eq(&refused(&script).await);
}

#[tokio::test]
async fn a_grant_to_read_lets_nothing_be_written() {
    let grant = Grant { state: Some(StateGrant { run: Access::Read }), ..whole_grant() };
    let release = release(&grant, wide());
    let report = release.attempt(call(&[deed("get", "a"), deed("keys", ""), deed("page", "a")])).await;
    assert_eq!(answer(report), r#"{"value":null,"all":[]}"#);
    for write in [set("a", "1"), deed("delete", "a"), deed("add", "a"), deed("append", "a").value("1")] {
        let told = told(release.attempt(call(&[write])).await);
        expect_test::expect![[
            r#"denied state: it wrote the state key "a", and its grant only lets it read; set `[state] run = "rw"`"#
        ]]
        .assert_eq(&told);
    }
    let told = told(release.attempt(call(&[set(&"k".repeat(MIB), "1")])).await);
    assert!(told.len() < 100, "no message grows with the guest's text");
}

#[tokio::test]
async fn values_that_are_not_json_are_refused() {
    for write in ["set", "append"] {
        let told = refused(&[deed(write, "a").value("{")]).await;
        expect_test::expect![[
            r#"invalid json: its value for the state key "a" is not JSON: EOF while parsing an object at line 1 column 1"#
        ]]
        .assert_eq(&told);
    }
}

#[tokio::test]
async fn keys_are_bounded_and_of_plain_text() {
    let long = "k".repeat(512);
    done(attempt(&[set(&long, "1"), deed("get", &long)]).await);
    let mut all = String::new();
    for key in [&format!("{long}k"), "", "a\u{7}b"] {
        for op in ["get", "set", "delete", "add", "append", "page"] {
            let told = refused(&[deed(op, key).value("1")]).await;
            if op == "get" {
                all += &format!("{told}\n");
            }
            assert!(all.ends_with(&format!("{told}\n")), "{op}: {told}");
        }
    }
    expect_test::expect![[r#"
        limit state-key: its state key has 513 bytes; give it one of at most 512
        invalid state-key: its state key is empty; give it a name
        invalid state-key: its state key "a\u{7}b" holds a control character; leave it out
    "#]]
    .assert_eq(&all);
}

#[tokio::test]
async fn one_value_has_at_most_a_mebibyte() {
    done(attempt(&[set("a", &json_of(MIB)), deed("append", "b").value(&json_of(MIB))]).await);
    for write in ["set", "append"] {
        let told = refused(&[deed(write, "a").value(&json_of(MIB + 1))]).await;
        expect_test::expect![[
            r#"limit state-bytes: its value for the state key "a" has 1048577 bytes; at most 1 MiB are allowed, split it over several keys"#
        ]]
        .assert_eq(&told);
    }
}

#[tokio::test]
async fn all_writes_of_an_attempt_have_at_most_16_mebibytes() {
    let sixteen = set("a", &json_of(MIB - 1)).times(16);
    assert_eq!(done(attempt(std::slice::from_ref(&sixteen)).await).writes.len(), 16);
    expect_test::expect![
        "limit state-bytes: its writes of the state come to more than 16 MiB; do less in one attempt"
    ]
    .assert_eq(&refused(&[sixteen, deed("delete", "b")]).await);
}

#[tokio::test]
async fn an_attempt_writes_at_most_100_000_times() {
    let most = deed("add", "n").n(1).times(100_000);
    assert_eq!(done(attempt(std::slice::from_ref(&most)).await).writes.len(), 100_000);
    expect_test::expect![
        "limit state-writes: its writes of the state are more than 100000; do less in one attempt"
    ]
    .assert_eq(&refused(&[most, deed("delete", "n")]).await);
}

#[tokio::test]
async fn an_attempt_reads_at_most_100_000_times() {
    let most = deed("get", "n").times(100_000);
    done(attempt(std::slice::from_ref(&most)).await);
    for read in ["get", "page", "keys"] {
        expect_test::expect![
            "limit state-reads: its reads of the state are more than 100000; do less in one attempt"
        ]
        .assert_eq(&refused(&[most.clone(), deed(read, "n")]).await);
    }
}

#[tokio::test]
async fn all_keys_that_an_attempt_reads_have_at_most_16_mebibytes() {
    let most = deed("get", &"k".repeat(512)).times(32 << 10);
    done(attempt(std::slice::from_ref(&most)).await);
    expect_test::expect![
        "limit state-bytes: its reads of the state come to more than 16 MiB; do less in one attempt"
    ]
    .assert_eq(&refused(&[most, deed("get", "k")]).await);
}

fn numbered(keys: u32) -> State {
    state((0..keys).map(|n| write(&format!("k{n:05}"), Op::Set, Some("1"))))
}

#[tokio::test]
async fn more_keys_than_one_answer_has_room_for_are_refused() {
    let all = answer(attempt_on(numbered(10_000), 10_000, &[deed("keys", "")]).await);
    assert_eq!(all.matches("k0").count(), 10_000);
    let one = attempt_on(numbered(10_001), 10_001, &[deed("keys", "k10")]).await;
    assert_eq!(answer(one), r#"{"value":null,"all":["k10000"]}"#);
    let report = attempt_on(numbered(10_001), 10_001, &[deed("keys", "")]).await;
    expect_test::expect![
        "limit state-keys: it asked for 10001 state keys at once; 10000 are allowed, ask with a longer prefix"
    ]
    .assert_eq(&told(report));
}

/// How many elements the page has that starts at `offset` and asks for `limit`.
async fn page(elements: usize, each: usize, offset: i64, limit: u32) -> usize {
    let list = state((0..elements).map(|_| write("l", Op::Append, Some(&json_of(each)))));
    let report = attempt_on(list, u64::MAX, &[deed("page", "l").n(offset).limit(limit)]).await;
    let told: serde_json::Value = serde_json::from_str(&answer(report)).unwrap();
    told["all"].as_array().unwrap().len()
}

#[tokio::test]
async fn pages_are_cut_to_a_thousand_elements_and_to_a_mebibyte_but_never_to_nothing() {
    for (elements, each, offset, limit, expected) in [
        (2000, 3, 0, 999, 999),
        (2000, 3, 0, u32::MAX, 1000),
        (2000, 3, 1500, u32::MAX, 500),
        (2000, 3, -1, u32::MAX, 0),
        (8, MIB / 4, 0, 4, 4),
        (8, MIB / 4, 0, 5, 4),
        (4, MIB / 4 + 1, 0, 4, 3),
        (2, MIB, 0, 2, 1),
        (2, MIB + 1, 0, 2, 1),
    ] {
        assert_eq!(page(elements, each, offset, limit).await, expected, "{elements} {each} {offset} {limit}");
    }
}

#[tokio::test]
async fn a_list_that_is_too_long_to_be_read_whole_is_read_in_pages() {
    let list = |last: usize| {
        let full = (0..15).map(|_| write("l", Op::Append, Some(&json_of(MIB))));
        state(full.chain([write("l", Op::Append, Some(&json_of(last)))]))
    };
    // Sixteen elements with fifteen commas and two brackets around them.
    let most = MIB - 17;
    done(attempt_on(list(most), 16, &[deed("get", "l"), deed("get", "none")]).await);
    let report = attempt_on(list(most + 1), 16, &[deed("get", "l")]).await;
    expect_test::expect![[
        r#"limit state-bytes: the state key "l" holds 16777217 bytes of JSON, and at most 16 MiB can be read whole; read it with `page`"#
    ]]
    .assert_eq(&told(report));
    let report = attempt_on(list(most + 1), 16, &[deed("page", "l").n(15).limit(1)]).await;
    assert!(answer(report).len() > most);
}
