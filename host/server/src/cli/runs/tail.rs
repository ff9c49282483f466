//! `lockstep runs tail`: follows a run, and those within it, until it rests.

use std::io::Write as _;
use std::time::Duration;

use clap::Args;
use lockstep_core::journal::Row;
use lockstep_core::run::{Change, Record, RunId, Seq, Status};
use lockstep_journal::Sqlite;
use tokio::time::Instant;

use super::events::{objects, rows};
use super::{Named, gone, read};
use crate::exit::{self, Exit};
use crate::report::{self, Tale};

/// How often the store is looked into.
const LOOK: Duration = Duration::from_millis(100);

/// Follow a run until it has ended, or only a person can move it
///
/// Runs that do the work of its steps are followed with it. Ends with the exit code of the run.
#[derive(Debug, Args)]
pub(super) struct Tail {
    #[command(flatten)]
    named: Named,
    /// Print the rows, one JSON object a line, on stdout
    #[arg(long)]
    json: bool,
}

/// A run that is followed: the one that was named, or one that does the work of a step of another.
struct Followed {
    id: RunId,
    tale: Tale,
    told: Seq,
    status: Status,
    asks: bool,
}

impl Followed {
    async fn begin(store: &Sqlite, id: RunId) -> anyhow::Result<Followed> {
        let run = read(store, &id, None).await?;
        Ok(Followed { tale: Tale::new(&run), id, told: Seq(0), status: Status::Running, asks: false })
    }
}

impl Tail {
    pub(super) async fn perform(self) -> anyhow::Result<Exit> {
        let (store, id) = self.named.find().await?;
        let mut all = vec![Followed::begin(&store, id).await?];
        loop {
            let (begun, mut at) = (Instant::now(), 0);
            while let Some(one) = all.get_mut(at) {
                let children = self.look(&store, one, at == 0).await?;
                for child in children {
                    all.push(Followed::begin(&store, child).await?);
                }
                at += 1;
            }
            if rest(&all) {
                return self.end(&store, &all[0]).await;
            }
            // A long run is looked at less often than a short one.
            tokio::time::sleep(LOOK.max(begun.elapsed() * 4)).await;
        }
    }

    /// Tells what is new of a run, and which runs do the work of its steps from here on. For programs,
    /// only the run that was named is told: its rows name the others.
    async fn look(&self, store: &Sqlite, one: &mut Followed, is_named: bool) -> anyhow::Result<Vec<RunId>> {
        let (mut new, ends) = rows(store, &one.id).await?;
        if new.is_empty() && is_named {
            return Err(gone(&one.id, None));
        }
        new.retain(|row| row.seq > one.told);
        let Some(last) = new.last().map(|row| row.seq) else { return Ok(Vec::new()) };
        let run = read(store, &one.id, Some(last.0)).await?;
        let asks = run.questions().next().is_some() || run.approvals().next().is_some();
        (one.told, one.status, one.asks) = (last, run.status(), asks);
        let records = new.iter().map(Row::decode).collect::<Result<Vec<Record>, _>>()?;
        match (self.json, is_named) {
            (true, true) => report::out(&objects(&new, &ends)?)?,
            (true, false) => {}
            (false, _) => {
                let of = if is_named { String::new() } else { format!("{}: ", report::short(&one.id)) };
                one.tale.lines(&records).iter().try_for_each(|line| report::out(&format!("{of}{line}")))?;
            }
        }
        std::io::stdout().flush()?;
        Ok(children(&records))
    }

    async fn end(&self, store: &Sqlite, named: &Followed) -> anyhow::Result<Exit> {
        let run = read(store, &named.id, Some(named.told.0)).await?;
        if !self.json {
            report::out(&report::standing(&run))?;
        }
        Ok(exit::of_run(run.status()))
    }
}

fn children(records: &[Record]) -> Vec<RunId> {
    let started = records.iter().filter_map(|record| match &record.change {
        Change::ChildStarted { run, .. } => Some(run.clone()),
        _ => None,
    });
    started.collect()
}

/// Whether the run that was named has ended, or only a person can move it and those within it.
fn rest(all: &[Followed]) -> bool {
    match all[0].status {
        Status::Running => false,
        Status::Waiting => {
            let moves = all.iter().any(|one| one.status == Status::Running);
            let held = |one: &Followed| one.asks || matches!(one.status, Status::Parked | Status::Paused);
            !moves && all.iter().any(|one| !one.status.is_end() && held(one))
        }
        _ => true,
    }
}
