//! Joining: a file and the contracts of its steps become the graph that runs move through, or
//! everything that is wrong with it at once. First names are resolved and events wired; where that
//! fails nothing more can be said. Then ends, conditions, failure handlers, homes and the checks
//! each add what they find.

mod check;
mod draft;
mod failure;
mod field;
mod home;
mod names;
mod nodes;
mod of;
mod reach;
mod rules;
mod upstream;
mod wire;

#[cfg(test)]
pub(super) mod tests;

pub(super) use draft::fields;
pub(super) use failure::is_step_failed;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::draft::{Draft, Part};
use super::file::File;
use super::{Finding, Severity, Workflow};
use crate::contract::{Class, Contract, Support};

/// A workflow whose contracts fit together.
#[derive(Clone, Debug)]
pub struct Joined {
    /// The graph.
    pub workflow: Workflow,
    /// What somebody should look at.
    pub warnings: Vec<Finding>,
}

/// Joins the steps of a file by their contracts, which are given by step name. If anything is an
/// error, all findings come back, warnings too.
pub fn join(file: &File, contracts: &BTreeMap<String, Arc<Contract>>) -> Result<Joined, Vec<Finding>> {
    let parts = parts(file, contracts)?;
    let mut findings: Vec<Finding> = parts.iter().flat_map(imports).collect();
    let mut draft = match wire::draft(file, parts) {
        Ok(draft) => draft,
        Err(wrong) => {
            findings.extend(wrong);
            return Err(sorted(findings));
        }
    };
    draft.findings = findings;
    failure::assign(&mut draft);
    draft.name_ends();
    field::conditions(&mut draft);
    rules::read(&mut draft);
    home::settle(&mut draft);
    check::all(&mut draft);
    finish(draft)
}

/// The steps with their contracts, or the steps that have none.
fn parts<'a>(
    file: &'a File,
    contracts: &'a BTreeMap<String, Arc<Contract>>,
) -> Result<Vec<Part<'a>>, Vec<Finding>> {
    let (mut parts, mut missing) = (Vec::new(), Vec::new());
    for step in &file.steps {
        match contracts.get(&step.name.value) {
            Some(contract) => parts.push(Part { step, contract }),
            None => missing.push(
                Finding::error(step.name.line, format!("its component `{}` was not read", step.component))
                    .of_step(&step.name.value),
            ),
        }
    }
    if missing.is_empty() { Ok(parts) } else { Err(missing) }
}

/// Imports that this host cannot give.
fn imports(part: &Part<'_>) -> Vec<Finding> {
    let refused = part.contract.imports.iter().filter(|import| import.class != Class::Types);
    let finding = |name: &str, why: &str| {
        let message = format!("imports `{name}`, which {why}; build the component without it");
        Finding::error(part.step.name.line, message).of_step(&part.step.name.value)
    };
    refused
        .filter_map(|import| match import.support {
            Support::Now => None,
            Support::Later => Some(finding(&import.name, "is not yet supported by this host")),
            Support::Never => Some(finding(&import.name, "is unknown to this host")),
        })
        .collect()
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
