//! Each limit bites: a guest that passes under one value fails under a smaller one, and under that
//! passes again where the limit's wall is left out.

use std::time::Duration;

use lockstep_core::grant::{Limits, UpdatesGrant};
use lockstep_core::outcome::Outcome;

use super::hostile::{With, told};
use super::script::{call, deed, json_of, release, whole_grant};
use crate::Wall;

/// The limit's name, a guest and how much it does, how far the limit lets it, how far not, what it is
/// told then, and the wall.
type Row = (&'static str, &'static str, u32, With, With, &'static str, Wall);

fn limits(change: impl FnOnce(&mut Limits)) -> With {
    let mut with = With::default();
    change(&mut with.limits);
    with
}

fn within(timeout: Duration) -> With {
    With { timeout, ..With::default() }
}

fn rows() -> Vec<Row> {
    let cpu = |millis| limits(|limits| limits.cpu = Duration::from_millis(millis));
    let fuel = |fuel| limits(|limits| limits.fuel = fuel);
    let memory = |pages: usize| limits(|limits| limits.memory = pages << 16);
    let events = |events| limits(|limits| limits.events = events);
    let bytes = |bytes| limits(|limits| limits.event_bytes = bytes);
    let ever = With::default();
    vec![
        ("cpu", "spin", 500, cpu(60_000), cpu(20), "limit cpu", Wall::Cpu),
        (
            "cpu: one long instruction after the other",
            "fill",
            50,
            cpu(60_000),
            cpu(20),
            "limit cpu",
            Wall::Cpu,
        ),
        ("fuel", "spin", 1, fuel(10_000_000), fuel(1_000_000), "limit fuel", Wall::Fuel),
        ("memory: grown", "grow", 100, memory(102), memory(100), "limit memory", Wall::Memory),
        ("memory: several", "memories", 0, memory(1441), memory(1439), "limit memory", Wall::Memory),
        ("memory: tables", "table", 60, memory(9), memory(8), "limit memory", Wall::Memory),
        ("memory: blobs", "hoard", 100, memory(105), memory(100), "limit memory", Wall::Memory),
        ("memory: events", "copies", 100, memory(480), memory(400), "limit memory", Wall::Memory),
        ("events", "flood", 100, events(100), events(99), "limit events", Wall::Events),
        ("event-bytes", "large", 1000, bytes(1100), bytes(1000), "limit event-bytes", Wall::EventBytes),
        (
            "timeout",
            "sleep",
            300,
            within(Duration::from_secs(60)),
            within(Duration::from_millis(10)),
            "timeout timeout",
            Wall::Timeout,
        ),
        // These two are the same for all steps: how much the guest does decides.
        ("handles", "handles", 300, ever.without(Wall::Handles), ever, "limit handles", Wall::Handles),
        (
            "bytes of one call",
            "shout",
            20,
            ever.without(Wall::HostCallBytes),
            ever,
            "limit output",
            Wall::HostCallBytes,
        ),
    ]
}

#[tokio::test]
async fn every_limit_bites_where_it_is_passed_and_only_its_wall_holds_it() {
    for (limit, guest, n, wide, narrow, expected, wall) in rows() {
        let passes = wide.told(guest, n).await;
        assert!(passes.starts_with("emitted"), "{limit}: {passes}");
        assert_eq!(narrow.told(guest, n).await, expected, "{limit}");
        assert_eq!(narrow.without(wall).told(guest, n).await, passes, "{limit}, without its wall");
    }
}

#[tokio::test]
async fn log_bytes_cut_the_log_and_end_nobody() {
    for (with, least, most) in [
        (limits(|limits| limits.log_bytes = 64 << 10), 1 << 10, 64 << 10),
        (limits(|limits| limits.log_bytes = 1 << 20), 500 << 10, 1 << 20),
        (limits(|limits| limits.log_bytes = 0).without(Wall::LogBytes), 4 << 20, 5 << 20),
    ] {
        let report = with.attempt("stdout", 1024).await;
        assert_eq!(told(&report), "emitted 0");
        let kept: usize = report.log.iter().map(|line| line.message.len()).sum();
        assert!((least..=most).contains(&kept), "{kept}");
    }
}

#[tokio::test]
async fn fuel_is_the_same_number_each_time() {
    let with = limits(|limits| limits.fuel = 100_000_000);
    let release = with.release("spin");
    let mut used = Vec::new();
    for n in [1, 1, 2] {
        used.push(release.attempt(with.call(n)).await.usage.fuel);
    }
    assert_eq!(used[0], used[1]);
    assert!(used[2] > used[0] && used[0] > 1_000_000, "{used:?}");
    let exact = limits(|limits| limits.fuel = used[0]);
    assert_eq!(exact.told("spin", 1).await, "emitted 0");
    let short = limits(|limits| limits.fuel = used[0] - 100);
    assert_eq!(short.told("spin", 1).await, "limit fuel");
}

#[tokio::test]
async fn what_the_host_keeps_of_state_updates_and_reads_counts_as_memory() {
    let limits = |memory| Limits { memory, cpu: super::LONG, ..Limits::default() };
    let grant =
        lockstep_core::grant::Grant { updates: Some(UpdatesGrant { bytes: 64 << 20 }), ..whole_grant() };
    let text = json_of(4 << 10);
    for deed in [
        deed("set", "key").value(&text).times(1000),
        deed("publish", "name").value(&text).times(1000),
        deed("get", &"k".repeat(500)).times(10_000),
    ] {
        let deeds = [deed];
        let releases = [16 << 20, 2 << 20].map(|memory| release(&grant, limits(memory)));
        let report = releases[0].attempt(call(&deeds)).await;
        assert!(matches!(report.outcome, Outcome::Emitted(_)), "{:?}", report.outcome);
        assert!(report.usage.peak_memory > 4 << 20);
        let report = releases[1].attempt(call(&deeds)).await;
        assert_eq!(told(&report), "limit memory");
    }
}
