//! From an author's file to a component: bundled with its glue, held against its world, checked where it is
//! TypeScript, and put into the engine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::driver::{Bundle, Componentize, Driver, no_node};
use super::model::Model;
use super::told::{self, Teller};
use crate::build::Job;
use crate::{Error, Language, process};

/// The component of a step.
pub(crate) fn build(job: &Job) -> Result<Vec<u8>, Error> {
    let folder = std::path::absolute(&job.source.folder).map_err(Error::file(&job.source.folder))?;
    let stage = job.stage("js")?;
    let driver = Driver::new(job, &stage.folder)?;
    let model = Model::of(job.world);
    let teller = Teller::new(job, &model);
    refuse_strangers(job, &model)?;
    bundle(job, &driver, &folder, &teller)?;
    std::thread::scope(|scope| {
        let checked = scope.spawn(|| check(job, &driver, &folder, &teller));
        let component = componentize(job, &driver, &teller);
        checked.join().expect("tsc is only waited for")?;
        component
    })
}

/// What the engine has no module for would trap when it is called.
fn refuse_strangers(job: &Job, model: &Model) -> Result<(), Error> {
    job.world.refuse_strangers(job.source)?;
    match model.handlers.is_empty() {
        true => Err(wit(job, format!("world `{}` has no handler; a tool is written in Rust", model.name))),
        false => Ok(()),
    }
}

fn wit(job: &Job, why: String) -> Error {
    Error::Wit { step: job.source.name.clone(), why }
}

fn bundle(job: &Job, driver: &Driver, folder: &Path, teller: &Teller) -> Result<(), Error> {
    let (main, out) = (own(job), driver.stage.join("bundle.js"));
    let (entry, root) = (Path::new(crate::GENERATED).join("component.js"), job.root()?);
    let request = Bundle { folder, root: &root, main: &main, entry: &entry, out: &out };
    let bundled = driver.bundle(job, &request)?;
    bundled.warnings.iter().for_each(|warning| (job.progress)(&teller.found(warning)));
    let errors: Vec<String> = bundled.errors.iter().map(|error| teller.found(error)).collect();
    told::all(job, errors)?;
    told::all(job, teller.handlers(&bundled.exports))
}

/// The author's file, seen from the folder of the step.
fn own(job: &Job) -> PathBuf {
    Path::new(".").join(job.source.main.strip_prefix(&job.source.folder).unwrap_or(&job.source.main))
}

/// What tsc has to say of TypeScript.
fn check(job: &Job, driver: &Driver, folder: &Path, teller: &Teller) -> Result<(), Error> {
    if job.source.language != Language::TypeScript {
        return Ok(());
    }
    let mut tsc = Command::new("node");
    tsc.arg(driver.tools.join("node_modules/typescript/bin/tsc")).args(["--pretty", "false", "--project"]);
    tsc.arg(Path::new(crate::GENERATED).join("check")).current_dir(folder);
    let ended = tsc.output().map_err(|error| no_node(job, Error::Start { program: "node".into(), error }))?;
    if ended.status.success() {
        return Ok(());
    }
    // A tsc that found nothing and does not succeed has not looked.
    match teller.checked(&String::from_utf8_lossy(&ended.stdout)) {
        found if found.is_empty() => Err(process::failed(&tsc, &ended)),
        found => told::all(job, found),
    }
}

fn componentize(job: &Job, driver: &Driver, teller: &Teller) -> Result<Vec<u8>, Error> {
    let at = |name: &str| driver.stage.join(name);
    let (js, wit, out) = (at("bundle.js"), at("world.wit"), at("component.wasm"));
    fs::write(&wit, job.wit()?).map_err(Error::file(&wit))?;
    let request = Componentize { js: &js, wit: &wit, world: job.world.name(), out: &out };
    let made = driver.componentize(job, &request)?;
    told::all(job, made.error.map(|error| teller.evaluated(&error)).into_iter().collect())?;
    fs::read(&out).map_err(Error::file(&out))
}
