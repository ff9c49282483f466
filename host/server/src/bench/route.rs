//! P1: steps a second through the whole host in memory, beside the same attempts in a bare loop:
//! same engine, linked component, limits and JSON, but no run, no journal and no scheduler.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use lockstep_core::contract::Contract;
use lockstep_core::event::Json;
use lockstep_core::grant::Grant;
use lockstep_core::outcome::Outcome;
use lockstep_core::run::{Given, RunId, Status};
use lockstep_core::workflow::{self, HandlerNode};
use lockstep_journal::Memory;
use lockstep_runtime::{Deployed, Host, NewRun, Settings, Worker};
use lockstep_sandbox::{Call, Identity, Limits, Release, Sandbox, View};
use serde_json::json;

use super::{Figure, Machine, median};

const ROUNDS: usize = 7;

/// A ball is hit n times and then it is out.
const WIT: &str = "
    package bench:route;
    interface events {
      record ball { order: string, left: u32 }
      record out { order: string }
    }
    world player {
      use events.{ball, out};
      use lockstep:step/types@0.1.0.{failure};
      variant emits { ball(ball), out(out) }
      export on-ball: func(event: ball) -> result<emits, failure>;
    }";

const WAT: &str = r#"(module
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
      i32.const 0))"#;

const WORKFLOW: &str = "
    workflow = \"route\"
    start = \"ball\"
    stop = [\"out\"]
    [steps.player]
    component = \"player.wasm\"";

/// How much is measured.
pub(crate) struct Size {
    /// Runs at once.
    pub(crate) runs: u32,
    /// Steps of each.
    pub(crate) steps: u32,
}

/// Measures both in turns, so that neither has the quieter minutes.
pub(crate) async fn route(size: Size) -> anyhow::Result<Figure> {
    let (deployed, release) = deployed()?;
    let host = Host::new(Settings::new(Arc::new(Memory::new())));
    let steps = f64::from(size.runs) * f64::from(size.steps);
    let (mut whole, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        loop_bare(&release, size.runs * size.steps).await?;
        bare.push(steps / begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        loop_whole(&host, &deployed, &size).await?;
        whole.push(steps / begun.elapsed().as_secs_f64());
    }
    let details = json!({ "rounds": ROUNDS, "runs": size.runs, "steps_per_run": size.steps, "threads": 1,
        "whole": whole, "bare": bare });
    let (value, limit) = (median(whole), median(bare));
    Ok(Figure {
        name: "route",
        value,
        unit: "steps/s",
        limit,
        ratio: value / limit,
        details: details.as_object().cloned().unwrap_or_default(),
        machine: Machine::this(),
    })
}

fn deployed() -> anyhow::Result<(Deployed, Release)> {
    let component = lockstep_toolchain::from_text(WIT, WAT)?;
    let contract = Contract::read(&component).map_err(|refusals| anyhow::anyhow!("{refusals:?}"))?;
    let file = workflow::parse(WORKFLOW).map_err(|findings| anyhow::anyhow!("{findings:?}"))?;
    let contracts = BTreeMap::from([("player".to_owned(), Arc::new(contract))]);
    let joined = workflow::join(&file, &contracts, &BTreeMap::new())
        .map_err(|findings| anyhow::anyhow!("{findings:?}"))?;
    let sandbox = Sandbox::new(&lockstep_sandbox::Settings::default())?;
    let mut bare = None;
    let deployed = Deployed::load(Arc::new(joined.workflow), |_, handlers: &[&HandlerNode]| {
        let release = sandbox.load(&component, handlers, &Grant::default(), Limits::default())?;
        bare = Some(release.clone());
        Ok::<_, lockstep_sandbox::Error>(Worker::Release(release))
    })?;
    Ok((deployed, bare.context("the workflow has a step")?))
}

fn ball(left: u32) -> Json {
    Json::trusted(format!("{{\"order\":\"A-1723-88\",\"left\":{left}}}"))
}

async fn loop_bare(release: &Release, steps: u32) -> anyhow::Result<()> {
    let identity = Identity {
        run: "bare".into(),
        workflow: "route".into(),
        step: "player".into(),
        delivery: 1,
        attempt: 1,
        now_ms: 0,
        deadline_ms: 0,
        session: None,
    };
    let inputs = vec![Given::One(ball(1000))];
    let timeout = std::time::Duration::from_secs(30);
    for _ in 0..steps {
        let (inputs, identity, state) = (inputs.clone(), identity.clone(), View::default());
        let call = Call { handler: 0, inputs, identity, state, watcher: None, timeout };
        let report = release.attempt(call).await;
        anyhow::ensure!(matches!(report.outcome, Outcome::Emitted(_)), "{:?}", report.outcome);
    }
    Ok(())
}

async fn loop_whole(host: &Host, deployed: &Deployed, size: &Size) -> anyhow::Result<()> {
    let mut handles = Vec::new();
    for _ in 0..size.runs {
        let mut random = [0; 16];
        getrandom::fill(&mut random)?;
        let id = RunId::fresh("route", u128::from_be_bytes(random));
        handles.push(host.start(deployed, NewRun::new(id, ball(size.steps - 1))).await?);
    }
    for handle in handles {
        let rest = handle.rest().await?;
        anyhow::ensure!(rest.status == Status::Completed, "{rest:?}");
    }
    Ok(())
}
