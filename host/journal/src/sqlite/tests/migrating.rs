//! Files of older formats.

use lockstep_core::blob::Digest;
use lockstep_core::event::Timestamp;
use lockstep_core::journal::Journal;
use lockstep_core::run::Status;

use super::{Place, due, listed, numbers};
use crate::conformance::records::{event, record_of};
use crate::conformance::{commit, commit_of, run, wait};
use crate::sqlite::Sqlite;

/// Three runs as format 1 kept them: one that ended after it had stalled, one that had only begun,
/// and one whose last row is no status.
const ROWS: &str = r#"
    INSERT INTO event (run, seq, commit_seq, at, kind, head, payload) VALUES
      (1, 1, 1, 1000, 'status', CAST('{"is":"status","status":"running"}' AS BLOB), NULL),
      (1, 2, 1, 1000, 'event', CAST('{"is":"event","status":"paused"}' AS BLOB), x'00ff'),
      (1, 3, 2, 2000, 'status', CAST('{"is":"status","status":"stalled","reason":"\u0000"}' AS BLOB), NULL),
      (1, 4, 4, 3000, 'status', CAST('{"is":"status","status":"timed-out"}' AS BLOB), NULL),
      (2, 1, 3, 1500, 'status', CAST('{"is":"status","status":"running"}' AS BLOB), NULL),
      (3, 1, 5, 1600, 'status', CAST('{"is":"status","status":"running"}' AS BLOB), NULL),
      (3, 2, 5, 1700, 'event', CAST('{"is":"event"}' AS BLOB), CAST('"' || char(0) || '"' AS BLOB));
    UPDATE part SET epoch = 3, commit_seq = 5;
"#;

/// A file as the program of format 1 left it.
fn format_1() -> Place {
    let place = Place::new();
    let old = place.raw();
    old.execute_batch("PRAGMA journal_mode = WAL").unwrap();
    old.execute_batch(include_str!("../001-journal.sql")).unwrap();
    old.pragma_update(None, "application_id", 0x4c6b_7374).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    for (which, last) in [(1, 4), (2, 1), (3, 2)] {
        let run = run(which);
        let known = "INSERT INTO run (run, p, run_id, last) VALUES (?1, ?2, ?3, ?4)";
        old.execute(known, (which as i64, run.partition(), run.as_str(), last)).unwrap();
    }
    old.execute_batch(ROWS).unwrap();
    place
}

#[test]
fn a_store_of_format_1_keeps_its_rows() {
    let place = format_1();
    let all =
        "SELECT group_concat(concat_ws(' ', run, seq, commit_seq, at, kind, hex(head), hex(payload)), '\n')
        FROM event ORDER BY run, seq";
    let rows = || place.raw().query_row(all, [], |row| row.get::<_, String>(0)).unwrap();
    let before = rows();
    drop(place.open());
    assert_eq!((rows(), before.lines().count()), (before, 7));
    assert_eq!(numbers(&place.open(), 1), [1, 2, 3, 4]);
}

#[test]
fn runs_of_format_1_have_the_status_that_they_told_last_and_are_not_taken_up() {
    let place = format_1();
    let store = place.open();
    let told: Vec<_> = listed(&store)
        .into_iter()
        .map(|(run, known)| (run, known.status, known.started_at, known.changed_at))
        .collect();
    assert_eq!(
        told,
        [
            (run(3), Status::Running, Timestamp(1600), Timestamp(1700)),
            (run(2), Status::Running, Timestamp(1500), Timestamp(1500)),
            (run(1), Status::TimedOut, Timestamp(1000), Timestamp(3000)),
        ]
    );
    for (_, known) in listed(&store) {
        assert_eq!((known.about.revision.as_str(), &*known.about.workflow), ("", ""));
        assert_eq!((known.wake_at, known.asking, known.parked), (None, 0, 0));
    }
    assert_eq!(due(&store, ""), []);
}

#[test]
fn a_store_of_format_1_goes_on_as_one_of_the_newest_format() {
    let place = format_1();
    let store = place.open();
    assert_eq!(wait(store.commit(vec![commit(2, 2..=3), commit(4, 1..=1)])).unwrap(), 6);
    wait(store.purge(&run(3))).unwrap();
    drop(store);
    let store = place.open();
    assert_eq!(
        [numbers(&store, 2), numbers(&store, 3), numbers(&store, 4)],
        [vec![1, 2, 3], vec![], vec![1]]
    );
    let version: i64 = place.raw().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 5);
}

#[test]
fn a_store_that_was_brought_on_has_the_tables_of_a_new_one() {
    let (old, new) = (format_1(), Place::new());
    let tables = |place: &Place| {
        drop(place.open());
        let all = "SELECT group_concat(sql, ';' ORDER BY name) FROM sqlite_schema";
        place.raw().query_row(all, [], |row| row.get::<_, String>(0)).unwrap()
    };
    assert_eq!(tables(&old), tables(&new));
}

#[test]
fn a_visitor_leaves_an_older_store_as_it_is() {
    let place = format_1();
    let before = std::fs::read(place.path()).unwrap();
    assert_eq!(
        place.refusal(Sqlite::visit(&place.path())),
        "runs.db was written by an older version of Lockstep (format 1, this one needs 5); \
         open it once with `lockstep run`"
    );
    assert!(std::fs::read(place.path()).unwrap() == before);
    drop(place.open());
    place.visit();
}

/// A file as the program of format 2 left it, with a payload that is larger than a row holds now.
fn format_2(payload: &[u8]) -> Place {
    let place = format_1();
    let old = place.raw();
    old.execute_batch(include_str!("../002-runs.sql")).unwrap();
    old.pragma_update(None, "user_version", 2).unwrap();
    old.execute("UPDATE event SET payload = ?1 WHERE run = 3 AND seq = 2", [payload]).unwrap();
    place
}

#[test]
fn large_payloads_of_format_2_stay_in_their_rows_and_new_ones_are_shared() {
    let large = vec![b'1'; 100_000];
    let place = format_2(&large);
    let store = place.open();
    let old = wait(store.load(&run(3))).unwrap();
    assert!(old[1].payload.as_ref() == Some(&large) && old[1].shared.is_none());
    let text = String::from_utf8(large.clone()).unwrap();
    for (which, seq) in [(3, 3), (4, 1)] {
        wait(store.commit(vec![commit_of(which, vec![record_of(seq, event(&text))])])).unwrap();
    }
    let new = wait(store.load(&run(3))).unwrap();
    assert!(new[1] == old[1] && new[2].payload.as_ref() == Some(&large));
    assert_eq!(new[2].shared, Some(Digest::of(&large)));
    wait(store.purge(&run(3))).unwrap();
    let kept = wait(store.blob(&Digest::of(&large), 0, 1 << 20)).unwrap();
    assert!(kept == Some(large), "the other run has it still");
}
