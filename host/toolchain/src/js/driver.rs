//! The tools of npm, through one script in Node: what they are asked, and what they found.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::told::Finding;
use crate::build::Job;
use crate::tools::For;
use crate::{Error, process};

const SCRIPT: &str = include_str!("driver.mjs");

/// Where the tools are, and where what they make lies.
pub(super) struct Driver {
    /// The packages of npm.
    pub(super) tools: PathBuf,
    /// A folder for this step alone.
    pub(super) stage: PathBuf,
}

/// What is bundled.
#[derive(Serialize)]
pub(super) struct Bundle<'a> {
    /// The folder of the step.
    pub(super) folder: &'a Path,
    /// The folder that all of it comes from.
    pub(super) root: &'a Path,
    /// The author's file.
    pub(super) main: &'a Path,
    /// The file that the component exports what it exports.
    pub(super) entry: &'a Path,
    /// Where the bundle goes.
    pub(super) out: &'a Path,
}

/// What came of it.
#[derive(Deserialize)]
pub(super) struct Bundled {
    /// Why there is no bundle.
    pub(super) errors: Vec<Finding>,
    /// What is odd in it.
    pub(super) warnings: Vec<Finding>,
    /// What the author's file exports.
    pub(super) exports: Vec<String>,
}

/// What a component is made of.
#[derive(Serialize)]
pub(super) struct Componentize<'a> {
    /// The bundle.
    pub(super) js: &'a Path,
    /// The text of all WIT.
    pub(super) wit: &'a Path,
    /// The name of the world in it.
    pub(super) world: &'a str,
    /// Where the component goes.
    pub(super) out: &'a Path,
}

/// What came of it.
#[derive(Deserialize)]
pub(super) struct Componentized {
    /// Why there is no component.
    pub(super) error: Option<String>,
}

impl Driver {
    pub(super) fn new(job: &Job, stage: &Path) -> Result<Driver, Error> {
        let who = For { step: &job.source.name, language: job.source.language.title() };
        let tools =
            super::packages::TOOLS.ensure(&job.toolchain.cache, job.toolchain.install, &who, job.progress)?;
        let script = stage.join("driver.mjs");
        fs::write(&script, SCRIPT).map_err(Error::file(&script))?;
        Ok(Driver { tools, stage: stage.to_owned() })
    }

    pub(super) fn bundle(&self, job: &Job, request: &Bundle) -> Result<Bundled, Error> {
        self.run(job, "bundle", request)
    }

    pub(super) fn componentize(&self, job: &Job, request: &Componentize) -> Result<Componentized, Error> {
        self.run(job, "componentize", request)
    }

    fn run<T: for<'de> Deserialize<'de>>(
        &self,
        job: &Job,
        what: &str,
        request: &impl Serialize,
    ) -> Result<T, Error> {
        let request = serde_json::to_string(request).expect("paths and names are JSON");
        let mut node = Command::new("node");
        node.arg(self.stage.join("driver.mjs")).arg(what).arg(&self.tools).arg(request);
        let told = process::output(&mut node).map_err(|error| no_node(job, error))?;
        serde_json::from_str(&told)
            .map_err(|_| Error::Failed { command: format!("node driver.mjs {what}"), told })
    }
}

/// A machine without Node.js has the author install it.
pub(super) fn no_node(job: &Job, error: Error) -> Error {
    match error {
        Error::Start { .. } => Error::Missing {
            step: job.source.name.clone(),
            language: job.source.language.title(),
            what: "Node.js".into(),
            fix: "there is no `node` on the path: install Node.js 20 or newer".into(),
        },
        error => error,
    }
}
