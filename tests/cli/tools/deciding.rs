//! Calls that a person decides on: yes, no, otherwise; and a guest that asks for another thing than it got a yes
//! for.

use lockstep_core::run::Change;
use lockstep_hostile::tools::call;
use lockstep_test_support::component_with;
use serde_json::{Value, json};

use super::desk::{Desk, Server, answer_of};
use crate::project::Ended;

pub(super) const WRITES: &str = "[[tools]]\nmcp = \"it\"\nallow = [\"write_file\"]\napprove = [\"write_file\"]\n\
                                 args = { write_file = { path = [\"a.txt\", \"b.txt\"] } }\n";

pub(super) fn write(content: &str) -> Value {
    call("write_file", &json!({ "path": "a.txt", "content": content }))
}

fn approved(desk: &Desk, arguments: &[&str]) -> Ended {
    let ended = desk.lockstep(&[&["approve"], arguments].concat());
    assert_eq!(ended.code, 0, "{ended:?}");
    ended
}

#[test]
fn a_person_sees_path_and_content_and_nothing_is_written_before_the_yes() {
    let desk = Desk::new(&Server::Files, WRITES);
    let number = desk.asks(&write("three\n"));
    let listed = desk.lockstep(&["ask", "ls"]).stdout;
    for line in [
        &format!("approval {number}: clerk wants to call it/write_file"),
        "  why a person is asked: its rule says `approve`\n",
        "    path: a.txt\n",
        "three",
    ] {
        assert!(listed.contains(line), "{line}: {listed}");
    }
    assert_eq!((desk.calls(), desk.read("a.txt")), (vec![], "one\ntwo\n".into()));
    approved(&desk, &[&number, "--by", "ann"]);
    assert!(answer_of(&desk.take_up())["ok"].is_string());
    assert_eq!((desk.calls().len(), desk.read("a.txt")), (1, "three\n".into()));
}

#[test]
fn a_refusal_reaches_the_guest_with_its_reason() {
    let desk = Desk::new(&Server::Files, WRITES);
    let number = desk.asks(&write("three\n"));
    assert_eq!(desk.lockstep(&["refuse", &number, "--reason", "not today"]).code, 0);
    assert_eq!(answer_of(&desk.take_up()), json!({ "err": { "refused": "not today" } }));
    assert_eq!((desk.calls(), desk.read("a.txt")), (vec![], "one\ntwo\n".into()));
}

#[test]
fn what_a_person_has_made_of_the_arguments_is_what_is_called_and_no_wider_than_the_grant() {
    let desk = Desk::new(&Server::Files, WRITES);
    let number = desk.asks(&write("three\n"));
    let with = |path: &str| json!({ "path": path, "content": "four\n" }).to_string();
    approved(&desk, &[&number, "--with", &with("b.txt")]);
    assert!(answer_of(&desk.take_up())["ok"].is_string());
    assert_eq!((desk.read("a.txt"), desk.read("b.txt")), ("one\ntwo\n".into(), "four\n".into()));
    let number = desk.asks(&write("three\n"));
    let wider = desk.lockstep(&["approve", &number, "--with", &with("../clerk.toml")]);
    let told =
        "error: the arguments do not fit: /path: \"../clerk.toml\" is not one of \"a.txt\" or \"b.txt\"\n";
    assert_eq!((wider.code, wider.stderr.as_str()), (4, told));
    assert_eq!(desk.open(), [number]);
    assert_eq!(desk.calls().len(), 1);
}

#[test]
fn what_no_rule_allows_is_asked_about_where_the_grant_says_so() {
    let grant = "[[tools]]\nmcp = \"it\"\nallow = [\"read_text_file\"]\n[on-denied]\ntools = \"ask\"\n";
    let desk = Desk::new(&Server::Files, grant);
    let number = desk.asks(&write("three\n"));
    let listed = desk.lockstep(&["ask", "ls"]).stdout;
    assert!(listed.contains("why a person is asked: no rule of its grant allows it: tool"), "{listed}");
    approved(&desk, &[&number]);
    assert!(answer_of(&desk.take_up())["ok"].is_string());
    assert_eq!(desk.read("a.txt"), "three\n");
}

#[test]
fn a_yes_for_good_is_for_the_tool_within_the_arguments_that_its_rule_has() {
    let desk = Desk::new(&Server::Files, WRITES);
    let number = desk.asks(&write("three\n"));
    let always = approved(&desk, &[&number, "--always"]);
    let told = always.stderr.split("written to ").nth(1).unwrap_or_else(|| panic!("{always:?}"));
    assert!(told.starts_with("./clerk.toml") && !told.contains("approve = "), "{told}");
    assert!(answer_of(&desk.take_up())["ok"].is_string());
    let of = |path: &str| call("write_file", &json!({ "path": path, "content": "four\n" }));
    assert!(answer_of(&desk.run(&of("b.txt")))["ok"].is_string());
    assert_eq!(answer_of(&desk.run(&of("../clerk.toml")))["err"]["denied"]["why"], "argument");
    assert_eq!((desk.read("a.txt"), desk.read("b.txt")), ("three\n".into(), "four\n".into()));
}

#[test]
fn what_is_to_be_done_next_names_the_operators_file() {
    let desk = Desk::new(&Server::Files, WRITES);
    let ended = desk.run(&write("three\n"));
    let told = "then go on with `lockstep run . --take-up --config lockstep.toml`\n";
    assert!(ended.stderr.ends_with(told), "{ended:?}");
}

const WIT: &str = "
    package t:t;
    interface events {
      record work { name: string, arguments: string, times: u32, lists: bool }
      record done { n: u32 }
    }
    world guest {
      use events.{work, done};
      use lockstep:step/types@0.1.0.{failure};
      import lockstep:step/run@0.1.0;
      import lockstep:step/tools@0.1.0;
      export on-work: func(event: work) -> result<done, failure>;
    }";

/// Calls what its event names, with a content that follows from the time at which its attempt will be ended: no
/// two attempts ask for the same.
const LIAR: &str = r#"(module
    (import "lockstep:step/run@0.1.0" "whoami" (func $whoami (param i32)))
    (import "lockstep:step/tools@0.1.0" "call" (func $call (param i32 i32 i32 i32 i32)))
    (memory (export "memory") 2)
    (global $heap (mut i32) (i32.const 8192))
    (data (i32.const 2048) "{\22path\22:\22a.txt\22,\22content\22:\22AAAAAAAA\22}")
    (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32) (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 15)) (i32.const -16)))
      (global.set $heap (i32.add (local.get $at) (local.get $size)))
      local.get $at)
    (func (export "on-work") (param $name i32) (param $length i32) (param i32 i32 i32 i32) (result i32)
      (local $time i32) (local $at i32)
      (call $whoami (i32.const 1024))
      (local.set $time (i32.wrap_i64 (i64.load (i32.const 1056))))
      (local.set $at (i32.const 2075))
      (loop $letters
        (i32.store8 (local.get $at) (i32.add (i32.const 65) (i32.and (local.get $time) (i32.const 15))))
        (local.set $time (i32.shr_u (local.get $time) (i32.const 4)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $letters (i32.lt_u (local.get $at) (i32.const 2083))))
      (call $call (local.get $name) (local.get $length) (i32.const 2048) (i32.const 37) (i32.const 1536))
      (i32.store (i32.const 512) (i32.const 0))
      (i32.store (i32.const 520) (i32.load8_u (i32.const 1536)))
      i32.const 512))"#;

#[test]
fn a_guest_that_asks_for_another_thing_after_the_yes_gets_nothing_and_is_parked_after_three() {
    let desk = Desk::of(component_with(WIT, LIAR), &Server::Files, WRITES);
    let mut number = desk.asks(&write(""));
    for turn in 1..=3 {
        approved(&desk, &[&number]);
        let ended = desk.take_up();
        assert_eq!((ended.code, desk.calls()), (8, vec![]), "{turn}: {ended:?}");
        match desk.open().first() {
            Some(other) if turn < 3 => assert_ne!(std::mem::replace(&mut number, other.clone()), *other),
            other => assert_eq!((turn, other), (3, None)),
        }
    }
    assert_eq!((desk.parked(), desk.read("a.txt").as_str()), (json!("unsteady"), "one\ntwo\n"));
    assert_eq!(desk.count(|change| matches!(change, Change::ApprovalAsked { .. })), 3);
}
