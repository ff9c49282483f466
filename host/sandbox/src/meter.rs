//! What an attempt may use, counted while it runs: computing time in ticks, memory in bytes.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::{CallHook, ResourceLimiter, Store, StoreContextMut, UpdateDeadline};

use crate::attempt::Guest;
use crate::engine::{CORE_INSTANCES, TICK, Ticks};

/// A table holds pointers.
const TABLE_ELEMENT: usize = 8;

/// The attempt has computed as long as it may.
#[derive(Debug, thiserror::Error)]
#[error("the attempt computed longer than its {0:?}")]
pub(crate) struct OutOfCpu(pub(crate) Duration);

/// Ticks that passed while the guest computed, or while the host did on its behalf; those that pass
/// while it waits in the host or for its turn do not count.
#[derive(Debug)]
pub(crate) struct Cpu {
    ticks: Arc<Ticks>,
    used: u32,
    limit: Duration,
    left_at: u64,
}

impl Cpu {
    pub(crate) fn new(ticks: Arc<Ticks>, limit: Duration) -> Cpu {
        Cpu { ticks, used: 0, limit, left_at: 0 }
    }

    pub(crate) fn used(&self) -> Duration {
        TICK.saturating_mul(self.used)
    }

    /// A host call has worked for the guest rather than waited: the ticks that passed since it began
    /// count as the guest's own. The newest is left to the epoch callback, where the guest gives way.
    pub(crate) fn worked(&mut self) {
        let now = self.ticks.now();
        let passed = u32::try_from(now - self.left_at).unwrap_or(u32::MAX);
        self.used = self.used.saturating_add(passed.saturating_sub(1));
        self.left_at = now;
    }

    fn count(&mut self) -> Result<(), OutOfCpu> {
        self.used = self.used.saturating_add(1);
        if self.used() > self.limit { Err(OutOfCpu(self.limit)) } else { Ok(()) }
    }
}

/// Makes a store count its guest's computing time.
///
/// The deadline is always one tick away. When it passes, the tick is counted and the guest gives
/// way to others. A host call that saw no tick leaves the deadline where it was, so that a guest
/// cannot escape the count by calling the host often; one that waited over a tick moves it on.
pub(crate) fn count_cpu(store: &mut Store<Guest>) {
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut guest: StoreContextMut<'_, Guest>| {
        guest.data_mut().cpu.count()?;
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
    });
    store.call_hook(|mut guest: StoreContextMut<'_, Guest>, hook| {
        let now = guest.data().cpu.ticks.now();
        match hook {
            CallHook::CallingHost => guest.data_mut().cpu.left_at = now,
            CallHook::ReturningFromHost if now != guest.data().cpu.left_at => guest.set_epoch_deadline(1),
            _ => {}
        }
        Ok(())
    });
}

/// All linear memories and tables of an attempt together.
#[derive(Debug)]
pub(crate) struct Memory {
    limit: usize,
    held: usize,
    peak: usize,
    grown: usize,
    refused: bool,
}

impl Memory {
    pub(crate) fn new(limit: usize) -> Memory {
        Memory { limit, held: 0, peak: 0, grown: 0, refused: false }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    pub(crate) fn peak(&self) -> usize {
        self.peak
    }

    /// Whether the guest ever wanted more than it may have.
    pub(crate) fn refused(&self) -> bool {
        self.refused
    }

    fn grow(&mut self, more: usize) -> bool {
        let total = self.held.saturating_add(more);
        if total > self.limit {
            self.refused = true;
            return false;
        }
        (self.held, self.grown) = (total, more);
        self.peak = self.peak.max(total);
        true
    }

    fn undo(&mut self) {
        self.held = self.held.saturating_sub(std::mem::take(&mut self.grown));
        self.refused = true;
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(&mut self, now: usize, wanted: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.grow(wanted.saturating_sub(now)))
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.undo();
        Ok(())
    }

    fn table_growing(&mut self, now: usize, wanted: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.grow(wanted.saturating_sub(now).saturating_mul(TABLE_ELEMENT)))
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.undo();
        Ok(())
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ticks_of_a_host_call_that_worked_count_but_the_newest_which_the_callback_counts() {
        let ticks = Arc::new(Ticks::default());
        let mut cpu = Cpu::new(ticks.clone(), TICK * 9);
        for (passed, used) in [(0, 0), (1, 0), (5, 4), (1, 4), (3, 6)] {
            (0..passed).for_each(|_| ticks.tick());
            cpu.worked();
            assert_eq!(cpu.used(), TICK * used);
        }
        for _ in 0..3 {
            cpu.count().unwrap();
        }
        cpu.count().unwrap_err();
    }
}
