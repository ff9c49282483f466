//! componentize-py, called on a copy of the author's code; what it finds wrong, in the author's terms.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::copy::copy;
use crate::build::Job;
use crate::tools::{For, Packages, Registry, python};
use crate::{Error, process};

const TOOLS: Packages = Packages {
    name: "python",
    what: "componentize-py 0.25.1",
    size: "46 MB",
    registry: Registry::Python { requirements: include_str!("requirements.txt") },
};

/// What componentize-py is told, by way of Python.
const DRIVER: &str = include_str!("driver.py");

/// Where the code in the component leaves what is wrong with it: no hidden file of the author's is copied.
const TOLD: &str = ".told.json";

/// What the code in the component left: see `_component.py`.
#[derive(Deserialize)]
struct Told {
    fatal: bool,
    mistakes: Vec<Mistake>,
}

/// Something that the author has to mend.
#[derive(Deserialize)]
struct Mistake {
    file: PathBuf,
    line: u32,
    what: String,
    shown: String,
}

/// The component of a step, with packages from a folder beside its code.
pub(super) fn componentize(job: &Job, packages: Option<&Path>) -> Result<Vec<u8>, Error> {
    let step = For { step: &job.source.name, language: "Python" };
    let tools = TOOLS.ensure(&job.toolchain.cache, job.toolchain.install, &step, job.progress)?;
    let mut command = python().ok_or_else(|| TOOLS.without_python(&step))?;
    let stage = job.stage("python")?;
    let at = |name: &str| stage.folder.join(name);
    let (code, copied, wit, component) = (folder_of_code(job), at("code"), at("world.wit"), at("step.wasm"));
    copy(code, &copied, &job.root()?)?;
    fs::write(&wit, job.wit()?).map_err(Error::file(&wit))?;
    let generated = std::path::absolute(job.source.generated()).map_err(Error::file(code))?;
    // Isolated: what is installed on this machine is no part of the step.
    command.args(["-I", "-S", "-c", DRIVER]).arg(tools.join("packages")).arg(&wit).arg(job.world.name());
    command.arg(&component).arg(generated).arg(&copied).args(packages);
    let done = process::output(&mut command);
    hear(job, code, &copied.join(TOLD), done)?;
    fs::read(&component).map_err(Error::file(&component))
}

/// The folder that the author's modules are imported from.
fn folder_of_code<'j>(job: &'j Job) -> &'j Path {
    job.source.main.parent().unwrap_or(&job.source.folder)
}

/// Tells what the code in the component left, or what componentize-py itself said.
fn hear(job: &Job, code: &Path, told: &Path, done: Result<String, Error>) -> Result<(), Error> {
    let left = fs::read_to_string(told).ok().and_then(|text| serde_json::from_str::<Told>(&text).ok());
    let lines = |mistakes: &[Mistake]| mistakes.iter().map(|one| one.told(code)).collect::<Vec<_>>();
    match (left, done) {
        (Some(Told { fatal: true, mistakes }), _) => {
            Err(Error::Code { step: job.source.name.clone(), told: lines(&mistakes).join("\n") })
        }
        (Some(Told { mistakes, .. }), Ok(_)) => {
            lines(&mistakes).iter().for_each(|line| (job.progress)(line));
            Ok(())
        }
        (None, Ok(_)) => Ok(()),
        (_, Err(Error::Failed { told, .. })) => Err(Error::Code { step: job.source.name.clone(), told }),
        (_, Err(error)) => Err(error),
    }
}

impl Mistake {
    fn told(&self, code: &Path) -> String {
        let line = if self.line == 0 { String::new() } else { format!(":{}", self.line) };
        let shown = self.shown.trim_end();
        let shown = if shown.is_empty() { String::new() } else { format!("\n{shown}") };
        format!("{}{line}: {}{shown}", code.join(&self.file).display(), self.what)
    }
}
