//! Golden mode: what happened becomes what is expected, written into the case's file. Everything else in it stays
//! as it is, comments too.

mod toml;

use std::collections::HashMap;

use lockstep_core::case::{
    Came, Data, Difference, Expect, Format, Happened, Outcome, Ran, Timer, Value, word,
};
use lockstep_core::duration;
use lockstep_core::event::Json;
use lockstep_core::outcome::Failure;
use lockstep_core::run::Status;
use serde_json::value::RawValue;

use super::CaseFile;

/// The text of a case's file that expects what happened.
pub(crate) struct Blessed {
    pub(crate) text: String,
    /// The keys of `expect` that are written, and those that are taken out.
    pub(crate) written: Vec<&'static str>,
    pub(crate) removed: Vec<&'static str>,
}

/// What is to be done with `expect`.
#[derive(Default)]
pub(crate) struct Plan {
    set: Vec<(&'static str, Data)>,
    remove: Vec<&'static str>,
}

/// Writes a plan into the text of a file.
pub(crate) fn bless(file: &CaseFile, plan: Plan) -> Result<Blessed, String> {
    let text = match file.format {
        Format::Toml => {
            if let Some((key, _)) = plan.set.iter().find(|(_, data)| has_null(data)) {
                return Err(format!("TOML has no word for the `null` in `{key}`; write the case as .json"));
            }
            toml::written(&file.text, &plan.set, &plan.remove)?
        }
        Format::Json => json(&file.text, &plan)?,
    };
    Ok(Blessed { text, written: plan.set.iter().map(|(key, _)| *key).collect(), removed: plan.remove })
}

/// Whether something that a step has named holds nothing but `null`: an event, an update, a key of its state.
fn has_null(data: &Data) -> bool {
    match &data.value {
        Value::List(items) => items.iter().any(has_null),
        Value::Table(entries) => entries.iter().any(|(_, data)| data.value == Value::Null),
        _ => false,
    }
}

/// What is to be written of a case of a handler that differs, or expects nothing yet.
pub(crate) fn of_step(expect: Option<&Expect>, happened: &Happened, differences: &[Difference]) -> Plan {
    match expect {
        None => first(happened),
        Some(expect) => again(expect, happened, differences),
    }
}

/// The same of a case of a workflow.
pub(crate) fn of_run(expect: Option<&Outcome>, ran: &Ran, differences: &[Difference]) -> Plan {
    let mut plan = Plan::default();
    let differs = |key: &str| is_about(differences, key);
    let is_first = expect.is_none();
    let is_usual = ran.status == Status::Completed && expect.is_none_or(|expect| expect.status.is_none());
    if !is_usual && (is_first || differs("status")) {
        plan.set.push(("status", text(ran.status.as_str())));
    }
    match &ran.result {
        Some((name, value)) if is_first || differs("result") => {
            plan.set.push(("result", named(name, of(value.as_str()))));
        }
        None if differs("result") => plan.remove.push("result"),
        _ => {}
    }
    match &ran.reason {
        Some(reason) if differs("reason-contains") => plan.set.push(("reason-contains", text(reason))),
        None if differs("reason-contains") => plan.remove.push("reason-contains"),
        _ => {}
    }
    let events =
        |all: &[(String, Json)]| list(all.iter().map(|(name, value)| named(name, of(value.as_str()))));
    let texts = |texts: &[String]| list(texts.iter().map(|line| text(line)));
    let others = [
        ("questions", events(&ran.questions), is_first && !ran.questions.is_empty()),
        ("events", events(&ran.events), false),
        ("steps", texts(&ran.steps), is_first),
        ("calls", texts(&ran.calls), is_first && !ran.calls.is_empty()),
        ("took", text(&duration::show(ran.took)), false),
    ];
    let others = others.into_iter().filter(|(key, _, is_wanted)| *is_wanted || differs(key));
    plan.set.extend(others.map(|(key, value, _)| (key, value)));
    plan
}

/// Whether one of these differences is about a key of `expect`.
fn is_about(differences: &[Difference], key: &str) -> bool {
    differences.iter().any(|found| found.path.split(['.', '[']).next().is_some_and(|first| first == key))
}

/// A case that expects nothing yet: all that it did, but for what it used.
fn first(happened: &Happened) -> Plan {
    let (key, value) = came(&happened.came);
    let mut set = vec![(key, value)];
    for key in ["state", "deleted", "updates", "timers", "log", "calls"] {
        let value = part(happened, key);
        let is_empty = match &value.value {
            Value::List(items) => items.is_empty(),
            Value::Table(entries) => entries.is_empty(),
            _ => false,
        };
        if !is_empty {
            set.push((key, value));
        }
    }
    Plan { set, ..Plan::default() }
}

/// A case that expects something else: of what it expects, that which differs.
fn again(expect: &Expect, happened: &Happened, differences: &[Difference]) -> Plan {
    let mut plan = Plan::default();
    let differs = |key: &str| is_about(differences, key);
    let ends = ["emits", "failure", "parked", "or-failure"];
    if ends.into_iter().any(differs) {
        let (key, value) = came(&happened.came);
        plan.set.push((key, value));
        let there = [expect.emits.is_some(), expect.failure.is_some(), expect.parked.is_some()];
        let others = ["emits", "failure", "parked"].into_iter().zip(there);
        plan.remove =
            others.filter(|(other, there)| *there && *other != key).map(|(other, _)| other).collect();
    }
    for key in ["state", "deleted", "updates", "timers", "log", "calls", "fuel-at-most", "memory-at-most"] {
        if differs(key) {
            plan.set.push((key, part(happened, key)));
        }
    }
    plan
}

fn came(came: &Came) -> (&'static str, Data) {
    match came {
        Came::Emitted(events) => {
            ("emits", list(events.iter().map(|(name, value)| named(name, of(value.as_str())))))
        }
        Came::Failed(failure) => ("failure", of(&failed(failure).to_string())),
        Came::Interrupted(why) => ("parked", text(word(*why))),
    }
}

fn failed(failure: &Failure) -> serde_json::Value {
    let mut told = serde_json::json!({
        "class": failure.class.as_str(), "code": failure.code, "message": failure.message,
    });
    if let Some(after) = failure.retry_after {
        told["retry-after-ms"] = u64::try_from(after.as_millis()).unwrap_or(u64::MAX).into();
    }
    if let Some(details) = &failure.details {
        told["details"] = serde_json::from_str(details.as_str()).unwrap_or_default();
    }
    told
}

fn part(happened: &Happened, key: &str) -> Data {
    let texts = |texts: &[String]| list(texts.iter().map(|line| text(line)));
    let number = |number: u64| data(Value::Number(number.to_string()));
    match key {
        "state" => table(happened.state.iter().map(|(key, value)| (key.clone(), of(value.as_str())))),
        "deleted" => texts(&happened.deleted),
        "updates" => list(happened.updates.iter().map(|(name, item)| named(name, of(item.as_str())))),
        "timers" => list(happened.timers.iter().map(|timer| match timer {
            Timer::Set { name, after_ms } => {
                table([("set".to_owned(), text(name)), ("after-ms".to_owned(), number(*after_ms))])
            }
            Timer::Cancel(name) => named("cancel", text(name)),
        })),
        "log" => texts(&happened.log),
        "calls" => texts(&happened.calls),
        "fuel-at-most" => number(happened.fuel),
        _ => number(happened.memory),
    }
}

fn data(value: Value) -> Data {
    Data { line: 0, value }
}

fn text(text: &str) -> Data {
    data(Value::Text(text.to_owned()))
}

fn list(items: impl Iterator<Item = Data>) -> Data {
    data(Value::List(items.collect()))
}

fn table(entries: impl IntoIterator<Item = (String, Data)>) -> Data {
    data(Value::Table(entries.into_iter().map(|(key, value)| (Data::key(&key), value)).collect()))
}

fn named(name: &str, value: Data) -> Data {
    table([(name.to_owned(), value)])
}

fn of(json: &str) -> Data {
    Data::read(json).unwrap_or_else(|| data(Value::Null))
}

fn json(before: &str, plan: &Plan) -> Result<String, String> {
    let told = |error: serde_json::Error| error.to_string();
    let parts: HashMap<String, &RawValue> = serde_json::from_str(before).map_err(told)?;
    let expect = parts.get("expect").copied();
    let now: Option<serde_json::Map<String, serde_json::Value>> =
        expect.map(|raw| serde_json::from_str(raw.get())).transpose().map_err(told)?.flatten();
    let mut now = now.unwrap_or_default();
    plan.remove.iter().for_each(|key| drop(now.remove(*key)));
    now.extend(plan.set.iter().map(|(key, value)| ((*key).to_owned(), value.plain())));
    let pretty = serde_json::to_string_pretty(&now).map_err(|error| error.to_string())?;
    let pretty = pretty.replace('\n', "\n  ");
    Ok(match expect {
        Some(raw) => {
            // Both are parts of one text, so the distance is where the value stands in it.
            let from = raw.get().as_ptr() as usize - before.as_ptr() as usize;
            format!("{}{pretty}{}", &before[..from], &before[from + raw.get().len()..])
        }
        None => {
            let end = before.rfind('}').ok_or("it is no object")?;
            let head = before[..end].trim_end();
            let comma = if head.ends_with('{') { "" } else { "," };
            format!("{head}{comma}\n  \"expect\": {pretty}\n{}", &before[end..])
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_is_not_made_to_say_less_than_what_happened() {
        let plan = |key, data| Plan { set: vec![(key, data)], ..Plan::default() };
        let mut file = CaseFile {
            path: "case.toml".into(),
            text: "handler = \"on-show\"\n".to_owned(),
            format: Format::Toml,
        };
        let null = || of("null");
        for (key, data) in
            [("updates", list([named("n", null())].into_iter())), ("state", named("k", null()))]
        {
            let told = bless(&file, plan(key, data)).err();
            let wanted = format!("TOML has no word for the `null` in `{key}`; write the case as .json");
            assert_eq!(told, Some(wanted));
        }
        // A field that is not there is the same as none.
        let event = list([named("seen", of("{\"before\":null,\"n\":1}"))].into_iter());
        assert!(bless(&file, plan("emits", event)).unwrap().text.contains("emits = [{ seen = { n = 1 } }]"));
        (file.text, file.format) = ("{}".into(), Format::Json);
        assert!(bless(&file, plan("state", named("k", null()))).is_ok());
    }
}
