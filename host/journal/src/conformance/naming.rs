//! Checks of how a run is found by what people call it, and that it can be forgotten.

use std::sync::Arc;

use lockstep_core::event::Timestamp;
use lockstep_core::journal::{Commit, Due, Journal};
use lockstep_core::run::RunId;
use lockstep_core::workflow::Revision;

use super::hostile::TEXTS;
use super::records::{commit_with, record, summary};
use super::{commit, listing, load, numbers, run, runs, wait, write};

/// By the beginning of their ids, in order, and no more than asked for.
pub fn runs_are_named_by_how_their_ids_begin(journal: &dyn Journal) {
    for id in ["ab1", "b", "ab", "aB", "ab2", "a\u{10ffff}", "ab\u{10ffff}\u{10ffff}", "ac"] {
        write(journal, vec![begun(id, None)]);
    }
    let ab = ["ab", "ab1", "ab2", "ab\u{10ffff}\u{10ffff}"];
    assert_eq!(named(journal, "ab", 9), ab);
    assert_eq!(named(journal, "ab", 2), ab[..2]);
    assert_eq!(named(journal, "ab1", 9), ["ab1"]);
    assert_eq!(named(journal, "ab11", 9), [""; 0]);
    assert_eq!(named(journal, "ab\u{10ffff}", 9), ab[3..]);
    assert_eq!(named(journal, "a", 1), ["aB"]);
    assert_eq!(named(journal, "", 99).len(), 8);
    assert_eq!(named(journal, "", 0), [""; 0]);
}

/// What other programs would take for a pattern is text.
pub fn a_name_is_no_pattern(journal: &dyn Journal) {
    write(journal, vec![commit(1, 1..=1), commit(2, 1..=1)]);
    for text in ["%", "_", "*", "?", "[0-9]", "\\", "'", "\0"] {
        assert_eq!(named(journal, text, 9), [""; 0], "{text:?}");
        assert_eq!(named(journal, &format!("{}{text}", &run(1).as_str()[..3]), 9), [""; 0], "{text:?}");
    }
    for (which, text) in (10..).zip(TEXTS) {
        let id = format!("{which}{text}");
        write(journal, vec![begun(&id, None)]);
        assert_eq!(named(journal, &id, 9).first(), Some(&id));
    }
}

/// An alias is one run's name, all of it; the run need not begin so.
pub fn a_run_is_named_by_its_alias(journal: &dyn Journal) {
    for (which, alias) in (1..).zip(TEXTS.into_iter().chain(["nV3x_k9-Qz", "nv3x_k9-qz"])) {
        write(journal, vec![begun(&format!("run {which}"), Some(alias))]);
        assert_eq!(named(journal, alias, 9), [format!("run {which}")], "{alias:?}");
    }
    assert_eq!(named(journal, "nV3x_k9-Q", 9), [""; 0], "a part of an alias is none");
    assert_eq!(named(journal, "nV3x_k9-Qz", 0), [""; 0]);
}

/// An alias wins over ids that begin so, and the newest run of that name over the others.
pub fn the_newest_run_of_an_alias_is_meant(journal: &dyn Journal) {
    write(journal, vec![begun("c", Some("a")), begun("a1", None), begun("b", Some("a"))]);
    assert_eq!(named(journal, "a", 9), ["b"]);
    write(journal, vec![commit_to("c", 2)]);
    assert_eq!(named(journal, "a", 9), ["b"], "it is the newest that began");
    purge(journal, "b");
    assert_eq!(named(journal, "a", 9), ["c"]);
    purge(journal, "c");
    assert_eq!(named(journal, "a", 9), ["a1"]);
}

/// Nothing is left of a run that was purged, and nothing of others is gone.
pub fn a_purged_run_is_forgotten(journal: &dyn Journal) {
    write(journal, vec![commit(1, 1..=3), commit(2, 1..=2)]);
    let alias = summary(1).about.alias.clone().expect("runs of the suite have one");
    wait(journal.purge(&run(1))).expect("it is known");
    assert_eq!(load(journal, &run(1)), []);
    assert_eq!(runs(journal, &listing()), [run(2)]);
    assert_eq!(named(journal, &alias, 9), [""; 0]);
    assert_eq!(named(journal, run(1).as_str(), 9), [""; 0]);
    let due = Due { revision: Revision::named("r1"), after: None, limit: 9 };
    assert_eq!(wait(journal.due(&due)).expect("what is due"), [(Timestamp(0), run(2))]);
    assert_eq!(numbers(journal, 2), [1, 2]);
}

/// One that is not known, or not any more, is no error.
pub fn a_run_that_is_not_known_can_be_purged(journal: &dyn Journal) {
    wait(journal.purge(&run(1))).expect("no error");
    write(journal, vec![commit(1, 1..=1)]);
    for _ in 0..2 {
        wait(journal.purge(&run(1))).expect("no error");
    }
}

/// The id is free again: the next run of that name begins with row 1, and is the newest.
pub fn a_purged_run_can_begin_again(journal: &dyn Journal) {
    write(journal, vec![commit(1, 1..=3), commit(2, 1..=1)]);
    wait(journal.purge(&run(1))).expect("it is known");
    write(journal, vec![commit_with(1, 1..=2, |summary| summary.asking = 7)]);
    assert_eq!(numbers(journal, 1), [1, 2]);
    assert_eq!(runs(journal, &listing()), [run(1), run(2)]);
    let told = wait(journal.runs(&listing())).expect("a listing");
    assert_eq!(told[0].1.asking, 7);
}

fn begun(id: &str, alias: Option<&str>) -> Commit {
    let mut commit = commit_to(id, 1);
    Arc::make_mut(&mut commit.summary.about).alias = alias.map(Into::into);
    commit
}

fn commit_to(id: &str, row: u64) -> Commit {
    Commit { run: RunId::named(id), records: vec![record(row)], summary: summary(0), takes: None }
}

fn named(journal: &dyn Journal, text: &str, limit: u32) -> Vec<String> {
    let found = wait(journal.named(text, limit)).expect("runs by name");
    found.iter().map(ToString::to_string).collect()
}

fn purge(journal: &dyn Journal, id: &str) {
    wait(journal.purge(&RunId::named(id))).expect("it is known");
}
