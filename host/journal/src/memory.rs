//! A journal that lasts as long as the process: for tests, and for runs that nobody wants back.
//! It keeps the same encoded rows as a durable backend, so what does not survive encoding does not
//! survive here either.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lockstep_core::journal::{Answer, Commit, Error, Journal, Row};
use lockstep_core::run::RunId;

use crate::{Encoded, encode, end_after};

/// A journal in memory. Its answers are ready at once; the lock is never held over an await.
#[derive(Debug, Default)]
pub struct Memory {
    kept: Mutex<Kept>,
}

/// **Invariant:** the n-th row of a run has number n.
#[derive(Debug, Default)]
struct Kept {
    groups: u64,
    runs: HashMap<RunId, Vec<Row>>,
}

impl Memory {
    /// An empty journal.
    pub fn new() -> Memory {
        Memory::default()
    }

    /// A panic elsewhere cannot leave a group half written, so a poisoned lock is still good.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal for Memory {
    fn commit(&self, group: Vec<Commit>) -> Answer<'_, u64> {
        Box::pin(async move {
            let encoded = group.into_iter().map(encode).collect();
            self.kept().write(encoded)
        })
    }

    fn load<'a>(&'a self, run: &'a RunId) -> Answer<'a, Vec<Row>> {
        Box::pin(async move { Ok(self.kept().runs.get(run).cloned().unwrap_or_default()) })
    }
}

impl Kept {
    fn write(&mut self, group: Vec<Encoded>) -> Result<u64, Error> {
        self.check(&group)?;
        for (run, rows) in group {
            self.runs.entry(run).or_default().extend(rows);
        }
        self.groups += 1;
        Ok(self.groups)
    }

    /// Goes through the whole group before any of it is written: a run may occur in it twice.
    fn check(&self, group: &[Encoded]) -> Result<(), Error> {
        let mut ends: HashMap<&RunId, u64> = HashMap::new();
        for (run, rows) in group {
            let end = ends.entry(run).or_insert_with(|| self.end(run));
            *end = end_after(run, *end, rows.iter().map(|row| row.seq))?;
        }
        Ok(())
    }

    fn end(&self, run: &RunId) -> u64 {
        self.runs.get(run).and_then(|rows| rows.last()).map_or(0, |row| row.seq.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::conforms!(Memory::new());

    #[test]
    fn a_commit_that_nobody_waits_for_is_not_written() {
        let journal = Memory::new();
        drop(journal.commit(vec![crate::conformance::commit(1, 1..=3)]));
        assert!(journal.kept().runs.is_empty());
    }
}
