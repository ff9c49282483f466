//! The loop: it alone moves runs. Whatever has come in is decided together, written as one group,
//! and only then acted upon: observers are told, attempts begin, whoever waits is answered.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use lockstep_core::event::{Json, Timestamp};
use lockstep_core::journal::{self, Commit, Journal};
use lockstep_core::outcome::{Class, Failure, Outcome};
use lockstep_core::run::{Change, DeliveryId, FoldError, Record, Run, RunId, Signal, Status, Work};
use lockstep_core::workflow::StepId;
use lockstep_sandbox::{Call, Identity, Report};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

use crate::clock::Clock;
use crate::deployed::Deployed;
use crate::host::{Error, Rest};
use crate::observer::{Attempt, Observers};
use crate::scheduler::{RunKey, Scheduler};

/// Commits of one group.
const GROUP: usize = 512;
/// With nothing to wait for, the loop looks at its clock this often.
const IDLE: Duration = Duration::from_secs(60 * 60);

/// What the host's handle asks for.
pub(crate) enum Command {
    Start {
        deployed: Deployed,
        id: RunId,
        payload: Json,
        accepted: oneshot::Sender<Result<(), Error>>,
        rest: oneshot::Sender<Result<Rest, Error>>,
    },
    Cancel {
        id: RunId,
    },
}

/// What moves the loop.
enum Event {
    Asked(Command),
    Attempted(Result<(Id, Report), JoinError>),
    Due,
    Closed,
}

/// A run in memory.
struct Live {
    run: Run,
    deployed: Deployed,
    tasks: HashMap<DeliveryId, AbortHandle>,
    rest: Option<oneshot::Sender<Result<Rest, Error>>>,
    /// Under which time it stands in `waking`.
    wake_at: Option<Timestamp>,
}

/// An attempt that is out.
struct Out {
    key: RunKey,
    step: StepId,
    deployed: Deployed,
    attempt: Attempt,
}

/// What one turn of the loop has decided and not yet written.
#[derive(Default)]
struct Group {
    commits: Vec<Commit>,
    moved: Vec<RunKey>,
    accepted: Vec<Accepted>,
}

/// A run that was asked for, and who waits to hear that it is written.
type Accepted = (RunKey, oneshot::Sender<Result<(), Error>>);

pub(crate) struct Partition {
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    observers: Observers,
    reload: bool,
    scheduler: Scheduler,
    live: HashMap<RunKey, Live>,
    keys: HashMap<RunId, RunKey>,
    last_key: RunKey,
    attempts: JoinSet<Report>,
    out: HashMap<Id, Out>,
    waking: BTreeSet<(Timestamp, RunKey)>,
}

impl Partition {
    pub(crate) fn new(
        journal: Arc<dyn Journal>,
        clock: Arc<dyn Clock>,
        observers: Observers,
        slots: usize,
        reload: bool,
    ) -> Partition {
        Partition {
            journal,
            clock,
            observers,
            reload,
            scheduler: Scheduler::new(slots),
            live: HashMap::new(),
            keys: HashMap::new(),
            last_key: 0,
            attempts: JoinSet::new(),
            out: HashMap::new(),
            waking: BTreeSet::new(),
        }
    }

    pub(crate) async fn run(mut self, mut queue: mpsc::Receiver<Command>) {
        loop {
            let mut group = Group::default();
            match self.next(&mut queue).await {
                Event::Closed => return,
                event => self.decide(event, &mut group),
            }
            while group.commits.len() < GROUP
                && let Some(event) = self.next_at_hand(&mut queue)
            {
                self.decide(event, &mut group);
            }
            self.write(group).await;
            self.begin_what_is_ready();
        }
    }

    async fn next(&mut self, queue: &mut mpsc::Receiver<Command>) -> Event {
        let wait = self.until_due();
        tokio::select! {
            Some(ended) = self.attempts.join_next_with_id() => Event::Attempted(ended),
            command = queue.recv() => command.map_or(Event::Closed, Event::Asked),
            () = tokio::time::sleep(wait) => Event::Due,
        }
    }

    fn next_at_hand(&mut self, queue: &mut mpsc::Receiver<Command>) -> Option<Event> {
        let ended = self.attempts.try_join_next_with_id().map(Event::Attempted);
        ended.or_else(|| queue.try_recv().ok().map(Event::Asked))
    }

    fn until_due(&self) -> Duration {
        let due = self.waking.first().map(|(at, _)| at.0.saturating_sub(self.clock.now().0));
        due.map_or(IDLE, Duration::from_millis)
    }

    fn decide(&mut self, event: Event, group: &mut Group) {
        match event {
            Event::Asked(command) => self.asked(command, group),
            Event::Attempted(ended) => self.attempted(ended, group),
            Event::Due => self.due(group),
            Event::Closed => {}
        }
    }

    fn asked(&mut self, command: Command, group: &mut Group) {
        match command {
            Command::Start { deployed, id, payload, accepted, rest } => {
                let key = self.add(deployed, id, payload, rest, group);
                group.accepted.push((key, accepted));
            }
            Command::Cancel { id } => {
                let Some(key) = self.keys.get(&id).copied() else { return };
                self.signal(key, Signal::Cancel, group);
            }
        }
    }

    fn add(
        &mut self,
        deployed: Deployed,
        id: RunId,
        payload: Json,
        rest: oneshot::Sender<Result<Rest, Error>>,
        group: &mut Group,
    ) -> RunKey {
        self.last_key += 1;
        let key = self.last_key;
        let (run, commit) = Run::start(id.clone(), deployed.workflow.clone(), payload, self.clock.now());
        let live = Live { run, deployed, tasks: HashMap::new(), rest: Some(rest), wake_at: None };
        self.keys.insert(id, key);
        self.live.insert(key, live);
        self.moved(key, commit, group);
        key
    }

    fn attempted(&mut self, ended: Result<(Id, Report), JoinError>, group: &mut Group) {
        let (task, report) = match ended {
            Ok((task, report)) => (task, Some(report)),
            Err(error) => (error.id(), error.is_panic().then(panicked)),
        };
        let Some(Out { key, step, deployed, attempt }) = self.out.remove(&task) else { return };
        self.scheduler.ended(key, step, &deployed.workflow);
        let Some(report) = report else { return };
        self.observers.tell(|observer| observer.reported(&attempt, &report));
        let Some(live) = self.live.get_mut(&key) else { return };
        live.tasks.remove(&attempt.delivery);
        let commit = live.run.settle(attempt.delivery, report.outcome, self.clock.now());
        self.moved(key, commit, group);
    }

    fn due(&mut self, group: &mut Group) {
        let now = self.clock.now();
        while let Some((_, key)) = self.waking.first().copied().filter(|(at, _)| *at <= now) {
            self.waking.pop_first();
            if let Some(live) = self.live.get_mut(&key) {
                live.wake_at = None;
            }
            self.signal(key, Signal::TimersDue, group);
        }
    }

    fn signal(&mut self, key: RunKey, signal: Signal, group: &mut Group) {
        let Some(live) = self.live.get_mut(&key) else { return };
        let commit = live.run.signal(signal, self.clock.now());
        self.moved(key, commit, group);
    }

    fn moved(&mut self, key: RunKey, commit: Commit, group: &mut Group) {
        group.moved.push(key);
        if !commit.records.is_empty() {
            group.commits.push(commit);
        }
    }

    async fn write(&mut self, group: Group) {
        let Group { commits, mut moved, accepted } = group;
        if !commits.is_empty()
            && let Err(why) = self.journal.commit(commits.clone()).await
        {
            return self.lose(moved, accepted, &Arc::new(why));
        }
        // Whoever is not there any more does not want the answer.
        accepted.into_iter().for_each(|(_, answer)| drop(answer.send(Ok(()))));
        for commit in &commits {
            self.observers.tell(|observer| observer.committed(commit));
            self.stop_what_was_cut(commit);
        }
        let written: HashSet<&RunId> = commits.iter().map(|commit| &commit.run).collect();
        moved.sort_unstable();
        moved.dedup();
        for key in moved {
            self.settled(key, &written).await;
        }
    }

    /// Runs whose commits were not written are not what the journal says: they leave the memory.
    fn lose(&mut self, moved: Vec<RunKey>, accepted: Vec<Accepted>, why: &Arc<journal::Error>) {
        let lost = |partition: &Partition, key| {
            let live: &Live = partition.live.get(&key)?;
            Some(Error::Journal { run: live.run.id().clone(), why: why.clone() })
        };
        for (key, answer) in accepted {
            let error = lost(self, key).unwrap_or(Error::ShutDown);
            // Whoever is not there any more does not want the answer.
            let _ = answer.send(Err(error));
        }
        for key in moved {
            if let Some(error) = lost(self, key) {
                self.evict(key, Err(error));
            }
        }
    }

    fn stop_what_was_cut(&mut self, commit: &Commit) {
        let Some(live) = self.keys.get(&commit.run).and_then(|key| self.live.get_mut(key)) else { return };
        for record in &commit.records {
            if let Change::Cut { delivery } = &record.change
                && let Some(task) = live.tasks.remove(delivery)
            {
                task.abort();
            }
        }
    }

    async fn settled(&mut self, key: RunKey, written: &HashSet<&RunId>) {
        let is_written = self.live.get(&key).is_some_and(|live| written.contains(live.run.id()));
        if self.reload
            && is_written
            && let Err(error) = self.read_back(key).await
        {
            return self.evict(key, Err(error));
        }
        let Some(live) = self.live.get_mut(&key) else { return };
        let status = live.run.status();
        if status.is_end() || status == Status::Stalled {
            let rest = rest(&live.run);
            return self.evict(key, Ok(rest));
        }
        self.scheduler.consider(key);
        self.wake_in_time(key);
    }

    fn wake_in_time(&mut self, key: RunKey) {
        let Some(live) = self.live.get_mut(&key) else { return };
        let wake_at = live.run.wake_at();
        if live.wake_at != wake_at {
            live.wake_at.map(|at| self.waking.remove(&(at, key)));
            wake_at.map(|at| self.waking.insert((at, key)));
            live.wake_at = wake_at;
        }
    }

    async fn read_back(&mut self, key: RunKey) -> Result<(), Error> {
        let Some(live) = self.live.get_mut(&key) else { return Ok(()) };
        let id = live.run.id().clone();
        let broken = |why| Error::Journal { run: id.clone(), why: Arc::new(why) };
        let rows = self.journal.load(&id).await.map_err(broken)?;
        let records: Result<Vec<Record>, _> = rows.iter().map(|row| row.decode()).collect();
        let records = records.map_err(|error| broken(error.into()))?;
        live.run = fold(live, records)?;
        Ok(())
    }

    fn evict(&mut self, key: RunKey, rest: Result<Rest, Error>) {
        let Some(mut live) = self.live.remove(&key) else { return };
        self.keys.remove(live.run.id());
        live.wake_at.map(|at| self.waking.remove(&(at, key)));
        live.tasks.into_values().for_each(|task| task.abort());
        if let Some(waiting) = live.rest.take() {
            // Whoever is not there any more does not want the answer.
            let _ = waiting.send(rest);
        }
    }

    fn begin_what_is_ready(&mut self) {
        while let Some((key, step, delivery)) =
            self.scheduler.next(|key| self.live.get(&key).map(|live| &live.run))
        {
            self.begin(key, step, delivery);
        }
    }

    fn begin(&mut self, key: RunKey, step: StepId, delivery: DeliveryId) {
        let now = self.clock.now();
        let Some(live) = self.live.get_mut(&key) else { return };
        let Some(work) = live.run.begin(delivery) else { return };
        let deployed = live.deployed.clone();
        let attempt = Attempt {
            run: live.run.id().clone(),
            step: deployed.step_name(step),
            delivery,
            attempt: work.attempt,
        };
        self.observers.tell(|observer| observer.began(&attempt));
        let release = deployed.release(step).clone();
        let call = call(&deployed, step, &attempt, work, now);
        let task = self.attempts.spawn(async move { release.attempt(call).await });
        self.out.insert(task.id(), Out { key, step, deployed, attempt });
        live.tasks.insert(delivery, task);
    }
}

/// The run that the journal tells of, with what is out at this moment taken out of it again.
fn fold(live: &Live, records: Vec<Record>) -> Result<Run, FoldError> {
    let mut run = Run::fold(live.run.id().clone(), live.deployed.workflow.clone(), records)?;
    live.tasks.keys().for_each(|delivery| run.take_out(*delivery));
    Ok(run)
}

fn rest(run: &Run) -> Rest {
    Rest { status: run.status(), reason: run.reason().map(str::to_owned), result: run.result().cloned() }
}

fn call(deployed: &Deployed, step: StepId, attempt: &Attempt, work: Work, now: Timestamp) -> Call {
    let timeout = deployed.workflow.step(step).timeout;
    let identity = Identity {
        run: attempt.run.name(),
        workflow: deployed.name(),
        step: attempt.step.clone(),
        delivery: work.delivery.0,
        attempt: work.attempt,
        now_ms: work.since.0,
        deadline_ms: now.after(timeout).0,
    };
    Call { handler: deployed.place(work.handler), inputs: work.inputs, identity, timeout }
}

/// A panic of the host inside an attempt ends that attempt only.
fn panicked() -> Report {
    let failure = Failure {
        class: Class::Host,
        code: "host-panic".into(),
        message: "the host failed while it worked for this attempt; its log has the place".into(),
        retry_after: None,
        details: None,
    };
    Report { outcome: Outcome::Failed(failure), log: Vec::new(), usage: lockstep_sandbox::Usage::default() }
}
