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

pub(crate) mod keys;
mod read;

#[cfg(test)]
mod tests;

pub(crate) use read::tables;

use crate::table;
use crate::workflow::Finding;

/// The JSON Schema (2020-12) of a grant file, for editors.
pub const SCHEMA: &str = include_str!("grant.schema.json");

/// The grant of one step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// `[state]`
    pub state: Option<StateGrant>,
    /// `[updates]`
    pub updates: Option<UpdatesGrant>,
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

/// A table of a grant, and the interface of the host that it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// `[state]` and `lockstep:step/state`
    State,
    /// `[updates]` and `lockstep:step/updates`
    Updates,
}

impl Right {
    /// All of them.
    pub const ALL: [Right; 2] = [Right::State, Right::Updates];

    /// The right that an imported interface needs, in whatever version.
    pub fn of_import(name: &str) -> Option<Right> {
        let (path, _) = name.split_once('@')?;
        Right::ALL.into_iter().find(|right| right.interface() == path)
    }

    /// The name of the table.
    pub fn table(self) -> &'static str {
        match self {
            Right::State => "state",
            Right::Updates => "updates",
        }
    }

    /// The interface without its version.
    pub fn interface(self) -> &'static str {
        match self {
            Right::State => "lockstep:step/state",
            Right::Updates => "lockstep:step/updates",
        }
    }

    /// The line of the table that grants what most steps need.
    pub fn line(self) -> &'static str {
        match self {
            Right::State => "run = \"rw\"",
            Right::Updates => "bytes = \"1MiB\"",
        }
    }
}

impl Grant {
    /// Whether an attempt reaches nothing outside its run, and nobody sees of it before its commit.
    pub fn is_pure(&self) -> bool {
        let Grant { state: _, updates } = self;
        updates.is_none()
    }

    /// Whether the table of a right stands in it.
    pub fn has(&self, right: Right) -> bool {
        match right {
            Right::State => self.state.is_some(),
            Right::Updates => self.updates.is_some(),
        }
    }
}

/// Reads the text of a grant file: what it grants, or everything that is wrong with it.
pub fn parse(text: &str) -> Result<Grant, Vec<Finding>> {
    table::parse(text, &keys::FILE, read::file)
}
