//! The loop: it alone moves runs. Whatever has come in is decided together, written as one group,
//! and only then acted upon: observers are told, attempts begin, whoever waits is answered. The next
//! group forms while one is being written.
//!
//! Steps that reach nothing outside the run are attempted before what led to them is written: a
//! chain of them costs one sync, not one each. If a commit is not written, all later ones of its run
//! are dropped with it and their attempts interrupted, so nobody outside can tell the difference.
//!
//! A run is in memory while it moves, and for a while afterwards; one that waits for a person or a
//! time lies in the journal alone and is fetched when something comes for it.

mod effect;
mod group;
mod live;
mod nest;
mod wake;

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lockstep_core::event::Timestamp;
use lockstep_core::journal::{Journal, MessageId};
use lockstep_core::outcome::{Interruption, Outcome};
use lockstep_core::run::{DeliveryId, Run, RunId, Signal, Start, Work};
use lockstep_core::workflow::{Revision, StepId};
use lockstep_sandbox::{Blobs, Call, Identity, KeyValue, Report, View};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{Id, JoinError, JoinSet};

use crate::blobs::Stored;
use crate::clock::Clock;
use crate::deployed::Deployed;
use crate::effects::{Called, Line, Outgoing, Ticket};
use crate::host::{Error, NewRun, Rest, Until};
use crate::kv::Stores;
use crate::observer::{Attempt, Observers, Stream};
use crate::request::{Reply, Request};
use crate::scheduler::{RunKey, Scheduler};

use effect::Windows;
use group::{Group, Promise, Writing, Written};
use live::{Live, Task};

/// Commits of one group.
const GROUP: usize = 512;
/// Messages that are taken out of the inbox at once.
const MESSAGES: u32 = 64;

/// What the host's handle asks for.
pub(crate) enum Command {
    Start { deployed: Deployed, new: NewRun, accepted: oneshot::Sender<Result<bool, Error>> },
    TakeUp { deployed: Deployed, done: oneshot::Sender<Result<(), Error>> },
    Ask { run: RunId, request: Request, reply: oneshot::Sender<Result<Reply, Error>> },
    Wait { run: RunId, until: Until, rest: oneshot::Sender<Result<Rest, Error>> },
    Stop { stopped: oneshot::Sender<()> },
}

/// What moves the loop.
enum Event {
    Asked(Command),
    Called(Called),
    Attempted(Result<(Id, Report), JoinError>),
    Due,
    Mail,
    Written(Written),
    Closed,
}

/// An attempt that is out.
struct Out {
    key: RunKey,
    step: StepId,
    deployed: Deployed,
    attempt: Attempt,
    published: Arc<AtomicBool>,
}

/// Whoever waits for a run to come to rest.
type Waiting = (Until, oneshot::Sender<Result<Rest, Error>>);

/// Who asks something of a run.
enum Asker {
    /// Somebody in this process.
    Here(oneshot::Sender<Result<Reply, Error>>),
    /// Another process, through the inbox.
    Away(MessageId),
}

pub(crate) struct Partition {
    journal: Arc<dyn Journal>,
    blobs: Arc<dyn Blobs>,
    kv: Arc<dyn KeyValue>,
    clock: Arc<dyn Clock>,
    observers: Observers,
    reload: bool,
    scheduler: Scheduler,
    deployed: HashMap<Revision, Deployed>,
    live: HashMap<RunKey, Live>,
    keys: HashMap<RunId, RunKey>,
    last_key: RunKey,
    /// Runs in memory that do not move, the one that has rested longest first.
    resting: BTreeSet<(u64, RunKey)>,
    rests: u64,
    attempts: JoinSet<Report>,
    /// Attempts that have begun.
    begun: u64,
    /// What attempts ask whose calls leave their runs, and where they do.
    calls: mpsc::UnboundedReceiver<Called>,
    line: Line,
    windows: Windows,
    /// The steps of workflows whose calls from before this host are counted in them.
    recalled: HashSet<(Arc<str>, Arc<str>)>,
    out: HashMap<Id, Out>,
    /// When runs in memory want to be woken.
    waking: BTreeSet<(Timestamp, RunKey)>,
    /// No run that lies in the journal alone wants to be woken before.
    asleep_until: Option<Timestamp>,
    /// Revisions whose interrupted runs have not all been taken up, and how far that has come.
    backlog: VecDeque<(Revision, Option<(Timestamp, RunId)>)>,
    waiting: HashMap<RunId, Vec<Waiting>>,
    /// The group that is being written.
    writing: Option<Writing>,
    /// So many commits may a run be ahead of what is written.
    ahead: u32,
    /// Somebody wants the host to end, and to hear of it.
    stopping: Option<oneshot::Sender<()>>,
    /// How often the inbox is looked into, and when it was the last time.
    mail: Option<(Duration, tokio::time::Instant)>,
    /// Messages of the inbox that are being dealt with.
    in_hand: BTreeSet<MessageId>,
}

impl Partition {
    pub(crate) fn new(settings: crate::Settings) -> Partition {
        let (line, calls) = mpsc::unbounded_channel();
        Partition {
            observers: Observers::new(settings.observers),
            blobs: Arc::new(Stored(settings.journal.clone())),
            kv: Arc::new(Stores { journal: settings.journal.clone(), clock: settings.clock.clone() }),
            journal: settings.journal,
            clock: settings.clock,
            reload: settings.reload,
            scheduler: Scheduler::new(settings.slots),
            deployed: HashMap::new(),
            live: HashMap::new(),
            keys: HashMap::new(),
            last_key: 0,
            resting: BTreeSet::new(),
            rests: 0,
            attempts: JoinSet::new(),
            begun: 0,
            calls,
            line,
            windows: Windows::new(),
            recalled: HashSet::new(),
            out: HashMap::new(),
            waking: BTreeSet::new(),
            asleep_until: None,
            backlog: VecDeque::new(),
            waiting: HashMap::new(),
            writing: None,
            ahead: if settings.reload { 0 } else { settings.ahead },
            stopping: None,
            mail: settings.inbox.map(|every| (every, tokio::time::Instant::now())),
            in_hand: BTreeSet::new(),
        }
    }

    pub(crate) async fn run(mut self, mut queue: mpsc::Receiver<Command>) {
        let mut group = Group::default();
        loop {
            match self.next(&mut queue).await {
                Event::Closed => return,
                event => self.decide(event, &mut group).await,
            }
            while group.len() < GROUP
                && let Some(event) = self.next_at_hand(&mut queue)
            {
                self.decide(event, &mut group).await;
            }
            if let Some(stopped) = self.stopping.take() {
                return self.stop(stopped, group).await;
            }
            self.take_up_some(&mut group).await;
            self.begin_what_is_ready(&mut group);
            self.write(&mut group).await;
        }
    }

    async fn next(&mut self, queue: &mut mpsc::Receiver<Command>) -> Event {
        if !self.backlog.is_empty() && self.has_room() {
            return self.next_at_hand(queue).unwrap_or(Event::Due);
        }
        let (clock, lull, mail) = (self.clock.clone(), self.lull(), self.mail);
        let mail = async {
            match mail {
                Some((every, last)) => tokio::time::sleep_until(last + every).await,
                None => std::future::pending().await,
            }
        };
        let writing = async {
            match &mut self.writing {
                Some(writing) => writing.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            written = writing => Event::Written(written),
            Some(called) = self.calls.recv() => Event::Called(called),
            Some(ended) = self.attempts.join_next_with_id() => Event::Attempted(ended),
            command = queue.recv() => command.map_or(Event::Closed, Event::Asked),
            () = clock.wait(lull) => Event::Due,
            () = mail => Event::Mail,
        }
    }

    /// What is there already.
    fn next_at_hand(&mut self, queue: &mut mpsc::Receiver<Command>) -> Option<Event> {
        let called = self.calls.try_recv().ok().map(Event::Called);
        let ended = called.or_else(|| self.attempts.try_join_next_with_id().map(Event::Attempted));
        ended.or_else(|| queue.try_recv().ok().map(Event::Asked))
    }

    async fn decide(&mut self, event: Event, group: &mut Group) {
        match event {
            Event::Asked(command) => self.asked(command, group).await,
            Event::Called(called) => self.called(called, group),
            Event::Attempted(ended) => self.attempted(ended, group),
            Event::Due => self.due(group).await,
            Event::Mail => self.read_mail(group).await,
            Event::Written(written) => self.written(written, group).await,
            Event::Closed => {}
        }
    }

    async fn asked(&mut self, command: Command, group: &mut Group) {
        match command {
            Command::Start { deployed, new, accepted } => match self.begin_run(deployed, new, group).await {
                Ok((key, is_new)) => group.promise(Promise::Accepted { key, is_new, accepted }),
                Err(error) => answer(accepted, Err(error)),
            },
            Command::TakeUp { deployed, done } => {
                let registered = self.register(&deployed).await;
                let revisions = deployed.with_nested().into_iter().map(|one| (one.revision(), None));
                answer(done, registered.map(|()| self.backlog.extend(revisions)));
            }
            Command::Ask { run, request, reply } => self.ask(run, request, Asker::Here(reply), group).await,
            Command::Wait { run, until, rest } => self.wait(run, until, rest, group).await,
            Command::Stop { stopped } => self.stopping = Some(stopped),
        }
    }

    /// Begins a run, or finds the one that its key names; whether it is new.
    async fn begin_run(
        &mut self,
        deployed: Deployed,
        new: NewRun,
        group: &mut Group,
    ) -> Result<(RunKey, bool), Error> {
        self.register(&deployed).await?;
        if new.key.is_some()
            && let Some(key) = self.fetch(&new.id, group).await?
        {
            let is_same = self.live.get(&key).is_some_and(|live| live.began_with(&new.payload));
            return if is_same { Ok((key, false)) } else { Err(Error::KeyTaken { run: new.id }) };
        }
        let continues = match new.continues {
            Some(before) => Some(self.state_of(before, group).await?),
            None => None,
        };
        let NewRun { id, payload, key, alias, session, .. } = new;
        let first = Some(payload.clone());
        let start = Start { id, payload, key, alias, session, continues, parent: None };
        let (workflow, revision) = (deployed.workflow.clone(), deployed.revision());
        let (run, commit) = Run::start(start, workflow, revision, self.clock.now());
        let key = self.insert(Live::new(run, Some(deployed), first));
        self.push(key, None, commit, group);
        Ok((key, true))
    }

    /// From here on, runs of this workflow and of those in it can be attempted.
    async fn register(&mut self, deployed: &Deployed) -> Result<(), Error> {
        for one in deployed.with_nested() {
            self.register_one(one).await?;
        }
        Ok(())
    }

    async fn register_one(&mut self, deployed: &Deployed) -> Result<(), Error> {
        let revision = deployed.revision();
        if !self.deployed.contains_key(&revision) {
            let kept = self.journal.keep(deployed.graph()).await;
            kept.map_err(|why| Error::Store { why: Arc::new(why) })?;
            self.recall_calls(deployed).await?;
            self.asleep_until = Some(Timestamp(0));
            // Whoever was looked at before it could be attempted is fetched again when it is asked for.
            let bare = self.live.iter().filter(|(_, live)| live.deployed.is_none());
            bare.map(|(key, _)| *key).collect::<Vec<_>>().into_iter().for_each(|key| self.evict(key));
        }
        self.deployed.insert(revision, deployed.clone());
        Ok(())
    }

    async fn state_of(
        &mut self,
        before: RunId,
        group: &mut Group,
    ) -> Result<(RunId, lockstep_core::state::State), Error> {
        let key = self.known(&before, group).await?;
        let Live { run, ahead, .. } = &self.live[&key];
        match run.status().is_end() && *ahead == 0 {
            true => Ok((before, run.state().clone())),
            false => Err(Error::NotEnded { run: before, status: run.status() }),
        }
    }

    async fn ask(&mut self, run: RunId, request: Request, asker: Asker, group: &mut Group) {
        let key = match self.known(&run, group).await {
            Ok(key) => key,
            Err(error) => return self.answer_asker(asker, Err(error)).await,
        };
        let Some(live) = self.live.get_mut(&key) else { return };
        match request.admitted(&live.run) {
            Ok(signals) => {
                let (now, mut takes) = (self.clock.now(), asker.message());
                let signals = signals.into_iter();
                let commits: Vec<_> = signals.map(|signal| live.run.signal(signal, now)).collect();
                let last = live.run.last();
                for mut commit in commits {
                    commit.takes = takes.take();
                    self.push(key, None, commit, group);
                }
                group.promise(Promise::Reply { key, last, asker, reply: Reply::Done });
            }
            Err(reply) => {
                let last = live.run.last();
                group.promise(Promise::Reply { key, last, asker, reply });
            }
        }
    }

    async fn answer_asker(&mut self, asker: Asker, reply: Result<Reply, Error>) {
        match asker {
            Asker::Here(waiting) => answer(waiting, reply),
            Asker::Away(message) => {
                self.in_hand.remove(&message);
                let reply = reply.unwrap_or_else(|error| Reply::refused(error.code(), error));
                let body = serde_json::to_vec(&reply).expect("a reply has string keys only");
                if let Err(error) = self.journal.reply(message, body).await {
                    tracing::warn!(%error, "a message of the inbox stays unanswered");
                }
            }
        }
    }

    async fn read_mail(&mut self, group: &mut Group) {
        if let Some((_, last)) = &mut self.mail {
            *last = tokio::time::Instant::now();
        }
        let messages = self.journal.inbox(MESSAGES).await.unwrap_or_default();
        for message in messages {
            // One that is being dealt with is still there until that is written.
            if !self.in_hand.insert(message.id) {
                continue;
            }
            let asker = Asker::Away(message.id);
            match serde_json::from_slice(&message.body) {
                Ok(request) => self.ask(message.run, request, asker, group).await,
                Err(_) => self.answer_asker(asker, Ok(Reply::refused("unknown", UNREADABLE))).await,
            }
        }
    }

    async fn wait(
        &mut self,
        run: RunId,
        until: Until,
        rest: oneshot::Sender<Result<Rest, Error>>,
        group: &mut Group,
    ) {
        match self.known(&run, group).await {
            Ok(key) => {
                self.waiting.entry(run).or_default().push((until, rest));
                group.touch(key);
            }
            Err(error) => answer(rest, Err(error)),
        }
    }

    fn attempted(&mut self, ended: Result<(Id, Report), JoinError>, group: &mut Group) {
        self.hear_all(group);
        let (task, report) = match ended {
            Ok((task, report)) => (task, Some(report)),
            Err(error) => (error.id(), error.is_panic().then(Report::host_panic)),
        };
        let Some(out) = self.out.remove(&task) else { return };
        self.scheduler.ended(out.key, out.step, &out.deployed.workflow);
        let is_kept = report.is_some_and(|report| self.reported(&out, report, group));
        if !is_kept && out.published.load(Ordering::Relaxed) {
            self.observers.tell(|observer| observer.withdrawn(&out.attempt));
        }
    }

    /// Whether what the attempt published is part of what will be written.
    fn reported(&mut self, out: &Out, report: Report, group: &mut Group) -> bool {
        self.observers.tell(|observer| observer.reported(&out.attempt, &report));
        let Some(live) = self.live.get_mut(&out.key) else { return false };
        live.tasks.remove(&out.attempt.delivery);
        let commit = live.run.settle(out.attempt.delivery, report.outcome, self.clock.now());
        let is_kept = commit.publishes();
        self.push(out.key, Some(out.attempt.delivery), commit, group);
        is_kept
    }

    fn signal(&mut self, key: RunKey, signal: Signal, group: &mut Group) {
        let Some(live) = self.live.get_mut(&key) else { return };
        let commit = live.run.signal(signal, self.clock.now());
        self.push(key, None, commit, group);
    }

    /// Begins what may be attempted now. Where something has to be written before, it begins when
    /// that is.
    fn begin_what_is_ready(&mut self, group: &mut Group) {
        let ahead = self.ahead;
        while let Some((key, step, delivery)) =
            self.scheduler.next(|key| self.live.get(&key).and_then(|live| live.horizon(ahead)))
        {
            self.begin(key, step, delivery, group);
        }
    }

    fn begin(&mut self, key: RunKey, step: StepId, delivery: DeliveryId, group: &mut Group) {
        let now = self.clock.now();
        let Some(live) = self.live.get_mut(&key) else { return };
        let is_nested = live.run.workflow().step(step).nested;
        match live.run.begin(delivery, now) {
            Some((work, None)) if !is_nested => self.attempt(key, step, work),
            Some((work, first)) => {
                first.into_iter().for_each(|first| self.push(key, None, first, group));
                group.promise(Promise::Begin { key, step, work });
            }
            None => self.scheduler.ended(key, step, live.run.workflow()),
        }
    }

    fn attempt(&mut self, key: RunKey, step: StepId, work: Work) {
        let now = self.clock.now();
        let Some(live) = self.live.get_mut(&key) else { return };
        let Some(deployed) = live.deployed.clone() else { return };
        let Some(attempts) = deployed.worker(step).attempts() else { return };
        let attempt = Attempt {
            run: live.run.id().clone(),
            step: deployed.step_name(step),
            delivery: work.delivery,
            attempt: work.attempt,
        };
        self.observers.tell(|observer| observer.began(&attempt));
        let published = Arc::new(AtomicBool::new(false));
        let mut call = call(&deployed, step, &attempt, work, now);
        call.blobs = Some(self.blobs.clone());
        let node = deployed.workflow.step(step);
        let grant = &node.grant;
        if grant.state.is_some() {
            call.state = live.view(self.ahead > 0 && node.is_pure());
        }
        if !grant.kv.is_empty() {
            call.kv = Some(self.kv.clone());
        }
        if grant.updates.is_some() {
            let (observers, attempt) = (self.observers.clone(), attempt.clone());
            call.watcher = Some(Arc::new(Stream { observers, attempt, published: published.clone() }));
        }
        self.begun += 1;
        let (delivery, number) = (attempt.delivery, self.begun);
        if grant.leads_outside() {
            let ticket = Ticket { key, delivery, number };
            call.effects = Some(Arc::new(Outgoing::new(ticket, self.line.clone())));
        }
        let task = self.attempts.spawn(async move { attempts.attempt(call).await });
        live.tasks.insert(delivery, Task { number, handle: task.clone() });
        self.out.insert(task.id(), Out { key, step, deployed, attempt, published });
    }

    /// Interrupts whatever is out, writes what has to be known of that, and ends.
    async fn stop(mut self, stopped: oneshot::Sender<()>, mut group: Group) {
        self.attempts.abort_all();
        self.hear_all(&mut group);
        for out in std::mem::take(&mut self.out).into_values() {
            if out.published.load(Ordering::Relaxed) {
                self.observers.tell(|observer| observer.withdrawn(&out.attempt));
            }
            let Some(live) = self.live.get_mut(&out.key) else { continue };
            let interrupted = Outcome::Interrupted(Interruption::Stopped);
            let commit = live.run.settle(out.attempt.delivery, interrupted, self.clock.now());
            self.push(out.key, None, commit, &mut group);
        }
        while !group.is_empty() || self.writing.is_some() {
            self.write(&mut group).await;
            if let Some(writing) = &mut self.writing {
                let written = writing.await;
                self.written(written, &mut group).await;
            }
        }
        // Whoever is not there any more does not want the answer.
        let _ = stopped.send(());
    }
}

const UNREADABLE: &str = "the owner of the store does not understand the message; update it";

impl Asker {
    fn message(&self) -> Option<MessageId> {
        match self {
            Asker::Here(_) => None,
            Asker::Away(message) => Some(*message),
        }
    }
}

/// Whoever is not there any more does not want the answer.
fn answer<T>(waiting: oneshot::Sender<T>, with: T) {
    drop(waiting.send(with));
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
        session: work.session,
    };
    let state = View { as_of: work.as_of, ..View::default() };
    Call {
        handler: deployed.place(work.handler),
        inputs: work.inputs,
        identity,
        state,
        watcher: None,
        blobs: None,
        moment: work.moment,
        effects: None,
        kv: None,
        timeout,
    }
}
