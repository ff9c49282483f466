//! What a compiler says, in the terms of an author: what says nothing left out, his files in the place of objects, and
//! for a part of the SDK that is not there the line of WIT that brings it.

use std::collections::BTreeSet;

use super::names;
use crate::{World, imports};

/// Without the lines that say no more than that something was said.
pub(crate) fn plain(told: &str) -> String {
    let is_noise = |line: &&str| line.ends_with(" generated.") || line.contains("linker command failed");
    told.lines().filter(|line| !is_noise(line)).collect::<Vec<_>>().join("\n")
}

/// A line for each interface that is missing. `wanted` finds in a line the one that a name needs which nobody knows.
pub(crate) fn with_imports(
    told: String,
    world: &World,
    wanted: impl Fn(&str) -> Option<&'static str>,
) -> String {
    let missing: BTreeSet<&str> =
        told.lines().filter_map(wanted).filter(|interface| !world.imports(interface)).collect();
    let hints: String = missing.iter().map(|interface| format!("\n{}", world.lacks(interface))).collect();
    told + &hints
}

/// The interface that a name of the SDK needs which a line of clang's is about.
pub(super) fn wanted(line: &str) -> Option<&'static str> {
    let is_about_it = line.contains("undeclared") || line.contains("unknown type name");
    let name = line.split('\'').nth(1).filter(|name| is_about_it && names::is_of_sdk(name))?;
    let word = name.split('_').next()?;
    imports::parts().find(|part| *part == word || (*part == "tools" && word == "tool"))
}
