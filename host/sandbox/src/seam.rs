//! What an attempt needs of the world around the sandbox, as small traits: each with what it promises,
//! implemented by whoever runs attempts.

use std::pin::Pin;
use std::sync::Arc;

use lockstep_core::blob::Digest;
use lockstep_core::effect::{CallId, Denial, Ending, Intent, Leave};
use lockstep_core::event::Json;
use lockstep_core::grant::tools::Tool;
use lockstep_core::grant::{KvGrant, http, tools};
use lockstep_core::outcome::Update;

/// Somebody who watches a run while its attempts are still going.
///
/// **Promise:** an attempt tells it of each update as soon as its guest publishes it, in the guest's
/// order, and goes on only when it has returned; so it must neither wait nor take long. Nothing that
/// it is told has to last: only the updates of [`Outcome::Emitted`](lockstep_core::outcome::Outcome::Emitted) do.
pub trait Watcher: std::fmt::Debug + Send + Sync {
    /// An attempt has published this.
    fn provisional(&self, update: &Update);
}

/// Where the bytes are that attempts have put.
///
/// **Promise:** it gives what a commit has stored, from `offset` on: `length` bytes, and fewer only
/// where they end; none if nothing is stored under this name. An attempt that waits for it does not
/// compute meanwhile, and may be dropped.
pub trait Blobs: std::fmt::Debug + Send + Sync {
    /// A part of what is stored.
    fn get<'a>(&'a self, digest: &'a Digest, offset: u64, length: u32) -> Reading<'a>;
}

/// Bytes of a blob, when they come.
pub type Reading<'a> = Deciding<'a, Option<Vec<u8>>>;

/// Who keeps the calls of a delivery that leave its run.
///
/// **Promise:** `begin` answers with what the run knows of such a call from earlier attempts; when it says
/// [`Leave::Go`] for one that may be made once at most, that the call has started is durable. When
/// `end` answers, so is the answer of a call that is recorded. An attempt that waits for it does not compute
/// meanwhile, and may be dropped: a call that was begun and has no end then counts as unknown.
pub trait Effects: std::fmt::Debug + Send + Sync {
    /// A call is about to leave.
    fn begin(&self, intent: Intent) -> Deciding<'_, Leave>;
    /// A call that left has come to an end.
    fn end(&self, id: CallId, ending: Ending) -> Deciding<'_, ()>;
    /// A call is not allowed. Nobody waits for this to be written.
    fn denied(&self, denial: Denial);
}

/// An answer, when it comes.
pub type Deciding<'a, T> = Pin<Box<dyn Future<Output = Result<T, Unreadable>> + Send + 'a>>;

/// Where the stores of keys and values are that outlive runs: outside effects, applied at once.
///
/// **Promise:** a value that was set is durable when the answer comes, and is there until it is deleted or
/// its time is over. Keys are whole: the prefix of a grant is part of them.
pub trait KeyValue: std::fmt::Debug + Send + Sync {
    /// The value of a key, if it has one.
    fn get<'a>(&'a self, store: &'a str, key: &'a str) -> Deciding<'a, Option<Vec<u8>>>;
    /// Sets a key; `false` if the keys and values that begin with `within.prefix` would then be more than
    /// `within.bytes`.
    fn set<'a>(
        &'a self,
        store: &'a str,
        key: &'a str,
        value: Vec<u8>,
        within: &'a KvGrant,
    ) -> Deciding<'a, bool>;
    /// Deletes a key, whether it has a value or not.
    fn delete<'a>(&'a self, store: &'a str, key: &'a str) -> Deciding<'a, ()>;
    /// Keys that begin so, in order, those after `after`; `limit` at most.
    fn keys<'a>(
        &'a self,
        store: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: u32,
    ) -> Deciding<'a, Vec<String>>;
}

/// Why what is stored cannot be read at the moment, in the words of whoever has it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

/// Who carries requests in the place of the network, once everything about them is decided.
///
/// **Promise:** it is asked for every hop of every request that would leave, and nothing leaves beside it. What it
/// gives back is treated like what a server sends: bounded, scrubbed and told of.
pub trait Carrier: std::fmt::Debug + Send + Sync {
    /// Carries a request to where it goes, and its answer back.
    fn carry(&self, sent: Outgoing) -> Carrying<'_>;
}

/// A request with all that the host adds to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// In capitals.
    pub method: String,
    /// Normalised.
    pub url: String,
    /// Names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// From 100 to 599.
    pub status: u16,
    /// Names in any case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// An answer, when it comes.
pub type Carrying<'a> = Pin<Box<dyn Future<Output = Result<Incoming, NotCarried>> + Send + 'a>>;

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotCarried {
    /// The grant does not allow it after all.
    Denied(http::Why),
    /// A person says no.
    Refused(String),
    /// It took longer than it may.
    Timeout,
    /// The answer is larger than it may be.
    TooLarge,
    /// There is no connection.
    Connect(String),
    /// The server does not prove who it is.
    Tls(String),
    /// What came back is no answer.
    Protocol(String),
    /// No request can be made of it.
    Invalid(String),
}

/// A server of tools, as the operator declared it.
///
/// **Promise:** it runs when it is needed, and what it says is bounded before it is handed over. A call that is
/// dropped is given up: the server is told so. Whether a call may have reached the server is told truly, since
/// calls that may be made once at most are decided by it.
pub trait ToolServer: std::fmt::Debug + Send + Sync {
    /// Its tools as it has them now, in the order of their names.
    fn list(&self) -> Deciding<'_, Arc<[Tool]>>;
    /// It was asked for a tool that it does not list: for whoever notes what was wanted.
    fn lacks(&self, _name: &str, _arguments: &str) {}
    /// Calls one.
    fn call<'a>(&'a self, call: &'a ToolCall) -> Calling<'a>;
}

/// A call of a tool.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    /// The tool's name.
    pub name: String,
    /// Its arguments: an object.
    pub arguments: Json,
    /// The same in every attempt at this call, for a server that can tell calls apart.
    pub key: String,
    /// The longest result, in bytes of JSON.
    pub most: usize,
}

/// What came of a call, when it comes.
pub type Calling<'a> = Pin<Box<dyn Future<Output = Result<Json, ToolFault>> + Send + 'a>>;

/// Why a call of a tool has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ToolFault {
    /// The tool says that it could not do it. It was called.
    #[error("{0}")]
    Failed(String),
    /// The result is longer than it may be. It was called.
    #[error("its result is longer than it may be")]
    TooLarge,
    /// The call never reached it.
    #[error("it was not called: {0}")]
    NotMade(String),
    /// The call went out, and nobody knows what came of it.
    #[error("nobody knows what came of it: {0}")]
    Lost(String),
    /// It took longer than it may. It was called.
    #[error("no result in time")]
    Timeout,
    /// The arguments are not what it takes. It was not called.
    #[error("no arguments for this tool: {0}")]
    Invalid(String),
    /// A person says no: said by whoever stands in for a server. It was not called.
    #[error("refused: {0}")]
    Refused(String),
    /// The grant does not allow it after all: said by whoever stands in for a server. It was not called.
    #[error("denied: {}", .0.as_str())]
    Denied(tools::Why),
}
