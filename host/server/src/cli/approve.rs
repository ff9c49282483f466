//! `lockstep approve`: a person lets a call go, as it is, with other arguments, or for good.

use std::path::{Path, PathBuf};

use clap::Args;
use lockstep_core::event::Json;
use lockstep_core::run::Verdict;
use serde_json::json;

use super::always::{Grants, NewRule};
use super::decide::{Given, Which};
use crate::exit::{BadInput, Exit, NotDone};
use crate::operator::Operator;
use crate::report::approval;
use crate::report::difference::{Difference, differences};
use crate::{input, report, store};

/// Let a call go that waits for a person
#[derive(Debug, Args)]
#[command(after_help = "\
The call goes out with the arguments that `lockstep ask ls` shows, once, or with others that are
given: those are checked against the grant and the tool's schema first, and what was changed is kept
with who did it. If no process has the store, the run goes on with the next `lockstep run WORKFLOW
--take-up`.

With --always, the grant of its step is changed so that nobody is asked about such a call again: a
request gets a rule for itself alone, a tool is taken out of `approve`. What is written is shown, and
holds from the next load on.

Examples:
  lockstep ask ls
  lockstep approve 7f3a.12
  lockstep approve 7f3a.12 --with @changed.json --by ann
  lockstep approve 7f3a.12 --always --workflow plugins/refunds")]
pub(crate) struct Approve {
    /// Which call: RUN.NUMBER, or the run where one call of it waits; the beginning of the run's id is enough
    #[arg(value_name = "RUN.NUMBER")]
    call: String,
    /// What it is made with instead: JSON, @FILE, or - for stdin
    #[arg(long, value_name = "JSON|@FILE|-", conflicts_with = "always")]
    with: Option<String>,
    /// Ask nobody about such a call again: write a rule for it to the grant
    #[arg(long)]
    always: bool,
    /// For --always: the run's workflow.toml or one that it lies in, or the folder it is in
    #[arg(long, value_name = "PATH", default_value = ".", requires = "always")]
    workflow: PathBuf,
    /// Who decides [default: the user of this terminal]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: store::Store,
}

impl Approve {
    pub(super) fn run(self, config: Option<&Path>) -> anyhow::Result<Exit> {
        tokio::runtime::Runtime::new()?.block_on(self.perform(config))
    }

    async fn perform(&self, config: Option<&Path>) -> anyhow::Result<Exit> {
        let which = Which::find(&self.store, &self.call).await?;
        let arguments = self.arguments(&which)?;
        let rule = if self.always { self.rule(&which, config)? } else { None };
        let verdict = Verdict::Approve {
            arguments: arguments.clone(),
            rule: rule.as_ref().map(|rule| rule.lines.as_str().into()),
        };
        let given = which.give(&self.store, verdict, self.by.as_deref()).await?;
        let rule = self.written(&which, &given, rule)?;
        let open = which.open().map(|open| &open.proposal.arguments);
        let changed = open.zip(arguments.as_ref()).map(|(before, after)| differences(before, after));
        self.tell(&which, &given, changed.as_deref(), rule.as_ref())?;
        which.go_on(&self.store, &given).await?;
        Ok(Exit::Done)
    }

    /// What the call is made with instead; an object.
    fn arguments(&self, which: &Which) -> anyhow::Result<Option<Json>> {
        let Some(given) = &self.with else { return Ok(None) };
        let text = input::read(given, "the arguments")?;
        let arguments = match which.open() {
            Some(open) => approval::arguments_of(open, text.trim()),
            None => Some(text.trim().to_owned()),
        };
        let no_object = || {
            BadInput(
                "the arguments are no JSON object; give all of them, as `lockstep ask ls --json` has them"
                    .into(),
            )
        };
        Ok(Some(Json::trusted(arguments.ok_or_else(no_object)?)))
    }

    /// The rule for the call, if it is still open.
    fn rule(&self, which: &Which, config: Option<&Path>) -> anyhow::Result<Option<NewRule>> {
        let Some(open) = which.open() else { return Ok(None) };
        let grants = Grants::new(self.workflow.clone(), Operator::find(config)?);
        Ok(Some(grants.rule(&which.run, open)?))
    }

    /// Writes the rule of a decision that stands.
    fn written(
        &self,
        which: &Which,
        given: &Given,
        rule: Option<NewRule>,
    ) -> anyhow::Result<Option<NewRule>> {
        if self.always && !(given.is_new && rule.is_some()) {
            let message = format!(
                "{} was approved before, and no rule was written; change the grant by hand",
                which.name()
            );
            return Err(NotDone { code: "decided".into(), message }.into());
        }
        if let Some(rule) = &rule {
            rule.write()?;
        }
        Ok(rule)
    }

    fn tell(
        &self,
        which: &Which,
        given: &Given,
        changed: Option<&[Difference]>,
        rule: Option<&NewRule>,
    ) -> anyhow::Result<()> {
        if self.json {
            let told = json!({
                "run_id": which.run.id().as_str(),
                "approval": which.name(),
                "is_new": given.is_new,
                "changed": changed,
                "rule": rule.map(|rule| &rule.lines),
                "grant": rule.map(|rule| rule.path().display().to_string()),
            });
            return Ok(report::out(&told.to_string())?);
        }
        let how = match (given.is_new, changed) {
            (false, _) => "approved before, nothing has changed",
            (true, Some(_)) => "approved with changed arguments",
            (true, None) => "approved",
        };
        report::progress(&format!("{}: {how}", which.name()));
        changed.unwrap_or_default().iter().for_each(|one| report::progress(&format!("  {}", one.told())));
        rule.map(NewRule::told).unwrap_or_default().iter().for_each(|line| report::progress(line));
        Ok(())
    }
}
