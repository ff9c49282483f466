//! A call that waits for a person, found by what that person types, and what was decided, brought to the run
//! whether a process has its store or not.

use std::sync::Arc;

use lockstep_core::run::{Approval, ApprovalId, Run, RunId, Seq, Verdict};
use lockstep_journal::Sqlite;
use lockstep_runtime::{Reply, Request, archive};

use super::runs::order;
use crate::exit::{NotDone, NotFound};
use crate::store::{self, Store};
use crate::{config, report};

/// Which call, and the run that it belongs to.
pub(super) struct Which {
    pub(super) run: Run,
    pub(super) number: ApprovalId,
}

/// What came of a decision.
pub(super) struct Given {
    /// It was not decided so before.
    pub(super) is_new: bool,
    /// No process has the store.
    is_alone: bool,
}

impl Which {
    /// The call that a text names: `RUN.NUMBER`, or the run alone where one call of it waits.
    pub(super) async fn find(store: &Store, text: &str) -> anyhow::Result<Which> {
        let visit = store.visit()?;
        let numbered = text.rsplit_once('.').and_then(|(run, number)| Some((run, number.parse().ok()?)));
        let Some((run, number)) = numbered else { return only(&visit, text).await };
        let (id, number) = (store::find(&visit, run).await?, Seq(number));
        let run = archive::read(&visit, &id).await?.ok_or_else(|| gone(&id))?;
        match is_question(&run, number) {
            true => Err(no_approval(&id, number).into()),
            false => Ok(Which { run, number }),
        }
    }

    /// As people name it.
    pub(super) fn name(&self) -> String {
        format!("{}.{}", self.run.id(), self.number)
    }

    /// The call, if nobody has decided yet.
    pub(super) fn open(&self) -> Option<&Approval> {
        self.run.approvals().find(|(id, _)| *id == self.number).map(|(_, open)| open)
    }

    /// Brings a decision to the run.
    pub(super) async fn give(
        &self,
        store: &Store,
        verdict: Verdict,
        by: Option<&str>,
    ) -> anyhow::Result<Given> {
        let by = by.map(str::to_owned).or_else(config::user).map(Arc::from);
        let request = Request::Decide { approval: self.number, verdict, by };
        let asked = store.ask(self.run.id(), request).await?;
        match asked.reply {
            Reply::Done => Ok(Given { is_new: true, is_alone: asked.is_alone }),
            Reply::Same => Ok(Given { is_new: false, is_alone: asked.is_alone }),
            Reply::Refused { code, message } => Err(NotDone { code, message }.into()),
        }
    }

    /// Says how the run goes on, if nothing has it.
    pub(super) async fn go_on(&self, store: &Store, given: &Given) -> anyhow::Result<()> {
        if !(given.is_new && given.is_alone) {
            return Ok(());
        }
        let run = archive::read(&store.visit()?, self.run.id()).await?;
        if run.as_ref().is_some_and(order::moves) {
            report::progress(&order::go_on(&self.run.about().workflow, &store.option()));
        }
        Ok(())
    }
}

/// The one call of a run, or of those within it, that waits.
async fn only(visit: &Sqlite, text: &str) -> anyhow::Result<Which> {
    let id = store::find(visit, text).await?;
    let mut found = Vec::new();
    for run in archive::with_children(visit, &id).await? {
        let waiting: Vec<ApprovalId> = run.approvals().map(|(number, _)| number).collect();
        match waiting[..] {
            [] => {}
            [number] => found.push(Which { run, number }),
            _ => return Err(several(&id).into()),
        }
    }
    match (found.pop(), found.is_empty()) {
        (Some(which), true) => Ok(which),
        (Some(_), false) => Err(several(&id).into()),
        (None, _) => {
            let message =
                format!("no call of run {id} waits for a person; `lockstep ask ls` lists what does");
            Err(NotDone { code: "unknown-approval".into(), message }.into())
        }
    }
}

fn several(id: &RunId) -> NotDone {
    let message = format!(
        "several calls of run {id} wait for a person; give RUN.NUMBER, as `lockstep ask ls --run {id}` lists them"
    );
    NotDone { code: "several-approvals".into(), message }
}

/// Whether a number of a run is that of a call that waits, or did.
pub(super) fn is_approval(run: &Run, number: Seq) -> bool {
    run.approvals().any(|(id, _)| id == number) || run.judged(number).is_some()
}

fn is_question(run: &Run, number: Seq) -> bool {
    run.questions().any(|(id, _)| id == number) || run.closed(number).is_some()
}

/// An answer to what is no question.
pub(super) fn no_question(run: &RunId, number: Seq) -> NotDone {
    let message = format!(
        "{run}.{number} is no question but a call that waits for a yes or no: `lockstep approve {run}.{number}` or \
         `lockstep refuse {run}.{number}`"
    );
    NotDone { code: "is-approval".into(), message }
}

/// A decision about what is no call.
fn no_approval(run: &RunId, number: Seq) -> NotDone {
    let message = format!(
        "{run}.{number} is a question and no call that waits for a yes or no; answer it with `lockstep answer \
         {run}.{number} JSON`"
    );
    NotDone { code: "is-question".into(), message }
}

fn gone(id: &RunId) -> NotFound {
    NotFound(format!("run {id} was just purged"))
}
