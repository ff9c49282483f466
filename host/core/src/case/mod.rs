//! Cases: what a handler is given, what it is answered when it calls others, and what must come of it; and the same of
//! a whole workflow. The text of a case file goes in, a [`StepCase`], a [`WorkflowCase`] or every finding comes out;
//! what happened goes in, every [`Difference`] from what was expected comes out. It opens no file and runs nothing.
//!
//! The format is read by others too: the same files run handlers in plain CPython and Node. So whatever is decided
//! here (which answer a call gets, that a missing field is the same as none) is said in words beside it, and stands as a
//! row in `tests/table.json`, which all readers are held to.
//!
//! ```
//! use lockstep_core::case::{self, Format};
//!
//! let text = "event = { n = 1 }\n[expect]\nemits = [{ doubled = { n = 2 } }]\n";
//! let case = case::step(text, Format::Toml).unwrap();
//! assert_eq!(case.expect.unwrap().emits.unwrap()[0].name.value, "doubled");
//! assert_eq!(
//!     case::step("evnet = {}\n", Format::Toml).unwrap_err()[0].to_string(),
//!     "unknown key `evnet`; did you mean `event`?",
//! );
//! ```

mod data;
mod fit;
mod judge;
mod keys;
mod matching;
mod read;
mod reader;
mod workflow;

#[cfg(test)]
mod tests;

pub use data::{Data, Value};
pub use fit::Call;
pub use judge::{Came, Difference, Happened, judge, word};
pub use matching::{Mismatch, Sent};
pub use workflow::{
    Answered, Decision, Does, Outcome, Ran, Says, StandIn, WorkflowCase, judge_workflow, workflow,
};

use crate::grant::{http, tools};
use crate::outcome::{Class, Failure, Interruption};
use crate::table::Lined;
use crate::workflow::Finding;

/// The JSON Schema (2020-12) of a case, of a handler or of a workflow, for editors.
pub const SCHEMA: &str = include_str!("case.schema.json");

/// How a case file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.toml`
    Toml,
    /// `.json`, with the same keys.
    Json,
}

/// A case of one handler.
#[derive(Clone, Debug, PartialEq)]
pub struct StepCase {
    /// `case`: what it shows.
    pub title: Option<String>,
    /// `handler`; none: the step has one.
    pub handler: Option<Lined<String>>,
    /// What it is called with.
    pub given: Given,
    /// `[state]`: what the run remembers before.
    pub state: Vec<(Lined<String>, Data)>,
    /// `[[http]]`
    pub http: Vec<Request>,
    /// `[[tools]]`
    pub tools: Vec<Tool>,
    /// `[run]`
    pub run: About,
    /// `[expect]`; none: there is nothing to hold it against yet.
    pub expect: Option<Expect>,
}

/// What a handler is called with.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// `event`: its only parameter.
    One(Data),
    /// `[given]`: its parameters by name.
    Named(Vec<(Lined<String>, Data)>),
}

/// `[run]`: who the step is told it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// `run`
    pub run: Option<String>,
    /// `workflow`
    pub workflow: Option<String>,
    /// `step`
    pub step: Option<String>,
    /// `attempt`
    pub attempt: Option<u32>,
    /// `session`
    pub session: Option<String>,
    /// `now`: milliseconds since the Unix epoch.
    pub now: Option<u64>,
    /// `random`: what chance follows from.
    pub random: Option<u64>,
}

/// `[[http]]`: an answer, and the requests that get it. Where several fit, it is the first that is not used up.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Where it stands.
    pub line: u32,
    /// `method`, in capitals.
    pub method: Option<String>,
    /// `url`, normalised as that of a request.
    pub url: Option<String>,
    /// `headers`: these among others, names in lower case.
    pub headers: Vec<(String, String)>,
    /// `body` or `json`
    pub body: Option<Body>,
    /// `times`: how often it is given; none: as often as it is asked for.
    pub times: Option<u32>,
    /// `answer`
    pub answer: Answer,
}

/// What a request's body must be.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// This text.
    Text(String),
    /// JSON that says the same.
    Json(Data),
}

/// `answer` of an `[[http]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// An answer of the server.
    Response {
        /// `status`
        status: u16,
        /// `headers`, names in lower case.
        headers: Vec<(String, String)>,
        /// `body`, or `json` as text.
        body: String,
    },
    /// `error`: there is none.
    Error(NoResponse),
    /// `denied`: as if the grant did not allow it.
    Denied(http::Why),
    /// `refused`: as if a person had said no.
    Refused(String),
}

/// Why there is no answer; the texts are `message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoResponse {
    /// `timeout`
    Timeout,
    /// `too-large`
    TooLarge,
    /// `connect`
    Connect(String),
    /// `tls`
    Tls(String),
    /// `protocol`
    Protocol(String),
    /// `invalid-request`
    Invalid(String),
}

/// `[[tools]]`: a tool that there is, and what it answers to which arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    /// Where it stands.
    pub line: u32,
    /// `name`
    pub name: String,
    /// `description`
    pub description: String,
    /// `schema`; any object, if it is not given.
    pub schema: serde_json::Value,
    /// `arguments`; none: any.
    pub arguments: Option<Data>,
    /// `times`
    pub times: Option<u32>,
    /// `answer`; none: it is only listed.
    pub answer: Option<ToolAnswer>,
}

/// `answer` of a `[[tools]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolAnswer {
    /// `output`: JSON text.
    Output(String),
    /// `failed`: it says that it could not do it.
    Failed(String),
    /// `error`
    Error(NoResult),
    /// `denied`: as if the grant did not allow it.
    Denied(tools::Why),
    /// `refused`: as if a person had said no.
    Refused(String),
}

/// Why a call of a tool has no result; the texts are `message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoResult {
    /// `timeout`
    Timeout,
    /// `too-large`
    TooLarge,
    /// `unavailable`
    Unavailable(String),
    /// `invalid-arguments`
    Invalid(String),
}

/// `[expect]`: what must come of it. What is not given is not checked, but for one thing: a failure is expected
/// or wrong.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expect {
    /// `emits`: these events in this order.
    pub emits: Option<Vec<Event>>,
    /// `failure`
    pub failure: Option<Wanted>,
    /// `or-failure`: all the rest, or this.
    pub or_failure: Option<Wanted>,
    /// `parked`: nobody can go on with it but a person.
    pub parked: Option<Interruption>,
    /// `state`: what these keys hold, and no others that were added or changed.
    pub state: Option<Vec<(Lined<String>, Data)>>,
    /// `deleted`: the keys that are gone.
    pub deleted: Option<Vec<String>>,
    /// `updates`: these in this order.
    pub updates: Option<Vec<Event>>,
    /// `timers`: these in this order.
    pub timers: Option<Vec<Timer>>,
    /// `log`: these lines in this order, as `info: text`.
    pub log: Option<Vec<String>>,
    /// `calls`: those that left, in this order, as `POST https://…` and `tool brew`.
    pub calls: Option<Vec<String>>,
    /// `fuel-at-most`
    pub fuel: Option<u64>,
    /// `memory-at-most`, in bytes.
    pub memory: Option<u64>,
}

/// `{ NAME = VALUE }`: an event, or an update.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its short name.
    pub name: Lined<String>,
    /// Its fields.
    pub value: Data,
}

/// A failure that is expected: what is given must be so.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// `class`
    pub class: Option<Class>,
    /// `code`
    pub code: Option<String>,
    /// `message`
    pub message: Option<String>,
    /// `message-contains`
    pub contains: Option<String>,
    /// `retry-after-ms`
    pub retry_after_ms: Option<u64>,
    /// `details`
    pub details: Option<Data>,
}

/// What a step asks of one of its timers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timer {
    /// `{ set = NAME, after-ms = N }`
    Set {
        /// Its name.
        name: String,
        /// How long after.
        after_ms: u64,
    },
    /// `{ cancel = NAME }`
    Cancel(String),
}

impl Wanted {
    /// A failure, told in full.
    pub fn of(failure: &Failure) -> String {
        let after = failure.retry_after.map(|wait| wait.as_millis());
        let after = after.map_or(String::new(), |millis| format!(", again after {millis} ms"));
        let details = failure.details.as_ref().map_or(String::new(), |details| format!(", {details}"));
        format!("{} `{}`: {}{after}{details}", failure.class, failure.code, failure.message)
    }
}

/// Reads a case of one handler.
pub fn step(text: &str, format: Format) -> Result<StepCase, Vec<Finding>> {
    reader::parse(text, format, read::step)
}
