//! What a key holds, what conflicts with what, and what an attempt sees of its own.

use std::sync::{Arc, RwLock};

use super::{Misfit, Op, Reads, Refused, State, Transaction, Write};
use crate::event::Json;
use crate::run::Seq;

fn set(key: &str, json: &str) -> Write {
    Write { key: key.into(), op: Op::Set, value: Some(Json::trusted(json)) }
}

fn append(key: &str, json: &str) -> Write {
    Write { key: key.into(), op: Op::Append, value: Some(Json::trusted(json)) }
}

fn add(key: &str, by: i64) -> Write {
    Write { key: key.into(), op: Op::Add { by }, value: None }
}

fn delete(key: &str) -> Write {
    Write { key: key.into(), op: Op::Delete, value: None }
}

/// A state after these writes, one a row, from row 1 on.
fn state(writes: &[Write]) -> State {
    let mut state = State::default();
    for (row, write) in (1..).zip(writes) {
        state.write(write, Seq(row)).unwrap();
    }
    state
}

fn texts(all: Vec<Json>) -> Vec<String> {
    all.into_iter().map(|json| json.to_string()).collect()
}

fn shown(state: &State) -> String {
    state.entries().map(|(key, json)| format!("{key}={json}")).collect::<Vec<_>>().join(" ")
}

#[test]
fn writes_do_what_their_words_say() {
    let writes = [
        set("a", r#"{"x":1}"#),
        add("n", 5),
        add("n", -7),
        append("list", "1"),
        append("list", r#""two""#),
        set("gone", "0"),
        delete("gone"),
        delete("never"),
        set("parsed", "[ 1, [2] ]"),
        append("parsed", "3"),
    ];
    assert_eq!(shown(&state(&writes)), r#"a={"x":1} list=[1,"two"] n=-2 parsed=[1,[2],3]"#);
}

#[test]
fn a_write_that_does_not_fit_changes_nothing() {
    let mut state = state(&[set("text", r#""a""#), set("most", &i64::MAX.to_string()), append("list", "1")]);
    let before = state.clone();
    let key = |key: &str| -> Arc<str> { key.into() };
    for (write, misfit) in [
        (add("text", 1), Misfit::NotANumber { key: key("text") }),
        (add("list", 1), Misfit::NotANumber { key: key("list") }),
        (add("most", 1), Misfit::Overflow { key: key("most") }),
        (append("text", "1"), Misfit::NotAList { key: key("text") }),
    ] {
        assert_eq!(state.write(&write, Seq(9)), Err(misfit));
        assert_eq!(state, before);
    }
}

#[test]
fn pages_of_a_long_list_are_its_elements_in_order() {
    let mut state = State::default();
    for n in 0..1000u64 {
        state.write(&append("log", &n.to_string()), Seq(n + 1)).unwrap();
    }
    let page = |offset, limit| texts(state.page(&"log".into(), offset, limit).unwrap());
    let numbers = |from: u64, to: u64| (from..to).map(|n| n.to_string()).collect::<Vec<_>>();
    for (offset, limit) in
        [(0, 3), (250, 20), (255, 1), (256, 1), (990, 100), (1000, 5), (u64::MAX, 5), (0, 0)]
    {
        let to = offset.saturating_add(u64::from(limit)).min(1000);
        assert_eq!(page(offset, limit), numbers(offset.min(to), to), "{offset} {limit}");
    }
    assert_eq!(page(0, u32::MAX), numbers(0, 1000));
}

fn reads(as_of: u64, keys: &[&str], listed: bool) -> Reads {
    Reads { as_of: Seq(as_of), keys: keys.iter().map(|key| (*key).into()).collect(), listed }
}

#[test]
fn only_what_was_read_and_has_changed_since_conflicts() {
    let state = state(&[set("a", "1"), set("b", "1"), set("a", "2"), delete("b"), add("n", 1), add("n", 1)]);
    for (as_of, keys, listed, conflicts) in [
        (2, &["a"][..], false, true),
        (3, &["a"], false, false),
        (3, &["b"], false, true),
        (4, &["b"], false, false),
        (0, &["never"], false, false),
        (0, &[], false, false),
        (4, &[], true, true),
        (5, &[], true, false),
        (5, &["n"], true, true),
    ] {
        assert_eq!(state.conflicts(&reads(as_of, keys, listed)), conflicts, "{as_of} {keys:?} {listed}");
    }
}

#[test]
fn state_that_is_taken_over_has_not_changed_yet() {
    let state = state(&[set("a", "1"), append("l", "1"), set("b", "1"), delete("b")]).taken_over();
    assert_eq!(shown(&state), "a=1 l=[1]");
    assert!(!state.conflicts(&reads(0, &["a", "b", "l"], true)));
}

fn begin(state: State, as_of: u64) -> (Arc<RwLock<State>>, Transaction) {
    let shared = Arc::new(RwLock::new(state));
    (shared.clone(), Transaction::begin(shared, Seq(as_of)))
}

fn get(transaction: &mut Transaction, key: &str) -> Option<String> {
    transaction.get(key).unwrap().map(|json| json.to_string())
}

#[test]
fn an_attempt_reads_what_was_there_and_what_it_wrote() {
    let (_, mut own) = begin(state(&[set("a", "1"), add("n", 5), append("l", "1")]), 3);
    own.write(add("n", 2));
    own.write(append("l", "2"));
    own.write(set("new", "0"));
    own.write(delete("a"));
    assert_eq!(get(&mut own, "n").as_deref(), Some("7"));
    assert_eq!(texts(own.page("l", 0, 9).unwrap()), ["1", "2"]);
    assert_eq!(get(&mut own, "a"), None);
    assert_eq!(own.keys("").unwrap(), ["l".into(), "n".into(), "new".into()] as [Arc<str>; 3]);
    assert_eq!(own.keys("ne").unwrap(), ["new".into()] as [Arc<str>; 1]);
    let (reads, writes) = own.end();
    assert_eq!(writes.len(), 4);
    assert_eq!(reads, self::reads(3, &["l", "n"], true), "what it set itself was not read");
}

#[test]
fn a_read_of_what_has_changed_is_refused_at_once() {
    let (shared, mut own) = begin(state(&[set("a", "1"), set("b", "1")]), 2);
    assert_eq!(get(&mut own, "b").as_deref(), Some("1"));
    shared.write().unwrap().write(&set("a", "2"), Seq(3)).unwrap();
    assert_eq!(own.get("a"), Err(Refused::Conflict));
    assert_eq!(own.page("a", 0, 1), Err(Refused::Conflict));
    assert_eq!(own.keys("").unwrap(), ["a".into(), "b".into()] as [Arc<str>; 2]);
    shared.write().unwrap().write(&delete("b"), Seq(4)).unwrap();
    assert_eq!(own.keys(""), Err(Refused::Conflict));
}

#[test]
fn a_key_that_came_to_be_is_a_phantom_for_whoever_listed() {
    let (shared, mut own) = begin(state(&[set("a", "1")]), 1);
    own.keys("x").unwrap();
    shared.write().unwrap().write(&set("b", "1"), Seq(2)).unwrap();
    let (reads, _) = own.end();
    assert!(shared.read().unwrap().conflicts(&reads));
}

#[test]
fn blind_writes_conflict_with_nothing() {
    let (shared, mut own) = begin(State::default(), 0);
    own.write(add("n", 1));
    own.write(append("l", "1"));
    own.write(set("a", "1"));
    for (row, write) in (1..).zip([add("n", 1), append("l", "0"), set("a", "0")]) {
        shared.write().unwrap().write(&write, Seq(row)).unwrap();
    }
    let (reads, _) = own.end();
    assert!(!shared.read().unwrap().conflicts(&reads));
}

#[test]
fn a_call_that_does_not_fit_is_told_to_the_attempt() {
    let (_, mut own) = begin(state(&[set("text", r#""a""#)]), 1);
    own.write(add("text", 1));
    let misfit = Misfit::NotANumber { key: "text".into() };
    assert_eq!(own.get("text"), Err(Refused::Misfit(misfit)));
}
