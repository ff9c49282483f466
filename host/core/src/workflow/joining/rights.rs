//! Rights: what a component imports, against what this host can give and what its step is granted.

use super::draft::Part;
use crate::contract::{Class, Import, Support};
use crate::grant::Right;
use crate::workflow::Finding;
use crate::workflow::file::GivenGrant;

/// Imports that this host cannot give or the step is not granted, and rights that it does not use.
pub(super) fn check(part: &Part<'_>) -> Vec<Finding> {
    let imports = part.contract.imports.iter();
    let refused = imports.filter_map(|import| refusal(part, import)).map(|why| error(part, why));
    refused.chain(Right::ALL.into_iter().filter_map(|right| unused(part, right))).collect()
}

fn error(part: &Part<'_>, message: String) -> Finding {
    Finding::error(part.step.name.line, message).of_step(&part.step.name.value)
}

/// Why a component with this import cannot be loaded, if so.
fn refusal(part: &Part<'_>, import: &Import) -> Option<String> {
    let without =
        |why| Some(format!("imports `{}`, which {why}; build the component without it", import.name));
    match (import.class, import.support) {
        (Class::Types, _) => None,
        (_, Support::Later) => without("is not yet supported by this host"),
        (_, Support::Never) => without("is unknown to this host"),
        (_, Support::Now) => {
            let right = Right::of_import(&import.name).filter(|right| !part.grant.has(*right))?;
            Some(format!("imports `{}`, which is not granted; add to {}", import.name, fix(part, right)))
        }
    }
}

/// Where the missing table goes, and what to write there.
fn fix(part: &Part<'_>, right: Right) -> String {
    let (step, table, line) = (&part.step.name.value, right.table(), right.line());
    match &part.step.grant {
        GivenGrant::File(path) => format!("{}: `[{table}]` `{line}`", path.value),
        GivenGrant::Inline(_) => format!("[steps.{step}.grant]: `{table} = {{ {line} }}`"),
        GivenGrant::None => {
            format!("[steps.{step}.grant] (or to grants/{step}.toml): `{table} = {{ {line} }}`")
        }
    }
}

fn unused(part: &Part<'_>, right: Right) -> Option<Finding> {
    let (table, interface) = (right.table(), right.interface());
    let needs = part.contract.imports.iter().any(|import| Right::of_import(&import.name) == Some(right));
    let message = format!(
        "its grant has a table `[{table}]`, and the component imports no `{interface}`; remove the table"
    );
    let finding = Finding::warning(part.step.name.line, message).of_step(&part.step.name.value);
    (part.grant.has(right) && !needs).then_some(finding)
}
