//! A call that a person decides on, as that person needs to see it: who wants to make it, what is asked, with
//! what and why, what was called already, and until when somebody may say yes or no. All of it is a
//! stranger's words.

use lockstep_core::run::{Approval, ApprovalId, Run, RunId};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::indented;
use super::row::raw;
use super::story::cut;
use super::when;
use crate::inert::inert;

/// So much of one line is told.
const WHAT: usize = 400;
/// So many arguments, and so many calls.
const MOST: usize = 50;
/// A request, whose body may be given as what it says.
const HTTP: &str = "http";
const BODY: &str = "body";

/// The members of an object, each as it was written, one that stands there twice too.
struct Members(Vec<(String, Box<RawValue>)>);

/// For programs.
#[derive(Serialize)]
pub(crate) struct Object {
    kind: &'static str,
    approval: String,
    run_id: String,
    workflow: String,
    step: String,
    delivery: u64,
    capability: String,
    what: String,
    rule: String,
    why: String,
    arguments: Box<RawValue>,
    schema: Option<Box<RawValue>>,
    calls_made: Vec<Made>,
    asked_at_ms: u64,
    deadline_ms: u64,
}

/// A call that the attempt has made already.
#[derive(Serialize)]
struct Made {
    what: String,
    told: String,
}

/// What is asked, by whom, with what, why, what was called before, and until when.
pub(crate) fn told(run: &Run, number: ApprovalId, open: &Approval) -> String {
    let (id, step) = (run.id(), inert(&open.step));
    let who = if open.within.is_some() { format!("a tool that {step} called") } else { step.into_owned() };
    // Arguments have lines of their own.
    let call = open.what.split_once(" {").map_or(&*open.what, |(call, _)| call);
    let mut lines = vec![
        format!("approval {id}.{number}: {who} wants to call {}", line(call)),
        format!("why a person is asked: {}", line(&open.why)),
        format!("rule: {}", line(&open.rule)),
    ];
    lines.extend(arguments(open.proposal.arguments.as_str(), id));
    lines.extend(made(run, open));
    lines.push(format!("until {}", when(open.deadline)));
    lines.join("\n  ")
}

/// The commands that decide; `store` is what every command line ends with that names the store.
pub(crate) fn commands(run: &RunId, number: ApprovalId, store: &str) -> Vec<String> {
    let command = |what: &str, how: &str| format!("{what}: `lockstep {how}{store}`");
    vec![
        command("let it go", &format!("approve {run}.{number}")),
        command("with other arguments", &format!("approve {run}.{number} --with JSON")),
        command("do not", &format!("refuse {run}.{number} --reason TEXT")),
    ]
}

/// The same for programs.
pub(crate) fn object(run: &Run, number: ApprovalId, open: &Approval) -> Object {
    let made = run.calls_made(open.delivery).into_iter();
    Object {
        kind: "approval",
        approval: format!("{}.{number}", run.id()),
        run_id: run.id().as_str().to_owned(),
        workflow: run.workflow().name.clone(),
        step: open.step.to_string(),
        delivery: open.delivery.0,
        capability: open.capability.to_string(),
        what: open.what.to_string(),
        rule: open.rule.to_string(),
        why: open.why.to_string(),
        arguments: raw(open.proposal.arguments.as_str()),
        schema: open.proposal.schema.as_ref().map(|schema| raw(schema.as_str())),
        calls_made: made.map(|call| Made { what: call.what.into(), told: call.told.into() }).collect(),
        asked_at_ms: open.asked_at.0,
        deadline_ms: open.deadline.0,
    }
}

/// What a person gives instead of the arguments, as the call takes it: the body of a request may be given as
/// the JSON that it says. None where it is no object.
pub(crate) fn arguments_of(open: &Approval, text: &str) -> Option<String> {
    let given: Members = serde_json::from_str(text).ok()?;
    let is_body = |key: &str, value: &RawValue| {
        *open.capability == *HTTP && key == BODY && value.get().starts_with(['{', '['])
    };
    let member = |(key, value): (String, Box<RawValue>)| {
        let value =
            if is_body(&key, &value) { Value::from(value.get()).to_string() } else { value.get().to_owned() };
        format!("{}:{value}", Value::from(key))
    };
    Some(format!("{{{}}}", given.0.into_iter().map(member).collect::<Vec<_>>().join(",")))
}

/// The arguments, a line or a block of them each.
fn arguments(text: &str, run: &RunId) -> Vec<String> {
    let members = serde_json::from_str(text).map_or_else(|_| Vec::new(), |Members(members)| members);
    let mut told = vec!["with".to_owned()];
    for (key, value) in members.iter().take(MOST) {
        let (head, block, is_whole) = value_of(value.get());
        let key = cut(&inert(key), WHAT);
        match &block[..] {
            [one] if head.is_empty() => told.push(format!("  {key}: {one}")),
            lines => {
                told.push(format!("  {key}{head}:"));
                told.extend(lines.iter().map(|line| format!("    {line}")));
            }
        }
        if !is_whole {
            let bytes = value.get().len();
            told.push(format!(
                "    … cut here, of {bytes} bytes; see all: `lockstep ask ls --json --run {run}`"
            ));
        }
    }
    if members.len() > MOST {
        let all = members.len();
        told.push(format!("  … of {all} arguments; see all: `lockstep ask ls --json --run {run}`"));
    }
    told
}

/// What is to be said of a value before it, its lines, and whether they are all.
fn value_of(json: &str) -> (&'static str, Vec<String>, bool) {
    let Ok(text) = serde_json::from_str::<String>(json) else {
        let (lines, is_whole) = indented::json(json);
        return ("", lines, is_whole);
    };
    let is_json =
        text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<&RawValue>(&text).is_ok();
    let (lines, is_whole) = if is_json { indented::json(&text) } else { indented::plain(&text) };
    let head = match (is_json, lines.len()) {
        (true, _) => " (text that is JSON)",
        (false, 1) => "",
        (false, _) => " (text)",
    };
    (head, lines, is_whole)
}

/// What the attempt has called already, and does not call again.
fn made(run: &Run, open: &Approval) -> Vec<String> {
    let made = run.calls_made(open.delivery);
    let mut told: Vec<String> =
        made.iter().take(MOST).map(|call| format!("  {}: {}", line(call.what), line(call.told))).collect();
    if made.len() > MOST {
        told.push(format!("  … and {} more", made.len() - MOST));
    }
    if !told.is_empty() {
        told.insert(0, "called already by this attempt".to_owned());
    }
    told
}

fn line(text: &str) -> String {
    cut(&inert(text), WHAT)
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Members;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Each)
    }
}
