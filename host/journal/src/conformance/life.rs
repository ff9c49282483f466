//! Whole runs, stored commit by commit and folded from what came back.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use lockstep_core::event::{Json, Timestamp};
use lockstep_core::grant::Grant;
use lockstep_core::journal::{Commit, Journal, Summary};
use lockstep_core::outcome::{Class, Emission, Emitted, Failure, Outcome, TimerWish, Update};
use lockstep_core::retry::Policy;
use lockstep_core::run::{Run, RunId, Signal, Start, Status};
use lockstep_core::shape::Shape;
use lockstep_core::state::{Op, State, Write};
use lockstep_core::workflow::{
    Consumer, EmitPlan, EventId, EventNode, Exhausted, HandlerId, HandlerNode, Input, Join, Port, Question,
    StepId, StepNode, Workflow,
};

use super::{listing, load, run, wait, write};

const START: EventId = EventId(0);
const STOP: EventId = EventId(1);
const QUESTION: EventId = EventId(2);
const ANSWER: EventId = EventId(3);
const TIMER: EventId = EventId(4);

/// What is loaded after each commit is the run as it was lived up to there, in whatever way it is
/// lived.
pub fn a_run_folds_from_what_was_stored(journal: &dyn Journal) {
    let ends: Vec<Status> = lives(journal).iter().map(|lived| lived.run.status()).collect();
    let seen: BTreeSet<&str> = ends.iter().map(|status| status.as_str()).collect();
    assert_eq!(seen.len(), 6, "the runs are lived in many ways: {seen:?}");
}

/// What the journal tells of a run is what folding its rows tells.
pub fn what_is_known_of_a_run_follows_from_its_rows(journal: &dyn Journal) {
    let lives = lives(journal);
    let mut told = wait(journal.runs(&listing())).expect("a listing");
    told.reverse();
    assert_eq!(told, lives.iter().map(Life::summary).collect::<Vec<_>>());
}

/// Runs of many statuses on one journal, each proven after each of its commits.
pub(crate) fn lives(journal: &dyn Journal) -> Vec<Life<'_>> {
    let ways: [fn(&mut Life<'_>); 9] =
        [|_| {}, complete, ask, ask_and_be_answered, wait_for_a_timer, fail, back_off, stall, be_cancelled];
    let mut lives: Vec<Life<'_>> = Vec::new();
    for (which, way) in (1..).zip(ways) {
        let before = lives.iter().map(|life| &life.run).rfind(|run| run.status() == Status::Completed);
        let continues = before.map(|run| (run.id().clone(), run.state().clone()));
        let mut life = Life::begin(journal, which, continues);
        way(&mut life);
        lives.push(life);
    }
    lives
}

/// A run on a journal.
pub(crate) struct Life<'j> {
    journal: &'j dyn Journal,
    run: Run,
    before: State,
    now: Timestamp,
}

impl<'j> Life<'j> {
    fn begin(journal: &'j dyn Journal, which: u64, continues: Option<(RunId, State)>) -> Life<'j> {
        let workflow = Arc::new(workflow());
        let before = continues.as_ref().map(|(_, state)| state.clone()).unwrap_or_default();
        let start = Start {
            key: Some(format!("key {which}").into()),
            alias: Some(format!("alias {}", which / 2).into()),
            session: which.is_multiple_of(2).then(|| "session".into()),
            continues,
            ..Start::new(run(which), Json::trusted(r#"{"":"\u0000"}"#))
        };
        let now = Timestamp(1000 * which);
        let (run, commit) = Run::start(start, workflow.clone(), workflow.graph().revision, now);
        let mut life = Life { journal, run, before, now };
        life.store(commit);
        life
    }

    /// The run as its rows tell it, and what is known of it then.
    pub(crate) fn summary(&self) -> (RunId, Summary) {
        let rows = load(self.journal, self.run.id());
        let records = rows.iter().map(|row| row.decode().expect("it was just encoded"));
        let (id, workflow) = (self.run.id().clone(), self.run.workflow().clone());
        let folded = Run::fold(id, workflow, self.before.clone(), records).expect("rows of one run");
        assert_eq!((folded.last(), folded.status()), (self.run.last(), self.run.status()));
        assert_eq!((folded.result(), folded.state()), (self.run.result(), self.run.state()));
        assert_eq!(folded.summary(), self.run.summary());
        (self.run.id().clone(), folded.summary())
    }

    /// An attempt at what is ready.
    fn attempt(&mut self, outcome: Outcome) {
        self.now = Timestamp(self.now.0 + 1);
        let (delivery, _) = self.run.ready().next().expect("something is ready");
        self.run.begin(delivery, self.now).expect("it is ready");
        let commit = self.run.settle(delivery, outcome, self.now);
        self.store(commit);
    }

    fn emit(&mut self, events: &[EventId]) {
        let emission = |event| Emission { event, element: 0, payload: Json::trusted(r#""\ud800""#) };
        let events: Vec<Emission> = events.iter().copied().map(emission).collect();
        self.attempt(Outcome::Emitted(events.into()));
    }

    fn fail(&mut self, class: Class) {
        let (code, message) = ("code".to_owned(), "message".to_owned());
        let failure = Failure { class, code, message, retry_after: None, details: None };
        self.attempt(Outcome::Failed(failure));
    }

    fn signal(&mut self, signal: Signal) {
        let commit = self.run.signal(signal, self.now);
        self.store(commit);
    }

    fn store(&mut self, commit: Commit) {
        write(self.journal, vec![commit]);
        self.summary();
    }
}

fn complete(life: &mut Life<'_>) {
    let writes = [("n", Op::Add { by: 2 }, None), ("log", Op::Append, Some("{}")), ("n", Op::Delete, None)];
    let writes =
        writes.map(|(key, op, value)| Write { key: key.into(), op, value: value.map(Json::trusted) });
    let updates = vec![Update { name: "token".into(), item: Json::trusted("1") }];
    life.emit(&[QUESTION]);
    life.signal(answer(life));
    let events = vec![Emission { event: STOP, element: 0, payload: Json::trusted("1E+400") }];
    life.attempt(Outcome::Emitted(Emitted { events, writes: writes.into(), updates, ..Emitted::default() }));
}

fn ask(life: &mut Life<'_>) {
    life.emit(&[QUESTION, QUESTION]);
}

fn ask_and_be_answered(life: &mut Life<'_>) {
    ask(life);
    life.signal(answer(life));
}

fn answer(life: &Life<'_>) -> Signal {
    let (question, _) = life.run.questions().next().expect("it asks");
    Signal::Answer { question, payload: Json::trusted("true"), by: Some("ada".into()) }
}

fn wait_for_a_timer(life: &mut Life<'_>) {
    let timers = vec![TimerWish::Set { name: "later".into(), after: Duration::from_secs(60) }];
    life.attempt(Outcome::Emitted(Emitted { timers, ..Emitted::default() }));
}

fn fail(life: &mut Life<'_>) {
    life.fail(Class::Permanent);
}

fn back_off(life: &mut Life<'_>) {
    life.fail(Class::Transient);
}

fn stall(life: &mut Life<'_>) {
    life.emit(&[]);
}

fn be_cancelled(life: &mut Life<'_>) {
    ask(life);
    life.signal(Signal::Cancel);
}

/// A step between the start event and the stop event, a question that it may ask, and a step that
/// takes the answer.
fn workflow() -> Workflow {
    let question = Question {
        answer: ANSWER,
        by: Vec::new(),
        deadline: Some(Duration::from_secs(3600)),
        on_deadline: None,
        generic: false,
    };
    Workflow {
        name: "conformance".into(),
        start: START,
        timeout: None,
        timeout_counts_waiting: false,
        tools: Vec::new(),
        events: vec![
            event("begin", Some(HandlerId(0))),
            EventNode { stop: true, ..event("end", None) },
            EventNode { question: Some(question), ..event("question", None) },
            event("answer", Some(HandlerId(1))),
            event("timer-fired", None),
        ],
        handlers: vec![
            handler(0, START, Join::Each),
            handler(1, ANSWER, Join::Each),
            handler(0, TIMER, Join::Timer),
        ],
        steps: vec![
            StepNode { on_timer: Some(HandlerId(2)), ..step("asks", &[HandlerId(0), HandlerId(2)]) },
            step("is-told", &[HandlerId(1)]),
        ],
    }
}

fn event(short: &str, consumer: Option<HandlerId>) -> EventNode {
    let consumers = consumer.map(|handler| Consumer { handler, port: Port::Each, when: Vec::new() });
    EventNode {
        name: format!("t:t/events/{short}").parse().expect("a full name"),
        short: short.to_owned(),
        shape: Shape::Json,
        stop: false,
        publish: false,
        question: None,
        consumers: consumers.into_iter().collect(),
        opens: false,
        ends: Vec::new(),
    }
}

fn handler(step: u32, event: EventId, join: Join) -> HandlerNode {
    HandlerNode {
        step: StepId(step),
        name: format!("on-{}", event.0),
        inputs: vec![Input { event, shape: Shape::Json, many: false }],
        emits: EmitPlan::Event(STOP, Shape::Json),
        join,
        opens: false,
    }
}

fn step(name: &str, handlers: &[HandlerId]) -> StepNode {
    StepNode {
        name: name.into(),
        component: format!("{name}.wasm"),
        concurrency_run: None,
        concurrency_all: None,
        timeout: Duration::from_secs(30),
        retry: Policy::default(),
        exhausted: Exhausted::Park,
        grant: Grant::default(),
        on_failure: None,
        on_timer: None,
        nested: false,
        blobs: false,
        handlers: handlers.iter().copied().collect(),
    }
}
