//! Blobs: what an attempt puts it reads at once and hands over if it succeeds; what others have put
//! it waits for; and every bound with what lies just below it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lockstep_core::blob::Digest;
use lockstep_core::event::Json;
use lockstep_core::grant::{Grant, Limits};
use lockstep_core::outcome::{Blob, Outcome};
use lockstep_core::run::Given;
use lockstep_test_support::component_with;
use serde_json::json;

use super::script::{answer, done, wide};
use super::{LONG, identity, release_of, told};
use crate::{Blobs, Call, Reading, Release, Report, Unreadable, View};

const MIB: usize = 1 << 20;

const WIT: &str = r#"
    package t:t;
    interface events {
      enum end { tell, fail, trap }
      record work {
        reference: string, size: u32, vary: u32, puts: u32, offset: u64, length: u32, gets: u32, end: end,
      }
      record told { reference: string, length: u32, first: u32, last: u32 }
    }
    world guest {
      use events.{work, told};
      use lockstep:step/types@0.1.0.{failure};
      import lockstep:step/blob@0.1.0;
      export on-work: func(event: work) -> result<told, failure>;
    }
"#;

/// Puts bytes that lie from 64 KiB on, `vary` apart, then gets of the reference it was given or of the
/// last one it got. A failure is handed on: it lies where the handler's own does.
const WAT: &str = r#"(module
    (import "lockstep:step/blob@0.1.0" "put" (func $put (param i32 i32 i32)))
    (import "lockstep:step/blob@0.1.0" "get" (func $get (param i32 i32 i64 i32 i32)))
    (memory (export "memory") 512)
    (global $heap (mut i32) (i32.const 0x1200000))
    (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32) (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 15)) (i32.const -16)))
      (global.set $heap (i32.add (local.get $at) (local.get $size)))
      (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))) (then
        (drop (memory.grow (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1))))))
      local.get $at)
    (func (export "on-work")
      (param $ref i32) (param $ref-length i32) (param $size i32) (param $vary i32) (param $puts i32)
      (param $offset i64) (param $length i32) (param $gets i32) (param $end i32) (result i32)
      (local $i i32)
      (memory.fill (i32.const 65536) (i32.const 7) (local.get $size))
      (block $put (loop $next
        (br_if $put (i32.eq (local.get $i) (local.get $puts)))
        (i32.store (i32.const 65536) (i32.mul (local.get $i) (local.get $vary)))
        (call $put (i32.const 65536) (local.get $size) (i32.const 0))
        (if (i32.load8_u (i32.const 0)) (then (return (i32.const 0))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
      (if (i32.and (i32.eqz (local.get $ref-length)) (i32.gt_u (local.get $puts) (i32.const 0))) (then
        (local.set $ref (i32.load (i32.const 8)))
        (local.set $ref-length (i32.load (i32.const 12)))))
      (local.set $i (i32.const 0))
      (block $got (loop $next
        (br_if $got (i32.eq (local.get $i) (local.get $gets)))
        (call $get (local.get $ref) (local.get $ref-length) (local.get $offset) (local.get $length) (i32.const 64))
        (if (i32.load8_u (i32.const 64)) (then (return (i32.const 64))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
      (if (i32.eq (local.get $end) (i32.const 2)) (then unreachable))
      (if (i32.eq (local.get $end) (i32.const 1)) (then
        (memory.fill (i32.const 0) (i32.const 0) (i32.const 64))
        (i32.store8 (i32.const 0) (i32.const 1))
        (return (i32.const 0))))
      (i32.store (i32.const 8) (local.get $ref))
      (i32.store (i32.const 12) (local.get $ref-length))
      (local.set $size (i32.load (i32.const 76)))
      (i32.store (i32.const 16) (local.get $size))
      (if (local.get $size) (then
        (local.set $offset (i64.extend_i32_u (i32.add (i32.load (i32.const 72)) (local.get $size))))
        (i32.store (i32.const 20) (i32.load8_u (i32.load (i32.const 72))))
        (i32.store (i32.const 24) (i32.load8_u (i32.sub (i32.wrap_i64 (local.get $offset)) (i32.const 1))))))
      i32.const 0))"#;

/// What the guest is to do.
#[derive(Clone)]
struct Work {
    reference: String,
    size: usize,
    vary: u32,
    puts: u32,
    offset: u64,
    length: u32,
    gets: u32,
    end: &'static str,
}

/// Puts `puts` blobs of so many bytes, each another.
fn put(size: usize, puts: u32) -> Work {
    Work { reference: String::new(), size, vary: 1, puts, offset: 0, length: 0, gets: 0, end: "tell" }
}

/// Gets a part of one.
fn get(reference: impl ToString, offset: u64, length: u32) -> Work {
    Work { reference: reference.to_string(), offset, length, gets: 1, ..put(0, 0) }
}

/// The bytes that the guest puts at this turn.
fn put_bytes(size: usize, turn: u32) -> Vec<u8> {
    let mut bytes = vec![7; size];
    bytes[..4].copy_from_slice(&turn.to_le_bytes());
    bytes
}

fn release(limits: Limits) -> Release {
    release_of(&component_with(WIT, WAT), "told", &Grant::default(), limits)
}

fn call(work: &Work, blobs: Option<Arc<dyn Blobs>>) -> Call {
    let Work { reference, size, vary, puts, offset, length, gets, end } = work;
    let event = json!({
        "reference": reference, "size": size, "vary": vary, "puts": puts,
        "offset": offset, "length": length, "gets": gets, "end": end,
    });
    Call {
        moment: None,
        handler: 0,
        inputs: vec![Given::One(Json::trusted(event.to_string()))],
        identity: identity(),
        state: View::default(),
        watcher: None,
        blobs,
        effects: None,
        kv: None,
        timeout: LONG,
    }
}

/// An attempt where others have put nothing.
async fn attempt(work: Work) -> Report {
    release(wide()).attempt(call(&work, None)).await
}

async fn refused(work: Work) -> String {
    told(attempt(work).await)
}

/// Length, first and last byte of what the guest got.
fn got(report: Report) -> (u64, u64, u64) {
    let told: serde_json::Value = serde_json::from_str(&answer(report)).unwrap();
    let number = |key: &str| told[key].as_u64().unwrap();
    (number("length"), number("first"), number("last"))
}

/// Has bytes that others have put, answers after a while, and notes what it is asked.
#[derive(Debug, Default)]
struct Shelf {
    bytes: Vec<u8>,
    wait: Duration,
    asked: Mutex<Vec<(u64, u32)>>,
    answered: AtomicUsize,
}

impl Blobs for Shelf {
    fn get<'a>(&'a self, digest: &'a Digest, offset: u64, length: u32) -> Reading<'a> {
        self.asked.lock().unwrap().push((offset, length));
        Box::pin(async move {
            tokio::time::sleep(self.wait).await;
            self.answered.fetch_add(1, Ordering::SeqCst);
            let from = self.bytes.len().min(offset as usize);
            let part = self.bytes[from..].iter().copied().take(length as usize).collect();
            Ok((*digest == Digest::of(&self.bytes)).then_some(part))
        })
    }
}

/// Who has a store that fails.
#[derive(Debug)]
struct Broken;

impl Blobs for Broken {
    fn get<'a>(&'a self, _: &'a Digest, _: u64, _: u32) -> Reading<'a> {
        Box::pin(std::future::ready(Err(Unreadable("the disk is gone".into()))))
    }
}

fn shelf(bytes: Vec<u8>, wait: Duration) -> Arc<Shelf> {
    Arc::new(Shelf { bytes, wait, ..Shelf::default() })
}

#[tokio::test]
async fn what_an_attempt_puts_is_handed_over_in_its_order_under_its_digest() {
    let emitted = done(attempt(put(1000, 3)).await);
    let blob = |turn| {
        let bytes = put_bytes(1000, turn);
        Blob { digest: Digest::of(&bytes), bytes: bytes.into() }
    };
    assert_eq!(emitted.blobs, [blob(0), blob(1), blob(2)]);
    let reference = format!(r#""reference":"{}""#, blob(2).digest);
    assert!(emitted.events[0].payload.as_str().contains(&reference), "it gets the reference of the last");
}

#[tokio::test]
async fn what_is_put_twice_is_handed_over_once() {
    let emitted = done(attempt(Work { vary: 0, ..put(1000, 5) }).await);
    assert_eq!(emitted.blobs.len(), 1);
    done(attempt(put(0, 1)).await);
}

#[tokio::test]
async fn an_attempt_reads_its_own_at_once_and_in_parts() {
    let own = |offset, length| Work { offset, length, gets: 1, ..put(1000, 2) };
    for (offset, length, expected) in [
        (0, 1000, (1000, 1, 7)),
        (0, 1, (1, 1, 1)),
        (999, 1, (1, 7, 7)),
        (990, 100, (10, 7, 7)),
        (1000, 1, (0, 0, 0)),
        (u64::MAX, u32::MAX, (0, 0, 0)),
    ] {
        assert_eq!(got(attempt(own(offset, length)).await), expected, "{length} from {offset}");
    }
}

#[tokio::test]
async fn a_failed_attempt_and_one_that_traps_hand_over_nothing() {
    for end in ["fail", "trap"] {
        let report = attempt(Work { end, ..put(1000, 1) }).await;
        assert!(matches!(report.outcome, Outcome::Failed(_)), "{end}: {:?}", report.outcome);
    }
}

#[tokio::test]
async fn what_others_have_put_is_read_in_parts() {
    let bytes: Vec<u8> = (0..=250).cycle().take(5 * MIB).collect();
    let reference = Digest::of(&bytes);
    let shelf = shelf(bytes.clone(), Duration::ZERO);
    let release = release(wide());
    for (offset, length, expected) in [(0, 10, 10), (5 * MIB - 3, 10, 3), (5 * MIB, 10, 0)] {
        let call = call(&get(reference, offset as u64, length), Some(shelf.clone()));
        let (length, first, last) = got(release.attempt(call).await);
        assert_eq!(length, expected);
        let byte = |at: usize| bytes.get(at).map_or(0, |byte| u64::from(*byte));
        let ends = (byte(offset), if expected == 0 { 0 } else { byte(offset + expected as usize - 1) });
        assert_eq!((first, last), ends);
    }
}

#[tokio::test]
async fn a_get_brings_at_most_4_mib() {
    let bytes = put_bytes(5 * MIB, 9);
    let reference = Digest::of(&bytes);
    let shelf = shelf(bytes, Duration::ZERO);
    let call = call(&get(reference, 0, u32::MAX), Some(shelf.clone()));
    assert_eq!(got(release(wide()).attempt(call).await), (4 << 20, 9, 7));
    assert_eq!(*shelf.asked.lock().unwrap(), [(0, 4 << 20)]);
    let own = Work { length: u32::MAX, gets: 1, ..put(5 * MIB, 1) };
    assert_eq!(got(attempt(own).await), (4 << 20, 0, 7));
}

#[tokio::test]
async fn waiting_for_a_blob_costs_no_cpu_time() {
    let bytes = put_bytes(1000, 9);
    let reference = Digest::of(&bytes);
    let shelf = shelf(bytes, Duration::from_millis(300));
    let release = release(Limits { cpu: Duration::from_millis(100), ..wide() });
    let report = release.attempt(call(&get(reference, 0, 1000), Some(shelf.clone()))).await;
    assert!(report.usage.cpu < Duration::from_millis(100), "{:?}", report.usage);
    assert_eq!(got(report), (1000, 9, 7));
    assert_eq!(shelf.answered.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_attempt_that_waits_for_a_blob_can_be_ended() {
    let bytes = put_bytes(1000, 9);
    let reference = Digest::of(&bytes);
    let shelf = shelf(bytes, LONG);
    let call =
        Call { timeout: Duration::from_millis(50), ..call(&get(reference, 0, 1), Some(shelf.clone())) };
    let told = told(release(wide()).attempt(call).await);
    assert_eq!(told, "timeout timeout: it took longer than its 50ms");
    assert_eq!(shelf.answered.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_store_that_fails_is_the_hosts_fault() {
    let call = call(&get(Digest::of(b"a"), 0, 1), Some(Arc::new(Broken)));
    let told = told(release(wide()).attempt(call).await);
    assert_eq!(told, "host blob: a blob cannot be read: the disk is gone");
}

#[tokio::test]
async fn a_reference_to_nothing_and_text_that_is_none_are_told_apart() {
    let mut all = String::new();
    for reference in [&Digest::of(b"abc").to_string(), "sha256:abc", "../etc/passwd"] {
        all += &format!("{}\n", refused(get(reference, 0, 1)).await);
    }
    let other = call(&get(Digest::of(b"abc"), 0, 1), Some(shelf(vec![1], Duration::ZERO)));
    all += &format!("{}\n", told(release(wide()).attempt(other).await));
    expect_test::expect![[r#"
        permanent blob-unknown: nothing is stored under sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad; the run that put it may have been purged
        permanent blob-reference: its text is no reference to a blob: a reference is `sha256:` and 64 small hex digits; pass on what `put` gave
        permanent blob-reference: its text is no reference to a blob: a reference is `sha256:` and 64 small hex digits; pass on what `put` gave
        permanent blob-unknown: nothing is stored under sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad; the run that put it may have been purged
    "#]]
    .assert_eq(&all);
}

#[tokio::test]
async fn one_put_has_at_most_8_mib() {
    assert_eq!(done(attempt(put(8 * MIB, 1)).await).blobs[0].bytes.len(), 8 * MIB);
    expect_test::expect![
        "permanent blob-size: its blob has 8388609 bytes; put at most 8 MiB at once, in several blobs"
    ]
    .assert_eq(&refused(put(8 * MIB + 1, 1)).await);
    expect_test::expect!["limit output: it handed the host more data than one call may carry; hand over less at once, and what is large as blobs"]
        .assert_eq(&refused(put(16 * MIB + 1, 1)).await);
}

#[tokio::test]
async fn all_puts_of_an_attempt_have_at_most_16_mib_of_different_bytes() {
    assert_eq!(done(attempt(put(8 * MIB, 2)).await).blobs.len(), 2);
    assert_eq!(done(attempt(Work { vary: 0, ..put(8 * MIB, 3) }).await).blobs.len(), 1);
    expect_test::expect!["permanent blob-bytes: its blobs come to more than 16 MiB; put less in one attempt"]
        .assert_eq(&refused(put(6 * MIB, 3)).await);
}

#[tokio::test]
async fn an_attempt_puts_at_most_1000_times() {
    assert_eq!(done(attempt(put(4, 1000)).await).blobs.len(), 1000);
    for vary in [0, 1] {
        expect_test::expect!["permanent blob-puts: it put more than 1000 blobs; put fewer, larger ones"]
            .assert_eq(&refused(Work { vary, ..put(4, 1001) }).await);
    }
}

#[tokio::test]
async fn an_attempt_gets_at_most_10_000_times() {
    let own = |gets| Work { length: 4, gets, ..put(4, 1) };
    assert_eq!(got(attempt(own(10_000)).await), (4, 0, 0));
    expect_test::expect!["permanent blob-gets: it read blobs more than 10000 times; read more at once"]
        .assert_eq(&refused(own(10_001)).await);
}
