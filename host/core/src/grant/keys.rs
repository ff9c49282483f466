//! The keys of a grant, level by level: one table that the parser refuses strangers by, and that
//! tests hold both JSON Schemas against.

use crate::table::Level;

/// Tables that a later release will read.
const LATER: &[&str] = &[
    "component",
    "http",
    "tools",
    "llm",
    "kv",
    "dir",
    "config",
    "scratch",
    "clock",
    "random",
    "limits",
    "on-denied",
];

/// A file of its own.
pub(crate) const FILE: Level = Level { keys: &["grant", "state", "updates"], later: LATER };

/// `[steps.NAME.grant]` of a workflow.
pub(crate) const INLINE: Level = Level { keys: &["state", "updates"], later: LATER };

pub(crate) const STATE: Level = Level { keys: &["run"], later: &[] };

pub(crate) const UPDATES: Level = Level { keys: &["bytes"], later: &[] };

/// All levels of a file, by the definitions of `grant.schema.json` that describe them.
#[cfg(test)]
pub(super) const LEVELS: [(&str, &Level); 3] = [("file", &FILE), ("state", &STATE), ("updates", &UPDATES)];
