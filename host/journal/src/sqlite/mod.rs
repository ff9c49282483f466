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
//! nothing any more but messages to the new owner. A visitor has neither lock nor epoch: it reads,
//! and posts.

mod bare;
mod blobs;
mod error;
mod graphs;
mod inbox;
mod known;
mod kv;
mod lock;
mod migrate;
mod reader;
mod rows;
mod search;
mod task;
mod worker;
mod writer;

#[cfg(test)]
mod tests;

pub use bare::{Bare, Prepared};
pub use error::OpenError;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lockstep_core::blob::Digest;
use lockstep_core::event::Timestamp;
use lockstep_core::journal::{
    Answer, Commit, Due, Error, Journal, Keys, Message, MessageId, Put, Query, Row, Summary,
};
use lockstep_core::run::{RunId, Seq};
use lockstep_core::workflow::{Graph, Revision};
use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

use error::{failed, gone};
use lock::Lock;
use reader::Question;
use task::Task;
use worker::Worker;
use writer::Job;

use crate::encode;

/// Threads that read.
const READERS: usize = 2;

/// A journal in a file. Dropping it waits for what is being written, and only then gives the lock
/// back.
#[derive(Debug)]
pub struct Sqlite {
    /// They end before the writer: the last to close a store that nobody else has open cleans up
    /// beside it, and only a writer can.
    readers: Worker<Question>,
    writer: Worker<Job>,
    transactions: Arc<AtomicU64>,
    _lock: Option<Lock>,
}

impl Sqlite {
    /// Opens the store at `path`, and makes it if there is none. The folder must be there.
    pub fn open(path: &Path) -> Result<Sqlite, OpenError> {
        let lock = Lock::take(path)?;
        Sqlite::open_with(path, Some(lock))
    }

    /// Opens the store at `path` beside its owner, to read and to post. Whatever else is to be
    /// written is answered with [`Error::Fenced`].
    pub fn visit(path: &Path) -> Result<Sqlite, OpenError> {
        if !path.try_exists().map_err(|why| OpenError::of_file(path, &why))? {
            return Err(OpenError::Absent { path: path.to_owned() });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(path, flags).map_err(|why| OpenError::of_database(path, &why))?;
        migrate::check(&connection, path)?;
        Sqlite::start(path, connection, None, None)
    }

    /// Without the lock there is still the epoch.
    fn open_with(path: &Path, lock: Option<Lock>) -> Result<Sqlite, OpenError> {
        // What runs carry is the owner's business; the files beside the store take over its mode.
        lock::make_private(path)?;
        let connection = Connection::open(path).map_err(|why| OpenError::of_database(path, &why))?;
        Sqlite::own(path, connection, lock)
    }

    fn own(path: &Path, mut connection: Connection, lock: Option<Lock>) -> Result<Sqlite, OpenError> {
        migrate::prepare(&mut connection, path)?;
        let epoch = writer::begin_epoch(&mut connection);
        let epoch = epoch.map_err(|why| OpenError::of_database(path, &why))?;
        Sqlite::start(path, connection, Some(epoch), lock)
    }

    fn start(
        path: &Path,
        connection: Connection,
        epoch: Option<i64>,
        lock: Option<Lock>,
    ) -> Result<Sqlite, OpenError> {
        let (mut writer, queue) = Worker::new();
        let transactions = Arc::<AtomicU64>::default();
        let written = transactions.clone();
        let write = move || writer::run(connection, epoch, &queue, &written);
        writer.start("lockstep-journal", write).map_err(|why| OpenError::of_file(path, &why))?;
        Ok(Sqlite { readers: reader::start(path, READERS)?, writer, transactions, _lock: lock })
    }

    /// Transactions that were written since it was opened, each with one sync of the log.
    pub fn transactions(&self) -> u64 {
        self.transactions.load(Ordering::Relaxed)
    }

    /// Writes anew what follows from the rows of runs: summaries that were folded from them. Of a
    /// run that is not among them nothing is known then but its rows.
    pub fn rebuild(&self, summaries: Vec<(RunId, Summary)>) -> Answer<'_, ()> {
        Box::pin(async move { self.write(Task::Rebuild(summaries)).await.map(drop) })
    }

    async fn write(&self, task: Task) -> Result<u64, Error> {
        let (answer, written) = oneshot::channel();
        self.writer.ask(Job { task, answer });
        written.await.unwrap_or_else(|_| Err(gone()))
    }

    fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Answer<'_, T> {
        Box::pin(reader::ask(&self.readers, question))
    }
}

impl Journal for Sqlite {
    fn commit(&self, group: Vec<Commit>) -> Answer<'_, u64> {
        Box::pin(async move {
            let group = group.into_iter().map(encode).collect();
            self.write(Task::Commit(group)).await
        })
    }

    fn load<'a>(&'a self, run: &'a RunId) -> Answer<'a, Vec<Row>> {
        let run = run.clone();
        self.read(move |connection| rows::load(connection, &run))
    }

    fn ends<'a>(&'a self, run: &'a RunId) -> Answer<'a, Vec<Seq>> {
        let run = run.clone();
        self.read(move |connection| rows::ends(connection, &run).map_err(failed))
    }

    fn effects_since<'a>(&'a self, workflow: &'a str, from: Timestamp) -> Answer<'a, Vec<Row>> {
        let workflow = workflow.to_owned();
        self.read(move |connection| rows::effects_since(connection, &workflow, from))
    }

    fn blob<'a>(&'a self, digest: &'a Digest, offset: u64, length: u64) -> Answer<'a, Option<Vec<u8>>> {
        let digest = *digest;
        self.read(move |connection| blobs::read(connection, &digest, offset, length).map_err(failed))
    }

    fn keep<'a>(&'a self, graph: &'a Graph) -> Answer<'a, ()> {
        Box::pin(async move { self.write(Task::Keep(graph.clone())).await.map(drop) })
    }

    fn graph<'a>(&'a self, revision: &'a Revision) -> Answer<'a, Option<Graph>> {
        let revision = revision.clone();
        self.read(move |connection| graphs::find(connection, &revision))
    }

    fn runs<'a>(&'a self, query: &'a Query) -> Answer<'a, Vec<(RunId, Summary)>> {
        let query = query.clone();
        self.read(move |connection| search::runs(connection, &query).map_err(failed))
    }

    fn named<'a>(&'a self, text: &'a str, limit: u32) -> Answer<'a, Vec<RunId>> {
        let text = text.to_owned();
        self.read(move |connection| search::named(connection, &text, limit).map_err(failed))
    }

    fn due<'a>(&'a self, due: &'a Due) -> Answer<'a, Vec<(Timestamp, RunId)>> {
        let due = due.clone();
        self.read(move |connection| search::due(connection, &due).map_err(failed))
    }

    fn purge<'a>(&'a self, run: &'a RunId) -> Answer<'a, ()> {
        Box::pin(async move { self.write(Task::Purge(run.clone())).await.map(drop) })
    }

    fn post<'a>(&'a self, run: &'a RunId, body: Vec<u8>) -> Answer<'a, MessageId> {
        Box::pin(async move { self.write(Task::Post(run.clone(), body)).await.map(MessageId) })
    }

    fn inbox(&self, limit: u32) -> Answer<'_, Vec<Message>> {
        self.read(move |connection| inbox::waiting(connection, limit).map_err(failed))
    }

    fn reply(&self, message: MessageId, body: Vec<u8>) -> Answer<'_, ()> {
        Box::pin(async move { self.write(Task::Reply(message, body)).await.map(drop) })
    }

    fn replied(&self, message: MessageId) -> Answer<'_, Option<Vec<u8>>> {
        self.read(move |connection| inbox::replied(connection, message).map_err(failed))
    }

    fn kv_get<'a>(&'a self, store: &'a str, key: &'a str, now: Timestamp) -> Answer<'a, Option<Vec<u8>>> {
        let (store, key) = (store.to_owned(), key.to_owned());
        self.read(move |connection| kv::get(connection, &store, &key, now).map_err(failed))
    }

    fn kv_set(&self, put: Put) -> Answer<'_, bool> {
        Box::pin(async move { self.write(Task::KvSet(put)).await.map(|within| within == 1) })
    }

    fn kv_delete<'a>(&'a self, store: &'a str, key: &'a str) -> Answer<'a, ()> {
        let task = Task::KvDelete { store: store.to_owned(), key: key.to_owned() };
        Box::pin(async move { self.write(task).await.map(drop) })
    }

    fn kv_keys<'a>(&'a self, keys: &'a Keys) -> Answer<'a, Vec<String>> {
        let keys = keys.clone();
        self.read(move |connection| {
            let found = kv::keys(connection, &keys).map_err(failed)?;
            let read = found.into_iter().map(String::from_utf8).collect::<Result<_, _>>();
            read.map_err(|_| Error::Storage("a key of a store is no text; the file is damaged".into()))
        })
    }
}
