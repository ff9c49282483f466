//! The keys of `workflow.toml`, level by level: one table that the parser refuses strangers by, and
//! that a test holds the JSON Schema against.

/// A table of the file whose keys are fixed.
pub(super) struct Level {
    /// What it may hold.
    pub(super) keys: &'static [&'static str],
    /// What a later release will read: refused until then, never silently accepted.
    pub(super) later: &'static [&'static str],
}

pub(super) const WORKFLOW: Level = Level {
    keys: &["workflow", "start", "stop", "publish", "timeout", "skip-checks", "steps"],
    later: &["timeout-counts-waiting", "human"],
};

pub(super) const STEP: Level = Level {
    keys: &[
        "component",
        "source",
        "concurrency",
        "timeout",
        "retry",
        "exhausted",
        "takes",
        "gives",
        "when",
        "handles",
        "gather",
        "join",
        "skip-checks",
    ],
    later: &["workflow", "grant", "span"],
};

pub(super) const CONCURRENCY: Level = Level { keys: &["run", "all"], later: &[] };

pub(super) const RETRY: Level =
    Level { keys: &["attempts", "initial", "factor", "max", "jitter", "within", "on"], later: &[] };

pub(super) const WIRE: Level = Level { keys: &["event", "fields"], later: &[] };

pub(super) const GATHER: Level =
    Level { keys: &["of", "take", "until", "wait", "failed", "empty"], later: &[] };

pub(super) const JOIN: Level = Level { keys: &["by", "of"], later: &[] };

/// All levels, by the definitions of `workflow.schema.json` that describe them.
#[cfg(test)]
pub(super) const LEVELS: [(&str, &Level); 7] = [
    ("workflow", &WORKFLOW),
    ("step", &STEP),
    ("concurrency", &CONCURRENCY),
    ("retry", &RETRY),
    ("wire", &WIRE),
    ("gather", &GATHER),
    ("join", &JOIN),
];
