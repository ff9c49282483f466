//! Timers of the step, which outlive a restart of the host. What is asked for takes effect when the
//! attempt has succeeded. A timer that fires is delivered to this step, in this branch of the run, as
//! [`TimerFired`](crate::TimerFired).
//!
//! ```no_run
//! use lockstep_sdk::timer;
//! use std::time::Duration;
//!
//! timer::set("remind", Duration::from_secs(24 * 60 * 60));
//! timer::cancel("escalate");
//! ```
//!
//! A name is 1 to 128 bytes of text; one attempt asks for at most 1,000 changes. A call beyond a bound
//! ends the attempt: it does not return.

use std::time::Duration;

use crate::host::lockstep::step::timer as host;

/// Fires so long after the attempt has succeeded, in whole milliseconds, at most ten years. A timer
/// of the same name is replaced.
pub fn set(name: &str, after: Duration) {
    host::set(name, millis(after));
}

/// The timer does not fire; one that is not set is no error.
pub fn cancel(name: &str) {
    host::cancel(name);
}

/// Rounded up, so that no timer fires early.
fn millis(after: Duration) -> u64 {
    after.as_nanos().div_ceil(1_000_000).try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_rounded_up_and_clamped() {
        for (after, expected) in [
            (Duration::ZERO, 0),
            (Duration::from_nanos(1), 1),
            (Duration::from_micros(1_500), 2),
            (Duration::from_secs(3), 3_000),
            (Duration::MAX, u64::MAX),
        ] {
            assert_eq!(millis(after), expected, "{after:?}");
        }
    }
}
