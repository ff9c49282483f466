//! The journal itself: the rows of runs, written once and never changed.

use lockstep_core::blob::Digest;
use lockstep_core::event::Timestamp;
use lockstep_core::journal::{DecodeError, Error, Kind, Row};
use lockstep_core::run::{RunId, Seq};
use rusqlite::{Connection, params};

use super::error::failed;
use super::{blobs, known};
use crate::{Encoded, LATEST, end_after};

pub(super) const INSERT: &str = "INSERT INTO event (run, seq, commit_seq, at, kind, head, payload, payload_ref) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

const LOAD: &str = "SELECT seq, at, kind, head, coalesce(payload, data), payload_ref \
     FROM event JOIN run USING (run) LEFT JOIN blob ON digest = payload_ref AND kind <> ?2 \
     WHERE run_id = ?1 ORDER BY seq";

const ENDS: &str = "SELECT max(seq) FROM event JOIN run USING (run) WHERE run_id = ?1 \
     GROUP BY commit_seq ORDER BY 1";

/// Writes the rows of a commit, and what is known of its run after them.
pub(super) fn append(connection: &Connection, commit: &Encoded, number: i64) -> Result<(), Error> {
    let Encoded { run, rows, summary, .. } = commit;
    if rows.is_empty() {
        return Ok(());
    }
    let stored = known::find(connection, run).map_err(failed)?;
    let last = stored.map_or(0, |(_, last)| last);
    let end = end_after(run, last, rows.iter().map(|row| row.seq))?;
    let key = match stored {
        Some((key, _)) => known::update(connection, key, end, summary).map(|()| key),
        None => known::insert(connection, run, end, summary),
    };
    let key = key.map_err(failed)?;
    insert(connection, key, rows, number).map_err(failed)
}

/// All rows of a run in order, without the bytes of its blobs.
pub(super) fn load(connection: &Connection, run: &RunId) -> Result<Vec<Row>, Error> {
    let mut statement = connection.prepare_cached(LOAD).map_err(failed)?;
    let mut found = statement.query([run.as_str(), Kind::Blob.as_str()]).map_err(failed)?;
    let mut rows = Vec::new();
    while let Some(row) = found.next().map_err(failed)? {
        rows.push(read(row).map_err(failed)??);
    }
    Ok(rows)
}

/// Rows about calls that leave the runs of a workflow, from a time on, without their answers.
pub(super) fn effects_since(
    connection: &Connection,
    workflow: &str,
    from: Timestamp,
) -> Result<Vec<Row>, Error> {
    let since = include_str!("effects-since.sql");
    let mut statement = connection.prepare_cached(since).map_err(failed)?;
    let from = from.min(LATEST).0.cast_signed();
    let mut found = statement.query(params![workflow, from]).map_err(failed)?;
    let mut rows = Vec::new();
    while let Some(row) = found.next().map_err(failed)? {
        rows.push(read(row).map_err(failed)??);
    }
    Ok(rows)
}

/// The last row of each group that has rows of a run, in order.
pub(super) fn ends(connection: &Connection, run: &RunId) -> rusqlite::Result<Vec<Seq>> {
    let mut statement = connection.prepare_cached(ENDS)?;
    let seq = |row: &rusqlite::Row<'_>| Ok(Seq(row.get::<_, i64>(0)?.cast_unsigned()));
    statement.query_map([run.as_str()], seq)?.collect()
}

/// Removes the rows of a run.
pub(super) fn purge(connection: &Connection, key: i64) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM event WHERE run = ?1", [key]).map(drop)
}

fn insert(connection: &Connection, run: i64, rows: &[Row], number: i64) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(INSERT)?;
    rows.iter().try_for_each(|row| {
        let (seq, at) = (row.seq.0.cast_signed(), row.at.0.cast_signed());
        let shared = row.shared.as_ref();
        if let (Some(digest), Some(data)) = (shared, &row.payload) {
            blobs::keep(connection, digest, data)?;
        }
        let payload = row.payload.as_ref().filter(|_| shared.is_none());
        let shared = shared.map(Digest::as_bytes);
        let values = params![run, seq, number, at, row.kind.as_str(), row.head, payload, shared];
        statement.execute(values).map(drop)
    })
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Result<Row, Error>> {
    let seq = Seq(row.get::<_, i64>(0)?.cast_unsigned());
    let kind: String = row.get(2)?;
    let Some(kind) = Kind::named(&kind) else {
        return Ok(Err(DecodeError { seq: seq.0, why: format!("its kind `{kind}` is not known") }.into()));
    };
    let at = Timestamp(row.get::<_, i64>(1)?.cast_unsigned());
    let shared = row.get::<_, Option<[u8; 32]>>(5)?.map(Digest::from_bytes);
    Ok(Ok(Row { seq, at, kind, head: row.get(3)?, payload: row.get(4)?, shared }))
}
