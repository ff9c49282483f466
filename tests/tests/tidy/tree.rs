//! The files of the repository, as text with a path from its root.

use std::fs;
use std::path::{Path, PathBuf};

use crate::offence::Offence;

/// A text file.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// From the root of the repository, with `/` between its parts.
    pub(crate) path: String,
    /// What it holds.
    pub(crate) text: String,
}

impl File {
    /// A file made up for a test.
    pub(crate) fn planted(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    /// Something is wrong on a line of it.
    pub(crate) fn offence(&self, line: usize, what: impl Into<String>) -> Offence {
        Offence { path: self.path.clone(), line, what: what.into() }
    }

    /// The first line that begins with `start`; 1 if none does.
    pub(crate) fn line_of(&self, start: &str) -> usize {
        self.text.lines().position(|line| line.starts_with(start)).map_or(1, |at| at + 1)
    }
}

/// Where the repository lies.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lie below the root")
}

/// Every Rust source but those in build folders.
pub(crate) fn sources() -> Vec<File> {
    let paths = walk(root()).into_iter().filter(|path| path.extension().is_some_and(|ext| ext == "rs"));
    paths.map(|path| read(&path)).collect()
}

/// The manifests of the workspace's crates.
pub(crate) fn manifests() -> Vec<File> {
    let crates = crate::table::TABLE.iter().map(|row| root().join(row.folder).join("Cargo.toml"));
    crates.map(|path| read(&path)).collect()
}

/// One file, by its path from the root.
pub(crate) fn manifest(path: &str) -> File {
    read(&root().join(path))
}

/// All files below a folder, in order, without build folders, hidden ones and links.
pub(crate) fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.retain(|path| !is_skipped(path));
    paths.sort();
    paths.into_iter().flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

fn is_skipped(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') || name == "target" || name == "node_modules" || path.is_symlink()
}

fn read(path: &Path) -> File {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    File { path: relative(path), text }
}

/// The path from the root of the repository, with `/` between its parts.
pub(crate) fn relative(path: &Path) -> String {
    let inside = path.strip_prefix(root()).expect("a path inside the repository");
    inside.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}
