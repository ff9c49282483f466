//! A workbench for tests of the rule: graphs built by hand, a run driven by hand, and after every
//! commit the proof that folding the stored rows gives the run that was lived.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::{Given, Record, Run, RunId, Signal, Status, Work};
use crate::event::{Json, Timestamp};
use crate::journal::{Commit, Row};
use crate::outcome::{Class, Emission, Failure, Outcome};
use crate::retry::Policy;
use crate::shape::Shape;
use crate::workflow::{
    Consumer, EmitPlan, EventId, EventNode, GatherRule, HandlerId, HandlerNode, Home, Input, Join, Port,
    StepId, StepNode, Workflow,
};

/// A graph in the making: event 0 starts, whatever is marked stops.
#[derive(Default)]
pub(super) struct Graph {
    pub(super) events: Vec<EventNode>,
    pub(super) handlers: Vec<HandlerNode>,
    pub(super) steps: Vec<StepNode>,
    pub(super) timeout: Option<Duration>,
}

impl Graph {
    pub(super) fn event(&mut self, name: &str) -> EventId {
        self.events.push(EventNode {
            name: format!("t:t/events/{name}").parse().unwrap(),
            short: name.to_owned(),
            shape: Shape::Json,
            stop: false,
            publish: false,
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

    pub(super) fn done(self) -> Arc<Workflow> {
        Arc::new(Workflow {
            name: "test".into(),
            start: EventId(0),
            timeout: self.timeout,
            events: self.events,
            handlers: self.handlers,
            steps: self.steps,
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
        on_failure: None,
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
    proof: Proof,
}

impl Bench {
    pub(super) fn start(workflow: Arc<Workflow>, payload: &str, proof: Proof) -> Bench {
        let id = RunId::fresh("test", 7);
        let (run, commit) = Run::start(id, workflow, Json::trusted(payload), Timestamp(0));
        let mut bench = Bench { run, now: Timestamp(0), rows: Vec::new(), proof };
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

    /// Lets time pass until the run wants to be woken, and wakes it.
    pub(super) fn wake(&mut self) {
        self.now = self.run.wake_at().expect("something to wait for");
        self.signal(Signal::TimersDue);
    }

    /// Takes the oldest ready delivery of a handler.
    pub(super) fn take(&mut self, handler: HandlerId) -> Work {
        let found = self.run.ready().find(|(_, of)| *of == handler);
        let (id, _) = found.unwrap_or_else(|| panic!("nothing is ready for {handler:?}"));
        self.run.begin(id).expect("it is ready")
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

    /// The process dies and another one takes over.
    pub(super) fn crash(&mut self) {
        self.run = self.folded();
    }

    /// The value the run ended with.
    pub(super) fn result(&self) -> Option<&str> {
        self.run.result().map(|(_, json)| json.as_str())
    }

    pub(super) fn expect_end(&self, status: Status, result: Option<&str>) {
        assert_eq!((self.run.status(), self.result()), (status, result), "{:?}", self.run.reason());
        self.folded().assert_same(&self.run);
    }

    fn store(&mut self, commit: &Commit) -> Vec<Record> {
        self.rows.extend(commit.records.iter().map(Row::encode));
        if self.proof == Proof::EveryCommit {
            self.folded().assert_same(&self.run);
        }
        commit.records.clone()
    }

    fn folded(&self) -> Run {
        let records = self.rows.iter().map(|row| row.decode().expect("it was just stored"));
        let (id, workflow) = (self.run.id.clone(), self.run.workflow.clone());
        Run::fold(id, workflow, records).expect("it was just lived")
    }
}

impl Run {
    /// Both know the same of what the journal knows. Which deliveries are ready or being
    /// attempted is not part of it.
    fn assert_same(&self, lived: &Run) {
        assert_eq!(self.last, lived.last);
        assert_eq!((self.status, &self.reason), (lived.status, &lived.reason));
        assert_eq!(self.result, lived.result);
        assert_eq!(self.deliveries, lived.deliveries);
        assert_eq!(self.scopes, lived.scopes);
        assert_eq!(self.timers, lived.timers);
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
    Outcome::Emitted(emissions.collect())
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
