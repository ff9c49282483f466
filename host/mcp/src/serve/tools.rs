//! The tools that there are: one for each workflow, and those that go on with a run. A call's name and
//! arguments go in, what it asks comes out.

use std::collections::BTreeSet;
use std::time::Duration;

use rmcp::model::{JsonObject, MetaObject, Tool, ToolAnnotations};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::schema::{self, LONGEST_WAIT};
use super::{Error, Offer, Refused, Start};
use crate::session::KEY;

/// The longest key, in bytes.
const LONGEST_KEY: usize = 256;
/// The longest name of a tool that all clients take.
const LONGEST_NAME: usize = 128;

const WAIT: &str = "lockstep_wait";
const ANSWER: &str = "lockstep_answer";
const CANCEL: &str = "lockstep_cancel";

/// What a call asks.
#[derive(Debug)]
pub(super) enum Asked {
    /// To begin a run.
    Start(Start),
    /// To wait for one.
    Wait {
        /// Which.
        run: String,
    },
    /// To answer a question.
    Answer {
        /// Which.
        question: String,
        /// With what.
        answer: Value,
    },
    /// To end a run.
    Cancel {
        /// Which.
        run: String,
    },
}

/// Why a call asks nothing.
#[derive(Debug)]
pub(super) enum Unread {
    /// There is no such tool.
    NoTool,
    /// The arguments are not what the tool takes.
    Misfit(Refused),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaitFor {
    run_id: String,
    seconds: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerWith {
    question: String,
    answer: Value,
    seconds: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    run_id: String,
}

/// Every tool, if each has a name of its own.
pub(super) fn all(offers: &[Offer]) -> Result<Vec<Tool>, Error> {
    let mut tools = own();
    let reserved: BTreeSet<_> = tools.iter().map(|tool| tool.name.to_string()).collect();
    let mut known = BTreeSet::new();
    for offer in offers {
        let name = offer.name.clone();
        match () {
            () if !is_name(&name) => return Err(Error::Name(name)),
            () if reserved.contains(&name) => return Err(Error::Reserved(name)),
            () if !known.insert(name.clone()) => return Err(Error::Twice(name)),
            () => tools.push(of(offer)),
        }
    }
    tools.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(tools)
}

/// What a call asks, and how long it waits if it says so.
pub(super) fn read(
    offers: &[Offer],
    name: &str,
    arguments: JsonObject,
    meta: &MetaObject,
) -> Result<(Asked, Option<Duration>), Unread> {
    match name {
        WAIT => {
            let WaitFor { run_id, seconds } = arguments_of(arguments)?;
            Ok((Asked::Wait { run: run_id }, wait_of(seconds)?))
        }
        ANSWER => {
            let AnswerWith { question, answer, seconds } = arguments_of(arguments)?;
            Ok((Asked::Answer { question, answer }, wait_of(seconds)?))
        }
        CANCEL => {
            let Which { run_id } = arguments_of(arguments)?;
            Ok((Asked::Cancel { run: run_id }, Some(Duration::ZERO)))
        }
        name if offers.iter().any(|offer| offer.name == name) => {
            let (workflow, input) = (name.to_owned(), Value::Object(arguments).to_string());
            Ok((Asked::Start(Start { workflow, input, key: key_of(meta)? }), None))
        }
        _ => Err(Unread::NoTool),
    }
}

fn arguments_of<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, Unread> {
    serde_json::from_value(Value::Object(arguments))
        .map_err(|error| misfit(&format!("the arguments do not fit: {error}")))
}

fn wait_of(seconds: Option<u64>) -> Result<Option<Duration>, Unread> {
    match seconds {
        Some(seconds) if seconds > LONGEST_WAIT => {
            Err(misfit(&format!("the arguments do not fit: `seconds` is at most {LONGEST_WAIT}")))
        }
        seconds => Ok(seconds.map(Duration::from_secs)),
    }
}

fn key_of(meta: &MetaObject) -> Result<Option<String>, Unread> {
    match meta.get(KEY) {
        None => Ok(None),
        Some(Value::String(key)) if !key.is_empty() && key.len() <= LONGEST_KEY => Ok(Some(key.clone())),
        Some(_) => Err(misfit(&format!("`{KEY}` in `_meta` is text of 1 to {LONGEST_KEY} bytes"))),
    }
}

fn misfit(why: &str) -> Unread {
    Unread::Misfit(Refused(why.to_owned()))
}

fn is_name(name: &str) -> bool {
    let is_allowed = |char: char| char.is_ascii_alphanumeric() || "-_.".contains(char);
    (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(is_allowed)
}

fn of(offer: &Offer) -> Tool {
    let description = format!(
        "{} The run goes on whether anybody waits for it or not: a call that is cancelled or takes too long ends the \
         waiting alone, and {WAIT} waits again. To be able to try a start again, name it in `_meta` under `{KEY}`.",
        offer.description
    );
    Tool::new(offer.name.clone(), description, schema::input(&offer.input))
        .with_raw_output_schema(schema::standing(&offer.results))
        .with_annotations(ToolAnnotations::new().read_only(false).idempotent(false))
}

/// The tools that go on with a run.
fn own() -> Vec<Tool> {
    let standing = schema::standing(&[]);
    let tool = |name, description, input| {
        Tool::new(name, description, input).with_raw_output_schema(standing.clone())
    };
    let (changes, looks) = (ToolAnnotations::new().read_only(false), ToolAnnotations::new().read_only(true));
    vec![
        tool(
            WAIT,
            "Waits until a run has ended or waits for somebody, and says how it stands. With `seconds` 0 it only looks.",
            schema::wait(),
        )
        .with_annotations(looks),
        tool(
            ANSWER,
            "Answers a question of a run, and waits for what comes of it. The answer is checked before it is taken, and \
             taken once.",
            schema::answer(),
        )
        .with_annotations(changes.clone().destructive(false).idempotent(true)),
        tool(CANCEL, "Ends a run for good. What it has done outside stays done.", schema::cancel())
            .with_annotations(changes.destructive(true).idempotent(true)),
    ]
}
