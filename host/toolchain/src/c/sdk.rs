//! The parts of the SDK for C, each for an interface that a world imports or for every world.

use super::bindings::Bindings;
use crate::{embedded, imports};

/// What every world has.
const ALWAYS: [&str; 3] = ["core", "memory", "json"];

/// The files for a world, by their paths in `gen`, in the order in which their headers are included.
pub(crate) fn files(bindings: &Bindings) -> Vec<(&'static str, &'static str)> {
    let has_bytes = bindings.types().any(|(_, name)| name == "bindings_list_u8_t");
    let imported = imports::parts().filter(|part| bindings.imports(part));
    let parts = ALWAYS.into_iter().chain(has_bytes.then_some("bytes")).chain(imported);
    let files = parts.flat_map(|part| ["h", "c"].map(|kind| format!("lockstep/{part}.{kind}")));
    files.filter_map(|path| file(&path)).collect()
}

/// Where the host puts what it hands over; Zig needs it too.
pub(crate) fn memory() -> Option<(&'static str, &'static str)> {
    file("lockstep/memory.c")
}

fn file(path: &str) -> Option<(&'static str, &'static str)> {
    embedded::C.iter().find(|(there, _)| *there == path).copied()
}
