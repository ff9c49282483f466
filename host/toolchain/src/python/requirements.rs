//! Packages that a step bundles: what its `requirements.txt` names, as wheels of pure Python, once for each content of
//! that file. A package with native code is refused by name: there is nothing in a component that could run it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::build::Job;
use crate::tools::interpreter;
use crate::{Error, process};

/// What a wheel must be made for: the Python in components, on no platform.
const PURE: [&str; 8] =
    ["--python-version", "3.14", "--implementation", "py", "--abi", "none", "--platform", "any"];

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
    let text = fs::read(file).map_err(Error::file(file))?;
    let digest = Sha256::new().chain_update(PURE.join(" ")).chain_update(&text).finalize();
    let key: String = digest[..6].iter().map(|byte| format!("{byte:02x}")).collect();
    let folder = job.toolchain.target_dir.join("python").join(format!("packages-{key}"));
    if !folder.exists() {
        (job.progress)(&format!("fetching the packages of {}", file.display()));
        install(job, file, &folder)?;
    }
    Ok(Some(folder))
}

/// Put together aside and renamed into place, so what is there is whole.
fn install(job: &Job, file: &Path, folder: &Path) -> Result<(), Error> {
    let aside = folder.with_extension(&job.source.name);
    let _ = fs::remove_dir_all(&aside);
    fs::create_dir_all(&aside).map_err(Error::file(&aside))?;
    let mut pip = pip(job, file)?;
    pip.args(PURE).args(["--no-compile", "--target"]).arg(&aside);
    if let Err(error) = process::output(pip.arg("-r").arg(file.file_name().unwrap_or_default())) {
        return Err(explained(job, file, error));
    }
    if let Some(package) = with_native_code(&aside) {
        return Err(native(job, file, &package));
    }
    match fs::rename(&aside, folder) {
        // Another build was faster.
        Err(_) if folder.exists() => Ok(()),
        renamed => renamed.map_err(Error::file(folder)),
    }
}

fn pip(job: &Job, file: &Path) -> Result<Command, Error> {
    let python = interpreter().ok_or_else(|| {
        told(job, file, "there is no `python3` with pip to fetch packages with; install Python 3.11 or newer")
    })?;
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"]);
    // Paths in the file are from where it lies.
    pip.current_dir(file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new(".")));
    Ok(pip)
}

/// What pip's refusal means: a package that there is for this machine, but not as pure Python, has native code.
fn explained(job: &Job, file: &Path, refusal: Error) -> Error {
    let Error::Failed { told: text, .. } = refusal else { return refusal };
    let name = file.file_name().unwrap_or_default();
    let wanted = would_install(job, file, &[OsStr::new("-r"), name], &[]).unwrap_or_default();
    let others = wanted.iter().filter(|item| !item.download_info.url.ends_with("-none-any.whl"));
    let is_pure = |item: &&Item| {
        let exact = format!("{}=={}", item.metadata.name, item.metadata.version);
        would_install(job, file, &[OsStr::new("--no-deps"), OsStr::new(&exact)], &PURE).is_ok()
    };
    match others.into_iter().find(|item| !is_pure(item)) {
        Some(item) => native(job, file, &item.metadata.name),
        None => told(job, file, &format!("pip cannot find wheels for it:\n{text}")),
    }
}

fn would_install(job: &Job, file: &Path, what: &[&OsStr], tags: &[&str]) -> Result<Vec<Item>, Error> {
    let mut pip = pip(job, file)?;
    pip.args(["--dry-run", "--ignore-installed", "--report", "-"]).args(tags);
    if !tags.is_empty() {
        pip.args(["--target", "nowhere"]);
    }
    let report = process::output(pip.args(what))?;
    let report: Report =
        serde_json::from_str(&report).map_err(|error| told(job, file, &error.to_string()))?;
    Ok(report.install)
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

fn native(job: &Job, file: &Path, package: &str) -> Error {
    let why = format!(
        "`{package}` has native code, which cannot run inside a step; put what needs it into a tool (a server of MCP), or \
         into a service that the step calls"
    );
    told(job, file, &why)
}

fn told(job: &Job, file: &Path, why: &str) -> Error {
    Error::Code { step: job.source.name.clone(), told: format!("{}: {why}", file.display()) }
}
