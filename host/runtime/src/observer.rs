//! Whoever learns of what happened, after it is written. An observer can never fail a step: one
//! that panics is not asked why.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use lockstep_core::journal::Commit;
use lockstep_core::run::{DeliveryId, RunId};
use lockstep_sandbox::Report;

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

    /// A commit was written.
    fn committed(&self, commit: &Commit) {
        let _ = commit;
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
