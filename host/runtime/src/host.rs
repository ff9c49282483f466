//! The handle that a program holds: starts runs, ends them, and waits for them to come to rest.

use std::sync::Arc;

use lockstep_core::event::Json;
use lockstep_core::journal::{self, Journal};
use lockstep_core::run::{RunId, Status};
use lockstep_core::workflow::EventId;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::clock::{Clock, System};
use crate::deployed::Deployed;
use crate::observer::{Observer, Observers};
use crate::partition::{Command, Partition};

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
}

impl Settings {
    /// The machine's clock, no observers, as many slots as a sandbox has instances by default.
    pub fn new(journal: Arc<dyn Journal>) -> Settings {
        let slots = lockstep_sandbox::Settings::default().instances as usize;
        Settings { journal, clock: Arc::new(System), observers: Vec::new(), slots, reload: false }
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
    /// What the journal holds is no run of this workflow.
    #[error(transparent)]
    Fold(#[from] lockstep_core::run::FoldError),
    /// The host was shut down.
    #[error("the host is shut down")]
    ShutDown,
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
#[derive(Debug)]
pub struct RunHandle {
    pub(crate) id: RunId,
    pub(crate) rest: oneshot::Receiver<Result<Rest, Error>>,
}

impl RunHandle {
    /// Its name.
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// Waits until the run has ended or stalled.
    pub async fn rest(self) -> Result<Rest, Error> {
        self.rest.await.unwrap_or(Err(Error::ShutDown))
    }
}

/// A running host. Dropping it ends the loop and every attempt.
pub struct Host {
    commands: mpsc::Sender<Command>,
    partition: JoinHandle<()>,
}

impl Host {
    /// Starts the loop on the current tokio runtime.
    pub fn new(settings: Settings) -> Host {
        let (commands, queue) = mpsc::channel(QUEUE);
        let observers = Observers::new(settings.observers);
        let partition =
            Partition::new(settings.journal, settings.clock, observers, settings.slots, settings.reload);
        Host { commands, partition: tokio::spawn(partition.run(queue)) }
    }

    /// Begins a run with a start event whose value was checked at the door. When this answers, the
    /// run is written: it is accepted.
    pub async fn start(&self, deployed: &Deployed, id: RunId, payload: Json) -> Result<RunHandle, Error> {
        let (accepted, answer) = oneshot::channel();
        let (resting, rest) = oneshot::channel();
        let command =
            Command::Start { deployed: deployed.clone(), id: id.clone(), payload, accepted, rest: resting };
        self.commands.send(command).await.map_err(|_| Error::ShutDown)?;
        answer.await.unwrap_or(Err(Error::ShutDown))?;
        Ok(RunHandle { id, rest })
    }

    /// Ends a run from outside; one that has ended already, or is not known, stays as it is.
    pub async fn cancel(&self, id: &RunId) -> Result<(), Error> {
        self.commands.send(Command::Cancel { id: id.clone() }).await.map_err(|_| Error::ShutDown)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.partition.abort();
    }
}
