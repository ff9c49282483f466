//! Who am I, and what time is it?
//!
//! ```no_run
//! use lockstep_sdk::run;
//!
//! let me = run::whoami();
//! lockstep_sdk::info!("{} attempt {} at {}", me.step, me.attempt, run::now());
//! ```

pub use crate::host::lockstep::step::run::Identity;

use crate::host::lockstep::step::run as host;

/// The run, the step and the attempt that this call is.
pub fn whoami() -> Identity {
    host::whoami()
}

/// Milliseconds since the Unix epoch: one value per delivery, the same in every attempt.
pub fn now() -> u64 {
    host::now()
}

/// So many bytes of the host's randomness, at most 65,536.
pub fn random(n: u32) -> Vec<u8> {
    host::random(n)
}
