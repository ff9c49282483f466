//! Runs in memory: those that move, and those that have come to rest lately.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use lockstep_core::event::{Json, Timestamp};
use lockstep_core::journal::Commit;
use lockstep_core::run::{Change, DeliveryId, DeliveryStatus, Run, RunId, Seq, Signal, Status};
use lockstep_core::state;
use lockstep_sandbox::View;
use tokio::task::AbortHandle;

use super::group::Group;
use super::{Partition, answer, rest};
use crate::archive;
use crate::deployed::Deployed;
use crate::host::{Error, Until};
use crate::scheduler::{Horizon, RunKey};

/// Runs that stay in memory though they do not move.
const RESTING: usize = 1024;

/// A run in memory.
pub(super) struct Live {
    pub(super) run: Run,
    /// What attempts its deliveries; none if its workflow is not deployed here.
    pub(super) deployed: Option<Deployed>,
    pub(super) tasks: HashMap<DeliveryId, Task>,
    /// The value of its start event, if it was asked for in this process.
    start: Option<Json>,
    /// Its state as it is written, as running attempts see it; made for the first that may.
    shared: Option<state::Shared>,
    /// Its state as it is decided, as attempts see it that may go ahead.
    decided: Option<state::Shared>,
    /// Under which time it stands in `waking`.
    wake_at: Option<Timestamp>,
    /// Under which number it stands in `resting`.
    resting: Option<u64>,
    /// Commits that are decided and not written.
    pub(super) ahead: u32,
    /// The last row that is written.
    written: Seq,
}

/// An attempt that is out.
pub(super) struct Task {
    /// Its number among all that have begun.
    pub(super) number: u64,
    pub(super) handle: AbortHandle,
}

impl Live {
    pub(super) fn new(run: Run, deployed: Option<Deployed>, start: Option<Json>) -> Live {
        Live {
            run,
            deployed,
            tasks: HashMap::new(),
            start,
            shared: None,
            decided: None,
            wake_at: None,
            resting: None,
            ahead: 0,
            written: Seq(0),
        }
    }

    /// The same, with all its rows written.
    pub(super) fn fetched(run: Run, deployed: Option<Deployed>, start: Option<Json>) -> Live {
        let written = run.last();
        Live { written, ..Live::new(run, deployed, start) }
    }

    /// What of the run may be attempted, if its workflow is deployed here. It may be so many commits
    /// ahead of what is written.
    pub(super) fn horizon(&self, ahead: u32) -> Option<Horizon<'_>> {
        let may_go_ahead = self.ahead < ahead;
        self.deployed.as_ref().map(|_| Horizon { run: &self.run, written: self.written, may_go_ahead })
    }

    /// Whether it was begun with this value.
    pub(super) fn began_with(&self, payload: &Json) -> bool {
        self.start.as_ref().is_none_or(|start| start == payload)
    }

    /// What an attempt sees of its state, and up to which row. One that may go ahead sees what is
    /// decided, others what is written; both learn at once what changes in it.
    pub(super) fn view(&mut self, may_go_ahead: bool) -> View {
        let now = || Arc::new(RwLock::new(self.run.state().clone()));
        let state = match (may_go_ahead, self.ahead) {
            (true, _) => self.decided.get_or_insert_with(now).clone(),
            (false, 0) => self.shared.get_or_insert_with(now).clone(),
            // What is written alone is not at hand; whatever else is in it is newer than it may see.
            (false, _) => self.shared.clone().unwrap_or_else(now),
        };
        let as_of = if may_go_ahead { self.run.last() } else { self.written };
        View { state, as_of }
    }

    /// Shows what was just decided to attempts that go ahead.
    pub(super) fn decided(&mut self, commit: &Commit) {
        self.ahead += 1;
        show(self.decided.as_ref(), commit);
    }

    /// Stops the attempts whose deliveries a written commit has cut or ended in another way, and
    /// shows its state to the others.
    pub(super) fn written(&mut self, commit: &Commit) {
        self.ahead = self.ahead.saturating_sub(1);
        self.written = commit.records.last().map_or(self.written, |record| record.seq);
        for record in &commit.records {
            if let Change::Cut { delivery }
            | Change::PassedOver { delivery, .. }
            | Change::Attempt { delivery, status: DeliveryStatus::Done | DeliveryStatus::Failed, .. } =
                &record.change
                && let Some(task) = self.tasks.remove(delivery)
            {
                task.handle.abort();
            }
        }
        show(self.shared.as_ref(), commit);
    }
}

fn show(seen: Option<&state::Shared>, commit: &Commit) {
    if let Some(seen) = seen {
        let mut seen = seen.write().unwrap_or_else(PoisonError::into_inner);
        // It fits: the run itself has taken it in before.
        let _ = seen.replay(&commit.records);
    }
}

impl Partition {
    pub(super) fn insert(&mut self, live: Live) -> RunKey {
        self.last_key += 1;
        self.keys.insert(live.run.id().clone(), self.last_key);
        self.live.insert(self.last_key, live);
        self.last_key
    }

    /// The run, from memory or from the journal.
    pub(super) async fn known(&mut self, id: &RunId, group: &mut Group) -> Result<RunKey, Error> {
        let key = self.fetch(id, group).await?;
        key.ok_or_else(|| Error::Unknown { run: id.clone() })
    }

    /// The same; none if it is not known. One that was cut off while it moved is taken up by that.
    pub(super) async fn fetch(&mut self, id: &RunId, group: &mut Group) -> Result<Option<RunKey>, Error> {
        if let Some(key) = self.keys.get(id) {
            return Ok(Some(*key));
        }
        let mut first = None;
        let mut next = Some(id.clone());
        // With it come the runs that it does the work of: whoever waits for one of them waits for it.
        while let Some(id) = next.filter(|id| !self.keys.contains_key(id)) {
            let Some(key) = self.load(&id).await? else { break };
            self.take_up(key, group);
            first.get_or_insert(key);
            let parent = self.live.get(&key).and_then(|live| live.run.about().parent.as_ref());
            next = parent.map(|parent| parent.run.clone());
        }
        Ok(first)
    }

    /// One that may have moved when the last host went down is seen to.
    fn take_up(&mut self, key: RunKey, group: &mut Group) {
        let now = self.clock.now();
        // Where a back-off was over, its attempt may have been out without a row.
        let may_have_moved =
            |live: &Live| live.deployed.is_some() && live.run.summary().wake_at.is_some_and(|at| at <= now);
        if self.live.get(&key).is_some_and(may_have_moved) {
            self.signal(key, Signal::TakenUp, group);
        }
        group.touch(key);
    }

    /// The run from the journal; none if it is not known.
    pub(super) async fn load(&mut self, id: &RunId) -> Result<Option<RunKey>, Error> {
        let records = archive::records(&*self.journal, id).await?;
        let Some(about) = archive::about(&records) else { return Ok(None) };
        let deployed = self.deployed.get(&about.revision).cloned();
        let workflow = match &deployed {
            Some(deployed) => deployed.workflow.clone(),
            None => Arc::new(archive::graph(&*self.journal, id, &about.revision).await?),
        };
        let start = records.iter().find_map(|record| match &record.change {
            Change::Event { payload, .. } => payload.clone(),
            _ => None,
        });
        let run = archive::fold(&*self.journal, id, workflow, records).await?;
        Ok(Some(self.insert(Live::fetched(run, deployed, start))))
    }

    /// Sees to a run after a turn: what it was asked for is answered, and it goes on, or rests.
    pub(super) fn settled(&mut self, key: RunKey) {
        self.tell_who_waits(key);
        let Some(live) = self.live.get_mut(&key) else { return };
        let moves = live.run.summary().wake_at == Some(Timestamp(0));
        let before = live.resting.take();
        before.map(|number| self.resting.remove(&(number, key)));
        if moves && live.deployed.is_some() {
            self.scheduler.consider(key);
        } else if live.ahead == 0 {
            self.rests += 1;
            live.resting = Some(self.rests);
            self.resting.insert((self.rests, key));
        }
        self.wake_in_time(key);
        while self.resting.len() > RESTING
            && let Some((_, oldest)) = self.resting.pop_first()
        {
            self.evict(oldest);
        }
    }

    fn wake_in_time(&mut self, key: RunKey) {
        let Some(live) = self.live.get_mut(&key) else { return };
        let wake_at = live.run.wake_at().filter(|_| live.deployed.is_some());
        if live.wake_at != wake_at {
            live.wake_at.map(|at| self.waking.remove(&(at, key)));
            wake_at.map(|at| self.waking.insert((at, key)));
            live.wake_at = wake_at;
        }
    }

    pub(super) fn woken(&mut self, key: RunKey) {
        if let Some(live) = self.live.get_mut(&key) {
            live.wake_at = None;
        }
    }

    /// Drops a run from memory; what is not written of it is as if it had never been.
    pub(super) fn evict(&mut self, key: RunKey) {
        let Some(live) = self.live.remove(&key) else { return };
        self.keys.remove(live.run.id());
        live.resting.map(|number| self.resting.remove(&(number, key)));
        live.wake_at.map(|at| self.waking.remove(&(at, key)));
        live.tasks.into_values().for_each(|task| task.handle.abort());
        if let Some(at) = live.run.summary().wake_at {
            self.sleeps_until(at);
        }
    }

    /// Whether a run is where somebody waits for it to be. One that waits for its children alone rests
    /// when they do.
    fn has_come_to_rest(&self, run: &Run, until: Until) -> bool {
        let status = run.status();
        let is_over = status.is_end() || status == Status::Stalled;
        let is_held = matches!(status, Status::Parked | Status::Paused);
        match until {
            Until::End => is_over,
            Until::Rest => is_over || is_held || (status == Status::Waiting && self.waits_for_a_person(run)),
        }
    }

    fn waits_for_a_person(&self, run: &Run) -> bool {
        let mut children = run.children().peekable();
        let has_children = children.peek().is_some();
        let rests = |id: &RunId| match self.keys.get(id).and_then(|key| self.live.get(key)) {
            // One that has ended moves its parent at once.
            Some(child) => !child.run.owes_news() && self.has_come_to_rest(&child.run, Until::Rest),
            // Nothing that moves lies in the journal alone, once all have been taken up.
            None => self.backlog.is_empty(),
        };
        let all_rest = children.all(|(_, id)| rests(id));
        // What was due while nothing ran comes first.
        let is_due = run.wake_at().is_some_and(|at| at <= self.clock.now());
        let asks = run.questions().next().is_some() || run.approvals().next().is_some();
        (asks || has_children) && all_rest && !is_due
    }

    pub(super) fn tell_who_waits(&mut self, key: RunKey) {
        let Some(live) = self.live.get(&key).filter(|live| live.ahead == 0) else { return };
        let Some(waiting) = self.waiting.remove(live.run.id()) else { return };
        let (done, waits): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|(until, _)| self.has_come_to_rest(&live.run, *until));
        done.into_iter().for_each(|(_, waiting)| answer(waiting, Ok(rest(&live.run))));
        if !waits.is_empty() {
            self.waiting.insert(live.run.id().clone(), waits);
        }
    }

    /// Looks at all that somebody waits for.
    pub(super) fn tell_all_who_wait(&mut self) {
        let keys = self.waiting.keys().filter_map(|run| self.keys.get(run).copied());
        keys.collect::<Vec<_>>().into_iter().for_each(|key| self.tell_who_waits(key));
    }

    /// Whoever waits for a run that cannot go on here learns of it.
    pub(super) fn tell_of_loss(&mut self, run: &RunId, error: &Error) {
        for (_, waiting) in self.waiting.remove(run).unwrap_or_default() {
            answer(waiting, Err(error.clone()));
        }
    }

    /// Reads a run back from the journal and goes on with that one.
    pub(super) async fn read_back(&mut self, key: RunKey) -> Result<(), Error> {
        let Some(live) = self.live.get_mut(&key) else { return Ok(()) };
        let (id, workflow) = (live.run.id().clone(), live.run.workflow().clone());
        let records = archive::records(&*self.journal, &id).await?;
        let mut run = archive::fold(&*self.journal, &id, workflow, records).await?;
        run.take_over(&live.run);
        live.run = run;
        Ok(())
    }
}
