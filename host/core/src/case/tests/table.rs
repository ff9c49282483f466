//! The table that all readers of case files are held to: what each file comes to, and what each finds. The SDKs of
//! JavaScript and Python run its rows by handlers; here what a handler did is taken as it is told.

use std::time::Duration;

use lockstep_test_support::component;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::case::{Answer, Came, Format, Happened, SCHEMA, Sent, StepCase, Timer, ToolAnswer, judge, step};
use crate::contract::{Alone, Contract};
use crate::event::Json;
use crate::grant::{http::Asked, tools};
use crate::outcome::{Class, Failure};
use crate::workflow::Finding;

const TABLE: &str = include_str!("table.json");

#[derive(Deserialize)]
struct Table {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    says: String,
    case: Option<Box<serde_json::value::RawValue>>,
    toml: Option<String>,
    json: Option<String>,
    does: Does,
    verdict: Verdict,
}

#[derive(Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
#[derive(Default)]
struct Does {
    emits: Vec<Map<String, Value>>,
    failure: Option<Fails>,
    state: Map<String, Value>,
    deleted: Vec<String>,
    updates: Vec<Map<String, Value>>,
    timers: Vec<Map<String, Value>>,
    log: Vec<String>,
    calls: Vec<Calls>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Fails {
    class: String,
    code: String,
    message: String,
    retry_after_ms: Option<u64>,
    details: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Calls {
    Http { http: String, json: Option<Value>, gets: String },
    Tool { tool: String, arguments: Value, gets: String },
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(untagged)]
enum Verdict {
    Differences(Vec<String>),
    Refused { refused: Vec<String> },
    Unanswered { unanswered: Vec<String> },
}

#[test]
fn every_row_of_the_table_has_its_verdict() {
    let table: Table = serde_json::from_str(TABLE).unwrap();
    let alone = Contract::read(&component(include_str!("room.wit"))).unwrap().alone();
    for row in &table.rows {
        let found = verdict(row, &alone);
        match (&row.verdict, &found) {
            (Verdict::Refused { refused: wanted }, Verdict::Refused { refused: found }) => {
                let is_told = |part: &String| found.iter().any(|told| told.contains(part));
                assert!(
                    wanted.len() == found.len() && wanted.iter().all(is_told),
                    "{}: {found:#?}",
                    row.says
                );
            }
            (wanted, found) => assert_eq!(wanted, found, "{}", row.says),
        }
    }
}

/// The SDKs read by the schema. It does not know that `null` is nothing, nor which addresses there are.
#[test]
fn the_schema_takes_what_the_reader_takes() {
    let table: Table = serde_json::from_str(TABLE).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
    let cases = table.rows.iter().filter_map(|row| row.case.as_ref()).map(|case| case.get());
    for case in cases.filter(|case| !case.contains(": null")) {
        let read = step(case, Format::Json);
        let is_address = |finding: &Finding| finding.message.starts_with("`http.url` cannot be");
        let is_read = read.map_or_else(|findings| findings.iter().all(is_address), |_| true);
        assert_eq!(validator.is_valid(&serde_json::from_str(case).unwrap()), is_read, "{case}");
    }
}

fn verdict(row: &Row, alone: &Alone) -> Verdict {
    let text = row.case.as_ref().map(|case| case.get()).or(row.json.as_deref());
    let read = match text {
        Some(text) => step(text, Format::Json),
        None => step(row.toml.as_ref().expect("a case"), Format::Toml),
    };
    let fitting = read.and_then(|case| case.call(alone).map(|_| case));
    let case = match fitting {
        Ok(case) => case,
        Err(findings) => {
            return Verdict::Refused { refused: findings.iter().map(ToString::to_string).collect() };
        }
    };
    let Some(expect) = &case.expect else {
        return Verdict::Refused { refused: vec!["the case expects nothing".into()] };
    };
    let (calls, unanswered) = calls(&case, &row.does.calls);
    match unanswered.is_empty() {
        true => {
            let found = judge(expect, &happened(&case, &row.does, calls));
            Verdict::Differences(found.into_iter().map(|difference| difference.path).collect())
        }
        false => Verdict::Unanswered { unanswered },
    }
}

/// The calls that left, and those that no answer is for.
fn calls(case: &StepCase, calls: &[Calls]) -> (Vec<String>, Vec<String>) {
    let (mut left, mut unanswered) = (Vec::new(), Vec::new());
    let mut used = vec![0; case.http.len()];
    for call in calls {
        let answered = match call {
            Calls::Http { http, json, gets } => request(case, &mut used, http, json.as_ref(), gets),
            Calls::Tool { tool, arguments, gets } => tool_call(case, tool, &arguments.to_string(), gets),
        };
        match answered {
            Ok(call) => left.extend(call),
            Err(call) => unanswered.push(call),
        }
    }
    (left, unanswered)
}

/// The call if it left; the error is that of one without an answer.
fn request(
    case: &StepCase,
    used: &mut [u32],
    line: &str,
    json: Option<&Value>,
    gets: &str,
) -> Result<Option<String>, String> {
    let (method, url) = line.split_once(' ').unwrap();
    let Ok(asked) = Asked::parse(method, url) else {
        assert_eq!(gets, "http-invalid-request");
        return Ok(None);
    };
    let body = json.map_or(String::new(), Value::to_string);
    let sent = Sent { method: &asked.method, url: asked.url.as_str(), headers: &[], body: body.as_bytes() };
    let line = format!("{} {}", asked.method, asked.url);
    let fitting = case.http.iter().zip(used).find(|(request, used)| request.fits(&sent, **used).is_ok());
    let Some((request, used)) = fitting else { return Err(line) };
    *used += 1;
    match &request.answer {
        Answer::Denied(_) | Answer::Refused(_) => return Ok(None),
        Answer::Response { body, .. } => assert_eq!(body, gets),
        Answer::Error(_) => {}
    }
    Ok(Some(line))
}

fn tool_call(case: &StepCase, name: &str, arguments: &str, gets: &str) -> Result<Option<String>, String> {
    let unanswered = Err(format!("tool {name} {arguments}"));
    let Some(listed) = case.tools.iter().find(|tool| tool.name == name) else { return unanswered };
    if tools::check(&listed.schema, &tools::Arguments::read(arguments).unwrap()).is_err() {
        assert_eq!(gets, "tool-invalid-arguments");
        return Ok(None);
    }
    let fitting = case.tools.iter().filter(|tool| tool.fits(name, arguments, 0).is_ok());
    match fitting.filter_map(|tool| tool.answer.as_ref()).next() {
        None => unanswered,
        Some(ToolAnswer::Denied(_) | ToolAnswer::Refused(_)) => Ok(None),
        Some(answer) => {
            if let ToolAnswer::Output(output) = answer {
                assert_eq!(output, gets);
            }
            Ok(Some(format!("tool {name}")))
        }
    }
}

/// What such a handler comes to: an attempt that has failed keeps its log and its calls alone.
fn happened(case: &StepCase, does: &Does, calls: Vec<String>) -> Happened {
    let json = |value: &Value| Json::trusted(value.to_string());
    let named = |map: &Map<String, Value>| {
        map.iter().next().map(|(name, value)| (name.clone(), json(value))).expect("a name")
    };
    let before = |key: &str| case.state.iter().find(|(known, _)| known.value == key);
    let is_change =
        |(key, value): &(&String, &Value)| before(key).is_none_or(|(_, before)| before.plain() != **value);
    let state = does.state.iter().filter(is_change).map(|(key, value)| (key.clone(), json(value)));
    let mut happened = Happened {
        came: Came::Emitted(does.emits.iter().map(named).collect()),
        state: state.collect(),
        deleted: does.deleted.clone(),
        updates: does.updates.iter().map(named).collect(),
        timers: does.timers.iter().map(timer).collect(),
        log: does.log.clone(),
        calls,
        fuel: 0,
        memory: 0,
    };
    if let Some(fails) = &does.failure {
        let Happened { log, calls, .. } = happened;
        happened = Happened { came: Came::Failed(failure(fails)), log, calls, ..nothing() };
    }
    happened
}

fn nothing() -> Happened {
    Happened {
        came: Came::Emitted(Vec::new()),
        state: [].into(),
        deleted: Vec::new(),
        updates: Vec::new(),
        timers: Vec::new(),
        log: Vec::new(),
        calls: Vec::new(),
        fuel: 0,
        memory: 0,
    }
}

fn failure(fails: &Fails) -> Failure {
    Failure {
        class: Class::ALL.into_iter().find(|class| class.as_str() == fails.class).expect("a class"),
        code: fails.code.as_str().into(),
        message: fails.message.as_str().into(),
        retry_after: fails.retry_after_ms.map(Duration::from_millis),
        details: fails.details.as_ref().map(|details| Json::trusted(details.to_string())),
    }
}

fn timer(does: &Map<String, Value>) -> Timer {
    let text = |key: &str| does.get(key).and_then(Value::as_str).map(str::to_owned);
    match text("cancel") {
        Some(name) => Timer::Cancel(name),
        None => {
            let after_ms = does["after-ms"].as_u64().expect("milliseconds");
            Timer::Set { name: text("set").expect("a name"), after_ms }
        }
    }
}
