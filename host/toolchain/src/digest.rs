//! What a component is made of, as one number: the files of its source, and the world that they are written against.
//! Times would tell less: nothing of a file that is gone, a wrong thing after a checkout. Crates and packages that
//! several steps share do not count.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::left_behind::is_left_behind;
use crate::{Language, Source, World, rust};

/// What else is no source: cases, and what cargo writes while it builds.
const ASIDE: [&str; 2] = ["cases", "Cargo.lock"];

/// Files by their paths from the folder of the step.
type Files = BTreeMap<PathBuf, PathBuf>;

/// The digest of a source folder, as hex digits; none if it cannot be read. What builds and tests leave behind does
/// not count, nor do cases, nor does what its WIT says of other worlds.
pub(crate) fn digest(folder: &Path) -> Option<String> {
    let mut files = Files::new();
    let whole = folder.canonicalize().ok()?;
    let mut above = whole.ancestors().map(Path::to_owned).collect();
    collect(folder, Path::new(""), &mut above, &mut files)?;
    let mut hasher = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    for (path, file) in &files {
        add(path.as_os_str().as_encoded_bytes());
        add(&fs::read(file).ok()?);
    }
    let world = source(folder, &files).and_then(|source| World::read(&source).ok());
    add(&world.map(|world| world.hollow).unwrap_or_default());
    Some(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What links lead to counts too, but for a folder that they lie in.
fn collect(folder: &Path, within: &Path, above: &mut HashSet<PathBuf>, files: &mut Files) -> Option<()> {
    let entries = folder.read_dir().ok()?.flatten();
    for entry in entries.filter(|entry| !is_no_source(&entry.path())) {
        let (path, within) = (entry.path(), within.join(entry.file_name()));
        if path.is_file() {
            files.insert(within, path);
        } else if path.is_dir() {
            let whole = path.canonicalize().ok()?;
            if above.insert(whole.clone()) {
                collect(&path, &within, above, files)?;
                above.remove(&whole);
            }
        }
    }
    Some(())
}

fn is_no_source(path: &Path) -> bool {
    let is_aside = path.file_name().is_some_and(|name| ASIDE.iter().any(|one| name == *one));
    is_aside || is_left_behind(path) || path.extension() == Some(OsStr::new("wasm"))
}

/// The step, if its code is written against WIT.
fn source(folder: &Path, files: &Files) -> Option<Source> {
    if !files.contains_key(Path::new("Cargo.toml")) {
        return Source::read(folder).ok();
    }
    let mut code = files.values().filter(|file| file.extension() == Some(OsStr::new("rs")));
    let attribute = code.find_map(|file| rust::attribute(&fs::read_to_string(file).ok()?))?;
    Some(Source {
        folder: folder.to_owned(),
        language: Language::Rust,
        name: crate::source::name(folder),
        wit: folder.join(attribute.wit.unwrap_or("wit".into())),
        world: attribute.world,
        main: folder.join(Language::Rust.main()),
        requirements: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIT: &str =
        "package t:t@0.1.0; interface events { record asked { n: u32 } record other { n: u32 } }
        world a { use lockstep:step/types@0.1.0.{failure}; use events.{asked};
                  export on-asked: func(event: asked) -> result<_, failure>; }
        world b { use lockstep:step/types@0.1.0.{failure}; use events.{other};
                  export on-other: func(event: other) -> result<_, failure>; }";

    /// A step beside the WIT that it shares, by its files.
    fn step(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let step = root.path().join("steps/a");
        for (name, text) in files {
            let path = step.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        fs::create_dir(root.path().join("wit")).unwrap();
        fs::write(root.path().join("wit/worlds.wit"), WIT).unwrap();
        (root, step)
    }

    fn python() -> (tempfile::TempDir, PathBuf) {
        step(&[
            ("step.toml", "language = \"python\"\nworld = \"a\"\nwit = \"../../wit\"\n"),
            ("step.py", ""),
            ("tea.py", ""),
        ])
    }

    fn rust() -> (tempfile::TempDir, PathBuf) {
        step(&[("Cargo.toml", ""), ("src/lib.rs", "#[step(world = \"a\", wit = \"../../wit\")]\n")])
    }

    #[test]
    fn a_file_that_is_gone_or_called_otherwise_changes_it() {
        let (_root, step) = python();
        let before = digest(&step);
        assert!(before.is_some());
        fs::rename(step.join("tea.py"), step.join("cup.py")).unwrap();
        let renamed = digest(&step);
        fs::remove_file(step.join("cup.py")).unwrap();
        assert!(before != renamed && renamed != digest(&step) && before != digest(&step));
    }

    #[test]
    fn its_own_world_counts_and_nothing_else_of_its_wit() {
        for (root, step) in [python(), rust()] {
            let before = digest(&step);
            let with = |from: &str, to: &str| {
                fs::write(root.path().join("wit/worlds.wit"), WIT.replace(from, to)).unwrap();
                digest(&step)
            };
            assert_eq!(with("record other { n: u32 }", "record other { n: u64 }"), before);
            assert_eq!(with("world a", "/// What it does.\n world a"), before);
            assert_ne!(with("record asked { n: u32 }", "record asked { n: u64 }"), before);
        }
    }

    #[test]
    fn what_is_left_behind_does_not_count() {
        let (_root, step) = python();
        let before = digest(&step);
        for file in [
            "venv/pyvenv.cfg",
            "venv/lib/a.py",
            "gen/a.py",
            "cases/a.toml",
            "__pycache__/a.pyc",
            "target/a",
            ".cache/a",
            "a.wasm",
            "Cargo.lock",
        ] {
            let path = step.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "a").unwrap();
            assert_eq!(digest(&step), before, "{file}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_what_they_lead_to() {
        let (root, step) = python();
        for (target, link) in [("../../shared", "shared"), ("..", "up"), ("gone", "nothing")] {
            std::os::unix::fs::symlink(target, step.join(link)).unwrap();
        }
        fs::create_dir(root.path().join("shared")).unwrap();
        let before = digest(&step);
        fs::write(root.path().join("shared/more.py"), "").unwrap();
        assert!(before.is_some() && before != digest(&step));
    }
}
