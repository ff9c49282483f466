//! `lockstep run`: one run of a workflow, from an input to a result.

use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use lockstep_core::event::Json;
use lockstep_core::journal::Journal;
use lockstep_core::run::{RunId, Status};
use lockstep_core::workflow::Workflow;
use lockstep_journal::{Memory, Sqlite};
use lockstep_runtime::{Deployed, Host, Rest, RunHandle, Settings};
use lockstep_sandbox::Sandbox;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::{self, BadInput, Exit};
use crate::project::{Project, Refused, unreadable, wanted};
use crate::report::{self, Reporter};
use crate::{config, inert};

/// No start event is larger.
const LARGEST_INPUT: u64 = 16 << 20;

/// Run a workflow once, and print its result as JSON
#[derive(Debug, Args)]
#[command(after_help = "\
The result's value goes to stdout, everything else to stderr. With --json, stdout carries one
object: {\"run_id\", \"status\", \"result\", \"error\"}.

Examples:
  lockstep run plugins/refunds --input @plugins/refunds/input/approved.json
  lockstep run plugins/refunds --input '{\"order\": \"A-1\"}' --verbose
  curl -s https://example.com/order.json | lockstep run plugins/refunds --input - --json")]
pub(crate) struct Run {
    /// A workflow.toml, or the folder it is in
    workflow: PathBuf,
    /// The start event: JSON, @FILE, or - for stdin
    #[arg(long, value_name = "JSON|@FILE|-", default_value = "{}")]
    input: String,
    /// Where the run is kept: a file, or `memory` [default: lockstep.db beside the workflow]
    #[arg(long, value_name = "FILE|memory")]
    store: Option<PathBuf>,
    /// Show every event and every line of the steps' logs
    #[arg(long, short)]
    verbose: bool,
    /// Print one JSON object on stdout, also when the run fails
    #[arg(long)]
    json: bool,
}

/// The object of `--json`.
#[derive(Serialize)]
struct Told<'a> {
    run_id: Option<&'a str>,
    status: &'a str,
    result: Option<&'a RawValue>,
    error: Option<String>,
}

impl Run {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let run = tokio::runtime::Runtime::new()?.block_on(self.to_rest());
        match &run {
            Ok((id, rest)) if self.json => tell(id, rest)?,
            Ok((_, Rest { result: Some((_, value)), .. })) => report::out(value.as_str())?,
            Err(error) if self.json => tell_refused(error)?,
            _ => {}
        }
        run.map(|(_, rest)| exit::of_run(rest.status))
    }

    async fn to_rest(&self) -> anyhow::Result<(RunId, Rest)> {
        let project = Project::read(&self.workflow)?;
        report::warnings(&project.warnings);
        let input = self.read_input(&project.workflow)?;
        let sandbox =
            Sandbox::new(&lockstep_sandbox::Settings { cache: config::cache(), ..Default::default() })?;
        let deployed = project.deploy(&sandbox)?;
        let reporter = Arc::new(Reporter::new(project.workflow.clone(), self.verbose));
        let journal = self.journal(&project)?;
        let host = Host::new(Settings { observers: vec![reporter.clone()], ..Settings::new(journal) });
        let (id, rest) = run_on(&host, &deployed, input).await?;
        reporter.end(&rest);
        Ok((id, rest))
    }

    fn journal(&self, project: &Project) -> Result<Arc<dyn Journal>, Refused> {
        let store = match &self.store {
            Some(memory) if memory.as_os_str() == "memory" => return Ok(Arc::new(Memory::new())),
            Some(file) => file.clone(),
            None => project.folder.join("lockstep.db"),
        };
        match Sqlite::open(&store) {
            Ok(journal) => Ok(Arc::new(journal)),
            Err(error) => Err(Refused::one(format!("{error} (`--store FILE`, or `--store memory`)"))),
        }
    }

    fn read_input(&self, workflow: &Workflow) -> Result<Json, BadInput> {
        let text = match self.input.strip_prefix('@') {
            Some(path) => read_file(Path::new(path))?,
            None if self.input == "-" => read_stdin()?,
            None => self.input.clone(),
        };
        match workflow.check_start(&text) {
            Ok(()) => Ok(Json::trusted(text.trim())),
            Err(error) => {
                let error = inert::inert(&error.to_string()).into_owned();
                Err(BadInput(format!("the input does not fit: {error}; {}", wanted(workflow))))
            }
        }
    }
}

async fn run_on(host: &Host, deployed: &Deployed, input: Json) -> anyhow::Result<(RunId, Rest)> {
    let interrupts = signal(SignalKind::interrupt())?;
    let id = RunId::fresh(&deployed.workflow.name, random()?);
    report::progress(&format!("run {id} of {}", deployed.workflow.name));
    let handle = host.start(deployed, id.clone(), input).await?;
    Ok((id, to_rest(host, handle, interrupts).await?))
}

/// Waits for the run; an interrupt cancels it, and it ends as cancelled.
async fn to_rest(host: &Host, handle: RunHandle, mut interrupts: Signal) -> anyhow::Result<Rest> {
    let id = handle.id().clone();
    let rest = handle.rest();
    tokio::pin!(rest);
    tokio::select! {
        rest = &mut rest => return Ok(rest?),
        _ = interrupts.recv() => {}
    }
    host.cancel(&id).await?;
    Ok(rest.await?)
}

fn random() -> anyhow::Result<u128> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(u128::from_be_bytes(bytes))
}

fn read_file(path: &Path) -> Result<String, BadInput> {
    let shown = path.display().to_string();
    let file = fs::File::open(path).map_err(|error| BadInput(unreadable(&shown, &error)))?;
    read_text(file, &shown)
}

fn read_stdin() -> Result<String, BadInput> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        report::progress("reading the start event from the terminal; end it with Ctrl-D");
    }
    read_text(stdin.lock(), "stdin")
}

fn read_text(from: impl Read, shown: &str) -> Result<String, BadInput> {
    let mut bytes = Vec::new();
    from.take(LARGEST_INPUT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| BadInput(unreadable(shown, &error)))?;
    if bytes.len() as u64 > LARGEST_INPUT {
        return Err(BadInput(format!("{shown}: it is larger than {} MiB", LARGEST_INPUT >> 20)));
    }
    String::from_utf8(bytes).map_err(|_| BadInput(format!("{shown}: it is not UTF-8 text; give JSON")))
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
