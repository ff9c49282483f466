//! Workflows made ready to run: deployed in a sandbox, with the store that their runs are kept in, and a
//! host over it. What every command needs that runs them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lockstep_core::event::Json;
use lockstep_core::journal::{Journal, Query};
use lockstep_core::run::{RunId, Status};
use lockstep_core::workflow::Workflow;
use lockstep_journal::{Memory, Sqlite};
use lockstep_runtime::{Deployed, Host, Observer, Settings};
use lockstep_sandbox::Sandbox;

use crate::exit::BadInput;
use crate::project::{Loading, Project, Refused, wanted};
use crate::{config, inert, report};

/// How often other processes are listened to.
const INBOX: Duration = Duration::from_millis(100);
/// The store beside a workflow.
const STORE: &str = "lockstep.db";
/// Runs that are asked for at once.
const PAGE: u32 = 500;

/// The projects in one sandbox, in their order.
pub(super) async fn deployed(projects: &[&Project], loading: &Loading) -> anyhow::Result<Vec<Deployed>> {
    let mut secrets = BTreeMap::new();
    for project in projects {
        secrets.extend(project.secrets(&loading.operator)?);
    }
    let settings = lockstep_sandbox::Settings {
        cache: config::cache(),
        compiler: config::compiler()?,
        scratch: Some(config::swept_scratch()),
        egress: loading.operator.egress(secrets)?,
        ..Default::default()
    };
    let sandbox = Sandbox::new(&settings)?;
    let servers = projects.iter().flat_map(|project| project.servers()).collect();
    let servers = loading.operator.tool_servers(&servers)?;
    let mut deployed = Vec::new();
    for project in projects {
        deployed.push(project.deploy(&sandbox, &servers).await?);
    }
    Ok(deployed)
}

/// Where the runs of a project are kept; none: in memory.
pub(super) fn store(named: Option<&Path>, project: &Project) -> Option<PathBuf> {
    match named {
        Some(memory) if memory.as_os_str() == "memory" => None,
        Some(file) => Some(file.to_owned()),
        None => Some(project.folder.join(STORE)),
    }
}

/// The journal of a store.
pub(super) fn journal(store: Option<&Path>) -> Result<Arc<dyn Journal>, Refused> {
    let Some(file) = store else { return Ok(Arc::new(Memory::new())) };
    match Sqlite::open(file) {
        Ok(journal) => Ok(Arc::new(journal)),
        Err(error) => Err(Refused::one(format!("{error} (`--store FILE`, or `--store memory`)"))),
    }
}

/// A host over a store, which listens to other processes where they can reach it.
pub(super) fn host(
    journal: &Arc<dyn Journal>,
    store: Option<&Path>,
    observers: Vec<Arc<dyn Observer>>,
) -> Host {
    let inbox = store.is_some().then_some(INBOX);
    Host::new(Settings { observers, inbox, ..Settings::new(journal.clone()) })
}

/// The start event that a text is, if it is one.
pub(super) fn input(workflow: &Workflow, text: &str) -> Result<Json, BadInput> {
    match workflow.check_start(text) {
        Ok(()) => Ok(Json::trusted(text.trim())),
        Err(error) => {
            let error = inert::inert(&error.to_string()).into_owned();
            Err(BadInput(format!("the input does not fit: {error}; {}", wanted(workflow))))
        }
    }
}

/// The open runs of the deployed revision, the oldest first, and how many there are of others.
pub(super) async fn open(journal: &dyn Journal, deployed: &Deployed) -> anyhow::Result<(Vec<RunId>, usize)> {
    let (mut own, mut others) = (Vec::new(), 0);
    let mut query = Query {
        statuses: vec![Status::Running, Status::Waiting],
        workflow: Some(deployed.workflow.name.clone()),
        limit: PAGE,
        ..Query::default()
    };
    loop {
        let page = journal.runs(&query).await?;
        query.before = page.last().map(|(id, _)| id.clone());
        let is_last = page.len() < PAGE as usize;
        for (id, summary) in page {
            match summary.about.revision == deployed.revision() {
                true => own.push(id),
                false => others += 1,
            }
        }
        if is_last {
            own.reverse();
            return Ok((own, others));
        }
    }
}

/// Says which runs of a workflow go on.
pub(super) fn tell_open(name: &str, own: &[RunId], others: usize) {
    if others > 0 {
        report::progress(&format!("{others} open runs of another revision of {name} stay where they are"));
    }
    match own {
        [] => report::progress(&format!("no run of {name} was cut off")),
        [one] => report::progress(&format!("taking up run {one}")),
        many => report::progress(&format!("taking up {} runs of {name}", many.len())),
    }
}

/// How the store is named to other commands; those look for one in the folder that they are in.
pub(super) fn named(store: &Path) -> String {
    match store == Path::new(STORE) || store == Path::new(".").join(STORE) {
        true => String::new(),
        false => format!(" --store {}", report::word(&store.display().to_string())),
    }
}

/// Bits that nobody can guess.
pub(super) fn random() -> anyhow::Result<u128> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(u128::from_be_bytes(bytes))
}
