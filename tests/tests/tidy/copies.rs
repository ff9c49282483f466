//! Copies of the public contract. A guest SDK that is published by itself carries the WIT with it;
//! a copy that has drifted would give its users another contract than the host's.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::offence::Offence;
use crate::tree::{relative, root, walk};

/// The folder that is copied, by this name wherever it goes.
const PACKAGE: &str = "lockstep-step";

/// Where copies may lie. A link is no copy: it cannot differ.
const HOLDERS: [&str; 2] = ["guest-sdk", "plugins"];

/// Where copies of the step package differ from it.
pub(crate) fn of_the_step_package() -> Vec<Offence> {
    let original = root().join("wit").join(PACKAGE);
    let holders = HOLDERS.iter().map(|holder| root().join(holder)).filter(|holder| holder.is_dir());
    let mut copies: Vec<PathBuf> =
        holders.flat_map(|holder| walk(&holder)).filter_map(|file| copy(&file)).collect();
    copies.dedup();
    copies.iter().flat_map(|copy| drift(&original, copy, &relative(copy))).collect()
}

/// The copied folder that a file lies in.
fn copy(file: &Path) -> Option<PathBuf> {
    file.ancestors().skip(1).find(|folder| folder.ends_with(PACKAGE)).map(Path::to_owned)
}

/// The files of a copy that the original does not hold in the same way, and those it lacks.
fn drift(original: &Path, copy: &Path, name: &str) -> Vec<Offence> {
    let (original, copy) = (texts(original), texts(copy));
    let differs = |file: &&PathBuf| original.get(*file) != copy.get(*file);
    let lacking = original.keys().filter(|file| !copy.contains_key(*file));
    let offence = |file: &PathBuf| Offence {
        path: format!("{name}/{}", file.display()),
        line: first_difference(original.get(file), copy.get(file)),
        what: format!("the copy differs from wit/{PACKAGE}/{}; copy it again", file.display()),
    };
    copy.keys().chain(lacking).filter(differs).map(offence).collect()
}

fn texts(folder: &Path) -> BTreeMap<PathBuf, String> {
    let text = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path.strip_prefix(folder).expect("it was found in there").to_owned(), text)
    };
    walk(folder).into_iter().map(text).collect()
}

fn first_difference(original: Option<&String>, copy: Option<&String>) -> usize {
    let (original, copy) = (original.map_or("", String::as_str), copy.map_or("", String::as_str));
    original.lines().zip(copy.lines()).take_while(|(left, right)| left == right).count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offence::{found, none};

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder for a test");
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("a file for a test");
        }
        folder
    }

    #[test]
    fn a_faithful_copy_is_no_offence() {
        let files = [("a.wit", "one\ntwo\n"), ("b.wit", "")];
        none(drift(folder(&files).path(), folder(&files).path(), "copy"));
    }

    #[test]
    fn planted_drift_is_found_at_its_line_and_so_are_missing_and_foreign_files() {
        let original = folder(&[("a.wit", "one\ntwo\n"), ("b.wit", "b"), ("c.wit", "c")]);
        let copy = folder(&[("a.wit", "one\n2\n"), ("c.wit", "c"), ("d.wit", "d")]);
        let expected = [(2, "lockstep-step/a.wit"), (1, "lockstep-step/b.wit"), (1, "lockstep-step/d.wit")];
        found(drift(original.path(), copy.path(), "copy"), &expected);
    }

    #[test]
    fn a_file_of_a_copied_folder_leads_to_the_folder() {
        let file = Path::new("guest-sdk/python/wit/lockstep-step/types.wit");
        assert_eq!(copy(file), Some("guest-sdk/python/wit/lockstep-step".into()));
        assert_eq!(copy(Path::new("guest-sdk/python/lockstep-step.py")), None);
    }
}
