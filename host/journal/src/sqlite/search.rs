//! Runs found by what is known of them.

use std::sync::Arc;

use lockstep_core::event::Timestamp;
use lockstep_core::journal::{Due, Query, Summary};
use lockstep_core::run::{About, Forked, Parent, RunId, Seq, Status, partition_of};
use lockstep_core::workflow::Revision;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use crate::LATEST;

const COLUMNS: &str = "run_id, workflow, revision, key, alias, session, continues, started_at, status, \
     changed_at, wake_at, asking, parked, parent, parent_delivery, forked, forked_at";

const ALIAS: &str = "SELECT run_id FROM alias JOIN run USING (run) WHERE alias.p = ?1 AND name = ?2 \
     ORDER BY alias.run DESC LIMIT 1";

/// Runs with what is known of them, the newest first.
pub(super) fn runs(connection: &Connection, query: &Query) -> rusqlite::Result<Vec<(RunId, Summary)>> {
    let Filter { conditions, mut values } = Filter::of(query);
    values.push(i64::from(query.limit).into());
    let wanted = conditions.join(" AND ");
    let sql = format!("SELECT {COLUMNS} FROM run WHERE {wanted} ORDER BY run DESC LIMIT ?");
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map(params_from_iter(values), read)?.collect()
}

/// The run of this alias, or those whose id begins so.
pub(super) fn named(connection: &Connection, text: &str, limit: u32) -> rusqlite::Result<Vec<RunId>> {
    let id = |row: &Row<'_>| row.get(0).map(|id: String| RunId::named(&id));
    let mut by_alias = connection.prepare_cached(ALIAS)?;
    let alias = by_alias.query_row(params![partition_of(text), text], id).optional()?;
    if let Some(run) = alias {
        return Ok(vec![run].into_iter().take(limit as usize).collect());
    }
    let from = "SELECT run_id FROM run WHERE run_id >= ?1 ORDER BY run_id LIMIT ?2";
    let mut by_id = connection.prepare_cached(from)?;
    let from: rusqlite::Result<Vec<RunId>> = by_id.query_map(params![text, limit], id)?.collect();
    Ok(from?.into_iter().take_while(|run| run.as_str().starts_with(text)).collect())
}

/// Runs that want to be woken, the soonest first.
pub(super) fn due(connection: &Connection, due: &Due) -> rusqlite::Result<Vec<(Timestamp, RunId)>> {
    let first = (-1, "");
    let after = due.after.as_ref().map(|(at, run)| ((*at).min(LATEST).0.cast_signed(), run.as_str()));
    let (at, run) = after.unwrap_or(first);
    let mut statement = connection.prepare_cached(include_str!("due.sql"))?;
    let next = |row: &Row<'_>| Ok((time(row, 0)?, RunId::named(&row.get::<_, String>(1)?)));
    statement.query_map(params![due.revision.as_str(), at, run, due.limit], next)?.collect()
}

/// What the runs of a listing have in common, as SQL and the values in it.
struct Filter {
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl Filter {
    fn of(query: &Query) -> Filter {
        let mut filter = Filter { conditions: vec!["TRUE".into()], values: Vec::new() };
        if !query.statuses.is_empty() {
            let any = vec!["?"; query.statuses.len()].join(", ");
            filter.add(&format!("status IN ({any})"), query.statuses.iter().map(|status| status.as_str()));
        }
        filter.add_if("workflow = ?", query.workflow.as_deref());
        filter.add_if("session = ?", query.session.as_deref());
        filter.add_if("continues = ?", query.continues.as_ref().map(RunId::as_str));
        let before = query.before.as_ref().map(RunId::as_str);
        filter.add_if("run < (SELECT run FROM run WHERE run_id = ?)", before);
        if query.asking {
            filter.add("asking > 0", []);
        }
        filter
    }

    fn add_if(&mut self, condition: &str, value: Option<&str>) {
        if value.is_some() {
            self.add(condition, value);
        }
    }

    fn add<'a>(&mut self, condition: &str, values: impl IntoIterator<Item = &'a str>) {
        self.conditions.push(condition.to_owned());
        self.values.extend(values.into_iter().map(|value| Value::from(value.to_owned())));
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<(RunId, Summary)> {
    let parent = row_of_run(row, 13)?.map(|(run, delivery)| Parent { run, delivery });
    let forked = row_of_run(row, 15)?.map(|(run, at)| Forked { run, at });
    let about = About {
        workflow: row.get(1)?,
        revision: Revision::named(&row.get::<_, String>(2)?),
        key: row.get(3)?,
        alias: row.get(4)?,
        session: row.get(5)?,
        continues: row.get::<_, Option<String>>(6)?.as_deref().map(RunId::named),
        parent,
        forked,
    };
    let summary = Summary {
        about: Arc::new(about),
        started_at: time(row, 7)?,
        status: status(row, 8)?,
        changed_at: time(row, 9)?,
        wake_at: row.get::<_, Option<i64>>(10)?.map(|at| Timestamp(at.cast_unsigned())),
        asking: row.get(11)?,
        parked: row.get(12)?,
    };
    Ok((RunId::named(&row.get::<_, String>(0)?), summary))
}

/// A run and one of its rows, from a column and the one after it.
fn row_of_run(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<(RunId, Seq)>> {
    let run = row.get::<_, Option<String>>(column)?.as_deref().map(RunId::named);
    let seq = row.get::<_, Option<i64>>(column + 1)?.map(|seq| Seq(seq.cast_unsigned()));
    Ok(run.zip(seq))
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get(column).map(|at: i64| Timestamp(at.cast_unsigned()))
}

fn status(row: &Row<'_>, column: usize) -> rusqlite::Result<Status> {
    let word: String = row.get(column)?;
    let unknown = || format!("its status `{word}` is not known");
    Status::named(&word).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, unknown().into())
    })
}
