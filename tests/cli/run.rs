//! `lockstep run`.

use std::process::Stdio;
use std::time::{Duration, SystemTime};

use expect_test::expect;
use lockstep_test_support::component_with;
use serde_json::Value;

use crate::project::{OK, Project, SILENT, SPINS, TRAPS, WORKFLOW, command, ended, world};

fn job(kind: u32) -> String {
    format!("{{\"kind\":{kind}}}")
}

#[test]
fn stdout_carries_the_result_and_nothing_else() {
    let ended = Project::jobs().lockstep(&["run", ".", "--input", &job(OK)]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "{\"n\":0}\n"));
    assert!(ended.stderr.ends_with("  work  done → answer\ncompleted with answer\n"), "{}", ended.stderr);
}

#[test]
fn the_input_comes_from_the_command_line_a_file_or_stdin() {
    let project = Project::jobs().with("job.json", job(OK));
    for (input, stdin) in [(job(OK).as_str(), ""), ("@job.json", ""), ("-", job(OK).as_str())] {
        let ended = project.lockstep_with(&["run", "workflow.toml", "--input", input], stdin);
        assert_eq!((ended.code, ended.stdout.as_str()), (0, "{\"n\":0}\n"), "{input}: {}", ended.stderr);
    }
}

#[test]
fn json_is_one_object_for_every_end() {
    let project = Project::jobs();
    let told = |input: &str| -> Value {
        serde_json::from_str(&project.lockstep(&["run", ".", "--json", "--input", input]).stdout).unwrap()
    };
    let done = told(&job(OK));
    assert_eq!(
        (&done["status"], &done["result"]["n"], &done["error"]),
        (&"completed".into(), &0.into(), &Value::Null)
    );
    assert_eq!(done["run_id"].as_str().unwrap().len(), 26);
    let failed = told(&job(TRAPS));
    assert_eq!((&failed["status"], &failed["result"]), (&"failed".into(), &Value::Null));
    assert_eq!(
        failed["error"],
        "step `work` failed: trap `unreachable`: it trapped: wasm `unreachable` instruction executed"
    );
    let refused = told("[]");
    assert_eq!((&refused["status"], &refused["run_id"]), (&"refused".into(), &Value::Null));
    assert!(refused["error"].as_str().unwrap().starts_with("the input does not fit: start: expected record"));
}

#[test]
fn verbose_shows_every_event_with_its_value() {
    let ended = Project::jobs().lockstep(&["run", ".", "--verbose", "--input", &job(OK)]);
    assert!(ended.stderr.contains("  2 job {\"kind\":0}\n"), "{}", ended.stderr);
    assert!(ended.stderr.contains("answer {\"n\":0}\n"), "{}", ended.stderr);
}

/// Puts five bytes and answers.
fn putting() -> Vec<u8> {
    let wit = world(
        "import lockstep:step/blob@0.1.0;
         export on-job: func(event: job) -> result<list<answer>, failure>;",
    );
    let wat = r#"(module
        (import "lockstep:step/blob@0.1.0" "put" (func $put (param i32 i32 i32)))
        (memory (export "memory") 2)
        (data (i32.const 2048) "hello")
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 65536)
        (func (export "on-job") (param i32 i32 i32 i32) (result i32)
          (call $put (i32.const 2048) (i32.const 5) (i32.const 0))
          (if (i32.load8_u (i32.const 0)) (then unreachable))
          (i32.store (i32.const 8) (i32.const 1024))
          (i32.store (i32.const 12) (i32.const 1))
          i32.const 0))"#;
    component_with(&wit, wat)
}

#[test]
fn verbose_shows_what_was_put_by_its_reference() {
    let project = Project::empty().with("workflow.toml", WORKFLOW).with("work.wasm", putting());
    let told = project.lockstep(&["run", ".", "--verbose", "--input", &job(OK)]).told();
    let put = "  4 blob sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 of 5 bytes\n";
    assert!(told.contains(put), "{told}");
}

#[test]
fn a_run_in_which_nothing_is_left_to_do_is_stalled_and_says_why() {
    let ended = Project::jobs().lockstep(&["run", ".", "--input", &job(SILENT)]);
    expect![[r#"
        exit 5
          work  done
        stalled: nothing is left that could bring a stop event: the last handlers emitted no event that a step takes
    "#]].assert_eq(&ended.told());
}

#[test]
fn a_run_that_takes_too_long_is_timed_out() {
    let project = Project::jobs().with("workflow.toml", format!("timeout = \"200ms\"\n{WORKFLOW}"));
    expect![[r#"
        exit 6
        timed-out: the run took longer than its 200ms
    "#]]
    .assert_eq(&project.lockstep(&["run", ".", "--input", &job(SPINS)]).told());
}

#[test]
fn an_interrupt_lets_the_run_stand_where_it_is_though_its_guest_loops() {
    assert_eq!(interrupted(&[]), "running");
}

#[test]
fn an_interrupt_cancels_a_run_that_is_kept_in_memory_alone() {
    assert_eq!(interrupted(&["--store", "memory"]), "cancelled");
}

/// The status that is told when the program is interrupted while its guest loops.
fn interrupted(more: &[&str]) -> String {
    let project = Project::jobs();
    let job = job(SPINS);
    let arguments = [&["run", ".", "--json", "--input", &job], more].concat();
    let mut child = command(&project.path("."), &arguments).stdin(Stdio::null()).spawn().unwrap();
    // The first line on stderr says that the run has begun, and that interrupts are heard.
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    std::io::BufRead::read_line(&mut stderr, &mut String::new()).unwrap();
    std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let ended = ended(child.wait_with_output().unwrap());
    assert_eq!(ended.code, 130);
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    told["status"].as_str().unwrap().to_owned()
}

#[test]
fn a_closed_stdout_is_no_panic() {
    let project = Project::jobs();
    let mut child = command(&project.path("."), &["run", ".", "--input", &job(OK)]).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(ended(child.wait_with_output().unwrap()).code, 0);
}

#[test]
fn what_a_killed_process_left_of_scratch_yesterday_is_swept() {
    let project = Project::jobs();
    let left = |name: &str, age: Duration| {
        std::fs::create_dir(project.path(name)).unwrap();
        let folder = std::fs::File::open(project.path(name)).unwrap();
        folder.set_modified(SystemTime::now() - age).unwrap();
    };
    let hour = Duration::from_secs(3600);
    left("lockstep-scratch-old", 25 * hour);
    left("lockstep-scratch-new", 23 * hour);
    let mut command = command(project.folder(), &["run", ".", "--store", "memory", "--input", &job(OK)]);
    assert_eq!(ended(command.env("TMPDIR", project.folder()).output().unwrap()).code, 0);
    let is_there = ["lockstep-scratch-old", "lockstep-scratch-new"].map(|name| project.path(name).exists());
    assert_eq!(is_there, [false, true]);
}
