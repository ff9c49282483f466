//! Checks of the stores of keys and values: bytes by keys, in the order of bytes, within a quota and
//! until their time is over.

use lockstep_core::event::Timestamp;
use lockstep_core::journal::{Journal, Keys, Put, Quota};

use super::hostile::TEXTS;
use super::{commit, run, wait, write};

/// Any bytes under any text, replaced, and removed.
pub fn a_value_comes_back_as_it_was_set(journal: &dyn Journal) {
    let values: [&[u8]; 4] = [b"", b"\0", b"\xff\xfe\0\x80", &[7; 1 << 20]];
    let long = "k".repeat(2048);
    for key in TEXTS.into_iter().chain([long.as_str()]) {
        assert_eq!(get(journal, "s", key), None, "{key:?}");
        for value in values {
            assert!(set(journal, put("s", key, value)), "{key:?}");
            assert!(get(journal, "s", key).as_deref() == Some(value), "{key:?} came back changed");
        }
        delete(journal, "s", key);
        assert_eq!(get(journal, "s", key), None, "{key:?}");
        delete(journal, "s", key);
    }
}

/// Neither stores of other names nor keys that a database might take for the same.
pub fn stores_and_keys_do_not_mix(journal: &dyn Journal) {
    let places = [("s", "k"), ("S", "k"), ("s", "K"), ("s", "k "), ("sk", ""), ("", "sk"), ("s", "\u{e9}")];
    let also = [("s", "e\u{301}"), ("s", "k\0"), ("s\0", "k")];
    let places = || places.into_iter().chain(also);
    for (number, (store, key)) in (0..).zip(places()) {
        assert!(set(journal, put(store, key, &[number])));
    }
    for (number, (store, key)) in (0..).zip(places()) {
        assert_eq!(get(journal, store, key), Some(vec![number]), "{store:?} {key:?}");
    }
    delete(journal, "s", "k");
    assert_eq!(get(journal, "S", "k"), Some(vec![1]));
}

/// Not of letters, and not of UTF-16.
pub fn keys_are_listed_in_the_order_of_their_bytes(journal: &dyn Journal) {
    let ordered =
        ["", "\0", "A", "B", "a", "a\0", "a!", "aa", "b", "\u{7f}", "\u{e9}", "\u{fffd}", "\u{1f980}"];
    for key in ordered.into_iter().rev() {
        assert!(set(journal, put("s", key, b"v")));
    }
    assert_eq!(keys(journal, "s", "", None, 100), ordered);
    assert_eq!(keys(journal, "other", "", None, 100), [""; 0]);
}

/// What begins so, and nothing that a pattern would match.
pub fn a_prefix_is_no_pattern(journal: &dyn Journal) {
    let all = ["%", "%a", "_", "a", "a%", "a%b", "a*", "a[", "a_b", "ab", "axb", "A%", "\u{e9}", "\u{e9}a"];
    for key in all {
        assert!(set(journal, put("s", key, b"v")));
    }
    for prefix in ["%", "_", "a%", "a_", "a*", "a[", "a", "A", "\u{e9}", "", "b"] {
        let mut begin: Vec<&str> = all.into_iter().filter(|key| key.starts_with(prefix)).collect();
        begin.sort_unstable();
        assert_eq!(keys(journal, "s", prefix, None, 100), begin, "{prefix:?}");
    }
}

/// Each page begins after the last key of the one before.
pub fn pages_of_keys_follow_each_other(journal: &dyn Journal) {
    let all: Vec<String> = (0..25).map(|n| format!("p/{n:02}")).collect();
    for key in all.iter().map(String::as_str).chain(["o", "p", "q"]) {
        assert!(set(journal, put("s", key, b"v")));
    }
    let (mut read, mut after) = (Vec::new(), None);
    for full in [10, 10, 5, 0] {
        let page = keys(journal, "s", "p/", after.as_deref(), 10);
        assert_eq!(page.len(), full);
        after = page.last().cloned().or(after);
        read.extend(page);
    }
    assert_eq!(read, all);
    assert_eq!(keys(journal, "s", "p/", Some("p/235"), 1), ["p/24"], "the key need not be there");
}

/// Keys and values count, to the byte.
pub fn a_part_of_a_store_holds_no_more_than_its_quota(journal: &dyn Journal) {
    assert!(set(journal, within("p/", 20, put("s", "p/a", &[0; 7]))));
    assert!(!set(journal, within("p/", 20, put("s", "p/b", &[0; 8]))));
    assert_eq!(get(journal, "s", "p/b"), None);
    assert!(set(journal, within("p/", 20, put("s", "p/b", &[0; 7]))));
    assert!(!set(journal, within("p/", 20, put("s", "p/", b""))));
    delete(journal, "s", "p/a");
    assert!(set(journal, within("p/", 20, put("s", "p/c", &[0; 7]))));
    assert!(!set(journal, within("q/", 2, put("s", "q/a", b""))));
    assert!(set(journal, within("q/", 3, put("s", "q/a", b""))));
}

/// The value that goes makes room for the one that comes; one that does not fit leaves it there.
pub fn what_is_replaced_does_not_count(journal: &dyn Journal) {
    assert!(set(journal, within("", 10, put("s", "k", &[1; 9]))));
    assert!(set(journal, within("", 10, put("s", "k", &[2; 9]))));
    assert!(!set(journal, within("", 10, put("s", "k", &[3; 10]))));
    assert_eq!(get(journal, "s", "k"), Some(vec![2; 9]));
}

/// Neither other parts of the store nor other stores.
pub fn a_quota_counts_only_what_begins_with_its_prefix(journal: &dyn Journal) {
    for (store, key) in [("s", "p"), ("s", "p."), ("s", "p0"), ("s", "P/"), ("s", "_/x"), ("t", "p/x")] {
        assert!(set(journal, put(store, key, &[0; 100])));
    }
    assert!(set(journal, within("p/", 5, put("s", "p/x", &[0; 2]))));
    assert!(!set(journal, within("_/", 10, put("s", "_/y", &[0; 2]))));
}

/// Nobody has to remove it.
pub fn a_value_is_not_there_from_its_end_on(journal: &dyn Journal) {
    assert!(set(journal, Put { expires_at: Some(Timestamp(10)), ..put("s", "short", b"1") }));
    assert!(set(journal, Put { expires_at: Some(Timestamp(u64::MAX)), ..put("s", "long", b"2") }));
    assert!(set(journal, put("s", "ever", b"3")));
    let there = |now| {
        let listed = wait(journal.kv_keys(&Keys { now: Timestamp(now), ..asking("s", "", None, 10) }));
        let listed = listed.expect("a listing");
        for key in ["short", "long", "ever"] {
            let value = wait(journal.kv_get("s", key, Timestamp(now))).expect("a value");
            assert_eq!(value.is_some(), listed.contains(&key.to_owned()), "{key} at {now}");
        }
        listed
    };
    assert_eq!(there(9), ["ever", "long", "short"]);
    assert_eq!(there(10), ["ever", "long"]);
    assert_eq!(there(11), ["ever", "long"]);
    assert!(set(journal, Put { now: Timestamp(11), ..put("s", "short", b"4") }));
    assert_eq!(there(12), ["ever", "long", "short"], "it came without an end");
}

/// It makes room, even where it is another key.
pub fn what_has_ended_counts_for_nothing(journal: &dyn Journal) {
    assert!(set(journal, Put { expires_at: Some(Timestamp(10)), ..within("", 10, put("s", "a", &[0; 9])) }));
    assert!(!set(journal, Put { now: Timestamp(9), ..within("", 10, put("s", "b", &[0; 9])) }));
    assert!(set(journal, Put { now: Timestamp(10), ..within("", 10, put("s", "b", &[0; 9])) }));
    assert_eq!(wait(journal.kv_get("s", "a", Timestamp(0))).expect("no value"), None, "it is removed");
}

/// They are nobody's run.
pub fn purging_runs_leaves_values(journal: &dyn Journal) {
    write(journal, vec![commit(1, 1..=2)]);
    assert!(set(journal, put("s", "k", b"v")));
    wait(journal.purge(&run(1))).expect("it is known");
    assert_eq!(get(journal, "s", "k").as_deref(), Some(&b"v"[..]));
}

/// At time 0, for ever, within any quota.
fn put(store: &str, key: &str, value: &[u8]) -> Put {
    let within = Quota { prefix: String::new(), bytes: u64::MAX };
    let (store, key, value) = (store.to_owned(), key.to_owned(), value.to_vec());
    Put { store, key, value, now: Timestamp(0), expires_at: None, within }
}

fn within(prefix: &str, bytes: u64, put: Put) -> Put {
    Put { within: Quota { prefix: prefix.to_owned(), bytes }, ..put }
}

fn asking(store: &str, prefix: &str, after: Option<&str>, limit: u32) -> Keys {
    let (store, prefix, after) = (store.to_owned(), prefix.to_owned(), after.map(str::to_owned));
    Keys { store, prefix, after, now: Timestamp(0), limit }
}

fn set(journal: &dyn Journal, put: Put) -> bool {
    wait(journal.kv_set(put)).expect("a journal that can be written")
}

fn get(journal: &dyn Journal, store: &str, key: &str) -> Option<Vec<u8>> {
    wait(journal.kv_get(store, key, Timestamp(0))).expect("a journal that can be read")
}

fn delete(journal: &dyn Journal, store: &str, key: &str) {
    wait(journal.kv_delete(store, key)).expect("a journal that can be written");
}

fn keys(journal: &dyn Journal, store: &str, prefix: &str, after: Option<&str>, limit: u32) -> Vec<String> {
    wait(journal.kv_keys(&asking(store, prefix, after, limit))).expect("a journal that can be read")
}
