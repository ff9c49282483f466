//! What a step is told the time is, wherever it asks: its delivery's, the same in every attempt, or the
//! machine's. Time that only passes (`wasi:clocks/monotonic-clock`) is always the machine's.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lockstep_core::grant::WallClock;
use wasmtime_wasi::HostWallClock;

use crate::attempt::Guest;

/// The wall clock of a guest.
#[derive(Clone, Copy)]
pub(super) enum Told {
    /// One time, however often it asks.
    Delivery(Duration),
    Real,
}

impl Guest {
    pub(super) fn clock(&self) -> Told {
        match self.grant.wall {
            WallClock::Delivery => Told::Delivery(Duration::from_millis(self.identity.now_ms)),
            WallClock::Real => Told::Real,
        }
    }
}

impl HostWallClock for Told {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        match self {
            Told::Delivery(since) => *since,
            Told::Real => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        }
    }
}
