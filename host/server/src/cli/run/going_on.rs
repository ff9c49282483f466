//! `lockstep run --take-up`: goes on with the runs of a workflow that were cut off.

use lockstep_runtime::archive;

use super::{Came, Run, Stage};
use crate::cli::ready;
use crate::exit::{self, Exit};
use crate::report;

/// Takes up all that move or wait for a time, and waits for them, the oldest first.
pub(super) async fn all(run: &Run, stage: &mut Stage) -> anyhow::Result<Exit> {
    let (own, others) = ready::open(&*stage.journal, &stage.deployed).await?;
    ready::tell_open(&stage.deployed.workflow.name, &own, others);
    for id in &own {
        archive::read(&*stage.journal, id).await?.iter().for_each(|run| stage.reporter.goes_on(run));
    }
    stage.host.take_up(&stage.deployed).await?;
    let mut exit = Exit::Done;
    for id in own {
        let handle = stage.host.run(id.clone());
        match run.to_rest(stage, &handle).await? {
            Came::Interrupted => return Ok(Exit::Cancelled),
            Came::To(rest) => {
                report::progress(&format!("run {id}:"));
                run.tell(stage, &id, &rest).await?;
                exit = if exit == Exit::Done { exit::of_run(rest.status) } else { exit };
            }
        }
    }
    stage.reporter.end();
    Ok(exit)
}
