//! A copy of the author's folder for componentize-py, which walks whatever it is given: without what is no part of the
//! step, and without links that would lead it out of the folder.

use std::collections::HashSet;
use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};

use crate::{Error, GENERATED};

/// Copies `from` into `to`, which is made anew.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    if to.exists() {
        fs::remove_dir_all(to).map_err(Error::file(to))?;
    }
    folder(from, to, &mut HashSet::new())
}

fn folder(from: &Path, to: &Path, above: &mut HashSet<PathBuf>) -> Result<(), Error> {
    // A link may lead to a folder that it lies in.
    let whole = from.canonicalize().map_err(Error::file(from))?;
    if !above.insert(whole.clone()) {
        return Ok(());
    }
    fs::create_dir_all(to).map_err(Error::file(to))?;
    for entry in from.read_dir().map_err(Error::file(from))? {
        let entry = entry.map_err(Error::file(from))?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if !is_part(&entry) {
            continue;
        }
        match path.is_dir() {
            true => folder(&path, &copy, above)?,
            false => fs::copy(&path, &copy).map(drop).map_err(Error::file(&path))?,
        }
    }
    above.remove(&whole);
    Ok(())
}

/// Hidden things, what is generated or compiled, packages that were installed for the editor, links to nothing.
fn is_part(entry: &DirEntry) -> bool {
    let (name, path) = (entry.file_name(), entry.path());
    let name = name.to_string_lossy();
    let is_other = name.starts_with('.') || [GENERATED, "__pycache__", "node_modules"].contains(&&*name);
    !is_other && !path.join("pyvenv.cfg").exists() && (path.is_dir() || path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = folder.read_dir().unwrap().flatten().map(|entry| entry.file_name()).collect();
        names.sort();
        names.into_iter().map(|name| name.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_copy_holds_the_code_and_its_data_and_nothing_that_is_made() {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("step"), root.path().join("copy"));
        for path in [".git", "gen/lockstep", "__pycache__", "env/lib", "tea/leaves"] {
            fs::create_dir_all(from.join(path)).unwrap();
        }
        for path in ["step.py", "prompts.txt", "env/pyvenv.cfg", "tea/leaves/__init__.py"] {
            fs::write(from.join(path), "").unwrap();
        }
        fs::create_dir_all(to.join("left over")).unwrap();
        copy(&from, &to).unwrap();
        assert_eq!(names(&to), ["prompts.txt", "step.py", "tea"]);
        assert_eq!(names(&to.join("tea/leaves")), ["__init__.py"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_once_and_those_to_nothing_left_out() {
        let root = tempfile::tempdir().unwrap();
        let (from, shared) = (root.path().join("step"), root.path().join("shared"));
        fs::create_dir_all(&from).unwrap();
        fs::create_dir_all(&shared).unwrap();
        fs::write(shared.join("tea.py"), "").unwrap();
        for (target, link) in [("../shared", "shared"), ("..", "up"), ("gone", "nothing")] {
            std::os::unix::fs::symlink(target, from.join(link)).unwrap();
        }
        let to = tempfile::tempdir().unwrap();
        copy(&from, &to.path().join("copy")).unwrap();
        assert_eq!(names(&to.path().join("copy")), ["shared", "up"]);
        assert_eq!(names(&to.path().join("copy/shared")), ["tea.py"]);
    }
}
