//! The inbox: what other processes ask of the owner, and what it answers. It is the one table that
//! others than the owner write.

use lockstep_core::journal::{Message, MessageId};
use lockstep_core::run::RunId;
use rusqlite::{Connection, OptionalExtension, params};

/// Messages that were taken or answered, and are kept for whoever still waits for the answer.
const KEPT: i64 = 10_000;

const WAITING: &str =
    "SELECT id, run_id, body FROM inbox WHERE taken = 0 AND reply IS NULL ORDER BY id LIMIT ?1";

const PURGE: &str = "DELETE FROM inbox WHERE run_id = ?1 AND (taken OR reply IS NOT NULL)";

/// Puts a message in, and gives its number.
pub(super) fn post(connection: &Connection, run: &RunId, body: &[u8]) -> rusqlite::Result<u64> {
    let mut statement = connection.prepare_cached("INSERT INTO inbox (run_id, body) VALUES (?1, ?2)")?;
    statement.insert(params![run.as_str(), body]).map(i64::cast_unsigned)
}

/// A commit has taken it: it is not delivered again.
pub(super) fn take(connection: &Connection, message: MessageId) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached("UPDATE inbox SET taken = 1 WHERE id = ?1")?;
    statement.execute([message.0.cast_signed()]).map(drop)
}

/// The first answer stays: whoever asked may have read it.
pub(super) fn reply(connection: &Connection, message: MessageId, body: &[u8]) -> rusqlite::Result<()> {
    let first = "UPDATE inbox SET reply = ?2 WHERE id = ?1 AND reply IS NULL";
    connection.prepare_cached(first)?.execute(params![message.0.cast_signed(), body]).map(drop)
}

/// What was answered to a message, if it was.
pub(super) fn replied(connection: &Connection, message: MessageId) -> rusqlite::Result<Option<Vec<u8>>> {
    let mut statement = connection.prepare_cached("SELECT reply FROM inbox WHERE id = ?1")?;
    let reply = statement.query_row([message.0.cast_signed()], |row| row.get(0)).optional()?;
    Ok(reply.flatten())
}

/// Messages that are neither taken nor answered, the oldest first.
pub(super) fn waiting(connection: &Connection, limit: u32) -> rusqlite::Result<Vec<Message>> {
    let message = |row: &rusqlite::Row<'_>| {
        let id = MessageId(row.get::<_, i64>(0)?.cast_unsigned());
        Ok(Message { id, run: RunId::named(&row.get::<_, String>(1)?), body: row.get(2)? })
    };
    connection.prepare_cached(WAITING)?.query_map([limit], message)?.collect()
}

/// Removes the messages of a run. What waits goes on waiting: its sender wants an answer.
pub(super) fn purge(connection: &Connection, run: &RunId) -> rusqlite::Result<()> {
    connection.prepare_cached(PURGE)?.execute([run.as_str()]).map(drop)
}

/// Removes old messages that nobody waits for any more.
pub(super) fn trim(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute(include_str!("trim-inbox.sql"), [KEPT]).map(drop)
}
