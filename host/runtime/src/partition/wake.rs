//! When runs go on by themselves: timers of those in memory, timers of those that lie in the journal
//! alone, and those that were cut off when the host before this one went down.

use std::time::Duration;

use lockstep_core::event::Timestamp;
use lockstep_core::journal::Due;
use lockstep_core::run::{RunId, Signal};
use lockstep_core::workflow::Revision;

use super::Partition;
use super::group::Group;
use crate::clock::Lull;

/// Runs that are looked for at once.
const PAGE: u32 = 256;
/// How soon a journal that did not say who is due is asked again.
const AGAIN: Duration = Duration::from_millis(100);
/// With more runs than this in memory, no further ones are taken up.
const MOST_LIVE: usize = 16_384;

impl Partition {
    /// Why the loop has nothing to do until something comes.
    pub(super) fn lull(&self) -> Lull {
        let in_memory = self.waking.first().map(|(at, _)| *at);
        let until = in_memory.into_iter().chain(self.asleep_until).min();
        Lull { until, under_way: self.out.len() + usize::from(self.writing.is_some()) }
    }

    /// A run that lies in the journal alone wants to be woken then.
    pub(super) fn sleeps_until(&mut self, at: Timestamp) {
        self.asleep_until = Some(self.asleep_until.map_or(at, |before| before.min(at)));
    }

    pub(super) async fn due(&mut self, group: &mut Group) {
        let now = self.clock.now();
        while let Some((_, key)) = self.waking.first().copied().filter(|(at, _)| *at <= now) {
            self.waking.pop_first();
            self.woken(key);
            self.signal(key, Signal::TimersDue, group);
        }
        if self.asleep_until.is_some_and(|at| at <= now) {
            self.asleep_until = None;
            for revision in self.deployed.keys().cloned().collect::<Vec<_>>() {
                self.wake_sleepers(&revision, now, group).await;
            }
        }
    }

    /// Wakes runs that lie in the journal alone and whose time has come.
    async fn wake_sleepers(&mut self, revision: &Revision, now: Timestamp, group: &mut Group) {
        // Runs that move are in memory, or in the backlog.
        let after = Some((Timestamp(0), RunId::named("~")));
        let Some(page) = self.page(revision, after).await else {
            return self.sleeps_until(now.after(AGAIN));
        };
        for (at, run) in page.iter().filter(|(_, run)| !self.keys.contains_key(run)).collect::<Vec<_>>() {
            if *at > now {
                return self.sleeps_until(*at);
            }
            match self.fetch(run, group).await {
                Ok(Some(key)) => self.signal(key, Signal::TimersDue, group),
                Ok(None) => {}
                Err(error) => tracing::warn!(%run, %error, "a run cannot be woken"),
            }
        }
        if let Some((last, _)) = page.last().filter(|_| page.len() == PAGE as usize) {
            self.sleeps_until(*last);
        }
    }

    /// Whether more runs may be brought into memory.
    pub(super) fn has_room(&self) -> bool {
        self.live.len() - self.resting.len() < MOST_LIVE
    }

    /// Takes up some of the runs that were cut off while they moved.
    pub(super) async fn take_up_some(&mut self, group: &mut Group) {
        if !self.has_room() {
            return;
        }
        let Some((revision, after)) = self.backlog.pop_front() else { return };
        let Some(page) = self.page(&revision, after.clone()).await else {
            self.backlog.push_back((revision, after));
            return tokio::time::sleep(AGAIN).await;
        };
        let is_last = page.len() < PAGE as usize || page.iter().any(|(at, _)| at.0 > 0);
        for (_, run) in page.iter().filter(|(at, _)| at.0 == 0) {
            if let Err(error) = self.fetch(run, group).await {
                tracing::warn!(%run, %error, "a run cannot be taken up");
                self.tell_of_loss(run, &error);
            }
        }
        if !is_last {
            self.backlog.push_back((revision, page.last().cloned()));
        } else if self.backlog.is_empty() {
            self.tell_all_who_wait();
        }
    }

    /// Some of the runs that are due; none if the journal does not say.
    async fn page(
        &mut self,
        revision: &Revision,
        after: Option<(Timestamp, RunId)>,
    ) -> Option<Vec<(Timestamp, RunId)>> {
        let due = Due { revision: revision.clone(), after, limit: PAGE };
        let page = self.journal.due(&due).await;
        page.inspect_err(|error| self.observers.tell(|observer| observer.troubled(error))).ok()
    }
}
