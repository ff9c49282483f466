//! What time it is, and how long it is until something is due: an argument like any other, so that tests bring
//! their own. [`System`] is the machine's; [`Virtual`] stands still until whoever holds it moves it on, so that days
//! pass at once and in the order of what is due.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lockstep_core::event::Timestamp;
use tokio::sync::Notify;

/// The loop looks at its clock at least this often: the clock may jump, and the machine may sleep.
const LONGEST: Duration = Duration::from_secs(60);

/// Tells the time. Rules compare its answers with each other only; it may jump.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Comes when there may be something due.
    ///
    /// **Promise:** it comes by the time that `lull` names, if that comes at all. Coming too early is no harm: the
    /// loop looks at the clock, and waits again. It is dropped when something else happens first.
    fn wait(&self, lull: Lull) -> Waiting<'_> {
        let wait = lull.until.map(|at| Duration::from_millis(at.0.saturating_sub(self.now().0)));
        Box::pin(tokio::time::sleep(wait.unwrap_or(LONGEST).min(LONGEST)))
    }
}

/// Why the loop has nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lull {
    /// When something is due; none: nothing will be by itself.
    pub until: Option<Timestamp>,
    /// Attempts that are out, and commits that are being written: they bring something to do, however little time
    /// passes.
    pub under_way: usize,
}

/// A wait that may be dropped.
pub type Waiting<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Clock for System {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}

/// A clock that stands still until it is moved on.
///
/// Whoever holds it waits until the host has [come to rest](Virtual::rests), does what is to be done at that time, and
/// then lets the time come when the host has something to do again. While an attempt is out no time passes, however
/// long it takes.
#[derive(Debug)]
pub struct Virtual {
    hands: Mutex<Hands>,
    /// The host has come to rest.
    rested: Notify,
    /// The time is another.
    moved: Notify,
}

#[derive(Debug)]
struct Hands {
    now: Timestamp,
    /// The host waits for nothing but time, and this is when.
    rests: Option<Rests>,
}

/// A host that waits for nothing but time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rests {
    /// When it has something to do again by itself, if ever.
    pub until: Option<Timestamp>,
}

impl Virtual {
    /// A clock that says so.
    pub fn at(now: Timestamp) -> Arc<Virtual> {
        let hands = Mutex::new(Hands { now, rests: None });
        Arc::new(Virtual { hands, rested: Notify::new(), moved: Notify::new() })
    }

    /// Waits until the host waits for nothing but time.
    pub async fn rests(&self) -> Rests {
        loop {
            let rested = self.rested.notified();
            if let Some(rests) = self.hands().rests {
                return rests;
            }
            rested.await;
        }
    }

    /// It is this late now; it is never earlier than before.
    pub fn move_to(&self, at: Timestamp) {
        let mut hands = self.hands();
        hands.now = hands.now.max(at);
        // Whether it still rests at that time is for the host to say.
        hands.rests = None;
        drop(hands);
        self.moved.notify_waiters();
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for Virtual {
    fn now(&self) -> Timestamp {
        self.hands().now
    }

    fn wait(&self, lull: Lull) -> Waiting<'_> {
        Box::pin(async move {
            let is_due = |now| lull.until.is_some_and(|at| at <= now);
            loop {
                let moved = self.moved.notified();
                if is_due(self.now()) {
                    return;
                }
                let _resting = (lull.under_way == 0).then(|| Resting::begin(self, lull.until));
                moved.await;
            }
        })
    }
}

/// As long as this is there, the host waits for nothing but time.
struct Resting<'c>(&'c Virtual);

impl<'c> Resting<'c> {
    fn begin(clock: &'c Virtual, until: Option<Timestamp>) -> Resting<'c> {
        clock.hands().rests = Some(Rests { until });
        clock.rested.notify_waiters();
        Resting(clock)
    }
}

impl Drop for Resting<'_> {
    fn drop(&mut self) {
        self.0.hands().rests = None;
    }
}
