//! The one thread that writes: many groups, one transaction, one sync.

use lockstep_core::journal::{Error, Row};
use lockstep_core::run::RunId;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use tokio::sync::oneshot;

use super::storage;
use super::worker::Queue;
use crate::{Encoded, end_after};

/// Groups of one transaction.
const MOST: usize = 512;

/// A group to write, and who waits for it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) group: Vec<Encoded>,
    pub(super) answer: oneshot::Sender<Result<u64, Error>>,
}

/// Raises the epoch: whoever had the file before writes nothing any more.
pub(super) fn begin_epoch(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("UPDATE part SET epoch = epoch + 1 RETURNING epoch", [], |row| row.get(0))
}

/// Writes until nobody can ask any more.
pub(super) fn run(mut connection: Connection, epoch: i64, queue: &Queue<Job>) {
    while let Some(first) = queue.next() {
        let mut jobs = vec![first];
        while jobs.len() < MOST
            && let Some(job) = queue.at_hand()
        {
            jobs.push(job);
        }
        let (groups, waiting): (Vec<_>, Vec<_>) = jobs.into_iter().map(|job| (job.group, job.answer)).unzip();
        let written = write(&mut connection, epoch, &groups);
        answer(waiting, written);
    }
}

/// Whoever is not there any more does not want the answer.
fn answer(
    waiting: Vec<oneshot::Sender<Result<u64, Error>>>,
    written: Result<Vec<Result<u64, Error>>, Error>,
) {
    match written {
        Ok(each) => waiting.into_iter().zip(each).for_each(|(one, result)| drop(one.send(result))),
        Err(Error::Fenced) => waiting.into_iter().for_each(|one| drop(one.send(Err(Error::Fenced)))),
        Err(error) => {
            let why = error.to_string();
            waiting.into_iter().for_each(|one| drop(one.send(Err(Error::Storage(why.clone())))));
        }
    }
}

/// One transaction: each group whole or not at all, and all of them under the fence.
fn write(
    connection: &mut Connection,
    epoch: i64,
    groups: &[Vec<Encoded>],
) -> Result<Vec<Result<u64, Error>>, Error> {
    let mut transaction = connection.transaction().map_err(|error| storage(&error))?;
    let fence = fence(&transaction, epoch).map_err(|error| storage(&error))?;
    let Some(mut number) = fence else { return Err(Error::Fenced) };
    let mut each = Vec::with_capacity(groups.len());
    for group in groups {
        let written = write_group(&mut transaction, group, number + 1);
        number += i64::from(written.is_ok());
        each.push(written);
    }
    let done =
        transaction.execute("UPDATE part SET commit_seq = ?1", [number]).and_then(|_| transaction.commit());
    done.map_err(|error| storage(&error))?;
    Ok(each)
}

/// The number of the last group, if the file is still ours. This takes the write lock.
fn fence(transaction: &Transaction<'_>, epoch: i64) -> rusqlite::Result<Option<i64>> {
    let mut statement = transaction
        .prepare_cached("UPDATE part SET commit_seq = commit_seq WHERE epoch = ?1 RETURNING commit_seq")?;
    statement.query_row([epoch], |row| row.get(0)).optional()
}

fn write_group(transaction: &mut Transaction<'_>, group: &[Encoded], number: i64) -> Result<u64, Error> {
    let savepoint = transaction.savepoint().map_err(|error| storage(&error))?;
    for (run, rows) in group {
        // Dropped without a commit, the savepoint takes back what the group has written.
        write_commit(&savepoint, run, rows, number)?;
    }
    savepoint.commit().map_err(|error| storage(&error))?;
    Ok(number.unsigned_abs())
}

fn write_commit(connection: &Connection, run: &RunId, rows: &[Row], number: i64) -> Result<(), Error> {
    let failed = |error: rusqlite::Error| storage(&error);
    if rows.is_empty() {
        return Ok(());
    }
    let known = known(connection, run).map_err(failed)?;
    let stored = known.map_or(0, |(_, last)| last);
    let end = end_after(run, stored, rows.iter().map(|row| row.seq))?;
    let key = note(connection, run, known.map(|(key, _)| key), end).map_err(failed)?;
    rows.iter().try_for_each(|row| insert(connection, key, row, number)).map_err(failed)
}

/// The key of a run and the number of its last row.
fn known(connection: &Connection, run: &RunId) -> rusqlite::Result<Option<(i64, u64)>> {
    let mut statement = connection.prepare_cached("SELECT run, last FROM run WHERE run_id = ?1")?;
    statement
        .query_row([run.as_str()], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())))
        .optional()
}

fn note(connection: &Connection, run: &RunId, key: Option<i64>, end: u64) -> rusqlite::Result<i64> {
    let end = end.cast_signed();
    match key {
        Some(key) => {
            connection.prepare_cached("UPDATE run SET last = ?2 WHERE run = ?1")?.execute([key, end])?;
            Ok(key)
        }
        None => {
            let new = "INSERT INTO run (p, run_id, last) VALUES (?1, ?2, ?3)";
            connection.prepare_cached(new)?.insert(params![run.partition(), run.as_str(), end])
        }
    }
}

fn insert(connection: &Connection, run: i64, row: &Row, number: i64) -> rusqlite::Result<()> {
    let new = "INSERT INTO event (run, seq, commit_seq, at, kind, head, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let (seq, at) = (row.seq.0.cast_signed(), row.at.0.cast_signed());
    let values = params![run, seq, number, at, row.kind.as_str(), row.head, row.payload];
    connection.prepare_cached(new)?.execute(values).map(|_| ())
}
