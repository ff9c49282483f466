//! The seam to durable storage. A run decides [`Record`]s; a [`Commit`] is what one decision
//! changes, written whole or not at all. A backend stores [`Row`]s and holds no rules.

use std::future::Future;
use std::pin::Pin;

use crate::event::{Json, Timestamp};
use crate::run::{Change, Record, RunId, Seq};

/// Everything that one start, outcome or signal changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Commit {
    /// Whose journal it extends.
    pub run: RunId,
    /// Its rows, in order, without gaps.
    pub records: Vec<Record>,
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
    /// The run's status changed.
    Status,
}

impl Kind {
    /// All kinds.
    const ALL: [Kind; 6] =
        [Kind::Event, Kind::Delivery, Kind::Attempt, Kind::Timer, Kind::Scope, Kind::Status];

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
            Kind::Status => "status",
        }
    }
}

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
    /// The event's value, as JSON text.
    pub payload: Option<Vec<u8>>,
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
        let (kind, payload) = match &record.change {
            Change::Event { payload, .. } => (Kind::Event, payload.as_ref()),
            Change::Delivery { .. } => (Kind::Delivery, None),
            Change::Attempt { .. } | Change::Cut { .. } | Change::Late { .. } => (Kind::Attempt, None),
            Change::Opened { .. } | Change::Skipped { .. } | Change::Closed { .. } => (Kind::Scope, None),
            Change::TimerSet { .. } | Change::TimerFired { .. } => (Kind::Timer, None),
            Change::Status { .. } => (Kind::Status, None),
        };
        Row {
            seq: record.seq,
            at: record.at,
            kind,
            head: serde_json::to_vec(&record.change).expect("a change has string keys only"),
            payload: payload.map(|json| json.as_str().as_bytes().to_vec()),
        }
    }

    /// The record that was stored.
    pub fn decode(&self) -> Result<Record, DecodeError> {
        let fail = |why: String| DecodeError { seq: self.seq.0, why };
        let mut change = serde_json::from_slice(&self.head).map_err(|e| fail(e.to_string()))?;
        if let Change::Event { payload, .. } = &mut change {
            let bytes = self.payload.as_deref().ok_or_else(|| fail("an event without a value".into()))?;
            let text = std::str::from_utf8(bytes).map_err(|e| fail(e.to_string()))?;
            *payload = Some(Json::trusted(text));
        }
        Ok(Record { seq: self.seq, at: self.at, change })
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

    /// All rows of a run in order; none if the run is not known.
    fn load<'a>(&'a self, run: &'a RunId) -> Answer<'a, Vec<Row>>;
}
