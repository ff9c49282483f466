//! `lockstep runs purge`.

use std::sync::Arc;

use expect_test::expect;
use lockstep_core::event::Timestamp;
use lockstep_core::journal::Journal;
use lockstep_core::run::{Change, Parent, Record, Seq, Status};
use lockstep_journal::Sqlite;
use lockstep_journal::conformance::{commit_of, run, wait};
use serde_json::json;

use crate::orders::{ASKS, PAYS, orders, plain};
use crate::project::Project;

#[test]
fn runs_that_have_ended_are_forgotten() {
    let project = orders();
    let (first, second) = (project.order(PAYS), project.order(PAYS));
    let ids = [&*first, &*second];
    expect![[r#"
        exit 0
        run RUN purged
        purged: 1
    "#]]
    .assert_eq(&plain(&project.runs(&["purge", &first]).told_all(), &ids));
    assert_eq!(project.runs(&["show", &first]).code, 9);
    let purged = project.runs_json(&["purge", &second]);
    assert_eq!(purged, json!({ "purged": [second], "kept": [], "dry_run": false }));
    assert_eq!(project.runs_json(&["ls"]), json!([]));
}

#[test]
fn runs_that_ended_long_ago_are_forgotten_and_a_dry_run_forgets_nothing() {
    let project = orders();
    let (paid, asks) = (project.order(PAYS), project.order(ASKS));
    let cancelled = project.order(ASKS);
    project.runs(&["cancel", &cancelled]);
    assert_eq!(project.runs_json(&["purge", "--ended-before", "1h"])["purged"], json!([]));
    let dry = project.runs_json(&["purge", "--ended-before", "0s", "--dry-run"]);
    assert_eq!(dry, json!({ "purged": [cancelled, paid], "kept": [], "dry_run": true }));
    let of_status = project.runs_json(&["purge", "--ended-before", "0s", "--status", "cancelled"]);
    assert_eq!(of_status["purged"], json!([cancelled]));
    assert_eq!(project.runs_json(&["purge", "--ended-before", "0s"])["purged"], json!([paid]));
    assert_eq!(project.runs_json(&["ls"])[0]["run_id"], json!(asks));
}

#[test]
fn a_run_whose_state_another_began_with_stays_until_that_goes() {
    let project = orders();
    let first = project.order(PAYS);
    let second = project.order_with(PAYS, &["--continue", &first]);
    let third = project.order_with(ASKS, &["--continue", &second]);
    let ids = [&*first, &*second, &*third];
    expect![[r#"
        exit 9
        run RUN-2 is kept: run RUN-3 began with its state, and is kept
        run RUN is kept: run RUN-2 began with its state, and is kept
        purged: 0
    "#]]
    .assert_eq(&plain(&project.runs(&["purge", &first, &second]).told_all(), &ids));
    assert_eq!(project.runs_json(&["purge", "--ended-before", "0s"])["purged"], json!([]));
    assert_eq!(project.runs_json(&["state", &third]), json!({ "seen": 3 }));
    project.runs(&["cancel", &third]);
    let purged = project.runs_json(&["purge", &first, &second, &third]);
    assert_eq!(purged["purged"], json!([third, second, first]));
}

/// Two ended runs that were written by hand: the second is the child of the first.
fn parent_and_child(project: &Project, child_wakes_at: Option<Timestamp>) {
    let store = Sqlite::open(&project.path("lockstep.db")).unwrap();
    let ended = |which: u64, change: Change| {
        let mut commit = commit_of(which, vec![Record { seq: Seq(1), at: Timestamp(0), change }]);
        (commit.summary.status, commit.summary.wake_at) = (Status::Completed, None);
        commit
    };
    let parent = ended(1, Change::ChildStarted { delivery: Seq(1), run: run(2) });
    let mut child = ended(2, Change::ParentTold);
    Arc::make_mut(&mut child.summary.about).parent = Some(Parent { run: run(1), delivery: Seq(1) });
    child.summary.wake_at = child_wakes_at;
    wait(store.commit(vec![parent, child])).unwrap();
}

#[test]
fn children_go_with_their_parent_and_not_without_it() {
    let project = orders();
    parent_and_child(&project, None);
    let (parent, child) = (run(1), run(2));
    let ids = [parent.as_str(), child.as_str()];
    expect![[r#"
        exit 9
        run RUN-2 is kept: it is a child of run RUN, which is kept; purge that
        purged: 0
    "#]]
    .assert_eq(&plain(&project.runs(&["purge", child.as_str()]).told_all(), &ids));
    expect![[r#"
        exit 0
        run RUN-2 purged
        run RUN purged
        purged: 2
    "#]]
    .assert_eq(&plain(&project.runs(&["purge", parent.as_str()]).told_all(), &ids));
    assert_eq!(project.runs_json(&["ls"]), json!([]));
}

#[test]
fn a_run_that_others_wait_to_hear_of_is_kept() {
    let project = orders();
    parent_and_child(&project, Some(Timestamp(0)));
    let (parent, child) = (run(1), run(2));
    let ids = [parent.as_str(), child.as_str()];
    expect![[r#"
        exit 9
        run RUN-2 is kept: it has yet to tell other runs that it has ended; let it, with `lockstep run WORKFLOW --take-up`
        run RUN is kept: its child, run RUN-2, is kept
        purged: 0
    "#]].assert_eq(&plain(&project.runs(&["purge", parent.as_str()]).told_all(), &ids));
}

#[test]
fn a_run_that_has_not_ended_is_not_purged_nor_any_named_beside_it() {
    let project = orders();
    let (paid, asks) = (project.order(PAYS), project.order(ASKS));
    let before = project.rows(&[&paid, &asks]);
    expect![[r#"
        exit 9
        error: run RUN-2 has not ended: it is waiting; nothing was purged; end it first with `lockstep runs cancel RUN-2`
    "#]].assert_eq(&plain(&project.runs(&["purge", &paid, &asks]).told_all(), &[&paid, &asks]));
    assert_eq!(project.rows(&[&paid, &asks]), before);
}

#[test]
fn a_length_that_is_none_is_wrong_usage() {
    let project = orders();
    for arguments in [
        &["purge"][..],
        &["purge", "--ended-before", "soon"],
        &["purge", "x", "--ended-before", "1h"],
        &["purge", "x", "--status", "failed"],
    ] {
        let ended = project.runs(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?}: {}", ended.stderr);
    }
    assert!(project.runs(&["purge", "--ended-before", "soon"]).stderr.contains("\"1h30m\""));
}
