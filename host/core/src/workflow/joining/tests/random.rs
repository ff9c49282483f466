//! Any steps whatever: joining them never panics, and where it gives a graph, the rule moves a run
//! through it by every case that the steps could emit, with people who answer or do not, until it
//! has ended or says that it is stalled.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::bench::join_text;
use crate::contract::{Contract, Emits, Handler, Param, Pattern};
use crate::event::{Json, Timestamp, TypeName};
use crate::outcome::{Emission, Emitted, Outcome, TimerWish};
use crate::run::{Run, RunId, Signal, Start, Status};
use crate::shape::Shape;
use crate::workflow::joining::HostEvent;
use crate::workflow::{EmitPlan, HandlerId, Home, Join, Workflow};

/// Names of events: the first starts, the sixth stops, and the host's own follow.
const EVENTS: [&str; 9] =
    ["start", "a", "b", "c", "d", "stop", "timer-fired", "input-required", "human-response"];

const TIMER: usize = 6;
const ASK: usize = 7;
const RESPONSE: usize = 8;

fn name(at: usize) -> TypeName {
    let package = if at < TIMER { "t:t/events" } else { "lockstep:step/host-events" };
    let version = if at < TIMER { "1.0.0" } else { "0.1.0" };
    format!("{package}/{}@{version}", EVENTS[at]).parse().unwrap()
}

fn shape(at: usize) -> Shape {
    HostEvent::of(&name(at)).map_or(Shape::Record(Vec::new()), HostEvent::shape)
}

fn param(at: usize) -> Param {
    Param { name: format!("p{at}"), event: name(at) }
}

fn patterns() -> impl Strategy<Value = Pattern> {
    let two = (0..5usize, 1..5usize).prop_map(|(one, by)| (param(one), param((one + by) % 5)));
    prop_oneof![
        8 => (0..5usize).prop_map(|at| Pattern::Each(param(at))),
        1 => (TIMER..=RESPONSE).prop_map(|at| Pattern::Each(param(at))),
        1 => Just(Pattern::Pair(param(ASK), param(RESPONSE))),
        2 => two.clone().prop_map(|(one, two)| Pattern::Pair(one, two)),
        4 => (0..5usize).prop_map(|at| Pattern::Gather(param(at))),
        2 => two.prop_map(|(with, all)| Pattern::GatherWith { with, all }),
    ]
}

fn emits() -> impl Strategy<Value = Emits> {
    let one = prop_oneof![
        6 => (1..6usize).prop_map(|at| Emits::Event(name(at))),
        1 => Just(Emits::Event(name(ASK))),
        7 => cases(),
    ];
    prop_oneof![
        3 => one.clone(),
        2 => one.clone().prop_map(|inner| Emits::List(Box::new(inner))),
        1 => one.prop_map(|inner| Emits::Option(Box::new(inner))),
    ]
}

fn cases() -> impl Strategy<Value = Emits> {
    let cases = proptest::collection::btree_set(1..6usize, 1..4);
    cases.prop_map(|cases| {
        Emits::Variant(cases.into_iter().map(|at| (EVENTS[at].to_owned(), name(at))).collect())
    })
}

fn contracts() -> impl Strategy<Value = Contract> {
    proptest::collection::vec((patterns(), emits()), 1..3).prop_map(contract)
}

/// A step that knows every event, so that few names mean nothing.
fn first() -> impl Strategy<Value = Contract> {
    let all = || Emits::Variant((1..6).map(|at| (EVENTS[at].to_owned(), name(at))).collect());
    let emits = prop_oneof![Just(all()), Just(Emits::List(Box::new(all())))];
    emits.prop_map(|emits| contract(vec![(Pattern::Each(param(0)), emits)]))
}

fn contract(handlers: Vec<(Pattern, Emits)>) -> Contract {
    let handlers = handlers.into_iter().enumerate();
    let handler = |(at, (takes, gives))| Handler { name: format!("on-{at}"), takes, gives };
    Contract {
        handlers: handlers.map(handler).collect(),
        events: (0..EVENTS.len()).map(|at| (name(at), shape(at))).collect(),
        imports: Vec::new(),
        ignored: Vec::new(),
    }
}

/// Tables of questions: who asks, who answers, and perhaps what comes at the deadline.
fn questions() -> impl Strategy<Value = String> {
    let table = (1..5usize, 1..4usize, 0..8usize).prop_map(|(ask, by, late)| {
        let (asks, answers) = (EVENTS[ask], EVENTS[1 + (ask - 1 + by) % 4]);
        let deadline = match late {
            1..5 => format!("deadline = \"1s\"\non-deadline = \"{}\"\n", EVENTS[late]),
            5 => "deadline = \"1s\"\n".to_owned(),
            _ => String::new(),
        };
        (asks, format!("[human.{asks}]\nanswer = \"{answers}\"\n{deadline}"))
    });
    let tables = proptest::collection::vec(table, 0..3);
    tables.prop_map(|tables| tables.into_iter().collect::<BTreeMap<_, _>>().into_values().collect())
}

/// What an attempt emits, as `choose` picks out of what it could.
fn emission(plan: &EmitPlan, choose: &mut impl FnMut(usize) -> usize) -> Vec<Emission> {
    match plan {
        EmitPlan::Nothing => Vec::new(),
        EmitPlan::List(inner) => {
            let elements = (0..choose(4) as u32).flat_map(|element| {
                let one = emission(inner, choose);
                one.into_iter().map(move |emission| Emission { element, ..emission })
            });
            elements.collect()
        }
        EmitPlan::Option(_) if choose(2) == 0 => Vec::new(),
        EmitPlan::Option(inner) => emission(inner, choose),
        EmitPlan::Event(..) | EmitPlan::Variant(_) => {
            let events = plan.events();
            let (event, _) = events[choose(events.len())];
            vec![Emission { event, element: 0, payload: Json::trusted("{}") }]
        }
    }
}

/// Moves a run until nothing moves any more, or for a while: the status, and whether it came to rest.
fn drive(workflow: Workflow, choices: &[u8]) -> (Status, bool) {
    let workflow = Arc::new(workflow);
    let mut choices = choices.iter().cycle();
    let mut choose = |n: usize| usize::from(*choices.next().unwrap_or(&0)) % n;
    let mut now = Timestamp(0);
    let (mut run, _) = Run::start(
        Start::new(RunId::fresh("t", 1), Json::trusted("{}")),
        workflow.clone(),
        workflow.graph().revision,
        now,
    );
    for _ in 0..300 {
        let ready: Vec<_> = run.ready().collect();
        let asked: Vec<_> = run.questions().map(|(question, open)| (question, open.event)).collect();
        let at = choose((ready.len() + asked.len()).max(1));
        if let Some((delivery, handler)) = ready.get(at).copied() {
            run.begin(delivery, now).expect("it is ready");
            let events = emission(&workflow.handler(handler).emits, &mut choose);
            let timers = timers(&workflow, handler, &mut choose);
            run.settle(delivery, Outcome::Emitted(Emitted { events, timers, ..Emitted::default() }), now);
        } else if let (Some((question, event)), 1..) = (asked.first().copied(), choose(4)) {
            workflow.check_answer(event, "{}").expect("it has no fields");
            run.signal(Signal::Answer { question, payload: Json::trusted("{}"), by: None }, now);
        } else if let Some(at) = run.wake_at() {
            now = at;
            run.signal(Signal::TimersDue, now);
        } else if asked.is_empty() {
            return (run.status(), true);
        }
    }
    (run.status(), false)
}

fn timers(
    workflow: &Workflow,
    handler: HandlerId,
    choose: &mut impl FnMut(usize) -> usize,
) -> Vec<TimerWish> {
    let sets = workflow.step(workflow.handler(handler).step).on_timer.is_some() && choose(2) == 0;
    let wish = TimerWish::Set { name: "t".into(), after: Duration::from_secs(1) };
    sets.then_some(wish).into_iter().collect()
}

fn is_at_home(workflow: &Workflow) -> bool {
    workflow.handlers.iter().all(|handler| match handler.join {
        Join::Gather { home: Home::Run, .. } => false,
        Join::Gather { home, .. } | Join::Pair { home, .. } => match home {
            Home::Run => true,
            Home::Handler(opener) => {
                workflow.handler(opener).opens && workflow.handler(opener).emits.is_opener()
            }
            Home::Event(event) => workflow.event(event).opens && workflow.event(event).consumers.len() > 1,
        },
        Join::Each | Join::Answer { .. } | Join::Failure | Join::Timer => true,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_steps_join_or_are_refused_and_what_joins_runs(
        first in first(),
        others in proptest::collection::vec(contracts(), 0..5),
        questions in questions(),
        choices in proptest::collection::vec(any::<u8>(), 16..64),
    ) {
        let contracts: Vec<_> = std::iter::once(first).chain(others).collect();
        let steps: Vec<_> = (0..contracts.len()).map(|at| format!("s{at}")).collect();
        let tables: String = steps.iter().map(|step| format!("[steps.{step}]\ncomponent = \"c\"\n")).collect();
        // What leads nowhere is no hindrance here: the more graphs join, the better.
        let head = "publish = [\"a\", \"b\", \"c\", \"d\"]\nskip-checks = [\"reachability\"]\n";
        let text = format!("workflow = \"t\"\nstart = \"start\"\nstop = [\"stop\"]\n{head}{questions}{tables}");
        let contracts: BTreeMap<_, _> = steps.into_iter().zip(contracts.into_iter().map(Arc::new)).collect();
        match join_text(&text, &contracts) {
            Ok(joined) => {
                prop_assert!(is_at_home(&joined.workflow));
                let (status, rests) = drive(joined.workflow, &choices);
                prop_assert!(!rests || status.is_end() || status == Status::Stalled, "{status}");
            }
            Err(findings) => prop_assert!(!findings.is_empty()),
        }
    }
}
