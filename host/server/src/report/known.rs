//! What is known of a run without its rows: a line of a table, or an object. What a parked run waits for
//! stands in its rows; whoever has folded them says it.

use std::collections::BTreeMap;

use lockstep_core::journal::Summary;
use lockstep_core::run::{Parked, Run, RunId, Status};
use serde::Serialize;

use super::{short, when};
use crate::inert::inert;

/// For programs.
#[derive(Serialize)]
pub(crate) struct Known<'a> {
    run_id: &'a str,
    workflow: &'a str,
    revision: &'a str,
    status: &'static str,
    key: Option<&'a str>,
    alias: Option<&'a str>,
    session: Option<&'a str>,
    continues: Option<&'a str>,
    parent: Option<Parent<'a>>,
    forked: Option<Forked<'a>>,
    started_at_ms: u64,
    changed_at_ms: u64,
    /// 0: it moves.
    wake_at_ms: Option<u64>,
    asking: u32,
    parked: u32,
}

#[derive(Serialize)]
struct Parent<'a> {
    run_id: &'a str,
    delivery: u64,
}

#[derive(Serialize)]
struct Forked<'a> {
    run_id: &'a str,
    row: u64,
}

impl<'a> Known<'a> {
    pub(crate) fn of(run: &'a RunId, summary: &'a Summary) -> Known<'a> {
        let about = &summary.about;
        let parent = about.parent.as_ref();
        let forked = about.forked.as_ref();
        Known {
            run_id: run.as_str(),
            workflow: &about.workflow,
            revision: about.revision.as_str(),
            status: summary.status.as_str(),
            key: about.key.as_deref(),
            alias: about.alias.as_deref(),
            session: about.session.as_deref(),
            continues: about.continues.as_ref().map(RunId::as_str),
            parent: parent.map(|is| Parent { run_id: is.run.as_str(), delivery: is.delivery.0 }),
            forked: forked.map(|is| Forked { run_id: is.run.as_str(), row: is.at.0 }),
            started_at_ms: summary.started_at.0,
            changed_at_ms: summary.changed_at.0,
            wake_at_ms: summary.wake_at.map(|at| at.0),
            asking: summary.asking,
            parked: summary.parked,
        }
    }
}

/// Of what is parked in a run, what no retry can help: people have to say something first.
#[derive(Clone, Copy, Default)]
pub(crate) struct Held {
    /// Deliveries that wait for a word about their calls.
    deliveries: u32,
    /// Those calls.
    calls: u32,
    /// Deliveries that wait for a person to decide about calls that they want to make.
    asking: u32,
    /// Those calls.
    approvals: u32,
}

impl Held {
    pub(crate) fn of(run: &Run) -> Held {
        let counted = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let waits = |why| counted(run.open().filter(|open| open.parked == Some(why)).count());
        Held {
            deliveries: waits(Parked::UnknownEffect),
            calls: counted(run.unknown_effects().count()),
            asking: waits(Parked::Approval),
            approvals: counted(run.approvals().count()),
        }
    }
}

/// A table of runs, a line each below its head.
pub(crate) fn table(runs: &[(RunId, Summary)], held: &BTreeMap<RunId, Held>) -> String {
    let head = ["RUN", "WORKFLOW", "STATUS", "BEGUN", "CHANGED", "WAITS FOR"].map(str::to_owned);
    let mut lines = vec![head];
    let held = |run: &RunId| held.get(run).copied().unwrap_or_default();
    lines.extend(runs.iter().map(|(run, summary)| cells(run, summary, held(run))));
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 6] = std::array::from_fn(width);
    let told = lines.iter().map(|line| {
        let padded = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        format!("{}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
    });
    told.collect()
}

fn cells(run: &RunId, summary: &Summary, held: Held) -> [String; 6] {
    [
        short(run).to_owned(),
        inert(&summary.about.workflow).into_owned(),
        summary.status.to_string(),
        when(summary.started_at),
        when(summary.changed_at),
        waits_for(summary, held),
    ]
}

/// `2 answers, 1 retry`; nothing, if it moves or has ended.
fn waits_for(summary: &Summary, held: Held) -> String {
    let counted = |n: u32, one: &str, many: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {many}")),
    };
    let retries = summary.parked.saturating_sub(held.deliveries + held.asking);
    let waits = [
        counted(summary.asking.saturating_sub(held.approvals), "answer", "answers"),
        counted(held.approvals, "approval", "approvals"),
        counted(retries, "retry", "retries"),
        counted(held.calls, "call to resolve", "calls to resolve"),
        (summary.status == Status::Paused).then(|| "resume".to_owned()),
        summary.wake_at.filter(|at| at.0 > 0).map(when),
    ];
    match summary.status.is_end() {
        true => String::new(),
        false => waits.into_iter().flatten().collect::<Vec<_>>().join(", "),
    }
}
