//! The only crate that knows MCP. What the operator declared of a server of tools goes in; out comes a
//! [`Server`], which is started when it is needed, started again when it has died, and ended with whoever
//! has it. The protocol is the official SDK's; the two ways on which its messages travel, a process and
//! HTTP, are this crate's own, so that whatever a server sends is bounded before it is read, and so that a
//! call is truly told to have been made or not. The other way round, [`serve`] offers workflows as tools. It
//! reads no variable and no file, and knows no grant.

mod answer;
mod backoff;
mod http;
mod lines;
mod process;
mod secret;
pub mod serve;
mod server;
mod session;
mod sieve;
mod stderr;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

pub use backoff::Backoff;
pub use secret::Secret;
pub use server::{Health, Server};

/// The longest message of a server, in bytes.
pub const LONGEST: usize = 16 << 20;

/// A server of tools, as the operator declares it.
#[derive(Clone, Debug)]
pub struct Declared {
    /// By which grants name it.
    pub name: String,
    /// How it is reached.
    pub transport: Transport,
    /// So long it may take until it is ready, and to tell of its tools.
    pub start_timeout: Duration,
    /// How long it is left alone when it has died.
    pub backoff: Backoff,
}

/// How a server is reached.
#[derive(Clone, Debug)]
pub enum Transport {
    /// It is a process of this machine.
    Process(Process),
    /// It is spoken to over HTTP.
    Http(Http),
}

/// A program that speaks over its input and output.
#[derive(Clone, Debug)]
pub struct Process {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// Where it runs.
    pub cwd: PathBuf,
    /// All of its environment.
    pub env: BTreeMap<String, Value>,
}

/// What a variable holds.
#[derive(Clone, Debug)]
pub enum Value {
    /// Text that anybody may see.
    Plain(String),
    /// A secret.
    Secret(Secret),
}

/// A server at an address.
#[derive(Clone, Debug)]
pub struct Http {
    /// `https`, or `http` to this machine.
    pub url: Url,
    /// What goes along with each request.
    pub secret: Option<HeaderSecret>,
    /// Certificates in PEM that are trusted beside the public ones.
    pub authorities: Vec<Vec<u8>>,
    /// What leads out of this machine: `http://HOST:PORT`.
    pub proxy: Option<Url>,
}

/// A secret in a header.
#[derive(Clone, Debug)]
pub struct HeaderSecret {
    /// The header.
    pub header: String,
    /// Its value, with `{}` where the secret goes.
    pub format: String,
    /// The secret.
    pub secret: Secret,
}

impl Declared {
    /// What must never come back from it.
    fn secrets(&self) -> Vec<&Secret> {
        match &self.transport {
            Transport::Process(process) => process.env.values().filter_map(Value::secret).collect(),
            Transport::Http(http) => http.secret.iter().map(|header| &header.secret).collect(),
        }
    }
}

impl Value {
    fn secret(&self) -> Option<&Secret> {
        match self {
            Value::Plain(_) => None,
            Value::Secret(secret) => Some(secret),
        }
    }

    fn text(&self) -> &str {
        match self {
            Value::Plain(text) => text,
            Value::Secret(secret) => secret.text(),
        }
    }
}
