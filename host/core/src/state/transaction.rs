//! What one attempt does with the run's state: it reads what was there when it began and what it
//! has written itself, and hands over its reads and writes when it ends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLockReadGuard};

use super::{Misfit, Op, Reads, Shared, State, Write};
use crate::event::Json;
use crate::run::Seq;

/// A step's reads and writes of one attempt.
#[derive(Debug)]
pub struct Transaction {
    shared: Shared,
    reads: Reads,
    writes: Vec<Write>,
    /// The writes again, by key: so that a read of one key looks at no other's.
    own: BTreeMap<Arc<str>, Vec<usize>>,
}

/// Why a call did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Somebody has changed what was to be read: the attempt begins anew.
    #[error("what it reads was changed since the attempt began")]
    Conflict,
    /// The key does not hold what the call needs.
    #[error(transparent)]
    Misfit(#[from] Misfit),
}

impl Transaction {
    /// The transaction of an attempt that may see the rows up to `as_of`.
    pub fn begin(shared: Shared, as_of: Seq) -> Transaction {
        let reads = Reads { as_of, ..Reads::default() };
        Transaction { shared, reads, writes: Vec::new(), own: BTreeMap::new() }
    }

    /// What it read and wrote.
    pub fn end(self) -> (Reads, Vec<Write>) {
        (self.reads, self.writes)
    }

    /// The value of a key.
    pub fn get(&mut self, key: &str) -> Result<Option<Json>, Refused> {
        let key: Arc<str> = key.into();
        Ok(self.look(&key)?.get(&key))
    }

    /// The keys that begin with `prefix`, in order.
    pub fn keys(&mut self, prefix: &str) -> Result<Vec<Arc<str>>, Refused> {
        self.reads.listed = true;
        let shared = self.shared();
        if shared.keys_version > self.reads.as_of {
            return Err(Refused::Conflict);
        }
        let mut keys: BTreeSet<Arc<str>> = shared.keys(prefix).cloned().collect();
        drop(shared);
        for (key, writes) in self.own.iter().filter(|(key, _)| key.starts_with(prefix)) {
            match writes.last().map(|at| self.writes[*at].op) {
                Some(Op::Delete) => keys.remove(key),
                _ => keys.insert(key.clone()),
            };
        }
        Ok(keys.into_iter().collect())
    }

    /// At most `limit` elements of the list that a key holds, from `offset` on.
    pub fn page(&mut self, key: &str, offset: u64, limit: u32) -> Result<Vec<Json>, Refused> {
        let key: Arc<str> = key.into();
        Ok(self.look(&key)?.page(&key, offset, limit)?)
    }

    /// Writes without a look.
    pub fn write(&mut self, write: Write) {
        let own = self.own.entry(write.key.clone()).or_default();
        if matches!(write.op, Op::Set | Op::Delete) {
            own.clear();
        }
        own.push(self.writes.len());
        self.writes.push(write);
    }

    /// One key as this attempt sees it.
    fn look(&mut self, key: &Arc<str>) -> Result<State, Refused> {
        let own = self.own.get(key).map(Vec::as_slice).unwrap_or_default();
        let is_own = own.first().is_some_and(|at| matches!(self.writes[*at].op, Op::Set | Op::Delete));
        let mut seen = State::default();
        if !is_own {
            self.reads.keys.insert(key.clone());
            let shared = self.shared();
            if shared.version(key) > self.reads.as_of {
                return Err(Refused::Conflict);
            }
            seen.cells.extend(shared.cells.get_key_value(key).map(|(key, cell)| (key.clone(), cell.clone())));
        }
        for at in own {
            seen.write(&self.writes[*at], Seq(0))?;
        }
        Ok(seen)
    }

    /// A panic elsewhere leaves the state as some commit made it.
    fn shared(&self) -> RwLockReadGuard<'_, State> {
        self.shared.read().unwrap_or_else(PoisonError::into_inner)
    }
}
