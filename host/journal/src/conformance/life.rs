//! A whole run, stored commit by commit and folded from what came back.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use lockstep_core::event::{Json, Timestamp};
use lockstep_core::journal::Journal;
use lockstep_core::outcome::{Emission, Outcome};
use lockstep_core::retry::Policy;
use lockstep_core::run::{Run, Status};
use lockstep_core::shape::Shape;
use lockstep_core::workflow::{
    Consumer, EmitPlan, EventId, EventNode, HandlerId, HandlerNode, Input, Join, Port, StepId, StepNode,
    Workflow,
};

use super::{load, run, write};

const START: EventId = EventId(0);
const STOP: EventId = EventId(1);

/// What is loaded after each commit is the run as it was lived up to there.
pub fn a_run_folds_from_what_was_stored(journal: &dyn Journal) {
    let workflow = Arc::new(workflow());
    let (mut lived, commit) = Run::start(run(1), workflow, Json::trusted(r#"{"":"\u0000"}"#), Timestamp(1));
    write(journal, vec![commit]);
    assert_folds(journal, &lived);

    let (delivery, _) = lived.ready().next().expect("the start event has a consumer");
    lived.begin(delivery).expect("it is ready");
    let emission = Emission { event: STOP, element: 0, payload: Json::trusted(r#""\ud800""#) };
    let commit = lived.settle(delivery, Outcome::Emitted(vec![emission]), Timestamp(2));
    write(journal, vec![commit]);
    assert_eq!(lived.status(), Status::Completed);
    assert_folds(journal, &lived);
}

fn assert_folds(journal: &dyn Journal, lived: &Run) {
    let rows = load(journal, lived.id());
    let records = rows.iter().map(|row| row.decode().expect("it was just encoded"));
    let folded = Run::fold(lived.id().clone(), lived.workflow().clone(), records).expect("rows of one run");
    assert_eq!((folded.last(), folded.status()), (lived.last(), lived.status()));
    assert_eq!(folded.result(), lived.result());
}

/// One step between the start event and the stop event.
fn workflow() -> Workflow {
    Workflow {
        name: "conformance".into(),
        start: START,
        timeout: None,
        events: vec![event("begin", Some(HandlerId(0))), event("end", None)],
        handlers: vec![HandlerNode {
            step: StepId(0),
            name: "on-begin".into(),
            inputs: vec![Input { event: START, shape: Shape::Json, many: false }],
            emits: EmitPlan::Event(STOP, Shape::Json),
            join: Join::Each,
            opens: false,
        }],
        steps: vec![step()],
    }
}

fn event(short: &str, consumer: Option<HandlerId>) -> EventNode {
    let consumers = consumer.map(|handler| Consumer { handler, port: Port::Each, when: Vec::new() });
    EventNode {
        name: format!("t:t/events/{short}").parse().expect("a full name"),
        short: short.to_owned(),
        shape: Shape::Json,
        stop: consumer.is_none(),
        publish: false,
        consumers: consumers.into_iter().collect(),
        opens: false,
        ends: Vec::new(),
    }
}

fn step() -> StepNode {
    StepNode {
        name: "only".into(),
        component: "only.wasm".into(),
        concurrency_run: None,
        concurrency_all: None,
        timeout: Duration::from_secs(30),
        retry: Policy::default(),
        on_failure: None,
        handlers: BTreeSet::from([HandlerId(0)]),
    }
}
