//! What one turn of the loop has decided, and how it is written: as one group if it can be, in
//! halves down to the one commit that the journal refuses, and as often as a storage needs that
//! fails for the moment. Only what is written is acted upon.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use lockstep_core::journal::{self, Commit};
use lockstep_core::outcome::{Class, Failure, Outcome};
use lockstep_core::run::{DeliveryId, RunId, Work};
use lockstep_core::workflow::StepId;
use tokio::sync::oneshot;

use super::{Asker, Partition, answer};
use crate::host::Error;
use crate::request::Reply;
use crate::scheduler::RunKey;

/// How soon a storage that failed is tried again, and how late at most.
const SOONEST: Duration = Duration::from_millis(50);
const LATEST: Duration = Duration::from_secs(5);

/// What one turn of the loop has decided and not yet written.
#[derive(Default)]
pub(super) struct Group {
    entries: Vec<Entry>,
    touched: Vec<RunKey>,
    promises: Vec<Promise>,
}

/// A commit, its run, and the delivery whose outcome it is.
struct Entry {
    key: RunKey,
    delivery: Option<DeliveryId>,
    commit: Commit,
}

/// What is to be done once a run's commits of this group are written.
pub(super) enum Promise {
    /// A start is accepted.
    Accepted { key: RunKey, is_new: bool, accepted: oneshot::Sender<Result<bool, Error>> },
    /// A request is answered.
    Reply { key: RunKey, asker: Asker, reply: Reply },
    /// An attempt begins, or a run of another workflow does.
    Begin { key: RunKey, step: StepId, work: Work },
}

/// Runs of which something could not be written: why, and whose outcome it was.
type Lost = HashMap<RunId, (Arc<journal::Error>, Option<DeliveryId>)>;

impl Group {
    /// Commits in it.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.promises.is_empty() && self.touched.is_empty()
    }

    /// Adds what a run has decided.
    pub(super) fn push(&mut self, key: RunKey, delivery: Option<DeliveryId>, commit: Commit) {
        self.touch(key);
        if !commit.records.is_empty() {
            self.entries.push(Entry { key, delivery, commit });
        }
    }

    /// A run is to be seen to.
    pub(super) fn touch(&mut self, key: RunKey) {
        self.touched.push(key);
    }

    pub(super) fn promise(&mut self, promise: Promise) {
        self.promises.push(promise);
    }
}

impl Partition {
    /// Writes a group, and does what was promised for that.
    pub(super) async fn write(&mut self, mut group: Group) {
        let mut next = Some(std::mem::take(&mut group));
        while let Some(Group { entries, mut touched, promises }) = next.take() {
            let lost = self.put(&entries).await;
            let mut again = Group::default();
            self.tell_observers(&entries, &lost);
            for promise in promises {
                self.keep_promise(promise, &lost, &mut again).await;
            }
            let written: HashSet<RunKey> = entries.iter().map(|entry| entry.key).collect();
            touched.sort_unstable();
            touched.dedup();
            for key in touched {
                self.see_to(key, written.contains(&key), &mut again).await;
            }
            self.lose(lost, &mut again).await;
            next = Some(again).filter(|again| !again.is_empty());
        }
    }

    /// Writes commits in order; what the journal refuses is told by run, the rest goes in.
    async fn put(&self, entries: &[Entry]) -> Lost {
        let mut lost = Lost::new();
        let mut parts = vec![entries];
        while let Some(part) = parts.pop() {
            let commits = part.iter().map(|entry| &entry.commit);
            let commits: Vec<Commit> =
                commits.filter(|commit| !lost.contains_key(&commit.run)).cloned().collect();
            if commits.is_empty() {
                continue;
            }
            match (self.put_patiently(commits).await, part) {
                (Ok(()), _) => {}
                (Err(why), [only]) => {
                    lost.insert(only.commit.run.clone(), (Arc::new(why), only.delivery));
                }
                (Err(_), several) => {
                    let (first, second) = several.split_at(several.len() / 2);
                    parts.extend([second, first]);
                }
            }
        }
        lost
    }

    /// Tries until the storage takes the commits or the journal refuses them.
    async fn put_patiently(&self, commits: Vec<Commit>) -> Result<(), journal::Error> {
        let mut wait = SOONEST;
        loop {
            match self.journal.commit(commits.clone()).await {
                Ok(_) => return Ok(()),
                Err(why @ journal::Error::Storage(_)) => {
                    self.observers.tell(|observer| observer.troubled(&why));
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(LATEST);
                }
                Err(why) => return Err(why),
            }
        }
    }

    fn tell_observers(&mut self, entries: &[Entry], lost: &Lost) {
        let written = entries.iter().filter(|entry| !lost.contains_key(&entry.commit.run));
        for Entry { key, commit, .. } in written {
            self.observers.tell(|observer| observer.committed(commit));
            if let Some(live) = self.live.get_mut(key) {
                live.written(commit);
            }
        }
    }

    async fn keep_promise(&mut self, promise: Promise, lost: &Lost, again: &mut Group) {
        let why = |key: RunKey, partition: &Partition| {
            let run = partition.live.get(&key)?.run.id();
            let (why, _) = lost.get(run)?;
            Some(Error::Journal { run: run.clone(), why: why.clone() })
        };
        match promise {
            Promise::Accepted { key, is_new, accepted } => {
                answer(accepted, why(key, self).map_or(Ok(is_new), Err));
            }
            Promise::Reply { key, asker, reply } => {
                let reply = why(key, self).map_or(Ok(reply), Err);
                self.answer_asker(asker, reply).await;
            }
            // Without its row, it does not begin; the run has left the memory.
            Promise::Begin { key, .. } if why(key, self).is_some() => {}
            Promise::Begin { key, step, work } => match self.nested(key, step) {
                Some(nested) => self.nest(key, step, &nested, work, again).await,
                None => self.attempt(key, step, work),
            },
        }
    }

    async fn see_to(&mut self, key: RunKey, is_written: bool, again: &mut Group) {
        if self.reload
            && is_written
            && let Err(error) = self.read_back(key).await
            && let Some(live) = self.live.get(&key)
        {
            let run = live.run.id().clone();
            self.evict(key);
            return self.tell_of_loss(&run, &error);
        }
        self.settled(key);
        self.bring_news(key, again).await;
    }

    /// Runs of which something was not written leave the memory, since they are not what the
    /// journal says. Where an outcome was refused for itself, that attempt has failed.
    async fn lose(&mut self, lost: Lost, again: &mut Group) {
        for (run, (why, delivery)) in lost {
            if let Some(key) = self.keys.get(&run).copied() {
                self.evict(key);
            }
            match (&*why, delivery) {
                (journal::Error::Refused(message), Some(delivery)) => {
                    self.fail(&run, delivery, message, again).await;
                }
                _ => self.tell_of_loss(&run, &Error::Journal { run: run.clone(), why }),
            }
        }
    }

    async fn fail(&mut self, run: &RunId, delivery: DeliveryId, message: &str, again: &mut Group) {
        let failure = Failure {
            class: Class::Invalid,
            code: "journal".into(),
            message: format!("what it wanted written was refused: {message}"),
            retry_after: None,
            details: None,
        };
        match self.fetch(run, again).await {
            Ok(Some(key)) => {
                let Some(live) = self.live.get_mut(&key) else { return };
                let commit = live.run.settle(delivery, Outcome::Failed(failure), self.clock.now());
                again.push(key, None, commit);
            }
            Ok(None) => {}
            Err(error) => self.tell_of_loss(run, &error),
        }
    }
}
