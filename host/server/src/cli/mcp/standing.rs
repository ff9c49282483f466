//! How a run stands, for a client of MCP: what the journal says of it and of the runs within it goes in, one
//! object of plain values comes out.

use std::path::Path;

use lockstep_core::run::{Run, Status};
use lockstep_mcp::serve::Standing;
use serde_json::{Value, json};

use super::office::{self, Office};
use crate::cli::ready;
use crate::report::{approval, question};

/// The standing of the first of these runs, which is the one that the others lie in.
pub(super) fn of(
    runs: &[Run],
    store: Option<&Path>,
    is_new: Option<bool>,
    office: &Office,
) -> Option<Standing> {
    let run = runs.first()?;
    let status = run.status();
    let option = store.map(ready::named).unwrap_or_default();
    let result = run.result().filter(|_| status.is_end());
    let asking = runs.iter().filter(|run| !run.status().is_end());
    let asked = asking.clone().flat_map(|run| run.questions().map(move |(number, open)| (run, number, open)));
    let asked: Vec<_> = asked.collect();
    let is_a_clients = asked.iter().any(|(run, _, open)| office.may_answer(run, open));
    let questions = asked.into_iter().map(|(run, number, open)| {
        let mut told = question::object(run, number, open);
        if !office.may_answer(run, open) {
            told["answered_by_a_person"] = office::command(run, number, store).into();
        }
        told
    });
    let questions: Vec<Value> = questions.collect();
    let approvals: Vec<Value> = asking.flat_map(|run| approvals(run, &option)).collect();
    let left = Left { is_a_clients, is_a_persons: questions.len() + approvals.len() > 0 };
    Some(Standing {
        run_id: run.id().as_str().to_owned(),
        workflow: run.workflow().name.clone(),
        status: status.as_str().to_owned(),
        is_new,
        event: result.map(|(event, _)| run.workflow().event(*event).short.clone()),
        result: result.and_then(|(_, value)| serde_json::from_str(value.as_str()).ok()),
        error: error(run),
        next: next(run, left, &option),
        questions,
        approvals,
        is_failed: is_failed(status),
    })
}

fn is_failed(status: Status) -> bool {
    matches!(status, Status::Failed | Status::TimedOut | Status::Cancelled | Status::Stalled)
}

/// Calls that wait for a person, and how that person decides: no client does.
fn approvals<'r>(run: &'r Run, option: &'r str) -> impl Iterator<Item = Value> + 'r {
    run.approvals().map(move |(number, open)| {
        json!({
            "approval": format!("{}.{number}", run.id()),
            "run_id": run.id().as_str(),
            "step": &*open.step,
            "what": &*open.what,
            "why": &*open.why,
            "deadline_ms": open.deadline.0,
            "decided_by_a_person": approval::commands(run.id(), number, option),
        })
    })
}

fn error(run: &Run) -> Option<String> {
    let (status, reason) = (run.status(), run.reason());
    match status {
        Status::Completed | Status::Running | Status::Waiting => None,
        _ => Some(reason.map_or_else(|| status.to_string(), str::to_owned)),
    }
}

/// Who can answer or decide something of a run.
#[derive(Clone, Copy)]
struct Left {
    /// A client, with an answer at least.
    is_a_clients: bool,
    /// A person.
    is_a_persons: bool,
}

/// What a client can do, or whom it has to wait for.
fn next(run: &Run, left: Left, option: &str) -> Option<String> {
    let id = run.id();
    let told = match run.status() {
        Status::Running => "it goes on; lockstep_wait waits for it again".to_owned(),
        Status::Parked => format!(
            "it waits for a person to see to what is parked: `lockstep runs show {id}{option}` says why, and \
             `lockstep runs retry {id}{option}` lets it be tried again"
        ),
        Status::Paused => {
            format!("a person has paused it: `lockstep runs resume {id}{option}` lets it go on")
        }
        Status::Waiting => match left {
            Left { is_a_clients: true, .. } => "answer what it asks with lockstep_answer".to_owned(),
            Left { is_a_persons: true, .. } => {
                "a person has to answer or decide, as the commands beside each say; wait with lockstep_wait"
                    .to_owned()
            }
            _ => "it waits for a time; wait with lockstep_wait".to_owned(),
        },
        _ => return None,
    };
    Some(told)
}
