//! Any steps whatever: joining them never panics, and where it gives a graph, the rule moves a run
//! through it by every case that the steps could emit.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::bench::join_text;
use crate::contract::{Contract, Emits, Handler, Param, Pattern};
use crate::event::{Json, Timestamp, TypeName};
use crate::outcome::{Emission, Outcome};
use crate::run::{Run, RunId, Status};
use crate::shape::Shape;
use crate::workflow::{EmitPlan, Home, Join, Workflow};

/// Names of events: the first starts, the last stops.
const EVENTS: [&str; 6] = ["start", "a", "b", "c", "d", "stop"];

fn name(at: usize) -> TypeName {
    format!("t:t/events/{}@1.0.0", EVENTS[at]).parse().unwrap()
}

fn param(at: usize) -> Param {
    Param { name: format!("p{at}"), event: name(at) }
}

fn patterns() -> impl Strategy<Value = Pattern> {
    let two = (0..5usize, 1..5usize).prop_map(|(one, by)| (param(one), param((one + by) % 5)));
    prop_oneof![
        4 => (0..5usize).prop_map(|at| Pattern::Each(param(at))),
        1 => two.clone().prop_map(|(one, two)| Pattern::Pair(one, two)),
        2 => (0..5usize).prop_map(|at| Pattern::Gather(param(at))),
        1 => two.prop_map(|(with, all)| Pattern::GatherWith { with, all }),
    ]
}

fn emits() -> impl Strategy<Value = Emits> {
    let one = prop_oneof![(1..6usize).prop_map(|at| Emits::Event(name(at))), cases()];
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
    proptest::collection::vec((patterns(), emits()), 1..3).prop_map(|handlers| {
        let handlers = handlers.into_iter().enumerate();
        let handler = |(at, (takes, gives))| Handler { name: format!("on-{at}"), takes, gives };
        Contract {
            handlers: handlers.map(handler).collect(),
            events: (0..6).map(|at| (name(at), Shape::Record(Vec::new()))).collect(),
            imports: Vec::new(),
            ignored: Vec::new(),
        }
    })
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

fn drive(workflow: Workflow, choices: &[u8]) -> Status {
    let workflow = Arc::new(workflow);
    let mut choices = choices.iter().cycle();
    let mut choose = |n: usize| usize::from(*choices.next().unwrap_or(&0)) % n;
    let (mut run, _) = Run::start(RunId::fresh("t", 1), workflow.clone(), Json::trusted("{}"), Timestamp(0));
    for _ in 0..300 {
        let ready: Vec<_> = run.ready().collect();
        let Some((delivery, handler)) = ready.get(choose(ready.len().max(1))).copied() else { break };
        run.begin(delivery).expect("it is ready");
        let emitted = emission(&workflow.handler(handler).emits, &mut choose);
        run.settle(delivery, Outcome::Emitted(emitted), Timestamp(0));
    }
    run.status()
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
        Join::Each | Join::Failure => true,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_steps_join_or_are_refused_and_what_joins_runs(
        contracts in proptest::collection::vec(contracts(), 1..6),
        choices in proptest::collection::vec(any::<u8>(), 16..64),
    ) {
        let steps: Vec<_> = (0..contracts.len()).map(|at| format!("s{at}")).collect();
        let tables: String = steps.iter().map(|step| format!("[steps.{step}]\ncomponent = \"c\"\n")).collect();
        // What leads nowhere is no hindrance here: the more graphs join, the better.
        let head = "publish = [\"a\", \"b\", \"c\", \"d\"]\nskip-checks = [\"reachability\"]\n";
        let text = format!("workflow = \"t\"\nstart = \"start\"\nstop = [\"stop\"]\n{head}{tables}");
        let contracts: BTreeMap<_, _> = steps.into_iter().zip(contracts.into_iter().map(Arc::new)).collect();
        match join_text(&text, &contracts) {
            Ok(joined) => {
                prop_assert!(is_at_home(&joined.workflow));
                drive(joined.workflow, &choices);
            }
            Err(findings) => prop_assert!(!findings.is_empty()),
        }
    }
}
