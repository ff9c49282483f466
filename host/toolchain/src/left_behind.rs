//! What builds, tests and editors leave among source: nothing is made of it. The program's own build script reads
//! this file too, so it needs nothing but paths.

use std::path::Path;

/// Folders beside code that are made for its editor, its tests and its build.
pub(crate) const MADE: [&str; 3] = ["gen", "node_modules", "__pycache__"];

/// Folders that builds fill.
pub(crate) const BUILT: [&str; 2] = ["target", "components"];

/// Whether an entry beside code was made for an editor, for tests or by a build: hidden things too, and packages
/// that were installed for Python.
pub(crate) fn is_made(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') || MADE.contains(&&*name) || path.join("pyvenv.cfg").exists()
}

/// The same, or what builds fill.
pub(crate) fn is_left_behind(path: &Path) -> bool {
    is_made(path) || path.file_name().is_some_and(|name| BUILT.iter().any(|one| name == *one))
}
