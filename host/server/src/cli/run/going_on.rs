//! `lockstep run --take-up`: goes on with the runs of a workflow that were cut off.

use lockstep_core::journal::Query;
use lockstep_core::run::{RunId, Status};
use lockstep_runtime::archive;

use super::{Came, Run, Stage};
use crate::exit::{self, Exit};
use crate::report;

/// Runs that are asked for at once.
const PAGE: u32 = 500;

/// Takes up all that move or wait for a time, and waits for them, the oldest first.
pub(super) async fn all(run: &Run, stage: &mut Stage) -> anyhow::Result<Exit> {
    let name = stage.deployed.workflow.name.clone();
    let (own, others) = open(stage).await?;
    if others > 0 {
        report::progress(&format!("{others} open runs of another revision of {name} stay where they are"));
    }
    match own.len() {
        0 => report::progress(&format!("no run of {name} was cut off")),
        1 => report::progress(&format!("taking up run {}", own[0])),
        many => report::progress(&format!("taking up {many} runs of {name}")),
    }
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

/// The open runs of the deployed revision, the oldest first, and how many there are of others.
async fn open(stage: &Stage) -> anyhow::Result<(Vec<RunId>, usize)> {
    let (mut own, mut others) = (Vec::new(), 0);
    let mut query = Query {
        statuses: vec![Status::Running, Status::Waiting],
        workflow: Some(stage.deployed.workflow.name.clone()),
        limit: PAGE,
        ..Query::default()
    };
    loop {
        let page = stage.journal.runs(&query).await?;
        query.before = page.last().map(|(id, _)| id.clone());
        let is_last = page.len() < PAGE as usize;
        for (id, summary) in page {
            match summary.about.revision == stage.deployed.revision() {
                true => own.push(id),
                false => others += 1,
            }
        }
        if is_last {
            own.reverse();
            return Ok((own, others));
        }
    }
}
