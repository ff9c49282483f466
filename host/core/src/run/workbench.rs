//! A workbench for tests of the rule: graphs built by hand, a run driven by hand, and after every
//! commit the proof that folding the stored rows gives the run that was lived.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::{
    Admitted, Change, DeliveryId, DeliveryStatus, Fork, Given, NoFork, Record, Run, RunId, Seq, Signal,
    Start, Status, Work,
};
use crate::effect::{CallId, Ending, Intent, Leave, Window};
use crate::event::{Json, Timestamp};
use crate::grant::Grant;
use crate::journal::{Commit, Row};
use crate::outcome::{Class, Emission, Failure, Outcome};
use crate::retry::Policy;
use crate::shape::Shape;
use crate::state::State;
use crate::workflow::{
    Consumer, EmitPlan, EventId, EventNode, Exhausted, GatherRule, HandlerId, HandlerNode, Home, Input, Join,
    Port, Question, StepId, StepNode, Workflow,
};

/// A graph in the making: event 0 starts, whatever is marked stops.
#[derive(Default)]
pub(super) struct Graph {
    pub(super) events: Vec<EventNode>,
    pub(super) handlers: Vec<HandlerNode>,
    pub(super) steps: Vec<StepNode>,
    pub(super) timeout: Option<Duration>,
    pub(super) timeout_counts_waiting: bool,
}

impl Graph {
    pub(super) fn event(&mut self, name: &str) -> EventId {
        self.events.push(EventNode {
            name: format!("t:t/events/{name}").parse().unwrap(),
            short: name.to_owned(),
            shape: Shape::Json,
            stop: false,
            publish: false,
            question: None,
            consumers: Vec::new(),
            opens: false,
            ends: Vec::new(),
        });
        EventId(self.events.len() as u32 - 1)
    }

    pub(super) fn stop(&mut self, name: &str) -> EventId {
        let event = self.event(name);
        self.events[event.0 as usize].stop = true;
        event
    }

    /// A step with one handler, and its ports.
    pub(super) fn handler(&mut self, join: Join, ports: &[(EventId, Port)]) -> HandlerId {
        let (id, step) = (HandlerId(self.handlers.len() as u32), StepId(self.steps.len() as u32));
        let inputs = ports.iter().map(|(event, port)| Input {
            event: *event,
            shape: Shape::Json,
            many: *port == Port::Item,
        });
        self.handlers.push(HandlerNode {
            step,
            name: "on".into(),
            inputs: inputs.collect(),
            emits: EmitPlan::Nothing,
            join,
            opens: false,
        });
        for (event, port) in ports {
            let consumer = Consumer { handler: id, port: *port, when: Vec::new() };
            self.events[event.0 as usize].consumers.push(consumer);
        }
        self.steps.push(step_node(format!("s{}", step.0), id));
        id
    }

    pub(super) fn each(&mut self, event: EventId) -> HandlerId {
        self.handler(Join::Each, &[(event, Port::Each)])
    }

    /// A handler of one event that opens a scope with each success.
    pub(super) fn opener(&mut self, event: EventId) -> HandlerId {
        let id = self.each(event);
        self.handlers[id.0 as usize].opens = true;
        id
    }

    pub(super) fn gather(&mut self, home: Home, event: EventId, rule: GatherRule) -> HandlerId {
        if let Home::Event(event) = home {
            self.events[event.0 as usize].opens = true;
        }
        self.handler(Join::Gather { home, rule }, &[(event, Port::Item)])
    }

    pub(super) fn pair(&mut self, home: Home, left: EventId, right: EventId) -> HandlerId {
        if let Home::Event(event) = home {
            self.events[event.0 as usize].opens = true;
        }
        let join = Join::Pair { home, by: None };
        self.handler(join, &[(left, Port::Left), (right, Port::Right)])
    }

    /// Makes an event a question.
    pub(super) fn asks(&mut self, question: EventId, answer: EventId) -> &mut Question {
        let plain = Question { answer, by: Vec::new(), deadline: None, on_deadline: None, generic: false };
        self.events[question.0 as usize].question.insert(plain)
    }

    /// A handler of a question together with its answer.
    pub(super) fn answered(&mut self, question: EventId, answer: EventId) -> HandlerId {
        self.handler(Join::Answer { question }, &[(question, Port::Asked), (answer, Port::Answer)])
    }

    /// The timer handler of another handler's step.
    pub(super) fn timer(&mut self, of: HandlerId) -> HandlerId {
        let event = self.event("timer-fired");
        let id = self.each(event);
        self.events[event.0 as usize].consumers.clear();
        let step = self.handlers[of.0 as usize].step;
        self.handlers[id.0 as usize].step = step;
        self.handlers[id.0 as usize].join = Join::Timer;
        self.steps[step.0 as usize].on_timer = Some(id);
        id
    }

    /// The rules of a handler's step.
    pub(super) fn step(&mut self, of: HandlerId) -> &mut StepNode {
        let step = self.handlers[of.0 as usize].step;
        &mut self.steps[step.0 as usize]
    }

    pub(super) fn done(self) -> Arc<Workflow> {
        Arc::new(Workflow {
            name: "test".into(),
            start: EventId(0),
            timeout: self.timeout,
            timeout_counts_waiting: self.timeout_counts_waiting,
            events: self.events,
            handlers: self.handlers,
            steps: self.steps,
            tools: Vec::new(),
        })
    }
}

fn step_node(name: String, handler: HandlerId) -> StepNode {
    StepNode {
        component: format!("{name}.wasm"),
        name,
        concurrency_run: None,
        concurrency_all: None,
        timeout: Duration::from_secs(30),
        retry: Policy {
            attempts: 1000,
            jitter: 0.0,
            initial: Duration::from_millis(10),
            ..Policy::default()
        },
        exhausted: Exhausted::Fail,
        grant: Grant::default(),
        on_failure: None,
        on_timer: None,
        nested: false,
        blobs: false,
        handlers: BTreeSet::from([handler]),
    }
}

/// How often a driver proves that the fold equals the life.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Proof {
    EveryCommit,
    AtTheEnd,
}

/// A run driven by hand.
pub(super) struct Bench {
    pub(super) run: Run,
    pub(super) now: Timestamp,
    rows: Vec<Row>,
    /// The last row of each commit.
    ends: Vec<Seq>,
    before: State,
    proof: Proof,
    /// Those of each rule with a rate.
    windows: HashMap<Arc<str>, Window>,
}

impl Bench {
    pub(super) fn start(workflow: Arc<Workflow>, payload: &str, proof: Proof) -> Bench {
        let start = Start::new(RunId::fresh("test", 7), Json::trusted(payload));
        Bench::begin_run(workflow, start, proof)
    }

    /// A run that takes over the state of another.
    pub(super) fn continuing(workflow: Arc<Workflow>, payload: &str, before: State) -> Bench {
        let start = Start::new(RunId::fresh("test", 8), Json::trusted(payload));
        let continues = Some((RunId::fresh("test", 7), before));
        Bench::begin_run(workflow, Start { continues, ..start }, Proof::EveryCommit)
    }

    pub(super) fn begin_run(workflow: Arc<Workflow>, start: Start, proof: Proof) -> Bench {
        let before = start.continues.as_ref().map(|(_, state)| state.clone()).unwrap_or_default();
        let revision = workflow.graph().revision;
        let (run, commit) = Run::start(start, workflow, revision, Timestamp(0));
        let mut bench = Bench {
            run,
            now: Timestamp(0),
            rows: Vec::new(),
            ends: Vec::new(),
            before,
            proof,
            windows: HashMap::new(),
        };
        bench.store(&commit);
        bench
    }

    pub(super) fn settle(&mut self, work: &Work, outcome: Outcome) -> Vec<Record> {
        let commit = self.run.settle(work.delivery, outcome, self.now);
        self.store(&commit)
    }

    pub(super) fn signal(&mut self, signal: Signal) -> Vec<Record> {
        let commit = self.run.signal(signal, self.now);
        self.store(&commit)
    }

    /// Asks whether a call may leave.
    pub(super) fn leave(&mut self, work: &Work, intent: &Intent) -> Leave {
        let window = self.windows.entry(intent.rule.clone()).or_default();
        let (leave, commit) = self.run.leave(work.delivery, intent, window, self.now);
        self.store(&commit);
        leave
    }

    /// A call that left has ended so.
    pub(super) fn end(&mut self, work: &Work, call: &CallId, ending: Ending) -> Vec<Record> {
        let commit = self.run.effect_ended(work.delivery, call, ending, self.now);
        self.store(&commit)
    }

    /// The effect of a delivery's call that has no answer.
    pub(super) fn effect_of(&self, (delivery, call): (DeliveryId, CallId)) -> Option<Seq> {
        let delivery = self.run.deliveries.get(&delivery)?;
        delivery.calls.open(&call).map(|(effect, _)| effect)
    }

    /// Lets time pass until the run wants to be woken, and wakes it.
    pub(super) fn wake(&mut self) {
        self.now = self.run.wake_at().expect("something to wait for");
        self.signal(Signal::TimersDue);
    }

    /// Takes a ready delivery out, writing what is to be written before its attempt.
    pub(super) fn begin(&mut self, delivery: DeliveryId) -> Work {
        let (work, first) = self.run.begin(delivery, self.now).expect("it is ready");
        first.into_iter().for_each(|commit| drop(self.store(&commit)));
        work
    }

    /// Takes the oldest ready delivery of a handler.
    pub(super) fn take(&mut self, handler: HandlerId) -> Work {
        let found = self.run.ready().find(|(_, of)| *of == handler);
        let (id, _) = found.unwrap_or_else(|| panic!("nothing is ready for {handler:?}"));
        self.begin(id)
    }

    /// Attempts the oldest ready delivery of a handler.
    pub(super) fn emit(&mut self, handler: HandlerId, events: &[(EventId, &str)]) -> Vec<Record> {
        let work = self.take(handler);
        self.settle(&work, emitted(events))
    }

    pub(super) fn fail(&mut self, handler: HandlerId, class: Class) -> Vec<Record> {
        let work = self.take(handler);
        self.settle(&work, failed(class))
    }

    pub(super) fn is_ready(&self, handler: HandlerId) -> bool {
        self.run.ready().any(|(_, of)| of == handler)
    }

    /// Answers an open question.
    pub(super) fn answer(&mut self, question: Seq, payload: &str) -> Vec<Record> {
        let payload = Json::trusted(payload);
        let signal = Signal::Answer { question, payload, by: Some("ann".into()) };
        assert_eq!(self.run.admits(&signal), Ok(Admitted::New));
        self.signal(signal)
    }

    /// The open questions, the oldest first.
    pub(super) fn asked(&self) -> Vec<Seq> {
        self.run.questions().map(|(id, _)| id).collect()
    }

    /// Lets time pass, and wakes the run if that is what it waits for.
    pub(super) fn pass(&mut self, millis: u64) {
        self.now = Timestamp(self.now.0 + millis);
        if self.run.wake_at().is_some_and(|at| at <= self.now) {
            self.signal(Signal::TimersDue);
        }
    }

    /// The process dies, and another one reads the run back.
    pub(super) fn restart(&mut self) {
        self.run = self.folded();
    }

    /// The process dies and another one takes over.
    pub(super) fn crash(&mut self) {
        self.restart();
        self.signal(Signal::TakenUp);
    }

    /// A run that begins as this one was after row `at`, to be driven by itself.
    pub(super) fn fork(&self, at: Option<u64>) -> Result<Bench, NoFork> {
        self.fork_with(at, false)
    }

    /// The same, whether it may make calls again or not.
    pub(super) fn fork_with(&self, at: Option<u64>, repeats_effects: bool) -> Result<Bench, NoFork> {
        let records = self.rows.iter().map(|row| row.decode().expect("it was just stored"));
        let (from, workflow) = (self.run.id.clone(), self.run.workflow.clone());
        let fork = Fork { id: RunId::fresh("fork", 7), from, at: at.map(Seq), repeats_effects };
        let (run, commit) = Run::fork(fork, workflow, self.before.clone(), records.collect(), &self.ends)?;
        let (now, before, proof) = (self.now, self.before.clone(), self.proof);
        let mut bench =
            Bench { run, now, rows: Vec::new(), ends: Vec::new(), before, proof, windows: HashMap::new() };
        bench.store(&commit);
        Ok(bench)
    }

    /// The value the run ended with.
    pub(super) fn result(&self) -> Option<&str> {
        self.run.result().map(|(_, json)| json.as_str())
    }

    pub(super) fn expect_end(&self, status: Status, result: Option<&str>) {
        assert_eq!((self.run.status(), self.result()), (status, result), "{:?}", self.run.reason());
        self.folded().assert_same(&self.run);
    }

    /// How many deliveries of such handlers were done.
    pub(super) fn committed(&self, of: impl Fn(HandlerId) -> bool) -> usize {
        let (mut handlers, mut done) = (HashMap::new(), 0);
        for record in self.rows.iter().map(|row| row.decode().expect("it was just stored")) {
            match record.change {
                Change::Delivery { handler, .. } => drop(handlers.insert(record.seq, handler)),
                Change::Attempt { delivery, status: DeliveryStatus::Done, .. } => {
                    done += usize::from(of(handlers[&delivery]));
                }
                _ => {}
            }
        }
        done
    }

    pub(super) fn store(&mut self, commit: &Commit) -> Vec<Record> {
        self.rows.extend(commit.records.iter().map(Row::encode));
        self.ends.extend(commit.records.last().map(|record| record.seq));
        if self.proof == Proof::EveryCommit {
            self.folded().assert_same(&self.run);
        }
        commit.records.clone()
    }

    fn folded(&self) -> Run {
        let records = self.rows.iter().map(|row| row.decode().expect("it was just stored"));
        let (id, workflow) = (self.run.id.clone(), self.run.workflow.clone());
        Run::fold(id, workflow, self.before.clone(), records).expect("it was just lived")
    }
}

impl Run {
    /// Both know the same of what the journal knows. Which deliveries are ready or being
    /// attempted is not part of it.
    fn assert_same(&self, lived: &Run) {
        assert_eq!(self.last, lived.last);
        assert_eq!((self.status(), &self.reason), (lived.status(), &lived.reason));
        assert_eq!((&self.about, self.started_at), (&lived.about, lived.started_at));
        assert_eq!(self.result, lived.result);
        assert_eq!(self.deliveries, lived.deliveries);
        assert_eq!(self.scopes, lived.scopes);
        assert_eq!(self.timers, lived.timers);
        assert_eq!((self.clock, &self.named), (lived.clock, &lived.named));
        assert_eq!(self.parked, lived.parked);
        assert_eq!((&self.questions, &self.closed), (&lived.questions, &lived.closed));
        assert_eq!((&self.approvals, &self.judged), (&lived.approvals, &lived.judged));
        assert_eq!(self.called, lived.called);
        assert_eq!(self.state, lived.state);
        assert_eq!((&self.children, &self.orphans), (&lived.children, &lived.orphans));
        assert_eq!(self.parent_told, lived.parent_told);
        assert_eq!(self.events, lived.events);
        assert_eq!(self.adrift, lived.adrift);
    }
}

pub(super) fn emitted(events: &[(EventId, &str)]) -> Outcome {
    let emissions = (0..).zip(events).map(|(element, (event, payload))| Emission {
        event: *event,
        element,
        payload: Json::trusted(*payload),
    });
    Outcome::Emitted(emissions.collect::<Vec<_>>().into())
}

pub(super) fn failed(class: Class) -> Outcome {
    let (code, message) = ("code".to_owned(), "message".to_owned());
    Outcome::Failed(Failure { class, code, message, retry_after: None, details: None })
}

/// What a delivery carries, as one text: lists in brackets.
pub(super) fn told(work: &Work) -> String {
    let given = work.inputs.iter().map(|given| match given {
        Given::One(json) => json.as_str().to_owned(),
        Given::Many(all) => format!("[{}]", all.iter().map(Json::as_str).collect::<Vec<_>>().join(",")),
    });
    given.collect::<Vec<_>>().join(" ")
}
