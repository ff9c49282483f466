//! What an operator asks of a run, and how the answer is told.

use clap::Args;
use lockstep_core::run::{Run, RunId, Status};
use lockstep_runtime::{Reply, Request};
use serde_json::json;

use super::{Named, read};
use crate::exit::{Exit, NotDone};
use crate::report;

/// Which run, and how it is told.
#[derive(Debug, Args)]
pub(super) struct Order {
    #[command(flatten)]
    named: Named,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
}

impl Order {
    /// Asks it, whether a process has the store or not; `done` is what has then happened.
    pub(super) async fn give(&self, request: Request, done: &str) -> anyhow::Result<Exit> {
        let (store, id) = self.named.find().await?;
        drop(store);
        let asked = self.named.store.ask(&id, request).await?;
        let is_new = match asked.reply {
            Reply::Done => true,
            Reply::Same => false,
            Reply::Refused { code, message } => return Err(NotDone { code, message }.into()),
        };
        let run = read(&self.named.store.visit()?, &id, None).await?;
        self.tell(&run, is_new, done)?;
        if is_new && asked.is_alone && moves(&run) {
            report::progress(&self.go_on(&run));
        }
        Ok(Exit::Done)
    }

    fn tell(&self, run: &Run, is_new: bool, done: &str) -> anyhow::Result<()> {
        let (id, status) = (run.id(), run.status());
        if self.json {
            let told = json!({ "run_id": id.as_str(), "is_new": is_new, "status": status.as_str() });
            return Ok(report::out(&told.to_string())?);
        }
        report::progress(&told(id, is_new, done, status));
        Ok(())
    }

    fn go_on(&self, run: &Run) -> String {
        go_on(&run.about().workflow, &self.named.store.option())
    }
}

fn told(id: &RunId, is_new: bool, done: &str, status: Status) -> String {
    match is_new {
        true if done == status.as_str() => format!("run {id}: {done}"),
        true => format!("run {id}: {done}; it is {status}"),
        false if done == status.as_str() => format!("run {id}: {done} before, nothing has changed"),
        false => format!("run {id}: {done} before, nothing has changed; it is {status}"),
    }
}

/// Whether it would go on by itself if anything had it.
pub(in crate::cli) fn moves(run: &Run) -> bool {
    run.summary().wake_at.is_some()
}

/// How a run goes on that nobody has.
pub(in crate::cli) fn go_on(workflow: &str, store: &str) -> String {
    format!(
        "no process has the store; go on with `lockstep run WORKFLOW --take-up{store}`, where WORKFLOW is \
         the folder of {workflow}"
    )
}
