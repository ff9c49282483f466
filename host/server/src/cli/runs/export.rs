//! `lockstep runs export`: a run as it is kept, in a file that other programs read.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use lockstep_core::journal::Journal;
use lockstep_core::run::Run;
use lockstep_journal::Sqlite;
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::events::{objects, rows};
use super::{Named, read};
use crate::exit::Exit;
use crate::project::Refused;
use crate::report;
use crate::report::known::Known;
use crate::report::row::raw;

/// The form of an export.
const FORMAT: u32 = 1;

/// Write a run and its journal as JSON, an object a line
///
/// The first object tells what is known of the run, and its workflow's graph; each other is a row.
#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(flatten)]
    named: Named,
    /// Write to this file instead of stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// With --out: print one JSON object on stdout that says what was written
    #[arg(long, requires = "out")]
    json: bool,
}

/// The first line.
#[derive(Serialize)]
struct Head<'a> {
    format: u32,
    run: Known<'a>,
    graph: Option<Box<RawValue>>,
}

impl Export {
    pub(super) async fn perform(self) -> anyhow::Result<Exit> {
        let (store, id) = self.named.find().await?;
        let (rows, ends) = rows(&store, &id).await?;
        let run = read(&store, &id, rows.last().map(|row| row.seq.0)).await?;
        let told = format!("{}\n{}", head(&store, &run).await?, objects(&rows, &ends)?);
        let Some(file) = &self.out else {
            report::out(&told)?;
            return Ok(Exit::Done);
        };
        let shown = file.display();
        fs::write(file, told).map_err(|error| {
            Refused::one(format!("{shown} cannot be written: {error}; name another file"))
        })?;
        match self.json {
            true => {
                let file = shown.to_string();
                let told = json!({ "run_id": id.as_str(), "rows": rows.len(), "file": file });
                report::out(&told.to_string())?;
            }
            false => report::progress(&format!("run {id}: {} rows are in {shown}", rows.len())),
        }
        Ok(Exit::Done)
    }
}

async fn head(store: &Sqlite, run: &Run) -> anyhow::Result<String> {
    let summary = run.summary();
    let graph = store.graph(&summary.about.revision).await?;
    let graph = graph.map(|graph| raw(graph.json.as_str()));
    Ok(serde_json::to_string(&Head { format: FORMAT, run: Known::of(run.id(), &summary), graph })?)
}
