//! A workflow of one step that does what its events ask of state, updates and timers, deed by deed:
//! a job fans out into parts, and what is done of them is gathered into the end. A part is work, or a
//! nap until a timer fires, or a question to a person. What the deeds are is the test's; here is only
//! the guest that does them, and the JSON they are written in.

use serde_json::{Value, json};

use crate::component_with;

/// The workflow; its one component is [`component`]. Further keys go into the head of the file, into the
/// table of the question and into that of the step.
pub fn workflow(head: &str, question: &str, step: &str) -> String {
    format!(
        "workflow = \"script\"\nstart = \"job\"\nstop = [\"end\"]\n{head}\n\
         [human.question]\nanswer = \"answer\"\n{question}\n\
         [steps.all]\ncomponent = \"all.wasm\"\nsource = \"all\"\n{step}\n\
         [steps.all.grant.state]\nrun = \"rw\"\n[steps.all.grant.updates]\nbytes = \"1MiB\"\n"
    )
}

const WIT: &str = r#"
    package t:t;
    interface events {
      enum op {
        get, set, delete, keys, add, append, page, publish, start, cancel, whoami, grow, fail, spin, trap
      }
      record deed { op: op, key: string, value: string, n: s64, times: u32, limit: u32 }
      record work { deeds: list<deed> }
      record nap { deeds: list<deed> }
      record question { deeds: list<deed> }
      record answer { deeds: list<deed> }
      variant part { work(work), nap(nap), question(question) }
      record job { parts: list<part> }
      record done { value: option<string>, all: list<string> }
      record end { n: u32 }
    }
    world guest {
      use events.{work, nap, question, answer, part, job, done, end};
      use lockstep:step/types@0.1.0.{failure};
      use lockstep:step/host-events@0.1.0.{timer-fired};
      import lockstep:step/run@0.1.0;
      import lockstep:step/state@0.1.0;
      import lockstep:step/updates@0.1.0;
      import lockstep:step/timer@0.1.0;
      export on-job: func(event: job) -> result<list<part>, failure>;
      export on-work: func(event: work) -> result<done, failure>;
      export on-nap: func(event: nap) -> result<option<done>, failure>;
      export on-timer-fired: func(event: timer-fired) -> result<done, failure>;
      export on-answered: func(asked: question, given: answer) -> result<done, failure>;
      export on-all: func(all: list<done>) -> result<end, failure>;
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
    (data (i32.const 256) "\"x\"gathered")
    (func $realloc (export "cabi_realloc")
      (param i32 i32) (param $align i32) (param $size i32) (result i32) (local $at i32)
      (local.set $at (i32.and
        (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $heap (i32.add (local.get $at) (local.get $size)))
      (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))) (then
        (drop (memory.grow (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1))))))
      local.get $at)
    ;; The text that a key holds becomes longer by an x: read, changed, written.
    (func $grow (param $key i32) (param $length i32) (local $at i32) (local $bytes i32)
      (call $get (local.get $key) (local.get $length) (i32.const 8))
      (if (i32.eqz (i32.load8_u (i32.const 8))) (then
        (return (call $set (local.get $key) (local.get $length) (i32.const 256) (i32.const 3)))))
      (local.set $bytes (i32.load (i32.const 16)))
      (local.set $at (call $realloc (i32.const 0) (i32.const 0) (i32.const 1)
        (i32.add (local.get $bytes) (i32.const 1))))
      (memory.copy (local.get $at) (i32.load (i32.const 12)) (local.get $bytes))
      (memory.copy (i32.add (local.get $at) (i32.sub (local.get $bytes) (i32.const 1)))
        (i32.const 257) (i32.const 2))
      (call $set (local.get $key) (local.get $length) (local.get $at)
        (i32.add (local.get $bytes) (i32.const 1))))
    ;; Fails in every attempt before the n-th; without an n, always. Gives whether it does.
    (func $fail (param $n i64) (result i32)
      (call $whoami (i32.const 128))
      (if (i32.and (i64.gt_s (local.get $n) (i64.const 0))
          (i64.ge_u (i64.load32_u (i32.const 152)) (local.get $n))) (then
        (return (i32.const 0))))
      (memory.fill (i32.const 8) (i32.const 0) (i32.const 56))
      (i32.store8 (i32.const 0) (i32.const 1))
      i32.const 1)
    (func $do (param $d i32) (result i32)
      (local $key i32) (local $length i32) (local $value i32) (local $bytes i32) (local $n i64)
      (local.set $key (i32.load offset=4 (local.get $d)))
      (local.set $length (i32.load offset=8 (local.get $d)))
      (local.set $value (i32.load offset=12 (local.get $d)))
      (local.set $bytes (i32.load offset=16 (local.get $d)))
      (local.set $n (i64.load offset=24 (local.get $d)))
      (block $done
      (block $trap (block $spin (block $fail (block $grow (block $whoami (block $cancel (block $start
      (block $publish (block $page (block $append (block $add (block $keys (block $delete (block $set
      (block $get
        (br_table $get $set $delete $keys $add $append $page $publish $start $cancel $whoami $grow $fail
          $spin $trap (i32.load8_u (local.get $d))))
      (call $get (local.get $key) (local.get $length) (i32.const 8)) (br $done))
      (call $set (local.get $key) (local.get $length) (local.get $value) (local.get $bytes)) (br $done))
      (call $delete (local.get $key) (local.get $length)) (br $done))
      (call $keys (local.get $key) (local.get $length) (i32.const 20)) (br $done))
      (call $add (local.get $key) (local.get $length) (local.get $n)) (br $done))
      (call $append (local.get $key) (local.get $length) (local.get $value) (local.get $bytes)) (br $done))
      (call $page (local.get $key) (local.get $length) (local.get $n)
        (i32.load offset=36 (local.get $d)) (i32.const 20)) (br $done))
      (call $publish (local.get $key) (local.get $length) (local.get $value) (local.get $bytes)) (br $done))
      (call $start (local.get $key) (local.get $length) (local.get $n)) (br $done))
      (call $cancel (local.get $key) (local.get $length)) (br $done))
      (call $whoami (i32.const 128))
      (memory.copy (i32.const 8) (i32.const 176) (i32.const 12)) (br $done))
      (call $grow (local.get $key) (local.get $length)) (br $done))
      (return (call $fail (local.get $n))))
      (loop $ever (br $ever)))
      unreachable)
      i32.const 0)
    (func $all (param $d i32) (param $n i32) (local $i i32)
      (block $failed (loop $deeds
        (if (local.get $n) (then
          (local.set $i (i32.load offset=32 (local.get $d)))
          (loop $times
            (if (local.get $i) (then
              (br_if $failed (call $do (local.get $d)))
              (local.set $i (i32.sub (local.get $i) (i32.const 1)))
              (br $times))))
          (local.set $d (i32.add (local.get $d) (i32.const 40)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $deeds))))))
    (func (export "on-job") (param $parts i32) (param $n i32) (result i32)
      (i32.store (i32.const 8) (local.get $parts))
      (i32.store (i32.const 12) (local.get $n))
      i32.const 0)
    (func (export "on-work") (param $d i32) (param $n i32) (result i32)
      (call $all (local.get $d) (local.get $n))
      i32.const 0)
    (func (export "on-nap") (param $d i32) (param $n i32) (result i32)
      (call $all (local.get $d) (local.get $n))
      (if (i32.eqz (i32.load8_u (i32.const 0))) (then (i32.store8 (i32.const 8) (i32.const 0))))
      i32.const 0)
    (func (export "on-timer-fired") (param $name i32) (param $length i32) (result i32)
      (call $add (local.get $name) (local.get $length) (i64.const 1))
      i32.const 0)
    (func (export "on-answered") (param i32 i32) (param $d i32) (param $n i32) (result i32)
      (call $all (local.get $d) (local.get $n))
      i32.const 0)
    (func (export "on-all") (param i32) (param $n i32) (result i32)
      (call $add (i32.const 259) (i32.const 8) (i64.const 1))
      (i32.store (i32.const 8) (local.get $n))
      i32.const 0))"#;

/// The step. A timer that fires adds 1 to the key of its name, a gather adds 1 to `gathered`.
pub fn component() -> Vec<u8> {
    component_with(WIT, WAT)
}

/// The same step in another release: what spins for ever there is done at once here.
pub fn mended() -> Vec<u8> {
    component_with(WIT, &WAT.replace("(loop $ever (br $ever))", "(br $done)"))
}

/// One thing that the guest is to do.
#[derive(Clone, Debug)]
pub struct Deed(Value);

/// A deed with a key or a name, done once.
///
/// Beside the calls of the host's interfaces there are `grow` (the text that the key holds becomes
/// longer by an `x`: read, changed, written), `fail` (for the moment, in every attempt before the
/// `n`-th; without an `n`, always), `spin` (for ever) and `trap`.
pub fn deed(op: &str, key: &str) -> Deed {
    Deed(json!({ "op": op, "key": key, "value": "", "n": 0, "times": 1, "limit": 0 }))
}

impl Deed {
    /// With this JSON.
    pub fn value(self, value: &str) -> Deed {
        self.with("value", value.into())
    }

    /// With this number: of `add`, the milliseconds of `start`, the offset of `page`.
    pub fn n(self, n: i64) -> Deed {
        self.with("n", n.into())
    }

    /// So often.
    pub fn times(self, times: u32) -> Deed {
        self.with("times", times.into())
    }

    /// With this limit of `page`.
    pub fn limit(self, limit: u32) -> Deed {
        self.with("limit", limit.into())
    }

    fn with(mut self, field: &str, value: Value) -> Deed {
        self.0[field] = value;
        self
    }
}

/// An event that asks for deeds: `work`, `nap`, `question` or `answer`.
pub fn event(deeds: &[Deed]) -> Value {
    json!({ "deeds": deeds.iter().map(|deed| &deed.0).collect::<Vec<_>>() })
}

/// A part that is done at once.
pub fn work(deeds: &[Deed]) -> Value {
    json!({ "work": event(deeds) })
}

/// A part that is done when the timers fire that its deeds start.
pub fn nap(deeds: &[Deed]) -> Value {
    json!({ "nap": event(deeds) })
}

/// A part that is done when somebody answers; the deeds are those of the answer.
pub fn question() -> Value {
    json!({ "question": event(&[]) })
}

/// The start event, as JSON text.
pub fn job(parts: &[Value]) -> String {
    json!({ "parts": parts }).to_string()
}
