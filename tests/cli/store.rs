//! Where runs are kept: what was committed outlives the process, and one process has a store.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use lockstep_core::journal::{Journal, Row};
use lockstep_core::run::{Change, RunId, Status};
use lockstep_journal::Sqlite;
use lockstep_journal::conformance::wait;
use serde_json::Value;

use crate::project::{OK, Project, SPINS, command};

/// The changes of a run, read by another process than the one that wrote them.
fn changes(store: &Path, run: &str) -> Vec<Change> {
    let journal = Sqlite::open(store).unwrap();
    let run: RunId = serde_json::from_value(run.into()).unwrap();
    let rows: Vec<Row> = wait(journal.load(&run)).unwrap();
    rows.iter().map(|row| row.decode().unwrap().change).collect()
}

/// A run whose guest loops, begun and accepted; and its id.
fn spinning(project: &Project, more: &[&str]) -> (Child, String) {
    let input = format!("{{\"kind\":{SPINS}}}");
    let arguments = [&["run", ".", "--verbose", "--input", &input], more].concat();
    let mut child = command(&project.path("."), &arguments).stdin(Stdio::null()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let first = stderr.next().unwrap();
    // The start event is told once it is written.
    stderr.find(|line| line.contains("job {")).unwrap();
    (child, first.split(' ').nth(1).unwrap().to_owned())
}

#[test]
fn a_run_is_kept_beside_the_workflow_or_where_it_is_told() {
    for (arguments, store) in [(&[][..], "lockstep.db"), (&["--store", "other.db"], "other.db")] {
        let project = Project::jobs();
        let input = format!("{{\"kind\":{OK}}}");
        let ended = project.lockstep(&[&["run", ".", "--json", "--input", &input], arguments].concat());
        let told: Value = serde_json::from_str(&ended.stdout).unwrap();
        let changes = changes(&project.path(store), told["run_id"].as_str().unwrap());
        assert!(matches!(changes.first(), Some(Change::Started(about)) if &*about.workflow == "jobs"));
        assert_eq!(changes.last(), Some(&Change::Status { status: Status::Completed, reason: None }));
    }
}

#[test]
fn memory_keeps_nothing() {
    let project = Project::jobs();
    let input = format!("{{\"kind\":{OK}}}");
    assert_eq!(project.lockstep(&["run", ".", "--store", "memory", "--input", &input]).code, 0);
    assert!(!project.path("lockstep.db").exists());
}

#[test]
fn what_was_committed_is_there_after_a_kill() {
    let project = Project::jobs();
    let (mut child, run) = spinning(&project, &[]);
    child.kill().unwrap();
    child.wait().unwrap();
    let changes = changes(&project.path("lockstep.db"), &run);
    let [Change::Started(_), Change::Event { .. }, Change::Delivery { .. }] = &changes[..] else {
        panic!("{changes:?}")
    };
}

#[test]
fn a_second_process_is_told_who_has_the_store() {
    let project = Project::jobs();
    let (mut child, _) = spinning(&project, &[]);
    let input = format!("{{\"kind\":{OK}}}");
    let second = project.lockstep(&["run", ".", "--input", &input]);
    let elsewhere = project.lockstep(&["run", ".", "--store", "memory", "--input", &input]);
    let id = child.id();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(second.code, 3);
    assert_eq!(
        second.stderr,
        format!(
            "error: ./lockstep.db is in use by another process ({id}); wait for it, or name another store \
             (`--store FILE`, or `--store memory`)\n"
        )
    );
    assert_eq!(elsewhere.code, 0);
    assert_eq!(project.lockstep(&["run", ".", "--input", &input]).code, 0);
}

#[test]
fn a_store_that_is_something_else_is_refused() {
    let project = Project::jobs().with("letter.txt", "Dear Lockstep, this is a letter and no database.");
    let ended = project.lockstep(&["run", ".", "--store", "letter.txt", "--input", "{\"kind\":0}"]);
    assert_eq!(ended.code, 3);
    assert!(ended.stderr.starts_with("error: letter.txt is not a store of Lockstep: it is no database"));
}
