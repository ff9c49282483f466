//! `lockstep runs fork`: begins a run where another one was.

use clap::Args;
use lockstep_core::run::{self, RunId, Seq};
use serde_json::json;

use super::{Named, order, read};
use crate::cli::ready::random;
use crate::exit::Exit;
use crate::{report, store};

/// Begin a new run as this one was after one of its commits
///
/// Its journal begins with the same rows. Open questions, timers and deliveries come along, with their
/// numbers and times: what was due since then is due at once. Calls that left the run and that the fork
/// would make again are refused unless --repeat-effects says that they may be.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lockstep runs events 7f3a                  a ─ marks where commits end
  lockstep runs fork 7f3a --at 12")]
pub(super) struct Fork {
    #[command(flatten)]
    named: Named,
    /// After this row, with which a commit ends [default: its last]
    #[arg(long, value_name = "ROW")]
    at: Option<u64>,
    /// It may make calls again that the run has made, under new keys
    #[arg(long)]
    repeat_effects: bool,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
}

impl Fork {
    pub(super) async fn perform(&self) -> anyhow::Result<Exit> {
        let store = self.named.store.own()?;
        let from = store::find(&store, &self.named.run).await?;
        let workflow = read(&store, &from, None).await?.about().workflow.clone();
        let id = RunId::fresh(&workflow, random()?);
        let fork =
            run::Fork { id, from: from.clone(), at: self.at.map(Seq), repeats_effects: self.repeat_effects };
        let id = lockstep_runtime::fork(&store, fork).await?;
        let run = read(&store, &id, None).await?;
        let (row, status) = (run.last(), run.status());
        if self.json {
            let forked = json!({ "run_id": from.as_str(), "row": row.0 });
            let told = json!({ "run_id": id.as_str(), "forked": forked, "status": status.as_str() });
            report::out(&told.to_string())?;
        } else {
            report::out(id.as_str())?;
            report::progress(&format!("run {id} is as run {from} was after row {row}: {status}"));
        }
        if order::moves(&run) {
            report::progress(&order::go_on(&workflow, &self.named.store.option()));
        }
        Ok(Exit::Done)
    }
}
