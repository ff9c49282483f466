//! The keys of case files, level by level: one table that the reader refuses strangers by, and that a test holds
//! the JSON Schema against.

use crate::table::Level;

/// A case of one handler.
pub(super) const STEP: Level = Level {
    keys: &["case", "handler", "event", "given", "state", "http", "tools", "run", "expect"],
    later: &[],
};

pub(super) const HTTP: Level =
    Level { keys: &["method", "url", "headers", "body", "json", "times", "answer"], later: &[] };

pub(super) const HTTP_ANSWER: Level = Level {
    keys: &["status", "headers", "body", "json", "error", "message", "denied", "refused"],
    later: &[],
};

pub(super) const TOOL: Level =
    Level { keys: &["name", "description", "schema", "arguments", "times", "answer"], later: &[] };

pub(super) const TOOL_ANSWER: Level =
    Level { keys: &["output", "failed", "error", "message", "denied", "refused"], later: &[] };

pub(super) const RUN: Level =
    Level { keys: &["run", "workflow", "step", "attempt", "session", "now", "random"], later: &[] };

pub(super) const EXPECT: Level = Level {
    keys: &[
        "emits",
        "failure",
        "or-failure",
        "parked",
        "state",
        "deleted",
        "updates",
        "timers",
        "log",
        "calls",
        "fuel-at-most",
        "memory-at-most",
    ],
    later: &[],
};

pub(super) const FAILURE: Level = Level {
    keys: &["class", "code", "message", "message-contains", "retry-after-ms", "details"],
    later: &[],
};

pub(super) const TIMER: Level = Level { keys: &["set", "after-ms", "cancel"], later: &[] };

/// A case of a workflow.
pub(super) const WORKFLOW: Level = Level {
    keys: &["case", "start", "run", "answers", "decisions", "stand-ins", "http", "tools", "expect"],
    later: &[],
};

pub(super) const WORKFLOW_RUN: Level = Level { keys: &["now", "session"], later: &[] };

pub(super) const ANSWER: Level =
    Level { keys: &["question", "asked", "answer", "by", "after", "times"], later: &[] };

pub(super) const DECISION: Level = Level {
    keys: &["tool", "method", "url", "arguments", "approve", "with", "refuse", "by", "after", "times"],
    later: &[],
};

pub(super) const STAND_IN: Level =
    Level { keys: &["step", "handler", "event", "given", "times", "emits", "failure"], later: &[] };

pub(super) const WORKFLOW_EXPECT: Level = Level {
    keys: &["status", "result", "reason-contains", "events", "questions", "steps", "calls", "took"],
    later: &[],
};

/// All levels of either, by the definitions of `case.schema.json` that describe them.
#[cfg(test)]
pub(super) fn levels() -> Vec<(&'static str, &'static Level)> {
    vec![
        ("workflow", &WORKFLOW),
        ("workflow-run", &WORKFLOW_RUN),
        ("answer", &ANSWER),
        ("decision", &DECISION),
        ("stand-in", &STAND_IN),
        ("workflow-expect", &WORKFLOW_EXPECT),
        ("step", &STEP),
        ("http", &HTTP),
        ("http-answer", &HTTP_ANSWER),
        ("tool", &TOOL),
        ("tool-answer", &TOOL_ANSWER),
        ("run", &RUN),
        ("expect", &EXPECT),
        ("failure", &FAILURE),
        ("timer", &TIMER),
    ]
}
