//! A guest as a workflow of one step, run by a host that keeps its journal in memory: what each attempt
//! did, what was written, and what people are told of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, anyhow};
use lockstep_core::contract::Contract;
use lockstep_core::event::Json;
use lockstep_core::grant::{Access, Grant, Limits, StateGrant, UpdatesGrant};
use lockstep_core::journal::Journal;
use lockstep_core::outcome::{self, Failure};
use lockstep_core::run::{Given, Record, RunId};
use lockstep_core::workflow::{self, HandlerNode, Workflow};
use lockstep_journal::Memory;
use lockstep_runtime::{
    Attempt, Deployed, Host, NewRun, Observer, Rest, RunHandle, Settings, Worker, archive,
};
use lockstep_sandbox::{Allocator, Call, Identity, Release, Report, Sandbox, ToolServer, Toolbox, View};

use super::Trial;

/// The step that attacks.
const ATTACKED: &str = "guest";

/// A guest, what it may do, and how it is run.
#[derive(Clone)]
pub(super) struct Stage {
    /// The name of the step.
    pub(super) name: &'static str,
    pub(super) component: Vec<u8>,
    pub(super) grant: Grant,
    /// Times that it is attempted.
    pub(super) attempts: u32,
    /// Of an attempt.
    pub(super) timeout: Duration,
    /// Attempts at once.
    pub(super) at_once: u32,
    /// How long anybody waits for a run to end.
    pub(super) patience: Duration,
    /// The operator's servers of tools, by name.
    pub(super) servers: BTreeMap<String, Arc<dyn ToolServer>>,
    /// The components that are tools, each after those that it calls.
    pub(super) tools: Vec<ToolPart>,
    pub(super) sandbox: lockstep_sandbox::Settings,
}

/// A component that is a tool.
#[derive(Clone)]
pub(super) struct ToolPart {
    /// By which grants name it.
    pub(super) name: &'static str,
    pub(super) component: Vec<u8>,
    pub(super) grant: Grant,
}

/// A host, and what it did.
pub(super) struct Played {
    pub(super) notes: Arc<Notes>,
    pub(super) journal: Arc<Memory>,
    pub(super) workflow: Arc<Workflow>,
    pub(super) runs: Vec<RunId>,
    /// How each run came to rest; none: it goes on.
    pub(super) rests: Vec<Option<Rest>>,
    _host: Host,
}

impl Stage {
    /// With the limits that a step has without a grant of its own, and all that the guests of
    /// `guest.wit` import.
    pub(super) fn new(trial: Trial, component: Vec<u8>) -> Stage {
        let grant = Grant {
            state: Some(StateGrant { run: Access::ReadWrite }),
            updates: Some(UpdatesGrant::default()),
            ..Grant::default()
        };
        let sandbox = lockstep_sandbox::Settings {
            instances: 32,
            allocator: Allocator::OnDemand,
            walls: trial.walls,
            ..lockstep_sandbox::Settings::default()
        };
        let timeout = Duration::from_secs(30);
        let name = ATTACKED;
        let (servers, tools) = (BTreeMap::new(), Vec::new());
        let patience = timeout;
        Stage { name, component, grant, attempts: 1, timeout, at_once: 8, patience, servers, tools, sandbox }
    }

    /// With other limits.
    pub(super) fn limits(mut self, limits: Limits) -> Stage {
        self.grant.limits = limits;
        self
    }

    /// With instances from a pool, as a host has them.
    pub(super) fn pooled(mut self) -> Stage {
        self.sandbox.allocator = Allocator::Pooling;
        self
    }

    /// An engine for it.
    pub(super) fn engine(&self) -> anyhow::Result<Sandbox> {
        Ok(Sandbox::new(&self.sandbox)?)
    }

    /// Its release, alone.
    pub(super) fn load(&self, sandbox: &Sandbox) -> anyhow::Result<Release> {
        let mut bare = None;
        let toolbox = Toolbox::default();
        self.deploy_with(sandbox, &toolbox, |release| bare = Some(release.clone()))?;
        bare.context("the workflow has a step")
    }

    /// The workflow of which it is the step; it has no tools.
    pub(super) fn deploy(&self, sandbox: &Sandbox) -> anyhow::Result<Deployed> {
        self.deploy_with(sandbox, &Toolbox::default(), |_| ())
    }

    /// The same with its tools.
    pub(super) async fn deploy_tooled(&self, sandbox: &Sandbox) -> anyhow::Result<Deployed> {
        let mut toolbox = Toolbox { servers: self.servers.clone(), ..Toolbox::default() };
        for ToolPart { name, component, grant } in &self.tools {
            let tool = sandbox.load_tool(name, component, grant, &toolbox).await?;
            toolbox.components.insert((*name).to_owned(), tool);
        }
        self.deploy_with(sandbox, &toolbox, |_| ())
    }

    fn deploy_with(
        &self,
        sandbox: &Sandbox,
        toolbox: &Toolbox,
        mut made: impl FnMut(&Release),
    ) -> anyhow::Result<Deployed> {
        let workflow = Arc::new(self.workflow()?);
        Deployed::load(workflow, |_, handlers: &[&HandlerNode]| {
            let release = sandbox.load_with(&self.component, handlers, &self.grant, toolbox)?;
            made(&release);
            Ok(Worker::Release(release))
        })
    }

    /// One attempt of its release alone, with no run around it.
    pub(super) fn call(&self, event: &str) -> Call {
        let identity = Identity {
            run: "attack".into(),
            workflow: "attack".into(),
            step: self.name.into(),
            delivery: 1,
            attempt: 1,
            now_ms: 0,
            deadline_ms: 0,
            session: None,
        };
        Call {
            moment: None,
            handler: 0,
            inputs: vec![Given::One(Json::trusted(event))],
            identity,
            state: View::default(),
            watcher: None,
            blobs: None,
            effects: None,
            kv: None,
            timeout: self.timeout,
        }
    }

    fn workflow(&self) -> anyhow::Result<Workflow> {
        let text = format!(
            "workflow = \"attack\"\nstart = \"work\"\nstop = [\"done\"]\n[steps.{}]\n\
             component = \"guest.wasm\"\ngrant = \"guest.toml\"\ntimeout = \"{}ms\"\n\
             concurrency = {{ all = {} }}\n\
             retry = {{ attempts = {}, initial = \"1ms\", on = [\"limit\", \"trap\"] }}\n",
            self.name,
            self.timeout.as_millis(),
            self.at_once,
            self.attempts
        );
        let tools =
            self.tools.iter().map(|tool| format!("[tools.{}]\ncomponent = \"tool.wasm\"\n", tool.name));
        let text = tools.fold(text, |text, tool| text + &tool);
        let contract = Contract::read(&self.component).map_err(|refusals| anyhow!("{refusals:?}"))?;
        let file = workflow::parse(&text).map_err(|findings| anyhow!("{findings:?}"))?;
        let contracts = BTreeMap::from([(self.name.to_owned(), Arc::new(contract))]);
        let grants = BTreeMap::from([(self.name.to_owned(), self.grant.clone())]);
        let joined = workflow::join(&file, &contracts, &grants);
        Ok(joined.map_err(|findings| anyhow!("{findings:?}"))?.workflow)
    }

    /// Runs it with one event.
    pub(super) async fn play(&self, event: impl Into<String>) -> anyhow::Result<Played> {
        self.play_all(vec![event.into()]).await
    }

    /// Runs it with each event, one after the other, in one host.
    pub(super) async fn play_all(&self, events: Vec<String>) -> anyhow::Result<Played> {
        self.play_in(Arc::new(Memory::new()), events).await
    }

    /// The same with a journal that holds something already.
    pub(super) async fn play_in(&self, journal: Arc<Memory>, events: Vec<String>) -> anyhow::Result<Played> {
        let deployed = self.deploy_tooled(&self.engine()?).await?;
        let notes = Arc::new(Notes::default());
        let host = host(&notes, journal.clone());
        let (mut runs, mut rests) = (Vec::new(), Vec::new());
        for event in events {
            let handle = start(&host, &deployed, event).await?;
            runs.push(handle.id().clone());
            let rest = tokio::time::timeout(self.patience, handle.rest()).await;
            rests.push(rest.ok().transpose()?);
        }
        Ok(Played { notes, journal, workflow: deployed.workflow.clone(), runs, rests, _host: host })
    }
}

/// A host that is watched.
pub(super) fn host(notes: &Arc<Notes>, journal: Arc<dyn Journal>) -> Host {
    Host::new(Settings { observers: vec![notes.clone()], slots: 24, ..Settings::new(journal) })
}

/// Begins a run.
pub(super) async fn start(host: &Host, deployed: &Deployed, event: String) -> anyhow::Result<RunHandle> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    let id = RunId::fresh("attack", u128::from_be_bytes(random));
    Ok(host.start(deployed, NewRun::new(id, Json::trusted(event))).await?)
}

impl Played {
    /// What the last attempt came to, as a few words.
    pub(super) fn told(&self) -> String {
        let seen = self.notes.seen();
        match (self.rests.last(), seen.ended.last()) {
            (Some(None), _) => "still going".to_owned(),
            (_, Some(ended)) => word(&ended.outcome),
            _ => "nothing".to_owned(),
        }
    }

    /// The first event that the last attempt gave.
    pub(super) fn given(&self) -> anyhow::Result<String> {
        let seen = self.notes.seen();
        let ended = seen.ended.last().context("there was an attempt")?;
        match &ended.outcome {
            outcome::Outcome::Emitted(all) => {
                let event = all.events.first().context("it gave an event")?;
                Ok(event.payload.to_string())
            }
            other => Err(anyhow!("it gave no event: {}", full(other))),
        }
    }

    /// All rows of all runs.
    pub(super) async fn records(&self) -> anyhow::Result<Vec<Record>> {
        let mut all = Vec::new();
        for run in &self.runs {
            all.extend(archive::records(&*self.journal, run).await?);
        }
        Ok(all)
    }

    /// What the journal holds of all runs, as it holds it.
    pub(super) async fn journaled(&self) -> anyhow::Result<Vec<u8>> {
        let mut all = Vec::new();
        for run in &self.runs {
            for row in self.journal.load(run).await? {
                all.extend_from_slice(&row.head);
                all.extend_from_slice(row.payload.as_deref().unwrap_or_default());
            }
        }
        Ok(all)
    }
}

/// `limit cpu`, `emitted 3`.
pub(super) fn word(outcome: &outcome::Outcome) -> String {
    match outcome {
        outcome::Outcome::Emitted(all) => format!("emitted {}", all.events.len()),
        outcome::Outcome::Failed(Failure { class, code, .. }) => format!("{class} {code}"),
        outcome::Outcome::Interrupted(why) => format!("interrupted {why:?}"),
    }
}

fn full(outcome: &outcome::Outcome) -> String {
    match outcome {
        outcome::Outcome::Failed(failure) => {
            format!("{} {}: {}", failure.class, failure.code, failure.message)
        }
        other => word(other),
    }
}

/// What attempts of the step that attacks did.
#[derive(Default)]
pub(super) struct Notes(Mutex<Seen>);

/// The same, for the moment.
#[derive(Default)]
pub(super) struct Seen {
    /// Attempts that go on.
    pub(super) going: usize,
    /// The most that went on at once.
    pub(super) most: usize,
    /// Attempts that have ended, in order.
    pub(super) ended: Vec<Ended>,
}

/// An attempt that has ended.
pub(super) struct Ended {
    pub(super) outcome: outcome::Outcome,
    /// What it wrote.
    pub(super) log: String,
}

impl Notes {
    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Notes {
    fn began(&self, attempt: &Attempt) {
        if &*attempt.step != ATTACKED {
            return;
        }
        let mut seen = self.seen();
        seen.going += 1;
        seen.most = seen.most.max(seen.going);
    }

    fn reported(&self, attempt: &Attempt, report: &Report) {
        if &*attempt.step != ATTACKED {
            return;
        }
        let log = report.log.iter().map(|line| format!("{}\n", line.message)).collect();
        let mut seen = self.seen();
        seen.going = seen.going.saturating_sub(1);
        seen.ended.push(Ended { outcome: report.outcome.clone(), log });
    }
}
