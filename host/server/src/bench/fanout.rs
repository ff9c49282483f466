//! P4: what a branch of a fan-out costs when it has many siblings, from the event that opens it to
//! the gather that ends it. The limit is what it costs with a hundredth of them. In memory, where no
//! sync hides it; the same on a file stands in the details.

use std::sync::Arc;
use std::time::Instant;

use lockstep_core::event::Json;
use lockstep_core::grant::Limits;
use lockstep_core::journal::Journal;
use lockstep_journal::Memory;
use lockstep_runtime::{Deployed, Host, Settings};
use serde_json::{Value, json};

use super::guest::{Guest, complete};
use super::store::Place;
use super::{Figure, median};

const ROUNDS: usize = 5;

/// A task of n becomes n items, each an item done, and all that is done their number. Only who holds
/// a list has more memory than a page.
const FAN: Guest = Guest {
    wit: "
        package bench:fan;
        interface events {
          record task { n: u32 }
          record item { n: u32 }
          record done { n: u32 }
          record end { n: u32 }
        }
        world fan {
          use events.{task, item, done, end};
          use lockstep:step/types@0.1.0.{failure};
          export on-task: func(event: task) -> result<list<item>, failure>;
          export on-item: func(event: item) -> result<done, failure>;
          export on-all: func(all: list<done>) -> result<end, failure>;
        }",
    wat: r#"(module
        (memory (export "memory") 1)
        (global $top (mut i32) (i32.const 4096))
        (func $reach (param $end i32) (local $missing i32)
          (local.set $missing (i32.sub (i32.shr_u (i32.add (local.get $end) (i32.const 65535)) (i32.const 16)) (memory.size)))
          (if (i32.gt_s (local.get $missing) (i32.const 0)) (then (drop (memory.grow (local.get $missing))))))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
          (local.set $at (global.get $top))
          (global.set $top (i32.add (local.get $at) (i32.and (i32.add (local.get 3) (i32.const 15)) (i32.const -8))))
          (call $reach (global.get $top))
          (local.get $at))
        (func (export "on-task") (param $n i32) (result i32) (local $i i32)
          (call $reach (i32.add (i32.const 1024) (i32.shl (local.get $n) (i32.const 2))))
          (block $end (loop $next
            (br_if $end (i32.eq (local.get $i) (local.get $n)))
            (i32.store offset=1024 (i32.shl (local.get $i) (i32.const 2)) (local.get $i))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $next)))
          (i32.store8 (i32.const 0) (i32.const 0))
          (i32.store (i32.const 8) (i32.const 1024))
          (i32.store (i32.const 12) (local.get $n))
          i32.const 0)
        (func (export "on-item") (param $n i32) (result i32)
          (i32.store8 (i32.const 0) (i32.const 0))
          (i32.store (i32.const 8) (local.get $n))
          i32.const 0)
        (func (export "on-all") (param $at i32) (param $n i32) (result i32)
          (i32.store8 (i32.const 0) (i32.const 0))
          (i32.store (i32.const 8) (local.get $n))
          i32.const 0))"#,
    workflow: "
        workflow = \"fan\"
        start = \"task\"
        stop = [\"end\"]
        [steps.fan]
        component = \"fan.wasm\"",
};

/// Measures fan-outs of `most` branches, of a tenth and of a hundredth of them, in turns.
pub(crate) async fn fanout(most: u32) -> anyhow::Result<Figure> {
    let limits = Limits { events: most as usize, ..Limits::default() };
    let (deployed, _) = FAN.load(limits)?;
    let sizes = [(most / 100).max(1), (most / 10).max(1), most];
    let (mut memory, mut file) = ([const { Vec::new() }; 3], [const { Vec::new() }; 3]);
    for _ in 0..ROUNDS {
        for (at, branches) in sizes.into_iter().enumerate() {
            let repeats = most / branches;
            memory[at].push(measure(Arc::new(Memory::new()), &deployed, branches, repeats).await?);
            let place = Place::new()?;
            file[at].push(measure(place.open()?, &deployed, branches, repeats.min(10)).await?);
        }
    }
    let [few, _, many] = memory.each_ref().map(|all| median(all));
    let details = json!({ "rounds": ROUNDS, "branches": sizes, "threads": 1,
        "memory": told(&memory), "file": told(&file) });
    Ok(Figure::new("fanout", "µs/branch", many, few, &details))
}

/// Microseconds for each branch: one run after the other.
async fn measure(
    journal: Arc<dyn Journal>,
    deployed: &Deployed,
    branches: u32,
    repeats: u32,
) -> anyhow::Result<f64> {
    let host = Arc::new(Host::new(Settings::new(journal)));
    let task = Json::trusted(format!("{{\"n\":{branches}}}"));
    let begun = Instant::now();
    for _ in 0..repeats {
        complete(&host, deployed, 1, &task).await?;
    }
    Ok(begun.elapsed().as_secs_f64() * 1e6 / f64::from(branches * repeats))
}

fn told(sizes: &[Vec<f64>; 3]) -> Value {
    let medians = sizes.each_ref().map(|all| median(all));
    json!({ "us_per_branch": medians, "ratio": medians[2] / medians[0] })
}
