//! Why a handler could not handle its event.

use std::error::Error;
use std::time::Duration;

pub use crate::host::lockstep::step::types::{Failure, FailureKind};

use crate::Json;

/// How a handler says no: by kind, a stable code for rules to match, and a message for people.
///
/// ```
/// use lockstep_sdk::Failure;
/// use std::time::Duration;
///
/// let busy = Failure::transient("ledger-busy", "the ledger is being closed");
/// let busy = busy.retry_after(Duration::from_secs(2)).details(r#"{"ledger": "eu-1"}"#);
/// assert_eq!(busy.retry_after_ms, Some(2_000));
/// ```
impl Failure {
    /// Another attempt may succeed; the step's retry policy decides how many there are.
    pub fn transient(code: impl Into<String>, message: impl Into<String>) -> Failure {
        Failure::new(FailureKind::Transient, code.into(), message.into())
    }

    /// No attempt will help.
    pub fn permanent(code: impl Into<String>, message: impl Into<String>) -> Failure {
        Failure::new(FailureKind::Permanent, code.into(), message.into())
    }

    /// When to try again, counted from now; without it the retry policy decides.
    pub fn retry_after(self, wait: Duration) -> Failure {
        Failure { retry_after_ms: Some(wait.as_millis().try_into().unwrap_or(u64::MAX)), ..self }
    }

    /// More for machines to read: JSON text, which the host checks.
    pub fn details(self, details: impl Into<Json>) -> Failure {
        Failure { details: Some(details.into()), ..self }
    }

    fn new(kind: FailureKind, code: String, message: String) -> Failure {
        Failure { kind, code, message, retry_after_ms: None, details: None }
    }
}

/// `?` on any error: permanent, code `error`, with the whole chain of causes as its message.
impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Failure {
        let causes = std::iter::successors(error.source(), |&cause| cause.source());
        let message = causes.fold(error.to_string(), |told, cause| format!("{told}: {cause}"));
        Failure::permanent("error", message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_error_becomes_a_permanent_failure_that_tells_its_causes() {
        #[derive(Debug)]
        struct Outer(std::num::ParseIntError);
        impl std::fmt::Display for Outer {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the amount is unreadable")
            }
        }
        impl Error for Outer {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&self.0)
            }
        }
        let failure = Failure::from(Outer("12,50".parse::<u32>().unwrap_err()));
        assert_eq!(failure.kind, FailureKind::Permanent);
        assert_eq!(failure.code, "error");
        assert_eq!(failure.message, "the amount is unreadable: invalid digit found in string");
    }

    #[test]
    fn waits_that_no_clock_can_hold_are_clamped() {
        let failure = Failure::transient("busy", "later").retry_after(Duration::MAX);
        assert_eq!(failure.retry_after_ms, Some(u64::MAX));
    }
}
