//! Stores of keys and values. A part of a store is the keys from its prefix up to the prefix with the byte
//! 255 behind it, which stands in no text: a range of bytes, never a pattern.

use lockstep_core::event::Timestamp;
use lockstep_core::journal::{Keys, Put};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params};

use crate::LATEST;

const GET: &str =
    "SELECT value FROM kv WHERE store = ?1 AND key = ?2 AND (expires_at IS NULL OR expires_at > ?3)";
const HELD: &str =
    "SELECT coalesce(sum(size), 0) FROM kv WHERE store = ?1 AND key >= ?2 AND key < ?3 AND key <> ?4";
const SET: &str = "INSERT INTO kv (store, key, value, size, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (store, key) DO UPDATE SET
      value = excluded.value, size = excluded.size, expires_at = excluded.expires_at";
const KEYS: &str = "SELECT key FROM kv
    WHERE store = ?1 AND key >= ?2 AND key < ?3 AND key > ?4 AND (expires_at IS NULL OR expires_at > ?5)
    ORDER BY key LIMIT ?6";

pub(super) fn get(
    connection: &Connection,
    store: &str,
    key: &str,
    now: Timestamp,
) -> rusqlite::Result<Option<Vec<u8>>> {
    let values = params![store.as_bytes(), key.as_bytes(), signed(now)];
    connection.prepare_cached(GET)?.query_row(values, |row| row.get(0)).optional()
}

/// Whether it was within its quota.
pub(super) fn set(connection: &Connection, put: &Put) -> rusqlite::Result<bool> {
    let Put { store, key, value, now, expires_at, within } = put;
    connection.prepare_cached("DELETE FROM kv WHERE expires_at <= ?1")?.execute([signed(*now)])?;
    let (store, key) = (store.as_bytes(), key.as_bytes());
    let others = params![store, within.prefix.as_bytes(), end(&within.prefix), key];
    let held: i64 = connection.prepare_cached(HELD)?.query_row(others, |row| row.get(0))?;
    let size = (key.len() + value.len()) as u64;
    if held.unsigned_abs().saturating_add(size) > within.bytes {
        return Ok(false);
    }
    let values = params![store, key, value, size.cast_signed(), expires_at.map(signed)];
    connection.prepare_cached(SET)?.execute(values)?;
    Ok(true)
}

pub(super) fn delete(connection: &Connection, store: &str, key: &str) -> rusqlite::Result<()> {
    let found = params![store.as_bytes(), key.as_bytes()];
    connection.prepare_cached("DELETE FROM kv WHERE store = ?1 AND key = ?2")?.execute(found).map(drop)
}

/// Keys as bytes, as they are stored.
pub(super) fn keys(connection: &Connection, keys: &Keys) -> rusqlite::Result<Vec<Vec<u8>>> {
    let Keys { store, prefix, after, now, limit } = keys;
    // Any bytes come after any text, so all keys do where they need not come after one.
    let after =
        after.as_ref().map_or(Value::Text(String::new()), |after| Value::Blob(after.as_bytes().to_vec()));
    let values = params![store.as_bytes(), prefix.as_bytes(), end(prefix), after, signed(*now), limit];
    let mut statement = connection.prepare_cached(KEYS)?;
    statement.query_map(values, |row| row.get(0))?.collect()
}

/// The first bytes after all texts that begin so.
fn end(prefix: &str) -> Vec<u8> {
    [prefix.as_bytes(), &[0xff]].concat()
}

fn signed(at: Timestamp) -> i64 {
    at.min(LATEST).0.cast_signed()
}
