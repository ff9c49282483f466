//! How many calls of an attempt may still leave its run, whichever capability makes them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use lockstep_core::outcome::Class;

use crate::fault::Ended;
use crate::{Wall, Walls};

/// What is left of `[limits] host-calls`, for all that count on it.
#[derive(Clone, Debug)]
pub(crate) struct Calls {
    granted: u32,
    left: Arc<AtomicU32>,
    walls: Walls,
}

impl Calls {
    pub(crate) fn new(granted: u32, walls: Walls) -> Calls {
        Calls { granted, left: Arc::new(AtomicU32::new(granted)), walls }
    }

    /// A call is about to leave the run; too many end the attempt.
    pub(crate) fn leaves(&self) -> Result<(), Ended> {
        let one_less = |left: u32| left.checked_sub(1);
        let counted = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
        if counted.is_ok() || !self.walls.stands(Wall::HostCalls) {
            return Ok(());
        }
        let most = self.granted;
        let message = format!(
            "it made more than {most} calls that leave its run; make fewer, or raise `[limits] host-calls` of its grant"
        );
        Err(Ended::failed(Class::Limit, "host-calls", message))
    }
}
