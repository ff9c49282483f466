//! `lockstep runs events`: every row of a run's journal.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use clap::Args;
use lockstep_core::journal::{Journal, Row};
use lockstep_core::run::{RunId, Seq};
use lockstep_journal::Sqlite;

use super::{Named, read};
use crate::exit::Exit;
use crate::report::row::{Object, Rows};
use crate::report::{self, when};

/// Show every row of a run's journal, a line each
///
/// A line begins with ─ where a commit ends with that row: there the run can be forked.
#[derive(Debug, Args)]
pub(super) struct Events {
    #[command(flatten)]
    named: Named,
    /// Print one JSON object a line on stdout
    #[arg(long)]
    json: bool,
}

impl Events {
    pub(super) async fn perform(self) -> anyhow::Result<Exit> {
        let (store, id) = self.named.find().await?;
        let (rows, ends) = rows(&store, &id).await?;
        let told = match self.json {
            true => objects(&rows, &ends)?,
            false => lines(&rows, &ends, Rows::new(read(&store, &id, None).await?.workflow().clone()))?,
        };
        report::out(&told)?;
        Ok(Exit::Done)
    }
}

/// The rows of a run, and which of them are the last of a commit.
pub(super) async fn rows(store: &Sqlite, id: &RunId) -> anyhow::Result<(Vec<Row>, BTreeSet<Seq>)> {
    let rows = store.load(id).await?;
    let ends = store.ends(id).await?;
    Ok((rows, ends.into_iter().collect()))
}

/// An object a line.
pub(super) fn objects(rows: &[Row], ends: &BTreeSet<Seq>) -> serde_json::Result<String> {
    let line = |row: &Row| {
        let object = serde_json::to_string(&Object::of(row, ends.contains(&row.seq)))?;
        Ok(format!("{object}\n"))
    };
    rows.iter().map(line).collect()
}

fn lines(rows: &[Row], ends: &BTreeSet<Seq>, mut teller: Rows) -> anyhow::Result<String> {
    let width = rows.last().map_or(1, |row| row.seq.to_string().len());
    let mut told = String::new();
    for row in rows {
        let mark = if ends.contains(&row.seq) { '─' } else { ' ' };
        let (number, at, kind, says) =
            (row.seq.0, when(row.at), row.kind.as_str(), teller.told(&row.decode()?));
        writeln!(told, "{mark} {number:width$}  {at}  {kind:8}  {says}")?;
    }
    Ok(told)
}
