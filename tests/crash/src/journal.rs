//! The journal as the worker has it: it notes when a commit begins, lasts and is written, and widens
//! the moments between by small waits. With its wall away it answers before it has written.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lockstep_core::blob::Digest;
use lockstep_core::event::Timestamp;
use lockstep_core::journal::{
    Answer, Commit, Due, Error, Journal, Keys, Message, MessageId, Put, Query, Row, Summary,
};
use lockstep_core::run::{RunId, Seq};
use lockstep_core::workflow::{Graph, Revision};
use lockstep_journal::Sqlite;
use tokio::sync::mpsc;

use crate::places::{Place, Places};
use crate::random::Random;

/// How long what is answered early stays unwritten.
const LATER: Duration = Duration::from_secs(1);

/// A store that notes what it does.
pub(crate) struct Noting {
    store: Arc<Sqlite>,
    places: Arc<Places>,
    random: Mutex<Random>,
    /// Where commits go that are answered before they are written.
    later: Option<mpsc::UnboundedSender<Vec<Commit>>>,
}

impl Noting {
    pub(crate) fn new(store: Sqlite, places: Arc<Places>, random: Random) -> Noting {
        Noting { store: Arc::new(store), places, random: Mutex::new(random), later: None }
    }

    /// Takes the wall away.
    pub(crate) fn early(mut self) -> Noting {
        let (later, mut groups) = mpsc::unbounded_channel();
        self.later = Some(later);
        let store = self.store.clone();
        tokio::spawn(async move {
            while let Some(group) = groups.recv().await {
                tokio::time::sleep(LATER).await;
                // Whoever asked was answered long ago.
                let _ = store.commit(group).await;
            }
        });
        self
    }

    async fn linger(&self) {
        let micros = {
            let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
            if random.below(3) > 0 { 0 } else { random.below(3000) }
        };
        if micros > 0 {
            tokio::time::sleep(Duration::from_micros(micros)).await;
        }
    }

    async fn write(&self, group: Vec<Commit>) -> Result<u64, Error> {
        match &self.later {
            Some(later) => Ok(later.send(group).map_or(0, |()| 1)),
            None => self.store.commit(group).await,
        }
    }
}

impl Journal for Noting {
    fn commit(&self, group: Vec<Commit>) -> Answer<'_, u64> {
        Box::pin(async move {
            self.linger().await;
            self.places.clear(Place::BeforeCommit);
            self.places.enter(Place::InCommit);
            let written = self.write(group).await;
            self.places.leave(Place::InCommit);
            self.places.enter(Place::BeforeAcknowledgement);
            self.linger().await;
            self.places.leave(Place::BeforeAcknowledgement);
            written
        })
    }

    fn load<'a>(&'a self, run: &'a RunId) -> Answer<'a, Vec<Row>> {
        self.store.load(run)
    }

    fn keep<'a>(&'a self, graph: &'a Graph) -> Answer<'a, ()> {
        self.store.keep(graph)
    }

    fn graph<'a>(&'a self, revision: &'a Revision) -> Answer<'a, Option<Graph>> {
        self.store.graph(revision)
    }

    fn runs<'a>(&'a self, query: &'a Query) -> Answer<'a, Vec<(RunId, Summary)>> {
        self.store.runs(query)
    }

    fn named<'a>(&'a self, text: &'a str, limit: u32) -> Answer<'a, Vec<RunId>> {
        self.store.named(text, limit)
    }

    fn effects_since<'a>(&'a self, workflow: &'a str, from: Timestamp) -> Answer<'a, Vec<Row>> {
        self.store.effects_since(workflow, from)
    }

    fn due<'a>(&'a self, due: &'a Due) -> Answer<'a, Vec<(Timestamp, RunId)>> {
        self.store.due(due)
    }

    fn ends<'a>(&'a self, run: &'a RunId) -> Answer<'a, Vec<Seq>> {
        self.store.ends(run)
    }

    fn blob<'a>(&'a self, digest: &'a Digest, offset: u64, length: u64) -> Answer<'a, Option<Vec<u8>>> {
        self.store.blob(digest, offset, length)
    }

    fn purge<'a>(&'a self, run: &'a RunId) -> Answer<'a, ()> {
        self.store.purge(run)
    }

    fn post<'a>(&'a self, run: &'a RunId, body: Vec<u8>) -> Answer<'a, MessageId> {
        self.store.post(run, body)
    }

    fn inbox(&self, limit: u32) -> Answer<'_, Vec<Message>> {
        self.store.inbox(limit)
    }

    fn reply(&self, message: MessageId, body: Vec<u8>) -> Answer<'_, ()> {
        self.store.reply(message, body)
    }

    fn replied(&self, message: MessageId) -> Answer<'_, Option<Vec<u8>>> {
        self.store.replied(message)
    }

    fn kv_get<'a>(&'a self, store: &'a str, key: &'a str, now: Timestamp) -> Answer<'a, Option<Vec<u8>>> {
        self.store.kv_get(store, key, now)
    }

    fn kv_set(&self, put: Put) -> Answer<'_, bool> {
        self.store.kv_set(put)
    }

    fn kv_delete<'a>(&'a self, store: &'a str, key: &'a str) -> Answer<'a, ()> {
        self.store.kv_delete(store, key)
    }

    fn kv_keys<'a>(&'a self, keys: &'a Keys) -> Answer<'a, Vec<String>> {
        self.store.kv_keys(keys)
    }
}
