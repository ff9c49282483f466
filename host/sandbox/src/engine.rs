//! The engine that all releases share, and the clock that counts computing time for it.
//!
//! The pooling allocator makes a fresh instance cost about as much as a few host calls: slots are
//! mapped once, and the pages a guest touched are zeroed or dropped before the next one moves in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wasmtime::{
    Config, Enabled, Engine, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig, Strategy,
};

use crate::{Allocator, Settings};

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

/// An engine as these settings want it.
pub(crate) fn engine(settings: &Settings) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config.strategy(Strategy::Cranelift).epoch_interruption(true).max_wasm_stack(STACK);
    config.concurrency_support(false);
    if settings.allocator == Allocator::Pooling {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(settings.instances)));
    }
    Engine::new(&config)
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
pub(crate) fn tick(engine: &Engine) -> std::io::Result<Arc<Ticks>> {
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
