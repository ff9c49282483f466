//! Workflows of one step as text, loaded without a compiler for steps; and runs of them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use lockstep_core::contract::Contract;
use lockstep_core::event::Json;
use lockstep_core::grant::{Grant, Limits};
use lockstep_core::journal::{Commit, Journal};
use lockstep_core::run::{RunId, Status};
use lockstep_core::workflow::{self, HandlerNode};
use lockstep_journal::Memory;
use lockstep_runtime::{Deployed, Host, NewRun, Observer, RunHandle, Settings, Until, Worker};
use lockstep_sandbox::{Release, Sandbox};
use tokio::task::JoinSet;

/// A step, and the workflow around it.
pub(super) struct Guest {
    pub(super) wit: &'static str,
    pub(super) wat: &'static str,
    pub(super) workflow: &'static str,
}

/// A ball is hit n times and then it is out.
pub(super) const PLAYER: Guest = Guest {
    wit: "
        package bench:player;
        interface events {
          record ball { order: string, left: u32 }
          record out { order: string }
        }
        world player {
          use events.{ball, out};
          use lockstep:step/types@0.1.0.{failure};
          variant emits { ball(ball), out(out) }
          export on-ball: func(event: ball) -> result<emits, failure>;
        }",
    wat: r#"(module
        (memory (export "memory") 1)
        (global $top (mut i32) (i32.const 4096))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
          (global.get $top)
          (global.set $top (i32.add (global.get $top) (i32.add (local.get 3) (i32.const 8)))))
        (func (export "on-ball") (param $order i32) (param $length i32) (param $left i32) (result i32)
          (i32.store8 (i32.const 0) (i32.const 0))
          (i32.store8 (i32.const 8) (i32.eqz (local.get $left)))
          (i32.store (i32.const 12) (local.get $order))
          (i32.store (i32.const 16) (local.get $length))
          (i32.store (i32.const 20) (i32.sub (local.get $left) (i32.const 1)))
          i32.const 0))"#,
    workflow: "
        workflow = \"player\"
        start = \"ball\"
        stop = [\"out\"]
        [steps.player]
        component = \"player.wasm\"",
};

impl Guest {
    /// The workflow, and its step's release for whoever wants to attempt it without a host.
    pub(super) fn load(&self, limits: Limits) -> anyhow::Result<(Deployed, Release)> {
        let component = lockstep_toolchain::from_text(self.wit, self.wat)?;
        let contract = Contract::read(&component).map_err(|refusals| anyhow::anyhow!("{refusals:?}"))?;
        let file = workflow::parse(self.workflow).map_err(|findings| anyhow::anyhow!("{findings:?}"))?;
        let step = file.steps.first().context("the workflow has a step")?.name.value.clone();
        let contracts = BTreeMap::from([(step, Arc::new(contract))]);
        let joined = workflow::join(&file, &contracts, &BTreeMap::new())
            .map_err(|findings| anyhow::anyhow!("{findings:?}"))?;
        let sandbox = Sandbox::new(&lockstep_sandbox::Settings::default())?;
        let grant = Grant { limits, ..Grant::default() };
        let mut bare = None;
        let deployed = Deployed::load(Arc::new(joined.workflow), |_, handlers: &[&HandlerNode]| {
            let release = sandbox.load(&component, handlers, &grant)?;
            bare = Some(release.clone());
            Ok::<_, lockstep_sandbox::Error>(Worker::Release(release))
        })?;
        Ok((deployed, bare.context("the workflow has a step")?))
    }
}

/// A ball with so many bytes of text on it.
pub(super) fn ball(bytes: usize, left: u32) -> Json {
    Json::trusted(format!("{{\"order\":\"{}\",\"left\":{left}}}", "A-1723-88".repeat(bytes.div_ceil(9))))
}

/// An id that no run has.
pub(super) fn fresh_id() -> anyhow::Result<RunId> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    Ok(RunId::fresh("bench", u128::from_be_bytes(random)))
}

/// Begins so many runs at once, and waits until they have completed.
pub(super) async fn complete(
    host: &Arc<Host>,
    deployed: &Deployed,
    runs: u32,
    payload: &Json,
) -> anyhow::Result<()> {
    let mut starting: JoinSet<Result<RunHandle, lockstep_runtime::Error>> = JoinSet::new();
    for _ in 0..runs {
        let (host, deployed, new) =
            (host.clone(), deployed.clone(), NewRun::new(fresh_id()?, payload.clone()));
        starting.spawn(async move { host.start(&deployed, new).await });
    }
    for handle in starting.join_all().await {
        let rest = handle?.rest().await?;
        anyhow::ensure!(rest.status == Status::Completed, "{rest:?}");
    }
    Ok(())
}

/// What a host with such a journal has written, run by run.
#[derive(Default)]
struct Recorder(Mutex<HashMap<RunId, Vec<Commit>>>);

impl Observer for Recorder {
    fn committed(&self, commit: &Commit) {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.entry(commit.run.clone()).or_default().push(commit.clone());
    }
}

/// The commits of so many runs, as a host decides them that keeps nothing: of each run until it has
/// come to rest.
pub(super) async fn rehearse(
    deployed: &Deployed,
    runs: u32,
    payload: &Json,
) -> anyhow::Result<Vec<Vec<Commit>>> {
    let recorder = Arc::new(Recorder::default());
    let journal: Arc<dyn Journal> = Arc::new(Memory::new());
    let host = Host::new(Settings { observers: vec![recorder.clone()], ..Settings::new(journal) });
    for _ in 0..runs {
        let handle = host.start(deployed, NewRun::new(fresh_id()?, payload.clone())).await?;
        handle.wait(Until::Rest).await?;
    }
    host.stop().await;
    let mut recorded = recorder.0.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(std::mem::take(&mut *recorded).into_values().collect())
}
