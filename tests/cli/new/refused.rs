//! What is refused, and that nothing is left of it.

use std::fs;

use expect_test::expect;

use super::{hello, read, refused};
use crate::project::{Project, lockstep_in};

#[test]
fn nothing_is_overwritten_and_no_slip_of_the_pen_becomes_an_event() {
    let project = hello();
    let step =
        |name: &'static str, rest: &[&'static str]| [&["new", "step", name, "--lang", "rust"], rest].concat();
    refused(
        &project,
        "hello",
        &step("answer", &[]),
        expect![[r#"
        error: workflow.toml:5: there is a step `answer` already; choose another name
    "#]],
    );
    refused(
        &project,
        "hello",
        &step("next", &["--on", "answerd"]),
        expect![[r#"
        error: there is no event `answerd`; did you mean `answered`? a new event needs a name of its own
    "#]],
    );
    refused(
        &project,
        "hello",
        &step("Next", &[]),
        expect![[r#"
        error: `Next` cannot name a step: lower-case words with `-` between them, each beginning with a letter, at most 64 characters
    "#]],
    );
    refused(
        &project,
        "hello",
        &step("next", &["--emits", "out_come"]),
        expect![[r#"
        error: `out_come` cannot name an event: lower-case words with `-` between them, each beginning with a letter, at most 64 characters
    "#]],
    );
    refused(
        &project,
        ".",
        &["new", "workflow", "hello"],
        expect![[r#"
        error: hello is there already, and not empty; choose another name
    "#]],
    );
    refused(
        &project,
        ".",
        &["new", "step", "hello", "--lang", "rust"],
        expect![[r#"
        error: hello is there already, and not empty; choose another name, or remove it
    "#]],
    );
    let broken = project.path("hello/wit/broken.wit");
    fs::write(&broken, "package local:hello@0.1.0;\ninterface x { record y { z: strin } }\n").unwrap();
    let ended = lockstep_in(&project.path("hello"), &step("next", &[]), None);
    assert!(ended.stderr.contains("broken.wit:2:29"), "{}", ended.stderr);
}

#[test]
fn a_language_or_a_use_that_nobody_knows_is_refused_with_those_there_are() {
    let project = Project::empty();
    let told = |arguments: &[&str]| project.lockstep(&[&["new", "step", "greet"], arguments].concat());
    let ended = told(&["--lang", "cobol"]);
    assert!(ended.stderr.contains("one of rust, ts, js, python, go, c, zig"), "{}", ended.stderr);
    let ended = told(&["--lang", "go", "--uses", "htpp"]);
    assert!(ended.stderr.contains("there is no `htpp` to use; did you mean `http`?"), "{}", ended.stderr);
}

#[test]
fn a_file_of_the_authors_is_not_overwritten() {
    let project = hello();
    let world = "package local:hello@0.1.0;\nworld greeter {}\n";
    fs::write(project.path("hello/wit/greet.wit"), world).unwrap();
    refused(
        &project,
        "hello",
        &["new", "step", "greet", "--lang", "rust"],
        expect![[r#"
        error: wit/greet.wit is there already, and nothing is overwritten; choose another name
    "#]],
    );
    assert_eq!(read(&project, "hello/wit/greet.wit"), world);
}

#[test]
fn a_manifest_that_cannot_be_read_leaves_no_half_of_a_step() {
    let project = hello();
    fs::write(project.path("hello/Cargo.toml"), "[workspace\n").unwrap();
    let arguments = ["new", "step", "greet", "--lang", "rust"];
    let ended = lockstep_in(&project.path("hello"), &arguments, None);
    assert!(ended.stderr.starts_with("error: Cargo.toml: "), "{}", ended.stderr);
    assert!(!project.path("hello/steps/greet").exists() && !project.path("hello/wit/greet.wit").exists());
}
