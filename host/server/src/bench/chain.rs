//! P3: how fast one run goes through a chain of steps that do nothing but emit, with a journal that
//! syncs; and how often it syncs for that. The limit is one sync after every step: the same commits,
//! each written before the next one. Who attempts the next step before the last one is written comes
//! above it.

use std::sync::Arc;
use std::time::Instant;

use lockstep_core::grant::Limits;
use lockstep_core::journal::Journal;
use lockstep_runtime::{Host, Settings};
use serde_json::json;

use super::guest::{PLAYER, ball, complete, rehearse};
use super::store::Place;
use super::{Figure, median, rate};

/// Bytes of text in an event.
const TEXT: usize = 1024;
const ROUNDS: usize = 5;

/// Measures both in turns, so that neither has the quieter minutes.
pub(crate) async fn chain(steps: u32) -> anyhow::Result<Figure> {
    let (deployed, _) = PLAYER.load(Limits::default())?;
    let payload = ball(TEXT, steps - 1);
    let commits = rehearse(&deployed, 1, &payload).await?.concat();
    let (mut whole, mut one_by_one, mut syncs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let place = Place::new()?;
        let (store, commits) = (place.open()?, commits.clone());
        let begun = Instant::now();
        for commit in commits {
            store.commit(vec![commit]).await?;
        }
        one_by_one.push(rate(steps.into(), begun));
        let place = Place::new()?;
        let store = place.open()?;
        let host = Arc::new(Host::new(Settings::new(store.clone())));
        let begun = Instant::now();
        complete(&host, &deployed, 1, &payload).await?;
        whole.push(rate(steps.into(), begun));
        syncs.push(store.transactions() as f64);
    }
    let details = json!({ "rounds": ROUNDS, "steps": steps, "threads": 1, "event_bytes": TEXT,
        "syncs": median(&syncs), "syncs_one_by_one": commits.len(), "whole": whole, "one_by_one": one_by_one });
    Ok(Figure::new("chain", "steps/s", median(&whole), median(&one_by_one), &details))
}
