//! Where the cases of a step are run: its component is loaded once, under its grant, and each case is one attempt in
//! an instance of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use lockstep_core::case::{About, Call as Wanted, Came, Happened, StepCase, Timer};
use lockstep_core::contract::Alone;
use lockstep_core::event::{Json, Timestamp};
use lockstep_core::grant::Grant;
use lockstep_core::outcome::{Emitted, Outcome, TimerWish};
use lockstep_core::run::Seq;
use lockstep_core::state::{Op, State, Write};
use lockstep_journal::Memory;
use lockstep_runtime::{Virtual, stores};
use lockstep_sandbox::{
    Allocator, Call, EgressSettings, Identity, Level, Release, Report, Sandbox, Secrets, Settings, Source,
    Toolbox, View,
};
use serde_json::Value;

use super::folders::Folders;
use super::open::{counted, open, sources, without_the_world};
use super::scene::{Asked, Scene};
use super::subject::Subject;
use crate::config;
use crate::project::Refused;

/// The beginning of 2026: what time it is where a case does not say.
pub(super) const NOW: u64 = 1_767_225_600_000;
/// The run of a case that does not name it.
const RUN: &str = "01HCASE0000000000000000000";
/// One attempt is made at a time; tools that are components may call each other.
const INSTANCES: u32 = 8;

/// A step that is ready for its cases.
pub(crate) struct Stage {
    release: Release,
    scene: Arc<Scene>,
    alone: Alone,
    name: String,
    workflow: String,
    timeout: Duration,
    folders: Folders,
}

/// What came of a case.
pub(crate) struct Played {
    /// What the step did.
    pub(crate) happened: Happened,
    /// What it asked for.
    pub(crate) asked: Asked,
    /// How long it took, by this machine's clock.
    pub(crate) took: Duration,
}

impl Stage {
    /// The step in a sandbox whose ways out lead to the answers of its cases.
    pub(crate) fn new(subject: &Subject, cases: &[&StepCase]) -> anyhow::Result<Stage> {
        let scene: Arc<Scene> = Arc::default();
        let mut grant = match &subject.grant {
            Some(grant) => grant.clone(),
            None => open(&subject.contract, cases),
        };
        let mut folders = Folders::default();
        folders.stand_in(&mut grant)?;
        let grant = counted(without_the_world(grant));
        let sandbox = Sandbox::new(&settings(&[&grant], &scene)?)?;
        let stand_ins = sources(&grant).map(|from| (from.clone(), scene.clone() as _)).collect();
        let toolbox = Toolbox { stand_ins, ..Toolbox::default() };
        let alone = subject.contract.alone();
        let handlers: Vec<_> = alone.handlers.iter().collect();
        let source = Source { bytes: &subject.bytes, origin: subject.origin };
        let release = sandbox.load_with(source, &handlers, &grant, &toolbox).map_err(|error| {
            Refused::one(format!("step `{}`: {}: {error}", subject.name, subject.component.display()))
        })?;
        Ok(Stage {
            release,
            scene,
            alone,
            name: subject.name.clone(),
            workflow: subject.workflow.clone(),
            timeout: subject.timeout,
            folders,
        })
    }

    /// Runs a case; it leaves nothing behind for the next.
    pub(crate) async fn play(&self, case: &StepCase, wanted: Wanted) -> anyhow::Result<Played> {
        self.folders.renew()?;
        let clock = Virtual::at(Timestamp(case.run.now.unwrap_or(NOW)));
        let before = state(case);
        let call = Call {
            handler: wanted.handler,
            inputs: wanted.inputs,
            identity: self.identity(&case.run),
            state: View { state: Arc::new(RwLock::new(before.clone())), as_of: Seq(1) },
            watcher: None,
            blobs: None,
            moment: None,
            effects: Some(self.scene.clone()),
            kv: Some(stores(Arc::new(Memory::new()), clock)),
            timeout: self.timeout,
        };
        self.scene.begin(&case.http, &case.tools);
        let begun = Instant::now();
        let report = self.release.attempt(call).await;
        let took = begun.elapsed();
        let asked = self.scene.end();
        Ok(Played { happened: self.happened(report, &before, asked.calls.clone()), asked, took })
    }

    fn identity(&self, about: &About) -> Identity {
        let text = |own: &Option<String>, else_: &str| own.as_deref().unwrap_or(else_).into();
        let now_ms = about.now.unwrap_or(NOW);
        let timeout = u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX);
        Identity {
            run: text(&about.run, RUN),
            workflow: text(&about.workflow, &self.workflow),
            step: text(&about.step, &self.name),
            // Chance follows from run and delivery.
            delivery: about.random.unwrap_or(1),
            attempt: about.attempt.unwrap_or(1),
            now_ms,
            deadline_ms: now_ms.saturating_add(timeout),
            session: about.session.as_deref().map(Into::into),
        }
    }

    fn happened(&self, report: Report, before: &State, calls: Vec<String>) -> Happened {
        let mut emitted = Emitted::default();
        let came = match report.outcome {
            Outcome::Emitted(all) => {
                let event = |event: &lockstep_core::outcome::Emission| {
                    (self.alone.short(event.event), event.payload.clone())
                };
                let events = all.events.iter().map(event).collect();
                emitted = all;
                Came::Emitted(events)
            }
            Outcome::Failed(failure) => Came::Failed(failure),
            Outcome::Interrupted(why) => Came::Interrupted(why),
        };
        let (state, deleted) = changed(before, &emitted.writes);
        let log = report.log.iter().map(|line| format!("{}: {}", level(line.level), line.message));
        Happened {
            came,
            state,
            deleted,
            updates: emitted.updates.iter().map(|it| (it.name.to_string(), it.item.clone())).collect(),
            timers: emitted.timers.iter().map(timer).collect(),
            log: log.collect(),
            calls,
            fuel: report.usage.fuel,
            memory: report.usage.peak_memory as u64,
        }
    }
}

/// A sandbox from which every way out leads to the scene. Secrets are not the operator's: nobody gets them.
pub(super) fn settings(grants: &[&Grant], scene: &Arc<Scene>) -> anyhow::Result<Settings> {
    let used = grants.iter().flat_map(|grant| &grant.http.rules).filter_map(|rule| rule.secret.as_ref());
    let secret = |name: &str| (name.to_owned(), format!("test-secret-{name}").into_bytes());
    let secrets = Secrets::new(used.map(|used| secret(&used.name)).collect())?;
    Ok(Settings {
        cache: config::cache(),
        instances: INSTANCES,
        allocator: Allocator::OnDemand,
        compiler: config::compiler()?,
        scratch: Some(config::swept_scratch()),
        egress: EgressSettings {
            secrets: Arc::new(secrets),
            carrier: Some(scene.clone()),
            ..EgressSettings::default()
        },
        ..Settings::default()
    })
}

/// What the run remembers before.
fn state(case: &StepCase) -> State {
    let mut state = State::default();
    for (key, data) in &case.state {
        let write =
            Write { key: key.value.as_str().into(), op: Op::Set, value: Some(Json::trusted(data.json())) };
        state.write(&write, Seq(1)).expect("any key can be set");
    }
    state
}

/// What keys hold that these writes have added or changed, and those that are gone.
fn changed(before: &State, writes: &[Write]) -> (BTreeMap<String, Json>, Vec<String>) {
    let mut after = before.clone();
    for write in writes {
        // An attempt that has succeeded has written nothing that does not fit, but for what others have changed.
        let _ = after.write(write, Seq(2));
    }
    let all = |state: &State| -> BTreeMap<String, Json> {
        state.entries().map(|(key, value)| (key.to_string(), value)).collect()
    };
    let (before, mut after) = (all(before), all(&after));
    let gone: BTreeSet<&String> = before.keys().filter(|key| !after.contains_key(*key)).collect();
    let gone = gone.into_iter().cloned().collect();
    after.retain(|key, value| before.get(key).is_none_or(|before| read(before) != read(value)));
    (after, gone)
}

fn read(json: &Json) -> Value {
    serde_json::from_str(json.as_str()).unwrap_or_default()
}

fn timer(wish: &TimerWish) -> Timer {
    match wish {
        TimerWish::Set { name, after } => {
            let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
            Timer::Set { name: name.to_string(), after_ms }
        }
        TimerWish::Cancel { name } => Timer::Cancel(name.to_string()),
    }
}

pub(super) fn level(level: Level) -> &'static str {
    match level {
        Level::Trace => "trace",
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    }
}
