//! What opening does, and what it refuses.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use lockstep_core::journal::Journal;
use rusqlite::{Connection, OpenFlags};

use super::{Place, inbox, numbers};
use crate::conformance::{commit, run, wait};
use crate::sqlite::{OpenError, Sqlite};

#[test]
fn what_was_answered_is_there_when_the_file_is_opened_again() {
    let place = Place::new();
    for first in [1, 4, 7] {
        let store = place.open();
        assert_eq!(numbers(&store, 1), (1..first).collect::<Vec<_>>());
        wait(store.commit(vec![commit(1, first..=first + 2)])).unwrap();
    }
}

#[test]
fn group_numbers_go_on_when_the_file_is_opened_again() {
    let place = Place::new();
    let once = |row| wait(place.open().commit(vec![commit(1, row..=row)])).unwrap();
    assert_eq!([once(1), once(2), once(3)], [1, 2, 3]);
}

#[test]
fn a_store_is_its_owners_alone() {
    let place = Place::new();
    let store = place.open();
    wait(store.commit(vec![commit(1, 1..=1)])).unwrap();
    let mut files = 0;
    for entry in std::fs::read_dir(place.folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
        files += 1;
    }
    assert_eq!(files, 4, "the store, its log, its index and its lock");
}

#[test]
fn a_store_that_is_closed_leaves_no_log_behind() {
    let place = Place::new();
    let store = place.open();
    wait(store.commit(vec![commit(1, 1..=1)])).unwrap();
    assert!(place.beside("-wal").exists());
    assert_eq!(numbers(&store, 1), [1]);
    drop(store);
    assert!(!place.beside("-wal").exists() && !place.beside("-shm").exists());
    assert_eq!(numbers(&place.open(), 1), [1]);
}

#[test]
fn old_messages_that_were_answered_are_gone_at_the_next_opening() {
    let place = Place::new();
    drop(place.open());
    let many = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 10010)
        INSERT INTO inbox (id, run_id, body, taken, reply)
        SELECT n, 'r', x'', n % 2, iif(n % 2 = 0, x'01', NULL) FROM n";
    place.raw().execute_batch(many).unwrap();
    place.raw().execute_batch("UPDATE inbox SET taken = 0, reply = NULL WHERE id IN (3, 20)").unwrap();
    let store = place.open();
    let waiting: Vec<u64> = inbox(&store).iter().map(|message| message.id.0).collect();
    assert_eq!(waiting, [3, 20], "nobody has answered these");
    let count = "SELECT count(*), min(id), max(id) FROM inbox WHERE id NOT IN (3, 20)";
    let left: (i64, i64, i64) =
        place.raw().query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    assert_eq!(left, (10_000, 10, 10_010));
    assert_eq!(wait(store.post(&run(1), Vec::new())).unwrap().0, 10_011);
}

#[test]
fn a_file_of_something_else_is_refused_and_left_as_it_is() {
    let place = Place::new();
    std::fs::write(place.path(), "this is a letter and no database, and it is long enough").unwrap();
    assert_eq!(
        place.refusal(Sqlite::open(&place.path())),
        "runs.db is not a store of Lockstep: it is no database; name another file"
    );
    assert_eq!(std::fs::read(place.path()).unwrap()[..6], *b"this i");
    std::fs::remove_file(place.path()).unwrap();
    place.raw().execute_batch("CREATE TABLE guests (name)").unwrap();
    assert_eq!(
        place.refusal(Sqlite::open(&place.path())),
        "runs.db is not a store of Lockstep: it is the database of another program; name another file"
    );
}

#[test]
fn a_store_of_a_newer_version_is_refused() {
    let place = Place::new();
    drop(place.open());
    place.raw().pragma_update(None, "user_version", 99).unwrap();
    let told =
        "runs.db was written by a newer version of Lockstep (format 99, this one knows 5); update Lockstep";
    assert_eq!(place.refusal(Sqlite::open(&place.path())), told);
    assert_eq!(place.refusal(Sqlite::visit(&place.path())), told);
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let place = Place::new();
    let told = Sqlite::open(&place.folder.path().join("nowhere/runs.db")).unwrap_err();
    assert!(matches!(told, OpenError::Failed { .. }), "{told}");
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    // The kernel's own folder lets nobody make a file, whoever runs the test.
    let told = Sqlite::open(Path::new("/sys/runs.db")).unwrap_err();
    assert!(matches!(told, OpenError::ReadOnly { .. }), "{told}");
    assert!(told.to_string().ends_with("make it and its folder writable, or name another store"), "{told}");
}

#[test]
fn a_file_that_cannot_be_written_is_told() {
    let place = Place::new();
    drop(place.open());
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(place.path(), flags).unwrap();
    assert_eq!(
        place.refusal(Sqlite::own(&place.path(), connection, None)),
        "runs.db cannot be written: attempt to write a readonly database; \
         make it and its folder writable, or name another store"
    );
}
