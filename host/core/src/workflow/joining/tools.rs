//! Tools that are components: each with what it may reach, and whether the grants that allow their tools name
//! any. A tool runs under its own grant, never the caller's, so its grant is looked at like a step's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::draft::Part;
use super::{granted, rights};
use crate::contract::Contract;
use crate::grant::tools::ToolSource;
use crate::grant::{Grant, Right};
use crate::suggest::did_you_mean;
use crate::workflow::file::{File, Tool};
use crate::workflow::{Finding, ToolNode};

/// What a component cannot have that answers within another's attempt.
const OF_RUNS: [Right; 2] = [Right::State, Right::Updates];
/// The same of what needs no right.
const FREE: [&str; 2] = ["lockstep:step/blob", "lockstep:step/timer"];

/// The tools of a file with their grants, or what of these was not read.
pub(super) fn nodes(file: &File, grants: &BTreeMap<String, Grant>) -> Result<Vec<ToolNode>, Vec<Finding>> {
    let (mut nodes, mut missing) = (Vec::new(), Vec::new());
    for tool in &file.tools {
        let name = tool.name.value.clone();
        match granted(&tool.grant, &name, grants) {
            Ok(grant) => nodes.push(ToolNode { name, component: tool.component.clone(), grant }),
            Err(path) => {
                missing.push(error(
                    tool.name.line,
                    &name,
                    format!("its grant `{}` was not read", path.value),
                ));
            }
        }
    }
    if missing.is_empty() { Ok(nodes) } else { Err(missing) }
}

/// What is wrong with the tools of a file, as far as their contracts are known, and with who calls them.
pub(super) fn check(
    file: &File,
    nodes: &[ToolNode],
    parts: &[Part<'_>],
    contracts: &BTreeMap<String, Arc<Contract>>,
) -> Vec<Finding> {
    let of_steps = parts.iter().flat_map(|part| {
        let (name, line) = (&part.step.name.value, part.step.name.line);
        let unknown = unknown(&part.grant, nodes).into_iter();
        unknown.map(move |message| Finding::error(line, message).of_step(name))
    });
    let of_tools = file.tools.iter().zip(nodes).flat_map(|(tool, node)| {
        let asked = contracts.get(&node.name).map(|contract| asked(tool, contract, node)).unwrap_or_default();
        let wrong = asked.into_iter().chain(unknown(&node.grant, nodes));
        let wrong = wrong.chain(of_runs(node)).chain(circle(node, nodes));
        wrong.map(|message| error(tool.name.line, &node.name, message)).collect::<Vec<_>>()
    });
    of_steps.chain(of_tools).chain(unused(file, nodes, parts)).collect()
}

fn error(line: u32, tool: &str, message: String) -> Finding {
    Finding::error(line, format!("tool `{tool}`: {message}"))
}

/// The components whose tools a grant allows.
fn called(grant: &Grant) -> BTreeSet<&str> {
    let named = grant.tools.rules.iter().filter_map(|rule| match &rule.from {
        ToolSource::Component(name) => Some(name.as_str()),
        ToolSource::Server(_) => None,
    });
    named.collect()
}

fn unknown(grant: &Grant, nodes: &[ToolNode]) -> Vec<String> {
    let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
    let unknown = called(grant).into_iter().filter(|name| !names.contains(name));
    let message = |name: &str| {
        let meant = match did_you_mean(name, names.iter().copied()) {
            near if near.is_empty() => format!("; add a table `[tools.{name}]`"),
            near => near,
        };
        format!(
            "its grant allows tools of the component `{name}`, and the workflow has none of that name{meant}"
        )
    };
    unknown.map(message).collect()
}

/// What its component asks for and cannot have: because it has no run, or no right.
fn asked(tool: &Tool, contract: &Contract, node: &ToolNode) -> Vec<String> {
    let is_of_runs = |name: &str| {
        let of_right = Right::of_import(name).is_some_and(|right| OF_RUNS.contains(&right));
        of_right || FREE.contains(&name.split('@').next().unwrap_or_default())
    };
    let (of_runs, others): (Vec<_>, Vec<_>) =
        contract.imports.iter().cloned().partition(|import| is_of_runs(&import.name));
    let message = |name: &str| {
        format!("imports `{name}`, and a tool has no run of its own; build the component without it")
    };
    let contract = Contract { imports: others, ..contract.clone() };
    let (step, grant) = (tool.as_step(), node.grant.clone());
    let refused = rights::refused(&Part { step: &step, contract: &contract, grant }, "tools");
    of_runs.iter().map(|import| message(&import.name)).chain(refused).collect()
}

fn of_runs(node: &ToolNode) -> Vec<String> {
    let held = OF_RUNS.into_iter().filter(|right| node.grant.has(*right));
    let message = |right: Right| {
        format!("its grant has `{}`, and a tool has no run of its own; remove the table", right.head())
    };
    held.map(message).collect()
}

/// Whether a tool comes to be called by itself: each call would hold the one before it open.
fn circle(node: &ToolNode, nodes: &[ToolNode]) -> Option<String> {
    let (mut open, mut seen) = (called(&node.grant), BTreeSet::new());
    while let Some(name) = open.pop_first() {
        if name == node.name {
            return Some(
                "its grant lets it call itself, or what calls it; remove one of the [[tools]]".into(),
            );
        }
        if seen.insert(name) {
            open.extend(
                nodes.iter().filter(|other| other.name == name).flat_map(|other| called(&other.grant)),
            );
        }
    }
    None
}

fn unused(file: &File, nodes: &[ToolNode], parts: &[Part<'_>]) -> Vec<Finding> {
    let grants = parts.iter().map(|part| &part.grant).chain(nodes.iter().map(|node| &node.grant));
    let used: BTreeSet<&str> = grants.flat_map(called).collect();
    let unused = file.tools.iter().filter(|tool| !used.contains(tool.name.value.as_str()));
    let message = |Tool { name, .. }: &Tool| {
        let told = format!(
            "tool `{0}`: no grant allows it; add `[[tools]]` with `component = \"{0}\"`, or remove the table",
            name.value
        );
        Finding::warning(name.line, told)
    };
    unused.map(message).collect()
}
