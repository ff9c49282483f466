//! A copy of the author's folder for componentize-py, which walks whatever it is given: without what is no part of the
//! step. What a link leads to is copied too, if it lies in the step's project: the code in the component may read all
//! of the copy while it is built, and keep it.

use std::collections::HashSet;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::left_behind::is_made;

/// Copies `from` into `to`, which is made anew; it may lie within. Nothing comes from outside of `root`, which is a
/// whole path.
pub(super) fn copy(from: &Path, to: &Path, root: &Path) -> Result<(), Error> {
    if to.exists() {
        fs::remove_dir_all(to).map_err(Error::file(to))?;
    }
    fs::create_dir_all(to).map_err(Error::file(to))?;
    let to_whole = to.canonicalize().map_err(Error::file(to))?;
    let mut copying = Copying { root, to: to_whole, above: HashSet::new() };
    copying.above.insert(copying.whole(from)?);
    copying.entries(from, to)
}

struct Copying<'r> {
    /// Where everything comes from.
    root: &'r Path,
    /// Where everything goes.
    to: PathBuf,
    /// The folders that are being copied: a link may lead to one that it lies in.
    above: HashSet<PathBuf>,
}

impl Copying<'_> {
    fn entries(&mut self, from: &Path, to: &Path) -> Result<(), Error> {
        for entry in from.read_dir().map_err(Error::file(from))? {
            let entry = entry.map_err(Error::file(from))?;
            let (path, copy) = (entry.path(), to.join(entry.file_name()));
            match path.is_dir() {
                _ if !is_part(&entry) => {}
                true => self.folder(&path, &copy)?,
                false => fs::copy(self.whole(&path)?, &copy).map(drop).map_err(Error::file(&path))?,
            }
        }
        Ok(())
    }

    fn folder(&mut self, from: &Path, to: &Path) -> Result<(), Error> {
        let whole = self.whole(from)?;
        if self.to.starts_with(&whole) || !self.above.insert(whole.clone()) {
            return Ok(());
        }
        fs::create_dir_all(to).map_err(Error::file(to))?;
        self.entries(from, to)?;
        self.above.remove(&whole);
        Ok(())
    }

    /// Where a file or a folder really is.
    fn whole(&self, path: &Path) -> Result<PathBuf, Error> {
        let whole = path.canonicalize().map_err(Error::file(path))?;
        match whole.starts_with(self.root) {
            true => Ok(whole),
            false => {
                let (whole, root) = (whole.display(), self.root.display());
                let why =
                    format!("it leads to {whole}; what a step is built from lies in {root}: copy it there");
                Err(Error::file(path)(io::Error::other(why)))
            }
        }
    }
}

/// Hidden things, what is generated or compiled, packages that were installed for the editor, links to nothing.
fn is_part(entry: &DirEntry) -> bool {
    let path = entry.path();
    !is_made(&path) && (path.is_dir() || path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(root: &tempfile::TempDir) -> PathBuf {
        root.path().canonicalize().unwrap()
    }

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
        copy(&from, &to, &whole(&root)).unwrap();
        assert_eq!(names(&to), ["prompts.txt", "step.py", "tea"]);
        assert_eq!(names(&to.join("tea/leaves")), ["__init__.py"]);
    }

    #[test]
    fn a_copy_may_lie_within_what_is_copied() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("step.py"), "").unwrap();
        let to = root.path().join("target/python/code");
        for _ in 0..2 {
            copy(root.path(), &to, &whole(&root)).unwrap();
            assert_eq!(names(&to), ["step.py"]);
        }
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
        copy(&from, &to.path().join("copy"), &whole(&root)).unwrap();
        assert_eq!(names(&to.path().join("copy")), ["shared", "up"]);
        assert_eq!(names(&to.path().join("copy/shared")), ["tea.py"]);
        assert_eq!(names(&to.path().join("copy/up")), ["shared"]);
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_copied_from_outside_of_the_project() {
        let (root, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (step, to) = (root.path().join("step"), root.path().join("copy"));
        fs::write(home.path().join("secret"), "precious").unwrap();
        let secret = home.path().canonicalize().unwrap();
        for target in [secret.clone(), secret.join("secret")] {
            fs::create_dir_all(&step).unwrap();
            std::os::unix::fs::symlink(&target, step.join("notes")).unwrap();
            let told = copy(&step, &to, &whole(&root)).expect_err("it is not of the project").to_string();
            let (notes, at, root) = (step.join("notes"), target.display(), whole(&root));
            let told_of =
                format!("{}: it leads to {at}; what a step is built from lies in ", notes.display());
            assert_eq!(told, format!("{told_of}{}: copy it there", root.display()));
            assert!(names(&to).is_empty());
            fs::remove_dir_all(&step).unwrap();
        }
        assert!(copy(home.path(), &to, &whole(&root)).is_err(), "`main` may name a file anywhere");
    }
}
