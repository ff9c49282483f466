//! The keys of `workflow.toml`, level by level: one table that the parser refuses strangers by, and
//! that a test holds the JSON Schema against.

#[cfg(test)]
use crate::grant;
use crate::table::Level;

pub(super) const WORKFLOW: Level = Level {
    keys: &[
        "workflow",
        "start",
        "stop",
        "publish",
        "timeout",
        "timeout-counts-waiting",
        "skip-checks",
        "steps",
        "tools",
        "human",
    ],
    later: &[],
};

pub(super) const STEP: Level = Level {
    keys: &[
        "component",
        "workflow",
        "source",
        "grant",
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
    later: &["span"],
};

pub(super) const TOOL: Level = Level { keys: &["component", "source", "grant"], later: &[] };

pub(super) const CONCURRENCY: Level = Level { keys: &["run", "all"], later: &[] };

pub(super) const RETRY: Level =
    Level { keys: &["attempts", "initial", "factor", "max", "jitter", "within", "on"], later: &[] };

pub(super) const WIRE: Level = Level { keys: &["event", "fields"], later: &[] };

pub(super) const GATHER: Level =
    Level { keys: &["of", "take", "until", "wait", "failed", "empty"], later: &[] };

pub(super) const JOIN: Level = Level { keys: &["by", "of"], later: &[] };

pub(super) const HUMAN: Level = Level { keys: &["answer", "by", "deadline", "on-deadline"], later: &[] };

/// All levels, by the definitions of `workflow.schema.json` that describe them.
#[cfg(test)]
pub(super) fn levels() -> Vec<(&'static str, &'static Level)> {
    let own = [
        ("workflow", &WORKFLOW),
        ("step", &STEP),
        ("tool", &TOOL),
        ("concurrency", &CONCURRENCY),
        ("retry", &RETRY),
        ("wire", &WIRE),
        ("gather", &GATHER),
        ("join", &JOIN),
        ("human", &HUMAN),
        ("grant", &grant::keys::INLINE),
    ];
    own.into_iter().chain(grant::keys::INSIDE).collect()
}
