//! What attempts put becomes part of their commit, and of no other.

use super::super::workbench::{Bench, Graph, Proof, emitted, failed};
use super::super::{Change, DeliveryStatus, Seq};
use crate::blob::Digest;
use crate::journal::{Commit, Kind, Row};
use crate::outcome::{Blob, Class, Emitted, Outcome};
use crate::workflow::HandlerId;

/// start → work → stop, whose work puts these bytes.
fn putting(bytes: &[u8], fails: bool) -> Commit {
    let mut graph = Graph::default();
    let start = graph.event("start");
    let stop = graph.stop("stop");
    let work: HandlerId = graph.each(start);
    let mut bench = Bench::start(graph.done(), "0", Proof::EveryCommit);
    let taken = bench.take(work);
    let Outcome::Emitted(plain) = emitted(&[(stop, "1")]) else { unreachable!() };
    let blobs = vec![Blob { digest: Digest::of(bytes), bytes: bytes.into() }];
    let outcome = match fails {
        false => Outcome::Emitted(Emitted { blobs, ..plain }),
        true => failed(Class::Permanent),
    };
    let now = bench.now;
    bench.run.settle(taken.delivery, outcome, now)
}

#[test]
fn what_an_attempt_puts_is_written_before_its_events() {
    let commit = putting(b"\0\xff", false);
    let Change::Blob { delivery, digest, size, bytes } = &commit.records[0].change else {
        panic!("{:?}", commit.records)
    };
    assert_eq!((*digest, *size, bytes.as_deref()), (Digest::of(b"\0\xff"), 2, Some(&b"\0\xff"[..])));
    let Change::Attempt { delivery: of, status: DeliveryStatus::Done, .. } = &commit.records[1].change else {
        panic!("{:?}", commit.records)
    };
    assert_eq!(delivery, of);
}

#[test]
fn a_blobs_row_carries_its_bytes_and_reads_back_without_them() {
    let record = &putting(b"\0\xff", false).records[0];
    let row = Row::encode(record);
    assert_eq!((row.kind, row.payload.as_deref()), (Kind::Blob, Some(&b"\0\xff"[..])));
    assert_eq!(row.shared, Some(Digest::of(b"\0\xff")));
    let head = format!(r#"{{"is":"blob","delivery":3,"digest":"{}","size":2}}"#, Digest::of(b"\0\xff"));
    assert_eq!(String::from_utf8(row.head.clone()).unwrap(), head);
    let back = Row { payload: None, ..row }.decode().unwrap();
    let Change::Blob { delivery: Seq(3), size: 2, bytes: None, .. } = back.change else { panic!("{back:?}") };
}

#[test]
fn a_failed_attempt_writes_no_blob() {
    let commit = putting(b"abc", true);
    assert!(!commit.records.iter().any(|record| matches!(record.change, Change::Blob { .. })));
}
