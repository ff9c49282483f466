//! `lockstep runs ls`: which runs there are.

use std::collections::BTreeMap;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use lockstep_core::journal::{Journal, Query, Summary};
use lockstep_core::run::{RunId, Status};
use lockstep_journal::Sqlite;
use lockstep_runtime::archive;

use crate::exit::Exit;
use crate::report::known::{Held, Known, table};
use crate::{report, store};

/// List runs, the newest first
#[derive(Debug, Args)]
pub(super) struct Ls {
    /// Only those of this status; may be given several times
    #[arg(long = "status", value_name = "STATUS", value_parser = status())]
    statuses: Vec<Status>,
    /// Only those of this workflow
    #[arg(long, value_name = "NAME")]
    workflow: Option<String>,
    /// Only those of this session
    #[arg(long, value_name = "NAME")]
    session: Option<String>,
    /// No more than so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
    /// Print a JSON array on stdout
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: store::Store,
}

/// Reads the word of a status.
pub(super) fn status() -> impl TypedValueParser<Value = Status> {
    let words = PossibleValuesParser::new(Status::ALL.map(Status::as_str));
    words.try_map(|word| Status::named(&word).ok_or("this is no status"))
}

impl Ls {
    pub(super) async fn perform(self) -> anyhow::Result<Exit> {
        let store = self.store.visit()?;
        let Ls { statuses, workflow, session, limit, .. } = self;
        let query = Query { statuses, workflow, session, limit, ..Query::default() };
        let runs = store.runs(&query).await?;
        let objects = || runs.iter().map(|(run, summary)| Known::of(run, summary)).collect::<Vec<_>>();
        match self.json {
            true => report::out(&serde_json::to_string(&objects())?)?,
            false if runs.is_empty() => report::progress("no run is like that"),
            false => report::out(&table(&runs, &held(&store, &runs).await))?,
        }
        if !self.json && !runs.is_empty() && runs.len() == limit as usize {
            report::progress(&format!("these are the newest {limit}; more with `--limit`"));
        }
        Ok(Exit::Done)
    }
}

/// What people have to say of calls, by run. A run whose rows cannot be read is listed with what is known of it.
async fn held(store: &Sqlite, runs: &[(RunId, Summary)]) -> BTreeMap<RunId, Held> {
    let mut all = BTreeMap::new();
    for (id, _) in runs.iter().filter(|(_, summary)| summary.parked > 0 && !summary.status.is_end()) {
        if let Ok(Some(run)) = archive::read(store, id).await {
            all.insert(id.clone(), Held::of(&run));
        }
    }
    all
}
