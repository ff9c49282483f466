//! The journal in one SQLite file, as durable as its disk: when a commit answers, it is synced.
//!
//! One thread writes. It takes whatever has queued up while the last sync ran into one transaction,
//! with a savepoint for each group, so that a group that is refused leaves the others whole and a
//! thousand runs share one sync. A few threads read, each on a connection of its own, and never
//! wait for the writer (WAL).
//!
//! A second process on the same file is kept out twice: by a lock on a file beside it, which says so
//! at once, and by an epoch in the file, which every opening raises and every transaction checks.
//! Where the lock does not hold (a network share), the epoch does: whoever was there before writes
//! nothing any more.

mod lock;
mod migrate;
mod reader;
mod worker;
mod writer;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use lockstep_core::journal::{Answer, Commit, Error, Journal, Row};
use lockstep_core::run::RunId;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

use lock::Lock;
use reader::Read;
use worker::Worker;
use writer::Job;

use crate::encode;

/// Threads that read.
const READERS: usize = 2;

/// A journal in a file. Dropping it waits for what is being written, and only then gives the lock
/// back.
#[derive(Debug)]
pub struct Sqlite {
    writer: Worker<Job>,
    readers: Worker<Read>,
    _lock: Option<Lock>,
}

/// Why a file cannot be opened as a journal.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Somebody else has it.
    #[error("{path} is in use by another process{holder}; wait for it, or name another store")]
    InUse {
        /// The file.
        path: PathBuf,
        /// Who that is, as the tail of a sentence.
        holder: String,
    },
    /// It holds something else.
    #[error("{path} is not a store of Lockstep: {why}; name another file")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What was found.
        why: &'static str,
    },
    /// A newer program has written it.
    #[error(
        "{path} was written by a newer version of Lockstep (format {found}, this one knows {known}); update Lockstep"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format of this program.
        known: i64,
    },
    /// The file system or the database failed.
    #[error("{path} cannot be opened: {why}")]
    Failed {
        /// The file.
        path: PathBuf,
        /// What was said.
        why: String,
    },
}

impl OpenError {
    fn failed(path: &Path, why: impl std::fmt::Display) -> OpenError {
        OpenError::Failed { path: path.to_owned(), why: why.to_string() }
    }
}

impl Sqlite {
    /// Opens the store at `path`, and makes it if there is none. The folder must be there.
    pub fn open(path: &Path) -> Result<Sqlite, OpenError> {
        let lock = Lock::take(path)?;
        Sqlite::open_with(path, Some(lock))
    }

    /// Without the lock there is still the epoch.
    fn open_with(path: &Path, lock: Option<Lock>) -> Result<Sqlite, OpenError> {
        // What runs carry is the owner's business; the files beside the store take over its mode.
        lock::private(path).map_err(|why| OpenError::failed(path, why))?;
        let connection = Connection::open(path).map_err(|why| OpenError::failed(path, why))?;
        Sqlite::begin(path, connection, lock)
    }

    fn begin(path: &Path, mut connection: Connection, lock: Option<Lock>) -> Result<Sqlite, OpenError> {
        migrate::prepare(&mut connection, path)?;
        let epoch = writer::begin_epoch(&connection).map_err(|why| OpenError::failed(path, why))?;
        let (mut writer, queue) = Worker::new();
        let write = move || writer::run(connection, epoch, &queue);
        writer.start("lockstep-journal", write).map_err(|why| OpenError::failed(path, why))?;
        Ok(Sqlite { writer, readers: reader::start(path, READERS)?, _lock: lock })
    }
}

impl Journal for Sqlite {
    fn commit(&self, group: Vec<Commit>) -> Answer<'_, u64> {
        Box::pin(async move {
            let group = group.into_iter().map(encode).collect();
            let (answer, written) = oneshot::channel();
            self.writer.ask(Job { group, answer });
            written.await.unwrap_or_else(|_| Err(gone()))
        })
    }

    fn load<'a>(&'a self, run: &'a RunId) -> Answer<'a, Vec<Row>> {
        Box::pin(async move {
            let (answer, rows) = oneshot::channel();
            self.readers.ask(Read { run: run.clone(), answer });
            rows.await.unwrap_or_else(|_| Err(gone()))
        })
    }
}

/// The thread that should have answered has ended.
fn gone() -> Error {
    Error::Storage("the journal's thread has ended; its log has the reason".into())
}

fn storage(error: &rusqlite::Error) -> Error {
    Error::Storage(error.to_string())
}

fn read_only() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX
}
