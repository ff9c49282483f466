//! The only crate that knows wasmtime. Bytes of a component and a handler's plan go in; for each
//! attempt an [`Outcome`] comes out, made in a fresh store and a
//! fresh instance that are gone afterwards. It knows no journal, no workflow file and no routing.

mod attempt;
mod base;
mod cache;
mod calls;
mod capability;
mod compile;
mod denial;
mod egress;
mod engine;
mod error;
mod fault;
mod leaving;
mod log;
mod meter;
mod panic;
mod release;
mod seam;
mod secret;
mod tools;
mod value;
mod wall;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lockstep_core::contract::sniff;
use lockstep_core::effect::Moment;
use lockstep_core::grant::Grant;
use lockstep_core::outcome::{Class, Failure, Outcome};
use lockstep_core::run::{Given, Seq};
use lockstep_core::state::Shared;
use lockstep_core::workflow::HandlerNode;
use wasmtime::Engine;
use wasmtime::component::Component;

pub use capability::sweep_scratch;
pub use compile::{ChildCompiler, Compiler, Origin, Source, serve as compile_in_child};
pub use egress::{EgressSettings, Proxy, Resolver, Resolving, SystemResolver, unfit_answer, unfit_request};
pub use error::Error;
pub use seam::{
    Blobs, Calling, Carrier, Carrying, Deciding, Effects, Incoming, KeyValue, NotCarried, Outgoing, Reading,
    ToolCall, ToolFault, ToolServer, Unreadable, Watcher,
};
pub use secret::{NoSecret, Scrubber, Secrets};
pub use tools::{ToolComponent, Toolbox};
pub use wall::{Wall, Walls};

use cache::Cache;
use egress::Means;
use engine::{Clocked, Engines, Fuel, Ticks};
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
    /// How steps reach other servers.
    pub egress: EgressSettings,
    /// Where components are compiled that were not built here.
    pub compiler: Compiler,
    /// Where attempts that were granted a folder of their own get it; none: such a grant is refused.
    pub scratch: Option<PathBuf>,
    /// Which walls stand: all of them, but in tests.
    pub walls: Walls,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            cache: None,
            instances: 256,
            allocator: Allocator::Pooling,
            egress: EgressSettings::default(),
            compiler: Compiler::InProcess,
            scratch: None,
            walls: Walls::default(),
        }
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

/// Makes releases from component bytes, and keeps what they share: engine, clock, cache.
pub struct Sandbox {
    engines: Engines,
    cache: Option<Cache>,
    means: Arc<Means>,
    compiler: Compiler,
    scratch: Option<Arc<Path>>,
    walls: Walls,
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
    /// What it was told of time and chance before a person was waited for; none: it begins.
    pub moment: Option<Moment>,
    /// Who is asked before a call leaves; none: no call does.
    pub effects: Option<Arc<dyn Effects>>,
    /// Where stores of keys and values are; none: there is none.
    pub kv: Option<Arc<dyn KeyValue>>,
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
    /// Fuel, where it is counted; the same in every attempt that does the same.
    pub fuel: u64,
    /// What it asked for and was denied.
    pub denied: u32,
    /// The most memory it held, and the host for it, in bytes.
    pub peak_memory: usize,
}

impl Sandbox {
    /// An engine with its pool, its clock and its cache of compiled components.
    pub fn new(settings: &Settings) -> Result<Sandbox, Error> {
        let engines = Engines::new(settings)?;
        let cache = settings.cache.as_deref().and_then(|path| match Cache::open(path, settings.walls) {
            Ok(cache) => Some(cache),
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "compiled components are not kept");
                None
            }
        });
        Ok(Sandbox {
            engines,
            cache,
            means: Arc::new(Means::new(&settings.egress)?),
            compiler: settings.compiler.clone(),
            scratch: settings.scratch.as_deref().map(Arc::from),
            walls: settings.walls,
        })
    }

    /// Compiles (or takes from the cache) and links a component for the given handlers. It gets what
    /// its grant gives; a component that imports more is refused. There are no tools.
    pub fn load<'b>(
        &self,
        source: impl Into<Source<'b>>,
        handlers: &[&HandlerNode],
        grant: &Grant,
    ) -> Result<Release, Error> {
        self.load_with(source, handlers, grant, &Toolbox::default())
    }

    /// The same, with the tools that its grant may name.
    pub fn load_with<'b>(
        &self,
        source: impl Into<Source<'b>>,
        handlers: &[&HandlerNode],
        grant: &Grant,
        toolbox: &Toolbox,
    ) -> Result<Release, Error> {
        let (component, ticks) = self.component(source.into(), grant)?;
        let linked = Linked::new(&component, handlers, grant, ticks, self, toolbox)?;
        Ok(Release { linked: Arc::new(linked) })
    }

    /// The same of a component that is a tool, by the name that grants have for it: it is asked what it is.
    pub async fn load_tool<'b>(
        &self,
        name: &str,
        source: impl Into<Source<'b>>,
        grant: &Grant,
        toolbox: &Toolbox,
    ) -> Result<ToolComponent, Error> {
        let (component, ticks) = self.component(source.into(), grant)?;
        ToolComponent::load(name, &component, grant, ticks, self, toolbox).await
    }

    fn component(&self, source: Source<'_>, grant: &Grant) -> Result<(Component, Arc<Ticks>), Error> {
        sniff(source.bytes).map_err(Error::NotAComponent)?;
        let fuel = if self.walls.limits(&grant.limits).fuel > 0 { Fuel::Counted } else { Fuel::Uncounted };
        let Clocked { engine, ticks } = self.engines.of(fuel)?;
        let cached = self.cache.as_ref().and_then(|cache| cache.get(&engine, source.bytes));
        let component = match cached {
            Some(component) => component,
            None => self.compile(source, &engine, fuel)?,
        };
        Ok((component, ticks))
    }

    fn compile(&self, source: Source<'_>, engine: &Engine, fuel: Fuel) -> Result<Component, Error> {
        let code = self.compiler.compile(source, engine, fuel, self.walls)?;
        let kept = self.cache.as_ref().map(|cache| cache.put(engine, source.bytes, &code));
        if let Some(Err(error)) = kept {
            tracing::warn!(%error, "a compiled component is not kept");
        }
        cache::trusted(engine, &code).map_err(|error| Error::Compile(format!("{error:#}")))
    }
}

/// What JSON becomes as a guest's value and back as JSON, if it is a value of the shape: for those who look
/// for inputs that break the way there or back.
#[cfg(feature = "prove")]
pub fn there_and_back(text: &str, shape: &lockstep_core::shape::Shape) -> Option<String> {
    let value = value::read(text, "value", shape).ok()?;
    let written = value::write(&value, shape, usize::MAX);
    Some(written.expect("a value that was read is of its shape").as_str().to_owned())
}

impl Release {
    /// Makes one attempt. Whatever the guest does is in the report; dropping the future ends it.
    pub async fn attempt(&self, call: Call) -> Report {
        self.linked.attempt(call).await
    }
}

impl Report {
    /// Of an attempt for which the host itself failed; what it panicked with is in the host's own log.
    pub fn host_panic() -> Report {
        let message = "the host failed while it worked for this attempt; its log has the place";
        Report::unborn(attempt::failure(Class::Host, "host-panic", message.into()))
    }

    /// Of an attempt whose guest never came to be.
    fn unborn(failure: Failure) -> Report {
        Report { outcome: Outcome::Failed(failure), log: Vec::new(), usage: Usage::default() }
    }
}
