//! Real Rust guests that misbehave, in the sandbox that the program runs them in: what their
//! authors would be told.

use std::fs;
use std::path::Path;
use std::time::Duration;

use expect_test::{Expect, expect};
use lockstep_core::contract::{Contract, Emits};
use lockstep_core::event::Json;
use lockstep_core::outcome::Outcome;
use lockstep_core::run::Given;
use lockstep_core::workflow::{EmitPlan, EventId, HandlerNode, Input, Join, StepId};
use lockstep_sandbox::{Call, Identity, Limits, Report, Sandbox, Settings};

fn plan(contract: &Contract, emits: &Emits) -> EmitPlan {
    match emits {
        Emits::Event(event) => EmitPlan::Event(EventId(0), contract.events[event].clone()),
        Emits::List(inner) => EmitPlan::List(Box::new(plan(contract, inner))),
        _ => EmitPlan::Nothing,
    }
}

fn handlers(contract: &Contract) -> Vec<HandlerNode> {
    let node = |handler: &lockstep_core::contract::Handler| {
        let event = &handler.takes.params()[0].event;
        let input = Input { event: EventId(0), shape: contract.events[event].clone(), many: false };
        HandlerNode {
            step: StepId(0),
            name: handler.name.clone(),
            inputs: vec![input],
            emits: plan(contract, &handler.gives),
            join: Join::Each,
            opens: false,
        }
    };
    contract.handlers.iter().map(node).collect()
}

/// One attempt of a handler of the lab.
fn attempt(handler: &str, attempt: u32, input: &str) -> Report {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/lab/components/lab.wasm");
    let bytes = fs::read(built).expect("the plugins are not built; run `cargo xtask guests`");
    let nodes = handlers(&Contract::read(&bytes).unwrap());
    let cache = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
    let sandbox = Sandbox::new(&Settings { cache, instances: 2, ..Settings::default() }).unwrap();
    let limits = Limits { cpu: Duration::from_millis(300), ..Limits::default() };
    let release = sandbox.load(&bytes, &nodes.iter().collect::<Vec<_>>(), limits).unwrap();
    let identity = Identity {
        run: "run".into(),
        workflow: "lab".into(),
        step: "lab".into(),
        delivery: 1,
        attempt,
        now_ms: 0,
        deadline_ms: 0,
    };
    let call = Call {
        handler: nodes.iter().position(|node| node.name == handler).unwrap(),
        inputs: vec![Given::One(Json::trusted(input))],
        identity,
        timeout: Duration::from_secs(30),
    };
    tokio::runtime::Runtime::new().unwrap().block_on(release.attempt(call))
}

fn told(report: &Report) -> String {
    let log = report.log.iter().map(|line| format!("{:?}: {}\n", line.level, line.message));
    let outcome = match &report.outcome {
        Outcome::Emitted(all) => all.iter().map(|event| format!("emitted {}\n", event.payload)).collect(),
        Outcome::Failed(failure) => {
            format!("{} {}: {} {:?}\n", failure.class, failure.code, failure.message, failure.retry_after)
        }
        Outcome::Interrupted => "interrupted\n".to_owned(),
    };
    log.collect::<String>() + &outcome
}

fn check(handler: &str, input: &str, expected: Expect) {
    expected.assert_eq(&told(&attempt(handler, 1, input)));
}

#[test]
fn a_panics_message_and_place_reach_the_log_and_the_failure() {
    check(
        "on-panic",
        r#"{"text": "order 7 has no price"}"#,
        expect![[r#"
        Error: panicked at lab/steps/lab/src/lib.rs:15:9:
        order 7 has no price
        trap panic: panicked at lab/steps/lab/src/lib.rs:15:9:
        order 7 has no price None
    "#]],
    );
}

#[test]
fn integers_and_text_come_back_exact() {
    let input = r#"{"text":"é\u0000","n":18446744073709551615}"#;
    assert_eq!(told(&attempt("on-echo", 1, input)), format!("emitted {input}\n"));
}

#[test]
fn a_step_knows_its_attempt_and_fails_in_its_own_words() {
    let input =
        r#"{"kind": "transient", "code": "busy", "message": "later", "retry_after_ms": 2, "recovers": 2}"#;
    check(
        "on-fail",
        input,
        expect![[r#"
        transient busy: later Some(2ms)
    "#]],
    );
    assert_eq!(told(&attempt("on-fail", 2, input)), "emitted {\"attempt\":2}\n");
}

#[test]
fn looping_hoarding_recursing_and_flooding_end_in_their_limits() {
    check(
        "on-spin",
        r#"{"seed": 1}"#,
        expect![[r#"
        limit cpu: the attempt computed longer than its 300ms None
    "#]],
    );
    check(
        "on-hog",
        r#"{"block": 1048576}"#,
        expect![[r#"
        limit memory: it wanted more memory than its 64 MiB None
    "#]],
    );
    check(
        "on-recurse",
        r#"{"depth": 100000000}"#,
        expect![[r#"
        trap stack-overflow: it trapped: call stack exhausted None
    "#]],
    );
    check(
        "on-flood",
        r#"{"n": 2000, "bytes": 1}"#,
        expect![[r#"
        limit events: it emitted 2000 events; 1024 are allowed None
    "#]],
    );
    check(
        "on-flood",
        r#"{"n": 1, "bytes": 2000000}"#,
        expect![[r#"
        limit event-bytes: its event is too large: it is more than 1048576 bytes of JSON None
    "#]],
    );
}

#[test]
fn a_shouting_guest_fills_its_log_and_no_more() {
    let report = attempt("on-shout", 1, r#"{"lines": 5000, "bytes": 100}"#);
    let bytes: usize = report.log.iter().map(|line| line.message.len()).sum();
    assert!(bytes <= Limits::default().log_bytes, "{bytes}");
    assert!(report.log.last().unwrap().message.ends_with(" more lines were dropped: the log is full"));
}
