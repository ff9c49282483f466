//! The one thread that writes: many tasks, one transaction, one sync.

use std::sync::atomic::{AtomicU64, Ordering};

use lockstep_core::journal::Error;
use rusqlite::{Connection, OptionalExtension, Transaction};
use tokio::sync::oneshot;

use super::inbox;
use super::task::{Task, perform};
use super::worker::Queue;

/// Tasks of one transaction.
const MOST: usize = 512;

/// A task, and who waits for it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) task: Task,
    pub(super) answer: oneshot::Sender<Result<u64, Error>>,
}

/// The whole transaction was lost, and why in SQLite's words.
#[derive(Debug)]
pub(super) struct Lost(String);

impl From<rusqlite::Error> for Lost {
    fn from(error: rusqlite::Error) -> Lost {
        Lost(error.to_string())
    }
}

/// Takes the file over: whoever had it before writes nothing any more but messages. The new epoch
/// counts only once it is committed, and only a commit of its own tells when that fails.
pub(super) fn begin_epoch(connection: &mut Connection) -> rusqlite::Result<i64> {
    let transaction = connection.transaction()?;
    let raise = "UPDATE part SET epoch = epoch + 1 RETURNING epoch";
    let epoch = transaction.query_row(raise, [], |row| row.get(0))?;
    inbox::trim(&transaction)?;
    transaction.commit()?;
    Ok(epoch)
}

/// Writes until nobody can ask any more, and counts transactions. Without an epoch nothing but
/// messages is written.
pub(super) fn run(
    mut connection: Connection,
    epoch: Option<i64>,
    queue: &Queue<Job>,
    transactions: &AtomicU64,
) {
    while let Some(first) = queue.next() {
        let mut jobs = vec![first];
        while jobs.len() < MOST
            && let Some(job) = queue.at_hand()
        {
            jobs.push(job);
        }
        let (tasks, waiting): (Vec<_>, Vec<_>) = jobs.into_iter().map(|job| (job.task, job.answer)).unzip();
        let written = write(&mut connection, epoch, &tasks);
        let is_any = written.as_ref().is_ok_and(|each| each.iter().any(Result::is_ok));
        transactions.fetch_add(is_any.into(), Ordering::Relaxed);
        answer(waiting, written);
    }
}

/// Whoever is not there any more does not want the answer.
fn answer(waiting: Vec<oneshot::Sender<Result<u64, Error>>>, written: Result<Vec<Result<u64, Error>>, Lost>) {
    match written {
        Ok(each) => waiting.into_iter().zip(each).for_each(|(one, result)| drop(one.send(result))),
        Err(Lost(why)) => {
            waiting.into_iter().for_each(|one| drop(one.send(Err(Error::Storage(why.clone())))));
        }
    }
}

/// One transaction: each task whole or not at all, and all but messages under the fence. A task alone
/// needs no savepoint: where it fails, the transaction goes back with it.
pub(super) fn write(
    connection: &mut Connection,
    epoch: Option<i64>,
    tasks: &[Task],
) -> Result<Vec<Result<u64, Error>>, Lost> {
    let mut transaction = connection.transaction()?;
    let mut last = fence(&transaction, epoch)?;
    let mut each = Vec::with_capacity(tasks.len());
    for task in tasks {
        let done = match tasks.len() {
            1 => perform(&transaction, task, last),
            _ => attempt(&mut transaction, task, last)?,
        };
        if let (Task::Commit(_), Ok(number)) = (task, &done) {
            last = Some(number.cast_signed());
        }
        each.push(done);
    }
    if let [Err(_)] = each[..] {
        return Ok(each);
    }
    if let Some(last) = last {
        transaction.prepare_cached("UPDATE part SET commit_seq = ?1")?.execute([last])?;
    }
    transaction.commit()?;
    Ok(each)
}

/// The number of the last group, if the file is still ours. This takes the write lock.
fn fence(transaction: &Transaction<'_>, epoch: Option<i64>) -> rusqlite::Result<Option<i64>> {
    let mut statement = transaction
        .prepare_cached("UPDATE part SET commit_seq = commit_seq WHERE epoch = ?1 RETURNING commit_seq")?;
    statement.query_row([epoch], |row| row.get(0)).optional()
}

/// A task that fails is taken back alone, unless the failure has ended the transaction: what came
/// after would then be written outside of it.
fn attempt(
    transaction: &mut Transaction<'_>,
    task: &Task,
    last: Option<i64>,
) -> Result<Result<u64, Error>, Lost> {
    let savepoint = transaction.savepoint()?;
    let done = perform(&savepoint, task, last);
    match &done {
        Ok(_) => savepoint.commit()?,
        Err(Error::Storage(why)) if savepoint.is_autocommit() => return Err(Lost(why.clone())),
        Err(_) => savepoint.finish()?,
    }
    Ok(done)
}
