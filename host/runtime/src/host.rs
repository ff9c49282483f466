//! The handle that a program holds: starts runs, asks things of them, and waits for them to come to
//! rest.

use std::sync::Arc;
use std::time::Duration;

use lockstep_core::event::Json;
use lockstep_core::journal::{self, Journal};
use lockstep_core::run::{RunId, Status};
use lockstep_core::workflow::{EventId, Revision};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::clock::{Clock, System};
use crate::deployed::Deployed;
use crate::observer::Observer;
use crate::partition::{Command, Partition};
use crate::request::{Reply, Request};

/// Commands that may wait for the loop.
const QUEUE: usize = 1024;

/// What a host is made of.
pub struct Settings {
    /// Where runs are kept.
    pub journal: Arc<dyn Journal>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Who is told.
    pub observers: Vec<Arc<dyn Observer>>,
    /// Attempts at once, of all steps together: no more than the sandbox has instances.
    pub slots: usize,
    /// After every commit, a run is dropped and read back from the journal. For tests, and for
    /// whoever wants to see that nothing is known that is not written.
    pub reload: bool,
    /// So many commits may a run be ahead of what is written: steps that reach nothing outside it are
    /// attempted before that. 0: none is.
    pub ahead: u32,
    /// How often the journal's inbox is looked into for what other processes ask; none: never.
    pub inbox: Option<Duration>,
}

impl Settings {
    /// The machine's clock, no observers, as many slots as a sandbox has instances by default.
    pub fn new(journal: Arc<dyn Journal>) -> Settings {
        let slots = lockstep_sandbox::Settings::default().instances as usize;
        Settings {
            journal,
            clock: Arc::new(System),
            observers: Vec::new(),
            slots,
            reload: false,
            ahead: 64,
            inbox: None,
        }
    }
}

/// Why the host did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The journal did not take a commit, or did not give it back.
    #[error("run {run} cannot go on: {why}")]
    Journal {
        /// The run.
        run: RunId,
        /// What the journal said.
        why: Arc<journal::Error>,
    },
    /// The journal did not do what has nothing to do with a single run.
    #[error("the store cannot be used: {why}")]
    Store {
        /// What the journal said.
        why: Arc<journal::Error>,
    },
    /// What the journal holds is no run of its workflow.
    #[error(transparent)]
    Fold(#[from] lockstep_core::run::FoldError),
    /// A run cannot be forked there.
    #[error(transparent)]
    NoFork(#[from] lockstep_core::run::NoFork),
    /// The state of a run cannot be read.
    #[error("the state of run {run} is damaged")]
    Damaged {
        /// The run.
        run: RunId,
    },
    /// The journal does not have the graph that a run moves through.
    #[error("run {run} moves through the graph {revision}, which the store does not have")]
    NoGraph {
        /// The run.
        run: RunId,
        /// The graph.
        revision: Revision,
    },
    /// There is no such run.
    #[error("there is no run {run} in this store; `lockstep runs ls` lists them")]
    Unknown {
        /// The run that was asked for.
        run: RunId,
    },
    /// The key of a start belongs to a run with another input.
    #[error("the idempotency key belongs to run {run}, which began with another input; use another key")]
    KeyTaken {
        /// The run.
        run: RunId,
    },
    /// Only the state of an ended run is taken over.
    #[error("run {run} is {status}; only an ended run can be continued")]
    NotEnded {
        /// The run.
        run: RunId,
        /// What it is.
        status: Status,
    },
    /// The host was shut down.
    #[error("the host is shut down")]
    ShutDown,
}

impl Error {
    pub(crate) fn journal(run: &RunId, why: journal::Error) -> Error {
        Error::Journal { run: run.clone(), why: Arc::new(why) }
    }

    /// A short stable word, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Journal { .. } | Error::Store { .. } => "journal",
            Error::Fold(_) | Error::Damaged { .. } | Error::NoGraph { .. } => "damaged",
            Error::NoFork(refusal) => refusal.code(),
            Error::Unknown { .. } => "unknown-run",
            Error::KeyTaken { .. } => "key-taken",
            Error::NotEnded { .. } => "not-ended",
            Error::ShutDown => "shut-down",
        }
    }
}

/// How a run is asked for.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// Its id; with a key, the one that the key names.
    pub id: RunId,
    /// Its start event, whose value was checked at the door.
    pub payload: Json,
    /// A second start with the same key finds the same run.
    pub key: Option<Arc<str>>,
    /// A name of ten characters by which others call it.
    pub alias: Option<Arc<str>>,
    /// The group of runs that it belongs to.
    pub session: Option<Arc<str>>,
    /// The ended run whose state it takes over.
    pub continues: Option<RunId>,
}

impl NewRun {
    /// A run like any other.
    pub fn new(id: RunId, payload: Json) -> NewRun {
        NewRun { id, payload, key: None, alias: None, session: None, continues: None }
    }
}

/// How long somebody waits for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Until it has ended or stalled.
    End,
    /// The same, or until only a person can move it: it is parked or paused, or waits for an answer.
    Rest,
}

/// What a run has come to: an end, or a standstill that nothing inside it will change.
#[derive(Clone, Debug, PartialEq)]
pub struct Rest {
    /// How.
    pub status: Status,
    /// Why, where the word alone does not say.
    pub reason: Option<String>,
    /// The stop event that ended it, with its value.
    pub result: Option<(EventId, Json)>,
}

/// A run that was accepted.
#[derive(Clone, Debug)]
pub struct RunHandle {
    id: RunId,
    is_new: bool,
    commands: mpsc::Sender<Command>,
}

impl RunHandle {
    /// Its name.
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// Whether this start began it; otherwise its key was known.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Waits until the run has ended or stalled.
    pub async fn rest(&self) -> Result<Rest, Error> {
        self.wait(Until::End).await
    }

    /// Waits for the run.
    pub async fn wait(&self, until: Until) -> Result<Rest, Error> {
        let run = self.id.clone();
        asked(&self.commands, |rest| Command::Wait { run, until, rest }).await?
    }
}

/// A running host. Dropping it ends the loop and every attempt, as a crash would.
pub struct Host {
    commands: mpsc::Sender<Command>,
    partition: JoinHandle<()>,
}

impl Host {
    /// Starts the loop on the current tokio runtime.
    pub fn new(settings: Settings) -> Host {
        Host::begun(Partition::new(settings))
    }

    pub(crate) fn begun(partition: Partition) -> Host {
        let (commands, queue) = mpsc::channel(QUEUE);
        Host { commands, partition: tokio::spawn(partition.run(queue)) }
    }

    /// Begins a run. When this answers, the run is written: it is accepted.
    pub async fn start(&self, deployed: &Deployed, new: NewRun) -> Result<RunHandle, Error> {
        let (deployed, id) = (deployed.clone(), new.id.clone());
        let is_new = asked(&self.commands, |accepted| Command::Start { deployed, new, accepted }).await??;
        Ok(RunHandle { id, is_new, commands: self.commands.clone() })
    }

    /// Goes on with the runs of this workflow that were cut off when the host before this one went
    /// down. They are taken up one after the other; this does not wait for that.
    pub async fn take_up(&self, deployed: &Deployed) -> Result<(), Error> {
        let deployed = deployed.clone();
        asked(&self.commands, |done| Command::TakeUp { deployed, done }).await?
    }

    /// Asks something of a run, whether its workflow is deployed here or not. When this answers with
    /// anything but a refusal, it is written.
    pub async fn ask(&self, run: &RunId, request: Request) -> Result<Reply, Error> {
        let run = run.clone();
        asked(&self.commands, |reply| Command::Ask { run, request, reply }).await?
    }

    /// A handle of a run that was accepted before.
    pub fn run(&self, id: RunId) -> RunHandle {
        RunHandle { id, is_new: false, commands: self.commands.clone() }
    }

    /// Interrupts every attempt, writes what has to be known of that, and ends. No run is ended by
    /// it: the next host goes on with them.
    pub async fn stop(self) {
        // A loop that has ended has nothing left to write.
        let _ = asked(&self.commands, |stopped| Command::Stop { stopped }).await;
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.partition.abort();
    }
}

async fn asked<T>(
    commands: &mpsc::Sender<Command>,
    command: impl FnOnce(oneshot::Sender<T>) -> Command,
) -> Result<T, Error> {
    let (answer, answered) = oneshot::channel();
    commands.send(command(answer)).await.map_err(|_| Error::ShutDown)?;
    answered.await.map_err(|_| Error::ShutDown)
}
