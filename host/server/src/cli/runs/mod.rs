//! `lockstep runs`: what became of runs, and what an operator can do about it.

mod events;
mod export;
mod fork;
mod ls;
pub(in crate::cli) mod order;
mod orders;
mod purge;
mod resolve;
mod show;
mod state;
mod tail;

use clap::{Args, Subcommand};
use lockstep_core::run::{Run, RunId, Seq};
use lockstep_journal::Sqlite;
use lockstep_runtime::archive;

use crate::exit::{Exit, NotDone, NotFound};
use crate::store;

/// Runs: what became of them, and what can be done about it
#[derive(Debug, Args)]
#[command(after_help = "\
A run is named by its id, the beginning of it, or its alias.

Examples:
  lockstep runs ls --status parked --status failed
  lockstep runs show 7f3a
  lockstep runs retry 7f3a --by ann")]
pub(crate) struct Runs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Ls(ls::Ls),
    Show(show::Show),
    Events(events::Events),
    State(state::State),
    Tail(tail::Tail),
    Cancel(orders::Cancel),
    Pause(orders::Pause),
    Resume(orders::Resume),
    Retry(orders::Retry),
    Skip(orders::Skip),
    Resolve(resolve::Resolve),
    Inject(orders::Inject),
    Fork(fork::Fork),
    Export(export::Export),
    Purge(purge::Purge),
}

/// A run of a store, to look at.
#[derive(Debug, Args)]
struct Named {
    /// Which run: its id, the beginning of it, or its alias
    run: String,
    #[command(flatten)]
    store: store::Store,
}

impl Runs {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        tokio::runtime::Runtime::new()?.block_on(self.what.perform())
    }
}

impl What {
    async fn perform(self) -> anyhow::Result<Exit> {
        match self {
            What::Ls(ls) => ls.perform().await,
            What::Show(show) => show.perform().await,
            What::Events(events) => events.perform().await,
            What::State(state) => state.perform().await,
            What::Tail(tail) => tail.perform().await,
            What::Cancel(cancel) => cancel.perform().await,
            What::Pause(pause) => pause.perform().await,
            What::Resume(resume) => resume.perform().await,
            What::Retry(retry) => retry.perform().await,
            What::Resolve(resolve) => resolve.perform().await,
            What::Skip(skip) => skip.perform().await,
            What::Inject(inject) => inject.perform().await,
            What::Fork(fork) => fork.perform().await,
            What::Export(export) => export.perform().await,
            What::Purge(purge) => purge.perform().await,
        }
    }
}

impl Named {
    async fn find(&self) -> anyhow::Result<(Sqlite, RunId)> {
        let store = self.store.visit()?;
        let run = store::find(&store, &self.run).await?;
        Ok((store, run))
    }
}

/// A run as it was after one of its rows; none: as it is.
async fn read(store: &Sqlite, id: &RunId, at: Option<u64>) -> anyhow::Result<Run> {
    let row = Seq(at.unwrap_or(u64::MAX));
    let run = archive::read_as_of(store, id, row).await?.ok_or_else(|| gone(id, at))?;
    match at {
        Some(at) if at != run.last().0 => Err(no_row(id, at, run.last()).into()),
        _ => Ok(run),
    }
}

fn gone(id: &RunId, at: Option<u64>) -> anyhow::Error {
    match at {
        Some(0) => {
            NotDone { code: "no-row".into(), message: format!("rows of run {id} are numbered from 1") }.into()
        }
        _ => NotFound(format!("run {id} was just purged")).into(),
    }
}

fn no_row(id: &RunId, at: u64, last: Seq) -> NotDone {
    let message = format!("run {id} has no row {at}; its last is {last}");
    NotDone { code: "no-row".into(), message }
}
