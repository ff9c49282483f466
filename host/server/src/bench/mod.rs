//! `lockstep bench`: figures beside their physical limits, both measured in this process, so that
//! only their ratio is quoted.

mod route;

pub(crate) use route::{Size, route};

use serde::Serialize;
use serde_json::{Map, Value};

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

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}
