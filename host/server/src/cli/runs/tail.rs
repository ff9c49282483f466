//! `lockstep runs tail`: follows a run until it rests.

use std::io::Write as _;
use std::time::Duration;

use clap::Args;
use lockstep_core::journal::Row;
use lockstep_core::run::{Record, Run, RunId, Seq, Status};
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
/// Ends with the exit code of the run.
#[derive(Debug, Args)]
pub(super) struct Tail {
    #[command(flatten)]
    named: Named,
    /// Print the rows, one JSON object a line, on stdout
    #[arg(long)]
    json: bool,
}

impl Tail {
    pub(super) async fn perform(self) -> anyhow::Result<Exit> {
        let (store, id) = self.named.find().await?;
        let mut tale = Tale::new(&read(&store, &id, None).await?);
        let mut told = Seq(0);
        loop {
            let begun = Instant::now();
            if let Some(exit) = self.look(&store, &id, &mut tale, &mut told).await? {
                return Ok(exit);
            }
            // A long run is looked at less often than a short one.
            tokio::time::sleep(LOOK.max(begun.elapsed() * 4)).await;
        }
    }

    /// Tells what is new; how the program ends, once the run rests.
    async fn look(
        &self,
        store: &Sqlite,
        id: &RunId,
        tale: &mut Tale,
        told: &mut Seq,
    ) -> anyhow::Result<Option<Exit>> {
        let (mut new, ends) = rows(store, id).await?;
        if new.is_empty() {
            return Err(gone(id, None));
        }
        new.retain(|row| row.seq > *told);
        let Some(last) = new.last().map(|row| row.seq) else { return Ok(None) };
        let run = read(store, id, Some(last.0)).await?;
        *told = last;
        if self.json {
            report::out(&objects(&new, &ends)?)?;
        } else {
            let records: Result<Vec<Record>, _> = new.iter().map(Row::decode).collect();
            tale.lines(&records?).iter().try_for_each(|line| report::out(line))?;
        }
        let exit = rests(&run).then(|| exit::of_run(run.status()));
        if exit.is_some() && !self.json {
            report::out(&report::standing(&run))?;
        }
        std::io::stdout().flush()?;
        Ok(exit)
    }
}

/// Whether it has ended, or only a person can move it.
fn rests(run: &Run) -> bool {
    match run.status() {
        Status::Running => false,
        Status::Waiting => run.questions().next().is_some(),
        _ => true,
    }
}
