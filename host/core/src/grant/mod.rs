//! What a step may reach beyond what every step may: its grant, table by table. A table that is
//! not there grants nothing. [`parse`] reads a grant file; the same tables may stand in
//! `workflow.toml` as `[steps.NAME.grant]`. It opens no file and links nothing.
//!
//! ```
//! use lockstep_core::grant::{self, Access};
//!
//! let grant = grant::parse("grant = 1\n[state]\nrun = \"rw\"\n").unwrap();
//! assert_eq!(grant.state.unwrap().run, Access::ReadWrite);
//! assert_eq!(grant.updates, None);
//! ```

mod ceiling;
pub mod http;
pub(crate) mod keys;
mod read;
pub mod tools;

#[cfg(test)]
mod tests;

pub(crate) use read::{ceiling, tables};

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::blob::Digest;
use crate::table;
use crate::workflow::Finding;

use http::{Approve, HttpGrant};
use tools::ToolsGrant;

/// Where a step sees the folder of `[scratch]`.
pub const SCRATCH: &str = "/scratch";

/// Bytes of a `[[kv]]` that names none.
const KV_BYTES: u64 = 10 << 20;

/// The JSON Schema (2020-12) of a grant file, for editors.
pub const SCHEMA: &str = include_str!("grant.schema.json");

/// The grant of one step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// `[component]`: which bytes it is for.
    pub component: Option<Tie>,
    /// `[[http]]`
    pub http: HttpGrant,
    /// `[[tools]]`
    pub tools: ToolsGrant,
    /// `[approval]`
    pub approval: ApprovalGrant,
    /// `[state]`
    pub state: Option<StateGrant>,
    /// `[updates]`
    pub updates: Option<UpdatesGrant>,
    /// `[[kv]]`
    pub kv: Vec<KvGrant>,
    /// `[[dir]]`
    pub dirs: Vec<DirGrant>,
    /// `[config]`: values as text, by key.
    pub config: Option<BTreeMap<String, String>>,
    /// `[scratch]`
    pub scratch: Option<ScratchGrant>,
    /// `[clock]`
    pub wall: WallClock,
    /// `[random]`
    pub random: Randomness,
    /// `[limits]`
    pub limits: Limits,
    /// `[on-denied]`
    pub on_denied: OnDenied,
}

/// `[component]`: the bytes that a grant is for, and what a person accepted of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tie {
    /// `digest`: sha256 of the component.
    pub digest: Option<Digest>,
    /// `signer`: the file of a public key, from where the grant is; a component without a signature of it is
    /// refused.
    pub signer: Option<String>,
    /// `asks`: sha256 of the imports that a person accepted.
    pub asks: Option<Digest>,
}

/// `[state]`: what the step may do with the state of its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateGrant {
    /// `run = "r" | "rw"`
    pub run: Access,
}

/// How far a grant goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// `r`
    Read,
    /// `rw`
    ReadWrite,
}

/// `[updates]`: what the step may tell whoever watches the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpdatesGrant {
    /// Bytes of one attempt: names and items together.
    pub bytes: usize,
}

impl Default for UpdatesGrant {
    fn default() -> Self {
        UpdatesGrant { bytes: 1 << 20 }
    }
}

/// `[[kv]]`: a part of a store of keys and values that outlives runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KvGrant {
    /// The store's name, as `open` is asked for it.
    pub store: String,
    /// What all keys of the step begin with; the guest neither writes nor sees it.
    pub prefix: String,
    /// Whether it may write.
    pub access: Access,
    /// Keys and values together, in bytes.
    pub bytes: u64,
    /// How long a value lives after it was written; none: until it is deleted.
    pub ttl: Option<Duration>,
}

/// `[[dir]]`: a folder of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirGrant {
    /// `host`: the folder, from where the grant is; whoever loads it makes it a real path.
    pub host: PathBuf,
    /// `guest`: where the step sees it; empty in a ceiling, which does not say.
    pub guest: String,
    /// Whether it may write.
    pub access: Access,
}

/// `[scratch]`: a folder of each attempt's own, seen as `/scratch`, gone after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScratchGrant {
    /// All its files together.
    pub bytes: u64,
    /// Files and folders.
    pub files: u32,
}

impl Default for ScratchGrant {
    fn default() -> Self {
        ScratchGrant { bytes: 32 << 20, files: 1000 }
    }
}

/// `[clock] wall`: what a step is told the time is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WallClock {
    /// `delivery`: one value for each delivery, the same in every attempt.
    #[default]
    Delivery,
    /// `real`
    Real,
}

/// `[random] source`: what a step's random numbers are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Randomness {
    /// `real`
    #[default]
    Real,
    /// `seeded`: by run and delivery, the same in every attempt.
    Seeded,
}

/// `[limits]`: what one attempt may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// All linear memories and tables together and what the host holds for it, in bytes.
    pub memory: usize,
    /// Time computing; waiting in host calls does not count.
    pub cpu: Duration,
    /// Instructions, as the engine counts them; 0: not counted.
    pub fuel: u64,
    /// Events that it may emit.
    pub events: usize,
    /// Bytes of JSON of one event.
    pub event_bytes: usize,
    /// Calls that leave the run.
    pub host_calls: u32,
    /// Bytes of log lines that are kept.
    pub log_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            memory: 64 << 20,
            cpu: Duration::from_secs(2),
            fuel: 0,
            events: 1024,
            event_bytes: 1 << 20,
            host_calls: 1000,
            log_bytes: 64 << 10,
        }
    }
}

/// `[on-denied]`: what becomes of an attempt that asks for more than its grant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OnDenied {
    /// `http`
    pub http: Denied,
    /// `tools`
    pub tools: Denied,
}

/// `[approval]`: how a person is asked about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApprovalGrant {
    /// `within`: after so long without an answer it is a no.
    pub within: Duration,
}

impl Default for ApprovalGrant {
    fn default() -> Self {
        ApprovalGrant { within: Duration::from_secs(24 * 60 * 60) }
    }
}

/// What becomes of a call that is denied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Denied {
    /// `error`: the guest gets a typed error.
    #[default]
    Error,
    /// `fail`: the attempt ends.
    Fail,
    /// `ask`: a person decides whether it is done this once, within the ceiling.
    Ask,
}

/// A table of a grant, and the interfaces of the host that it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// `[[http]]`, for `lockstep:step/http` and `wasi:http`
    Http,
    /// `[[tools]]`, for `lockstep:step/tools`
    Tools,
    /// `[state]`, for `lockstep:step/state`
    State,
    /// `[updates]`, for `lockstep:step/updates`
    Updates,
    /// `[[kv]]`, for `wasi:keyvalue/store`
    Kv,
    /// `[config]`, for `wasi:config/store`
    Config,
}

impl Right {
    /// All of them.
    pub const ALL: [Right; 6] =
        [Right::Http, Right::Tools, Right::State, Right::Updates, Right::Kv, Right::Config];

    /// The right that an imported interface needs, in whatever version.
    pub fn of_import(name: &str) -> Option<Right> {
        let path = name.split_once('@').map_or(name, |(path, _)| path);
        Right::ALL.into_iter().find(|right| right.interfaces().contains(&path))
    }

    /// The name of the table.
    pub fn table(self) -> &'static str {
        match self {
            Right::Http => "http",
            Right::Tools => "tools",
            Right::State => "state",
            Right::Updates => "updates",
            Right::Kv => "kv",
            Right::Config => "config",
        }
    }

    /// Whether the table may stand more than once.
    pub fn is_list(self) -> bool {
        matches!(self, Right::Http | Right::Tools | Right::Kv)
    }

    /// How the table begins in a file: `[state]`, `[[http]]`.
    pub fn head(self) -> String {
        match self.is_list() {
            true => format!("[[{}]]", self.table()),
            false => format!("[{}]", self.table()),
        }
    }

    /// The interfaces without their versions.
    pub fn interfaces(self) -> &'static [&'static str] {
        match self {
            Right::Http => &["lockstep:step/http", "wasi:http/outgoing-handler", "wasi:http/types"],
            Right::Tools => &["lockstep:step/tools"],
            Right::State => &["lockstep:step/state"],
            Right::Updates => &["lockstep:step/updates"],
            Right::Kv => &["wasi:keyvalue/store"],
            Right::Config => &["wasi:config/store"],
        }
    }

    /// The lines of the table that grant what most steps need.
    pub fn lines(self) -> &'static [&'static str] {
        match self {
            Right::Http => &["host = \"api.example.com\"", "methods = [\"GET\"]"],
            Right::Tools => &["mcp = \"server\"", "allow = [\"tool\"]"],
            Right::State => &["run = \"rw\""],
            Right::Updates => &["bytes = \"1MiB\""],
            Right::Kv => &["store = \"cache\"", "access = \"rw\"", "bytes = \"10MiB\""],
            Right::Config => &["key = \"value\""],
        }
    }
}

impl Grant {
    /// Whether an attempt reaches nothing outside its run, and nobody sees of it before its commit.
    pub fn is_pure(&self) -> bool {
        !self.leads_outside() && self.updates.is_none()
    }

    /// Whether an attempt reaches something outside its run, or is denied it.
    pub fn leads_outside(&self) -> bool {
        let Grant { http, tools, kv, dirs, .. } = self;
        !(http.rules.is_empty() && tools.rules.is_empty() && kv.is_empty() && dirs.is_empty())
    }

    /// Whether a person may be asked about a call of an attempt. Then the answers of all its calls are kept
    /// while it lasts, and so is what it is told of time and chance.
    pub fn may_ask(&self) -> bool {
        let OnDenied { http, tools } = self.on_denied;
        let denied = (http == Denied::Ask && !self.http.rules.is_empty())
            || (tools == Denied::Ask && !self.tools.rules.is_empty());
        denied
            || self.http.all_rules().any(|rule| rule.approve != Approve::Never)
            || self.tools.rules.iter().any(|rule| !rule.approve.is_empty())
    }

    /// Whether the table of a right stands in it.
    pub fn has(&self, right: Right) -> bool {
        match right {
            Right::Http => !self.http.rules.is_empty(),
            Right::Tools => !self.tools.rules.is_empty(),
            Right::State => self.state.is_some(),
            Right::Updates => self.updates.is_some(),
            Right::Kv => !self.kv.is_empty(),
            Right::Config => self.config.is_some(),
        }
    }
}

/// Reads the text of a grant file: what it grants, or everything that is wrong with it.
pub fn parse(text: &str) -> Result<Grant, Vec<Finding>> {
    table::parse(text, &keys::FILE, read::file)
}
