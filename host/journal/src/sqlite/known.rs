//! What is known of a run beside its rows: a projection of them, written with each commit and able
//! to be written anew.

use lockstep_core::event::Timestamp;
use lockstep_core::journal::Summary;
use lockstep_core::run::{About, RunId, partition_of};
use rusqlite::{Connection, OptionalExtension, params};

use crate::clamped;

/// The key of a run and the number of its last row.
pub(super) fn find(connection: &Connection, run: &RunId) -> rusqlite::Result<Option<(i64, u64)>> {
    let mut statement = connection.prepare_cached("SELECT run, last FROM run WHERE run_id = ?1")?;
    let found = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()));
    statement.query_row([run.as_str()], found).optional()
}

/// Notes a new run that ends at row `last`, and gives it a key.
pub(super) fn insert(
    connection: &Connection,
    run: &RunId,
    last: u64,
    summary: &Summary,
) -> rusqlite::Result<i64> {
    let Summary { about, started_at, status, changed_at, wake_at, asking, parked } = summary;
    let About { workflow, revision, key, alias, session, continues, parent, forked } = about.as_ref();
    let values = params![
        run.partition(),
        run.as_str(),
        last.cast_signed(),
        status.as_str(),
        changed_at.0.cast_signed(),
        signed(*wake_at),
        asking,
        parked,
        workflow,
        revision.as_str(),
        key,
        alias,
        session,
        continues.as_ref().map(RunId::as_str),
        started_at.0.cast_signed(),
        parent.as_ref().map(|parent| parent.run.as_str()),
        parent.as_ref().map(|parent| parent.delivery.0.cast_signed()),
        forked.as_ref().map(|forked| forked.run.as_str()),
        forked.as_ref().map(|forked| forked.at.0.cast_signed()),
    ];
    let run = connection.prepare_cached(include_str!("insert-run.sql"))?.insert(values)?;
    call(connection, run, alias.as_deref())?;
    Ok(run)
}

/// Notes that a run ends at row `last`. What was known from its beginning stays.
pub(super) fn update(
    connection: &Connection,
    run: i64,
    last: u64,
    summary: &Summary,
) -> rusqlite::Result<()> {
    let Summary { status, changed_at, wake_at, asking, parked, .. } = summary;
    let (last, changed_at) = (last.cast_signed(), changed_at.0.cast_signed());
    let values = params![run, last, status.as_str(), changed_at, signed(*wake_at), asking, parked];
    connection.prepare_cached(include_str!("update-run.sql"))?.execute(values).map(drop)
}

/// Removes what is known of a run, after its rows.
pub(super) fn purge(connection: &Connection, run: i64) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM alias WHERE run = ?1", [run])?;
    connection.execute("DELETE FROM run WHERE run = ?1", [run]).map(drop)
}

/// Drops what is known of all runs, and writes it anew of these.
pub(super) fn rebuild(connection: &Connection, runs: &[(RunId, Summary)]) -> rusqlite::Result<()> {
    connection.execute_batch(include_str!("forget-runs.sql"))?;
    for (run, summary) in runs {
        if let Some((run, last)) = find(connection, run)? {
            describe(connection, run, summary)?;
            update(connection, run, last, &clamped(summary.clone()))?;
        }
    }
    Ok(())
}

fn describe(connection: &Connection, run: i64, summary: &Summary) -> rusqlite::Result<()> {
    let About { workflow, revision, key, alias, session, continues, parent, forked } = summary.about.as_ref();
    let (continues, started_at) = (continues.as_ref().map(RunId::as_str), summary.started_at.0.cast_signed());
    let delivery = parent.as_ref().map(|parent| parent.delivery.0.cast_signed());
    let parent = parent.as_ref().map(|parent| parent.run.as_str());
    let at = forked.as_ref().map(|forked| forked.at.0.cast_signed());
    let (revision, forked) = (revision.as_str(), forked.as_ref().map(|forked| forked.run.as_str()));
    let values = params![
        run, workflow, revision, key, alias, session, continues, started_at, parent, delivery, forked, at
    ];
    connection.prepare_cached(include_str!("describe-run.sql"))?.execute(values)?;
    call(connection, run, alias.as_deref())
}

/// Gives a run the name by which others call it, if it has one.
fn call(connection: &Connection, run: i64, alias: Option<&str>) -> rusqlite::Result<()> {
    let Some(name) = alias else { return Ok(()) };
    let new = "INSERT INTO alias (run, p, name) VALUES (?1, ?2, ?3)";
    connection.prepare_cached(new)?.execute(params![run, partition_of(name), name]).map(drop)
}

fn signed(at: Option<Timestamp>) -> Option<i64> {
    at.map(|at| at.0.cast_signed())
}
