//! `lockstep.toml`: what the operator of a host says, whatever grants say. Its ceiling is the most that
//! any step is granted; its secrets are where the values come from that grants only name. Text goes in,
//! an [`Operator`] or every finding comes out; it reads no variable, opens no file and runs no command.
//!
//! ```
//! use lockstep_core::{grant, operator};
//!
//! let operator = operator::parse("lockstep = 1\n[ceiling.state]\nrun = \"r\"\n").unwrap();
//! let grant = grant::parse("grant = 1\n[scratch]\n").unwrap();
//! assert_eq!(
//!     operator.apply(&grant).unwrap_err(),
//!     ["[scratch] is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant"],
//! );
//! ```

mod mcp;
mod read;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::grant::Grant;
use crate::grant::http::SecretUse;
use crate::grant::tools::ToolSource;
use crate::table;
use crate::workflow::Finding;

/// The JSON Schema (2020-12) of the file, for editors.
pub const SCHEMA: &str = include_str!("operator.schema.json");

/// What the operator says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operator {
    /// `[ceiling]`: the most that any step is granted; none: whatever its grant says.
    pub ceiling: Option<Grant>,
    /// `[secrets]`, by the names that grants use.
    pub secrets: BTreeMap<String, SecretSource>,
    /// `[tls] ca`: a file of certificates in PEM that are trusted beside the public ones.
    pub ca: Option<PathBuf>,
    /// `[egress] proxy`: `http://HOST:PORT`, which all calls go through.
    pub proxy: Option<Url>,
    /// `[mcp]`: servers of tools, by the names that grants use.
    pub mcp: BTreeMap<String, McpServer>,
}

/// A server of tools that speaks MCP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct McpServer {
    /// How it is reached.
    pub transport: McpTransport,
    /// `start-timeout`: so long it may take until it is ready, and to tell of its tools.
    pub start_timeout: Duration,
}

impl McpServer {
    /// Without `start-timeout`.
    pub const START_TIMEOUT: Duration = Duration::from_secs(10);
}

/// How a server of tools is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum McpTransport {
    /// It is started. That is done only for a file that whoever runs the host has named.
    Command {
        /// `command`: the program and its arguments.
        argv: Vec<String>,
        /// `cwd`: where it runs, from where the file is.
        cwd: PathBuf,
        /// `env`: its environment beside `PATH` and `HOME`.
        env: BTreeMap<String, McpValue>,
    },
    /// Somebody else has started it.
    Http {
        /// `url`: `https`, or `http` to this machine.
        url: Url,
        /// `secret`: what goes along with each request.
        secret: Option<SecretUse>,
    },
}

/// What a variable of a server holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum McpValue {
    /// Text.
    Text(String),
    /// The secret of this name.
    Secret(String),
}

/// Where a secret comes from. Paths are from where the file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// `env`: a variable.
    Env(String),
    /// `file`: one that only its owner may read.
    File(PathBuf),
    /// `command`: a program and its arguments; what it prints is the secret. It is run only for a file that
    /// whoever runs the host has named.
    Command(Vec<String>),
}

impl Operator {
    /// What a step with this grant may reach, or every line of the grant that the operator does not
    /// allow. Paths of folders must be real ones on both sides, as [`Grant::within`] says.
    pub fn apply(&self, grant: &Grant) -> Result<Grant, Vec<String>> {
        let (effective, mut lines) = match &self.ceiling {
            Some(ceiling) => grant.within(ceiling),
            None => (grant.clone(), Vec::new()),
        };
        lines.extend(self.undeclared(grant));
        if lines.is_empty() { Ok(effective) } else { Err(lines) }
    }

    /// A line for every secret and server of tools that a grant uses and the operator does not have.
    fn undeclared(&self, grant: &Grant) -> Vec<String> {
        let used = grant.http.rules.iter().filter_map(|rule| rule.secret.as_ref());
        let missing = used.filter(|secret| !self.secrets.contains_key(&secret.name));
        let line = |name: &str| {
            format!(
                "the secret `{name}` is not in lockstep.toml; add `{name} = {{ env = \"…\" }}` to [secrets]"
            )
        };
        let mut lines: Vec<_> = missing.map(|secret| line(&secret.name)).collect();
        lines.extend(grant.tools.rules.iter().filter_map(|rule| self.unknown(&rule.from)));
        lines.sort();
        lines.dedup();
        lines
    }

    /// A line for a server that the operator does not have.
    fn unknown(&self, from: &ToolSource) -> Option<String> {
        let ToolSource::Server(name) = from else { return None };
        let add = format!("add [mcp.{name}] with its `command` or its `url`");
        let line = format!("the server `{name}` is not in lockstep.toml; {add}");
        (!self.mcp.contains_key(name)).then_some(line)
    }
}

/// Reads the text of `lockstep.toml`: what it says, or everything that is wrong with it.
pub fn parse(text: &str) -> Result<Operator, Vec<Finding>> {
    table::parse(text, &read::FILE, read::file)
}
