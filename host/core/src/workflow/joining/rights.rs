//! Rights: what a component imports, against what this host can give and what its step is granted.

use super::draft::Part;
use crate::contract::{Class, Import, Support};
use crate::grant::Right;
use crate::workflow::Finding;
use crate::workflow::file::GivenGrant;

/// Imports that this host cannot give or the step is not granted, and rights that it does not use.
pub(super) fn check(part: &Part<'_>) -> Vec<Finding> {
    let refused = refused(part, "steps").into_iter().map(|why| error(part, why));
    let unused = Right::ALL.into_iter().filter_map(|right| unused(part, right));
    refused.chain(unused).chain(unused_folders(part)).collect()
}

/// Why a component cannot be loaded as what a table of the file (`steps` or `tools`) says that it is.
pub(super) fn refused(part: &Part<'_>, table: &str) -> Vec<String> {
    part.contract.imports.iter().filter_map(|import| refusal(part, table, import)).collect()
}

fn error(part: &Part<'_>, message: String) -> Finding {
    Finding::error(part.step.name.line, message).of_step(&part.step.name.value)
}

/// Why a component with this import cannot be loaded, if so.
fn refusal(part: &Part<'_>, of: &str, import: &Import) -> Option<String> {
    let without =
        |why| Some(format!("imports `{}`, which {why}; build the component without it", import.name));
    match (import.class, import.support) {
        (Class::Types, _) => None,
        (_, Support::Later) => without("is not yet supported by this host"),
        (_, Support::Never) => without("is unknown to this host"),
        (_, Support::Now) => {
            let right = Right::of_import(&import.name).filter(|right| !part.grant.has(*right))?;
            Some(format!("imports `{}`, which is not granted; {}", import.name, fix(part, of, right)))
        }
    }
}

/// What to do about a missing table: where it goes, and what to write there.
fn fix(part: &Part<'_>, of: &str, right: Right) -> String {
    let (step, table) = (&part.step.name.value, right.table());
    let inline = match right.is_list() {
        true => format!("`{table} = [{{ {} }}]`", right.lines().join(", ")),
        false => format!("`{table} = {{ {} }}`", right.lines().join(", ")),
    };
    match &part.step.grant {
        GivenGrant::File(path) => {
            let lines: Vec<_> = right.lines().iter().map(|line| format!("`{line}`")).collect();
            format!("add to {}: `{}` {}", path.value, right.head(), lines.join(" "))
        }
        // What was not built here needs a file of its own.
        _ if part.step.source.is_none() => format!(
            "make a grant with `lockstep grant draft {} -o grants/{step}.toml`, and write `grant = \
             \"grants/{step}.toml\"`",
            part.step.code.path(),
        ),
        GivenGrant::Inline(_) => format!("add to [{of}.{step}.grant]: {inline}"),
        GivenGrant::None => format!("add to [{of}.{step}.grant] (or to grants/{step}.toml): {inline}"),
    }
}

fn unused(part: &Part<'_>, right: Right) -> Option<Finding> {
    let is_needed = part.contract.imports.iter().any(|import| Right::of_import(&import.name) == Some(right));
    let is_unused = part.grant.has(right) && !is_needed;
    is_unused.then(|| warning(part, &right.head(), right.interfaces()))
}

/// Folders have no import of their own: whoever opens files at all can find them.
fn unused_folders(part: &Part<'_>) -> Vec<Finding> {
    let opens_files = part.contract.imports.iter().any(|import| import.name.starts_with("wasi:filesystem/"));
    let tables = [(!part.grant.dirs.is_empty(), "[[dir]]"), (part.grant.scratch.is_some(), "[scratch]")];
    let unused = tables.into_iter().filter(|(stands, _)| *stands && !opens_files);
    unused.map(|(_, table)| warning(part, table, &["wasi:filesystem"])).collect()
}

fn warning(part: &Part<'_>, table: &str, interfaces: &[&str]) -> Finding {
    let message = format!(
        "its grant has a table `{table}`, and the component imports no `{}`; remove the table",
        interfaces.join("` or `")
    );
    Finding::warning(part.step.name.line, message).of_step(&part.step.name.value)
}
