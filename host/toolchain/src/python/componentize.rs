//! componentize-py, called on a copy of the author's code; what it finds wrong, in the author's terms.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use wit_component::WitPrinter;

use super::stage;
use crate::build::Job;
use crate::tools::{For, Packages, Registry, interpreter};
use crate::{Error, process};

const TOOLS: Packages = Packages {
    name: "python",
    what: "componentize-py 0.25.1",
    size: "46 MB",
    registry: Registry::Python { requirements: include_str!("requirements.txt") },
};

/// What componentize-py is told, by way of Python.
const DRIVER: &str = include_str!("driver.py");

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
    let python = interpreter().ok_or_else(|| TOOLS.without_python(&step))?;
    let folder = job.toolchain.target_dir.join("python").join(key(job));
    let code = job.source.main.parent().unwrap_or(&job.source.folder);
    stage::copy(code, &folder.join("code"))?;
    let wit = folder.join("world.wit");
    fs::write(&wit, world_text(job)?).map_err(Error::file(&wit))?;
    let told = job.source.generated().join("told.json");
    let _ = fs::remove_file(&told);
    let component = folder.join("step.wasm");
    let absolute = std::path::absolute(job.source.generated()).map_err(Error::file(&job.source.folder))?;
    let mut command = Command::new(python);
    // Isolated: what is installed on this machine is no part of the step.
    command.args(["-I", "-S", "-c", DRIVER]).arg(tools.join("packages")).arg(&wit).arg(job.world.name());
    command.arg(&component).arg(absolute).arg(folder.join("code")).args(packages);
    let done = process::output(&mut command);
    hear(job, code, &told, done)?;
    fs::read(&component).map_err(Error::file(&component))
}

/// The world with all that it uses, as one text: the WIT of the host itself may lie in no folder.
fn world_text(job: &Job) -> Result<String, Error> {
    let resolve = &job.world.resolve;
    let wrong = |why: String| Error::Wit { step: job.source.name.clone(), why };
    let own = resolve.worlds[job.world.id].package.ok_or_else(|| wrong("its world has no package".into()))?;
    let others: Vec<_> = resolve.packages.iter().map(|(id, _)| id).filter(|id| *id != own).collect();
    let mut printer = WitPrinter::default();
    printer.print(resolve, own, &others).map_err(|error| wrong(format!("{error:#}")))?;
    Ok(printer.output.to_string())
}

/// Tells what the code in the component left, or what componentize-py itself said.
fn hear(job: &Job, code: &Path, told: &Path, done: Result<String, Error>) -> Result<(), Error> {
    let left = fs::read_to_string(told).ok().and_then(|text| serde_json::from_str::<Told>(&text).ok());
    let _ = fs::remove_file(told);
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

/// Where the files of this step lie: steps of several workflows may have one name.
fn key(job: &Job) -> String {
    let whole = std::path::absolute(&job.source.folder).unwrap_or_else(|_| job.source.folder.clone());
    let digest = Sha256::digest(whole.as_os_str().as_encoded_bytes());
    let hex: String = digest[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{hex}", job.source.name)
}
