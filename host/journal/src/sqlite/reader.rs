//! Threads that read, each on a connection of its own. What they see is the end of some group.

use std::path::Path;

use lockstep_core::journal::Error;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

use super::OpenError;
use super::error::gone;
use super::worker::{Queue, Worker};

/// What is asked of a reader: it brings the answer to whoever waits for it.
pub(super) type Question = Box<dyn FnOnce(&Connection) + Send>;

/// So many threads that read.
pub(super) fn start(path: &Path, threads: usize) -> Result<Worker<Question>, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let (mut readers, queue) = Worker::new();
    for _ in 0..threads {
        let connection = Connection::open_with_flags(path, flags);
        let connection = connection.map_err(|why| OpenError::of_database(path, &why))?;
        let queue = queue.clone();
        let read = move || run(&connection, &queue);
        readers.start("lockstep-reader", read).map_err(|why| OpenError::of_file(path, &why))?;
    }
    Ok(readers)
}

/// Asks and waits for the answer.
pub(super) async fn ask<T: Send + 'static>(
    readers: &Worker<Question>,
    question: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (answer, answered) = oneshot::channel();
    // Whoever is not there any more does not want the answer.
    readers.ask(Box::new(move |connection| drop(answer.send(question(connection)))));
    answered.await.unwrap_or_else(|_| Err(gone()))
}

fn run(connection: &Connection, queue: &Queue<Question>) {
    while let Some(question) = queue.next() {
        question(connection);
    }
}
