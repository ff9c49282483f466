//! `lockstep runs state`: what the steps of a run remember.

use std::collections::BTreeMap;

use clap::Args;

use super::{Named, read};
use crate::exit::Exit;
use crate::inert::inert;
use crate::report;
use crate::report::row::raw;

/// Show what the steps of a run remember: its keys and their values
#[derive(Debug, Args)]
pub(super) struct State {
    #[command(flatten)]
    named: Named,
    /// As it was after this row
    #[arg(long, value_name = "ROW")]
    at: Option<u64>,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
}

impl State {
    pub(super) async fn perform(self) -> anyhow::Result<Exit> {
        let (store, id) = self.named.find().await?;
        let run = read(&store, &id, self.at).await?;
        let entries = run.state().entries();
        if self.json {
            let object: BTreeMap<&str, _> =
                entries.map(|(key, value)| (&**key, raw(value.as_str()))).collect();
            report::out(&serde_json::to_string(&object)?)?;
            return Ok(Exit::Done);
        }
        let lines: Vec<String> =
            entries.map(|(key, value)| format!("{} = {}", inert(key), inert(value.as_str()))).collect();
        match lines.is_empty() {
            true => report::progress("it remembers nothing"),
            false => report::out(&lines.join("\n"))?,
        }
        Ok(Exit::Done)
    }
}
