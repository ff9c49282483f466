//! What every journal must do, as checks that a backend runs on itself: each takes a fresh, empty
//! journal and panics where it breaks its promise. They see no more than the trait.
//!
//! ```
//! # use lockstep_journal::Memory;
//! lockstep_journal::conforms!(Memory::new());
//! ```
//!
//! The checks wait for answers with a small executor of their own. A backend whose answers need a
//! runtime's timers or sockets enters that runtime where it is opened.

mod blobs;
mod effects;
mod graphs;
mod hostile;
mod inbox;
mod kv;
pub(crate) mod life;
mod listing;
mod model;
mod naming;
pub(crate) mod records;
mod waking;

#[cfg(test)]
mod tests;

pub use blobs::*;
pub use effects::*;
pub use graphs::*;
pub use hostile::{any_time_comes_back, hostile_reasons_come_back, hostile_values_come_back};
pub use inbox::*;
pub use kv::*;
pub use life::{a_run_folds_from_what_was_stored, what_is_known_of_a_run_follows_from_its_rows};
pub use listing::*;
pub use model::random_operations_match_a_model;
pub use naming::*;
pub use records::{commit, commit_of, run, summary};
pub use waking::*;

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use lockstep_core::journal::{Answer, Commit, Error, Journal, Query, Row};
use lockstep_core::run::{RunId, Seq};

/// One test for each check of the suite; the expression opens a fresh, empty journal. If it opens
/// something that holds one, a second expression says how to come from a reference to the one to a
/// reference to the other.
#[macro_export]
macro_rules! conforms {
    ($open:expr) => {
        $crate::conforms! { $open, ::std::convert::identity }
    };
    ($open:expr, $journal:expr) => {
        $crate::conforms! { $open, $journal;
            an_unknown_run_has_no_rows,
            rows_come_back_as_they_went_in,
            rows_of_later_groups_follow,
            hostile_values_come_back,
            hostile_reasons_come_back,
            any_time_comes_back,
            groups_are_numbered_one_by_one,
            a_refused_group_takes_no_number,
            a_group_of_nothing_is_a_group,
            a_commit_of_nothing_changes_no_run,
            rows_are_numbered_from_one,
            a_skipped_row_is_refused,
            a_repeated_row_is_refused,
            a_hole_inside_a_commit_is_refused,
            a_number_at_the_end_of_all_numbers_is_refused,
            a_group_is_written_whole_or_not_at_all,
            commits_of_one_run_in_a_group_follow_each_other,
            commits_of_one_run_in_a_group_may_not_leave_a_gap,
            groups_of_a_run_end_at_their_last_rows,
            runs_do_not_mix,
            of_two_writers_of_one_row_one_is_refused,
            a_reader_never_sees_half_a_group,
            runs_are_listed_newest_first,
            a_listing_tells_what_is_known,
            every_status_comes_back,
            a_listing_tells_the_newest,
            a_refused_group_is_not_listed,
            a_listing_holds_what_was_asked_for,
            pages_of_a_listing_follow_each_other,
            runs_are_woken_soonest_first,
            pages_of_waking_follow_each_other,
            a_run_is_woken_at_its_newest_time,
            runs_of_another_revision_are_not_woken,
            the_end_of_time_comes_last,
            runs_are_named_by_how_their_ids_begin,
            a_name_is_no_pattern,
            a_run_is_named_by_its_alias,
            the_newest_run_of_an_alias_is_meant,
            a_purged_run_is_forgotten,
            a_run_that_is_not_known_can_be_purged,
            a_purged_run_can_begin_again,
            a_payload_comes_back_whole_at_every_length,
            a_large_payload_can_be_read_by_its_digest_and_in_parts,
            bytes_that_no_row_shares_are_not_there,
            a_refused_group_shares_nothing,
            shared_bytes_go_with_the_last_row_that_has_them,
            shared_bytes_can_come_again,
            blobs_of_every_length_are_stored_and_not_loaded_with_their_rows,
            a_row_that_only_names_a_blob_keeps_it,
            calls_are_found_from_a_time_on,
            calls_come_back_as_they_went_in,
            a_graph_comes_back_as_it_was_kept,
            a_graph_that_was_not_kept_is_not_there,
            a_graph_that_is_kept_stays,
            messages_are_delivered_in_order,
            messages_come_back_as_they_went_in,
            a_commit_takes_its_message,
            a_commit_of_nothing_takes_its_message,
            a_refused_group_takes_no_message,
            a_message_may_be_taken_twice,
            an_answer_is_there_for_whoever_asked,
            the_first_answer_stays,
            purging_leaves_what_waits_for_an_answer,
            a_value_comes_back_as_it_was_set,
            stores_and_keys_do_not_mix,
            keys_are_listed_in_the_order_of_their_bytes,
            a_prefix_is_no_pattern,
            pages_of_keys_follow_each_other,
            a_part_of_a_store_holds_no_more_than_its_quota,
            what_is_replaced_does_not_count,
            a_quota_counts_only_what_begins_with_its_prefix,
            a_value_is_not_there_from_its_end_on,
            what_has_ended_counts_for_nothing,
            purging_runs_leaves_values,
            a_run_folds_from_what_was_stored,
            what_is_known_of_a_run_follows_from_its_rows,
            random_operations_match_a_model,
        }
    };
    ($open:expr, $journal:expr; $($check:ident),* $(,)?) => {
        $(
            #[test]
            fn $check() {
                $crate::conformance::$check($journal(&$open));
            }
        )*
    };
}

/// Waits for an answer on this thread.
pub fn wait<T>(answer: Answer<'_, T>) -> Result<T, Error> {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut answer = pin!(answer);
    loop {
        match answer.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => return result,
            Poll::Pending => thread::park(),
        }
    }
}

/// A run that was never written is no error.
pub fn an_unknown_run_has_no_rows(journal: &dyn Journal) {
    assert_eq!(load(journal, &run(1)), []);
}

/// Every kind of row, byte for byte and in order, and each reads as the record it was.
pub fn rows_come_back_as_they_went_in(journal: &dyn Journal) {
    let commit = commit_of(1, records::of_every_kind());
    write(journal, vec![commit.clone()]);
    let rows = load(journal, &run(1));
    assert_eq!(rows, encoded(&commit));
    for (row, record) in rows.iter().zip(&commit.records) {
        assert_eq!(&row.decode().expect("it was just encoded"), record);
    }
}

/// A run grows at its end.
pub fn rows_of_later_groups_follow(journal: &dyn Journal) {
    let (first, second) = (commit(1, 1..=2), commit(1, 3..=5));
    write(journal, vec![first.clone()]);
    write(journal, vec![second.clone()]);
    assert_eq!(load(journal, &run(1)), [encoded(&first), encoded(&second)].concat());
}

/// Each group's number is one more than that of the group before, over all runs.
pub fn groups_are_numbered_one_by_one(journal: &dyn Journal) {
    let first = write(journal, vec![commit(1, 1..=1)]);
    assert_eq!(write(journal, vec![commit(2, 1..=1), commit(3, 1..=1)]), first + 1);
    assert_eq!(write(journal, vec![commit(1, 2..=2)]), first + 2);
}

/// A number says that a group was written.
pub fn a_refused_group_takes_no_number(journal: &dyn Journal) {
    let first = write(journal, vec![commit(1, 1..=1)]);
    refused(journal, vec![commit(1, 3..=3)]);
    assert_eq!(write(journal, vec![commit(1, 2..=2)]), first + 1);
}

/// A group without commits is answered like any other.
pub fn a_group_of_nothing_is_a_group(journal: &dyn Journal) {
    let first = write(journal, vec![]);
    assert_eq!(write(journal, vec![]), first + 1);
}

/// A commit without records is no gap, wherever its run ends.
pub fn a_commit_of_nothing_changes_no_run(journal: &dyn Journal) {
    let empty = commit_of(1, Vec::new());
    write(journal, vec![empty.clone()]);
    assert_eq!(load(journal, &run(1)), []);
    write(journal, vec![commit(1, 1..=2), empty.clone(), commit(1, 3..=3), empty]);
    assert_eq!(numbers(journal, 1), [1, 2, 3]);
}

/// A run begins with row 1.
pub fn rows_are_numbered_from_one(journal: &dyn Journal) {
    assert_eq!(refused(journal, vec![commit(1, 0..=0)]), (run(1), 0, 0));
    assert_eq!(refused(journal, vec![commit(1, 2..=3)]), (run(1), 0, 2));
    assert!(numbers(journal, 1).is_empty());
}

/// A commit was lost before this one.
pub fn a_skipped_row_is_refused(journal: &dyn Journal) {
    write(journal, vec![commit(1, 1..=3)]);
    assert_eq!(refused(journal, vec![commit(1, 5..=6)]), (run(1), 3, 5));
    assert_eq!(numbers(journal, 1), [1, 2, 3]);
}

/// Another owner wrote before this one.
pub fn a_repeated_row_is_refused(journal: &dyn Journal) {
    write(journal, vec![commit(1, 1..=3)]);
    assert_eq!(refused(journal, vec![commit(1, 3..=4)]), (run(1), 3, 3));
    assert_eq!(refused(journal, vec![commit(1, 1..=3)]), (run(1), 3, 1));
    assert_eq!(numbers(journal, 1), [1, 2, 3]);
}

/// Not only the first row of a commit has to follow.
pub fn a_hole_inside_a_commit_is_refused(journal: &dyn Journal) {
    for numbers in [vec![1, 2, 4], vec![1, 1], vec![1, 2, 1]] {
        let records = numbers.into_iter().map(records::record).collect();
        refused(journal, vec![commit_of(1, records)]);
        assert_eq!(load(journal, &run(1)), []);
    }
}

/// Counting does not wrap.
pub fn a_number_at_the_end_of_all_numbers_is_refused(journal: &dyn Journal) {
    write(journal, vec![commit(1, 1..=1)]);
    for far in [i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX] {
        assert_eq!(refused(journal, vec![commit(1, far..=far)]), (run(1), 1, far));
    }
    assert_eq!(numbers(journal, 1), [1]);
}

/// Wherever in a group the commit that does not fit stands, nothing of the group is visible.
pub fn a_group_is_written_whole_or_not_at_all(journal: &dyn Journal) {
    write(journal, vec![commit(1, 1..=2), commit(2, 1..=1)]);
    for place in 0..3 {
        let mut group = vec![commit(1, 3..=4), commit(3, 1..=1)];
        group.insert(place, commit(2, 3..=3));
        assert_eq!(refused(journal, group), (run(2), 1, 3));
        assert_eq!(numbers(journal, 1), [1, 2], "the misfit stands at {place}");
        assert_eq!(numbers(journal, 2), [1], "the misfit stands at {place}");
        assert!(numbers(journal, 3).is_empty(), "the misfit stands at {place}");
    }
}

/// A commit of a group follows on those of the same group before it.
pub fn commits_of_one_run_in_a_group_follow_each_other(journal: &dyn Journal) {
    write(journal, vec![commit(1, 1..=2), commit(2, 1..=1), commit(1, 3..=3), commit(1, 4..=6)]);
    assert_eq!(numbers(journal, 1), [1, 2, 3, 4, 5, 6]);
    assert_eq!(numbers(journal, 2), [1]);
}

/// The same, where it does not fit.
pub fn commits_of_one_run_in_a_group_may_not_leave_a_gap(journal: &dyn Journal) {
    assert_eq!(refused(journal, vec![commit(1, 1..=2), commit(1, 4..=4)]), (run(1), 2, 4));
    assert_eq!(refused(journal, vec![commit(1, 1..=2), commit(1, 1..=2)]), (run(1), 2, 1));
    assert!(numbers(journal, 1).is_empty());
}

/// A group has one end in each run that it has rows of, however many commits of the run are in it.
pub fn groups_of_a_run_end_at_their_last_rows(journal: &dyn Journal) {
    assert_eq!(ends(journal, 1), [0; 0]);
    write(journal, vec![commit(1, 1..=3)]);
    write(journal, vec![commit(2, 1..=1)]);
    write(journal, vec![commit(1, 4..=4), commit(2, 2..=5), commit_of(1, Vec::new()), commit(1, 5..=6)]);
    write(journal, vec![commit_of(1, Vec::new())]);
    refused(journal, vec![commit(1, 7..=7), commit(2, 9..=9)]);
    assert_eq!((ends(journal, 1), ends(journal, 2)), (vec![3, 6], vec![1, 5]));
    wait(journal.purge(&run(1))).expect("it is known");
    write(journal, vec![commit(1, 1..=2)]);
    assert_eq!((ends(journal, 1), ends(journal, 2)), (vec![2], vec![1, 5]));
}

/// Rows belong to one run each, in whatever order they were written.
pub fn runs_do_not_mix(journal: &dyn Journal) {
    for row in 1..=5 {
        for which in 1..=3 {
            write(journal, vec![commit(which, row..=row)]);
        }
    }
    for which in 1..=3 {
        assert_eq!(load(journal, &run(which)), encoded(&commit(which, 1..=5)));
    }
}

/// Two owners of one run race for each of its rows: each row is written once.
pub fn of_two_writers_of_one_row_one_is_refused(journal: &dyn Journal) {
    for row in 1..=50 {
        let (left, right) = thread::scope(|scope| {
            let race = || wait(journal.commit(vec![commit(1, row..=row)])).is_ok();
            let other = scope.spawn(race);
            (race(), other.join().expect("a race does not panic"))
        });
        assert!(left != right, "row {row}: both or none of two writers succeeded");
    }
    assert_eq!(load(journal, &run(1)), encoded(&commit(1, 1..=50)));
}

/// Whatever a reader sees, it is the end of some group.
pub fn a_reader_never_sees_half_a_group(journal: &dyn Journal) {
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for first in (1..=600).step_by(6) {
                write(journal, vec![commit(1, first..=first + 2), commit(1, first + 3..=first + 5)]);
            }
        });
        let mut seen = 0;
        while !writer.is_finished() {
            let now = load(journal, &run(1)).len();
            assert!(now >= seen && now.is_multiple_of(6), "{now} rows after {seen}");
            seen = now;
        }
    });
    assert_eq!(load(journal, &run(1)), encoded(&commit(1, 1..=600)));
}

/// Every run.
fn listing() -> Query {
    Query { limit: u32::MAX, ..Query::default() }
}

fn runs(journal: &dyn Journal, query: &Query) -> Vec<RunId> {
    let listed = wait(journal.runs(query)).expect("a listing");
    listed.into_iter().map(|(run, _)| run).collect()
}

fn load(journal: &dyn Journal, run: &RunId) -> Vec<Row> {
    wait(journal.load(run)).expect("a journal that can be read")
}

fn numbers(journal: &dyn Journal, which: u64) -> Vec<u64> {
    load(journal, &run(which)).iter().map(|row| row.seq.0).collect()
}

fn ends(journal: &dyn Journal, which: u64) -> Vec<u64> {
    let ends = wait(journal.ends(&run(which))).expect("a journal that can be read");
    ends.into_iter().map(|Seq(row)| row).collect()
}

fn write(journal: &dyn Journal, group: Vec<Commit>) -> u64 {
    wait(journal.commit(group)).expect("a group whose rows follow")
}

/// The run, its last row and the row that was offered, as the refusal tells them.
fn refused(journal: &dyn Journal, group: Vec<Commit>) -> (RunId, u64, u64) {
    match wait(journal.commit(group)) {
        Err(Error::Gap { run, stored, offered }) => (run, stored, offered),
        other => panic!("a gap should have been refused, but the answer was {other:?}"),
    }
}

fn encoded(commit: &Commit) -> Vec<Row> {
    commit.records.iter().map(Row::encode).collect()
}
