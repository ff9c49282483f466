//! `lockstep refuse`: a person does not let a call go, and may tell the step why.

use clap::Args;
use lockstep_core::run::Verdict;
use serde_json::json;

use super::decide::Which;
use crate::exit::Exit;
use crate::{report, store};

/// Do not let a call go that waits for a person
#[derive(Debug, Args)]
#[command(after_help = "\
The step goes on and is told that its call was refused, with the reason, as an error of the call.

Examples:
  lockstep ask ls
  lockstep refuse 7f3a.12 --reason 'not more than 500 to one customer' --by ann")]
pub(crate) struct Refuse {
    /// Which call: RUN.NUMBER, or the run where one call of it waits; the beginning of the run's id is enough
    #[arg(value_name = "RUN.NUMBER")]
    call: String,
    /// Why not: the step is told
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Who decides [default: the user of this terminal]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: store::Store,
}

impl Refuse {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        tokio::runtime::Runtime::new()?.block_on(self.perform())
    }

    async fn perform(&self) -> anyhow::Result<Exit> {
        let which = Which::find(&self.store, &self.call).await?;
        let verdict = Verdict::Refuse { reason: self.reason.as_deref().map(Into::into) };
        let given = which.give(&self.store, verdict, self.by.as_deref()).await?;
        let name = which.name();
        match (self.json, given.is_new) {
            (true, is_new) => {
                let run = which.run.id().as_str();
                report::out(&json!({ "run_id": run, "approval": name, "is_new": is_new }).to_string())?;
            }
            (false, true) => report::progress(&format!("{name}: refused")),
            (false, false) => report::progress(&format!("{name}: refused before, nothing has changed")),
        }
        which.go_on(&self.store, &given).await?;
        Ok(Exit::Done)
    }
}
