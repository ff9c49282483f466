//! The harness itself: it passes where the walls stand, and finds the loss where one is away.

use std::process::{Command, Output};

fn crash(arguments: &[&str]) -> (Output, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_lockstep-crash")).args(arguments).output().unwrap();
    let told = String::from_utf8(output.stdout.clone()).unwrap();
    (output, told)
}

#[test]
fn nothing_is_lost_over_a_few_kills() {
    let (output, told) = crash(&["--kills", "3", "--seed", "1"]);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("crash: ok: nothing was lost"), "{told}");
}

#[test]
fn a_journal_that_answers_before_it_has_written_is_found_out() {
    let (output, told) = crash(&["--kills", "2", "--seed", "1", "--acknowledge-early"]);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("LOST: k0 was acknowledged and is not in the store"), "{told}");
}

#[test]
fn a_full_disk_makes_the_host_wait_and_loses_nothing() {
    let (output, told) = crash(&["--full-disk", "--seed", "1"]);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("the disk is full after"), "{told}");
}
