//! The suite can fail: for each way a backend may be wrong, a backend that is, and the check that
//! finds it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use lockstep_core::event::Timestamp;
use lockstep_core::journal::{Answer, Commit, Error, Journal, Row};
use lockstep_core::run::RunId;

use crate::Memory;

/// What is wrong with a backend.
#[derive(Clone, Copy, Debug)]
enum Fault {
    WritesPartOfAGroup,
    LetsGapsPass,
    CountsCommits,
    DropsNul,
    SignsTimes,
    ForgetsOrder,
}

type Check = fn(&dyn Journal);

/// A backend with one fault.
struct Faulty {
    sound: Memory,
    fault: Fault,
}

impl Journal for Faulty {
    fn commit(&self, group: Vec<Commit>) -> Answer<'_, u64> {
        Box::pin(async move {
            match self.fault {
                Fault::WritesPartOfAGroup => self.write_each(group).await,
                Fault::CountsCommits => Ok(self.write_each(group).await? + 1),
                Fault::LetsGapsPass => self.sound.commit(group).await.or(Ok(1)),
                Fault::DropsNul | Fault::SignsTimes | Fault::ForgetsOrder => self.sound.commit(group).await,
            }
        })
    }

    fn load<'a>(&'a self, run: &'a RunId) -> Answer<'a, Vec<Row>> {
        Box::pin(async move {
            let mut rows = self.sound.load(run).await?;
            match self.fault {
                Fault::DropsNul => rows.iter_mut().for_each(drop_nul),
                Fault::SignsTimes => rows.iter_mut().for_each(|row| row.at = signed(row.at)),
                Fault::ForgetsOrder => rows.reverse(),
                Fault::WritesPartOfAGroup | Fault::LetsGapsPass | Fault::CountsCommits => {}
            }
            Ok(rows)
        })
    }
}

impl Faulty {
    async fn write_each(&self, group: Vec<Commit>) -> Result<u64, Error> {
        let mut number = 0;
        for commit in group {
            number = self.sound.commit(vec![commit]).await?;
        }
        Ok(number)
    }
}

fn drop_nul(row: &mut Row) {
    row.payload.iter_mut().for_each(|payload| payload.retain(|byte| *byte != 0));
}

fn signed(Timestamp(at): Timestamp) -> Timestamp {
    Timestamp(at.min(i64::MAX as u64))
}

#[test]
fn a_backend_with_a_fault_fails_the_check_for_it() {
    let faults: [(Fault, Check); 7] = [
        (Fault::WritesPartOfAGroup, super::a_group_is_written_whole_or_not_at_all),
        (Fault::LetsGapsPass, super::a_skipped_row_is_refused),
        (Fault::CountsCommits, super::groups_are_numbered_one_by_one),
        (Fault::DropsNul, super::hostile_values_come_back),
        (Fault::SignsTimes, super::any_time_comes_back),
        (Fault::ForgetsOrder, super::rows_of_later_groups_follow),
        (Fault::ForgetsOrder, super::a_run_folds_from_what_was_stored),
    ];
    for (fault, check) in faults {
        let journal = Faulty { sound: Memory::new(), fault };
        let found = catch_unwind(AssertUnwindSafe(|| check(&journal))).is_err();
        assert!(found, "{fault:?} was not found");
    }
}

#[test]
fn random_operations_find_faults_too() {
    for fault in [Fault::WritesPartOfAGroup, Fault::LetsGapsPass, Fault::CountsCommits, Fault::DropsNul] {
        let journal = Faulty { sound: Memory::new(), fault };
        let check = || super::random_operations_match_a_model(&journal);
        assert!(catch_unwind(AssertUnwindSafe(check)).is_err(), "{fault:?} was not found");
    }
}
