//! What one turn of the loop has decided, and how it is written: as one group if it can be, in
//! halves down to the one commit that the journal refuses, and as often as a storage needs that
//! fails for the moment. Only what is written is acted upon.

use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use lockstep_core::journal::{self, Commit, Journal};
use lockstep_core::outcome::{Class, Failure, Interruption, Outcome};
use lockstep_core::run::{DeliveryId, RunId, Seq, Work};
use lockstep_core::workflow::StepId;
use tokio::sync::oneshot;

use super::effect::Tell;
use super::{Asker, Partition, answer};
use crate::host::Error;
use crate::observer::Observers;
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
    /// A request is answered, by what the run was up to a row.
    Reply { key: RunKey, last: Seq, asker: Asker, reply: Reply },
    /// An attempt is told of one of its calls, by what the run was up to a row.
    Tell { key: RunKey, last: Seq, tell: Tell },
    /// An attempt begins, or a run of another workflow does.
    Begin { key: RunKey, step: StepId, work: Work },
}

impl Promise {
    fn key(&self) -> RunKey {
        match self {
            Promise::Accepted { key, .. }
            | Promise::Reply { key, .. }
            | Promise::Tell { key, .. }
            | Promise::Begin { key, .. } => *key,
        }
    }
}

/// Runs of which something could not be written.
#[derive(Default)]
struct Lost(HashMap<RunId, Loss>);

/// What could not be written of a run, and so neither what came after it.
struct Loss {
    from: Seq,
    why: Arc<journal::Error>,
    /// Whose outcome it was.
    delivery: Option<DeliveryId>,
}

impl Lost {
    fn add(&mut self, Entry { commit, delivery, .. }: &Entry, why: journal::Error) {
        let from = commit.records.first().map(|record| record.seq).unwrap_or_default();
        let loss = Loss { from, why: Arc::new(why), delivery: *delivery };
        self.0.insert(commit.run.clone(), loss);
    }

    /// Whether a commit was written.
    fn spares(&self, commit: &Commit) -> bool {
        let first = commit.records.first().map(|record| record.seq);
        self.0.get(&commit.run).is_none_or(|loss| first < Some(loss.from))
    }

    /// Why a row of a run was not written, if it was not.
    fn why(&self, run: &RunId, row: Seq) -> Option<Error> {
        let loss = self.0.get(run).filter(|loss| row >= loss.from)?;
        Some(Error::Journal { run: run.clone(), why: loss.why.clone() })
    }
}

impl Group {
    /// Commits in it.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.promises.is_empty() && self.touched.is_empty()
    }

    /// A run is to be seen to.
    pub(super) fn touch(&mut self, key: RunKey) {
        self.touched.push(key);
    }

    pub(super) fn promise(&mut self, promise: Promise) {
        self.promises.push(promise);
    }
}

/// A group that is being written.
pub(super) type Writing = Pin<Box<dyn Future<Output = Written> + Send>>;

/// A group after that, and what of it was not written.
pub(super) struct Written {
    group: Group,
    lost: Lost,
}

impl Partition {
    /// Adds what a run has decided to a group.
    pub(super) fn push(
        &mut self,
        key: RunKey,
        delivery: Option<DeliveryId>,
        commit: Commit,
        group: &mut Group,
    ) {
        group.touch(key);
        if let Some(live) = self.live.get_mut(&key).filter(|_| !commit.records.is_empty()) {
            live.decided(&commit);
            if live.deployed.is_some() {
                self.scheduler.consider(key);
            }
            group.entries.push(Entry { key, delivery, commit });
        }
    }

    /// Begins to write a group, unless one is being written: then it goes on growing. What is written
    /// at once is seen to at once, and so is what follows from it.
    pub(super) async fn write(&mut self, group: &mut Group) {
        while self.writing.is_none() && !group.is_empty() {
            let next = std::mem::take(group);
            let mut writing: Writing = Box::pin(put(self.journal.clone(), self.observers.clone(), next));
            match poll_once(&mut writing) {
                Poll::Ready(written) => {
                    self.see_to_written(written, group).await;
                    self.begin_what_is_ready(group);
                }
                Poll::Pending => self.writing = Some(writing),
            }
        }
    }

    /// The group that was being written is.
    pub(super) async fn written(&mut self, written: Written, group: &mut Group) {
        self.writing = None;
        self.see_to_written(written, group).await;
    }

    /// Does what was promised for a group.
    async fn see_to_written(&mut self, written: Written, next: &mut Group) {
        let Written { group: Group { entries, mut touched, promises }, lost } = written;
        self.tell_observers(&entries, &lost);
        for promise in promises {
            match self.broken(&promise, &lost) {
                Some(error) => self.break_promise(promise, error).await,
                None => self.keep_promise(promise, next).await,
            }
        }
        let written: HashSet<RunKey> = entries.iter().map(|entry| entry.key).collect();
        // First of all, so that nobody hears of what is not written.
        self.lose(lost, next).await;
        touched.sort_unstable();
        touched.dedup();
        for key in touched {
            self.see_to(key, written.contains(&key), next).await;
        }
    }

    fn tell_observers(&mut self, entries: &[Entry], lost: &Lost) {
        let written = entries.iter().filter(|entry| lost.spares(&entry.commit));
        for Entry { key, commit, .. } in written {
            self.observers.tell(|observer| observer.committed(commit));
            if let Some(live) = self.live.get_mut(key) {
                live.written(commit);
            }
        }
    }

    async fn keep_promise(&mut self, promise: Promise, again: &mut Group) {
        match promise {
            Promise::Accepted { is_new, accepted, .. } => answer(accepted, Ok(is_new)),
            Promise::Reply { asker, reply, .. } => self.answer_asker(asker, Ok(reply)).await,
            Promise::Tell { tell, .. } => tell.keep(),
            Promise::Begin { key, step, work } if !self.is_wanted(key, work.delivery) => {
                self.give_back(key, step);
            }
            Promise::Begin { key, step, work } => match self.nested(key, step) {
                Some(nested) => self.nest(key, step, &nested, work, again).await,
                None => self.attempt(key, step, work),
            },
        }
    }

    async fn break_promise(&mut self, promise: Promise, error: Error) {
        match promise {
            Promise::Accepted { accepted, .. } => answer(accepted, Err(error)),
            Promise::Reply { asker, .. } => self.answer_asker(asker, Err(error)).await,
            Promise::Tell { tell, .. } => tell.fail(&error),
            Promise::Begin { key, step, .. } => self.give_back(key, step),
        }
    }

    /// Whether the run still waits for this attempt: it may have been ended or cut meanwhile.
    fn is_wanted(&self, key: RunKey, delivery: DeliveryId) -> bool {
        self.live.get(&key).is_some_and(|live| live.run.is_out(delivery))
    }

    /// The slot of an attempt that does not begin is free again.
    fn give_back(&mut self, key: RunKey, step: StepId) {
        if let Some(live) = self.live.get(&key) {
            self.scheduler.ended(key, step, live.run.workflow());
        }
    }

    /// Why what was promised is not done, if what it waited for is not written.
    fn broken(&self, promise: &Promise, lost: &Lost) -> Option<Error> {
        let row = match promise {
            Promise::Accepted { .. } => Seq(1),
            Promise::Reply { last, .. } | Promise::Tell { last, .. } => *last,
            Promise::Begin { .. } => Seq(u64::MAX),
        };
        lost.why(self.live.get(&promise.key())?.run.id(), row)
    }

    async fn see_to(&mut self, key: RunKey, is_written: bool, again: &mut Group) {
        // What is decided and not written yet is not in the journal.
        let is_behind = self.live.get(&key).is_some_and(|live| live.ahead > 0);
        if self.reload
            && is_written
            && !is_behind
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
        for (run, Loss { why, delivery, .. }) in lost.0 {
            let key = self.keys.get(&run).copied();
            let out = self.out.values().filter(|out| Some(out.key) == key);
            let out: Vec<DeliveryId> = out.map(|out| out.attempt.delivery).collect();
            let error = Error::Journal { run: run.clone(), why: why.clone() };
            if let Some(key) = key {
                self.drop_later(key, &error, again).await;
                self.evict(key);
            }
            match (&*why, delivery) {
                (journal::Error::Refused(message), Some(delivery)) => {
                    self.fail(&run, delivery, message, &out, again).await;
                }
                _ => self.tell_of_loss(&run, &error),
            }
        }
    }

    /// What a run decided after a commit that was not written is as if it had never been.
    async fn drop_later(&mut self, key: RunKey, error: &Error, group: &mut Group) {
        group.entries.retain(|entry| entry.key != key);
        let broken: Vec<Promise> = group.promises.extract_if(.., |promise| promise.key() == key).collect();
        for promise in broken {
            self.break_promise(promise, error.clone()).await;
        }
    }

    /// An attempt has failed by what it wanted written. Those that were `out` beside it were
    /// interrupted by that: no host has crashed.
    async fn fail(
        &mut self,
        run: &RunId,
        delivery: DeliveryId,
        message: &str,
        out: &[DeliveryId],
        again: &mut Group,
    ) {
        let failure = Failure {
            class: Class::Invalid,
            code: "journal".into(),
            message: format!("what it wanted written was refused: {message}"),
            retry_after: None,
            details: None,
        };
        match self.load(run).await {
            Ok(Some(key)) => {
                let others = out.iter().filter(|out| **out != delivery);
                let stopped = others.map(|out| (*out, Outcome::Interrupted(Interruption::Stopped)));
                for (delivery, outcome) in stopped.chain([(delivery, Outcome::Failed(failure))]) {
                    self.settle(key, delivery, outcome, again);
                }
            }
            Ok(None) => {}
            Err(error) => self.tell_of_loss(run, &error),
        }
    }
}

/// A journal in memory answers at once; any other is asked again when it wakes the loop.
fn poll_once(writing: &mut Writing) -> Poll<Written> {
    writing.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// Writes commits in order; what the journal refuses is told by run, the rest goes in.
async fn put(journal: Arc<dyn Journal>, observers: Observers, group: Group) -> Written {
    let mut lost = Lost::default();
    let mut parts = vec![&group.entries[..]];
    while let Some(part) = parts.pop() {
        let commits = part.iter().map(|entry| &entry.commit);
        let commits: Vec<&Commit> = commits.filter(|commit| lost.spares(commit)).collect();
        if commits.is_empty() {
            continue;
        }
        match (put_patiently(&*journal, &observers, &commits).await, part) {
            (Ok(()), _) => {}
            (Err(why), [only]) => lost.add(only, why),
            (Err(_), several) => {
                let (first, second) = several.split_at(several.len() / 2);
                parts.extend([second, first]);
            }
        }
    }
    Written { group, lost }
}

/// Tries until the storage takes the commits or the journal refuses them.
async fn put_patiently(
    journal: &dyn Journal,
    observers: &Observers,
    commits: &[&Commit],
) -> Result<(), journal::Error> {
    let mut wait = SOONEST;
    loop {
        let group = commits.iter().copied().cloned().collect();
        match journal.commit(group).await {
            Ok(_) => return Ok(()),
            Err(why @ journal::Error::Storage(_)) => {
                observers.tell(|observer| observer.troubled(&why));
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LATEST);
            }
            Err(why) => return Err(why),
        }
    }
}
