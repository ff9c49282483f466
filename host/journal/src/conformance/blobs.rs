//! Checks of what rows share: bytes that are kept once, found by their digest, and gone with the
//! last row that has them.

use lockstep_core::blob::Digest;
use lockstep_core::journal::{Journal, Kind};
use lockstep_core::run::{Change, Seq};

use super::records::{answered, commit_of, event, record_of, state, update};
use super::{encoded, load, refused, run, wait, write};

const KIB_64: usize = 64 << 10;
const MIB: usize = 1 << 20;

/// Below and above the length at which a payload leaves its row.
pub fn a_payload_comes_back_whole_at_every_length(journal: &dyn Journal) {
    let lengths = [0, 1, KIB_64 - 1, KIB_64, KIB_64 + 1, MIB, MIB + 1];
    for (which, kind) in (1..).zip([event, answered, state, update]) {
        let records = (1..).zip(lengths).map(|(seq, length)| record_of(seq, kind(&text(length)))).collect();
        let commit = commit_of(which, records);
        write(journal, vec![commit.clone()]);
        let rows = load(journal, &run(which));
        assert!(rows == encoded(&commit), "a payload of run {which} came back changed");
        let shared: Vec<bool> = rows.iter().map(|row| row.shared.is_some()).collect();
        assert_eq!(shared, lengths.map(|length| length > KIB_64), "more than 64 KiB are shared");
    }
}

/// From any byte on, and no further than its end.
pub fn a_large_payload_can_be_read_by_its_digest_and_in_parts(journal: &dyn Journal) {
    let whole = text(MIB);
    put(journal, 1, 1, &whole);
    let length = MIB as u64;
    for (offset, asked) in [
        (0, length),
        (0, 7),
        (length - 7, 7),
        (length - 7, 8),
        (1, u64::MAX),
        (length, 1),
        (length + 1, 1),
        (u64::MAX, u64::MAX),
        (5, 0),
    ] {
        let from = offset.min(length) as usize;
        let to = offset.saturating_add(asked).min(length) as usize;
        let part = blob(journal, &whole, offset, asked).expect("a row shares it");
        assert!(part == whole.as_bytes()[from..to], "another part at {offset} for {asked}");
    }
}

/// Not what lies in its row, and not what was never written.
pub fn bytes_that_no_row_shares_are_not_there(journal: &dyn Journal) {
    put(journal, 1, 1, &text(KIB_64));
    assert!(!is_there(journal, &text(KIB_64)));
    assert!(!is_there(journal, &text(MIB)));
    put(journal, 1, 2, &text(KIB_64 + 1));
    assert!(is_there(journal, &text(KIB_64 + 1)));
}

/// Neither of the commit that does not follow nor of those beside it.
pub fn a_refused_group_shares_nothing(journal: &dyn Journal) {
    let large = |which, seq, length| commit_of(which, vec![record_of(seq, event(&text(length)))]);
    refused(journal, vec![large(1, 1, MIB), large(2, 2, MIB + 1)]);
    assert!(!is_there(journal, &text(MIB)) && !is_there(journal, &text(MIB + 1)));
    write(journal, vec![large(1, 1, MIB)]);
    assert!(is_there(journal, &text(MIB)));
}

/// Rows of one run and of several: each has the bytes as long as it is there.
pub fn shared_bytes_go_with_the_last_row_that_has_them(journal: &dyn Journal) {
    let (common, own) = (text(MIB), text(MIB + 1));
    for seq in 1..=3 {
        put(journal, 1, seq, &common);
        put(journal, 2, seq, &common);
    }
    put(journal, 1, 4, &own);
    purge(journal, 1);
    assert!(!is_there(journal, &own), "its only run is gone");
    let payloads = load(journal, &run(2)).into_iter().map(|row| row.payload);
    assert!(payloads.eq(vec![Some(common.clone().into_bytes()); 3]), "the other run still has its bytes");
    put(journal, 2, 4, &common);
    assert!(is_there(journal, &common));
    purge(journal, 2);
    assert!(!is_there(journal, &common), "the last run is gone");
}

/// What was collected is stored anew.
pub fn shared_bytes_can_come_again(journal: &dyn Journal) {
    for _ in 0..2 {
        put(journal, 1, 1, &text(MIB));
        assert!(is_there(journal, &text(MIB)));
        purge(journal, 1);
        assert!(!is_there(journal, &text(MIB)));
    }
}

/// Bytes are no JSON and no text, and a blob's row comes back with no more than their name.
pub fn blobs_of_every_length_are_stored_and_not_loaded_with_their_rows(journal: &dyn Journal) {
    let all: Vec<Vec<u8>> =
        [0, 1, 256, KIB_64, MIB, 8 * MIB].map(|length| (0..=255).cycle().take(length).collect()).into();
    let records = |loaded: bool| {
        let bytes = all.iter().map(|bytes| named(bytes, Some(bytes).filter(|_| !loaded)));
        (1..).zip(bytes).map(|(seq, change)| record_of(seq, change)).collect()
    };
    write(journal, vec![commit_of(1, records(false))]);
    let rows = load(journal, &run(1));
    assert!(rows.iter().all(|row| row.kind == Kind::Blob && row.payload.is_none()));
    let told: Vec<_> = rows.iter().map(|row| row.decode().expect("it was just encoded")).collect();
    assert_eq!(told, records(true));
    for bytes in &all {
        let stored = wait(journal.blob(&Digest::of(bytes), 0, u64::MAX)).expect("it can be read");
        assert!(stored.as_ref() == Some(bytes), "a blob of {} bytes came back changed", bytes.len());
    }
    purge(journal, 1);
    assert!(
        all.iter().all(|bytes| wait(journal.blob(&Digest::of(bytes), 0, 1)).expect("no error").is_none())
    );
}

/// Whether it was written before the bytes or after them.
pub fn a_row_that_only_names_a_blob_keeps_it(journal: &dyn Journal) {
    let bytes = text(MIB).into_bytes();
    let put = |which, bytes_too: bool| {
        let change = named(&bytes, Some(&bytes).filter(|_| bytes_too));
        write(journal, vec![commit_of(which, vec![record_of(1, change)])]);
    };
    put(1, false);
    assert!(!is_there(journal, &text(MIB)));
    put(2, true);
    put(3, false);
    for which in 1..=3 {
        assert!(is_there(journal, &text(MIB)));
        purge(journal, which);
    }
    assert!(!is_there(journal, &text(MIB)));
}

fn named(bytes: &[u8], carried: Option<&Vec<u8>>) -> Change {
    let carried = carried.map(|bytes| bytes.as_slice().into());
    Change::Blob { delivery: Seq(4), digest: Digest::of(bytes), size: bytes.len() as u64, bytes: carried }
}

/// A JSON text of so many bytes, or that many of one that is not whole.
fn text(length: usize) -> String {
    let mut text = format!("\"{length} {}\"", "0123456789".repeat(length / 10 + 1));
    text.truncate(length);
    text
}

fn put(journal: &dyn Journal, which: u64, seq: u64, text: &str) {
    write(journal, vec![commit_of(which, vec![record_of(seq, event(text))])]);
}

fn blob(journal: &dyn Journal, text: &str, offset: u64, length: u64) -> Option<Vec<u8>> {
    wait(journal.blob(&Digest::of(text.as_bytes()), offset, length)).expect("a journal that can be read")
}

fn is_there(journal: &dyn Journal, text: &str) -> bool {
    blob(journal, text, 0, 1).is_some()
}

fn purge(journal: &dyn Journal, which: u64) {
    wait(journal.purge(&run(which))).expect("it is known");
}
