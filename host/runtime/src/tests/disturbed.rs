//! A journal in memory that a test can disturb: before each call the test says what becomes of it.

use std::sync::{Arc, Mutex};

use lockstep_core::blob::Digest;
use lockstep_core::event::Timestamp;
use lockstep_core::journal::{
    Answer, Commit, Due, Error, Journal, Keys, Message, MessageId, Put, Query, Row, Summary,
};
use lockstep_core::run::{Change, RunId, Seq};
use lockstep_core::workflow::{Graph, Revision};
use lockstep_journal::Memory;
use tokio::sync::Notify;

use super::lab::soon;

/// A call that can be disturbed.
pub(crate) enum Call<'a> {
    Commit(&'a [Commit]),
    Load(&'a RunId),
    Due,
    Reply,
    Blob,
}

/// What becomes of a call.
pub(crate) enum Fate {
    /// The journal does it.
    Goes,
    /// It fails, and nothing is done.
    Fails(Error),
    /// It is not done, and nobody hears of it any more: whoever asked has crashed.
    Hangs,
    /// It waits until the test lets it go.
    Waits,
    /// It panics with these words.
    Panics(&'static str),
}

type Judge = Box<dyn FnMut(Call<'_>) -> Fate + Send>;

/// The journal.
pub(crate) struct Disturbed {
    pub(super) inner: Arc<Memory>,
    judge: Mutex<Judge>,
    /// Something hangs or waits.
    caught: Notify,
    released: Notify,
}

impl Disturbed {
    /// A journal of its own, and a judge over each call.
    pub(super) fn new(judge: impl FnMut(Call<'_>) -> Fate + Send + 'static) -> Arc<Disturbed> {
        Disturbed::over(Arc::default(), judge)
    }

    pub(crate) fn over(
        inner: Arc<Memory>,
        judge: impl FnMut(Call<'_>) -> Fate + Send + 'static,
    ) -> Arc<Disturbed> {
        let judge = Mutex::new(Box::new(judge) as Judge);
        Arc::new(Disturbed { inner, judge, caught: Notify::new(), released: Notify::new() })
    }

    /// Waits until a call hangs or waits.
    pub(super) async fn caught(&self) {
        soon(self.caught.notified()).await;
    }

    /// Lets one call go that waits.
    pub(super) fn release(&self) {
        self.released.notify_one();
    }

    async fn judged(&self, call: Call<'_>) -> Result<(), Error> {
        let fate = (self.judge.lock().unwrap())(call);
        match fate {
            Fate::Goes => Ok(()),
            Fate::Fails(error) => Err(error),
            Fate::Hangs => {
                self.caught.notify_one();
                std::future::pending().await
            }
            Fate::Panics(words) => panic!("{words}"),
            Fate::Waits => {
                self.caught.notify_one();
                self.released.notified().await;
                Ok(())
            }
        }
    }
}

/// Whether some commit of a group changes this key of the state.
pub(super) fn writes(group: &[Commit], wanted: &str) -> bool {
    let mut records = group.iter().flat_map(|commit| &commit.records);
    records.any(|record| matches!(&record.change, Change::State { key, .. } if **key == *wanted))
}

impl Journal for Disturbed {
    fn commit(&self, group: Vec<Commit>) -> Answer<'_, u64> {
        Box::pin(async move {
            self.judged(Call::Commit(&group)).await?;
            self.inner.commit(group).await
        })
    }

    fn load<'a>(&'a self, run: &'a RunId) -> Answer<'a, Vec<Row>> {
        Box::pin(async move {
            self.judged(Call::Load(run)).await?;
            self.inner.load(run).await
        })
    }

    fn keep<'a>(&'a self, graph: &'a Graph) -> Answer<'a, ()> {
        self.inner.keep(graph)
    }

    fn graph<'a>(&'a self, revision: &'a Revision) -> Answer<'a, Option<Graph>> {
        self.inner.graph(revision)
    }

    fn runs<'a>(&'a self, query: &'a Query) -> Answer<'a, Vec<(RunId, Summary)>> {
        self.inner.runs(query)
    }

    fn named<'a>(&'a self, text: &'a str, limit: u32) -> Answer<'a, Vec<RunId>> {
        self.inner.named(text, limit)
    }

    fn due<'a>(&'a self, due: &'a Due) -> Answer<'a, Vec<(Timestamp, RunId)>> {
        Box::pin(async move {
            self.judged(Call::Due).await?;
            self.inner.due(due).await
        })
    }

    fn ends<'a>(&'a self, run: &'a RunId) -> Answer<'a, Vec<Seq>> {
        self.inner.ends(run)
    }

    fn effects_since<'a>(&'a self, workflow: &'a str, from: Timestamp) -> Answer<'a, Vec<Row>> {
        self.inner.effects_since(workflow, from)
    }

    fn blob<'a>(&'a self, digest: &'a Digest, offset: u64, length: u64) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            self.judged(Call::Blob).await?;
            self.inner.blob(digest, offset, length).await
        })
    }

    fn purge<'a>(&'a self, run: &'a RunId) -> Answer<'a, ()> {
        self.inner.purge(run)
    }

    fn post<'a>(&'a self, run: &'a RunId, body: Vec<u8>) -> Answer<'a, MessageId> {
        self.inner.post(run, body)
    }

    fn inbox(&self, limit: u32) -> Answer<'_, Vec<Message>> {
        self.inner.inbox(limit)
    }

    fn reply(&self, message: MessageId, body: Vec<u8>) -> Answer<'_, ()> {
        Box::pin(async move {
            self.judged(Call::Reply).await?;
            self.inner.reply(message, body).await
        })
    }

    fn replied(&self, message: MessageId) -> Answer<'_, Option<Vec<u8>>> {
        self.inner.replied(message)
    }

    fn kv_get<'a>(&'a self, store: &'a str, key: &'a str, now: Timestamp) -> Answer<'a, Option<Vec<u8>>> {
        self.inner.kv_get(store, key, now)
    }

    fn kv_set(&self, put: Put) -> Answer<'_, bool> {
        self.inner.kv_set(put)
    }

    fn kv_delete<'a>(&'a self, store: &'a str, key: &'a str) -> Answer<'a, ()> {
        self.inner.kv_delete(store, key)
    }

    fn kv_keys<'a>(&'a self, keys: &'a Keys) -> Answer<'a, Vec<String>> {
        self.inner.kv_keys(keys)
    }
}
