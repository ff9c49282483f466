//! Threads that read, each on a connection of its own. What they see is the end of some group.

use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};

use lockstep_core::event::Timestamp;
use lockstep_core::journal::{DecodeError, Error, Kind, Row};
use lockstep_core::run::{RunId, Seq};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{OpenError, read_only, storage};

/// The rows of a run, and who waits for them.
struct Read {
    run: RunId,
    answer: oneshot::Sender<Result<Vec<Row>, Error>>,
}

#[derive(Debug)]
pub(super) struct Pool(mpsc::Sender<Read>);

impl Pool {
    pub(super) fn open(path: &Path, threads: usize) -> Result<Pool, OpenError> {
        let (reads, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads {
            let connection = Connection::open_with_flags(path, read_only());
            let connection = connection.map_err(|why| OpenError::failed(path, why))?;
            let queue = queue.clone();
            let thread = std::thread::Builder::new().name("lockstep-reader".into());
            thread.spawn(move || run(&connection, &queue)).map_err(|why| OpenError::failed(path, why))?;
        }
        Ok(Pool(reads))
    }

    /// Hung up on if no reader is left.
    pub(super) fn load(&self, run: RunId) -> oneshot::Receiver<Result<Vec<Row>, Error>> {
        let (answer, rows) = oneshot::channel();
        // If it cannot be sent, the answer's sender is dropped, and the receiver learns of it.
        let _ = self.0.send(Read { run, answer });
        rows
    }
}

fn run(connection: &Connection, queue: &Mutex<Receiver<Read>>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Read { run, answer }) = next else { return };
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
