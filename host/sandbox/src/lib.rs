//! The only crate that knows wasmtime. Bytes of a component and a handler's plan go in; for each
//! attempt an [`Outcome`] comes out, made in a fresh store and a
//! fresh instance that are gone afterwards. It knows no journal, no workflow file and no routing.

mod attempt;
mod cache;
mod capability;
mod engine;
mod fault;
mod log;
mod meter;
mod release;
mod value;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use lockstep_core::blob::Digest;
use lockstep_core::grant::Grant;
use lockstep_core::outcome::{Failure, Outcome, Update};
use lockstep_core::run::{Given, Seq};
use lockstep_core::state::Shared;
use lockstep_core::workflow::HandlerNode;
use wasmtime::Engine;

use cache::Cache;
use engine::Ticks;
use release::Linked;

/// What the operator sets for all steps.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where compiled components are kept; none: nowhere.
    pub cache: Option<PathBuf>,
    /// Instances that may live at once.
    pub instances: u32,
    /// Where instances get their memory.
    pub allocator: Allocator,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { cache: None, instances: 256, allocator: Allocator::Pooling }
    }
}

/// Where instances get their memory. ARCHITECTURE.md has the security argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allocator {
    /// From slots that are mapped once and cleaned between attempts: fast.
    Pooling,
    /// Mapped afresh for each attempt.
    OnDemand,
}

/// What one attempt may use.
#[derive(Clone, Debug)]
pub struct Limits {
    /// All linear memories and tables together, in bytes.
    pub memory: usize,
    /// Time computing; waiting in host calls does not count.
    pub cpu: Duration,
    /// Events that one attempt may emit.
    pub events: usize,
    /// Bytes of JSON of one event.
    pub event_bytes: usize,
    /// Bytes of log lines that are kept.
    pub log_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            memory: 64 << 20,
            cpu: Duration::from_secs(2),
            events: 1024,
            event_bytes: 1 << 20,
            log_bytes: 64 << 10,
        }
    }
}

/// Makes releases from component bytes, and keeps what they share: engine, clock, cache.
pub struct Sandbox {
    engine: Engine,
    ticks: Arc<Ticks>,
    cache: Option<Cache>,
}

/// A component that is compiled, linked and ready to be attempted any number of times at once.
#[derive(Clone)]
pub struct Release {
    linked: Arc<Linked>,
}

/// One attempt to make.
#[derive(Clone, Debug)]
pub struct Call {
    /// Which handler of the release: its place in the list given to [`Sandbox::load`].
    pub handler: usize,
    /// One for each of its parameters.
    pub inputs: Vec<Given>,
    /// Who the guest is told it is.
    pub identity: Identity,
    /// What it sees of the run's state.
    pub state: View,
    /// Who is told of its updates before it ends.
    pub watcher: Option<Arc<dyn Watcher>>,
    /// Where it reads what other attempts have put; none: there is nothing.
    pub blobs: Option<Arc<dyn Blobs>>,
    /// The wall-clock limit.
    pub timeout: Duration,
}

/// What an attempt sees of its run's state; the default is a run that has none.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The state, which goes on while the attempt lasts.
    pub state: Shared,
    /// The newest row whose changes the attempt may see.
    pub as_of: Seq,
}

/// Somebody who watches a run while its attempts are still going.
///
/// **Promise:** an attempt tells it of each update as soon as its guest publishes it, in the guest's
/// order, and goes on only when it has returned; so it must neither wait nor take long. Nothing that
/// it is told has to last: only the updates of [`Outcome::Emitted`] do.
pub trait Watcher: std::fmt::Debug + Send + Sync {
    /// An attempt has published this.
    fn provisional(&self, update: &Update);
}

/// Where the bytes are that attempts have put.
///
/// **Promise:** it gives what a commit has stored, from `offset` on: `length` bytes, and fewer only
/// where they end; none if nothing is stored under this name. An attempt that waits for it does not
/// compute meanwhile, and may be dropped.
pub trait Blobs: std::fmt::Debug + Send + Sync {
    /// A part of what is stored.
    fn get<'a>(&'a self, digest: &'a Digest, offset: u64, length: u32) -> Reading<'a>;
}

/// Bytes of a blob, when they come.
pub type Reading<'a> = Pin<Box<dyn Future<Output = Result<Option<Vec<u8>>, Unreadable>> + Send + 'a>>;

/// Why what is stored cannot be read at the moment, in the words of whoever has it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a blob cannot be read: {0}")]
pub struct Unreadable(pub String);

/// What `lockstep:step/run.whoami` answers.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The run.
    pub run: Arc<str>,
    /// The workflow's name.
    pub workflow: Arc<str>,
    /// The step's name.
    pub step: Arc<str>,
    /// The delivery's number in the run.
    pub delivery: u64,
    /// Which try: 1 for the first.
    pub attempt: u32,
    /// Milliseconds since the Unix epoch when the delivery came to be: the guest's clock.
    pub now_ms: u64,
    /// When the attempt will be ended.
    pub deadline_ms: u64,
    /// The session that the run belongs to, if it belongs to one.
    pub session: Option<Arc<str>>,
}

/// What came of an attempt.
#[derive(Debug)]
pub struct Report {
    /// What it did.
    pub outcome: Outcome,
    /// What it wrote, in order, as far as its log bytes went.
    pub log: Vec<LogLine>,
    /// What it used.
    pub usage: Usage,
}

/// A line that a guest logged, or wrote to stdout or stderr.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// How grave.
    pub level: Level,
    /// Guest text: hostile until it is made inert where it is printed.
    pub message: String,
}

/// How grave a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The finest.
    Trace,
    /// For the author.
    Debug,
    /// Worth knowing; stdout.
    Info,
    /// Odd; stderr.
    Warn,
    /// Wrong.
    Error,
}

/// What an attempt used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Time computing, in whole ticks.
    pub cpu: Duration,
    /// The most memory it held, in bytes.
    pub peak_memory: usize,
}

/// Why a component cannot be made a release.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine does not start on this machine.
    #[error("the sandbox cannot start: {0}")]
    Start(String),
    /// The bytes do not compile.
    #[error("the component cannot be compiled: {0}")]
    Compile(String),
    /// It imports what it is not given.
    #[error("the component cannot be linked: {0}")]
    Link(String),
    /// The engine and the contract do not see the same function.
    #[error("the engine does not see `{handler}` as the contract does; build the component again")]
    Disagrees {
        /// The handler.
        handler: String,
    },
}

impl Sandbox {
    /// An engine with its pool, its clock and its cache of compiled components.
    pub fn new(settings: &Settings) -> Result<Sandbox, Error> {
        let engine = engine::engine(settings).map_err(|error| Error::Start(format!("{error:#}")))?;
        let ticks = engine::tick(&engine).map_err(|error| Error::Start(error.to_string()))?;
        let cache = settings.cache.as_deref().and_then(|path| match Cache::open(path) {
            Ok(cache) => Some(cache),
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "compiled components are not kept");
                None
            }
        });
        Ok(Sandbox { engine, ticks, cache })
    }

    /// Compiles (or takes from the cache) and links a component for the given handlers. It gets what
    /// its grant gives; a component that imports more is refused.
    pub fn load(
        &self,
        bytes: &[u8],
        handlers: &[&HandlerNode],
        grant: &Grant,
        limits: Limits,
    ) -> Result<Release, Error> {
        let cached = self.cache.as_ref().and_then(|cache| cache.get(&self.engine, bytes));
        let component = match cached {
            Some(component) => component,
            None => self.compile(bytes)?,
        };
        let linked = Linked::new(&component, handlers, grant, limits, self.ticks.clone())?;
        Ok(Release { linked: Arc::new(linked) })
    }

    fn compile(&self, bytes: &[u8]) -> Result<wasmtime::component::Component, Error> {
        let component = release::compile(&self.engine, bytes)?;
        if let Some(Err(error)) = self.cache.as_ref().map(|cache| cache.put(bytes, &component)) {
            tracing::warn!(%error, "a compiled component is not kept");
        }
        Ok(component)
    }
}

impl Release {
    /// Makes one attempt. Whatever the guest does is in the report; dropping the future ends it.
    pub async fn attempt(&self, call: Call) -> Report {
        self.linked.attempt(call).await
    }
}

impl Report {
    /// Of an attempt whose guest never came to be.
    fn unborn(failure: Failure) -> Report {
        Report { outcome: Outcome::Failed(failure), log: Vec::new(), usage: Usage::default() }
    }
}
