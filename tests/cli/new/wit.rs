//! The world of a new step: which events there are, which are new, and how they are written.

use std::fs;
use std::process::Command;

use expect_test::{Expect, expect};

use super::{hello, read, refused};
use crate::project::{Project, ended, lockstep_in};

/// The world of a step in the workflow that answers, without the head of its file.
fn check(arguments: &[&str], expected: Expect) {
    let project = hello();
    check_in(&project, "next", arguments, expected);
}

fn check_in(project: &Project, name: &str, arguments: &[&str], expected: Expect) {
    let all = [&["new", "step", name, "--lang", "rust"], arguments].concat();
    let ended = lockstep_in(&project.path("hello"), &all, None);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let wit = read(project, &format!("hello/wit/{name}.wit"));
    expected.assert_eq(wit.split_once("\n\n").unwrap().1);
}

#[test]
fn what_the_host_says_of_other_things_is_no_event() {
    check(
        &["--on", "request", "--emits", "requested,denied,tools"],
        expect![[r#"
        /// What `next` takes and emits: give each event the fields that it needs.
        interface next-events {
          record request { text: string }
          record requested { text: string }
          record denied { text: string }
          record tools { text: string }
        }

        /// Takes `request`.
        world next {
          use next-events.{request, requested, denied, tools};
          use lockstep:step/types@0.1.0.{failure};
          import lockstep:step/log@0.1.0;
          variant emits { requested(requested), denied(denied), tools(tools) }
          export on-request: func(event: request) -> result<emits, failure>;
        }
    "#]],
    );
}

#[test]
fn the_hosts_events_are_known_where_there_is_no_wit_yet() {
    let project = Project::empty();
    let line = ["new", "step", "mourn", "--lang", "rust", "--on", "step-failed", "--emits", "input-required"];
    let ended = project.lockstep(&line);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(!ended.stderr.contains("new event"), "{}", ended.stderr);
    expect![[r#"
        package local:mourn@0.1.0;

        /// Takes `step-failed`.
        world mourn {
          use lockstep:step/host-events@0.1.0.{step-failed, input-required};
          use lockstep:step/types@0.1.0.{failure};
          import lockstep:step/log@0.1.0;
          export on-step-failed: func(event: step-failed) -> result<input-required, failure>;
        }
    "#]]
    .assert_eq(&read(&project, "mourn/wit/mourn.wit"));
}

#[test]
fn whatever_is_named_twice_is_written_once() {
    check(
        &["--on", "timer-fired", "--emits", "asked,asked", "--uses", "timer,run,timer"],
        expect![[r#"
        /// Takes `timer-fired`.
        world next {
          use answer-events.{asked};
          use lockstep:step/host-events@0.1.0.{timer-fired};
          use lockstep:step/types@0.1.0.{failure};
          import lockstep:step/log@0.1.0;
          import lockstep:step/timer@0.1.0;
          import lockstep:step/run@0.1.0;
          export on-timer-fired: func(event: timer-fired) -> result<asked, failure>;
        }
    "#]],
    );
    check(
        &["--on", "tick", "--emits", "tock,tick"],
        expect![[r#"
        /// What `next` takes and emits: give each event the fields that it needs.
        interface next-events {
          record tick { text: string }
          record tock { text: string }
        }

        /// Takes `tick`.
        world next {
          use next-events.{tick, tock};
          use lockstep:step/types@0.1.0.{failure};
          import lockstep:step/log@0.1.0;
          variant emits { tock(tock), tick(tick) }
          export on-tick: func(event: tick) -> result<emits, failure>;
        }
    "#]],
    );
}

#[test]
fn words_of_wit_are_names_too() {
    let project = hello();
    check_in(
        &project,
        "world",
        &["--on", "stream", "--emits", "record,string"],
        expect![[r#"
        /// What `world` takes and emits: give each event the fields that it needs.
        interface world-events {
          record %stream { text: string }
          record %record { text: string }
          record %string { text: string }
        }

        /// Takes `stream`.
        world %world {
          use world-events.{%stream, %record, %string};
          use lockstep:step/types@0.1.0.{failure};
          import lockstep:step/log@0.1.0;
          variant emits { %record(%record), %string(%string) }
          export on-stream: func(event: %stream) -> result<emits, failure>;
        }
    "#]],
    );
    check_in(
        &project,
        "list",
        &["--on", "record"],
        expect![[r#"
        /// Takes `record`.
        world %list {
          use world-events.{%record};
          use lockstep:step/types@0.1.0.{failure};
          import lockstep:step/log@0.1.0;
          export on-record: func(event: %record) -> result<_, failure>;
        }
    "#]],
    );
}

#[test]
fn what_every_world_has_is_no_name_for_an_event() {
    for name in ["failure", "emits"] {
        let project = hello();
        let all = ["new", "step", "next", "--lang", "rust", "--on", name];
        let ended = lockstep_in(&project.path("hello"), &all, None);
        let told = format!(
            "error: an event cannot be called `{name}`, as every world has one of its own; choose another name\n"
        );
        assert_eq!(ended.stderr, told);
    }
}

#[test]
fn an_interface_of_the_new_events_that_is_there_is_not_written_again() {
    let project = hello();
    let ours = "package local:hello@0.1.0;\ninterface next-events { record known { n: u32 } }\n";
    fs::write(project.path("hello/wit/events.wit"), ours).unwrap();
    refused(
        &project,
        "hello",
        &["new", "step", "next", "--lang", "rust", "--on", "unheard"],
        expect![[r#"
        error: the workflow's WIT has a world or an interface `next-events` already; choose another name
    "#]],
    );
}

/// A process number comes again, in containers soon: what one that was killed has left is not read.
#[test]
fn what_a_killed_run_has_left_is_no_part_of_the_next_step() {
    let project = Project::empty();
    let program = env!("CARGO_BIN_EXE_lockstep");
    let left = "for left in new-$$ new-$$-0; do mkdir -p cache/lockstep/$left/wit; \
                echo 'no WIT' > cache/lockstep/$left/wit/left.wit; done";
    let commands = format!("{left}; exec {program} new step greet --lang rust");
    let mut shell = Command::new("sh");
    shell.args(["-c", &commands]).current_dir(project.folder()).env("XDG_CACHE_HOME", "cache");
    let ended = ended(shell.output().unwrap());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}
