//! `lockstep run`: one run of a workflow, from an input to a result; or those that were cut off.

mod asking;
mod going_on;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use lockstep_core::event::Json;
use lockstep_core::journal::Journal;
use lockstep_core::run::{RunId, Status};
use lockstep_core::workflow::Workflow;
use lockstep_runtime::{Deployed, Host, NewRun, Request, Rest, RunHandle, Until, archive};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::always::Grants;
use crate::cli::ready;
use crate::exit::{self, BadInput, Exit};
use crate::project::{Loading, Project, Update};
use crate::report::{self, Reporter};
use crate::{input, store};

/// Run a workflow, and print its result as JSON
#[derive(Debug, Args)]
#[command(after_help = "\
The result's value goes to stdout, everything else to stderr. With --json, stdout carries one
object: {\"run_id\", \"status\", \"result\", \"error\"}.

A run is kept in its store and survives whatever ends this program. Ctrl-C lets it stand where it
is; `lockstep run WORKFLOW --take-up` goes on with it. Questions are asked at the terminal, and calls
are shown there that a grant lets a person decide on; without one, the program ends and the run
waits for `lockstep answer`, `lockstep approve` or `lockstep refuse`.

Examples:
  lockstep run plugins/refunds --input @plugins/refunds/input/approved.json
  lockstep run plugins/refunds --input '{\"order\": \"A-1\"}' --verbose
  curl -s https://example.com/order.json | lockstep run plugins/refunds --input - --json
  lockstep run plugins/refunds --take-up")]
pub(crate) struct Run {
    /// A workflow.toml, or the folder it is in
    workflow: PathBuf,
    /// The start event: JSON, @FILE, or - for stdin
    #[arg(long, value_name = "JSON|@FILE|-", default_value = "{}")]
    input: String,
    /// Where the run is kept: a file, or `memory` [default: lockstep.db beside the workflow]
    #[arg(long, value_name = "FILE|memory")]
    store: Option<PathBuf>,
    /// Begin no run; go on with those of this workflow that were cut off, until only a person can
    #[arg(long, conflicts_with_all = ["input", "idempotency_key", "session", "continue_run"])]
    take_up: bool,
    /// A second run with the same key is the same run
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// The group of runs that this one belongs to
    #[arg(long, value_name = "NAME")]
    session: Option<String>,
    /// Begin with the state of an ended run
    #[arg(long = "continue", id = "continue_run", value_name = "RUN")]
    continues: Option<String>,
    /// Wait for answers that others give, instead of ending when the run waits for a person
    #[arg(long)]
    wait: bool,
    /// Show every event, every update and every line of the steps' logs
    #[arg(long, short)]
    verbose: bool,
    /// Print one JSON object on stdout, also when the run fails
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    update: Update,
}

/// The object of `--json`.
#[derive(Serialize)]
struct Told<'a> {
    run_id: Option<&'a str>,
    status: &'a str,
    result: Option<&'a RawValue>,
    error: Option<String>,
}

/// A workflow that is ready to run, and whoever tells of it.
struct Stage {
    host: Host,
    journal: Arc<dyn Journal>,
    deployed: Deployed,
    reporter: Arc<Reporter>,
    grants: Grants,
    /// Where runs are kept; none: in memory, and gone with the process.
    store: Option<PathBuf>,
    /// The operator's file, if one is named.
    config: Option<PathBuf>,
    interrupts: Signal,
}

/// What became of one run, or that the user wants no more.
enum Came {
    To(Rest),
    Interrupted,
}

impl Run {
    pub(super) fn run(self, config: Option<&Path>) -> anyhow::Result<Exit> {
        let ended = tokio::runtime::Runtime::new()?.block_on(self.perform(config));
        if let Err(error) = &ended
            && self.json
        {
            tell_refused(error)?;
        }
        ended
    }

    async fn perform(&self, config: Option<&Path>) -> anyhow::Result<Exit> {
        let loading = Loading::under(config)?.with(self.update);
        let project = Project::read(&self.workflow, &loading)?;
        report::warnings(&project.warnings);
        let input = if self.take_up { None } else { Some(self.read_input(&project.workflow)?) };
        let mut stage = self.stage(&project, &loading, config).await?;
        let exit = match input {
            Some(input) => self.one(&mut stage, input).await,
            None => going_on::all(self, &mut stage).await,
        };
        stage.host.stop().await;
        exit
    }

    async fn stage(
        &self,
        project: &Project,
        loading: &Loading,
        config: Option<&Path>,
    ) -> anyhow::Result<Stage> {
        let mut all = ready::deployed(&[project], loading).await?;
        let deployed = all.pop().expect("each project is deployed");
        let reporter = Reporter::new(std::slice::from_ref(&deployed), project.grant_files(), self.verbose);
        let reporter = Arc::new(reporter);
        let store = ready::store(self.store.as_deref(), project);
        let journal = ready::journal(store.as_deref())?;
        let host = ready::host(&journal, store.as_deref(), vec![reporter.clone()]);
        let interrupts = signal(SignalKind::interrupt())?;
        let grants = Grants::new(self.workflow.clone(), loading.operator.clone());
        let config = config.map(Path::to_owned);
        Ok(Stage { host, journal, deployed, reporter, grants, store, config, interrupts })
    }

    async fn one(&self, stage: &mut Stage, input: Json) -> anyhow::Result<Exit> {
        let new = self.new_run(stage, input).await?;
        report::progress(&format!("run {} of {}", new.id, stage.deployed.workflow.name));
        let handle = stage.host.start(&stage.deployed, new).await?;
        if !handle.is_new() {
            report::progress("the key is known: this is the run that it began");
        }
        let came = self.to_rest(stage, &handle).await?;
        stage.reporter.end();
        match came {
            Came::To(rest) => self.tell(stage, handle.id(), &rest).await,
            Came::Interrupted => {
                let told = format!("it stands where it was; go on with `{}`", self.going_on(stage));
                report::progress(&format!("interrupted: {told}"));
                if self.json {
                    let (run_id, status) = (Some(handle.id().as_str()), Status::Running.as_str());
                    print(&Told { run_id, status, result: None, error: Some(told) })?;
                }
                Ok(Exit::Cancelled)
            }
        }
    }

    async fn new_run(&self, stage: &Stage, input: Json) -> anyhow::Result<NewRun> {
        let name = &stage.deployed.workflow.name;
        let id = match &self.idempotency_key {
            Some(key) => RunId::keyed(name, key),
            None => RunId::fresh(name, ready::random()?),
        };
        let continues = match &self.continues {
            Some(text) => Some(store::find(&*stage.journal, text).await?),
            None => None,
        };
        let key = self.idempotency_key.as_deref().map(Arc::from);
        let session = self.session.as_deref().map(Arc::from);
        Ok(NewRun { key, session, continues, ..NewRun::new(id, input) })
    }

    /// Waits until the run has ended, or only a person who is not at this terminal can move it.
    async fn to_rest(&self, stage: &mut Stage, handle: &RunHandle) -> anyhow::Result<Came> {
        loop {
            let until = if self.wait { Until::End } else { Until::Rest };
            let rest = tokio::select! {
                rest = handle.wait(until) => rest?,
                _ = stage.interrupts.recv() => return interrupted(stage, handle).await,
            };
            let asks = rest.status == Status::Waiting && std::io::stdin().is_terminal();
            if !asks || !asking::at_terminal(stage, handle.id()).await? {
                return Ok(Came::To(rest));
            }
        }
    }

    async fn tell(&self, stage: &Stage, id: &RunId, rest: &Rest) -> anyhow::Result<Exit> {
        report::progress(&report::ending(&stage.deployed.workflow, rest));
        self.what_next(stage, id, rest.status).await?.iter().for_each(|line| report::progress(line));
        match &rest.result {
            _ if self.json => tell(id, rest)?,
            Some((_, value)) => report::out(value.as_str())?,
            None => {}
        }
        Ok(exit::of_run(rest.status))
    }

    /// What a person can do for a run that waits for one.
    async fn what_next(&self, stage: &Stage, id: &RunId, status: Status) -> anyhow::Result<Vec<String>> {
        let Some(store) = &stage.store else {
            let gone = "it is kept in memory alone and ends here; with a store it would wait";
            return Ok(if status.is_end() { Vec::new() } else { vec![gone.to_owned()] });
        };
        let store = ready::named(store);
        let mut told = match status {
            Status::Waiting => asks(&archive::with_children(&*stage.journal, id).await?, &store),
            Status::Parked => vec![
                format!(
                    "it waits for a person to see to what is parked: `lockstep runs show {id}{store}` says why"
                ),
                format!("let it be tried again with `lockstep runs retry {id}{store}`"),
            ],
            _ => return Ok(Vec::new()),
        };
        told.push(format!("then go on with `{}`", self.going_on(stage)));
        Ok(told)
    }

    /// The command that takes up what was cut off.
    fn going_on(&self, stage: &Stage) -> String {
        let shown = |path: &Path| report::word(&path.display().to_string());
        let option = |name: &str, file: &Option<PathBuf>| {
            file.as_ref().map(|file| format!(" {name} {}", shown(file))).unwrap_or_default()
        };
        let (config, store) = (option("--config", &stage.config), option("--store", &self.store));
        format!("lockstep run {} --take-up{config}{store}", shown(&self.workflow))
    }

    fn read_input(&self, workflow: &Workflow) -> Result<Json, BadInput> {
        ready::input(workflow, &input::read(&self.input, "the start event")?)
    }
}

/// What a run and those within it wait for, and the commands that say it.
fn asks(runs: &[lockstep_core::run::Run], store: &str) -> Vec<String> {
    let has_questions = runs.iter().any(|run| run.questions().next().is_some());
    let has_approvals = runs.iter().any(|run| run.approvals().next().is_some());
    let mut told = Vec::new();
    if has_questions || !has_approvals {
        told.push(format!("it waits for an answer: `lockstep ask ls{store}` shows what is asked"));
        told.push(format!("give one with `lockstep answer QUESTION JSON{store}`"));
    }
    if has_approvals {
        told.push(format!(
            "it waits for a person to decide about a call: `lockstep ask ls{store}` shows all of it"
        ));
        told.push(format!("decide with `lockstep approve CALL{store}` or `lockstep refuse CALL{store}`"));
    }
    told
}

/// What is kept in memory alone ends with the process; whatever is in a store stands where it is.
async fn interrupted(stage: &Stage, handle: &RunHandle) -> anyhow::Result<Came> {
    if stage.store.is_some() {
        return Ok(Came::Interrupted);
    }
    stage.host.ask(handle.id(), Request::Cancel).await?;
    Ok(Came::To(handle.rest().await?))
}

fn tell(id: &RunId, rest: &Rest) -> anyhow::Result<()> {
    let result = rest.result.as_ref().map(|(_, value)| serde_json::from_str(value.as_str())).transpose()?;
    let error = (rest.status != Status::Completed)
        .then(|| rest.reason.clone().unwrap_or_else(|| rest.status.to_string()));
    print(&Told { run_id: Some(id.as_str()), status: rest.status.as_str(), result, error })
}

/// What was refused before there was a run; the error itself goes to stderr as ever.
fn tell_refused(error: &anyhow::Error) -> anyhow::Result<()> {
    print(&Told { run_id: None, status: "refused", result: None, error: Some(format!("{error:#}")) })
}

fn print(told: &Told<'_>) -> anyhow::Result<()> {
    Ok(report::out(&serde_json::to_string(told)?)?)
}
