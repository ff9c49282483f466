//! When a failed delivery is tried again: a policy and a pure function of it.

use std::collections::BTreeSet;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::event::Timestamp;
use crate::outcome::{Class, Failure};

/// The longest wait that a step may ask for where the policy sets no `within`.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// How often the host's own fault is met with another attempt, at no cost to the step.
pub const HOST_FAILURES: u32 = 20;

/// `retry = { … }` of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Attempts in all, the first one included; at least 1.
    pub attempts: u32,
    /// The wait after the first failure.
    pub initial: Duration,
    /// What the wait is multiplied by after each further failure; at least 1.
    pub factor: f64,
    /// The longest wait.
    pub max: Duration,
    /// The share of the wait that chance may take away or add: 0 to 1.
    pub jitter: f64,
    /// No attempt begins later than this after the first one began.
    pub within: Option<Duration>,
    /// The classes that are tried again.
    pub on: BTreeSet<Class>,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            attempts: 3,
            initial: Duration::from_millis(200),
            factor: 2.0,
            max: Duration::from_secs(30),
            jitter: 0.3,
            within: None,
            on: BTreeSet::from([Class::Transient, Class::Timeout, Class::Trap]),
        }
    }
}

/// What is known of a delivery when one of its attempts has failed.
#[derive(Clone, Copy, Debug)]
pub struct Tried<'a> {
    /// The run: with the delivery it names the draw of the jitter, the same after every restart.
    pub run: &'a str,
    /// The delivery's number in the run.
    pub delivery: u64,
    /// Attempts that counted, this one included.
    pub attempts: u32,
    /// Attempts that failed by the host's fault, this one included.
    pub host_failures: u32,
    /// When the first attempt began.
    pub first_at: Timestamp,
    /// When this one failed.
    pub now: Timestamp,
}

impl Policy {
    /// When the next attempt may begin; `None` if this failure is final.
    pub fn next_attempt(&self, failure: &Failure, tried: Tried<'_>) -> Option<Timestamp> {
        let (failures, may) = match failure.class {
            Class::Host => (tried.host_failures, tried.host_failures < HOST_FAILURES),
            class => (tried.attempts, self.on.contains(&class) && tried.attempts < self.attempts),
        };
        if !may {
            return None;
        }
        let at = tried.now.after(self.wait(failure, failures, tried));
        match self.within {
            Some(within) if at > tried.first_at.after(within) => None,
            _ => Some(at),
        }
    }

    fn wait(&self, failure: &Failure, failures: u32, tried: Tried<'_>) -> Duration {
        if let Some(asked) = failure.retry_after {
            return asked.min(self.within.unwrap_or(LONGEST_RETRY_AFTER));
        }
        let exponent = i32::try_from(failures.saturating_sub(1)).unwrap_or(i32::MAX);
        let plain = self.initial.as_secs_f64() * self.factor.powi(exponent);
        let capped = plain.min(self.max.as_secs_f64());
        let swing = 1.0 + self.jitter * (2.0 * draw(tried.run, tried.delivery, failures) - 1.0);
        Duration::from_secs_f64(capped * swing)
    }
}

/// A number in [0, 1) that depends on nothing but the delivery and the attempt.
fn draw(run: &str, delivery: u64, attempt: u32) -> f64 {
    let named = Sha256::new().chain_update(run).chain_update(delivery.to_be_bytes());
    let digest = named.chain_update(attempt.to_be_bytes()).finalize();
    let bits = u64::from_be_bytes(digest[..8].try_into().expect("a digest has 32 bytes"));
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(class: Class) -> Failure {
        Failure { class, code: "x".into(), message: String::new(), retry_after: None, details: None }
    }

    fn tried(attempts: u32, now: u64) -> Tried<'static> {
        Tried {
            run: "run",
            delivery: 1,
            attempts,
            host_failures: 0,
            first_at: Timestamp(0),
            now: Timestamp(now),
        }
    }

    fn steady() -> Policy {
        Policy { jitter: 0.0, attempts: 10, ..Policy::default() }
    }

    #[test]
    fn waits_grow_by_the_factor_up_to_the_cap() {
        let waits: Vec<_> = (1..=9)
            .map(|n| steady().next_attempt(&failure(Class::Transient), tried(n, 0)).unwrap().0)
            .collect();
        assert_eq!(waits, [200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000]);
    }

    #[test]
    fn only_the_listed_classes_are_tried_again() {
        for class in Class::ALL {
            let again = steady().next_attempt(&failure(class), tried(1, 0)).is_some();
            let expected = matches!(class, Class::Transient | Class::Timeout | Class::Trap | Class::Host);
            assert_eq!(again, expected, "{class}");
        }
    }

    #[test]
    fn the_last_attempt_is_final() {
        let policy = Policy { attempts: 2, ..steady() };
        assert!(policy.next_attempt(&failure(Class::Trap), tried(1, 0)).is_some());
        assert_eq!(policy.next_attempt(&failure(Class::Trap), tried(2, 0)), None);
    }

    #[test]
    fn the_hosts_fault_costs_no_attempt_and_ends_after_twenty() {
        let last = |host_failures| Tried { host_failures, ..tried(0, 0) };
        assert!(steady().next_attempt(&failure(Class::Host), last(19)).is_some());
        assert_eq!(steady().next_attempt(&failure(Class::Host), last(20)), None);
    }

    #[test]
    fn no_attempt_begins_after_within() {
        let policy = Policy { within: Some(Duration::from_secs(1)), ..steady() };
        assert!(policy.next_attempt(&failure(Class::Trap), tried(1, 800)).is_some());
        assert_eq!(policy.next_attempt(&failure(Class::Trap), tried(1, 801)), None);
    }

    #[test]
    fn the_steps_wish_is_kept_within_bounds() {
        let asks = |wait| Failure { retry_after: Some(wait), ..failure(Class::Transient) };
        let week = Duration::from_secs(7 * 24 * 60 * 60);
        let next = |policy: Policy, wait| policy.next_attempt(&asks(wait), tried(1, 0)).unwrap().0;
        assert_eq!(next(steady(), Duration::from_millis(50)), 50);
        assert_eq!(next(steady(), week), 24 * 60 * 60 * 1000);
        assert_eq!(next(Policy { within: Some(Duration::from_secs(9)), ..steady() }, week), 9000);
    }

    #[test]
    fn jitter_is_bounded_and_drawn_from_the_delivery_alone() {
        let policy = Policy { jitter: 0.3, attempts: 1000, factor: 1.0, ..Policy::default() };
        let waits: BTreeSet<_> = (1..200)
            .map(|n| policy.next_attempt(&failure(Class::Transient), tried(n, 0)).unwrap().0)
            .collect();
        assert!(waits.iter().all(|wait| (140..=260).contains(wait)), "{waits:?}");
        assert!(waits.len() > 50, "the draw must spread: {waits:?}");
        let again = policy.next_attempt(&failure(Class::Transient), tried(7, 0));
        assert_eq!(again, policy.next_attempt(&failure(Class::Transient), tried(7, 0)));
    }
}
