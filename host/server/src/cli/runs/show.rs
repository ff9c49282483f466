//! `lockstep runs show`: where a run stands, and how it came there.

use clap::Args;
use lockstep_core::run::Record;
use lockstep_runtime::archive;

use super::{Named, read};
use crate::exit::Exit;
use crate::report;
use crate::report::standing::Standing;

/// Show where a run stands: why it waits or failed, what is open in it, and how to go on
#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    named: Named,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) async fn perform(self) -> anyhow::Result<Exit> {
        let (store, id) = self.named.find().await?;
        let records: Vec<Record> = archive::records(&store, &id).await?;
        let run = read(&store, &id, records.last().map(|record| record.seq.0)).await?;
        let option = self.named.store.option();
        let standing = Standing::of(&run, &records, &option);
        let told = if self.json { standing.object()? } else { standing.told() };
        report::out(&told)?;
        Ok(Exit::Done)
    }
}
