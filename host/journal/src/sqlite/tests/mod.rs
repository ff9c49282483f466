//! The conformance suite on a file, and what only a file can do.

mod bare;
mod failing;
mod migrating;
mod opening;
mod projections;
mod sharing;
mod visiting;

use std::path::PathBuf;

use lockstep_core::event::Timestamp;
use lockstep_core::journal::{Due, Journal, Message, Query, Row, Summary};
use lockstep_core::run::RunId;
use lockstep_core::workflow::Revision;
use rusqlite::Connection;
use tempfile::TempDir;

use super::{OpenError, Sqlite};
use crate::Memory;
use crate::conformance::{self, run, wait};

/// A folder that goes with it, for a store.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Place {
        Place { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("runs.db")
    }

    /// A file beside the store.
    fn beside(&self, tail: &str) -> PathBuf {
        self.folder.path().join(format!("runs.db{tail}"))
    }

    fn open(&self) -> Sqlite {
        Sqlite::open(&self.path()).unwrap()
    }

    fn visit(&self) -> Sqlite {
        Sqlite::visit(&self.path()).unwrap()
    }

    /// The file as any other program sees it.
    fn raw(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }

    /// What is said of an opening that fails.
    fn refusal(&self, opened: Result<Sqlite, OpenError>) -> String {
        let told = opened.unwrap_err().to_string();
        told.replace(&self.path().display().to_string(), "runs.db")
            .replace(&std::process::id().to_string(), "PID")
    }
}

/// A store whose folder goes with it.
struct Temporary {
    store: Sqlite,
    _place: Place,
}

impl Temporary {
    fn new() -> Temporary {
        let place = Place::new();
        Temporary { store: place.open(), _place: place }
    }

    fn store(&self) -> &Sqlite {
        &self.store
    }
}

crate::conforms!(Temporary::new(), Temporary::store);

fn numbers(store: &Sqlite, which: u64) -> Vec<u64> {
    wait(store.load(&run(which))).unwrap().iter().map(|row| row.seq.0).collect()
}

/// All runs with what is known of them.
fn listed(journal: &dyn Journal) -> Vec<(RunId, Summary)> {
    wait(journal.runs(&Query { limit: u32::MAX, ..Query::default() })).unwrap()
}

fn due(journal: &dyn Journal, revision: &str) -> Vec<(Timestamp, RunId)> {
    wait(journal.due(&Due { revision: Revision::named(revision), after: None, limit: u32::MAX })).unwrap()
}

fn inbox(journal: &dyn Journal) -> Vec<Message> {
    wait(journal.inbox(u32::MAX)).unwrap()
}

#[test]
fn the_same_operations_leave_the_same_in_memory_and_on_file() {
    let (memory, file) = (Memory::new(), Temporary::new());
    let file = file.store();
    conformance::random_operations_match_a_model(&memory);
    conformance::random_operations_match_a_model(file);
    let rows = |journal: &dyn Journal| -> Vec<Vec<Row>> {
        (0..5).map(|which| wait(journal.load(&run(which))).unwrap()).collect()
    };
    assert_eq!(rows(&memory), rows(file));
    assert!(rows(file).iter().any(|rows| !rows.is_empty()));
    assert_eq!(listed(&memory), listed(file));
    assert!(!listed(file).is_empty());
    assert_eq!(inbox(&memory), inbox(file));
    assert!(!inbox(file).is_empty());
    for revision in ["r0", "r1", "r2"] {
        assert_eq!(due(&memory, revision), due(file, revision));
        let graph = |journal: &dyn Journal| wait(journal.graph(&Revision::named(revision))).unwrap();
        assert_eq!(graph(&memory), graph(file));
    }
}
