//! Clocks that stand still, step back and step forward: no time comes early, and none is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lockstep_core::event::Timestamp;
use lockstep_core::run::{Change, RunId, Status};
use lockstep_journal::Memory;
use lockstep_test_support::script::{self, deed, nap, question, work};
use tokio::sync::Notify;

use super::lab::{Told, completed, deployed, id, on, read, script, soon, start};
use crate::{Clock, Deployed, Host, Request, Settings, Until};

/// A clock whose hands the test sets.
pub(super) struct Hands {
    now: AtomicU64,
    looks: AtomicU64,
    looked: Notify,
}

impl Hands {
    pub(super) fn at(now: u64) -> Arc<Hands> {
        Arc::new(Hands { now: AtomicU64::new(now), looks: AtomicU64::new(0), looked: Notify::new() })
    }

    pub(super) fn set(&self, now: u64) {
        self.now.store(now, Ordering::SeqCst);
    }

    /// Waits until the host has looked so many times more.
    async fn looked(&self, times: u64) {
        let until = self.looks.load(Ordering::SeqCst) + times;
        while self.looks.load(Ordering::SeqCst) < until {
            self.looked.notified().await;
        }
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        self.looks.fetch_add(1, Ordering::SeqCst);
        self.looked.notify_one();
        Timestamp(self.now.load(Ordering::SeqCst))
    }
}

/// Lets the host look at its clock: whatever is asked does.
async fn nudge(host: &Host, run: &RunId) {
    let _ = host.ask(run, Request::Resume).await.unwrap();
}

type Case = (Deployed, serde_json::Value, Status);

/// Runs that wait for a time 10 ms away, and the status that each has meanwhile; on hosts that read
/// runs back after every commit, and on others.
fn cases() -> Vec<(bool, Case)> {
    let deadline = script::workflow("", "deadline = \"10ms\"", "gather = { failed = \"skip\" }");
    let deadline = deployed(&deadline, &[("all", script::component())]);
    let fails = work(&[deed("fail", "").n(2)]);
    let cases = [
        (script(""), nap(&[deed("start", "bell").n(10)]), Status::Waiting),
        (script("retry = { initial = \"10ms\", jitter = 0 }"), fails, Status::Running),
        (deadline, question(), Status::Waiting),
    ];
    [false, true].into_iter().flat_map(|reload| cases.clone().map(|case| (reload, case))).collect()
}

#[tokio::test]
async fn no_time_comes_early_and_none_is_lost_whatever_the_clock_does() {
    for (reload, (deployed, part, meanwhile)) in cases() {
        let (clock, memory) = (Hands::at(1_000_000), Arc::new(Memory::new()));
        let host = Host::new(Settings { reload, clock: clock.clone(), ..on(memory.clone()) });
        let handle = start(&host, &deployed, 1, &[part]).await;
        let waits = async {
            while read(&*memory, &id(1)).await.wake_at() != Some(Timestamp(1_000_010)) {
                tokio::task::yield_now().await;
            }
        };
        soon(waits).await;
        // The clock stands while real time goes by, then steps back, then is nearly there.
        for now in [1_000_000, 500_000, 1_000_009] {
            clock.set(now);
            for _ in 0..4 {
                nudge(&host, &id(1)).await;
            }
            if now >= 1_000_000 {
                soon(clock.looked(8)).await;
            }
            assert_eq!(read(&*memory, &id(1)).await.status(), meanwhile, "at {now}");
        }
        clock.set(2_000_000);
        nudge(&host, &id(1)).await;
        let rest = soon(handle.rest()).await.unwrap();
        assert_eq!(rest.status, Status::Completed);
    }
}

#[tokio::test]
async fn times_of_runs_that_lie_in_the_journal_alone_come_too() {
    for (reload, (deployed, part, meanwhile)) in cases() {
        let (clock, memory) = (Hands::at(1_000_000), Arc::new(Memory::new()));
        let host = Host::new(Settings { reload, clock: clock.clone(), ..on(memory.clone()) });
        start(&host, &deployed, 1, &[part]).await;
        let waits = async {
            while read(&*memory, &id(1)).await.wake_at() != Some(Timestamp(1_000_010)) {
                tokio::task::yield_now().await;
            }
        };
        soon(waits).await;
        drop(host);
        for now in [1_000_000, 500_000, 1_000_009] {
            clock.set(now);
            let host = Host::new(Settings { reload, clock: clock.clone(), ..on(memory.clone()) });
            for _ in 0..4 {
                host.take_up(&deployed).await.unwrap();
            }
            assert_eq!(read(&*memory, &id(1)).await.status(), meanwhile, "at {now}");
        }
        clock.set(1_000_010);
        let host = Host::new(Settings { reload, clock: clock.clone(), ..on(memory.clone()) });
        host.take_up(&deployed).await.unwrap();
        let ends = async {
            while !read(&*memory, &id(1)).await.status().is_end() {
                tokio::task::yield_now().await;
            }
        };
        soon(ends).await;
    }
}

#[tokio::test]
async fn a_run_that_is_held_does_not_miss_its_time() {
    let (reload, clock, memory) = (true, Hands::at(1_000_000), Arc::new(Memory::new()));
    let (told, clocks) = (Told::new(), clock.clone());
    let host =
        Host::new(Settings { reload, clock: clocks, observers: vec![told.clone()], ..on(memory.clone()) });
    let handle = start(&host, &script(""), 1, &[nap(&[deed("start", "bell").n(10)])]).await;
    told.until(|seen| seen.changes().any(|change| matches!(change, Change::TimerSet { .. }))).await;
    host.ask(&id(1), Request::Pause { by: None }).await.unwrap();
    clock.set(2_000_000);
    assert_eq!(soon(handle.wait(Until::Rest)).await.unwrap().status, Status::Paused);
    host.ask(&id(1), Request::Resume).await.unwrap();
    assert_eq!(completed(&soon(handle.rest()).await.unwrap()), "{\"n\":1}");
}
