//! What can be written, each task by itself. When it is written, together with what else and how
//! often it is synced is the writer's.

use lockstep_core::journal::{Error, MessageId, Put, Summary};
use lockstep_core::run::RunId;
use lockstep_core::workflow::Graph;
use rusqlite::Connection;

use super::error::failed;
use super::{blobs, graphs, inbox, known, kv, rows};
use crate::Encoded;

/// What can be written. The answer is a number: the group's, the message's, 1 for a value that was
/// within its quota, or 0.
#[derive(Debug)]
pub(super) enum Task {
    Commit(Vec<Encoded>),
    Keep(Graph),
    Purge(RunId),
    Post(RunId, Vec<u8>),
    Reply(MessageId, Vec<u8>),
    Rebuild(Vec<(RunId, Summary)>),
    KvSet(Put),
    KvDelete { store: String, key: String },
}

/// Writes it after group number `last`; without a number, because the file is not ours, it writes
/// nothing but messages.
pub(super) fn perform(connection: &Connection, task: &Task, last: Option<i64>) -> Result<u64, Error> {
    let done = match (task, last) {
        (Task::Post(run, body), _) => return inbox::post(connection, run, body).map_err(failed),
        (_, None) => return Err(Error::Fenced),
        (Task::Commit(group), Some(last)) => return write_group(connection, group, last + 1),
        (Task::KvSet(put), Some(_)) => return kv::set(connection, put).map(u64::from).map_err(failed),
        (Task::Keep(graph), Some(_)) => graphs::keep(connection, graph),
        (Task::Purge(run), Some(_)) => purge(connection, run),
        (Task::Reply(message, body), Some(_)) => inbox::reply(connection, *message, body),
        (Task::Rebuild(runs), Some(_)) => known::rebuild(connection, runs),
        (Task::KvDelete { store, key }, Some(_)) => kv::delete(connection, store, key),
    };
    done.map(|()| 0).map_err(failed)
}

fn write_group(connection: &Connection, group: &[Encoded], number: i64) -> Result<u64, Error> {
    for commit in group {
        rows::append(connection, commit, number)?;
        commit.takes.map_or(Ok(()), |message| inbox::take(connection, message)).map_err(failed)?;
    }
    Ok(number.unsigned_abs())
}

fn purge(connection: &Connection, run: &RunId) -> rusqlite::Result<()> {
    inbox::purge(connection, run)?;
    let Some((key, _)) = known::find(connection, run)? else { return Ok(()) };
    blobs::purge(connection, key)?;
    rows::purge(connection, key)?;
    known::purge(connection, key)
}
