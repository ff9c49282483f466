//! The store that a command works on: its own if nobody has it, else its owner's, whom it asks
//! through the inbox.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use lockstep_core::journal::Journal;
use lockstep_core::run::{QuestionId, RunId, Seq};
use lockstep_journal::{OpenError, Sqlite};
use lockstep_runtime::{Host, Reply, Request, Settings};

use crate::exit::NotFound;
use crate::project::Refused;

/// How often the owner's answer is looked for, and for how long.
const LOOK: Duration = Duration::from_millis(25);
const PATIENCE: Duration = Duration::from_secs(10);
const DEFAULT: &str = "lockstep.db";
/// So many runs of a name are told when it is not one.
const MATCHES: u32 = 4;

/// What came of a request.
pub(crate) struct Asked {
    pub(crate) reply: Reply,
    /// No process has the store, so nothing goes on by itself.
    pub(crate) is_alone: bool,
}

/// Which store.
#[derive(Debug, Args)]
pub(crate) struct Store {
    /// The store: a file that `lockstep run` has made
    #[arg(long, value_name = "FILE", default_value = DEFAULT)]
    store: PathBuf,
}

impl Store {
    /// The store, to look into.
    pub(crate) fn visit(&self) -> Result<Sqlite, Refused> {
        Sqlite::visit(&self.store).map_err(|error| named_otherwise(&error))
    }

    /// The store, for what only its owner can do. One that is not there is not made.
    pub(crate) fn own(&self) -> Result<Sqlite, Refused> {
        drop(self.visit()?);
        Sqlite::open(&self.store).map_err(|error| named_otherwise(&error))
    }

    /// How a command line names it; empty for the default.
    pub(crate) fn option(&self) -> String {
        match self.store.as_os_str() == DEFAULT {
            true => String::new(),
            false => format!(" --store {}", self.store.display()),
        }
    }

    /// Asks something of a run: does it, if nobody else has the store, or lets its owner do it.
    pub(crate) async fn ask(&self, run: &RunId, request: Request) -> anyhow::Result<Asked> {
        match Sqlite::open(&self.store) {
            Ok(own) => {
                let host = Host::new(Settings::new(Arc::new(own)));
                let reply = host.ask(run, request).await?;
                host.stop().await;
                Ok(Asked { reply, is_alone: true })
            }
            Err(OpenError::InUse { .. }) => {
                Ok(Asked { reply: ask_owner(&self.visit()?, run, &request).await?, is_alone: false })
            }
            Err(error) => Err(named_otherwise(&error).into()),
        }
    }
}

fn named_otherwise(error: &OpenError) -> Refused {
    Refused::one(format!("{error} (`--store FILE`)"))
}

async fn ask_owner(store: &Sqlite, run: &RunId, request: &Request) -> anyhow::Result<Reply> {
    let message = store.post(run, serde_json::to_vec(request)?).await?;
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(body) = store.replied(message).await? {
            return Ok(serde_json::from_slice(&body)?);
        }
        tokio::time::sleep(LOOK).await;
    }
    let waiting = store.inbox(u32::MAX).await?;
    if !waiting.iter().any(|waits| waits.id == message) {
        // A commit has taken it, and its owner went down before it could say so.
        return Ok(Reply::Done);
    }
    anyhow::bail!(
        "the process that has the store does not answer; what was asked is kept, and done when it does"
    )
}

/// The run that a text names: by its id, the beginning of it, or its alias.
pub(crate) async fn find(journal: &dyn Journal, text: &str) -> anyhow::Result<RunId> {
    let found = journal.named(text, MATCHES).await?;
    match &found[..] {
        [run] => Ok(run.clone()),
        [] => {
            Err(NotFound(format!("there is no run `{text}` in this store; `lockstep runs ls` lists them"))
                .into())
        }
        _ => {
            let few = found.iter().map(RunId::as_str).collect::<Vec<_>>().join(", ");
            Err(NotFound(format!("several runs begin with `{text}` ({few}, …); give more of the id")).into())
        }
    }
}

/// The question that a text names: `RUN.NUMBER`, the run as [`find`] takes it.
pub(crate) async fn find_question(journal: &dyn Journal, text: &str) -> anyhow::Result<(RunId, QuestionId)> {
    let unknown =
        || NotFound(format!("`{text}` names no question; give RUN.NUMBER, as `lockstep ask ls` lists them"));
    let (run, number) = text.rsplit_once('.').ok_or_else(unknown)?;
    let number = number.parse().map_err(|_| unknown())?;
    Ok((find(journal, run).await?, Seq(number)))
}
