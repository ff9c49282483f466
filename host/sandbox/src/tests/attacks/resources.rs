//! Attacks on computing time, memory and what else the host has to give.

use std::time::Duration;

use super::super::hostile::{With, component, told};
use crate::{Allocator, Error, Wall};

const MIB: usize = 1 << 20;

/// Limits as they are by default, but a second is not waited for.
fn quick() -> With {
    let mut with = With::default_limits();
    with.limits.cpu = Duration::from_millis(100);
    with
}

/// What becomes of an attack, and that the sandbox still works afterwards.
async fn check(with: With, guest: &str, n: u32, expected: &str) {
    let sandbox = with.sandbox();
    let report = with.release_in(&sandbox, guest).attempt(with.call(n)).await;
    assert_eq!(told(&report), expected, "{guest} {n}");
    assert!(report.usage.peak_memory <= with.limits.memory, "{guest} {n}");
    let next = with.release_in(&sandbox, "static").attempt(with.call(1)).await;
    assert_eq!(told(&next), "emitted 1", "after {guest} {n}");
}

#[tokio::test]
async fn loops_in_a_handler_or_a_start_function_end_at_their_cpu_limit_while_others_go_on() {
    for guest in ["spin", "start", "fill"] {
        check(quick(), guest, 0, "limit cpu").await;
        let with = quick();
        let sandbox = with.sandbox();
        let (looping, other) = (with.release_in(&sandbox, guest), with.release_in(&sandbox, "static"));
        let loops = tokio::spawn(async move { told(&looping.attempt(quick().call(0)).await) });
        for _ in 0..10 {
            assert_eq!(told(&other.attempt(with.call(1)).await), "emitted 1");
        }
        assert_eq!(loops.await.unwrap(), "limit cpu");
    }
}

#[tokio::test]
async fn without_the_cpu_wall_only_the_timeout_ends_a_loop() {
    for guest in ["spin", "start", "fill"] {
        let with = With { timeout: Duration::from_millis(300), ..quick() }.without(Wall::Cpu);
        assert_eq!(with.told(guest, 0).await, "timeout timeout");
    }
}

#[tokio::test]
async fn memories_and_tables_are_bounded_however_they_are_cut() {
    for allocator in [Allocator::Pooling, Allocator::OnDemand] {
        let with = With { allocator, ..With::default_limits() };
        check(with, "grow", 65_535, "limit memory").await;
    }
    check(With::default_limits(), "memories", 0, "limit memory").await;
    check(With::default_limits(), "table", 10_000, "limit memory").await;
    // The engine's pool has bounds of its own for one component, which refuse before the limit does.
    let pooling = With { allocator: Allocator::Pooling, ..With::default_limits() };
    check(pooling, "table", 10_000, "limit memory").await;
    let refused = pooling.sandbox().load(&component("memories"), &[], &Default::default());
    assert!(matches!(refused, Err(Error::Compile(_))));
    let open = With::default_limits().without(Wall::Memory);
    assert_eq!(open.told("memories", 0).await, "emitted 0");
    assert_eq!(open.told("table", 10_000).await, "emitted 0");
}

#[tokio::test]
async fn endless_recursion_ends_in_a_trap() {
    check(With::default_limits(), "recurse", 0, "trap stack-overflow").await;
    check(With::default_limits(), "recurse", 100, "emitted 0").await;
}

#[tokio::test]
async fn what_one_call_carries_is_bounded_and_so_is_what_is_copied_many_times() {
    // 100 MiB do not fit the memory, and where they do, not the call.
    check(With::default_limits(), "shout", 100, "limit memory").await;
    check(With::default(), "shout", 100, "limit output").await;
    check(With::default(), "shout", 15, "emitted 0").await;
    // A million copies of one text.
    check(With::default(), "copies", 1_000_000, "limit output").await;
    check(With::default(), "copies", 10, "emitted 10").await;
}

#[tokio::test]
async fn handles_are_bounded_and_sleep_is_cut_by_the_timeout() {
    check(With::default_limits(), "handles", 1_000_000, "limit handles").await;
    let hurried = With { timeout: Duration::from_millis(50), ..With::default_limits() };
    check(hurried, "sleep", 36_000_000, "timeout timeout").await;
}

#[tokio::test]
async fn floods_of_events_and_events_that_are_too_large_are_refused() {
    let wide = |memory: usize| {
        let mut with = With::default();
        with.limits.memory = memory;
        with
    };
    check(wide(512 * MIB), "flood", 10_000_000, "limit output").await;
    check(With::default_limits(), "flood", 1025, "limit events").await;
    check(wide(1025 * MIB), "large", 1 << 30, "limit output").await;
    check(With::default_limits(), "large", 2 << 20, "limit event-bytes").await;
    let many = With::default_limits().without(Wall::Events);
    assert_eq!(many.told("flood", 1025).await, "emitted 1025");
    let large = With::default_limits().without(Wall::EventBytes);
    assert_eq!(large.told("large", 2 << 20).await, "emitted 1");
}

#[tokio::test]
async fn a_flood_of_stdout_without_a_newline_is_cut() {
    let mut with = With::default_limits();
    with.limits.cpu = super::super::LONG;
    let report = with.attempt("stdout", 1 << 16).await;
    assert_eq!(told(&report), "emitted 0");
    let kept: usize = report.log.iter().map(|line| line.message.len()).sum();
    assert!(kept <= with.limits.log_bytes, "{kept}");
    assert!(report.log.last().unwrap().message.ends_with("more lines were dropped: the log is full"));
    assert!(report.usage.peak_memory < MIB);
}
