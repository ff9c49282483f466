//! Hosts that are killed around a call: while a person is asked, while the tool works, and after it has done its
//! work and before anybody knows.

use lockstep_core::run::Change;
use lockstep_hostile::tools::call;
use serde_json::{Value, json};

use super::deciding::{WRITES, write};
use super::desk::{Desk, Server, answer_of};

#[test]
fn a_host_that_is_killed_while_a_person_is_asked_makes_the_call_once_after_the_yes() {
    let desk = Desk::new(&Server::Files, WRITES);
    let mut waiting = desk.begin(&["--wait", "--input", &write("three\n").to_string()]);
    waiting.read_until(|line| line.contains(": approval "));
    waiting.kill();
    assert!(desk.server_ends(), "the server outlives its host");
    let number = desk.open().remove(0);
    assert_eq!(desk.lockstep(&["approve", &number]).code, 0);
    assert!(answer_of(&desk.take_up())["ok"].is_string());
    assert_eq!((desk.calls().len(), desk.read("a.txt")), (1, "three\n".into()));
    assert_eq!(desk.take_up().code, 0, "there is nothing more to do");
    assert_eq!(desk.calls().len(), 1);
}

/// A rule for the tool `hang` of the server of these tests.
fn hangs(more: &str) -> String {
    format!("[[tools]]\nmcp = \"it\"\nallow = [\"hang\", \"echo\"]\ntimeout = \"60s\"\n{more}")
}

/// A host that was killed while the server works on a call.
fn killed_in_a_call(more: &str) -> Desk {
    let desk = Desk::new(&Server::Own(&[]), &hangs(more));
    let mut running = desk.begin(&["--input", &call("hang", &json!({})).to_string()]);
    running.read_until(|line| line.contains("calls it/hang"));
    while desk.calls().is_empty() {
        std::thread::yield_now();
    }
    running.kill();
    assert!(desk.server_ends(), "the server outlives its host");
    desk
}

fn keys(desk: &Desk) -> Vec<Value> {
    desk.calls().iter().map(|call| call["params"]["_meta"].clone()).collect()
}

#[test]
fn a_call_that_may_be_made_once_is_not_made_again_after_a_kill() {
    let desk = killed_in_a_call("effects = \"at-most-once\"\n");
    let ended = desk.take_up();
    assert_eq!((ended.code, desk.calls().len()), (8, 1), "{ended:?}");
    assert_eq!(desk.parked(), "unknown-effect");
    desk.take_up();
    assert_eq!(desk.calls().len(), 1, "and not later either");
}

#[test]
fn any_other_call_is_made_again_after_a_kill_under_the_same_key() {
    let desk = killed_in_a_call("");
    let mut again = desk.begin(&["--take-up"]);
    again.read_until(|line| line.contains("calls it/hang"));
    while desk.calls().len() < 2 {
        std::thread::yield_now();
    }
    again.kill();
    let keys = keys(&desk);
    assert!(keys[0].as_object().is_some_and(|meta| !meta.is_empty()), "{keys:?}");
    assert_eq!(keys[0], keys[1]);
}

/// The file is written, and its host is killed before it hears of it.
fn killed_after_the_write(more: &str) -> Desk {
    let desk = Desk::new(&Server::SilentFiles, &format!("{WRITES}timeout = \"60s\"\n{more}"));
    let number = desk.asks(&write("three\n"));
    assert_eq!(desk.lockstep(&["approve", &number]).code, 0);
    let running = desk.begin(&["--take-up"]);
    while desk.read("a.txt") != "three\n" {
        std::thread::yield_now();
    }
    running.kill();
    assert!(desk.server_ends(), "the server outlives its host");
    desk.declaring(&Server::Files)
}

#[test]
fn a_file_that_was_written_before_the_kill_is_not_written_again_at_most_once() {
    let desk = killed_after_the_write("effects = \"at-most-once\"\n");
    assert_eq!((desk.take_up().code, desk.parked()), (8, json!("unknown-effect")));
    let run = desk.project.runs_json(&["ls"])[0]["run_id"].as_str().unwrap().to_owned();
    let done = desk.lockstep(&["runs", "resolve", &run, "--done", "{\"content\": \"seen to it\"}"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(answer_of(&desk.take_up())["ok"], "{\"content\": \"seen to it\"}");
    assert_eq!(desk.calls().len(), 1);
}

#[test]
fn a_file_that_was_written_before_the_kill_is_written_again_unasked_with_the_same_arguments() {
    let desk = killed_after_the_write("");
    assert!(answer_of(&desk.take_up())["ok"].is_string());
    let calls = desk.calls();
    let [one, other] = &calls[..] else { panic!("{calls:?}") };
    assert_eq!(one["params"], other["params"], "key and arguments are the same");
    assert_eq!(desk.count(|change| matches!(change, Change::ApprovalAsked { .. })), 1);
}
