//! A folder aside, in which everything new is put together before any of it is copied to where it belongs.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::{Error, starter};

/// The folder, and what in it is new.
pub(super) struct Stage<'r> {
    aside: Aside,
    root: &'r Path,
    files: Vec<PathBuf>,
    /// What is there and changes, by its path from here.
    amended: Vec<starter::File>,
}

impl<'r> Stage<'r> {
    /// For a project at `root`.
    pub(super) fn within(cache: &Path, root: &'r Path) -> Result<Stage<'r>, Error> {
        Ok(Stage { aside: Aside::within(cache)?, root, files: Vec::new(), amended: Vec::new() })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.aside.0
    }

    pub(super) fn root(&self) -> &'r Path {
        self.root
    }

    /// A new file, by its path from the root; nothing may be there.
    pub(super) fn write(&mut self, path: &Path, text: &str) -> Result<(), Error> {
        let there = self.root.join(path);
        if there.exists() {
            return Err(Error::FileTaken(there));
        }
        write(&self.folder().join(path), text)?;
        self.files.push(path.to_owned());
        Ok(())
    }

    /// What a project has it keeps.
    pub(super) fn unless_there(&mut self, path: &Path, text: &str) -> Result<(), Error> {
        if self.root.join(path).exists() { Ok(()) } else { self.write(path, text) }
    }

    /// A file as it is to be, by its path from here; if it is not there, it is a new one of the project.
    pub(super) fn amend(&mut self, file: starter::File) -> Result<(), Error> {
        let is_new = !file.path.exists();
        match file.path.strip_prefix(self.root) {
            Ok(within) if is_new => return self.write(within, &file.text),
            _ => {}
        }
        if fs::read_to_string(&file.path).map_err(Error::file(&file.path))? != file.text {
            self.amended.push(file);
        }
        Ok(())
    }

    /// The WIT that is there already, to be read together with what is new.
    pub(super) fn copy_wit(&self, from: &Path) -> Result<(), Error> {
        let Ok(entries) = from.read_dir() else { return Ok(()) };
        copy_all(entries, &self.folder().join("wit"))
    }

    /// Copies everything to where it belongs. Gives the files that were written.
    pub(super) fn finish(self) -> Result<Vec<PathBuf>, Error> {
        for file in &self.files {
            copy(&self.folder().join(file), &self.root.join(file))?;
        }
        for starter::File { path, text } in &self.amended {
            fs::write(path, text).map_err(Error::file(path))?;
        }
        let files = self.files.iter().map(|file| self.root.join(file));
        Ok(files.chain(self.amended.into_iter().map(|file| file.path)).collect())
    }
}

/// A folder of this process that is gone when this is dropped.
struct Aside(PathBuf);

impl Aside {
    /// A new one: the number of a process comes again, and one that was killed has left its own.
    fn within(cache: &Path) -> Result<Aside, Error> {
        fs::create_dir_all(cache).map_err(Error::file(cache))?;
        let mut number = 0;
        loop {
            let folder = cache.join(format!("new-{}-{number}", std::process::id()));
            match fs::create_dir(&folder) {
                Ok(()) => return Ok(Aside(folder)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(Error::file(folder)(error)),
            }
        }
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // What cannot be removed is a cache that somebody empties.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy_all(entries: fs::ReadDir, to: &Path) -> Result<(), Error> {
    for entry in entries.flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match from.read_dir() {
            Ok(entries) => copy_all(entries, &to)?,
            Err(_) => copy(&from, &to)?,
        }
    }
    Ok(())
}

/// Whatever came there meanwhile stays.
fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let parent = to.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(parent).map_err(Error::file(parent))?;
    let mut source = File::open(from).map_err(Error::file(from))?;
    let mut file = File::create_new(to).map_err(Error::file(to))?;
    io::copy(&mut source, &mut file).map(drop).map_err(Error::file(to))
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    let parent = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(parent).map_err(Error::file(parent))?;
    fs::write(path, text).map_err(Error::file(path))
}
