//! Threads that read, each on a connection of its own. What they see is the end of some group.

use std::path::Path;

use lockstep_core::event::Timestamp;
use lockstep_core::journal::{DecodeError, Error, Kind, Row};
use lockstep_core::run::{RunId, Seq};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::worker::{Queue, Worker};
use super::{OpenError, read_only, storage};

/// The rows of a run, and who waits for them.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) run: RunId,
    pub(super) answer: oneshot::Sender<Result<Vec<Row>, Error>>,
}

/// So many threads that read.
pub(super) fn start(path: &Path, threads: usize) -> Result<Worker<Read>, OpenError> {
    let (mut readers, queue) = Worker::new();
    for _ in 0..threads {
        let connection = Connection::open_with_flags(path, read_only());
        let connection = connection.map_err(|why| OpenError::failed(path, why))?;
        let queue = queue.clone();
        let read = move || run(&connection, &queue);
        readers.start("lockstep-reader", read).map_err(|why| OpenError::failed(path, why))?;
    }
    Ok(readers)
}

fn run(connection: &Connection, queue: &Queue<Read>) {
    while let Some(Read { run, answer }) = queue.next() {
        // Whoever is not there any more does not want the answer.
        let _ = answer.send(rows(connection, &run));
    }
}

fn rows(connection: &Connection, run: &RunId) -> Result<Vec<Row>, Error> {
    let failed = |error: rusqlite::Error| storage(&error);
    let all =
        "SELECT seq, at, kind, head, payload FROM event JOIN run USING (run) WHERE run_id = ?1 ORDER BY seq";
    let mut statement = connection.prepare_cached(all).map_err(failed)?;
    let mut found = statement.query([run.as_str()]).map_err(failed)?;
    let mut rows = Vec::new();
    while let Some(row) = found.next().map_err(failed)? {
        rows.push(read(row).map_err(failed)??);
    }
    Ok(rows)
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Result<Row, Error>> {
    let seq = Seq(row.get::<_, i64>(0)?.cast_unsigned());
    let kind: String = row.get(2)?;
    let Some(kind) = Kind::named(&kind) else {
        return Ok(Err(DecodeError { seq: seq.0, why: format!("its kind `{kind}` is not known") }.into()));
    };
    let at = Timestamp(row.get::<_, i64>(1)?.cast_unsigned());
    Ok(Ok(Row { seq, at, kind, head: row.get(3)?, payload: row.get(4)? }))
}
