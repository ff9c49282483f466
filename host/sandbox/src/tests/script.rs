//! A guest that does what its event asks of state, updates and timers, deed by deed, and comes back
//! with the answer to the last question.

use std::sync::{Arc, RwLock};

use lockstep_core::contract::Contract;
use lockstep_core::event::Json;
use lockstep_core::grant::{Access, Grant, StateGrant, UpdatesGrant};
use lockstep_core::outcome::{Emitted, Outcome};
use lockstep_core::run::{Given, Seq};
use lockstep_core::shape::Shape;
use lockstep_core::state::State;
use lockstep_core::workflow::{EmitPlan, EventId, HandlerNode, Input, Join, StepId};
use lockstep_test_support::component_with;
use serde_json::{Value, json};

use super::{LONG, identity, settings};
use crate::{Allocator, Call, Limits, Release, Report, Sandbox, View};

const WIT: &str = r#"
    package t:t;
    interface events {
      enum op { get, set, delete, keys, add, append, page, publish, start, cancel, whoami, fail, trap }
      record deed { op: op, key: string, value: string, n: s64, times: u32, limit: u32 }
      record script { deeds: list<deed> }
      record told { value: option<string>, all: list<string> }
    }
    world guest {
      use events.{script, told};
      use lockstep:step/types@0.1.0.{failure};
      import lockstep:step/run@0.1.0;
      import lockstep:step/state@0.1.0;
      import lockstep:step/updates@0.1.0;
      import lockstep:step/timer@0.1.0;
      export on-script: func(event: script) -> result<told, failure>;
    }
"#;

/// The result lies at 0: the failure or the answer from 8 on, with the keys or elements at 20.
const WAT: &str = r#"(module
    (import "lockstep:step/state@0.1.0" "get" (func $get (param i32 i32 i32)))
    (import "lockstep:step/state@0.1.0" "set" (func $set (param i32 i32 i32 i32)))
    (import "lockstep:step/state@0.1.0" "delete" (func $delete (param i32 i32)))
    (import "lockstep:step/state@0.1.0" "keys" (func $keys (param i32 i32 i32)))
    (import "lockstep:step/state@0.1.0" "add" (func $add (param i32 i32 i64)))
    (import "lockstep:step/state@0.1.0" "append" (func $append (param i32 i32 i32 i32)))
    (import "lockstep:step/state@0.1.0" "page" (func $page (param i32 i32 i64 i32 i32)))
    (import "lockstep:step/updates@0.1.0" "publish" (func $publish (param i32 i32 i32 i32)))
    (import "lockstep:step/timer@0.1.0" "set" (func $start (param i32 i32 i64)))
    (import "lockstep:step/timer@0.1.0" "cancel" (func $cancel (param i32 i32)))
    (import "lockstep:step/run@0.1.0" "whoami" (func $whoami (param i32)))
    (memory (export "memory") 1)
    (global $heap (mut i32) (i32.const 4096))
    (func (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32) (result i32) (local $at i32)
      (local.set $at (i32.and
        (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $heap (i32.add (local.get $at) (local.get $size)))
      (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))) (then
        (drop (memory.grow (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1))))))
      local.get $at)
    (func $do (param $d i32) (local $key i32) (local $length i32) (local $value i32) (local $bytes i32)
      (local.set $key (i32.load offset=4 (local.get $d)))
      (local.set $length (i32.load offset=8 (local.get $d)))
      (local.set $value (i32.load offset=12 (local.get $d)))
      (local.set $bytes (i32.load offset=16 (local.get $d)))
      (block $trap (block $fail (block $whoami (block $cancel (block $start (block $publish (block $page
      (block $append (block $add (block $keys (block $delete (block $set (block $get
        (br_table $get $set $delete $keys $add $append $page $publish $start $cancel $whoami $fail $trap
          (i32.load8_u (local.get $d))))
      (return (call $get (local.get $key) (local.get $length) (i32.const 8))))
      (return (call $set (local.get $key) (local.get $length) (local.get $value) (local.get $bytes))))
      (return (call $delete (local.get $key) (local.get $length))))
      (return (call $keys (local.get $key) (local.get $length) (i32.const 20))))
      (return (call $add (local.get $key) (local.get $length) (i64.load offset=24 (local.get $d)))))
      (return (call $append (local.get $key) (local.get $length) (local.get $value) (local.get $bytes))))
      (return (call $page (local.get $key) (local.get $length) (i64.load offset=24 (local.get $d))
        (i32.load offset=36 (local.get $d)) (i32.const 20))))
      (return (call $publish (local.get $key) (local.get $length) (local.get $value) (local.get $bytes))))
      (return (call $start (local.get $key) (local.get $length) (i64.load offset=24 (local.get $d)))))
      (return (call $cancel (local.get $key) (local.get $length))))
      (call $whoami (i32.const 128))
      (return (memory.copy (i32.const 8) (i32.const 176) (i32.const 12))))
      (memory.fill (i32.const 8) (i32.const 0) (i32.const 56))
      (return (i32.store8 (i32.const 0) (i32.const 1))))
      unreachable)
    (func (export "on-script") (param $d i32) (param $n i32) (result i32) (local $i i32)
      (loop $deeds
        (if (local.get $n) (then
          (local.set $i (i32.load offset=32 (local.get $d)))
          (loop $times
            (if (local.get $i) (then
              (call $do (local.get $d))
              (local.set $i (i32.sub (local.get $i) (i32.const 1)))
              (br $times))))
          (local.set $d (i32.add (local.get $d) (i32.const 40)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $deeds))))
      i32.const 0))"#;

/// One thing that the guest is to do.
#[derive(Clone)]
pub(super) struct Deed(Value);

/// A deed with a key or a name, done once.
pub(super) fn deed(op: &str, key: &str) -> Deed {
    Deed(json!({ "op": op, "key": key, "value": "", "n": 0, "times": 1, "limit": 0 }))
}

impl Deed {
    pub(super) fn value(self, value: &str) -> Deed {
        self.with("value", value.into())
    }

    pub(super) fn n(self, n: i64) -> Deed {
        self.with("n", n.into())
    }

    pub(super) fn times(self, times: u32) -> Deed {
        self.with("times", times.into())
    }

    pub(super) fn limit(self, limit: u32) -> Deed {
        self.with("limit", limit.into())
    }

    fn with(mut self, field: &str, value: Value) -> Deed {
        self.0[field] = value;
        self
    }
}

/// All that the guest's imports need.
pub(super) fn whole_grant() -> Grant {
    Grant {
        state: Some(StateGrant { run: Access::ReadWrite }),
        updates: Some(UpdatesGrant { bytes: 1 << 20 }),
    }
}

/// Limits that leave the bounds of the capabilities to be met.
pub(super) fn wide() -> Limits {
    Limits { memory: 512 << 20, cpu: LONG, event_bytes: 64 << 20, ..Limits::default() }
}

pub(super) fn release(grant: &Grant, limits: Limits) -> Release {
    let bytes = component_with(WIT, WAT);
    let contract = Contract::read(&bytes).unwrap();
    let shape = |name: &str| -> Shape {
        contract.events.iter().find(|(event, _)| event.name == name).unwrap().1.clone()
    };
    let handler = HandlerNode {
        step: StepId(0),
        name: "on-script".into(),
        inputs: vec![Input { event: EventId(0), shape: shape("script"), many: false }],
        emits: EmitPlan::Event(EventId(1), shape("told")),
        join: Join::Each,
        opens: false,
    };
    let sandbox = Sandbox::new(&settings(Allocator::OnDemand)).unwrap();
    sandbox.load(&bytes, &[&handler], grant, limits).unwrap()
}

pub(super) fn call(deeds: &[Deed]) -> Call {
    let deeds: Vec<&Value> = deeds.iter().map(|deed| &deed.0).collect();
    Call {
        handler: 0,
        inputs: vec![Given::One(Json::trusted(json!({ "deeds": deeds }).to_string()))],
        identity: identity(),
        state: View::default(),
        watcher: None,
        timeout: LONG,
    }
}

/// What an attempt sees of this state when it may see the rows up to `as_of`.
pub(super) fn view(state: State, as_of: u64) -> View {
    View { state: Arc::new(RwLock::new(state)), as_of: Seq(as_of) }
}

/// One attempt with the whole grant, in a run that has no state.
pub(super) async fn attempt(deeds: &[Deed]) -> Report {
    release(&whole_grant(), wide()).attempt(call(deeds)).await
}

pub(super) fn done(report: Report) -> Emitted {
    match report.outcome {
        Outcome::Emitted(emitted) => emitted,
        other => panic!("{other:?}"),
    }
}

/// What the guest came back with.
pub(super) fn answer(report: Report) -> String {
    done(report).events[0].payload.to_string()
}

/// A JSON text of so many bytes.
pub(super) fn json_of(bytes: usize) -> String {
    format!("\"{}\"", "a".repeat(bytes - 2))
}
