//! Steps in Rust that are built: with names that cargo and bindings have for other things, and whether a component
//! is still of its source.

use std::fs;
use std::path::Path;

use crate::project::{Ended, Project, command, ended};

/// A workflow with one step in Rust.
fn hello() -> Project {
    let project = Project::empty();
    let ended = project.lockstep(&["new", "workflow", "hello"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    project
}

/// The program, in the folder of the workflow.
fn lockstep(project: &Project, arguments: &[&str]) -> Ended {
    let mut command = command(&project.path("hello"), arguments);
    command.env("LOCKSTEP_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("guests"));
    let ended = ended(command.output().unwrap());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    ended
}

fn is_stale(project: &Project) -> bool {
    let told = lockstep(project, &["check", "."]).stderr;
    let warning =
        "step `answer`: its component is older than its source; build it: `lockstep build ./workflow.toml`";
    assert!(told.is_empty() || told.contains(warning), "{told}");
    !told.is_empty()
}

fn change(project: &Project, file: &str, from: &str, to: &str) {
    let path = project.path(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn a_step_and_its_event_may_be_named_like_what_rust_and_its_crates_have() {
    let project = hello();
    let events = "package local:hello@0.1.0;\ninterface events {\n  \
                  record guest { ref: string, match: list<string>, final: bool, HTTP-code: u16 }\n}\n";
    fs::write(project.path("hello/wit/events.wit"), events).unwrap();
    lockstep(&project, &["new", "step", "log", "--lang", "rust", "--on", "guest", "--emits", "guest"]);
    lockstep(&project, &["build", "--step", "log"]);
    assert!(lockstep(&project, &["test", "steps/log"]).stdout.ends_with("1 ok\n"));
}

#[test]
fn a_component_is_told_to_be_older_as_long_as_its_source_is_another() {
    let project = hello();
    lockstep(&project, &["build"]);
    assert!(!is_stale(&project));
    let component = fs::read(project.path("hello/components/answer.wasm")).unwrap();
    let (wit, code) = ("hello/wit/answer.wit", "hello/steps/answer/src");
    change(&project, wit, "asked { text: string }", "asked { text: string, times: u32 }");
    assert!(is_stale(&project), "its world is another");
    change(&project, wit, "asked { text: string, times: u32 }", "asked { text: string }");
    assert!(!is_stale(&project), "it is as it was");
    fs::write(project.path(code).join("more.rs"), "").unwrap();
    assert!(is_stale(&project), "a file has come");
    fs::rename(project.path(code).join("more.rs"), project.path(code).join("less.rs")).unwrap();
    lockstep(&project, &["build"]);
    fs::rename(project.path(code).join("less.rs"), project.path(code).join("more.rs")).unwrap();
    assert!(is_stale(&project), "a file is called otherwise");
    fs::remove_file(project.path(code).join("more.rs")).unwrap();
    assert!(is_stale(&project), "a file is gone");
    lockstep(&project, &["new", "step", "other", "--lang", "rust"]);
    change(&project, wit, "world answer", "/// Says what was asked.\nworld answer");
    lockstep(&project, &["build"]);
    assert!(!is_stale(&project));
    assert!(
        component == fs::read(project.path("hello/components/answer.wasm")).unwrap(),
        "no byte of it is of others"
    );
}

#[test]
fn what_changes_while_it_is_built_is_no_part_of_the_component() {
    let project = hello();
    let late = "fn main() { std::fs::write(\"src/late.rs\", \"\").unwrap(); }";
    fs::write(project.path("hello/steps/answer/build.rs"), late).unwrap();
    lockstep(&project, &["build"]);
    assert!(is_stale(&project));
}
