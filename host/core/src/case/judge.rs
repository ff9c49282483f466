//! What happened, held against what was expected: every difference, with the path to it. A field that is missing
//! is the same as none, an element of a list is not; a whole number may be written as text; an event is compared by
//! what it says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::{Data, Event, Expect, Timer, Wanted};
use crate::event::Json;
use crate::outcome::{Failure, Interruption};

/// So much of a value is shown.
const SHOWN: usize = 400;

/// What came of an attempt, in the names of the component itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Happened {
    /// How it ended.
    pub came: Came,
    /// What the state holds of keys that were added or changed.
    pub state: BTreeMap<String, Json>,
    /// The keys that are gone.
    pub deleted: Vec<String>,
    /// What watchers were shown, in order.
    pub updates: Vec<(String, Json)>,
    /// What it asked of its timers, in order.
    pub timers: Vec<Timer>,
    /// Its log, as `info: text`.
    pub log: Vec<String>,
    /// The calls that left, as `POST https://…` and `tool brew`.
    pub calls: Vec<String>,
    /// What it used up of its fuel.
    pub fuel: u64,
    /// The most memory it held, in bytes.
    pub memory: u64,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Came {
    /// It emitted these events, by their short names.
    Emitted(Vec<(String, Json)>),
    /// It failed.
    Failed(Failure),
    /// It cannot go on by itself.
    Interrupted(Interruption),
}

/// One thing that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// From the table `expect` to the part: `emits[0].left.note`.
    pub path: String,
    /// What was expected.
    pub wanted: String,
    /// What there was.
    pub got: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, got {}", self.path, self.wanted, self.got)
    }
}

/// Every difference.
pub fn judge(expect: &Expect, happened: &Happened) -> Vec<Difference> {
    let mut judge = Judge::default();
    if let (Some(wanted), Came::Failed(failure)) = (&expect.or_failure, &happened.came) {
        let mut other = Judge::default();
        other.failure("or-failure", wanted, failure);
        if other.found.is_empty() || expect.failure.is_none() {
            return other.found;
        }
    }
    judge.came(expect, &happened.came);
    judge.state(expect, happened);
    if let Some(wanted) = &expect.updates {
        judge.events("updates", wanted, &happened.updates);
    }
    if let Some(wanted) = &expect.timers {
        let told = |timers: &[Timer]| timers.iter().map(ToString::to_string).collect::<Vec<_>>();
        judge.lines("timers", &told(wanted), &told(&happened.timers));
    }
    if let Some(wanted) = &expect.log {
        judge.lines("log", wanted, &happened.log);
    }
    if let Some(wanted) = &expect.calls {
        judge.lines("calls", wanted, &happened.calls);
    }
    judge.at_most("fuel-at-most", expect.fuel, happened.fuel);
    judge.at_most("memory-at-most", expect.memory, happened.memory);
    judge.found
}

/// Whether two values say the same.
pub(super) fn same(wanted: &Value, got: &Value) -> bool {
    let mut judge = Judge::default();
    judge.value("", Some(wanted), Some(got));
    judge.found.is_empty()
}

/// Whether a value says all that is expected of it, and perhaps more.
pub(super) fn is_within(wanted: &Data, got: &Json) -> bool {
    let mut judge = Judge { may_be_more: true, ..Judge::default() };
    judge.value("", Some(&wanted.plain()), Some(&read(got)));
    judge.found.is_empty()
}

/// `left {"note":"a"}`
pub(super) fn told_event(name: &str, value: &str) -> String {
    format!("{name} {}", cut(value))
}

#[derive(Default)]
pub(super) struct Judge {
    found: Vec<Difference>,
    /// What was expected may say less than there is.
    may_be_more: bool,
}

impl Judge {
    pub(super) fn into_found(self) -> Vec<Difference> {
        self.found
    }

    pub(super) fn find(&mut self, path: &str, wanted: impl Into<String>, got: impl Into<String>) {
        self.found.push(Difference { path: path.to_owned(), wanted: wanted.into(), got: got.into() });
    }

    /// A failure is expected or wrong; the same goes for an attempt that cannot go on.
    fn came(&mut self, expect: &Expect, came: &Came) {
        match (expect, came) {
            (Expect { failure: Some(wanted), .. }, Came::Failed(failure)) => {
                self.failure("failure", wanted, failure);
            }
            (Expect { failure: Some(_), .. }, other) => self.find("failure", "a failure", told(other)),
            (Expect { parked: Some(wanted), .. }, Came::Interrupted(why)) if wanted == why => {}
            (Expect { parked: Some(wanted), .. }, other) => {
                self.find("parked", format!("`{}`", word(*wanted)), told(other));
            }
            (Expect { emits: Some(wanted), .. }, Came::Emitted(got)) => self.events("emits", wanted, got),
            (_, Came::Emitted(_)) => {}
            (_, other) => self.find("emits", "events", told(other)),
        }
    }

    fn failure(&mut self, path: &str, wanted: &Wanted, got: &Failure) {
        let Wanted { class, code, message, contains, retry_after_ms, details } = wanted;
        if let Some(class) = class.filter(|class| *class != got.class) {
            self.find(&format!("{path}.class"), class.as_str(), got.class.as_str());
        }
        for (key, wanted, got) in [("code", code, &got.code), ("message", message, &got.message)] {
            if let Some(wanted) = wanted.as_ref().filter(|wanted| *wanted != got) {
                self.find(&format!("{path}.{key}"), quoted(wanted), quoted(got));
            }
        }
        if let Some(part) = contains.as_ref().filter(|part| !got.message.contains(part.as_str())) {
            self.find(&format!("{path}.message-contains"), quoted(part), quoted(&got.message));
        }
        let after = got.retry_after.map(millis);
        if let Some(wanted) = retry_after_ms.filter(|wanted| Some(*wanted) != after) {
            let got = after.map_or("nothing".into(), |millis| millis.to_string());
            self.find(&format!("{path}.retry-after-ms"), wanted.to_string(), got);
        }
        if let Some(wanted) = details {
            self.value(
                &format!("{path}.details"),
                Some(&wanted.plain()),
                got.details.as_ref().map(read).as_ref(),
            );
        }
    }

    fn state(&mut self, expect: &Expect, happened: &Happened) {
        if let Some(wanted) = &expect.state {
            let wanted: BTreeMap<&str, &Data> =
                wanted.iter().map(|(key, data)| (&*key.value, data)).collect();
            let keys: BTreeSet<&str> =
                wanted.keys().copied().chain(happened.state.keys().map(String::as_str)).collect();
            for key in keys {
                let (wanted, got) = (wanted.get(key).map(|data| data.plain()), happened.state.get(key));
                match (&wanted, got) {
                    (Some(wanted), None) => {
                        self.find(&format!("state.{key}"), shown(wanted), "no change of this key");
                    }
                    (None, Some(got)) => {
                        self.find(&format!("state.{key}"), "no change of this key", shown(&read(got)));
                    }
                    _ => self.value(&format!("state.{key}"), wanted.as_ref(), got.map(read).as_ref()),
                }
            }
        }
        if let Some(wanted) = &expect.deleted {
            let (mut wanted, mut got) = (wanted.clone(), happened.deleted.clone());
            wanted.sort();
            got.sort();
            self.lines("deleted", &wanted, &got);
        }
    }

    pub(super) fn events(&mut self, path: &str, wanted: &[Event], got: &[(String, Json)]) {
        for at in 0..wanted.len().max(got.len()) {
            let path = format!("{path}[{at}]");
            match (wanted.get(at), got.get(at)) {
                (Some(wanted), Some((name, value))) if wanted.name.value == *name => {
                    let path = format!("{path}.{name}");
                    self.value(&path, Some(&wanted.value.plain()), Some(&read(value)));
                }
                (wanted, got) => {
                    let wanted = wanted.map(|wanted| told_event(&wanted.name.value, &wanted.value.json()));
                    let got = got.map(|(name, value)| told_event(name, value.as_str()));
                    let nothing = || "nothing".to_owned();
                    self.find(&path, wanted.unwrap_or_else(nothing), got.unwrap_or_else(nothing));
                }
            }
        }
    }

    pub(super) fn lines(&mut self, path: &str, wanted: &[String], got: &[String]) {
        for at in 0..wanted.len().max(got.len()) {
            let (wanted, got) = (wanted.get(at), got.get(at));
            if wanted != got {
                let line = |line: Option<&String>| line.map_or("nothing".into(), |line| quoted(line));
                self.find(&format!("{path}[{at}]"), line(wanted), line(got));
            }
        }
    }

    fn at_most(&mut self, path: &str, most: Option<u64>, got: u64) {
        if let Some(most) = most.filter(|most| got > *most) {
            self.find(path, format!("at most {most}"), got.to_string());
        }
    }

    pub(super) fn value(&mut self, path: &str, wanted: Option<&Value>, got: Option<&Value>) {
        match (wanted.filter(|value| !value.is_null()), got.filter(|value| !value.is_null())) {
            (Some(Value::Object(wanted)), Some(Value::Object(got))) => {
                let keys: BTreeSet<&String> = wanted.keys().chain(got.keys()).collect();
                keys.into_iter()
                    .for_each(|key| self.value(&format!("{path}.{key}"), wanted.get(key), got.get(key)));
            }
            (Some(Value::Array(wanted)), Some(Value::Array(got))) => self.elements(path, wanted, got),
            (None, _) if self.may_be_more => {}
            (wanted, got) if is_same(wanted, got) => {}
            (wanted, got) => self.differ(path, wanted, got),
        }
    }

    /// A list has as many elements as are expected: one that is missing is not the same as `null`.
    fn elements(&mut self, path: &str, wanted: &[Value], got: &[Value]) {
        for at in 0..wanted.len().max(got.len()) {
            let path = format!("{path}[{at}]");
            match (wanted.get(at), got.get(at)) {
                (Some(wanted), Some(got)) => self.value(&path, Some(wanted), Some(got)),
                (wanted, got) => self.differ(&path, wanted, got),
            }
        }
    }

    fn differ(&mut self, path: &str, wanted: Option<&Value>, got: Option<&Value>) {
        let told = |value: Option<&Value>| value.map_or("nothing".into(), shown);
        self.find(path, told(wanted), told(got));
    }
}

/// Whether values that hold no others say the same.
fn is_same(wanted: Option<&Value>, got: Option<&Value>) -> bool {
    match (wanted, got) {
        (Some(Value::Number(wanted)), Some(Value::Number(got))) => {
            wanted == got || ((wanted.is_f64() || got.is_f64()) && wanted.as_f64() == got.as_f64())
        }
        (Some(Value::String(wanted)), Some(Value::Number(got))) => *wanted == got.to_string(),
        (wanted, got) => wanted == got,
    }
}

pub(super) fn read(json: &Json) -> Value {
    serde_json::from_str(json.as_str()).unwrap_or_default()
}

fn shown(value: &Value) -> String {
    cut(&value.to_string())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn quoted(text: &str) -> String {
    shown(&text.into())
}

fn millis(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}

/// How an attempt ended, in words.
fn told(came: &Came) -> String {
    match came {
        Came::Emitted(events) if events.is_empty() => "no event".into(),
        Came::Emitted(events) => events.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", "),
        Came::Failed(failure) => Wanted::of(failure),
        Came::Interrupted(why) => format!("an attempt that is parked as `{}`", word(*why)),
    }
}

/// The word of `parked` for why an attempt cannot go on.
pub fn word(why: Interruption) -> &'static str {
    match why {
        Interruption::UnknownEffect => "unknown-effect",
        Interruption::Approval => "approval",
        Interruption::Unsteady => "unsteady",
        Interruption::Conflict => "conflict",
        Interruption::NotBefore(_) => "not-before",
        Interruption::Stopped => "stopped",
    }
}

impl fmt::Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Timer::Set { name, after_ms } => write!(f, "set {name} after {after_ms} ms"),
            Timer::Cancel(name) => write!(f, "cancel {name}"),
        }
    }
}
