//! The engines that all releases share, and the clock that counts computing time for each.
//!
//! The pooling allocator makes a fresh instance cost about as much as a few host calls: slots are
//! mapped once, and the pages a guest touched are zeroed or dropped before the next one moves in.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use wasmtime::{
    Config, Enabled, Engine, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig, Strategy,
};

use crate::{Allocator, Error, Settings};

/// The unit in which computing time is counted.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// More core instances than any toolchain is known to make (a Python step has 38).
pub(crate) const CORE_INSTANCES: u32 = 64;

const STACK: usize = 512 << 10;
const MEMORIES: u32 = 4;
const TABLES: u32 = 16;
const TABLE_ELEMENTS: usize = 64 << 10;
/// The largest linear memory that any step may be granted.
const LARGEST_MEMORY: usize = 1 << 30;
const RESIDENT_MEMORY: usize = 2 << 20;
const RESIDENT_REST: usize = 64 << 10;

/// Whether an engine's code counts what it executes, which takes time of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fuel {
    Counted,
    Uncounted,
}

/// An engine and the clock that counts computing time for it.
#[derive(Clone)]
pub(crate) struct Clocked {
    pub(crate) engine: Engine,
    pub(crate) ticks: Arc<Ticks>,
}

/// The engines of a sandbox: the one that nearly all releases share, and the one that counts fuel, which
/// is made when the first release wants it.
pub(crate) struct Engines {
    allocator: Allocator,
    instances: u32,
    plain: Clocked,
    counting: Mutex<Option<Clocked>>,
}

impl Engines {
    pub(crate) fn new(settings: &Settings) -> Result<Engines, Error> {
        let (allocator, instances) = (settings.allocator, settings.instances);
        let plain = clocked(allocator, instances, Fuel::Uncounted)?;
        Ok(Engines { allocator, instances, plain, counting: Mutex::new(None) })
    }

    pub(crate) fn of(&self, fuel: Fuel) -> Result<Clocked, Error> {
        if fuel == Fuel::Uncounted {
            return Ok(self.plain.clone());
        }
        let mut counting = self.counting.lock().unwrap_or_else(PoisonError::into_inner);
        match &*counting {
            Some(clocked) => Ok(clocked.clone()),
            None => Ok(counting.insert(clocked(self.allocator, self.instances, fuel)?).clone()),
        }
    }
}

fn clocked(allocator: Allocator, instances: u32, fuel: Fuel) -> Result<Clocked, Error> {
    let mut config = config(fuel);
    if allocator == Allocator::Pooling {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(instances)));
    }
    let engine = Engine::new(&config).map_err(|error| Error::Start(format!("{error:#}")))?;
    let ticks = tick(&engine).map_err(|error| Error::Start(error.to_string()))?;
    Ok(Clocked { engine, ticks })
}

/// All that machine code depends on. Where instances get their memory is no part of it.
fn config(fuel: Fuel) -> Config {
    let mut config = Config::new();
    config.strategy(Strategy::Cranelift).epoch_interruption(true).max_wasm_stack(STACK);
    config.concurrency_support(false);
    config.consume_fuel(fuel == Fuel::Counted);
    config
}

/// An engine that only compiles, in one thread, for the engine of another process.
pub(crate) fn compiler(fuel: Fuel) -> wasmtime::Result<Engine> {
    Engine::new(config(fuel).parallel_compilation(false))
}

/// Everything in an engine that its machine code depends on, as a digest.
pub(crate) fn digest(engine: &Engine) -> [u8; 32] {
    let mut words = Words(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut words);
    words.0.finalize().into()
}

/// A digest that takes what a `Hash` gives.
struct Words(Sha256);

impl Hasher for Words {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        u64::from_be_bytes(self.0.clone().finalize()[..8].try_into().expect("a digest has 32 bytes"))
    }
}

fn pool(instances: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(8).max(CORE_INSTANCES))
        .total_memories(instances.saturating_add(MEMORIES))
        .total_tables(instances.saturating_mul(4).max(TABLES))
        .total_stacks(instances)
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_memory_size(LARGEST_MEMORY)
        .table_elements(TABLE_ELEMENTS)
        .linear_memory_keep_resident(RESIDENT_MEMORY)
        .table_keep_resident(RESIDENT_REST)
        .async_stack_keep_resident(RESIDENT_REST)
        .pagemap_scan(Enabled::Auto);
    pool
}

/// How many ticks have passed since the engine was made.
#[derive(Debug, Default)]
pub(crate) struct Ticks(AtomicU64);

impl Ticks {
    pub(crate) fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn tick(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Starts the thread that ticks for as long as the engine lives.
fn tick(engine: &Engine) -> std::io::Result<Arc<Ticks>> {
    let ticks = Arc::new(Ticks::default());
    let (weak, counted) = (engine.weak(), ticks.clone());
    std::thread::Builder::new().name("lockstep-ticks".into()).spawn(move || run(&weak, &counted))?;
    Ok(ticks)
}

fn run(engine: &EngineWeak, ticks: &Ticks) {
    loop {
        std::thread::sleep(TICK);
        let Some(engine) = engine.upgrade() else { return };
        ticks.tick();
        engine.increment_epoch();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_of_an_engine_that_only_compiles_fits_the_one_that_runs_it() {
        for allocator in [Allocator::Pooling, Allocator::OnDemand] {
            let engines = Engines::new(&Settings { instances: 2, allocator, ..Settings::default() }).unwrap();
            for fuel in [Fuel::Counted, Fuel::Uncounted] {
                let runs = engines.of(fuel).unwrap().engine;
                assert_eq!(digest(&runs), digest(&compiler(fuel).unwrap()), "{allocator:?} {fuel:?}");
            }
        }
        let digests = [Fuel::Counted, Fuel::Uncounted].map(|fuel| digest(&compiler(fuel).unwrap()));
        assert_ne!(digests[0], digests[1]);
    }
}
