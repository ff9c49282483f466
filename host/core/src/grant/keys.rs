//! The keys of a grant, level by level: one table that the parser refuses strangers by, and that
//! tests hold the JSON Schemas against.

use crate::table::Level;

/// Tables that a later release will read.
const LATER: &[&str] = &["llm"];

/// What a file of its own has; all but the first [`OF_FILES`] stand wherever a grant does.
const TABLES: &[&str] = &[
    "grant",
    "component",
    "http",
    "tools",
    "approval",
    "state",
    "updates",
    "kv",
    "dir",
    "config",
    "scratch",
    "clock",
    "random",
    "limits",
    "on-denied",
];

/// How many of the tables only a file of its own has.
const OF_FILES: usize = 2;

/// A file of its own.
pub(crate) const FILE: Level = Level { keys: TABLES, later: LATER };

/// `[steps.NAME.grant]` of a workflow, and `[ceiling]` of the operator's file.
pub(crate) const INLINE: Level = Level { keys: TABLES.split_at(OF_FILES).1, later: LATER };

pub(crate) const COMPONENT: Level = Level { keys: &["digest", "signer", "asks"], later: &["record"] };

pub(crate) const HTTP: Level = Level {
    keys: &[
        "host",
        "scheme",
        "port",
        "methods",
        "paths",
        "query",
        "network",
        "secret",
        "idempotency",
        "effects",
        "redirects",
        "request-bytes",
        "response-bytes",
        "timeout",
        "rate",
        "on-retry",
        "approve",
    ],
    later: &[],
};

pub(crate) const SECRET: Level = Level { keys: &["name", "header", "format"], later: &[] };

pub(crate) const TOOLS: Level = Level {
    keys: &[
        "mcp",
        "component",
        "allow",
        "pin",
        "args",
        "approve",
        "calls",
        "result-bytes",
        "timeout",
        "effects",
        "on-retry",
        "rate",
    ],
    later: &[],
};

pub(crate) const APPROVAL: Level = Level { keys: &["within"], later: &[] };

pub(crate) const STATE: Level = Level { keys: &["run"], later: &[] };

pub(crate) const UPDATES: Level = Level { keys: &["bytes"], later: &[] };

pub(crate) const KV: Level = Level { keys: &["store", "prefix", "access", "bytes", "ttl"], later: &[] };

pub(crate) const DIR: Level = Level { keys: &["host", "guest", "access"], later: &[] };

/// `[[dir]]` of a ceiling: wherever the step sees it.
pub(crate) const CEILING_DIR: Level = Level { keys: &["host", "access"], later: &[] };

pub(crate) const SCRATCH: Level = Level { keys: &["bytes", "files"], later: &[] };

pub(crate) const CLOCK: Level = Level { keys: &["wall"], later: &[] };

pub(crate) const RANDOM: Level = Level { keys: &["source"], later: &[] };

pub(crate) const LIMITS: Level = Level {
    keys: &["memory", "cpu", "fuel", "events", "event-bytes", "host-calls", "log-bytes"],
    later: &[],
};

pub(crate) const ON_DENIED: Level = Level { keys: &["http", "tools"], later: &["llm", "kv"] };

/// The levels inside a grant, by the definitions of the JSON Schemas that describe them.
#[cfg(test)]
pub(crate) const INSIDE: [(&str, &Level); 13] = [
    ("http", &HTTP),
    ("secret", &SECRET),
    ("tools", &TOOLS),
    ("approval", &APPROVAL),
    ("state", &STATE),
    ("updates", &UPDATES),
    ("kv", &KV),
    ("dir", &DIR),
    ("scratch", &SCRATCH),
    ("clock", &CLOCK),
    ("random", &RANDOM),
    ("limits", &LIMITS),
    ("on-denied", &ON_DENIED),
];

/// All levels of a file.
#[cfg(test)]
pub(super) fn levels() -> Vec<(&'static str, &'static Level)> {
    [("file", &FILE), ("component", &COMPONENT)].into_iter().chain(INSIDE).collect()
}
