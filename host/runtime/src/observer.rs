//! Whoever learns of what happened, after it is written. An observer can never fail a step: one
//! that panics is not asked why.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lockstep_core::journal::{self, Commit};
use lockstep_core::outcome::Update;
use lockstep_core::run::{DeliveryId, RunId};
use lockstep_sandbox::{Report, Watcher};

/// An attempt, as an observer sees it.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The run.
    pub run: RunId,
    /// The step's name.
    pub step: Arc<str>,
    /// Which delivery.
    pub delivery: DeliveryId,
    /// Which try: 1 for the first.
    pub attempt: u32,
}

/// Learns of what happens. Called from the loop itself: whoever has more to do than to note it
/// puts a bounded queue behind it.
pub trait Observer: Send + Sync {
    /// An attempt begins.
    fn began(&self, attempt: &Attempt) {
        let _ = attempt;
    }

    /// An attempt came back; what it did is not decided yet. Its log is in the report.
    fn reported(&self, attempt: &Attempt, report: &Report) {
        let _ = (attempt, report);
    }

    /// A running attempt tells those who watch something that is not committed yet. Called from the
    /// attempt itself.
    fn published(&self, attempt: &Attempt, update: &Update) {
        let _ = (attempt, update);
    }

    /// What an attempt has published so far is not worth anything: it failed, or was interrupted.
    fn withdrawn(&self, attempt: &Attempt) {
        let _ = attempt;
    }

    /// The storage did not take a commit, or did not say which runs are due; it is tried again. For a
    /// commit, everything waits.
    fn troubled(&self, why: &journal::Error) {
        let _ = why;
    }

    /// A commit was written.
    fn committed(&self, commit: &Commit) {
        let _ = commit;
    }
}

/// What an attempt publishes before it ends goes to all observers.
pub(crate) struct Stream {
    pub(crate) observers: Observers,
    pub(crate) attempt: Attempt,
    /// Whether it has published anything.
    pub(crate) published: Arc<AtomicBool>,
}

impl Watcher for Stream {
    fn provisional(&self, update: &Update) {
        self.published.store(true, Ordering::Relaxed);
        self.observers.tell(|observer| observer.published(&self.attempt, update));
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("attempt", &self.attempt).finish_non_exhaustive()
    }
}

/// All observers of a host.
#[derive(Clone, Default)]
pub(crate) struct Observers(Arc<[Arc<dyn Observer>]>);

impl Observers {
    pub(crate) fn new(all: Vec<Arc<dyn Observer>>) -> Observers {
        Observers(all.into())
    }

    pub(crate) fn tell(&self, what: impl Fn(&dyn Observer)) {
        for observer in &*self.0 {
            if catch_unwind(AssertUnwindSafe(|| what(observer.as_ref()))).is_err() {
                tracing::error!("an observer panicked; the run goes on");
            }
        }
    }
}
