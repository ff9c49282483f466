//! Checks of how calls that left runs are found by their times.

use std::sync::Arc;

use lockstep_core::event::Timestamp;
use lockstep_core::journal::{Journal, Row};
use lockstep_core::run::{Record, Seq};

use super::records::{commit_of, of_effects, record, record_of};
use super::{run, wait, write};

/// All rows about calls of one workflow, and no others, in the order of their times and without their
/// answers.
pub fn calls_are_found_from_a_time_on(journal: &dyn Journal) {
    begin(journal, 1, "pays", &[10, 30]);
    begin(journal, 2, "pays", &[20, 40]);
    begin(journal, 3, "other", &[35]);
    assert_eq!(since(journal, "pays", 0), [10, 20, 30, 40]);
    assert_eq!(since(journal, "pays", 20), [20, 30, 40]);
    assert_eq!(since(journal, "other", 30), [35]);
    assert_eq!(since(journal, "pays", 41), [0; 0]);
    assert_eq!(since(journal, "pay", 0), [0; 0]);
    wait(journal.purge(&run(2))).expect("it is known");
    assert_eq!(since(journal, "pays", 0), [10, 30]);
}

/// Every kind of them, as it was written.
pub fn calls_come_back_as_they_went_in(journal: &dyn Journal) {
    let changes = of_effects();
    let records: Vec<Record> = (1..).zip(changes).map(|(seq, change)| record_of(seq, change)).collect();
    write(journal, vec![commit_of(1, records.clone())]);
    let found = wait(journal.effects_since("conformance", Timestamp(0))).expect("a journal that can be read");
    let without = |record: &Record| Row { payload: None, shared: None, ..Row::encode(record) };
    assert_eq!(found, records.iter().map(without).collect::<Vec<_>>());
}

/// A run with other rows, and with an answered call at each of these times.
fn begin(journal: &dyn Journal, which: u64, workflow: &str, times: &[u64]) {
    let answered = of_effects().into_iter().find(|change| matches!(change.payload(), Some(Some(_))));
    let answered = answered.expect("a call with an answer");
    let call =
        |(seq, at): (u64, &u64)| Record { seq: Seq(seq), at: Timestamp(*at), change: answered.clone() };
    let mut records = vec![record(1)];
    records.extend((2..).zip(times).map(call));
    let mut commit = commit_of(which, records);
    Arc::make_mut(&mut commit.summary.about).workflow = workflow.into();
    write(journal, vec![commit]);
}

fn since(journal: &dyn Journal, workflow: &str, from: u64) -> Vec<u64> {
    let found = wait(journal.effects_since(workflow, Timestamp(from))).expect("a journal that can be read");
    assert!(found.iter().all(|row| row.payload.is_none()));
    found.iter().map(|row| row.at.0).collect()
}
