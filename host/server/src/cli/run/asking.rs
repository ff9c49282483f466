//! Questions at the terminal: shown, read, checked, and asked again when the answer does not fit.

use std::io::{self, Write};
use std::sync::Arc;

use lockstep_core::event::Json;
use lockstep_core::run::{Open, QuestionId, Run, RunId};
use lockstep_runtime::{Reply, Request, archive};

use super::Stage;
use crate::report::question;
use crate::{config, report};

/// Asks what a run and those within it ask; whether anything was answered.
pub(super) async fn at_terminal(stage: &Stage, id: &RunId) -> anyhow::Result<bool> {
    let mut answered = false;
    for run in archive::with_children(&*stage.journal, id).await? {
        for (number, open) in run.questions() {
            let told = format!(
                "{}\n  for example {}; an empty line leaves it to somebody else",
                question::told(&run, number, open),
                question::example(&run, open)
            );
            stage.reporter.suspend(|| report::progress(&told));
            answered |= ask_until_it_fits(stage, &run, number, open).await?;
        }
    }
    Ok(answered)
}

/// An empty line leaves the question to somebody else.
async fn ask_until_it_fits(
    stage: &Stage,
    run: &Run,
    number: QuestionId,
    open: &Open,
) -> anyhow::Result<bool> {
    loop {
        let Some(line) = read_line().await? else { return Ok(false) };
        let answer = question::answer_of(run, open, &line);
        let by = config::user().map(Arc::from);
        let request = Request::Answer { question: number, answer: Json::trusted(answer), by };
        match stage.host.ask(run.id(), request).await? {
            Reply::Done | Reply::Same => return Ok(true),
            Reply::Refused { code, message } if code == "misfit" => report::progress(&message),
            Reply::Refused { message, .. } => {
                report::progress(&message);
                return Ok(false);
            }
        }
    }
}

async fn read_line() -> anyhow::Result<Option<String>> {
    let read = || {
        let mut line = String::new();
        write!(io::stderr().lock(), "answer> ")?;
        io::stdin().read_line(&mut line)?;
        Ok::<_, io::Error>(line)
    };
    let line = tokio::task::spawn_blocking(read).await??;
    Ok(Some(line.trim().to_owned()).filter(|line| !line.is_empty()))
}
