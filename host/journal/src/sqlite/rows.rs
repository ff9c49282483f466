//! The journal itself: the rows of runs, written once and never changed.

use lockstep_core::event::Timestamp;
use lockstep_core::journal::{DecodeError, Error, Kind, Row};
use lockstep_core::run::{RunId, Seq};
use rusqlite::{Connection, params};

use super::error::failed;
use super::known;
use crate::{Encoded, end_after};

const INSERT: &str =
    "INSERT INTO event (run, seq, commit_seq, at, kind, head, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

const LOAD: &str =
    "SELECT seq, at, kind, head, payload FROM event JOIN run USING (run) WHERE run_id = ?1 ORDER BY seq";

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
    rows.iter().try_for_each(|row| insert(connection, key, row, number)).map_err(failed)
}

/// All rows of a run in order.
pub(super) fn load(connection: &Connection, run: &RunId) -> Result<Vec<Row>, Error> {
    let mut statement = connection.prepare_cached(LOAD).map_err(failed)?;
    let mut found = statement.query([run.as_str()]).map_err(failed)?;
    let mut rows = Vec::new();
    while let Some(row) = found.next().map_err(failed)? {
        rows.push(read(row).map_err(failed)??);
    }
    Ok(rows)
}

/// Removes the rows of a run.
pub(super) fn purge(connection: &Connection, key: i64) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM event WHERE run = ?1", [key]).map(drop)
}

fn insert(connection: &Connection, run: i64, row: &Row, number: i64) -> rusqlite::Result<()> {
    let (seq, at) = (row.seq.0.cast_signed(), row.at.0.cast_signed());
    let values = params![run, seq, number, at, row.kind.as_str(), row.head, row.payload];
    connection.prepare_cached(INSERT)?.execute(values).map(drop)
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
