//! P2: steps a second with a journal that syncs, many runs at once and a kibibyte in each event;
//! beside the journal's own writer given the same commits, without runs, sandbox and scheduler. That
//! writer is the limit; how far it is itself from plain SQL of the same rows stands in the details.

use std::sync::Arc;
use std::time::Instant;

use lockstep_core::grant::Limits;
use lockstep_core::journal::{Commit, Journal};
use lockstep_journal::{Bare, Prepared, Sqlite};
use lockstep_runtime::{Deployed, Host, Settings};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::guest::{PLAYER, ball, complete, rehearse};
use super::store::Place;
use super::{Figure, Size, median, rate};
use crate::process;

/// Bytes of text in an event.
const TEXT: usize = 1024;
const ROUNDS: usize = 5;

/// How each way of writing did, round by round.
#[derive(Default)]
struct Rounds {
    rates: Vec<f64>,
    syncs_per_step: Vec<f64>,
    cpu_us_per_step: Vec<f64>,
}

/// Measures all in turns, so that none has the quieter minutes.
pub(crate) async fn durable(size: Size) -> anyhow::Result<Figure> {
    let (deployed, _) = PLAYER.load(Limits::default())?;
    let steps = u64::from(size.runs) * u64::from(size.steps);
    let runs = rehearse(&deployed, size.runs, &ball(TEXT, size.steps - 1)).await?;
    let turns: Vec<Prepared> = turns(&runs).into_iter().map(Prepared::of).collect();
    let (mut whole, mut writer, mut plain) = (Rounds::default(), Rounds::default(), Rounds::default());
    for _ in 0..ROUNDS {
        let place = Place::new()?;
        let mut bare = Bare::create(&place.path())?;
        plain.measure(steps, async || write_plain(&mut bare, &turns)).await?;
        let place = Place::new()?;
        let (store, runs) = (place.open()?, runs.clone());
        writer.measure(steps, async || write_all(store, runs).await).await?;
        let place = Place::new()?;
        let store = place.open()?;
        whole.measure(steps, async || run_all(store, &deployed, &size).await).await?;
    }
    let (value, limit) = (median(&whole.rates), median(&writer.rates));
    let details = json!({ "rounds": ROUNDS, "runs": size.runs, "steps_per_run": size.steps, "threads": 1,
        "event_bytes": TEXT, "whole": whole.told(), "writer": writer.told(), "plain_sql": plain.told(),
        "ratio_to_plain_sql": value / median(&plain.rates) });
    Ok(Figure::new("durable", "steps/s", value, limit, &details))
}

/// The first commit of every run, the second of every run, and so on: a group each.
fn turns(runs: &[Vec<Commit>]) -> Vec<Vec<Commit>> {
    let longest = runs.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest).map(|turn| runs.iter().filter_map(|run| run.get(turn).cloned()).collect()).collect()
}

/// All runs through the host; how often the store has synced.
async fn run_all(store: Arc<Sqlite>, deployed: &Deployed, size: &Size) -> anyhow::Result<u64> {
    let host = Arc::new(Host::new(Settings::new(store.clone())));
    complete(&host, deployed, size.runs, &ball(TEXT, size.steps - 1)).await?;
    Ok(store.transactions())
}

/// All commits at once, each run's one after the other.
async fn write_all(store: Arc<Sqlite>, runs: Vec<Vec<Commit>>) -> anyhow::Result<u64> {
    let mut writing = JoinSet::new();
    for run in runs {
        let store = store.clone();
        writing.spawn(async move {
            for commit in run {
                store.commit(vec![commit]).await?;
            }
            Ok::<_, lockstep_core::journal::Error>(())
        });
    }
    writing.join_all().await.into_iter().collect::<Result<(), _>>()?;
    Ok(store.transactions())
}

fn write_plain(bare: &mut Bare, turns: &[Prepared]) -> anyhow::Result<u64> {
    turns.iter().try_for_each(|turn| bare.write(turn))?;
    Ok(turns.len() as u64)
}

impl Rounds {
    /// Measures a way that tells how often it has synced.
    async fn measure(
        &mut self,
        steps: u64,
        way: impl AsyncFnOnce() -> anyhow::Result<u64>,
    ) -> anyhow::Result<()> {
        let (begun, cpu) = (Instant::now(), process::cpu());
        let syncs = way().await?;
        self.rates.push(rate(steps, begun));
        let used = process::cpu().zip(cpu).map(|(after, before)| after.saturating_sub(before));
        self.cpu_us_per_step.extend(used.map(|used| used.as_secs_f64() * 1e6 / steps as f64));
        self.syncs_per_step.push(syncs as f64 / steps as f64);
        Ok(())
    }

    fn told(&self) -> Value {
        json!({ "steps_per_s": self.rates, "cpu_us_per_step": median(&self.cpu_us_per_step),
            "syncs_per_step": median(&self.syncs_per_step) })
    }
}
