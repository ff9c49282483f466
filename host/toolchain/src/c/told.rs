//! What a compiler says, in the terms of an author: what says nothing left out, his files in the place of objects, and
//! for a part of the SDK that is not there the line of WIT that brings it.

use std::collections::BTreeSet;

use wit_parser::WorldItem;

use crate::World;

/// What the parts of the SDK begin their names with, and the interface that brings each.
const PARTS: [(&str, &str); 9] = [
    ("log", "log"),
    ("run", "run"),
    ("state", "state"),
    ("updates", "updates"),
    ("timer", "timer"),
    ("http", "http"),
    ("tools", "tools"),
    ("tool", "tools"),
    ("blob", "blob"),
];

/// Without the lines that say no more than that something was said.
pub(crate) fn plain(told: &str) -> String {
    let is_noise = |line: &&str| line.ends_with(" generated.") || line.contains("linker command failed");
    told.lines().filter(|line| !is_noise(line)).collect::<Vec<_>>().join("\n")
}

/// A line for each interface that the names nobody knows belong to. `undeclared` finds the name in a line.
pub(crate) fn with_imports(told: String, world: &World, undeclared: impl Fn(&str) -> Option<&str>) -> String {
    let wanted = |name: &str| PARTS.iter().find(|(part, _)| name.split('_').next() == Some(part));
    let missing: BTreeSet<&str> = told
        .lines()
        .filter_map(|line| wanted(undeclared(line)?))
        .map(|(_, interface)| *interface)
        .filter(|interface| !imports(world, interface))
        .collect();
    let hints = missing.iter().map(|interface| {
        format!(
            "\nworld `{}` does not import `lockstep:step/{interface}`; add `import lockstep:step/{interface}@0.1.0;` \
             to it",
            world.name()
        )
    });
    let hints: String = hints.collect();
    told + &hints
}

/// The name in a line of clang about one that nobody knows.
pub(super) fn undeclared(line: &str) -> Option<&str> {
    let is_about_it = line.contains("undeclared") || line.contains("unknown type name");
    line.split('\'').nth(1).filter(|_| is_about_it)
}

fn imports(world: &World, interface: &str) -> bool {
    let imports = world.resolve.worlds[world.id].imports.iter();
    let name = format!("lockstep:step/{interface}@");
    imports
        .filter(|(_, item)| matches!(item, WorldItem::Interface { .. }))
        .any(|(key, _)| world.resolve.name_world_key(key).starts_with(&name))
}
