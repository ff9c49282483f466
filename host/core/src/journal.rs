//! The seam to durable storage. A run decides [`Record`]s; a [`Commit`] is what one decision
//! changes, written whole or not at all. A backend stores [`Row`]s and holds no rules.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::blob::Digest;
use crate::event::{Json, Timestamp};
use crate::run::{About, Change, Record, RunId, Seq, Status};
use crate::workflow::{Graph, Revision};

/// Everything that one start, outcome or signal changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Commit {
    /// Whose journal it extends.
    pub run: RunId,
    /// Its rows, in order, without gaps.
    pub records: Vec<Record>,
    /// What is known of the run after them.
    pub summary: Summary,
    /// The message of the inbox that it answers: taken in the same transaction.
    pub takes: Option<MessageId>,
}

impl Commit {
    /// Whether items for those who watch are part of it.
    pub fn publishes(&self) -> bool {
        self.records.iter().any(|record| matches!(record.change, Change::Update { .. }))
    }
}

/// What can be asked of a run without reading its rows. It follows from them: a backend keeps the
/// newest beside each run, to list and to wake by, and may lose it.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// What was known from its beginning.
    pub about: Arc<About>,
    /// When that was.
    pub started_at: Timestamp,
    /// Its status.
    pub status: Status,
    /// When its status or anything else last changed.
    pub changed_at: Timestamp,
    /// When it wants to be in memory: 0 while it moves, later if it waits for a time, none if it
    /// waits for something from outside or for nothing.
    pub wake_at: Option<Timestamp>,
    /// Open questions.
    pub asking: u32,
    /// Parked deliveries.
    pub parked: u32,
}

/// A message of the inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub u64);

/// What another process asks of the owner of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number.
    pub id: MessageId,
    /// The run.
    pub run: RunId,
    /// What is asked, as bytes that only owner and sender understand.
    pub body: Vec<u8>,
}

/// Which runs are listed, the newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Of these statuses; empty: of any.
    pub statuses: Vec<Status>,
    /// Of this workflow.
    pub workflow: Option<String>,
    /// Of this session.
    pub session: Option<String>,
    /// Only those with open questions.
    pub asking: bool,
    /// Only those that took over the state of this one.
    pub continues: Option<RunId>,
    /// Only those that began before this one.
    pub before: Option<RunId>,
    /// No more than so many.
    pub limit: u32,
}

/// Which runs want to be woken, the soonest first; at one time, in the order of their ids.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// Of this revision.
    pub revision: Revision,
    /// Later than this in that order.
    pub after: Option<(Timestamp, RunId)>,
    /// No more than so many.
    pub limit: u32,
}

/// A value that is to be kept in a store of keys and values, beside all runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// The store's name.
    pub store: String,
    /// The key, whole.
    pub key: String,
    /// The value.
    pub value: Vec<u8>,
    /// The time now.
    pub now: Timestamp,
    /// From when on the value is not there any more; none: it stays.
    pub expires_at: Option<Timestamp>,
    /// What it may come to.
    pub within: Quota,
}

/// How much a part of a store may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// The keys that begin so.
    pub prefix: String,
    /// Those keys and their values together, in bytes.
    pub bytes: u64,
}

/// Which keys of a store are listed, in the order of their bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// The store's name.
    pub store: String,
    /// They begin so.
    pub prefix: String,
    /// They come after this one.
    pub after: Option<String>,
    /// The time now.
    pub now: Timestamp,
    /// No more than so many.
    pub limit: u32,
}

/// The kinds of rows, one word each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An event came to be.
    Event,
    /// A delivery came to be.
    Delivery,
    /// An attempt ended, or its delivery was cut.
    Attempt,
    /// A timer was set or fired.
    Timer,
    /// A scope opened or ended.
    Scope,
    /// A child run was begun or cancelled, or a parent told.
    Child,
    /// A person was asked, or a question ended.
    Question,
    /// A key of the state changed.
    State,
    /// An item for whoever watches.
    Update,
    /// Bytes came to be.
    Blob,
    /// A call that leaves the run was let go, has ended or was denied, or a person was asked about it.
    Effect,
    /// The run began, or its status changed.
    Status,
}

impl Kind {
    /// All kinds.
    const ALL: [Kind; 12] = [
        Kind::Event,
        Kind::Delivery,
        Kind::Attempt,
        Kind::Timer,
        Kind::Scope,
        Kind::Child,
        Kind::Question,
        Kind::State,
        Kind::Update,
        Kind::Blob,
        Kind::Effect,
        Kind::Status,
    ];

    /// The kind that a backend stored as this word.
    pub fn named(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The word that a backend stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Event => "event",
            Kind::Delivery => "delivery",
            Kind::Attempt => "attempt",
            Kind::Timer => "timer",
            Kind::Scope => "scope",
            Kind::Child => "child",
            Kind::Question => "question",
            Kind::State => "state",
            Kind::Update => "update",
            Kind::Blob => "blob",
            Kind::Effect => "effect",
            Kind::Status => "status",
        }
    }
}

impl Kind {
    fn of(change: &Change) -> Kind {
        match change {
            Change::Event { .. } => Kind::Event,
            Change::Delivery { .. } => Kind::Delivery,
            Change::Attempt { .. } | Change::Began { .. } | Change::Crashed { .. } => Kind::Attempt,
            Change::Retried { .. } | Change::PassedOver { .. } => Kind::Attempt,
            Change::Cut { .. } | Change::Late { .. } => Kind::Attempt,
            Change::ChildStarted { .. } | Change::ChildCancelled { .. } | Change::ParentTold => Kind::Child,
            Change::Opened { .. } | Change::Skipped { .. } | Change::Closed { .. } => Kind::Scope,
            Change::TimerSet { .. } | Change::TimerFired { .. } | Change::TimerCancelled { .. } => {
                Kind::Timer
            }
            Change::Asked { .. } | Change::Answered { .. } => Kind::Question,
            Change::Expired { .. } | Change::Withdrawn { .. } => Kind::Question,
            Change::State { .. } => Kind::State,
            Change::Update { .. } => Kind::Update,
            Change::Blob { .. } => Kind::Blob,
            Change::EffectStarted { .. } | Change::EffectEnded { .. } | Change::Denied { .. } => Kind::Effect,
            Change::ApprovalAsked { .. } | Change::ApprovalDecided { .. } => Kind::Effect,
            Change::Started(_) | Change::Status { .. } => Kind::Status,
        }
    }
}

/// A payload of more bytes does not lie in its row.
const LARGEST_IN_ROW: usize = 64 << 10;

/// A record as a backend stores it: bytes, never a database's own text or JSON type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number in the run.
    pub seq: Seq,
    /// When it was decided.
    pub at: Timestamp,
    /// What it is about.
    pub kind: Kind,
    /// The decision, as JSON text without the event's value.
    pub head: Vec<u8>,
    /// The event's value, as JSON text; of a blob its bytes, which do not come back with the row.
    pub payload: Option<Vec<u8>>,
    /// The name under which a backend keeps the payload once for all rows that carry it; none if it
    /// lies in its row.
    pub shared: Option<Digest>,
}

/// A row does not say what a record says.
#[derive(Debug, thiserror::Error)]
#[error("row {seq} of the journal cannot be read: {why}; it was written by another version or is damaged")]
pub struct DecodeError {
    /// Which row.
    pub seq: u64,
    /// What the reader found.
    pub why: String,
}

impl Row {
    /// The record as stored.
    pub fn encode(record: &Record) -> Row {
        let payload = carried(&record.change);
        Row {
            seq: record.seq,
            at: record.at,
            kind: Kind::of(&record.change),
            head: serde_json::to_vec(&record.change).expect("a change has string keys only"),
            payload: payload.map(<[u8]>::to_vec),
            shared: match &record.change {
                Change::Blob { digest, .. } => Some(*digest),
                _ => payload.filter(|bytes| bytes.len() > LARGEST_IN_ROW).map(Digest::of),
            },
        }
    }

    /// The record that was stored.
    pub fn decode(&self) -> Result<Record, DecodeError> {
        let fail = |why: String| DecodeError { seq: self.seq.0, why };
        let mut change: Change = serde_json::from_slice(&self.head).map_err(|e| fail(e.to_string()))?;
        if let Some(payload) = change.payload_mut() {
            let text = self.payload.as_deref().map(std::str::from_utf8).transpose();
            *payload = text.map_err(|e| fail(e.to_string()))?.map(Json::trusted);
        }
        Ok(Record { seq: self.seq, at: self.at, change })
    }
}

/// What is stored beside the decision.
fn carried(change: &Change) -> Option<&[u8]> {
    match change {
        Change::Blob { bytes, .. } => bytes.as_deref(),
        _ => change.payload().and_then(Option::as_ref).map(|json| json.as_str().as_bytes()),
    }
}

/// The answer of a journal, when it comes.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// Why a journal could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rows do not follow on what is stored: another owner wrote, or a commit was lost.
    #[error("the journal of run {run} ends at row {stored}, but the commit begins at row {offered}")]
    Gap {
        /// Which run.
        run: RunId,
        /// The last row that is stored.
        stored: u64,
        /// The first row that was offered.
        offered: u64,
    },
    /// The commit can never be written: it is larger than the storage takes. Others can.
    #[error("the journal cannot take the commit: {0}")]
    Refused(String),
    /// Another owner has taken the store over; this one writes nothing any more.
    #[error("another process has taken this store over; nothing was written")]
    Fenced,
    /// A stored row cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The storage itself failed.
    #[error("the journal's storage failed: {0}")]
    Storage(String),
}

/// Who keeps the rows. Promise: when `commit` answers, the whole group is as durable as the
/// backend can make it, in order; when it fails, nothing of the group is visible.
pub trait Journal: Send + Sync {
    /// Writes a group of commits and answers with its number, which grows by one per group.
    fn commit(&self, group: Vec<Commit>) -> Answer<'_, u64>;

    /// All rows of a run in order, without the bytes of its blobs; none if the run is not known.
    fn load<'a>(&'a self, run: &'a RunId) -> Answer<'a, Vec<Row>>;

    /// Where the groups end that have rows of a run: the last of them of each, in order.
    fn ends<'a>(&'a self, run: &'a RunId) -> Answer<'a, Vec<Seq>>;

    /// The rows about calls that leave the runs of a workflow, from this time on, in the order of their
    /// times; without the answers.
    fn effects_since<'a>(&'a self, workflow: &'a str, from: Timestamp) -> Answer<'a, Vec<Row>>;

    /// What rows share under this name, from `offset` on, no more than `length` bytes of it and fewer
    /// at its end; none if no row does.
    fn blob<'a>(&'a self, digest: &'a Digest, offset: u64, length: u64) -> Answer<'a, Option<Vec<u8>>>;

    /// Keeps the graph of a revision; one that is kept already stays as it is.
    fn keep<'a>(&'a self, graph: &'a Graph) -> Answer<'a, ()>;

    /// The graph of a revision.
    fn graph<'a>(&'a self, revision: &'a Revision) -> Answer<'a, Option<Graph>>;

    /// Runs with what is known of them, the newest first.
    fn runs<'a>(&'a self, query: &'a Query) -> Answer<'a, Vec<(RunId, Summary)>>;

    /// At most `limit` runs whose id begins with `text`, in order, or the one whose alias it is.
    fn named<'a>(&'a self, text: &'a str, limit: u32) -> Answer<'a, Vec<RunId>>;

    /// Runs that want to be woken, with the time, the soonest first.
    fn due<'a>(&'a self, due: &'a Due) -> Answer<'a, Vec<(Timestamp, RunId)>>;

    /// Forgets a run: its rows and all that is known of it. One that is not known is no error.
    fn purge<'a>(&'a self, run: &'a RunId) -> Answer<'a, ()>;

    /// Puts a message into the inbox; whoever may open the store may do so, its owner or not.
    fn post<'a>(&'a self, run: &'a RunId, body: Vec<u8>) -> Answer<'a, MessageId>;

    /// Messages that no commit has taken and nobody has answered, the oldest first.
    fn inbox(&self, limit: u32) -> Answer<'_, Vec<Message>>;

    /// Answers a message.
    fn reply(&self, message: MessageId, body: Vec<u8>) -> Answer<'_, ()>;

    /// What was answered to a message, if it was.
    fn replied(&self, message: MessageId) -> Answer<'_, Option<Vec<u8>>>;

    /// The value of a key, if it has one at this time.
    fn kv_get<'a>(&'a self, store: &'a str, key: &'a str, now: Timestamp) -> Answer<'a, Option<Vec<u8>>>;

    /// Keeps a value, or leaves everything as it is and answers `false` if there would then be more than
    /// the quota. Values whose time is over count for nothing, and are removed.
    fn kv_set(&self, put: Put) -> Answer<'_, bool>;

    /// Removes a key and its value. One that is not there is no error.
    fn kv_delete<'a>(&'a self, store: &'a str, key: &'a str) -> Answer<'a, ()>;

    /// Keys that have a value.
    fn kv_keys<'a>(&'a self, keys: &'a Keys) -> Answer<'a, Vec<String>>;
}
