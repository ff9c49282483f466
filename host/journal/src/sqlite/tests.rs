//! The conformance suite on a file, and what only a file can do.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use lockstep_core::journal::{Answer, Commit, Error, Journal, Row};
use lockstep_core::run::RunId;
use rusqlite::Connection;
use tempfile::TempDir;

use super::{OpenError, Sqlite};
use crate::Memory;
use crate::conformance::{self, commit, run, wait};

/// A store whose folder goes with it.
struct Temporary {
    store: Sqlite,
    _folder: TempDir,
}

impl Temporary {
    fn new() -> Temporary {
        let folder = tempfile::tempdir().unwrap();
        Temporary { store: Sqlite::open(&folder.path().join("runs.db")).unwrap(), _folder: folder }
    }
}

impl Journal for Temporary {
    fn commit(&self, group: Vec<Commit>) -> Answer<'_, u64> {
        self.store.commit(group)
    }

    fn load<'a>(&'a self, run: &'a RunId) -> Answer<'a, Vec<Row>> {
        self.store.load(run)
    }
}

crate::conforms!(Temporary::new());

fn numbers(store: &Sqlite, which: u64) -> Vec<u64> {
    wait(store.load(&run(which))).unwrap().iter().map(|row| row.seq.0).collect()
}

fn refusal(path: &Path) -> String {
    let told = Sqlite::open(path).unwrap_err().to_string();
    told.replace(&path.display().to_string(), "runs.db").replace(&std::process::id().to_string(), "PID")
}

#[test]
fn the_same_operations_leave_the_same_rows_in_memory_and_on_file() {
    let (memory, file) = (Memory::new(), Temporary::new());
    conformance::random_operations_match_a_model(&memory);
    conformance::random_operations_match_a_model(&file);
    let rows = |journal: &dyn Journal, which| wait(journal.load(&run(which))).unwrap();
    for which in 0..5 {
        assert_eq!(rows(&memory, which), rows(&file, which));
        assert!(!rows(&file, which).is_empty());
    }
}

#[test]
fn what_was_answered_is_there_when_the_file_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    for first in [1, 4, 7] {
        let store = Sqlite::open(&path).unwrap();
        assert_eq!(numbers(&store, 1), (1..first).collect::<Vec<_>>());
        wait(store.commit(vec![commit(1, first..=first + 2)])).unwrap();
    }
}

#[test]
fn group_numbers_go_on_when_the_file_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    let once = |row| wait(Sqlite::open(&path).unwrap().commit(vec![commit(1, row..=row)])).unwrap();
    assert_eq!([once(1), once(2), once(3)], [1, 2, 3]);
}

#[test]
fn a_store_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&folder.path().join("runs.db")).unwrap();
    wait(store.commit(vec![commit(1, 1..=1)])).unwrap();
    let mut files = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
        files += 1;
    }
    assert_eq!(files, 4, "the store, its log, its index and its lock");
}

#[test]
fn a_second_opening_is_refused_while_the_first_lives() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    let first = Sqlite::open(&path).unwrap();
    assert_eq!(
        refusal(&path),
        "runs.db is in use by another process (PID); wait for it, or name another store"
    );
    drop(first);
    Sqlite::open(&path).unwrap();
}

#[test]
fn without_the_lock_the_epoch_keeps_the_older_one_from_writing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    let old = Sqlite::open_with(&path, None).unwrap();
    wait(old.commit(vec![commit(1, 1..=2)])).unwrap();
    let new = Sqlite::open_with(&path, None).unwrap();
    assert!(matches!(wait(old.commit(vec![commit(1, 3..=3)])), Err(Error::Fenced)));
    wait(new.commit(vec![commit(1, 3..=4)])).unwrap();
    assert!(matches!(wait(old.commit(vec![commit(2, 1..=1)])), Err(Error::Fenced)));
    assert_eq!(numbers(&new, 1), [1, 2, 3, 4]);
    assert!(numbers(&new, 2).is_empty());
}

#[test]
fn many_writers_share_transactions_and_none_loses_a_row() {
    let store = Temporary::new();
    std::thread::scope(|scope| {
        for which in 1..=32 {
            let store = &store.store;
            scope.spawn(move || {
                for row in 1..=20 {
                    wait(store.commit(vec![commit(which, row..=row)])).unwrap();
                }
            });
        }
    });
    for which in 1..=32 {
        assert_eq!(numbers(&store.store, which), (1..=20).collect::<Vec<_>>());
    }
}

#[test]
fn a_file_of_something_else_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    std::fs::write(&path, "this is a letter and no database, and it is long enough").unwrap();
    assert_eq!(refusal(&path), "runs.db is not a store of Lockstep: it is no database; name another file");
    assert_eq!(std::fs::read(&path).unwrap()[..6], *b"this i");
    std::fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE guests (name)").unwrap();
    assert_eq!(
        refusal(&path),
        "runs.db is not a store of Lockstep: it is the database of another program; name another file"
    );
}

#[test]
fn a_store_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    drop(Sqlite::open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Sqlite::open(&path), Err(OpenError::Newer { found: 99, known: 1, .. })));
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let told = Sqlite::open(&folder.path().join("nowhere/runs.db")).unwrap_err();
    assert!(matches!(told, OpenError::Failed { .. }), "{told}");
}

#[test]
fn a_disk_that_is_full_fails_the_commit_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "max_page_count", 64).unwrap();
    let store = Sqlite::begin(&path, connection, None).unwrap();
    let mut row = 0;
    let error = loop {
        match wait(store.commit(vec![commit(1, row + 1..=row + 100)])) {
            Ok(_) => row += 100,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Storage(_)), "{error}");
    assert_eq!(numbers(&store, 1).len() as u64, row, "nothing of what failed is there");
}
