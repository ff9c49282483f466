//! `lockstep ask ls`: what waits for people: questions for an answer, calls for a yes or no.

use clap::{Args, Subcommand};
use lockstep_core::journal::{Journal, Query};
use lockstep_core::run::{Open, QuestionId, Run, RunId, Seq};
use lockstep_journal::Sqlite;
use lockstep_runtime::archive;
use serde_json::value::{RawValue, to_raw_value};

use crate::exit::Exit;
use crate::report::{approval, question};
use crate::{report, store};

/// Runs that are looked at at once.
const PAGE: u32 = 200;

/// What waits for people: questions, and calls to approve
#[derive(Debug, Args)]
pub(crate) struct Ask {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List what all runs ask people, the newest run first
    ///
    /// A question with what is asked and what an answer looks like; a call that waits for a yes or no with
    /// what it is made with, why a person is asked, and what was called before; each until when.
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

/// What a person is asked, for people and for programs.
struct Asked {
    number: Seq,
    told: String,
    object: Box<RawValue>,
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
        let option = self.store.option();
        let mut asked: Vec<Asked> = Vec::new();
        for run in self.runs(&store).await? {
            let left = self.limit - asked.len();
            asked.extend(Asked::by(&run, &option)?.into_iter().take(left));
        }
        let (told, objects): (Vec<_>, Vec<_>) = asked.into_iter().map(|one| (one.told, one.object)).unzip();
        match self.json {
            true => report::out(&serde_json::to_string(&objects)?)?,
            false if told.is_empty() => report::progress("nothing waits for a person"),
            false => report::out(&told.join("\n"))?,
        }
        Ok(Exit::Done)
    }

    async fn runs(&self, store: &Sqlite) -> anyhow::Result<Vec<Run>> {
        if let Some(run) = &self.run {
            return Ok(archive::with_children(store, &store::find(store, run).await?).await?);
        }
        let (mut runs, mut asked) = (Vec::new(), 0);
        for id in self.ids(store).await? {
            let Some(run) = archive::read(store, &id).await? else { continue };
            asked += run.questions().count() + run.approvals().count();
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

impl Asked {
    /// All that a run asks, the oldest first.
    fn by(run: &Run, store: &str) -> anyhow::Result<Vec<Asked>> {
        let mut asked = Vec::new();
        for (number, open) in run.questions() {
            let object = to_raw_value(&question::object(run, number, open))?;
            asked.push(Asked { number, told: told(run, number, open), object });
        }
        for (number, open) in run.approvals() {
            let object = to_raw_value(&approval::object(run, number, open))?;
            let commands = approval::commands(run.id(), number, store);
            let told = [approval::told(run, number, open)].into_iter().chain(commands);
            asked.push(Asked { number, told: told.collect::<Vec<_>>().join("\n  "), object });
        }
        asked.sort_by_key(|one| one.number);
        Ok(asked)
    }
}

/// The question, with a command that answers it.
fn told(run: &Run, number: QuestionId, open: &Open) -> String {
    let (told, id) = (question::told(run, number, open), run.id());
    let example = report::word(&question::example(run, open));
    format!("{told}\n  for example: lockstep answer {id}.{number} {example}")
}
