//! `lockstep ask ls`: the questions that wait for an answer.

use clap::{Args, Subcommand};
use lockstep_core::journal::{Journal, Query};
use lockstep_core::run::{Open, QuestionId, Run, RunId};
use lockstep_journal::Sqlite;
use lockstep_runtime::archive;

use crate::exit::Exit;
use crate::report::question;
use crate::{report, store};

/// Runs that are looked at at once.
const PAGE: u32 = 200;

/// Questions that wait for an answer
#[derive(Debug, Args)]
pub(crate) struct Ask {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the open questions of all runs, the newest run first
    ///
    /// Each with what is asked, what an answer looks like, and until when.
    Ls(Ls),
}

#[derive(Debug, Args)]
struct Ls {
    /// Only those of this run and of those within it: its id, the beginning of it, or its alias
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
    /// No more than so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    /// Print a JSON array on stdout
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: store::Store,
}

impl Ask {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        match self.what {
            What::Ls(ls) => tokio::runtime::Runtime::new()?.block_on(ls.perform()),
        }
    }
}

impl Ls {
    async fn perform(&self) -> anyhow::Result<Exit> {
        let store = self.store.visit()?;
        let (mut told, mut objects, mut left) = (Vec::new(), Vec::new(), self.limit);
        for run in self.runs(&store).await? {
            for (number, open) in run.questions().take(left) {
                told.push(Ls::told(&run, number, open));
                objects.push(question::object(&run, number, open));
            }
            left = self.limit - told.len();
        }
        match self.json {
            true => report::out(&serde_json::to_string(&objects)?)?,
            false if told.is_empty() => report::progress("no question is open"),
            false => report::out(&told.join("\n"))?,
        }
        Ok(Exit::Done)
    }

    /// The question, with a command that answers it.
    fn told(run: &Run, number: QuestionId, open: &Open) -> String {
        let (told, id) = (question::told(run, number, open), run.id());
        let example = report::word(&question::example(run, open));
        format!("{told}\n  for example: lockstep answer {id}.{number} {example}")
    }

    async fn runs(&self, store: &Sqlite) -> anyhow::Result<Vec<Run>> {
        if let Some(run) = &self.run {
            return Ok(archive::with_children(store, &store::find(store, run).await?).await?);
        }
        let (mut runs, mut asked) = (Vec::new(), 0);
        for id in self.ids(store).await? {
            let Some(run) = archive::read(store, &id).await? else { continue };
            asked += run.questions().count();
            runs.push(run);
            if asked >= self.limit {
                break;
            }
        }
        Ok(runs)
    }

    async fn ids(&self, store: &Sqlite) -> anyhow::Result<Vec<RunId>> {
        let mut query = Query { asking: true, limit: PAGE, ..Query::default() };
        let mut ids: Vec<RunId> = Vec::new();
        loop {
            let page = store.runs(&query).await?;
            query.before = page.last().map(|(id, _)| id.clone());
            let is_last = page.len() < PAGE as usize;
            ids.extend(page.into_iter().map(|(id, _)| id));
            if is_last || ids.len() >= self.limit {
                return Ok(ids);
            }
        }
    }
}
