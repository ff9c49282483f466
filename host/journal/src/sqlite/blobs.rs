//! What rows share: bytes by their digest, once for all rows that carry them.

use lockstep_core::blob::Digest;
use rusqlite::{Connection, OptionalExtension, params};

/// `substr` of no bytes is NULL.
const READ: &str = "SELECT coalesce(substr(data, ?2, ?3), x'') FROM blob WHERE digest = ?1";

/// Bytes that are kept already stay as they are.
pub(super) fn keep(connection: &Connection, digest: &Digest, data: &[u8]) -> rusqlite::Result<()> {
    let new = "INSERT INTO blob (digest, data) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    connection.prepare_cached(new)?.execute(params![digest.as_bytes(), data]).map(drop)
}

/// At most `length` bytes from `offset` on.
pub(super) fn read(
    connection: &Connection,
    digest: &Digest,
    offset: u64,
    length: u64,
) -> rusqlite::Result<Option<Vec<u8>>> {
    // SQLite counts from 1, and nothing that it keeps is as long as its integers reach.
    let (offset, length) = (offset.min(i64::MAX as u64 - 1) + 1, length.min(i64::MAX as u64));
    let mut statement = connection.prepare_cached(READ)?;
    let values = params![digest.as_bytes(), offset.cast_signed(), length.cast_signed()];
    statement.query_row(values, |row| row.get(0)).optional()
}

/// Removes what only rows of this run refer to; before the rows go.
pub(super) fn purge(connection: &Connection, run: i64) -> rusqlite::Result<()> {
    connection.prepare_cached(include_str!("purge-blobs.sql"))?.execute([run]).map(drop)
}
