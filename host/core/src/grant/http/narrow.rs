//! A rule under one of the operator's: in every field what both allow, never more.

use std::time::Duration;

use super::{Approve, Network, Rate, Rule};

impl Rule {
    /// The rule, for a request that matches `above` too.
    pub(super) fn within(&self, above: &Rule) -> Rule {
        let approve = self.approve.max(above.approve);
        Rule {
            network: self.network.clone().and(&above.network),
            idempotency: self.idempotency.clone().or_else(|| above.idempotency.clone()),
            at_most_once: self.at_most_once || above.at_most_once,
            // A person approves one request, not where it leads.
            redirects: self.redirects && above.redirects && approve == Approve::Never,
            request_bytes: self.request_bytes.min(above.request_bytes),
            response_bytes: self.response_bytes.min(above.response_bytes),
            timeout: self.timeout.min(above.timeout),
            rate: stricter(self.rate, above.rate),
            reuse: self.reuse || above.reuse,
            approve,
            ..self.clone()
        }
    }
}

impl Network {
    fn and(self, other: &Network) -> Network {
        match self == *other {
            true => self,
            false => Network::Both(Box::new(self), Box::new(other.clone())),
        }
    }
}

/// A rate that keeps both.
pub(in crate::grant) fn stricter(one: Option<Rate>, two: Option<Rate>) -> Option<Rate> {
    match (one, two) {
        (Some(one), Some(two)) => Some(one.and(two)),
        (one, two) => one.or(two),
    }
}

impl Rate {
    /// A rate that keeps both: as many calls as the smaller one allows, in a time of which each window
    /// holds no more than its own calls.
    fn and(self, other: Rate) -> Rate {
        let calls = self.calls.min(other.calls).max(1);
        let share = |rate: Rate| rate.per.as_millis().div_ceil(u128::from(rate.calls / calls));
        let millis = share(self).max(share(other));
        Rate { calls, per: Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_under_another_keeps_both() {
        for (one, two, both) in [
            ((20, 60), (20, 60), (20, 60)),
            ((20, 60), (100, 60), (20, 60)),
            ((20, 60), (20, 3600), (20, 3600)),
            ((20, 60), (1000, 3600), (20, 72)),
            ((60, 3600), (2, 1), (2, 120)),
            ((3, 60), (2, 1), (2, 60)),
        ] {
            let rate = |(calls, seconds)| Rate { calls, per: Duration::from_secs(seconds) };
            assert_eq!(rate(one).and(rate(two)), rate(both));
            assert_eq!(rate(two).and(rate(one)), rate(both));
        }
    }
}
