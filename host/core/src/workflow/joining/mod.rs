//! Joining: a file and the contracts of its steps become the graph that runs move through, or
//! everything that is wrong with it at once. First names are resolved and events wired; where that
//! fails nothing more can be said. Then rights, ends, questions, failure and timer handlers,
//! conditions, homes and the checks each add what they find.

mod check;
mod draft;
mod failure;
mod field;
mod home;
mod host;
mod human;
mod names;
mod nodes;
mod of;
mod question;
mod reach;
mod rights;
mod rules;
mod timer;
mod tools;
mod upstream;
mod wire;

#[cfg(test)]
pub(super) mod tests;

pub(super) use draft::fields;
pub(super) use host::HostEvent;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::draft::{Draft, Part};
use super::file::{Code, File, GivenGrant, Lined, Step};
use super::{Finding, Severity, Workflow};
use crate::contract::Contract;
use crate::grant::Grant;

/// A workflow whose contracts fit together.
#[derive(Clone, Debug)]
pub struct Joined {
    /// The graph.
    pub workflow: Workflow,
    /// What somebody should look at.
    pub warnings: Vec<Finding>,
}

/// Joins the steps of a file by their contracts, which are given by step name, and those of tools by theirs;
/// so are the grants of those steps and tools whose file names a grant file. If anything is an error, all findings come back,
/// warnings too.
pub fn join(
    file: &File,
    contracts: &BTreeMap<String, Arc<Contract>>,
    grants: &BTreeMap<String, Grant>,
) -> Result<Joined, Vec<Finding>> {
    let (parts, tools) = both(parts(file, contracts, grants), tools::nodes(file, grants))?;
    let mut findings: Vec<Finding> = parts.iter().flat_map(rights::check).collect();
    findings.extend(tools::check(file, &tools, &parts, contracts));
    let mut draft = match wire::draft(file, parts) {
        Ok(draft) => draft,
        Err(wrong) => {
            findings.extend(wrong);
            return Err(sorted(findings));
        }
    };
    draft.findings = findings;
    draft.workflow.tools = tools;
    failure::assign(&mut draft);
    timer::assign(&mut draft);
    draft.name_ends();
    human::assign(&mut draft);
    field::conditions(&mut draft);
    rules::read(&mut draft);
    home::settle(&mut draft);
    check::all(&mut draft);
    finish(draft)
}

/// Both, or everything that is wrong with either.
fn both<A, B>(one: Result<A, Vec<Finding>>, two: Result<B, Vec<Finding>>) -> Result<(A, B), Vec<Finding>> {
    match (one, two) {
        (Ok(one), Ok(two)) => Ok((one, two)),
        (one, two) => Err(one.err().into_iter().chain(two.err()).flatten().collect()),
    }
}

/// The steps with their contracts and grants, or what of them was not read.
fn parts<'a>(
    file: &'a File,
    contracts: &'a BTreeMap<String, Arc<Contract>>,
    grants: &BTreeMap<String, Grant>,
) -> Result<Vec<Part<'a>>, Vec<Finding>> {
    let (mut parts, mut missing) = (Vec::new(), Vec::new());
    for step in &file.steps {
        let contract = contracts.get(&step.name.value);
        if contract.is_none() {
            let what = match &step.code {
                Code::Component(path) => format!("component `{path}`"),
                Code::Workflow(path) => format!("workflow `{path}`"),
            };
            missing.push(unread(step, step.name.line, &what));
        }
        let unread_grant =
            |path: &Lined<String>| missing.push(unread(step, path.line, &format!("grant `{}`", path.value)));
        let grant = granted(&step.grant, &step.name.value, grants).map_err(unread_grant);
        if let (Some(contract), Ok(grant)) = (contract, grant) {
            parts.push(Part { step, contract, grant });
        }
    }
    if missing.is_empty() { Ok(parts) } else { Err(missing) }
}

/// What a step or a tool may reach; else the grant file that was not read.
fn granted<'g>(
    given: &'g GivenGrant,
    name: &str,
    grants: &BTreeMap<String, Grant>,
) -> Result<Grant, &'g Lined<String>> {
    match given {
        GivenGrant::None => Ok(Grant::default()),
        GivenGrant::Inline(grant) => Ok((**grant).clone()),
        GivenGrant::File(path) => grants.get(name).cloned().ok_or(path),
    }
}

fn unread(step: &Step, line: u32, what: &str) -> Finding {
    Finding::error(line, format!("its {what} was not read")).of_step(&step.name.value)
}

fn finish(draft: Draft<'_>) -> Result<Joined, Vec<Finding>> {
    let findings = sorted(draft.findings);
    let is_wrong = findings.iter().any(|finding| finding.severity == Severity::Error);
    match (draft.start, is_wrong) {
        (Some(start), false) => {
            Ok(Joined { workflow: Workflow { start, ..draft.workflow }, warnings: findings })
        }
        _ => Err(findings),
    }
}

/// In the order of the file.
fn sorted(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_key(|finding| finding.line);
    findings.dedup();
    findings
}
