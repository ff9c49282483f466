//! Disks that are full, broken or written by others, and commits that are too large.

use std::os::unix::fs::FileExt;
use std::process::Command;

use lockstep_core::journal::{Error, Journal, Query, Row};
use rusqlite::Connection;

use super::{Place, numbers};
use crate::conformance::{commit, run, wait};
use crate::sqlite::migrate;
use crate::sqlite::task::Task;
use crate::sqlite::writer;
use crate::sqlite::{OpenError, Sqlite};
use crate::{Encoded, encode};

/// One byte more than SQLite takes. The system gives it as zeros that nobody reads.
const TOO_LARGE: usize = 1_000_000_001;

fn storage(answer: Result<impl Sized, Error>) -> String {
    match answer {
        Err(Error::Storage(why)) => why,
        Err(error) => panic!("another error: {error}"),
        Ok(_) => panic!("it should have failed"),
    }
}

fn too_large(which: u64) -> Encoded {
    let mut commit = encode(commit(which, 1..=1));
    commit.rows[0].payload = Some(vec![0; TOO_LARGE]);
    commit
}

#[test]
fn a_commit_that_is_too_large_is_refused_and_the_rest_goes_on() {
    let place = Place::new();
    let store = place.open();
    let group = vec![encode(commit(1, 1..=1)), too_large(2), encode(commit(3, 1..=1))];
    let answer = wait(Box::pin(store.write(Task::Commit(group))));
    assert!(matches!(&answer, Err(Error::Refused(why)) if why == "string or blob too big"), "{answer:?}");
    assert_eq!([1, 2, 3].map(|which| numbers(&store, which)), [[0; 0]; 3], "nothing of the group is there");
    assert_eq!(wait(store.commit(vec![commit(1, 1..=1), commit(3, 1..=1)])).unwrap(), 1);
}

#[test]
fn a_message_that_is_too_large_is_refused() {
    let place = Place::new();
    let store = place.open();
    let answer = wait(store.post(&run(1), vec![0; TOO_LARGE]));
    assert!(matches!(answer, Err(Error::Refused(_))), "{answer:?}");
}

#[test]
fn groups_of_one_transaction_do_not_share_a_refusal() {
    let place = Place::new();
    let (mut connection, epoch) = writing(&place);
    let group = |which| Task::Commit(vec![encode(commit(which, 1..=1))]);
    let tasks = [group(1), Task::Commit(vec![too_large(2)]), group(3)];
    let each = writer::write(&mut connection, Some(epoch), &tasks).unwrap();
    assert!(matches!(each[..], [Ok(1), Err(Error::Refused(_)), Ok(2)]), "{each:?}");
    drop(connection);
    let store = place.open();
    assert_eq!([1, 2, 3].map(|which| numbers(&store, which)), [vec![1], vec![], vec![1]]);
}

#[test]
fn a_disk_that_is_full_fails_the_commit_and_the_rest_goes_on() {
    let place = Place::new();
    let connection = place.raw();
    connection.pragma_update(None, "max_page_count", 64).unwrap();
    let store = Sqlite::own(&place.path(), connection, None).unwrap();
    let mut row = 0;
    let error = loop {
        match wait(store.commit(vec![commit(1, row + 1..=row + 100)])) {
            Ok(_) => row += 100,
            Err(error) => break error,
        }
    };
    assert_eq!(error.to_string(), "the journal's storage failed: database or disk is full");
    assert_eq!(numbers(&store, 1).len() as u64, row, "nothing of what failed is there");
}

#[test]
fn a_disk_that_is_full_in_the_middle_of_a_transaction_fails_all_of_it() {
    let place = Place::new();
    let (mut connection, epoch) = writing(&place);
    connection.pragma_update(None, "max_page_count", 64).unwrap();
    let group = |which, rows| Task::Commit(vec![encode(commit(which, 1..=rows))]);
    let tasks = [group(1, 1), group(2, 5000), group(3, 1)];
    let lost = writer::write(&mut connection, Some(epoch), &tasks).unwrap_err();
    assert_eq!(format!("{lost:?}"), r#"Lost("database or disk is full")"#);
    drop(connection);
    let store = place.open();
    assert_eq!([1, 2, 3].map(|which| numbers(&store, which)), [[0; 0]; 3], "one transaction is one fate");
    assert_eq!(wait(store.commit(vec![commit(1, 1..=1)])).unwrap(), 1);
}

/// Puts a pipe in the place of the log: it opens like a file, and every write at an offset fails.
fn break_the_log(place: &Place) {
    let made = Command::new("mkfifo").arg(place.beside("-wal")).status().unwrap();
    assert!(made.success());
}

#[test]
fn a_disk_that_does_not_write_is_told() {
    let place = Place::new();
    drop(place.open());
    break_the_log(&place);
    assert_eq!(place.refusal(Sqlite::open(&place.path())), "runs.db cannot be opened: disk I/O error");
    break_the_log(&place);
    assert_eq!(storage(wait(place.visit().post(&run(1), vec![1]))), "disk I/O error");
}

/// A store of a few rows that fill many pages.
fn filled() -> Place {
    let place = Place::new();
    let store = place.open();
    for which in 1..=4 {
        wait(store.commit(vec![commit(which, 1..=100)])).unwrap();
    }
    place
}

#[test]
fn a_damaged_page_is_told_wherever_it_lies() {
    let whole = std::fs::read(filled().path()).unwrap();
    let (mut at_opening, mut later) = (0, 0);
    for page in 1..whole.len() / 4096 {
        let place = Place::new();
        std::fs::write(place.path(), &whole).unwrap();
        let file = std::fs::File::options().write(true).open(place.path()).unwrap();
        file.write_all_at(&[0xa5; 4096], page as u64 * 4096).unwrap();
        match Sqlite::open(&place.path()) {
            Err(error) => {
                assert!(matches!(error, OpenError::Damaged { .. }), "page {page}: {error}");
                at_opening += 1;
            }
            Ok(store) => later += damage_found(&store, page),
        }
    }
    assert!(at_opening > 0 && later > 4, "{at_opening} pages at opening, {later} later");
}

/// How many runs cannot be read; what can be read is right.
fn damage_found(store: &Sqlite, page: usize) -> usize {
    let mut found = 0;
    for which in 1..=4 {
        match wait(store.load(&run(which))) {
            Ok(rows) => {
                let whole: Vec<Row> = commit(which, 1..=100).records.iter().map(Row::encode).collect();
                assert!(rows == whole, "page {page}: run {which} came back changed");
            }
            error => {
                assert_eq!(storage(error), "database disk image is malformed", "page {page}");
                found += 1;
            }
        }
    }
    found
}

#[test]
fn a_damaged_store_is_told() {
    let place = filled();
    let file = std::fs::File::options().write(true).open(place.path()).unwrap();
    file.write_all_at(&[0xa5; 3000], 100).unwrap();
    let told =
        "runs.db is damaged: database disk image is malformed; restore it from a copy, or name another store";
    assert_eq!(place.refusal(Sqlite::open(&place.path())), told);
    assert_eq!(place.refusal(Sqlite::visit(&place.path())), told);
    file.write_all_at(&[0xa5; 100], 0).unwrap();
    let told = "runs.db is not a store of Lockstep: it is no database; name another file";
    assert_eq!(place.refusal(Sqlite::open(&place.path())), told);
    assert_eq!(place.refusal(Sqlite::visit(&place.path())), told);
}

#[test]
fn a_store_that_was_cut_short_is_told() {
    let place = filled();
    let file = std::fs::File::options().write(true).open(place.path()).unwrap();
    file.set_len(4096 * 3).unwrap();
    let told = Sqlite::open(&place.path()).map(|store| damage_found(&store, 3));
    assert!(matches!(told, Err(OpenError::Damaged { .. })), "{told:?}");
}

#[test]
fn a_word_that_is_not_known_is_told() {
    let place = filled();
    let store = place.open();
    place.raw().execute_batch("UPDATE event SET kind = 'dream' WHERE run = 1 AND seq = 7").unwrap();
    place.raw().execute_batch("UPDATE run SET status = 'asleep' WHERE run = 2").unwrap();
    let error = wait(store.load(&run(1))).unwrap_err();
    assert!(matches!(&error, Error::Decode(why) if why.seq == 7), "{error}");
    assert!(error.to_string().contains("its kind `dream` is not known"), "{error}");
    let told = storage(wait(store.runs(&Query { limit: 9, ..Query::default() })));
    assert!(told.contains("`asleep`"), "{told}");
}

/// A connection that writes a fresh store, and its epoch.
fn writing(place: &Place) -> (Connection, i64) {
    let mut connection = place.raw();
    migrate::prepare(&mut connection, &place.path()).unwrap();
    let epoch = writer::begin_epoch(&mut connection).unwrap();
    (connection, epoch)
}
