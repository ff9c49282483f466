//! Effects: calls that leave a run. Each is known by its delivery, the digest of what was asked and how
//! often that digest was asked before in the attempt, so that another attempt finds what an earlier one
//! did, whatever path it takes to it. What is decided about them are rows of the journal like all else.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::blob::Digest;
use crate::event::{Json, Timestamp};
use crate::grant::http::Rate;

/// Which call of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CallId {
    /// Of what is asked: method, normalised address and body; tool and arguments.
    pub digest: Digest,
    /// How often it was asked in this attempt, from 1.
    pub nth: u32,
}

/// A call that is about to leave.
#[derive(Clone, Debug, PartialEq)]
pub struct Intent {
    /// Which.
    pub id: CallId,
    /// The capability, as denials name it: `http`.
    pub capability: Arc<str>,
    /// What is asked, for people, without any secret: `POST https://api.example/v1/refunds`.
    pub what: Arc<str>,
    /// The rule that lets it through, as the rate is counted by: `https://api.example:443`.
    pub rule: Arc<str>,
    /// Whether it may be made once at most: known to have started before a byte leaves.
    pub at_most_once: bool,
    /// How long its answer is kept, and given to whoever asks again.
    pub keep: Keep,
    /// How many of the rule's calls may leave in a time, over all runs.
    pub rate: Option<Rate>,
    /// How many of the rule's calls the run may make, those of failed attempts too.
    pub calls: Option<u32>,
    /// The call of a tool that makes this one, if one does.
    pub within: Option<CallId>,
    /// What a person is asked before it leaves; none: nobody is.
    pub ask: Option<Ask>,
}

/// How long the answer of a call is kept with its delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// Not at all: whoever asks again makes the call again.
    #[default]
    No,
    /// As long as the attempt lasts, however often it is interrupted: while a person decides about another
    /// call of it.
    Attempt,
    /// As long as the delivery is open, for later attempts too.
    Delivery,
}

impl Keep {
    /// What is the rule is not written.
    pub(crate) fn is_no(&self) -> bool {
        *self == Keep::No
    }
}

impl Intent {
    /// Whether its answer is kept with the run.
    pub fn is_recorded(&self) -> bool {
        self.at_most_once || self.keep != Keep::No
    }
}

/// What a person is asked about a call before it leaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// Why: the words of the grant, or what it does not allow.
    pub why: Arc<str>,
    /// What the call is made with; what a person may change of it.
    pub proposal: Proposal,
    /// So long it waits for the person.
    pub within: Duration,
    /// What the guest was told of time and chance, and is told again when it goes on.
    pub moment: Moment,
}

/// What a call is made with, in JSON, and what else it might be made with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// The arguments: an object.
    pub arguments: Json,
    /// The JSON Schema that they have to fit, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Json>,
}

/// What an attempt is told of time and chance: the same when it goes on after a person has decided, so that
/// it asks for the same calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// What its clock says.
    pub clock: Timestamp,
    /// What its random numbers follow from.
    pub seed: Digest,
}

/// What becomes of a call that is about to leave.
#[derive(Clone, Debug, PartialEq)]
pub enum Leave {
    /// It goes out.
    Go,
    /// It goes out with these arguments instead: a person has changed them.
    GoWith(Json),
    /// It was made before; this was the answer.
    Recorded(Json),
    /// A person is asked: the attempt ends, and goes on when there is an answer.
    Ask,
    /// A person has said no, or nobody said anything in time; this is why.
    Refused(Arc<str>),
    /// The guest asks for one call after the other and makes none of those that were approved: the attempt
    /// ends, and an operator looks at it.
    Unsteady,
    /// The run has made as many of the rule's calls as it may.
    OverBudget,
    /// It may have been made before and nobody knows the answer: the attempt ends, and a person decides.
    Unknown,
    /// The rate lets no call leave before.
    NotBefore(Timestamp),
}

/// What came of a call that went out.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// There is an answer. Its value is kept where [`Intent::is_recorded`] says so.
    Answered {
        /// The answer, for a later attempt.
        answer: Option<Json>,
        /// For people: `200, 1,234 bytes`.
        told: Arc<str>,
    },
    /// Nothing reached the other side, so it can be made again.
    NotMade {
        /// Why, for people.
        told: Arc<str>,
    },
    /// It went out, and there is no answer that anybody can rely on.
    Failed {
        /// Why, for people.
        told: Arc<str>,
    },
}

/// How a call ended, as the journal tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// There is an answer.
    Answered,
    /// Nothing reached the other side.
    NotMade,
    /// It went out, and there is no answer that anybody can rely on.
    Failed,
}

impl Ending {
    /// How the call ended, the answer that there is, and what people are told.
    pub fn parts(self) -> (Ended, Option<Json>, Arc<str>) {
        match self {
            Ending::Answered { answer, told } => (Ended::Answered, answer, told),
            Ending::NotMade { told } => (Ended::NotMade, None, told),
            Ending::Failed { told } => (Ended::Failed, None, told),
        }
    }
}

/// When the calls of a rule with a rate have left: a window that slides. Those who were told to wait are
/// spread over the times to come, so that not all of them ask again at the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// When calls have left, the oldest first; hardly more than the rate lets leave in one window.
    left: VecDeque<Timestamp>,
    /// Times to come that somebody was told to wait for, in order.
    awaited: VecDeque<Timestamp>,
}

impl Window {
    /// A call has left; it counts, whatever comes of it.
    pub fn count(&mut self, at: Timestamp) {
        self.left.push_back(at);
    }

    /// The time before which no further call may leave; none if one may now.
    pub fn opens(&mut self, rate: Rate, now: Timestamp) -> Option<Timestamp> {
        // A clock that was set back closes no window for longer than its length.
        self.left.iter_mut().for_each(|at| *at = (*at).min(now));
        self.awaited.retain(|at| *at > now && *at <= now.after(rate.per.saturating_mul(1024)));
        let calls = rate.calls.max(1) as usize;
        self.left.drain(..self.left.len().saturating_sub(calls));
        let open = |left: Timestamp| left.after(rate.per);
        let nth_last = |n: usize| self.left.len().checked_sub(n).map(|at| open(self.left[at]));
        nth_last(calls).filter(|at| *at > now)?;
        let all: Vec<Timestamp> = self.left.iter().chain(&self.awaited).copied().collect();
        let opens = open(all[all.len() - calls]);
        self.awaited.push_back(opens);
        Some(opens)
    }
}

/// A call that the grant does not allow, as the journal tells it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Denial {
    /// The capability: `http`.
    pub capability: Arc<str>,
    /// What was asked, without any secret.
    pub what: Arc<str>,
    /// One word: host, scheme, port, method, path, query, network; tool, argument, pin, budget.
    pub why: Arc<str>,
    /// The component that is a tool and asked, where one did: it is that one's grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<Arc<str>>,
}

/// The key of a call, the same over all attempts: of the guest's own key if it gives one, else of the
/// call itself. 32 hex digits.
pub fn idempotency_key(run: &str, delivery: u64, own: Option<&str>, id: &CallId) -> String {
    let mut named = Sha256::new().chain_update(run).chain_update([0]).chain_update(delivery.to_be_bytes());
    match own {
        Some(own) => named.update([b"key\0", own.as_bytes()].concat()),
        None => {
            named.update(b"call\0");
            named.update(id.digest.as_bytes());
            named.update(id.nth.to_be_bytes());
        }
    }
    named.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const RATE: Rate = Rate { calls: 2, per: Duration::from_millis(100) };

    /// What becomes of calls at these times: 0 for one that leaves, else when it may.
    fn asked(window: &mut Window, times: &[u64]) -> Vec<u64> {
        let ask = |at: &u64| match window.opens(RATE, Timestamp(*at)) {
            Some(opens) => opens.0,
            None => {
                window.count(Timestamp(*at));
                0
            }
        };
        times.iter().map(ask).collect()
    }

    #[test]
    fn no_window_has_more_calls_than_the_rate_wherever_it_begins() {
        for (times, expected) in [
            (&[1000, 1050, 1099, 1100, 1101][..], &[0, 0, 1100, 0, 1150][..]),
            (&[1000, 1000, 1000, 1100, 1100], &[0, 0, 1100, 0, 0]),
            (&[1000, 1090, 1095, 1100, 1190], &[0, 0, 1100, 0, 0]),
        ] {
            assert_eq!(asked(&mut Window::default(), times), expected, "{times:?}");
        }
    }

    #[test]
    fn those_who_wait_are_spread_over_the_times_to_come() {
        let all = asked(&mut Window::default(), &[1000, 1010, 1020, 1020, 1020, 1020, 1020]);
        assert_eq!(all, [0, 0, 1100, 1110, 1200, 1210, 1300]);
    }

    #[test]
    fn a_clock_that_is_set_back_closes_no_window_for_longer_than_its_length() {
        assert_eq!(asked(&mut Window::default(), &[90_000, 90_000, 50, 149, 150]), [0, 0, 150, 150, 0]);
    }

    #[test]
    fn the_key_of_a_call_is_that_of_its_delivery_and_of_what_is_asked_or_of_the_guests_own() {
        let id = |text: &str, nth| CallId { digest: Digest::of(text.as_bytes()), nth };
        let key = |run, delivery, own, id: CallId| idempotency_key(run, delivery, own, &id);
        let first = key("r", 4, None, id("a", 1));
        assert_eq!((first.len(), &first), (32, &key("r", 4, None, id("a", 1))));
        let others =
            [key("s", 4, None, id("a", 1)), key("r", 5, None, id("a", 1)), key("r", 4, None, id("b", 1))];
        assert!(!others.contains(&first) && key("r", 4, None, id("a", 2)) != first);
        let own = key("r", 4, Some("k"), id("a", 1));
        assert_eq!(own, key("r", 4, Some("k"), id("b", 2)), "whatever is asked under it");
        assert_ne!(own, first);
    }
}
