//! What time it is: an argument like any other, so that tests bring their own.

use std::time::{SystemTime, UNIX_EPOCH};

use lockstep_core::event::Timestamp;

/// Tells the time. Rules compare its answers with each other only; it may jump.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Clock for System {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}
