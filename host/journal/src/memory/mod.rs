//! A journal that lasts as long as the process: for tests, and for runs that nobody wants back.
//! It keeps the same encoded rows as a durable backend, so what does not survive encoding does not
//! survive here either.

mod blobs;
mod inbox;
mod kept;
mod kv;

use std::sync::{Mutex, MutexGuard, PoisonError};

use lockstep_core::blob::Digest;
use lockstep_core::event::Timestamp;
use lockstep_core::journal::{
    Answer, Commit, Due, Journal, Keys, Message, MessageId, Put, Query, Row, Summary,
};
use lockstep_core::run::{RunId, Seq};
use lockstep_core::workflow::{Graph, Revision};

use crate::encode;
use kept::Kept;

/// A journal in memory. Its answers are ready at once; the lock is never held over an await.
#[derive(Debug, Default)]
pub struct Memory {
    kept: Mutex<Kept>,
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

    fn answer<'a, T: Send>(&'a self, ask: impl FnOnce(&mut Kept) -> T + Send + 'a) -> Answer<'a, T> {
        Box::pin(async move { Ok(ask(&mut self.kept())) })
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
        self.answer(|kept| kept.load(run))
    }

    fn effects_since<'a>(&'a self, workflow: &'a str, from: Timestamp) -> Answer<'a, Vec<Row>> {
        self.answer(move |kept| kept.effects_since(workflow, from))
    }

    fn blob<'a>(&'a self, digest: &'a Digest, offset: u64, length: u64) -> Answer<'a, Option<Vec<u8>>> {
        self.answer(move |kept| kept.blobs.read(digest, offset, length))
    }

    fn ends<'a>(&'a self, run: &'a RunId) -> Answer<'a, Vec<Seq>> {
        self.answer(|kept| kept.ends(run))
    }

    fn keep<'a>(&'a self, graph: &'a Graph) -> Answer<'a, ()> {
        self.answer(|kept| kept.keep(graph))
    }

    fn graph<'a>(&'a self, revision: &'a Revision) -> Answer<'a, Option<Graph>> {
        self.answer(|kept| kept.graph(revision))
    }

    fn runs<'a>(&'a self, query: &'a Query) -> Answer<'a, Vec<(RunId, Summary)>> {
        self.answer(|kept| kept.runs(query))
    }

    fn named<'a>(&'a self, text: &'a str, limit: u32) -> Answer<'a, Vec<RunId>> {
        self.answer(move |kept| kept.named(text, limit as usize))
    }

    fn due<'a>(&'a self, due: &'a Due) -> Answer<'a, Vec<(Timestamp, RunId)>> {
        self.answer(|kept| kept.due(due))
    }

    fn purge<'a>(&'a self, run: &'a RunId) -> Answer<'a, ()> {
        self.answer(|kept| kept.purge(run))
    }

    fn post<'a>(&'a self, run: &'a RunId, body: Vec<u8>) -> Answer<'a, MessageId> {
        self.answer(|kept| kept.inbox.post(run.clone(), body))
    }

    fn inbox(&self, limit: u32) -> Answer<'_, Vec<Message>> {
        self.answer(move |kept| kept.inbox.waiting(limit as usize))
    }

    fn reply(&self, message: MessageId, body: Vec<u8>) -> Answer<'_, ()> {
        self.answer(move |kept| kept.inbox.reply(message, body))
    }

    fn replied(&self, message: MessageId) -> Answer<'_, Option<Vec<u8>>> {
        self.answer(move |kept| kept.inbox.replied(message))
    }

    fn kv_get<'a>(&'a self, store: &'a str, key: &'a str, now: Timestamp) -> Answer<'a, Option<Vec<u8>>> {
        self.answer(move |kept| kept.kv.get(store, key, now))
    }

    fn kv_set(&self, put: Put) -> Answer<'_, bool> {
        self.answer(|kept| kept.kv.set(put))
    }

    fn kv_delete<'a>(&'a self, store: &'a str, key: &'a str) -> Answer<'a, ()> {
        self.answer(|kept| kept.kv.delete(store, key))
    }

    fn kv_keys<'a>(&'a self, keys: &'a Keys) -> Answer<'a, Vec<String>> {
        self.answer(|kept| kept.kv.keys(keys))
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
        assert!(journal.kept().load(&crate::conformance::run(1)).is_empty());
    }
}
