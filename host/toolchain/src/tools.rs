//! What other languages are built with, as packages of their registries: pinned by a lockfile that the program
//! carries, installed once into a folder of the user's cache. A folder is put together aside and renamed into
//! place, so what is there is whole; its name follows from the lockfile, so a new program finds the new tools.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::{Error, Install, Progress, process};

/// A set of packages from one registry.
pub(crate) struct Packages {
    /// What the folder is called: `python`.
    pub(crate) name: &'static str,
    /// What people are told is missing: `componentize-py 0.25.1`.
    pub(crate) what: &'static str,
    /// How much there is to fetch: `46 MB`.
    pub(crate) size: &'static str,
    /// Where they come from.
    pub(crate) registry: Registry,
}

/// How packages are pinned and installed.
pub(crate) enum Registry {
    /// PyPI's, into a folder that PYTHONPATH names: requirements with hashes.
    Python {
        /// `requirements.txt`.
        requirements: &'static str,
    },
    /// npm's.
    Npm {
        /// `package.json`.
        manifest: &'static str,
        /// `package-lock.json`.
        lock: &'static str,
    },
}

/// Whose tools are looked for.
pub(crate) struct For<'a> {
    /// The step that is built.
    pub(crate) step: &'a str,
    /// Its language, as people call it.
    pub(crate) language: &'static str,
}

impl Packages {
    /// The folder that holds them; where they are not there yet, installed now or an error that says how.
    pub(crate) fn ensure(
        &self,
        cache: &Path,
        install: Install,
        who: &For,
        progress: Progress,
    ) -> Result<PathBuf, Error> {
        let folder = cache.join("tools").join(format!("{}-{}", self.name, self.key()));
        if folder.exists() {
            return Ok(folder);
        }
        if install == Install::Never {
            let fix =
                format!("`lockstep build --install` fetches it ({}) into {}", self.size, cache.display());
            return Err(self.missing(who, fix));
        }
        let _lock = lock(&cache.join("tools"))?;
        if !folder.exists() {
            progress(&format!("installing {} ({})", self.what, self.size));
            self.install(&folder, who)?;
        }
        Ok(folder)
    }

    fn install(&self, folder: &Path, who: &For) -> Result<(), Error> {
        let aside = folder.with_extension("aside");
        let _ = fs::remove_dir_all(&aside);
        fs::create_dir_all(&aside).map_err(Error::file(&aside))?;
        let write = |name: &str, text: &str| fs::write(aside.join(name), text).map_err(Error::file(&aside));
        match &self.registry {
            Registry::Python { requirements } => {
                write("requirements.txt", requirements)?;
                let mut pip = python_with_pip().ok_or_else(|| self.without_python(who))?;
                pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
                pip.args(["--require-hashes", "--only-binary=:all:", "--target", "packages"]);
                process::output(pip.args(["-r", "requirements.txt"]).current_dir(&aside))?;
            }
            Registry::Npm { manifest, lock } => {
                write("package.json", manifest)?;
                write("package-lock.json", lock)?;
                let mut npm = Command::new("npm");
                npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
                npm.current_dir(&aside);
                process::output(&mut npm).map_err(|error| match error {
                    Error::Start { .. } => self.missing(who, NO_NODE.into()),
                    error => error,
                })?;
            }
        }
        fs::rename(&aside, folder).map_err(Error::file(folder))
    }

    /// There is no Python to run them with.
    pub(crate) fn without_python(&self, who: &For) -> Error {
        self.missing(who, NO_PYTHON.into())
    }

    fn missing(&self, who: &For, fix: String) -> Error {
        Error::Missing { step: who.step.to_owned(), language: who.language, what: self.what.to_owned(), fix }
    }

    /// Follows from what pins them.
    fn key(&self) -> String {
        match &self.registry {
            Registry::Python { requirements } => digest(requirements),
            Registry::Npm { lock, .. } => digest(lock),
        }
    }
}

const NO_PYTHON: &str =
    "it comes from PyPI, and there is no `python3` with pip: install Python 3.11 or newer";
const NO_NODE: &str = "it comes from npm, and there is no `npm`: install Node.js 20 or newer";

/// A Python that is new enough.
pub(crate) fn python() -> Option<Command> {
    python_that(&["-c", ""])
}

/// One that has pip, too.
pub(crate) fn python_with_pip() -> Option<Command> {
    python_that(&["-m", "pip", "--version"])
}

/// Left to itself Python takes modules from the current folder before its own, and whoever wrote what lies there is
/// not to run on this machine. Only 3.11 and newer can be told so.
fn python_that(can: &[&str]) -> Option<Command> {
    let python = |name: &str| {
        let mut python = Command::new(name);
        python.arg("-P");
        python
    };
    let is_one = |name: &&str| process::output(python(name).args(can)).is_ok();
    ["python3", "python"].into_iter().find(is_one).map(python)
}

/// Twelve hex digits.
pub(crate) fn digest(of: impl AsRef<[u8]>) -> String {
    Sha256::digest(of)[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes a folder, and keeps others out of it: two builds at once would do the work twice; the second waits here and
/// finds it done.
pub(crate) fn lock(folder: &Path) -> Result<File, Error> {
    fs::create_dir_all(folder).map_err(Error::file(folder))?;
    let path = folder.join("lock");
    let file = File::create(&path).map_err(Error::file(&path))?;
    file.lock().map_err(Error::file(&path))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_runs_nothing_that_lies_in_the_current_folder() {
        let folder = tempfile::tempdir().unwrap();
        for module in ["pip.py", "runpy.py", "sitecustomize.py"] {
            fs::write(folder.path().join(module), "open('it-ran', 'w')").unwrap();
        }
        for found in [python(), python_with_pip()] {
            let mut python = found.expect("there is a Python");
            process::output(python.args(["-m", "pip", "--version"]).current_dir(folder.path())).unwrap();
            assert!(!folder.path().join("it-ran").exists());
        }
    }
}
