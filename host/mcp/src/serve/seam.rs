//! What this side of MCP needs of whoever runs workflows: plain values, and a promise.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;

use super::Over;

/// A workflow that can be started.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Its name, which is the tool's.
    pub name: String,
    /// What it does, for whoever chooses among tools.
    pub description: String,
    /// The JSON Schema of its start event: of an object.
    pub input: Value,
    /// The JSON Schemas of what it may come to.
    pub results: Vec<Value>,
}

/// A run that is asked for.
#[derive(Clone, Debug)]
pub struct Start {
    /// The workflow's name: that of an offer.
    pub workflow: String,
    /// The start event, as JSON; nobody has checked it.
    pub input: String,
    /// A second start with the same key is the same run.
    pub key: Option<String>,
}

/// How a run stands, as a client is told.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Standing {
    /// Its id.
    pub run_id: String,
    /// Its workflow.
    pub workflow: String,
    /// Its status, as everywhere.
    pub status: String,
    /// Whether this call changed anything: began the run, answered, cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_new: Option<bool>,
    /// The stop event that ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// What it asks: objects with a `question`, its id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Value>,
    /// Calls that wait for a person: objects with an `approval`, its id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Value>,
    /// Why it failed, or does not go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What the client can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// It ended without a result.
    #[serde(skip)]
    pub is_failed: bool,
}

/// What is asked cannot be done; nothing was changed. The words are for whoever asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// What comes of a call, when it comes.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Standing, Refused>> + Send + 'a>>;

/// Runs workflows.
///
/// **Promise:** what it is asked is checked before anything is changed. Once a run has begun, it goes on
/// whether anybody waits for it or not: a call that is dropped ends the waiting alone. A call comes back within
/// its patience, and at once when [`Call::is_over`] does. Only runs of what is offered are found.
pub trait Workflows: Send + Sync {
    /// All that is offered; always the same.
    fn offers(&self) -> &[Offer];
    /// Begins a run and waits for it.
    fn start<'a>(&'a self, start: Start, call: &'a Call) -> Answering<'a>;
    /// Waits for a run.
    fn wait<'a>(&'a self, run: &'a str, call: &'a Call) -> Answering<'a>;
    /// Answers a question with JSON that nobody has checked, and waits for the run that asked it.
    fn answer<'a>(&'a self, question: &'a str, answer: Value, call: &'a Call) -> Answering<'a>;
    /// Ends a run.
    fn cancel<'a>(&'a self, run: &'a str, call: &'a Call) -> Answering<'a>;
}

/// One call of a client.
pub struct Call {
    /// What the client calls itself; a stranger's word.
    pub client: String,
    /// How long it waits for a run.
    pub patience: Duration,
    pub(super) over: Over,
    pub(super) watch: Option<mpsc::Sender<String>>,
}

impl Call {
    /// Comes back when nobody waits any longer.
    pub async fn is_over(&self) {
        self.over.ended().await;
    }

    /// Whether anybody wants to know what is going on.
    pub fn is_watched(&self) -> bool {
        self.watch.is_some()
    }

    /// Tells what is going on, in one line. A client that does not keep up misses some.
    pub fn tell(&self, line: &str) {
        if let Some(watch) = &self.watch {
            let _ = watch.try_send(line.to_owned());
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("client", &self.client).finish_non_exhaustive()
    }
}
