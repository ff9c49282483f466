//! A fan-out of numbers: a splitter, a worker and a gatherer as WebAssembly text.

use std::time::Duration;

use lockstep_core::event::Json;
use lockstep_core::run::RunId;
use lockstep_test_support::component_with;

use super::lab;
use crate::{Deployed, Host, NewRun, Rest};

const EVENTS: &str = "
    package t:t;
    interface events {
      record task { n: u32 }
      record item { n: u32 }
      record done { n: u32 }
      record end { n: u32 }
    }";

const REALLOC: &str = r#"
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 16384))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $top (i32.and (i32.add (global.get $top) (i32.const 15)) (i32.const -16)))
      (global.get $top)
      (global.set $top (i32.add (global.get $top) (local.get 3))))"#;

/// A task of n becomes the items 0 to n.
fn splitter() -> Vec<u8> {
    let wit = format!(
        "{EVENTS} world splitter {{
           use events.{{task, item}};
           use lockstep:step/types@0.1.0.{{failure}};
           export on-task: func(event: task) -> result<list<item>, failure>;
         }}"
    );
    let wat = format!(
        r#"(module {REALLOC}
          (func (export "on-task") (param $n i32) (result i32) (local $i i32)
            (block $end (loop $l
              (br_if $end (i32.eq (local.get $i) (local.get $n)))
              (i32.store offset=1024 (i32.shl (local.get $i) (i32.const 2)) (local.get $i))
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br $l)))
            (i32.store8 (i32.const 0) (i32.const 0))
            (i32.store (i32.const 8) (i32.const 1024))
            (i32.store (i32.const 12) (local.get $n))
            i32.const 0))"#
    );
    component_with(&wit, &wat)
}

/// An item of n becomes n, a hundred more; 7 always fails; 8 fails twice; 9 loops for ever.
fn worker() -> Vec<u8> {
    let wit = format!(
        "{EVENTS} world worker {{
           use events.{{item, done}};
           import lockstep:step/run@0.1.0;
           use lockstep:step/types@0.1.0.{{failure}};
           export on-item: func(event: item) -> result<done, failure>;
         }}"
    );
    let wat = format!(
        r#"(module
          (import "lockstep:step/run@0.1.0" "whoami" (func $whoami (param i32))) {REALLOC}
          (data (i32.const 900) "busy")
          (func $fail (param $kind i32) (result i32)
            (i32.store8 (i32.const 0) (i32.const 1))
            (i32.store8 (i32.const 8) (local.get $kind))
            (i32.store (i32.const 12) (i32.const 900)) (i32.store (i32.const 16) (i32.const 4))
            (i32.store (i32.const 20) (i32.const 900)) (i32.store (i32.const 24) (i32.const 4))
            i32.const 0)
          (func (export "on-item") (param $n i32) (result i32)
            (if (i32.eq (local.get $n) (i32.const 7)) (then (return (call $fail (i32.const 1)))))
            (if (i32.eq (local.get $n) (i32.const 8)) (then
              (call $whoami (i32.const 512))
              (if (i32.lt_u (i32.load (i32.const 536)) (i32.const 3)) (then (return (call $fail (i32.const 0)))))))
            (if (i32.eq (local.get $n) (i32.const 9)) (then (loop $l (br $l))))
            (i32.store8 (i32.const 0) (i32.const 0))
            (i32.store (i32.const 8) (i32.add (local.get $n) (i32.const 100)))
            i32.const 0))"#
    );
    component_with(&wit, &wat)
}

/// All that is done becomes its sum.
fn gatherer() -> Vec<u8> {
    let wit = format!(
        "{EVENTS} world gatherer {{
           use events.{{done, end}};
           use lockstep:step/types@0.1.0.{{failure}};
           export on-all: func(all: list<done>) -> result<end, failure>;
         }}"
    );
    let wat = format!(
        r#"(module {REALLOC}
          (func (export "on-all") (param $at i32) (param $n i32) (result i32) (local $sum i32)
            (block $end (loop $l
              (br_if $end (i32.eqz (local.get $n)))
              (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
              (local.set $at (i32.add (local.get $at) (i32.const 4)))
              (local.set $n (i32.sub (local.get $n) (i32.const 1)))
              (br $l)))
            (i32.store8 (i32.const 0) (i32.const 0))
            (i32.store (i32.const 8) (local.get $sum))
            i32.const 0))"#
    );
    component_with(&wit, &wat)
}

/// `head`, `work` and `gather` are further keys of the file and of the tables of two steps.
pub(super) fn deployed(head: &str, work: &str, gather: &str) -> Deployed {
    let text = format!(
        "workflow = \"sums\"\nstart = \"task\"\nstop = [\"end\"]\n{head}\n\
         [steps.split]\ncomponent = \"split.wasm\"\n\
         [steps.work]\ncomponent = \"work.wasm\"\n{work}\n\
         [steps.sum]\ncomponent = \"sum.wasm\"\n{gather}\n"
    );
    lab::deployed(&text, &[("split", splitter()), ("work", worker()), ("sum", gatherer())])
}

pub(super) fn plain() -> Deployed {
    deployed("", "", "")
}

pub(super) async fn run_on(host: &Host, deployed: &Deployed, id: u128, n: u32) -> Rest {
    let payload = Json::trusted(format!("{{\"n\":{n}}}"));
    let handle = host.start(deployed, NewRun::new(RunId::fresh("sums", id << 32), payload)).await.unwrap();
    tokio::time::timeout(Duration::from_secs(60), handle.rest()).await.expect("it comes to rest").unwrap()
}
