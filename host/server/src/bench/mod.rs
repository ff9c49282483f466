//! `lockstep bench`: figures beside their physical limits, both measured in this process, so that
//! only their ratio is quoted.

mod chain;
mod durable;
mod fanout;
mod guest;
mod parked;
mod route;
mod store;

pub(crate) use chain::chain;
pub(crate) use durable::durable;
pub(crate) use fanout::fanout;
pub(crate) use parked::{Parked, parked};
pub(crate) use route::route;

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::process;

/// How much is measured: runs at once, and steps of each.
pub(crate) struct Size {
    /// Runs at once.
    pub(crate) runs: u32,
    /// Steps of each.
    pub(crate) steps: u32,
}

/// A figure and its limit.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) name: &'static str,
    /// The figure.
    pub(crate) value: f64,
    /// Of figure and limit.
    pub(crate) unit: &'static str,
    /// The limit, measured in turns with the figure.
    pub(crate) limit: f64,
    /// Figure over limit.
    pub(crate) ratio: f64,
    /// What else was seen.
    pub(crate) details: Map<String, Value>,
    /// On what.
    pub(crate) machine: Machine,
}

/// The machine, as far as it matters for a figure.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    system: &'static str,
    architecture: &'static str,
    cores: usize,
    profile: &'static str,
}

impl Figure {
    /// `details` is an object.
    fn new(name: &'static str, unit: &'static str, value: f64, limit: f64, details: &Value) -> Figure {
        let mut details = details.as_object().cloned().unwrap_or_default();
        details.insert("peak_rss_mib".to_owned(), process::peak_rss_mib().into());
        Figure { name, value, unit, limit, ratio: value / limit, details, machine: Machine::this() }
    }
}

impl Machine {
    fn this() -> Machine {
        Machine {
            system: std::env::consts::OS,
            architecture: std::env::consts::ARCH,
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            profile: if cfg!(debug_assertions) { "dev" } else { "release" },
        }
    }
}

/// So many a second, since then.
fn rate(count: u64, since: Instant) -> f64 {
    count as f64 / since.elapsed().as_secs_f64()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn median(all: &[f64]) -> f64 {
    quantile(all, 0.5)
}

/// The smallest of them that is not smaller than this share of all.
fn quantile(all: &[f64], share: f64) -> f64 {
    let mut all = all.to_vec();
    all.sort_by(f64::total_cmp);
    let at = (all.len() as f64 * share) as usize;
    all.get(at.min(all.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}
