//! The process that is killed: a host on the store, which goes on with what was cut off, starts runs
//! one after the other, notes each that was accepted, and answers half of what people are asked.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lockstep_core::journal::{self, Commit, Journal, Query};
use lockstep_core::outcome::{Outcome, Update};
use lockstep_core::run::{Change, QuestionId, RunId, Status};
use lockstep_journal::Sqlite;
use lockstep_runtime::{Attempt, Deployed, Host, Observer, Request, RunHandle, Settings, archive};
use lockstep_sandbox::{Report, Sandbox};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::journal::Noting;
use crate::load::{self, Load};
use crate::places::{Place, Places};
use crate::random::Random;

/// Runs that are open at once.
const OPEN: usize = 24;
const SLOTS: usize = 16;
/// How often a worker that finishes looks whether it is done.
const LOOK: Duration = Duration::from_millis(20);

/// One life of the worker.
pub(crate) struct Life {
    /// Where everything lies.
    pub(crate) folder: PathBuf,
    /// Of the load.
    pub(crate) seed: u64,
    /// How many lives there were before.
    pub(crate) number: u64,
    /// The first run to start.
    pub(crate) next: u64,
    /// The journal's wall is away.
    pub(crate) early: bool,
    /// Nothing is started: it ends when every run has.
    pub(crate) finish: bool,
}

/// The statuses of runs that have not ended.
pub(crate) fn open() -> Vec<Status> {
    Status::ALL.into_iter().filter(|status| !status.is_end()).collect()
}

/// Whether the worker answers a question; else the harness does, through the inbox.
pub(crate) fn answers(run: &RunId, question: QuestionId) -> bool {
    (u64::from(run.partition()) + question.0).is_multiple_of(2)
}

/// Lives until it is killed, or until everything has ended.
pub(crate) fn run(life: &Life) -> Result<()> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(4).enable_all().build()?.block_on(live(life))
}

async fn live(life: &Life) -> Result<()> {
    let places = Arc::new(Places::create(&life.folder.join("places"))?);
    let store = Sqlite::open(&life.folder.join("store.db"))?;
    let random = |purpose: u64| Random::of(life.seed, (life.number << 8) | purpose);
    let journal = Noting::new(store, places.clone(), random(1));
    let journal = Arc::new(if life.early { journal.early() } else { journal });
    let (asked, questions) = mpsc::unbounded_channel();
    let watch = Watch { places: places.clone(), random: Mutex::new(random(2)), asked };
    let sandbox = lockstep_sandbox::Settings {
        cache: Some(life.folder.join("compiled")),
        instances: SLOTS as u32,
        ..Default::default()
    };
    let deployed = load::deploy(&Sandbox::new(&sandbox)?)?;
    let before = asking(&*journal).await?;
    let settings = Settings {
        slots: SLOTS,
        inbox: Some(Duration::from_millis(5)),
        observers: vec![Arc::new(watch)],
        ..Settings::new(journal.clone())
    };
    let host = Arc::new(Host::new(settings));
    host.take_up(&deployed).await?;
    places.ready();
    tokio::spawn(answer_all(host.clone(), before, questions, random(3)));
    match life.finish {
        true => finish(&host, &*journal).await,
        false => start_all(life, &host, &*journal, &deployed).await,
    }
}

/// Questions that were asked in another life.
async fn asking(journal: &dyn Journal) -> Result<Vec<(RunId, QuestionId)>> {
    let mut all = Vec::new();
    let query = Query { asking: true, limit: 1000, ..Query::default() };
    for (id, _) in journal.runs(&query).await? {
        let run = archive::read(journal, &id).await?.context("a run that is listed is there")?;
        all.extend(run.questions().map(|(question, _)| (id.clone(), question)));
    }
    Ok(all)
}

async fn answer_all(
    host: Arc<Host>,
    before: Vec<(RunId, QuestionId)>,
    mut questions: mpsc::UnboundedReceiver<(RunId, QuestionId)>,
    mut random: Random,
) {
    for (run, question) in before {
        answer(&host, &run, question).await;
    }
    while let Some((run, question)) = questions.recv().await {
        tokio::time::sleep(Duration::from_micros(random.below(2000))).await;
        answer(&host, &run, question).await;
    }
}

async fn answer(host: &Host, run: &RunId, question: QuestionId) {
    if answers(run, question) {
        let request = Request::Answer { question, answer: load::answer(), by: Some("worker".into()) };
        // What was not taken stays open, and is found by the next life.
        let _ = host.ask(run, request).await;
    }
}

/// Starts run after run, never more than so many open ones, and notes each that was accepted.
async fn start_all(life: &Life, host: &Host, journal: &dyn Journal, deployed: &Deployed) -> Result<()> {
    let mut acks = File::options().create(true).append(true).open(life.folder.join("acks"))?;
    let mut resting = JoinSet::new();
    for (id, _) in journal.runs(&Query { statuses: open(), limit: 1000, ..Query::default() }).await? {
        resting.spawn(rest(host.run(id)));
    }
    for number in life.next.. {
        while resting.len() >= OPEN {
            resting.join_next().await.context("some run is open")???;
        }
        let handle = host.start(deployed, Load::of(life.seed, number).start(number)).await?;
        // One write: a line is there whole or not at all.
        acks.write_all(format!("{}\n", load::key(number)).as_bytes())?;
        resting.spawn(rest(handle));
    }
    Ok(())
}

async fn rest(handle: RunHandle) -> Result<()> {
    let rest = handle.rest().await?;
    match rest.status {
        Status::Completed => Ok(()),
        status => bail!("run {} is {status}: {:?}", handle.id(), rest.reason),
    }
}

async fn finish(host: &Host, journal: &dyn Journal) -> Result<()> {
    let open = Query { statuses: open(), limit: 1, ..Query::default() };
    while !journal.runs(&open).await?.is_empty() {
        for (run, question) in asking(journal).await? {
            answer(host, &run, question).await;
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// Notes where attempts are, and hands on what people are asked.
struct Watch {
    places: Arc<Places>,
    random: Mutex<Random>,
    asked: mpsc::UnboundedSender<(RunId, QuestionId)>,
}

impl Observer for Watch {
    fn reported(&self, _: &Attempt, report: &Report) {
        if !matches!(report.outcome, Outcome::Interrupted(_)) {
            self.places.enter(Place::BeforeCommit);
        }
    }

    /// Called inside the guest's call of `publish`.
    fn published(&self, _: &Attempt, _: &Update) {
        self.places.enter(Place::InHostCall);
        let micros = self.random.lock().unwrap_or_else(PoisonError::into_inner).below(1500);
        std::thread::sleep(Duration::from_micros(micros));
        self.places.leave(Place::InHostCall);
    }

    fn troubled(&self, _: &journal::Error) {
        self.places.troubled();
    }

    fn committed(&self, commit: &Commit) {
        for record in &commit.records {
            if let Change::Asked { .. } = record.change {
                // Nobody listens any more when the process ends.
                let _ = self.asked.send((commit.run.clone(), record.seq));
            }
        }
    }
}
