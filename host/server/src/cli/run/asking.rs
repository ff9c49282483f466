//! What runs ask people, at the terminal: shown, read, checked, and asked again when the answer does not fit.

use std::io::{self, Write};
use std::sync::Arc;

use lockstep_core::event::Json;
use lockstep_core::run::{Approval, ApprovalId, Open, QuestionId, Run, RunId, Verdict};
use lockstep_runtime::{Reply, Request, archive};

use super::Stage;
use crate::cli::always::NewRule;
use crate::report::{approval, question};
use crate::{config, report};

/// What a person can say of a call.
const WORDS: &str = "y: let it go · a: let it go, and ask nobody again · e JSON: let it go with these arguments · n REASON: \
                     do not; an empty line leaves it to somebody else";

/// What a person says of a call.
#[derive(Debug, PartialEq)]
enum Said<'l> {
    Yes,
    Always,
    With(&'l str),
    No(Option<&'l str>),
}

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
        for (number, open) in run.approvals() {
            let told = format!("{}\n  {WORDS}", approval::told(&run, number, open));
            stage.reporter.suspend(|| report::progress(&told));
            answered |= decide_until_it_fits(stage, &run, number, open).await?;
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
        let Some(line) = read_line("answer> ").await? else { return Ok(false) };
        let answer = question::answer_of(run, open, &line);
        let request = Request::Answer { question: number, answer: Json::trusted(answer), by: by() };
        if let Some(answered) = given(stage, run, request).await? {
            return Ok(answered);
        }
    }
}

/// The same of a call.
async fn decide_until_it_fits(
    stage: &Stage,
    run: &Run,
    number: ApprovalId,
    open: &Approval,
) -> anyhow::Result<bool> {
    loop {
        let Some(line) = read_line("decide> ").await? else { return Ok(false) };
        let (verdict, rule) = match verdict(stage, run, open, &line) {
            Ok(said) => said,
            Err(why) => {
                report::progress(&why);
                continue;
            }
        };
        let request = Request::Decide { approval: number, verdict, by: by() };
        let Some(decided) = given(stage, run, request).await? else { continue };
        if let Some(rule) = rule.filter(|_| decided) {
            rule.write()?;
            rule.told().iter().for_each(|line| report::progress(line));
        }
        return Ok(decided);
    }
}

/// What a line decides, with the rule that is written then; or why it decides nothing.
fn verdict(
    stage: &Stage,
    run: &Run,
    open: &Approval,
    line: &str,
) -> Result<(Verdict, Option<NewRule>), String> {
    match said(line).ok_or_else(|| WORDS.to_owned())? {
        Said::Yes => Ok((Verdict::Approve { arguments: None, rule: None }, None)),
        Said::No(reason) => Ok((Verdict::Refuse { reason: reason.map(Arc::from) }, None)),
        Said::Always => {
            let rule = stage.grants.rule(run, open).map_err(|refused| refused.to_string())?;
            let lines = Some(rule.lines.as_str().into());
            Ok((Verdict::Approve { arguments: None, rule: lines }, Some(rule)))
        }
        Said::With(text) => {
            let arguments = approval::arguments_of(open, text)
                .ok_or_else(|| "the arguments are no JSON object; give all of them".to_owned())?;
            Ok((Verdict::Approve { arguments: Some(Json::trusted(arguments)), rule: None }, None))
        }
    }
}

/// Whether it was taken; none where it has to be said otherwise.
async fn given(stage: &Stage, run: &Run, request: Request) -> anyhow::Result<Option<bool>> {
    match stage.host.ask(run.id(), request).await? {
        Reply::Done | Reply::Same => Ok(Some(true)),
        Reply::Refused { code, message } => {
            report::progress(&message);
            Ok((code != "misfit").then_some(false))
        }
    }
}

fn said(line: &str) -> Option<Said<'_>> {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = Some(rest.trim()).filter(|rest| !rest.is_empty());
    match (word.to_ascii_lowercase().as_str(), rest) {
        ("y" | "yes", None) => Some(Said::Yes),
        ("a" | "always", None) => Some(Said::Always),
        ("e" | "edit", Some(text)) => Some(Said::With(text)),
        ("n" | "no", reason) => Some(Said::No(reason)),
        _ => None,
    }
}

fn by() -> Option<Arc<str>> {
    config::user().map(Arc::from)
}

async fn read_line(prompt: &'static str) -> anyhow::Result<Option<String>> {
    let read = move || {
        let mut line = String::new();
        write!(io::stderr().lock(), "{prompt}")?;
        io::stdin().read_line(&mut line)?;
        Ok::<_, io::Error>(line)
    };
    let line = tokio::task::spawn_blocking(read).await??;
    Ok(Some(line.trim().to_owned()).filter(|line| !line.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_decides_only_where_it_says_so_and_nothing_else() {
        for (line, expected) in [
            ("y", Some(Said::Yes)),
            ("YES", Some(Said::Yes)),
            ("y but not today", None),
            ("a", Some(Said::Always)),
            ("e {\"a\": 1}", Some(Said::With("{\"a\": 1}"))),
            ("e", None),
            ("n", Some(Said::No(None))),
            ("no  too much", Some(Said::No(Some("too much")))),
            ("ok", None),
        ] {
            assert_eq!(said(line), expected, "{line}");
        }
    }
}
