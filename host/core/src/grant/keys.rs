//! The keys of a grant, level by level: one table that the parser refuses strangers by, and that
//! tests hold the JSON Schemas against.

use crate::table::Level;

/// Tables that a later release will read.
const LATER: &[&str] = &["tools", "llm"];

/// A file of its own.
pub(crate) const FILE: Level = Level {
    keys: &[
        "grant",
        "component",
        "http",
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
    ],
    later: LATER,
};

/// `[steps.NAME.grant]` of a workflow, and `[ceiling]` of the operator's file.
pub(crate) const INLINE: Level = Level {
    keys: &[
        "http",
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
    ],
    later: LATER,
};

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
    ],
    later: &["approve"],
};

pub(crate) const SECRET: Level = Level { keys: &["name", "header", "format"], later: &[] };

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

pub(crate) const ON_DENIED: Level = Level { keys: &["http"], later: &["tools", "llm", "kv"] };

/// The levels inside a grant, by the definitions of the JSON Schemas that describe them.
#[cfg(test)]
pub(crate) const INSIDE: [(&str, &Level); 11] = [
    ("http", &HTTP),
    ("secret", &SECRET),
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
