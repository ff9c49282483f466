//! Forks: a run is read back, begun anew under another name where it was after one of its commits,
//! and written as one commit. The store has to be this process's own.

use std::sync::Arc;

use lockstep_core::journal::Journal;
use lockstep_core::run::{Fork, Run, RunId};

use crate::{Error, archive};

/// Begins a fork; it goes on when its workflow is taken up.
pub async fn fork(journal: &dyn Journal, fork: Fork) -> Result<RunId, Error> {
    let from = fork.from.clone();
    let records = archive::records(journal, &from).await?;
    let about = archive::about(&records).cloned().ok_or_else(|| Error::Unknown { run: from.clone() })?;
    let workflow = Arc::new(archive::graph(journal, &from, &about.revision).await?);
    let before = archive::state_of(journal, about.continues.clone()).await?;
    let ends = journal.ends(&from).await.map_err(|why| Error::journal(&from, why))?;
    let (run, commit) = Run::fork(fork, workflow, before, records, &ends)?;
    journal.commit(vec![commit]).await.map_err(|why| Error::journal(run.id(), why))?;
    Ok(run.id().clone())
}
