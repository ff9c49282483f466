//! What a step is told the time is, wherever it asks: its delivery's, the same in every attempt, or the
//! machine's. Where a person may be asked about its calls, the machine's stands still while an attempt lasts,
//! so that it asks for the same calls when it goes on. Time that only passes (`wasi:clocks/monotonic-clock`) is always the machine's.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lockstep_core::grant::WallClock;
use wasmtime_wasi::HostWallClock;

use crate::attempt::Guest;

/// The wall clock of a guest.
#[derive(Clone, Copy)]
pub(super) enum Told {
    /// One time, however often it asks.
    Once(Duration),
    Real,
}

impl Guest {
    pub(super) fn clock(&self) -> Told {
        match self.grant.wall {
            WallClock::Delivery => Told::Once(Duration::from_millis(self.identity.now_ms)),
            WallClock::Real => match self.leaving.moment() {
                Some(moment) => Told::Once(Duration::from_millis(moment.clock.0)),
                None => Told::Real,
            },
        }
    }
}

impl HostWallClock for Told {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        match self {
            Told::Once(since) => *since,
            Told::Real => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        }
    }
}
