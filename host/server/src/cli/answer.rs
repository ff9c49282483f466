//! `lockstep answer`: a person answers what a run asks, whether anything runs it at the time or not.

use std::sync::Arc;

use clap::Args;
use lockstep_core::event::Json;
use lockstep_runtime::{Reply, Request, archive};

use super::decide;
use crate::exit::{Exit, NotDone};
use crate::report::question;
use crate::{input, report, store};

/// Answer a question of a run
#[derive(Debug, Args)]
#[command(after_help = "\
The answer is checked before it is taken, written before this ends, and taken once: the same answer
again changes nothing, another one is refused. If no process has the store, the run goes on with
the next `lockstep run WORKFLOW --take-up`.

Examples:
  lockstep ask ls
  lockstep answer 7f3a.12 '{\"approved\": true}' --by ann
  lockstep answer 7f3a.12 @answer.json")]
pub(crate) struct Answer {
    /// Which question: RUN.NUMBER; the beginning of the run's id is enough
    question: String,
    /// The answer: JSON, @FILE, or - for stdin
    #[arg(value_name = "JSON|@FILE|-")]
    answer: String,
    /// Who answers
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: store::Store,
}

impl Answer {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        tokio::runtime::Runtime::new()?.block_on(self.perform())
    }

    async fn perform(&self) -> anyhow::Result<Exit> {
        let text = input::read(&self.answer, "the answer")?;
        let visit = self.store.visit()?;
        let (id, number) = store::find_question(&visit, &self.question).await?;
        let run = archive::read(&visit, &id).await?;
        if let Some(run) = run.as_ref().filter(|run| decide::is_approval(run, number)) {
            return Err(decide::no_question(run.id(), number).into());
        }
        let open = run.as_ref().and_then(|run| {
            let (_, open) = run.questions().find(|(open, _)| *open == number)?;
            Some(question::answer_of(run, open, &text))
        });
        drop(visit);
        let answer = Json::trusted(open.unwrap_or_else(|| text.trim().to_owned()));
        let by = self.by.as_deref().map(Arc::from);
        let asked = self.store.ask(&id, Request::Answer { question: number, answer, by }).await?;
        let reply = asked.reply;
        let told = match reply {
            Reply::Done => "answered",
            Reply::Same => "answered before, with the same",
            Reply::Refused { code, message } => return Err(NotDone { code, message }.into()),
        };
        match self.json {
            true => report::out(&serde_json::to_string(&serde_json::json!({
                "run_id": id.as_str(), "question": format!("{id}.{number}"), "is_new": reply == Reply::Done,
            }))?)?,
            false => report::progress(&format!("question {id}.{number}: {told}")),
        }
        Ok(Exit::Done)
    }
}
