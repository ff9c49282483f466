//! `[[tools]]`: which tools of which server or component a step may call, and with what, and the one engine
//! that decides. It knows names, schemas and values; it calls nothing.
//!
//! ```
//! use lockstep_core::grant::{self, tools::{Arguments, Why}};
//!
//! let text = "grant = 1\n[[tools]]\nmcp = \"github\"\nallow = [\"get_issue\"]\n\
//!             args = { get_issue = { owner = \"acme\" } }\n";
//! let grant = grant::parse(text).unwrap();
//! let rule = grant.tools.choose("get_issue").unwrap();
//! let asked = Arguments::read(r#"{"issue": 7}"#).unwrap();
//! assert_eq!(rule.settle("get_issue", asked).unwrap().text(), r#"{"issue":7,"owner":"acme"}"#);
//! assert_eq!(grant.tools.choose("Get_Issue").unwrap_err(), Why::Tool);
//! ```

mod args;
mod choose;
mod line;
mod pin;
mod schema;
mod work;

#[cfg(test)]
mod tests;

pub use args::{Arguments, NoArguments};
pub(in crate::grant) use args::{canonical, exact};
pub use choose::NotAllowed;
pub use line::rule_that_allows;
pub use pin::{drift, pin_of};
pub use schema::{check, shown_schema};

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::http::Rate;
use crate::blob::Digest;

/// Bytes of a result, where a rule does not say.
pub(in crate::grant) const RESULT_BYTES: usize = 256 << 10;

/// How long a call may take, where a rule does not say.
pub(in crate::grant) const TIMEOUT: Duration = Duration::from_secs(30);

/// The rules of all `[[tools]]` of a grant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolsGrant {
    /// One for each table; no tool is allowed by two. Under a ceiling they are no wider than it.
    pub rules: Vec<ToolsRule>,
    /// The operator's rules, for what a person may allow beside those.
    pub ceiling: Option<Vec<ToolsRule>>,
}

/// One `[[tools]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolsRule {
    /// `mcp` or `component`: whose tools.
    pub from: ToolSource,
    /// `allow`: names, as the server has them.
    pub allow: Vec<String>,
    /// `pin`: of the names, descriptions and schemas that a person accepted; another is refused.
    pub pin: Option<Digest>,
    /// `args`: for a tool, the values that an argument may have; a single one is filled in where it is
    /// missing.
    pub args: BTreeMap<String, BTreeMap<String, Allowed>>,
    /// `approve`: the tools that a person decides on, call by call.
    pub approve: Vec<String>,
    /// `calls`: of one run, those of failed attempts too; none: as many as `host-calls` allow.
    pub calls: Option<u32>,
    /// `result-bytes`: the longest result.
    pub result_bytes: usize,
    /// `timeout`: of one call.
    pub timeout: Duration,
    /// `effects = "at-most-once"`
    pub at_most_once: bool,
    /// `on-retry = "reuse"`
    pub reuse: bool,
    /// `rate`
    pub rate: Option<Rate>,
}

/// Whose tools a rule is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ToolSource {
    /// A server that the operator declares as `[mcp.NAME]`.
    Server(String),
    /// A component that the workflow declares as `[tools.NAME]`.
    Component(String),
}

/// The values that an argument may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// This one.
    Fixed(Value),
    /// One of these.
    OneOf(Vec<Value>),
}

/// A tool as its server or component describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does, for whoever chooses: text of a stranger.
    pub description: String,
    /// The JSON Schema of its arguments: an object.
    pub schema: Value,
}

/// Why a call of a tool is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// No rule has the tool.
    Tool,
    /// An argument has a value that the rule does not have, or has none.
    Argument,
    /// The tools are not those that a person accepted.
    Pin,
    /// The run has made as many calls as it may.
    Budget,
}

impl Why {
    /// All of them.
    pub const ALL: [Why; 4] = [Why::Tool, Why::Argument, Why::Pin, Why::Budget];

    /// The word that the guest, the journal and counters are told.
    pub fn as_str(self) -> &'static str {
        match self {
            Why::Tool => "tool",
            Why::Argument => "argument",
            Why::Pin => "pin",
            Why::Budget => "budget",
        }
    }
}

impl ToolSource {
    /// Its name, whatever it is.
    pub fn name(&self) -> &str {
        match self {
            ToolSource::Server(name) | ToolSource::Component(name) => name,
        }
    }
}

/// As denials have it: a server's name, or `component:` and a component's.
impl fmt::Display for ToolSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ToolSource::Server(name) => f.write_str(name),
            ToolSource::Component(name) => write!(f, "{COMPONENT}{name}"),
        }
    }
}

/// What tells a component from a server.
const COMPONENT: &str = "component:";

/// Whether a grant may name a tool so: what servers call tools, and nothing that could be read as more than
/// one name.
pub(in crate::grant) fn is_tool_name(text: &str) -> bool {
    let belongs = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/".contains(&byte);
    (1..=128).contains(&text.len()) && text.bytes().all(belongs)
}

/// Whether a grant may name an argument so: a denial names it before `=` and its value.
pub(in crate::grant) fn is_argument_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_control() || c.is_whitespace() || c == '=')
}

impl ToolsRule {
    /// What calls and rates are counted by, and people are told: `github: get_issue, search_issues`.
    pub fn name(&self) -> String {
        format!("{}: {}", self.from, self.allow.join(", "))
    }

    /// A tool of it as denials have it: `github/get_issue`.
    pub fn what(&self, tool: &str) -> String {
        format!("{}/{tool}", self.from)
    }

    /// Whether a person decides on a call of this tool.
    pub fn asks(&self, tool: &str) -> bool {
        self.approve.iter().any(|name| name == tool)
    }
}
