//! Guests that behave and guests that do not, as WebAssembly text: what becomes of each attempt,
//! and that with the wall moved away the same guest gets through.

use std::time::{Duration, Instant};

use lockstep_core::event::Json;
use lockstep_core::grant::{Grant, Limits};
use lockstep_core::outcome::{Class, Failure, Outcome};
use lockstep_core::run::Given;
use lockstep_core::shape::{Field, Shape};
use lockstep_core::workflow::{EmitPlan, EventId, HandlerNode, Input, Join, StepId};
use lockstep_test_support::component_with;

use super::{LONG, emitted, failure, identity, settings, told};
use crate::{Allocator, Call, Level, Release, Report, Sandbox, View};

pub(super) const WIT: &str = r#"
    package t:t;
    interface events { record ping { n: u32 } record pong { n: u32 } }
    world guest {
      use events.{ping, pong};
      use lockstep:step/types@0.1.0.{failure};
      import lockstep:step/log@0.1.0;
      import wasi:io/poll@0.2.6;
      import wasi:clocks/monotonic-clock@0.2.6;
      export on-echo: func(event: ping) -> result<pong, failure>;
      export on-spin: func(event: ping) -> result<pong, failure>;
      export on-chatter: func(event: ping) -> result<pong, failure>;
      export on-bellow: func(event: ping) -> result<pong, failure>;
      export on-sleep: func(event: ping) -> result<pong, failure>;
      export on-grow: func(event: ping) -> result<pong, failure>;
      export on-trap: func(event: ping) -> result<pong, failure>;
      export on-panic: func(event: ping) -> result<pong, failure>;
      export on-recurse: func(event: ping) -> result<pong, failure>;
      export on-count: func(event: ping) -> result<pong, failure>;
      export on-fail: func(event: ping) -> result<pong, failure>;
      export on-flood: func(event: ping) -> result<list<pong>, failure>;
    }
    package wasi:io@0.2.6 {
      interface poll { resource pollable { block: func(); } }
    }
    package wasi:clocks@0.2.6 {
      interface monotonic-clock {
        use wasi:io/poll@0.2.6.{pollable};
        subscribe-duration: func(when: u64) -> pollable;
      }
    }
"#;

pub(super) const WAT: &str = r#"(module
    (import "lockstep:step/log@0.1.0" "log" (func $log (param i32 i32 i32)))
    (import "wasi:clocks/monotonic-clock@0.2.6" "subscribe-duration" (func $after (param i64) (result i32)))
    (import "wasi:io/poll@0.2.6" "[method]pollable.block" (func $block (param i32)))
    (memory (export "memory") 2)
    (data (i32.const 1024) "panicked at src/lib.rs:7:5: order 7 has no price")
    (data (i32.const 1100) "card-declined")
    (data (i32.const 1120) "the card was declined")
    (data (i32.const 1150) "{\"bank\":\"b\"}")
    (global $calls (mut i32) (i32.const 0))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 4096)
    (func $ok (param $n i32) (result i32)
      (i32.store8 (i32.const 0) (i32.const 0))
      (i32.store (i32.const 8) (local.get $n))
      i32.const 0)
    (func (export "on-echo") (param $n i32) (result i32)
      (call $ok (i32.add (local.get $n) (i32.const 1))))
    (func (export "on-spin") (param i32) (result i32) (loop $l (br $l)) unreachable)
    ;; computes a little, calls the host, and so on
    (func (export "on-chatter") (param $n i32) (result i32) (local $i i32)
      (loop $l
        (call $log (i32.const 2) (i32.const 1024) (i32.const 4))
        (local.set $i (i32.const 100000))
        (loop $m (local.tee $i (i32.sub (local.get $i) (i32.const 1))) (br_if $m))
        (local.tee $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $l))
      (call $ok (i32.const 0)))
    ;; logs a long line n times: next to all of its time passes in the host
    (func (export "on-bellow") (param $n i32) (result i32)
      (drop (memory.grow (i32.const 128)))
      (loop $l
        (call $log (i32.const 2) (i32.const 4096) (i32.const 0x800000))
        (local.tee $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $l))
      (call $ok (i32.const 0)))
    ;; waits n milliseconds in the host
    (func (export "on-sleep") (param $n i32) (result i32)
      (call $block (call $after (i64.mul (i64.extend_i32_u (local.get $n)) (i64.const 1000000))))
      (call $ok (local.get $n)))
    ;; wants n pages more, and gives up without them
    (func (export "on-grow") (param $n i32) (result i32)
      (if (i32.eq (memory.grow (local.get $n)) (i32.const -1)) (then unreachable))
      (call $ok (memory.size)))
    (func (export "on-trap") (param i32) (result i32) unreachable)
    (func (export "on-panic") (param i32) (result i32)
      (call $log (i32.const 4) (i32.const 1024) (i32.const 48))
      unreachable)
    (func $down (param i64 i64) (result i64)
      (i64.add (i64.const 1) (call $down (local.get 0) (local.get 1))))
    (func (export "on-recurse") (param i32) (result i32)
      (drop (call $down (i64.const 1) (i64.const 2)))
      unreachable)
    ;; how often this very instance was called
    (func (export "on-count") (param i32) (result i32)
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (call $ok (global.get $calls)))
    (func (export "on-fail") (param $kind i32) (result i32)
      (i32.store8 (i32.const 0) (i32.const 1))
      (i32.store8 (i32.const 8) (local.get $kind))
      (i32.store (i32.const 12) (i32.const 1100)) (i32.store (i32.const 16) (i32.const 13))
      (i32.store (i32.const 20) (i32.const 1120)) (i32.store (i32.const 24) (i32.const 21))
      (i32.store8 (i32.const 32) (i32.const 1)) (i64.store (i32.const 40) (i64.const 1500))
      (i32.store8 (i32.const 48) (i32.const 1))
      (i32.store (i32.const 52) (i32.const 1150)) (i32.store (i32.const 56) (i32.const 12))
      i32.const 0)
    ;; a list of n events, in memory that is grown for it
    (func (export "on-flood") (param $n i32) (result i32)
      (drop (memory.grow (i32.add (i32.div_u (local.get $n) (i32.const 16384)) (i32.const 1))))
      (i32.store8 (i32.const 0) (i32.const 0))
      (i32.store (i32.const 8) (i32.const 8192))
      (i32.store (i32.const 12) (local.get $n))
      i32.const 0))"#;

const HANDLERS: [&str; 12] = [
    "on-echo",
    "on-spin",
    "on-chatter",
    "on-bellow",
    "on-sleep",
    "on-grow",
    "on-trap",
    "on-panic",
    "on-recurse",
    "on-count",
    "on-fail",
    "on-flood",
];

fn record() -> Shape {
    Shape::Record(vec![Field::new("n", Shape::U32)])
}

pub(super) fn handler(name: &str) -> HandlerNode {
    let one = EmitPlan::Event(EventId(1), record());
    HandlerNode {
        step: StepId(0),
        name: name.into(),
        inputs: vec![Input { event: EventId(0), shape: record(), many: false }],
        emits: if name == "on-flood" { EmitPlan::List(Box::new(one)) } else { one },
        join: Join::Each,
        opens: false,
    }
}

fn guest(limits: Limits) -> Release {
    guest_in(&Sandbox::new(&settings(Allocator::Pooling)).unwrap(), limits)
}

pub(super) fn guest_in(sandbox: &Sandbox, limits: Limits) -> Release {
    guest_of(sandbox, WAT, limits)
}

fn guest_of(sandbox: &Sandbox, wat: &str, limits: Limits) -> Release {
    let handlers: Vec<_> = HANDLERS.iter().map(|name| handler(name)).collect();
    let handlers: Vec<_> = handlers.iter().collect();
    sandbox.load(&component_with(WIT, wat), &handlers, &Grant { limits, ..Grant::default() }).unwrap()
}

fn call(name: &str, n: u32, timeout: Duration) -> Call {
    Call {
        moment: None,
        handler: HANDLERS.iter().position(|known| *known == name).unwrap(),
        inputs: vec![Given::One(Json::trusted(format!("{{\"n\":{n}}}")))],
        identity: identity(),
        state: View::default(),
        watcher: None,
        blobs: None,
        effects: None,
        kv: None,
        timeout,
    }
}

pub(super) async fn attempt(release: &Release, name: &str, n: u32) -> Report {
    release.attempt(call(name, n, LONG)).await
}

#[tokio::test]
async fn an_event_goes_in_as_json_and_events_come_out_as_json() {
    for allocator in [Allocator::Pooling, Allocator::OnDemand] {
        let release = guest_in(&Sandbox::new(&settings(allocator)).unwrap(), Limits::default());
        assert_eq!(emitted(&attempt(&release, "on-echo", 4).await), ["{\"n\":5}"]);
    }
}

#[tokio::test]
async fn every_attempt_has_an_instance_of_its_own() {
    let release = guest(Limits::default());
    for _ in 0..3 {
        assert_eq!(emitted(&attempt(&release, "on-count", 0).await), ["{\"n\":1}"]);
    }
}

#[tokio::test]
async fn input_that_does_not_fit_never_reaches_the_guest() {
    let release = guest(Limits::default());
    let mut call = call("on-trap", 0, LONG);
    call.inputs = vec![Given::One(Json::trusted("{\"n\":-1}"))];
    let told = told(release.attempt(call).await);
    assert_eq!(told, "invalid input: event.n: expected u32, found -1");
}

#[tokio::test]
async fn a_guest_that_loops_is_ended_by_its_cpu_limit_and_else_by_its_timeout() {
    let release = guest(Limits { cpu: Duration::from_millis(50), ..Limits::default() });
    let report = attempt(&release, "on-spin", 0).await;
    assert!(report.usage.cpu >= Duration::from_millis(50));
    assert_eq!(told(report), "limit cpu: the attempt computed longer than its 50ms");

    let release = guest(Limits { cpu: LONG, ..Limits::default() });
    let report = release.attempt(call("on-spin", 0, Duration::from_millis(100))).await;
    assert_eq!(told(report), "timeout timeout: it took longer than its 100ms");
}

#[tokio::test]
async fn a_guest_does_not_escape_its_cpu_limit_by_calling_the_host_often() {
    let release = guest(Limits { cpu: Duration::from_millis(100), ..Limits::default() });
    assert!(told(attempt(&release, "on-chatter", u32::MAX).await).starts_with("limit cpu"));
}

#[tokio::test]
async fn what_the_host_computes_for_a_guest_counts_as_its_computing() {
    let release = guest(Limits { cpu: Duration::from_millis(100), ..Limits::default() });
    assert!(told(attempt(&release, "on-bellow", u32::MAX).await).starts_with("limit cpu"));
}

#[tokio::test]
async fn waiting_in_the_host_costs_no_cpu_time() {
    let release = guest(Limits { cpu: Duration::from_millis(20), ..Limits::default() });
    let begun = Instant::now();
    let report = attempt(&release, "on-sleep", 300).await;
    assert_eq!(emitted(&report), ["{\"n\":300}"]);
    assert!(begun.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn one_thread_goes_on_while_a_guest_loops() {
    let release = guest(Limits::default());
    let spins = tokio::spawn(async move { attempt(&release, "on-spin", 0).await });
    let other = guest(Limits::default());
    assert_eq!(emitted(&attempt(&other, "on-echo", 1).await), ["{\"n\":2}"]);
    assert!(!spins.is_finished());
    spins.abort();
    assert!(spins.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn memory_is_bounded_over_the_attempt_and_its_peak_is_told() {
    let limits = Limits { memory: 4 << 20, ..Limits::default() };
    let release = guest(limits);
    let report = attempt(&release, "on-grow", 16).await;
    assert_eq!(emitted(&report), ["{\"n\":18}"]);
    // The encoder's own small table counts too.
    assert!((18 << 16..(18 << 16) + 1024).contains(&report.usage.peak_memory));
    let report = attempt(&release, "on-grow", 100).await;
    assert_eq!(told(report), "limit memory: it wanted more memory than its 4 MiB");
    let wide = guest(Limits { memory: 64 << 20, ..limits });
    assert_eq!(emitted(&attempt(&wide, "on-grow", 100).await), ["{\"n\":102}"]);
}

#[tokio::test]
async fn a_guest_whose_first_memory_is_too_large_never_begins() {
    let release = guest(Limits { memory: 64 << 10, ..Limits::default() });
    assert!(told(attempt(&release, "on-echo", 0).await).starts_with("limit memory"));
}

#[tokio::test]
async fn traps_are_told_apart() {
    let release = guest(Limits::default());
    let mut all = String::new();
    for name in ["on-trap", "on-panic", "on-recurse"] {
        all += &format!("{}\n", told(attempt(&release, name, 0).await));
    }
    expect_test::expect![[r#"
        trap unreachable: it trapped: wasm `unreachable` instruction executed
        trap panic: panicked at src/lib.rs:7:5: order 7 has no price
        trap stack-overflow: it trapped: call stack exhausted
    "#]]
    .assert_eq(&all);
}

#[tokio::test]
async fn what_is_no_value_of_its_type_is_the_guests_fault_and_not_the_hosts() {
    let traps = "(func (export \"on-trap\") (param i32) (result i32) unreachable)";
    let strays = "(func (export \"on-trap\") (param $n i32) (result i32) (local.get $n))";
    assert!(WAT.contains(traps));
    let sandbox = Sandbox::new(&settings(Allocator::Pooling)).unwrap();
    let release = guest_of(&sandbox, &WAT.replace(traps, strays), Limits::default());
    let mut all = String::new();
    for pointer in [3, 1 << 30, 1024] {
        all += &format!("{}\n", told(attempt(&release, "on-trap", pointer).await));
    }
    expect_test::expect![[r#"
        trap no-value: it handed over what is no value: return pointer not aligned
        trap no-value: it handed over what is no value: pointer out of bounds of memory
        trap no-value: it handed over what is no value: discriminant 112 out of range [0..2)
    "#]]
    .assert_eq(&all);
}

#[tokio::test]
async fn a_failure_is_the_steps_own_word() {
    let release = guest(Limits::default());
    for (kind, class) in [(0, Class::Transient), (1, Class::Permanent)] {
        let expected = Failure {
            class,
            code: "card-declined".into(),
            message: "the card was declined".into(),
            retry_after: Some(Duration::from_millis(1500)),
            details: Some(Json::trusted("{\"bank\":\"b\"}")),
        };
        assert_eq!(failure(attempt(&release, "on-fail", kind).await), expected);
    }
}

#[tokio::test]
async fn output_is_bounded_in_events_and_in_bytes() {
    let release = guest(Limits::default());
    assert_eq!(emitted(&attempt(&release, "on-flood", 1024).await).len(), 1024);
    let report = attempt(&release, "on-flood", 1025).await;
    assert_eq!(told(report), "limit events: it emitted 1025 events; 1024 are allowed");
    let report = attempt(&release, "on-flood", 10_000_000).await;
    assert_eq!(
        told(report),
        "limit output: it handed the host more data than one call may carry; hand over less at once, and what is large as blobs"
    );
    let narrow = guest(Limits { event_bytes: 6, ..Limits::default() });
    let report = attempt(&narrow, "on-echo", 1).await;
    assert_eq!(
        told(report),
        "limit event-bytes: its event is more than 6 bytes of JSON; \
         emit less, or put what is large as a blob and pass its reference on"
    );
}

#[tokio::test]
async fn log_lines_come_with_the_report() {
    let release = guest(Limits::default());
    let report = attempt(&release, "on-chatter", 2).await;
    let lines: Vec<_> = report.log.iter().map(|line| (line.level, line.message.as_str())).collect();
    assert_eq!(lines, [(Level::Info, "pani"), (Level::Info, "pani")]);
}

#[tokio::test]
async fn a_thousand_broken_attempts_leave_the_sandbox_whole() {
    let release = guest(Limits::default());
    for _ in 0..1000 {
        assert!(matches!(attempt(&release, "on-trap", 0).await.outcome, Outcome::Failed(_)));
    }
    assert_eq!(emitted(&attempt(&release, "on-echo", 1).await), ["{\"n\":2}"]);
}

#[test]
fn a_component_that_the_plan_does_not_fit_is_refused_at_load() {
    let sandbox = Sandbox::new(&settings(Allocator::Pooling)).unwrap();
    let mut wrong = handler("on-echo");
    wrong.inputs[0].shape = Shape::Record(vec![Field::new("n", Shape::U64)]);
    let component = component_with(WIT, WAT);
    let error = sandbox.load(&component, &[&wrong], &Grant::default()).err().unwrap();
    assert_eq!(
        error.to_string(),
        "the engine does not see `on-echo` as the contract does; build the component again"
    );
}
