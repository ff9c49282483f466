//! Workflows, with the hosts that run them: what clients of MCP ask goes in, done by the runtime. Runs lie in
//! the stores of their workflows; a client reaches those of what is offered, and no other run that lies there.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lockstep_core::event::Json;
use lockstep_core::journal::{Commit, Journal};
use lockstep_core::run::{Open, Run, RunId, Seq};
use lockstep_mcp::serve::{Answering, Call, Offer, Refused, Standing, Start, Workflows};
use lockstep_runtime::{Deployed, Host, NewRun, Observer, Reply, Request, RunHandle, Until, archive};
use serde_json::Value;
use tokio::sync::RwLock;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::office::Office;
use super::standing;
use crate::cli::{decide, ready};
use crate::inert::inert;
use crate::project::{Loading, Project};
use crate::report::{self, Line, Lines, Reporter, question};

/// So much of what a client names is told back, in characters.
const TOLD: usize = 80;

/// All that is offered.
pub(super) struct Offered {
    shelves: Vec<Shelf>,
    offers: Vec<Offer>,
    office: Office,
}

/// A store with the workflows whose runs lie in it.
struct Shelf {
    /// None: it was stopped.
    host: RwLock<Option<Host>>,
    journal: Arc<dyn Journal>,
    store: Option<PathBuf>,
    deployed: Vec<Deployed>,
    reporter: Arc<Reporter>,
    lines: Arc<Lines>,
    office: Office,
}

/// A run that a client may know, and the outermost one that it lies in.
struct Found<'o> {
    shelf: &'o Shelf,
    run: Run,
    root: RunId,
}

/// Tells how runs end.
struct Ends;

impl Observer for Ends {
    fn committed(&self, commit: &Commit) {
        if commit.summary.status.is_end() {
            report::progress(&format!("run {} is {}", commit.run, commit.summary.status));
        }
    }
}

impl Offered {
    /// Opens the stores and deploys the workflows; no run is taken up yet.
    pub(super) async fn open(
        projects: &[Project],
        loading: &Loading,
        store: Option<&Path>,
        office: Office,
    ) -> anyhow::Result<Offered> {
        let mut shelves = Vec::new();
        for (store, projects) in by_store(projects, store) {
            shelves.push(Shelf::open(&projects, loading, store, office.clone()).await?);
        }
        let offers = shelves.iter().flat_map(|shelf| &shelf.deployed).map(offer).collect();
        Ok(Offered { shelves, offers, office })
    }

    /// Goes on with runs that were cut off.
    pub(super) async fn take_up(&self) -> anyhow::Result<()> {
        for shelf in &self.shelves {
            for deployed in &shelf.deployed {
                shelf.take_up(deployed).await?;
            }
        }
        Ok(())
    }

    /// Lets all runs stand where they are.
    pub(super) async fn stop(&self) {
        for shelf in &self.shelves {
            if let Some(host) = shelf.host.write().await.take() {
                host.stop().await;
            }
            shelf.reporter.end();
        }
    }

    /// For people.
    pub(super) fn names(&self) -> String {
        self.offers.iter().map(|offer| offer.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn deployed(&self, name: &str) -> Option<(&Shelf, &Deployed)> {
        let mut all = self.shelves.iter().flat_map(|shelf| shelf.deployed.iter().map(move |it| (shelf, it)));
        all.find(|(_, deployed)| deployed.workflow.name == name)
    }

    /// The run of this id, if it is one of what is offered or lies in one.
    async fn find(&self, id: &str) -> Result<Found<'_>, Refused> {
        for shelf in &self.shelves {
            let Some(run) = shelf.read(&RunId::named(id)).await? else { continue };
            if let Some(root) = shelf.root(&run).await? {
                return Ok(Found { shelf, run, root });
            }
        }
        Err(Refused(format!(
            "there is no run `{}` in this store; give the whole `run_id` that a call told",
            cut(id)
        )))
    }

    async fn begin(&self, start: Start, call: &Call) -> Result<Standing, Refused> {
        let unknown = || Refused(format!("there is no workflow `{}`", cut(&start.workflow)));
        let (shelf, deployed) = self.deployed(&start.workflow).ok_or_else(unknown)?;
        let input = ready::input(&deployed.workflow, &start.input).map_err(refused)?;
        let name = &deployed.workflow.name;
        let id = match &start.key {
            Some(key) => RunId::keyed(name, key),
            None => RunId::fresh(name, ready::random().map_err(refused)?),
        };
        let lines = shelf.listen(call);
        let new = NewRun { key: start.key.as_deref().map(Arc::from), ..NewRun::new(id, input) };
        let handle = match &*shelf.host.read().await {
            Some(host) => host.start(deployed, new).await.map_err(refused)?,
            None => return Err(stopped()),
        };
        if handle.is_new() {
            report::progress(&format!("run {} of {name}, for {}", handle.id(), inert(&call.client)));
        }
        let is_new = Some(handle.is_new());
        shelf.stands(handle, is_new, lines, call).await
    }

    async fn wait_for(&self, run: &str, call: &Call) -> Result<Standing, Refused> {
        let Found { shelf, run, .. } = self.find(run).await?;
        let lines = shelf.listen(call);
        let handle = shelf.handle(run.id()).await?;
        shelf.stands(handle, None, lines, call).await
    }

    async fn give(&self, text: &str, answer: &Value, call: &Call) -> Result<Standing, Refused> {
        let unknown = || {
            Refused(format!("`{}` names no question; give the `question` of one in `questions`", cut(text)))
        };
        let (run, number) = text.rsplit_once('.').ok_or_else(unknown)?;
        let number = Seq(number.parse().map_err(|_| unknown())?);
        let Found { shelf, run, root } = self.find(run).await?;
        if decide::is_approval(&run, number) {
            return Err(refused(decide::no_question(run.id(), number)));
        }
        let open = run.questions().find(|(id, _)| *id == number).map(|(_, open)| open);
        if let Some(open) = open.filter(|open| !self.office.may_answer(&run, open)) {
            return Err(Office::refusal(&run, number, open, shelf.store.as_deref()));
        }
        let answer = Json::trusted(open.map_or_else(|| answer.to_string(), |open| said(&run, open, answer)));
        let by = Some(format!("mcp:{}", inert(&call.client)).into());
        let lines = shelf.listen(call);
        let is_new = shelf.ask(run.id(), Request::Answer { question: number, answer, by }).await?;
        let handle = shelf.handle(&root).await?;
        shelf.stands(handle, Some(is_new), lines, call).await
    }

    async fn end(&self, run: &str, call: &Call) -> Result<Standing, Refused> {
        let Found { shelf, run, .. } = self.find(run).await?;
        let is_new = shelf.ask(run.id(), Request::Cancel).await?;
        let handle = shelf.handle(run.id()).await?;
        let standing = shelf.stands(handle, Some(is_new), None, call).await?;
        Ok(Standing { is_failed: false, ..standing })
    }
}

impl Workflows for Offered {
    fn offers(&self) -> &[Offer] {
        &self.offers
    }

    fn start<'a>(&'a self, start: Start, call: &'a Call) -> Answering<'a> {
        Box::pin(self.begin(start, call))
    }

    fn wait<'a>(&'a self, run: &'a str, call: &'a Call) -> Answering<'a> {
        Box::pin(self.wait_for(run, call))
    }

    fn answer<'a>(&'a self, question: &'a str, answer: Value, call: &'a Call) -> Answering<'a> {
        Box::pin(async move { self.give(question, &answer, call).await })
    }

    fn cancel<'a>(&'a self, run: &'a str, call: &'a Call) -> Answering<'a> {
        Box::pin(self.end(run, call))
    }
}

impl Shelf {
    async fn open(
        projects: &[&Project],
        loading: &Loading,
        store: Option<PathBuf>,
        office: Office,
    ) -> anyhow::Result<Shelf> {
        let deployed = ready::deployed(projects, loading).await?;
        let grants = projects.iter().flat_map(|project| project.grant_files()).collect();
        let reporter = Arc::new(Reporter::new(&deployed, grants, false).naming_runs());
        let lines = Arc::new(Lines::new(&deployed));
        let journal = ready::journal(store.as_deref())?;
        let observers: Vec<Arc<dyn Observer>> = vec![reporter.clone(), lines.clone(), Arc::new(Ends)];
        let host = RwLock::new(Some(ready::host(&journal, store.as_deref(), observers)));
        Ok(Shelf { host, journal, store, deployed, reporter, lines, office })
    }

    async fn take_up(&self, deployed: &Deployed) -> anyhow::Result<()> {
        let (own, others) = ready::open(&*self.journal, deployed).await?;
        ready::tell_open(&deployed.workflow.name, &own, others);
        for id in &own {
            if let Some(run) = archive::read(&*self.journal, id).await? {
                self.reporter.goes_on(&run);
                self.lines.goes_on(&run);
            }
        }
        if let Some(host) = &*self.host.read().await {
            host.take_up(deployed).await?;
        }
        Ok(())
    }

    async fn read(&self, id: &RunId) -> Result<Option<Run>, Refused> {
        archive::read(&*self.journal, id).await.map_err(refused)
    }

    /// The outermost run that one lies in, if its workflow is offered.
    async fn root(&self, run: &Run) -> Result<Option<RunId>, Refused> {
        let mut about = run.about().clone();
        let mut id = run.id().clone();
        while let Some(parent) = about.parent.clone() {
            let Some(outer) = self.read(&parent.run).await? else { return Ok(None) };
            (about, id) = (outer.about().clone(), parent.run);
        }
        let is_offered = self.deployed.iter().any(|it| *it.workflow.name == *about.workflow);
        Ok(is_offered.then_some(id))
    }

    async fn handle(&self, id: &RunId) -> Result<RunHandle, Refused> {
        let host = self.host.read().await;
        host.as_ref().map(|host| host.run(id.clone())).ok_or_else(stopped)
    }

    /// Asks something of a run; whether it was not so before.
    async fn ask(&self, run: &RunId, request: Request) -> Result<bool, Refused> {
        let host = self.host.read().await;
        let host = host.as_ref().ok_or_else(stopped)?;
        match host.ask(run, request).await.map_err(refused)? {
            Reply::Done => Ok(true),
            Reply::Same => Ok(false),
            Reply::Refused { message, .. } => Err(refused(message)),
        }
    }

    /// What runs do from now on, for those who want to know.
    fn listen(&self, call: &Call) -> Option<Receiver<Line>> {
        call.is_watched().then(|| self.lines.listen())
    }

    /// How a run stands when it has come to rest, or when nobody waits any longer.
    async fn stands(
        &self,
        handle: RunHandle,
        is_new: Option<bool>,
        mut lines: Option<Receiver<Line>>,
        call: &Call,
    ) -> Result<Standing, Refused> {
        tokio::select! {
            rest = tokio::time::timeout(call.patience, handle.wait(Until::Rest)) => {
                if let Ok(Err(error)) = rest {
                    return Err(refused(error));
                }
            }
            () = call.is_over() => {}
            never = tell(lines.as_mut(), handle.id(), call) => match never {},
        }
        tell_rest(lines, handle.id(), call);
        let runs = archive::with_children(&*self.journal, handle.id()).await.map_err(refused)?;
        let gone = || Refused(format!("run {} was just purged", handle.id()));
        standing::of(&runs, self.store.as_deref(), is_new, &self.office).ok_or_else(gone)
    }
}

/// Tells a client what its run does, for as long as it is waited for.
async fn tell(lines: Option<&mut Receiver<Line>>, run: &RunId, call: &Call) -> Infallible {
    let Some(lines) = lines else { return std::future::pending().await };
    loop {
        match lines.recv().await {
            Ok(line) if line.run == *run => call.tell(&line.text),
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            // What tells of runs is there as long as they are.
            Err(RecvError::Closed) => return std::future::pending().await,
        }
    }
}

/// What was told already when the run came to rest.
fn tell_rest(lines: Option<Receiver<Line>>, run: &RunId, call: &Call) {
    let Some(mut lines) = lines else { return };
    loop {
        match lines.try_recv() {
            Ok(line) if line.run == *run => call.tell(&line.text),
            Ok(_) | Err(TryRecvError::Lagged(_)) => {}
            Err(TryRecvError::Empty | TryRecvError::Closed) => return,
        }
    }
}

/// An answer as it was given; text that does not fit as it stands is read as a person's line is.
fn said(run: &Run, open: &Open, answer: &Value) -> String {
    let text = answer.to_string();
    match answer {
        Value::String(line) if run.workflow().check_answer(open.event, &text).is_err() => {
            question::answer_of(run, open, line)
        }
        _ => text,
    }
}

/// Projects with the store that their runs lie in, those with the same one together.
fn by_store<'p>(projects: &'p [Project], named: Option<&Path>) -> Vec<(Option<PathBuf>, Vec<&'p Project>)> {
    let mut all: Vec<(Option<PathBuf>, Vec<&Project>)> = Vec::new();
    for project in projects {
        let store = ready::store(named, project);
        match all.iter_mut().find(|(known, _)| is_same(known.as_deref(), store.as_deref())) {
            Some((_, together)) => together.push(project),
            None => all.push((store, vec![project])),
        }
    }
    all
}

/// Whether two paths name one file, which may not be there yet.
fn is_same(one: Option<&Path>, other: Option<&Path>) -> bool {
    // A bare name has no parent of its own but the folder that this is run in.
    let real = |path: &Path| {
        let folder = Path::new(".").join(path.parent()?).canonicalize().ok()?;
        Some((folder, path.file_name()?.to_owned()))
    };
    match (one, other) {
        (Some(one), Some(other)) => one == other || real(one).is_some_and(|it| real(other) == Some(it)),
        (None, None) => true,
        _ => false,
    }
}

/// What a client is told of a workflow.
fn offer(deployed: &Deployed) -> Offer {
    let workflow = &deployed.workflow;
    let start = workflow.event(workflow.start);
    let stops = || workflow.events.iter().filter(|event| event.stop);
    let names: Vec<_> = stops().map(|event| format!("`{}`", event.short)).collect();
    let asks = if workflow.events.iter().any(|event| event.question.is_some()) {
        " It may ask questions."
    } else {
        ""
    };
    Offer {
        name: workflow.name.clone(),
        description: format!(
            "Begins a run of the workflow `{}`, which takes a `{}` and comes to {}, and waits for it.{asks}",
            workflow.name,
            start.short,
            names.join(" or ")
        ),
        input: start.shape.schema(&start.short),
        results: stops().map(|event| event.shape.schema(&event.short)).collect(),
    }
}

fn cut(text: &str) -> String {
    let kept: String = text.chars().take(TOLD).collect();
    inert(&kept).into_owned()
}

fn stopped() -> Refused {
    refused(lockstep_runtime::Error::ShutDown)
}

fn refused(why: impl ToString) -> Refused {
    Refused(why.to_string())
}
