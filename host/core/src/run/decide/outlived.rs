//! What outlives the host that had the run: deliveries that were in flight when it went down, and runs
//! that are children of others.

use super::Decision;
use crate::journal::Commit;
use crate::run::RunId;
use crate::run::change::{Change, Parked, Seq};

/// A delivery that was in flight so often when a host went down is parked.
const CRASHES: u32 = 3;

impl Decision<'_> {
    /// The row that a delivery is begun with that may have been in flight when a host went down.
    pub(in crate::run) fn began(mut self, id: Seq) -> Commit {
        self.write(Change::Began { delivery: id });
        self.commit()
    }

    /// What was in flight when the last host went down has crashed once more. What is ready now may
    /// have been, and so may what has backed off long enough: it is begun with a row from here on.
    pub(in crate::run) fn taken_up(mut self) -> Commit {
        let begun = self.run.deliveries.iter().filter(|(_, delivery)| delivery.begun);
        for id in begun.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.write(Change::Crashed { delivery: id });
            let is_decided_first = self.run.has_unknown_effect(id) || self.run.awaits_approval(id);
            if !is_decided_first && self.run.deliveries[&id].crashes >= CRASHES {
                self.park(id, Parked::Poison, None);
            }
        }
        self.park_unknown_effects();
        self.park_approvals();
        self.run.careful.extend(self.run.ready.iter().map(|(_, id)| *id));
        let due = self.run.waking.range(..=(self.now, Seq(u64::MAX))).map(|(_, id)| *id);
        self.run.careful.extend(due.filter(|id| self.run.deliveries.contains_key(id)));
        self.finish()
    }

    pub(in crate::run) fn child_started(mut self, delivery: Seq, run: RunId) -> Commit {
        if self.run.deliveries.contains_key(&delivery) {
            self.write(Change::ChildStarted { delivery, run });
        }
        self.finish()
    }

    pub(in crate::run) fn child_cancelled(mut self, run: RunId) -> Commit {
        if self.run.orphans.contains(&run) {
            self.write(Change::ChildCancelled { run });
        }
        self.commit()
    }

    pub(in crate::run) fn parent_told(mut self) -> Commit {
        if self.run.news().is_some() {
            self.write(Change::ParentTold);
        }
        self.commit()
    }
}
