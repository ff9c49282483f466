//! Real Rust guests that misbehave, in the sandbox that the program runs them in: what their
//! authors would be told.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use expect_test::{Expect, expect};
use lockstep_core::blob::Digest;
use lockstep_core::contract::{Contract, Emits};
use lockstep_core::event::Json;
use lockstep_core::grant::{Access, Grant, Limits, StateGrant, UpdatesGrant};
use lockstep_core::outcome::{Blob, Emitted, Outcome, TimerWish, Update};
use lockstep_core::run::{Given, Seq};
use lockstep_core::workflow::{EmitPlan, EventId, HandlerNode, Input, Join, StepId};
use lockstep_sandbox::{
    Blobs, Call, Effects, Error, Identity, Reading, Release, Report, Sandbox, Settings, View,
};

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

/// A component of the lab with its handlers.
pub(crate) struct Guest {
    release: Release,
    handlers: Vec<HandlerNode>,
}

impl Guest {
    pub(crate) fn load(name: &str, grant: &Grant, cpu: Duration) -> Result<Guest, Error> {
        let built = format!("{}/../../plugins/lab/components/{name}.wasm", env!("CARGO_MANIFEST_DIR"));
        let bytes = fs::read(built).expect("the plugins are not built; run `cargo xtask guests`");
        let handlers = handlers(&Contract::read(&bytes).unwrap());
        let cache = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
        let sandbox = Sandbox::new(&Settings { cache, instances: 2, ..Settings::default() }).unwrap();
        let limits = Limits { cpu, ..Limits::default() };
        let grant = Grant { limits, ..grant.clone() };
        let release = sandbox.load(&bytes, &handlers.iter().collect::<Vec<_>>(), &grant)?;
        Ok(Guest { release, handlers })
    }

    fn attempt(&self, handler: &str, attempt: u32, input: &str, state: View) -> Report {
        self.attempt_with(handler, attempt, input, state, None)
    }

    fn attempt_with(
        &self,
        handler: &str,
        attempt: u32,
        input: &str,
        state: View,
        blobs: Option<Arc<dyn Blobs>>,
    ) -> Report {
        self.made(Call { blobs, ..self.call(handler, attempt, input, state) })
    }

    /// One attempt whose calls somebody keeps.
    pub(crate) fn attempt_with_effects(
        &self,
        handler: &str,
        input: &str,
        effects: Arc<dyn Effects>,
    ) -> Report {
        self.made(Call { effects: Some(effects), ..self.call(handler, 1, input, View::default()) })
    }

    fn call(&self, handler: &str, attempt: u32, input: &str, state: View) -> Call {
        let identity = Identity {
            run: "run".into(),
            workflow: "lab".into(),
            step: "lab".into(),
            delivery: 1,
            attempt,
            now_ms: 0,
            deadline_ms: 0,
            session: None,
        };
        Call {
            moment: None,
            handler: self.handlers.iter().position(|node| node.name == handler).unwrap(),
            inputs: vec![Given::One(Json::trusted(input))],
            identity,
            state,
            watcher: None,
            blobs: None,
            effects: None,
            kv: None,
            timeout: Duration::from_secs(30),
        }
    }

    fn made(&self, call: Call) -> Report {
        tokio::runtime::Runtime::new().unwrap().block_on(self.release.attempt(call))
    }
}

/// One attempt of a handler of the guest that needs no grant.
fn attempt(handler: &str, attempt: u32, input: &str) -> Report {
    let lab = Guest::load("lab", &Grant::default(), Duration::from_millis(300)).unwrap();
    lab.attempt(handler, attempt, input, View::default())
}

fn told(report: &Report) -> String {
    let log = report.log.iter().map(|line| format!("{:?}: {}\n", line.level, line.message));
    let outcome = match &report.outcome {
        Outcome::Emitted(emitted) => {
            emitted.events.iter().map(|event| format!("emitted {}\n", event.payload)).collect()
        }
        Outcome::Failed(failure) => {
            format!("{} {}: {} {:?}\n", failure.class, failure.code, failure.message, failure.retry_after)
        }
        Outcome::Interrupted(why) => format!("interrupted: {why:?}\n"),
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
            limit event-bytes: its event is more than 1 MiB of JSON; emit less, or put what is large as a blob and pass its reference on None
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

fn keeper() -> Guest {
    let grant = Grant {
        state: Some(StateGrant { run: Access::ReadWrite }),
        updates: Some(UpdatesGrant { bytes: 1 << 10 }),
        ..Grant::default()
    };
    Guest::load("keeper", &grant, Duration::from_secs(10)).unwrap()
}

/// What an attempt hands over; its writes are then in the state, as the next row.
fn committed(report: Report, view: &mut View) -> Emitted {
    let Outcome::Emitted(emitted) = report.outcome else { panic!("{:?}", report.outcome) };
    view.as_of = Seq(view.as_of.0 + 1);
    let mut state = view.state.write().unwrap();
    emitted.writes.iter().for_each(|write| state.write(write, view.as_of).unwrap());
    drop(state);
    emitted
}

#[test]
fn a_step_keeps_state_sets_timers_and_publishes_through_the_sdk() {
    let (keeper, mut view) = (keeper(), View::default());
    let mut told = String::new();
    for guest in ["ann", "bob", "ann"] {
        let visit = keeper.attempt("on-visit", 1, &format!(r#"{{"guest": "{guest}"}}"#), view.clone());
        let emitted = committed(visit, &mut view);
        let after = Duration::from_secs(3600);
        assert_eq!(emitted.timers, [TimerWish::Set { name: guest.into(), after }]);
        let item = Json::trusted(format!("\"{guest}\""));
        assert_eq!(emitted.updates, [Update { name: "visit".into(), item }]);
        told += &format!("{}\n", emitted.events[0].payload);
    }
    expect![[r#"
        {"visit":1,"guests":["visits/ann"],"history":["ann"]}
        {"visit":1,"guests":["visits/ann","visits/bob"],"history":["ann","bob"]}
        {"visit":2,"guests":["visits/ann","visits/bob"],"history":["ann","bob","ann"]}
    "#]]
    .assert_eq(&told);

    let fired = keeper.attempt("on-timer-fired", 1, r#"{"name": "ann"}"#, view.clone());
    assert_eq!(committed(fired, &mut view).timers, [TimerWish::Cancel { name: "closing".into() }]);
    let state = view.state.read().unwrap();
    let entries: Vec<_> = state.entries().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(entries, ["all=3", r#"history=["ann","bob","ann"]"#, "visits/bob=1"]);
}

#[test]
fn a_step_whose_state_has_moved_on_begins_anew() {
    let (keeper, mut view) = (keeper(), View::default());
    let early = view.clone();
    let visit = |view: View| keeper.attempt("on-visit", 1, r#"{"guest": "ann"}"#, view);
    committed(visit(view.clone()), &mut view);
    assert_eq!(told(&visit(early)), "interrupted: Conflict\n");
    committed(visit(view.clone()), &mut view);
}

#[test]
fn a_step_that_hoards_state_or_reads_what_is_no_key_is_ended() {
    let told = |handler, input| told(&keeper().attempt(handler, 1, input, View::default()));
    expect![[r#"
        limit state-bytes: its writes of the state come to more than 16 MiB; do less in one attempt None
    "#]]
    .assert_eq(&told("on-hoard", r#"{"bytes": 65536}"#));
    expect![[r#"
        invalid state-key: its state key is empty; give it a name None
    "#]]
    .assert_eq(&told("on-look", r#"{"key": ""}"#));
    assert_eq!(told("on-look", r#"{"key": "none"}"#), "emitted {\"value\":null}\n");
}

#[test]
fn a_step_imports_what_it_calls_and_asks_for_the_grant_of_that() {
    let refused = |name| match Guest::load(name, &Grant::default(), Duration::from_secs(1)) {
        Err(error) => error.to_string(),
        Ok(_) => "loaded".to_owned(),
    };
    assert_eq!(refused("lab"), "loaded");
    let keeper = refused("keeper");
    assert!(keeper.contains("`lockstep:step/state@0.1.0` is not granted"), "{keeper}");
    assert!(keeper.contains("`lockstep:step/updates@0.1.0` is not granted"), "{keeper}");
}

/// What attempts have handed over, as a journal would keep it.
#[derive(Debug, Default)]
struct Kept(Vec<Blob>);

impl Blobs for Kept {
    fn get<'a>(&'a self, digest: &'a Digest, offset: u64, length: u32) -> Reading<'a> {
        let found = self.0.iter().find(|blob| blob.digest == *digest).map(|blob| {
            let from = blob.bytes.len().min(offset as usize);
            blob.bytes[from..].iter().copied().take(length as usize).collect()
        });
        Box::pin(std::future::ready(Ok(found)))
    }
}

#[test]
fn a_step_passes_bytes_to_another_through_the_sdk() {
    let porter = Guest::load("porter", &Grant::default(), Duration::from_secs(10)).unwrap();
    let attempt = |handler, input: &str, kept| {
        porter.attempt_with(handler, 1, input, View::default(), Some(Arc::new(Kept(kept))))
    };
    let packed = attempt("on-pack", r#"{"bytes": 5242880, "times": 1}"#, Vec::new());
    let Outcome::Emitted(emitted) = packed.outcome else { panic!("{:?}", packed.outcome) };
    let parcel = emitted.events[0].payload.to_string();
    expect![[r#"
        emitted {"bytes":5242880,"is_whole":true,"middle":"y8w="}
    "#]]
    .assert_eq(&told(&attempt("on-parcel", &parcel, emitted.blobs)));
    expect![[r#"
        permanent blob-unknown: nothing is stored under sha256:f7663ebd43256ca25d553b43694346c4678520896a6fa1eb4d133895d712ecb8; the run that put it may have been purged None
    "#]]
    .assert_eq(&told(&attempt("on-parcel", &parcel, Vec::new())));
    expect![[r#"
        permanent blob-bytes: its blobs come to more than 16 MiB; put less in one attempt None
    "#]]
    .assert_eq(&told(&attempt("on-pack", r#"{"bytes": 8388608, "times": 3}"#, Vec::new())));
    expect![[r#"
        permanent blob-size: its blob has 8388609 bytes; put at most 8 MiB at once, in several blobs None
    "#]]
    .assert_eq(&told(&attempt("on-pack", r#"{"bytes": 8388609, "times": 1}"#, Vec::new())));
    expect![[r#"
        permanent blob-reference: its text is no reference to a blob: a reference is `sha256:` and 64 small hex digits; pass on what `put` gave None
    "#]]
    .assert_eq(&told(&attempt("on-parcel", r#"{"reference": "../etc/passwd"}"#, Vec::new())));
}
