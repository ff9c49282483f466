//! P1: steps a second through the whole host in memory, beside the same attempts in a bare loop:
//! same engine, linked component, limits and JSON, but no run, no journal and no scheduler.

use std::sync::Arc;
use std::time::Instant;

use lockstep_core::grant::Limits;
use lockstep_core::outcome::Outcome;
use lockstep_core::run::Given;
use lockstep_journal::Memory;
use lockstep_runtime::{Host, Settings};
use lockstep_sandbox::{Call, Identity, Release, View};
use serde_json::json;

use super::guest::{PLAYER, ball, complete};
use super::{Figure, Size, median, rate};

/// Bytes of text in an event.
const TEXT: usize = 9;
const ROUNDS: usize = 7;

/// Measures both in turns, so that neither has the quieter minutes.
pub(crate) async fn route(size: Size) -> anyhow::Result<Figure> {
    let (deployed, release) = PLAYER.load(Limits::default())?;
    let host = Arc::new(Host::new(Settings::new(Arc::new(Memory::new()))));
    let steps = u64::from(size.runs) * u64::from(size.steps);
    let (mut whole, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        loop_bare(&release, steps).await?;
        bare.push(rate(steps, begun));
        let begun = Instant::now();
        complete(&host, &deployed, size.runs, &ball(TEXT, size.steps - 1)).await?;
        whole.push(rate(steps, begun));
    }
    let details = json!({ "rounds": ROUNDS, "runs": size.runs, "steps_per_run": size.steps, "threads": 1,
        "whole": whole, "bare": bare });
    Ok(Figure::new("route", "steps/s", median(&whole), median(&bare), &details))
}

async fn loop_bare(release: &Release, steps: u64) -> anyhow::Result<()> {
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
    let inputs = vec![Given::One(ball(TEXT, 1000))];
    let timeout = std::time::Duration::from_secs(30);
    for _ in 0..steps {
        let (inputs, identity, state) = (inputs.clone(), identity.clone(), View::default());
        let call = Call {
            moment: None,
            handler: 0,
            inputs,
            identity,
            state,
            watcher: None,
            blobs: None,
            effects: None,
            kv: None,
            timeout,
        };
        let report = release.attempt(call).await;
        anyhow::ensure!(matches!(report.outcome, Outcome::Emitted(_)), "{:?}", report.outcome);
    }
    Ok(())
}
