//! What an attempt may use, counted while it runs: computing time in ticks, memory in bytes. What the host
//! keeps for a guest counts into the same memory as what the guest has itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use lockstep_core::outcome::{Class, Failure};
use wasmtime::{CallHook, ResourceLimiter, Store, StoreContextMut, UpdateDeadline};

use crate::attempt::{Guest, failure};
use crate::engine::{CORE_INSTANCES, TICK, Ticks};
use crate::fault::bytes;

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
    /// The tick up to which all is counted; a guest that has given way sets it when its turn comes.
    counted: Arc<AtomicU64>,
    used: u32,
    /// What the host has computed for it beside, and what of that is no whole tick yet.
    owed: Duration,
    limit: Duration,
    left_at: u64,
}

impl Cpu {
    pub(crate) fn new(ticks: Arc<Ticks>, limit: Duration) -> Cpu {
        let counted = Arc::new(AtomicU64::new(ticks.now()));
        Cpu { ticks, counted, used: 0, owed: Duration::ZERO, limit, left_at: 0 }
    }

    pub(crate) fn used(&self) -> Duration {
        TICK.saturating_mul(self.used)
    }

    /// A host call has worked for the guest rather than waited: the ticks that passed since it began
    /// count as the guest's own.
    pub(crate) fn worked(&mut self) {
        self.left_at = self.count();
    }

    /// The host has computed so long for the guest within a call that waited, too: that counts as its own.
    pub(crate) fn charge(&mut self, spent: Duration) {
        self.owed += spent;
        let ticks = self.owed.as_nanos() / TICK.as_nanos();
        let ticks = u32::try_from(ticks).unwrap_or(u32::MAX);
        self.owed = self.owed.saturating_sub(TICK.saturating_mul(ticks));
        self.used = self.used.saturating_add(ticks);
    }

    /// Counts what has passed, however long: one instruction that fills a memory sees many ticks.
    fn count(&mut self) -> u64 {
        let now = self.ticks.now();
        let passed = now.saturating_sub(self.counted.swap(now, Ordering::Relaxed));
        self.used = self.used.saturating_add(u32::try_from(passed).unwrap_or(u32::MAX));
        now
    }

    fn check(&self) -> Result<(), OutOfCpu> {
        if self.used() > self.limit { Err(OutOfCpu(self.limit)) } else { Ok(()) }
    }

    fn enter_host(&mut self) -> Result<(), OutOfCpu> {
        self.left_at = self.count();
        self.check()
    }

    /// Whether ticks have passed that were not the guest's.
    fn waited(&mut self) -> bool {
        let now = self.ticks.now();
        self.counted.store(now, Ordering::Relaxed);
        now != self.left_at
    }

    /// Lets others go first; the time until its turn comes is not the guest's.
    fn give_way(&self) -> impl Future<Output = ()> + Send + 'static {
        let (ticks, counted) = (self.ticks.clone(), self.counted.clone());
        async move {
            tokio::task::yield_now().await;
            counted.store(ticks.now(), Ordering::Relaxed);
        }
    }
}

/// Makes a store count its guest's computing time.
///
/// The deadline is always one tick away. When it passes, the guest gives way to others. A host call that
/// saw no tick leaves the deadline where it was; one that waited over a tick moves it on.
pub(crate) fn count_cpu(store: &mut Store<Guest>) {
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut guest: StoreContextMut<'_, Guest>| {
        let cpu = &mut guest.data_mut().cpu;
        cpu.count();
        cpu.check()?;
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(cpu.give_way())))
    });
    store.call_hook(|mut guest: StoreContextMut<'_, Guest>, hook| {
        if let Some(ended) = guest.data().http.ended() {
            return Err(ended.into());
        }
        match hook {
            CallHook::CallingHost | CallHook::ReturningFromWasm => guest.data_mut().cpu.enter_host()?,
            // The host also calls the guest from within a host call, for memory to put its answer into.
            CallHook::ReturningFromHost | CallHook::CallingWasm => {
                if guest.data_mut().cpu.waited() {
                    guest.set_epoch_deadline(1);
                }
            }
        }
        Ok(())
    });
}

/// The bytes that are held for an attempt, by whomever: its guest, its log, the host.
#[derive(Clone, Debug)]
pub(crate) struct Room(Arc<Held>);

#[derive(Debug)]
struct Held {
    limit: usize,
    bytes: AtomicUsize,
}

impl Room {
    pub(crate) fn new(limit: usize) -> Room {
        Room(Arc::new(Held { limit, bytes: AtomicUsize::new(0) }))
    }

    /// Whether there is room for so much more, which is then taken.
    pub(crate) fn take(&self, more: usize) -> bool {
        let add = |held: usize| held.checked_add(more).filter(|total| *total <= self.0.limit);
        self.0.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.0.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn held(&self) -> usize {
        self.0.bytes.load(Ordering::Relaxed)
    }
}

/// All linear memories and tables of an attempt together, and what the host holds for it.
#[derive(Debug)]
pub(crate) struct Memory {
    room: Room,
    peak: usize,
    grown: usize,
    refused: bool,
}

impl Memory {
    pub(crate) fn new(room: Room) -> Memory {
        Memory { room, peak: 0, grown: 0, refused: false }
    }

    pub(crate) fn limit(&self) -> usize {
        self.room.0.limit
    }

    pub(crate) fn peak(&self) -> usize {
        self.peak.max(self.room.held())
    }

    /// Whether the guest ever wanted more than it may have.
    pub(crate) fn refused(&self) -> bool {
        self.refused
    }

    /// The host keeps so many bytes for the attempt from now on; without the room for them it ends.
    pub(crate) fn hold(&mut self, more: usize) -> Result<(), Failure> {
        if self.room.take(more) {
            return Ok(());
        }
        let limit = bytes(self.limit());
        let message = format!("it wanted more memory than its {limit}, with what the host holds for it");
        Err(failure(Class::Limit, "memory", message))
    }

    fn grow(&mut self, more: usize) -> bool {
        if !self.room.take(more) {
            self.refused = true;
            return false;
        }
        self.grown = more;
        self.peak = self.peak();
        true
    }

    fn undo(&mut self) {
        self.room.give_back(std::mem::take(&mut self.grown));
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
    fn ticks_of_computing_count_and_those_of_waiting_do_not() {
        let ticks = Arc::new(Ticks::default());
        let pass = |n: u32| (0..n).for_each(|_| ticks.tick());
        let mut cpu = Cpu::new(ticks.clone(), TICK * 9);
        pass(3);
        cpu.enter_host().unwrap();
        assert_eq!(cpu.used(), TICK * 3);
        pass(100);
        assert!(cpu.waited());
        assert_eq!(cpu.used(), TICK * 3);
        cpu.enter_host().unwrap();
        pass(6);
        cpu.worked();
        assert!(!cpu.waited(), "what it did for the guest was not waiting");
        assert_eq!(cpu.used(), TICK * 9);
        cpu.check().unwrap();
        pass(1);
        cpu.enter_host().unwrap_err();
    }

    #[test]
    fn what_the_guest_grows_and_what_the_host_holds_share_one_limit() {
        let room = Room::new(100);
        let mut memory = Memory::new(room.clone());
        assert!(memory.grow(60) && room.take(20));
        memory.hold(20).unwrap();
        assert_eq!(memory.hold(1).unwrap_err().code, "memory");
        assert!(!memory.grow(1) && memory.refused() && !room.take(1));
        assert_eq!(memory.peak(), 100);
        assert!(!room.take(usize::MAX));
    }

    #[test]
    fn a_growth_that_failed_is_not_held() {
        let mut memory = Memory::new(Room::new(100));
        assert!(memory.grow(60));
        memory.undo();
        assert!(memory.grow(100));
    }
}
