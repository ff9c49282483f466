//! What came of a case, for people and for programs: short where it is ok, everything where it is not.

use std::time::Duration;

use lockstep_core::case::{Came, Difference, Happened, Timer, Wanted, word};
use lockstep_core::duration;
use lockstep_core::event::Json;
use serde_json::{Map, Value, json};

use crate::case::{Played, PlayedRun, Unanswered};
use crate::cli::{Tested, Verdict};
use crate::inert::inert;

/// How far the names of what happened are set in.
const NAMES: usize = 8;

/// A case that was run, a line each.
pub(crate) fn lines(tested: &Tested, verbose: bool) -> Vec<String> {
    let (name, title) = (tested.file.name(), tested.title.as_deref().unwrap_or(&tested.about));
    let word = match &tested.verdict {
        Verdict::Ok => "ok",
        Verdict::Failed => "failed",
        Verdict::Blessed(..) => "blessed",
    };
    let mut lines = vec![inert(&format!("{word:7}  {name}  {title}  ({})", tested.used)).into_owned()];
    lines.extend(tested.differences.iter().map(|difference| set_in(2, &difference.to_string())));
    lines.extend(tested.complaints.iter().map(|complaint| set_in(2, complaint)));
    lines.extend(tested.asked.unanswered.iter().flat_map(|call| unanswered(tested, call)));
    if let Verdict::Blessed(written, removed) = &tested.verdict {
        lines.push(set_in(2, &blessed(tested, written, removed)));
    }
    if verbose || matches!(tested.verdict, Verdict::Failed) {
        lines.push("  what happened".into());
        lines.extend(tested.happened.iter().map(|line| set_in(4, line)));
    }
    lines
}

/// `27 ok, 2 failed`
pub(crate) fn summary(tested: &[&Tested]) -> String {
    let count = |is: fn(&Verdict) -> bool| tested.iter().filter(|tested| is(&tested.verdict)).count();
    let all = [
        (count(|verdict| matches!(verdict, Verdict::Ok)), "ok"),
        (count(|verdict| matches!(verdict, Verdict::Blessed(..))), "blessed"),
        (count(|verdict| matches!(verdict, Verdict::Failed)), "failed"),
    ];
    let told = all.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    told.collect::<Vec<_>>().join(", ")
}

/// A case that was run, for programs.
pub(crate) fn object(tested: &Tested) -> Value {
    let difference =
        |found: &Difference| json!({ "path": found.path, "expected": found.wanted, "got": found.got });
    let asked = &tested.asked;
    let mut object = json!({
        "file": tested.file.path.display().to_string(),
        "case": tested.title,
        "ok": !matches!(tested.verdict, Verdict::Failed),
        "blessed": matches!(tested.verdict, Verdict::Blessed(..)),
        "differences": tested.differences.iter().map(difference).collect::<Vec<_>>(),
        "complaints": tested.complaints,
        "unanswered": asked.unanswered.iter().map(|call| &call.call).collect::<Vec<_>>(),
        "denied": asked.denied.iter().map(|of| json!({ "what": &*of.what, "why": &*of.why })).collect::<Vec<_>>(),
    });
    if let Value::Object(members) = &mut object {
        members.extend(tested.object.clone());
    }
    object
}

/// What the attempt of a case used: `1.2 ms, 3,583 fuel, 1.1 MiB`.
pub(crate) fn used(played: &Played) -> String {
    let happened = &played.happened;
    format!("{}, {} fuel, {}", time(played.took), digits(happened.fuel), bytes(happened.memory))
}

/// What the attempt of a case did, for programs.
pub(crate) fn of_step(handler: &str, played: &Played) -> Map<String, Value> {
    let happened = &played.happened;
    members(json!({
        "handler": handler,
        "emits": emits(&happened.came),
        "failure": failure(&happened.came),
        "parked": parked(&happened.came),
        "state": happened.state.iter().map(|(key, value)| (key.clone(), read(value))).collect::<Map<_, _>>(),
        "deleted": happened.deleted,
        "updates": named(&happened.updates),
        "timers": happened.timers.iter().map(timer).collect::<Vec<_>>(),
        "log": happened.log,
        "calls": happened.calls,
        "fuel": happened.fuel,
        "memory": happened.memory,
        "ms": played.took.as_secs_f64() * 1e3,
    }))
}

/// What the run of a case used: `3d of its time, 7 attempts, 12.3 ms`.
pub(crate) fn used_by_run(played: &PlayedRun) -> String {
    let attempts = if played.attempts == 1 { "attempt" } else { "attempts" };
    let (its, real) = (duration::show(played.ran.took), time(played.took));
    format!("{its} of its time, {} {attempts}, {real}", played.attempts)
}

/// What the run of a case did, for programs.
pub(crate) fn of_run(played: &PlayedRun) -> Map<String, Value> {
    let ran = &played.ran;
    members(json!({
        "status": ran.status.as_str(),
        "reason": ran.reason,
        "result": ran.result.as_ref().map(|(name, value)| json!({ name: read(value) })),
        "events": named(&ran.events),
        "questions": named(&ran.questions),
        "steps": ran.steps,
        "calls": ran.calls,
        "took_ms": u64::try_from(ran.took.as_millis()).unwrap_or(u64::MAX),
        "attempts": played.attempts,
        "ms": played.took.as_secs_f64() * 1e3,
    }))
}

/// All that the run of a case did: its story, and what it came to.
pub(crate) fn run_happened(played: &PlayedRun) -> Vec<String> {
    let ran = &played.ran;
    let reason = ran.reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
    let result = ran.result.as_ref().map(|(name, value)| format!("{name} {value}"));
    let ends =
        [("status", vec![format!("{}{reason}", ran.status)]), ("result", result.into_iter().collect())];
    let calls = ("calls", ran.calls.clone());
    let ends = ends.into_iter().chain([calls]).flat_map(|(kind, texts)| of_kind(kind, &texts));
    played.story.iter().map(|line| line.strip_prefix("  ").unwrap_or(line).to_owned()).chain(ends).collect()
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn unanswered(tested: &Tested, call: &Unanswered) -> Vec<String> {
    let file = tested.file.path.display();
    let mut lines = vec![format!("it asked for `{}`, and the case answers no such call", call.call)];
    for (line, why) in &call.nearly {
        lines.push(format!("  the answer at {file}:{line} is not for it: {why}"));
    }
    if call.nearly.is_empty() {
        lines.push(format!("add to {file}:"));
        lines.extend(call.add.iter().map(|line| format!("  {line}")));
    }
    lines.iter().map(|line| set_in(2, line)).collect()
}

fn blessed(tested: &Tested, written: &[&str], removed: &[&str]) -> String {
    let list = |keys: &[&str]| keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    let removed = if removed.is_empty() { String::new() } else { format!("; {} is gone", list(removed)) };
    format!("{}: wrote {} of [expect]{removed}", tested.file.path.display(), list(written))
}

/// All that the attempt of a case did, a line for each thing, its kind before the first of them.
pub(crate) fn happened(played: &Played) -> Vec<String> {
    let Happened { came, state, deleted, updates, timers, log, calls, .. } = &played.happened;
    let named = |all: &[(String, Json)]| all.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let denied = played.asked.denied.iter().map(|of| format!("{}: {}", of.what, of.why));
    let (kind, ended): (&str, Vec<String>) = match came {
        Came::Emitted(events) if events.is_empty() => ("emits", vec!["nothing".into()]),
        Came::Emitted(events) => ("emits", named(events)),
        Came::Failed(failure) => ("failure", vec![Wanted::of(failure)]),
        Came::Interrupted(why) => ("parked", vec![word(*why).into()]),
    };
    let kinds = [
        (kind, ended),
        ("state", state.iter().map(|(key, value)| format!("{key} = {value}")).collect()),
        ("deleted", deleted.clone()),
        ("updates", named(updates)),
        ("timers", timers.iter().map(ToString::to_string).collect()),
        ("calls", calls.clone()),
        ("denied", denied.collect()),
        ("log", log.clone()),
    ];
    kinds.iter().flat_map(|(kind, texts)| of_kind(kind, texts)).collect()
}

/// Lines of one kind, which stands before the first of them.
fn of_kind(kind: &str, texts: &[String]) -> Vec<String> {
    let line = |(at, text): (usize, &String)| {
        let kind = if at == 0 { kind } else { "" };
        format!("{kind:NAMES$} {text}")
    };
    texts.iter().enumerate().map(line).collect()
}

fn set_in(by: usize, line: &str) -> String {
    format!("{:by$}{}", "", inert(line))
}

fn emits(came: &Came) -> Value {
    match came {
        Came::Emitted(events) => named(events),
        _ => Value::Null,
    }
}

fn failure(came: &Came) -> Value {
    match came {
        Came::Failed(failure) => json!({
            "class": failure.class.as_str(),
            "code": failure.code,
            "message": failure.message,
            "retry-after-ms": failure.retry_after.map(|after| after.as_millis() as u64),
            "details": failure.details.as_ref().map(read),
        }),
        _ => Value::Null,
    }
}

fn parked(came: &Came) -> Value {
    match came {
        Came::Interrupted(why) => word(*why).into(),
        _ => Value::Null,
    }
}

fn named(all: &[(String, Json)]) -> Value {
    all.iter().map(|(name, value)| json!({ name: read(value) })).collect::<Vec<_>>().into()
}

fn timer(timer: &Timer) -> Value {
    match timer {
        Timer::Set { name, after_ms } => json!({ "set": name, "after-ms": after_ms }),
        Timer::Cancel(name) => json!({ "cancel": name }),
    }
}

fn read(json: &Json) -> Value {
    serde_json::from_str(json.as_str()).unwrap_or_default()
}

/// `1,234,567`
fn digits(number: u64) -> String {
    let plain = number.to_string();
    let groups = plain.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}

/// `1.2 MiB`
fn bytes(number: u64) -> String {
    match number {
        number if number < 1 << 10 => format!("{number} B"),
        number if number < 1 << 20 => format!("{:.1} KiB", number as f64 / f64::from(1 << 10)),
        number => format!("{:.1} MiB", number as f64 / f64::from(1 << 20)),
    }
}

/// `3.4 ms`, `1.2 s`
fn time(took: Duration) -> String {
    match took {
        took if took < Duration::from_secs(1) => format!("{:.1} ms", took.as_secs_f64() * 1e3),
        took => format!("{:.1} s", took.as_secs_f64()),
    }
}
