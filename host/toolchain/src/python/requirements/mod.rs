//! Packages that a step bundles: what its `requirements.txt` names, as wheels of pure Python, once for each content of
//! that file and of what it names. No code of a package runs while it is fetched. A package with native code is refused
//! by name: there is nothing in a component that could run it.

mod file;

#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use self::file::Requirements;
use crate::build::Job;
use crate::tools::{digest, lock, python_with_pip};
use crate::{Error, Install, process};

/// What a wheel must be made for: the Python in components, on no platform.
const PURE: [&str; 8] =
    ["--python-version", "3.14", "--implementation", "py", "--abi", "none", "--platform", "any"];

/// What pip is told, by way of Python.
const DRIVER: &str = include_str!("pip.py");

/// What pip says it would install.
#[derive(Deserialize)]
struct Report {
    install: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    metadata: Metadata,
    download_info: Download,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    version: String,
}

#[derive(Deserialize)]
struct Download {
    url: String,
}

/// The folder with a step's packages; none if it has no requirements.
pub(super) fn ensure(job: &Job) -> Result<Option<PathBuf>, Error> {
    let Some(file) = &job.source.requirements else { return Ok(None) };
    let asked = file::read(file).map_err(|why| code(job, &why))?;
    let folders = job.toolchain.target_dir.join("python");
    let folder = folders.join(format!("packages-{}", key(&asked)?));
    if folder.exists() {
        return Ok(Some(folder));
    }
    if job.toolchain.install == Install::Never {
        return Err(Error::Missing {
            step: job.source.name.clone(),
            language: job.source.language.title(),
            what: format!("what {} names", file.display()),
            fix: "`lockstep build --install` fetches it".into(),
        });
    }
    let _lock = lock(&folders)?;
    if !folder.exists() {
        (job.progress)(&format!("fetching the packages of {}", file.display()));
        let aside = folder.with_extension("aside");
        let _ = fs::remove_dir_all(&aside);
        fs::create_dir_all(&aside).map_err(Error::file(&aside))?;
        Pip { job, file, asked: &asked, aside: &aside }.install(&folder)?;
    }
    Ok(Some(folder))
}

/// Follows from all that the packages do.
fn key(asked: &Requirements) -> Result<String, Error> {
    let mut all = format!("{PURE:?} {DRIVER} {asked:?}");
    for wheel in &asked.wheels {
        all += &digest(fs::read(wheel).map_err(Error::file(wheel))?);
    }
    Ok(digest(all))
}

/// Packages are put together aside and renamed into place, so what is there is whole.
struct Pip<'j> {
    job: &'j Job<'j>,
    /// What the author calls it.
    file: &'j Path,
    asked: &'j Requirements,
    /// A folder in which nothing lies that pip could take for a package.
    aside: &'j Path,
}

impl Pip<'_> {
    fn install(&self, folder: &Path) -> Result<(), Error> {
        let packages = self.aside.join("packages");
        self.write("constraints.txt", &self.asked.constraints)?;
        let mut pip = self.command(&self.asked.wanted)?;
        let done = process::output(pip.args(PURE).args(["--no-compile", "--target"]).arg(&packages));
        done.map_err(|error| self.explained(error))?;
        // Where nothing is wanted there is nothing.
        fs::create_dir_all(&packages).map_err(Error::file(&packages))?;
        if let Some(package) = with_native_code(&packages) {
            return Err(self.native(&package));
        }
        fs::rename(&packages, folder).map_err(Error::file(folder))?;
        fs::remove_dir_all(self.aside).map_err(Error::file(self.aside))
    }

    /// `pip install` of wheels alone.
    fn command(&self, wanted: &[String]) -> Result<Command, Error> {
        let lines = [&self.asked.options[..], &["-c constraints.txt".into()], wanted].concat();
        self.write("requirements.txt", &lines)?;
        let mut pip = python_with_pip().ok_or_else(|| {
            self.told("there is no `python3` with pip to fetch packages with; install Python 3.11 or newer")
        })?;
        pip.args(["-c", DRIVER, "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"]);
        pip.args(["-r", "requirements.txt"]).current_dir(self.aside);
        Ok(pip)
    }

    fn write(&self, name: &str, lines: &[String]) -> Result<(), Error> {
        let path = self.aside.join(name);
        fs::write(&path, lines.join("\n") + "\n").map_err(Error::file(&path))
    }

    /// What pip's refusal means: a package that there is for this machine, but not as pure Python, has native code.
    fn explained(&self, refusal: Error) -> Error {
        let Error::Failed { told, .. } = refusal else { return refusal };
        let wanted = self.would_install(&self.asked.wanted, &[]).unwrap_or_default();
        let others = wanted.iter().filter(|item| !item.download_info.url.ends_with("-none-any.whl"));
        let is_pure = |item: &&Item| {
            let exact = format!("{}=={}", item.metadata.name, item.metadata.version);
            let alone = [&["--no-deps", "--target", "nowhere"][..], &PURE].concat();
            self.would_install(&[exact], &alone).is_ok()
        };
        match others.into_iter().find(|item| !is_pure(item)) {
            Some(item) => self.native(&item.metadata.name),
            None => self.told(&format!("pip cannot find wheels for it:\n{told}")),
        }
    }

    fn would_install(&self, wanted: &[String], how: &[&str]) -> Result<Vec<Item>, Error> {
        let mut pip = self.command(wanted)?;
        let report =
            process::output(pip.args(["--dry-run", "--ignore-installed", "--report", "-"]).args(how))?;
        let report: Report = serde_json::from_str(&report).map_err(|error| self.told(&error.to_string()))?;
        Ok(report.install)
    }

    fn native(&self, package: &str) -> Error {
        self.told(&format!(
            "`{package}` has native code, which cannot run inside a step; put what needs it into a tool (a server of \
             MCP), or into a service that the step calls"
        ))
    }

    fn told(&self, why: &str) -> Error {
        code(self.job, &format!("{}: {why}", self.file.display()))
    }
}

fn code(job: &Job, told: &str) -> Error {
    Error::Code { step: job.source.name.clone(), told: told.to_owned() }
}

/// The first package in a folder that holds what only a machine can run.
fn with_native_code(folder: &Path) -> Option<String> {
    let entries = || folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
    let native = entries().find_map(|path| native_file(&path))?;
    let file = native.strip_prefix(folder).ok()?.to_string_lossy().replace('\\', "/");
    let owns = |info: &PathBuf| {
        fs::read_to_string(info.join("RECORD"))
            .is_ok_and(|record| record.lines().any(|row| row.starts_with(&file)))
    };
    let owner = entries().find(owns).and_then(|info| Some(info.file_name()?.to_string_lossy().into_owned()));
    Some(owner.and_then(|info| Some(info.split_once('-')?.0.to_owned())).unwrap_or(file))
}

fn native_file(path: &Path) -> Option<PathBuf> {
    if path.is_dir() {
        return path.read_dir().ok()?.flatten().find_map(|entry| native_file(&entry.path()));
    }
    let is_native =
        path.extension().is_some_and(|ending| ["so", "pyd", "dylib", "dll"].iter().any(|one| ending == *one));
    is_native.then(|| path.to_owned())
}
