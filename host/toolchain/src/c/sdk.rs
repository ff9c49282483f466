//! The parts of the SDK for C, each for an interface that a world imports or for every world.

use super::bindings::Bindings;
use crate::embedded;

/// Parts in the order in which their headers are included: the name of their files, and what they are for.
const PARTS: [(&str, Needs); 12] = [
    ("core", Needs::Nothing),
    ("memory", Needs::Nothing),
    ("json", Needs::Nothing),
    ("bytes", Needs::Type("bindings_list_u8_t")),
    ("log", Needs::Import),
    ("run", Needs::Import),
    ("state", Needs::Import),
    ("updates", Needs::Import),
    ("timer", Needs::Import),
    ("http", Needs::Import),
    ("tools", Needs::Import),
    ("blob", Needs::Import),
];

/// What a world must have, so that a part is there.
#[derive(Clone, Copy)]
enum Needs {
    /// Every world has it.
    Nothing,
    /// A type of the bindings.
    Type(&'static str),
    /// The interface of `lockstep:step` that is called like the part.
    Import,
}

/// The files for a world, by their paths in `gen`.
pub(crate) fn files(bindings: &Bindings) -> Vec<(&'static str, &'static str)> {
    let parts = PARTS.iter().filter(|(name, needs)| match needs {
        Needs::Nothing => true,
        Needs::Type(wanted) => bindings.types().any(|(_, there)| there == *wanted),
        Needs::Import => bindings.imports(name),
    });
    let files = parts.flat_map(|(name, _)| ["h", "c"].map(|kind| format!("lockstep/{name}.{kind}")));
    files.filter_map(|path| file(&path)).collect()
}

/// Where the host puts what it hands over; Zig needs it too.
pub(crate) fn memory() -> Option<(&'static str, &'static str)> {
    file("lockstep/memory.c")
}

fn file(path: &str) -> Option<(&'static str, &'static str)> {
    embedded::C.iter().find(|(there, _)| *there == path).copied()
}
