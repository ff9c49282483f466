//! The stores of keys and values of the journal in memory.

use std::collections::BTreeMap;

use lockstep_core::event::Timestamp;
use lockstep_core::journal::{Keys, Put};

/// By store and key: text is ordered by its bytes.
#[derive(Debug, Default)]
pub(super) struct Kv(BTreeMap<(String, String), Held>);

#[derive(Debug)]
struct Held {
    value: Vec<u8>,
    expires_at: Option<Timestamp>,
}

impl Kv {
    pub(super) fn get(&self, store: &str, key: &str, now: Timestamp) -> Option<Vec<u8>> {
        let held = self.0.get(&(store.to_owned(), key.to_owned()))?;
        held.is_there(now).then(|| held.value.clone())
    }

    /// Whether it was within its quota.
    pub(super) fn set(&mut self, put: Put) -> bool {
        let Put { store, key, value, now, expires_at, within } = put;
        self.0.retain(|_, held| held.is_there(now));
        let others = self.beginning(&store, &within.prefix).filter(|(other, _)| **other != key);
        let held: u64 = others.map(|(key, held)| (key.len() + held.value.len()) as u64).sum();
        if held.saturating_add((key.len() + value.len()) as u64) > within.bytes {
            return false;
        }
        self.0.insert((store, key), Held { value, expires_at });
        true
    }

    pub(super) fn delete(&mut self, store: &str, key: &str) {
        self.0.remove(&(store.to_owned(), key.to_owned()));
    }

    pub(super) fn keys(&self, keys: &Keys) -> Vec<String> {
        let Keys { store, prefix, after, now, limit } = keys;
        let there = self.beginning(store, prefix).filter(|(_, held)| held.is_there(*now));
        let later = there.filter(|(key, _)| after.as_ref().is_none_or(|after| *key > after));
        later.take(*limit as usize).map(|(key, _)| key.clone()).collect()
    }

    fn beginning(&self, store: &str, prefix: &str) -> impl Iterator<Item = (&String, &Held)> {
        let from = (store.to_owned(), prefix.to_owned());
        let found = self.0.range(from..).map(|((store, key), held)| (store, key, held));
        let found = found.take_while(move |(of, key, _)| *of == store && key.starts_with(prefix));
        found.map(|(_, key, held)| (key, held))
    }
}

impl Held {
    fn is_there(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|at| now < at)
    }
}
