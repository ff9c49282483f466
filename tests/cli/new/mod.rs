//! `lockstep new`: what is written, what it says, and what is refused. That it builds and runs in every language
//! is told by the pages about them.

mod refused;
mod templates;
mod wit;
mod workspaces;

use std::fs;
use std::path::Path;

use expect_test::{Expect, expect};

use crate::project::{Project, lockstep_in};

/// Every file below a folder that is the author's own: not the SDK, not the host's WIT, nothing generated.
fn files(folder: &Path, shown: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        match ["deps", "sdk", "gen"].iter().any(|name| path.ends_with(name)) {
            true => {}
            false if path.is_dir() => found.extend(files(&path, shown)),
            false => found.push(path.strip_prefix(shown).unwrap().display().to_string()),
        }
    }
    found.sort();
    found
}

/// A workflow that answers, with one step in Rust.
fn hello() -> Project {
    let project = Project::empty();
    let ended = project.lockstep(&["new", "workflow", "hello"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    project
}

fn refused(project: &Project, folder: &str, arguments: &[&str], expected: Expect) {
    let before = files(project.folder(), project.folder());
    let ended = lockstep_in(&project.path(folder), arguments, None);
    assert_ne!(ended.code, 0, "{}", ended.stderr);
    expected.assert_eq(&ended.stderr);
    assert_eq!(files(project.folder(), project.folder()), before, "nothing is left of what was refused");
}

#[test]
fn a_workflow_has_all_that_it_needs_to_run() {
    let project = hello();
    let all = files(project.folder(), project.folder()).join("\n");
    expect![[r#"
        hello/.gitignore
        hello/Cargo.toml
        hello/steps/answer/.gitignore
        hello/steps/answer/Cargo.toml
        hello/steps/answer/README.md
        hello/steps/answer/cases/first.toml
        hello/steps/answer/src/lib.rs
        hello/wit/answer.wit
        hello/workflow.toml"#]]
    .assert_eq(&all);
    let sdk = fs::read_to_string(project.path("hello/sdk/rust/src/lib.rs")).unwrap();
    assert!(sdk.contains("For authors of Lockstep steps in Rust"), "{sdk}");
    let shared = fs::read_to_string(project.path("hello/wit/deps/lockstep-step/types.wit")).unwrap();
    assert!(shared.starts_with("package lockstep:step@0.1.0;"), "{shared}");
}

/// The workflow with a second step, and what was told of it.
fn judge() -> (Project, String) {
    let project = hello();
    let line = ["new", "step", "judge", "--lang", "rust", "--on", "answered", "--emits", "praised,scolded"];
    let arguments = [&line[..], &["--uses", "state,http,timer"]].concat();
    let ended = lockstep_in(&project.path("hello/wit"), &arguments, None);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    (project, ended.stderr)
}

fn read(project: &Project, name: &str) -> String {
    fs::read_to_string(project.path(name)).unwrap()
}

#[test]
fn a_step_gets_a_world_in_the_package_of_its_workflow() {
    let (project, told) = judge();
    expect![[r#"
        wrote ../wit/judge.wit
        wrote ../steps/judge/Cargo.toml
        wrote ../steps/judge/README.md
        wrote ../steps/judge/.gitignore
        wrote ../steps/judge/cases/first.toml
        wrote ../steps/judge/src/lib.rs
        wrote ../Cargo.toml
        `praised` is a new event; give it its fields in ../wit/judge.wit
        `scolded` is a new event; give it its fields in ../wit/judge.wit
        added [steps.judge] to ../workflow.toml
        next: lockstep build .. --step judge
        then: lockstep test ../steps/judge
    "#]]
    .assert_eq(&told);
    expect![[r#"
        package local:hello@0.1.0;

        /// What `judge` takes and emits: give each event the fields that it needs.
        interface judge-events {
          record praised { text: string }
          record scolded { text: string }
        }

        /// Takes `answered`.
        world judge {
          use answer-events.{answered};
          use judge-events.{praised, scolded};
          use lockstep:step/host-events@0.1.0.{timer-fired};
          use lockstep:step/types@0.1.0.{failure};
          import lockstep:step/log@0.1.0;
          import lockstep:step/state@0.1.0;
          import lockstep:step/http@0.1.0;
          import lockstep:step/timer@0.1.0;
          variant emits { praised(praised), scolded(scolded) }
          export on-answered: func(event: answered) -> result<emits, failure>;
          export on-timer-fired: func(event: timer-fired) -> result<_, failure>;
        }
    "#]]
    .assert_eq(&read(&project, "hello/wit/judge.wit"));
}

#[test]
fn its_first_code_uses_what_was_asked_for_and_its_first_case_answers_it() {
    let (project, _) = judge();
    expect![[r#"
        //! Takes `answered`, `timer-fired`.

        use std::time::Duration;

        #[lockstep_sdk::step(world = "judge", wit = "../../wit")]
        mod handlers {
            use super::Duration;
            use lockstep_sdk::{Failure, http, info, state, timer};

            fn on_answered(event: Answered) -> Result<Emits, Failure> {
                info!("on-answered {event:?}");
                timer::set("remind", Duration::from_secs(60));
                state::add("seen", 1);
                let page = http::get("https://api.example.com/")?.successful()?.text();
                info!("{} bytes came back", page.len());
                Ok(Praised { text: event.text }.into())
            }

            fn on_timer_fired(event: TimerFired) -> Result<(), Failure> {
                info!("on-timer-fired {event:?}");
                Ok(())
            }
        }
    "#]]
    .assert_eq(&read(&project, "hello/steps/judge/src/lib.rs"));
    expect![[r#"
        case = "the first case"
        handler = "on-answered"

        [event]
        text = "text"

        [[http]]
        url = "https://api.example.com/"
        answer = { status = 200, body = "hello" }

        [expect]
        emits = [{ praised = { text = "text" } }]
    "#]]
    .assert_eq(&read(&project, "hello/steps/judge/cases/first.toml"));
}

#[test]
fn it_gets_its_place_and_its_grant_in_the_workflow() {
    let (project, _) = judge();
    expect![[r#"
        workflow = "hello"
        start = "asked"
        stop = ["answered"]

        [steps.answer]
        component = "components/answer.wasm"
        source = "steps/answer"

        [steps.judge]
        component = "components/judge.wasm"
        source = "steps/judge"

        [steps.judge.grant]
        state = { run = "rw" }

        [[steps.judge.grant.http]]
        host = "api.example.com"
        methods = ["GET"]
    "#]]
    .assert_eq(&read(&project, "hello/workflow.toml"));
    assert!(read(&project, "hello/Cargo.toml").contains("members = [\"steps/answer\", \"steps/judge\"]"));
}

#[test]
fn a_copy_of_the_hosts_wit_that_is_there_is_the_one() {
    let project = hello();
    let (ours, theirs) = (project.path("hello/wit/deps/lockstep-step"), project.path("hello/wit/deps/host"));
    fs::rename(&ours, &theirs).unwrap();
    let ended = lockstep_in(&project.path("hello"), &["new", "step", "next", "--lang", "rust"], None);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(theirs.exists() && !ours.exists());
}

#[test]
fn a_step_without_a_workflow_has_a_folder_of_its_own() {
    let project = Project::empty();
    let ended = project.lockstep(&["new", "step", "greet", "--lang", "rust"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    expect![[r#"
        greet/.gitignore
        greet/Cargo.toml
        greet/README.md
        greet/cases/first.toml
        greet/src/lib.rs
        greet/wit/greet.wit"#]]
    .assert_eq(&files(project.folder(), project.folder()).join("\n"));
    assert!(
        ended.stderr.ends_with("next: lockstep build greet\nthen: lockstep test greet\n"),
        "{}",
        ended.stderr
    );
}
