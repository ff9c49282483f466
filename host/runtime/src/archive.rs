//! Runs, read back from the journal: rows in, a run out. Nobody is asked but the journal, so this
//! also serves whoever only wants to look.

use std::sync::Arc;

use lockstep_core::journal::Journal;
use lockstep_core::run::{About, Change, Record, Run, RunId, Seq};
use lockstep_core::state::State;
use lockstep_core::workflow::{Revision, Workflow};

use crate::Error;

/// The run of this id, folded with the graph that the journal keeps; none if it is not known.
pub async fn read(journal: &dyn Journal, id: &RunId) -> Result<Option<Run>, Error> {
    read_as_of(journal, id, Seq(u64::MAX)).await
}

/// The same as it was after one of its rows.
pub async fn read_as_of(journal: &dyn Journal, id: &RunId, row: Seq) -> Result<Option<Run>, Error> {
    let mut records = records(journal, id).await?;
    records.retain(|record| record.seq <= row);
    let Some(about) = about(&records).cloned() else { return Ok(None) };
    let workflow = Arc::new(graph(journal, id, &about.revision).await?);
    fold(journal, id, workflow, records).await.map(Some)
}

/// The run of this id and those that do the work of its open deliveries, at whatever depth; none if
/// it is not known.
pub async fn with_children(journal: &dyn Journal, id: &RunId) -> Result<Vec<Run>, Error> {
    let (mut all, mut next) = (Vec::new(), vec![id.clone()]);
    while let Some(id) = next.pop() {
        if let Some(run) = read(journal, &id).await? {
            next.extend(run.children().map(|(_, child)| child.clone()));
            all.push(run);
        }
    }
    Ok(all)
}

/// The rows of a run, decoded; none if it is not known.
pub async fn records(journal: &dyn Journal, id: &RunId) -> Result<Vec<Record>, Error> {
    let rows = journal.load(id).await.map_err(|why| Error::journal(id, why))?;
    let records: Result<Vec<Record>, _> = rows.iter().map(|row| row.decode()).collect();
    records.map_err(|why| Error::journal(id, why.into()))
}

/// What the first row says.
pub(crate) fn about(records: &[Record]) -> Option<&Arc<About>> {
    match &records.first()?.change {
        Change::Started(about) => Some(about),
        _ => None,
    }
}

/// The graph that a run moves through.
pub(crate) async fn graph(
    journal: &dyn Journal,
    run: &RunId,
    revision: &Revision,
) -> Result<Workflow, Error> {
    let kept = journal.graph(revision).await.map_err(|why| Error::journal(run, why))?;
    let graph = kept.ok_or_else(|| Error::NoGraph { run: run.clone(), revision: revision.clone() })?;
    graph.workflow().map_err(|_| Error::NoGraph { run: run.clone(), revision: revision.clone() })
}

/// The run that these rows tell of, with the state it took over.
pub(crate) async fn fold(
    journal: &dyn Journal,
    id: &RunId,
    workflow: Arc<Workflow>,
    records: Vec<Record>,
) -> Result<Run, Error> {
    let continues = about(&records).and_then(|about| about.continues.clone());
    let before = state_of(journal, continues).await?;
    Ok(Run::fold(id.clone(), workflow, before, records)?)
}

/// The state that a run has come to, with what it took over from those before it.
pub(crate) async fn state_of(journal: &dyn Journal, run: Option<RunId>) -> Result<State, Error> {
    let (mut chain, mut next) = (Vec::new(), run);
    while let Some(id) = next {
        let mut records = records(journal, &id).await?;
        next = about(&records).and_then(|about| about.continues.clone());
        records.retain(|record| matches!(record.change, Change::State { .. }));
        chain.push((id, records));
    }
    let mut state = State::default();
    for (id, records) in chain.iter().rev() {
        state = state.taken_over();
        state.replay(records).map_err(|_| Error::Damaged { run: id.clone() })?;
    }
    Ok(state)
}
