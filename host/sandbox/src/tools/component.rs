//! A tool that is a component: loaded under its own grant, called in a fresh instance of its own, and never
//! with the rights of whoever calls it. What it calls itself belongs to the delivery of its caller.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use lockstep_core::effect::Intent;
use lockstep_core::event::Json;
use lockstep_core::grant::Grant;
use lockstep_core::grant::tools::Tool;
use wasmtime::Store;
use wasmtime::component::Component;

use super::Toolbox;
use super::session::Faulted;
use crate::attempt::Guest;
use crate::base::{Base, Given, OfRun, imports};
use crate::calls::Calls;
use crate::capability::interface;
use crate::capability::tool::{Described, Exports};
use crate::engine::Ticks;
use crate::fault::{self, Ended};
use crate::leaving::Leaving;
use crate::log::Log;
use crate::meter::Room;
use crate::panic::{Panicked, contained};
use crate::{Error, Identity, KeyValue, Sandbox, ToolCall, ToolFault, Wall};

/// Components that call each other, one below the other.
const DEEPEST: usize = 4;
/// Tools of one component.
const MOST: usize = 100;
/// What belongs to a run, and a tool has none.
const OF_RUNS: [&str; 4] =
    ["lockstep:step/blob", "lockstep:step/state", "lockstep:step/timer", "lockstep:step/updates"];
/// How long a component may take to say what it is.
const PATIENCE: Duration = Duration::from_secs(10);

/// A component that is loaded as a tool.
#[derive(Clone)]
pub struct ToolComponent(Arc<Loaded>);

struct Loaded {
    base: Base,
    exports: Exports,
    tools: Arc<[Tool]>,
    name: Arc<str>,
}

/// Who calls, and for which call.
pub(super) struct Caller<'c> {
    pub(super) me: &'c Identity,
    pub(super) leaving: &'c Leaving,
    pub(super) grant: &'c Arc<Grant>,
    pub(super) kv: Option<Arc<dyn KeyValue>>,
    pub(super) log: &'c Log,
    pub(super) call: &'c Intent,
}

impl ToolComponent {
    pub(crate) async fn load(
        name: &str,
        component: &Component,
        grant: &Grant,
        ticks: Arc<Ticks>,
        sandbox: &Sandbox,
        toolbox: &Toolbox,
    ) -> Result<ToolComponent, Error> {
        let base = Base::new(component, grant, ticks, sandbox, toolbox)?;
        of_runs(component)?;
        let exports = Exports::of(&base.pre)?;
        let mut loaded = Loaded { base, exports, tools: Arc::new([]), name: name.into() };
        if loaded.depth() > DEEPEST {
            return Err(Error::TooDeep { most: DEEPEST });
        }
        loaded.tools = loaded.described().await?;
        Ok(ToolComponent(Arc::new(loaded)))
    }

    /// What it says of itself.
    pub fn tools(&self) -> Arc<[Tool]> {
        self.0.tools.clone()
    }

    pub(super) fn may_ask(&self) -> bool {
        self.0.base.may_ask()
    }

    pub(super) fn depth(&self) -> usize {
        self.0.depth()
    }

    /// Calls one of its tools, for a call that is on its way. A guest that breaks is a tool that failed.
    pub(super) async fn call(&self, caller: Caller<'_>, call: &ToolCall) -> Result<Json, Faulted> {
        let calls = Calls::new(self.0.base.grant.limits.host_calls, self.0.base.walls);
        let leaving = Arc::new(caller.leaving.of_tool(&self.0.name, caller.call, calls, &self.0.base.grant));
        let step = format!("{}/{}", caller.me.step, self.0.name).into();
        let identity = Identity { step, ..caller.me.clone() };
        let (mut store, log) = self.0.store(identity, leaving, caller.kv);
        if !self.0.base.walls.stands(Wall::ToolGrant) {
            store.data_mut().grant = caller.grant.clone();
        }
        let called = contained(self.0.exports.call(&mut store, call)).await;
        self.0.pass_on(&log, caller.log);
        let called = match called {
            Ok(called) => called,
            Err(Panicked) => return Err(failed("the host failed while it worked for it")),
        };
        let ended = store.data().http.ended();
        let outcome = match called {
            Err(error) => Err(ended.unwrap_or_else(|| fault::classify(&error, store.data()))),
            Ok(outcome) => ended.map_or(Ok(outcome), Err),
        };
        store.into_data().files.end().await;
        match outcome {
            Ok(Ok(result)) => self.0.checked(result),
            Ok(Err(why)) => Err(failed(&why)),
            Err(Ended::Failed(failure)) => Err(failed(&failure.message)),
            Err(ended) => Err(Faulted::Ended(ended)),
        }
    }
}

impl Loaded {
    fn depth(&self) -> usize {
        1 + self.base.tools.as_ref().map_or(0, |tools| tools.depth())
    }

    fn store(
        &self,
        identity: Identity,
        leaving: Arc<Leaving>,
        kv: Option<Arc<dyn KeyValue>>,
    ) -> (Store<Guest>, Log) {
        let limits = &self.base.grant.limits;
        let room = Room::new(limits.memory);
        let log = Log::new(limits.log_bytes, room.clone());
        let given = Given { identity, leaving, log: log.clone(), room, kv, run: OfRun::default() };
        (self.base.store(given), log)
    }

    async fn described(&self) -> Result<Arc<[Tool]>, Error> {
        let calls = Calls::new(0, self.base.walls);
        let nobody = nobody(&self.name);
        let leaving = Arc::new(Leaving::new(None, calls, &nobody, None, None));
        let (mut store, log) = self.store(nobody, leaving, None);
        let asked = contained(self.exports.describe(&mut store));
        let asked = tokio::time::timeout(PATIENCE, asked).await;
        let fail = |why: String| Error::NoDescription { why };
        let described = match asked {
            Ok(Ok(Ok(described))) => described,
            Ok(Ok(Err(error))) => {
                let Ended::Failed(failure) = fault::classify(&error, store.data()) else {
                    return Err(fail("it waits for somebody".into()));
                };
                let words = log.last_words();
                return Err(fail([failure.message, words].join(" ").trim().to_owned()));
            }
            Ok(Err(Panicked)) => return Err(fail("the host failed while it worked for it".into())),
            Err(_) => return Err(fail(format!("it took longer than {PATIENCE:?}"))),
        };
        store.into_data().files.end().await;
        if described.len() > MOST {
            return Err(fail(format!("it has {} tools; {MOST} are allowed", described.len())));
        }
        let mut tools = described.into_iter().map(tool).collect::<Result<Vec<_>, _>>().map_err(fail)?;
        tools.sort_by(|one, other| one.name.cmp(&other.name));
        match tools.windows(2).find(|two| two[0].name == two[1].name) {
            Some(two) => Err(fail(format!("it has two tools with the name `{}`", two[0].name))),
            None => Ok(tools.into()),
        }
    }

    fn pass_on(&self, log: &Log, to: &Log) {
        for line in log.finish() {
            to.line(line.level, format!("{}: {}", self.name, line.message));
        }
    }

    /// What it returned must be JSON, and no secret of its own leaves with it.
    fn checked(&self, result: String) -> Result<Json, Faulted> {
        let result = match self.base.egress.as_ref().and_then(|egress| egress.scrubber()) {
            Some(scrubber) => scrubber.text(&result).into_owned(),
            None => result,
        };
        match serde_json::from_str::<serde::de::IgnoredAny>(&result) {
            Ok(_) => Ok(Json::trusted(result)),
            Err(error) => Err(failed(&format!("what it returned is no JSON: {error}"))),
        }
    }
}

/// A tool that wants what only a run has is refused before it is asked anything.
fn of_runs(component: &Component) -> Result<(), Error> {
    let imports = imports(component);
    let of_runs = imports.iter().filter(|import| OF_RUNS.contains(&interface(import)));
    match of_runs.map(|import| format!("`{import}`")).collect::<Vec<_>>() {
        none if none.is_empty() => Ok(()),
        some => Err(Error::OfRuns { imports: some.join(", ") }),
    }
}

fn failed(why: &str) -> Faulted {
    Faulted::Fault(ToolFault::Failed(why.to_owned()))
}

/// A tool is asked what it is without a run.
fn nobody(name: &Arc<str>) -> Identity {
    Identity {
        run: "".into(),
        workflow: "".into(),
        step: name.clone(),
        delivery: 0,
        attempt: 0,
        now_ms: 0,
        deadline_ms: 0,
        session: None,
    }
}

fn tool(described: Described) -> Result<Tool, String> {
    let Described { name, description, input_schema } = described;
    let schema: serde_json::Value = serde_json::from_str(&input_schema)
        .map_err(|error| format!("the schema of its tool `{name}` is no JSON: {error}"))?;
    match schema.is_object() {
        true => Ok(Tool { name, description, schema }),
        false => Err(format!("the schema of its tool `{name}` is no object")),
    }
}

impl fmt::Debug for ToolComponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolComponent").field("tools", &self.0.tools).finish_non_exhaustive()
    }
}
