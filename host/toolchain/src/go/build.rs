//! Writes what is generated, and compiles it with the author's package.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::generate::{self, Generated};
use super::{find, module, told};
use crate::build::Job;
use crate::{Error, component};

/// Writes bindings, glue and SDK into `gen`.
pub(crate) fn generate(job: &Job) -> Result<(), Error> {
    job.world.refuse_exports(job.source)?;
    job.world.refuse_strangers(job.source)?;
    crate::generated::write(&job.source.generated(), generated(job)?.files)
}

/// The component of a step.
pub(crate) fn build(job: &Job) -> Result<Vec<u8>, Error> {
    let go = find::find(job)?;
    let stage = job.stage("go")?;
    let module = stage.folder.join("step.wasm");
    let output = compile(job, &go, &module)?;
    if !output.status.success() {
        let told = told::told(job, &generated(job)?, &String::from_utf8_lossy(&output.stderr));
        return Err(Error::Code { step: job.source.name.clone(), told });
    }
    let core = fs::read(&module).map_err(Error::file(&module))?;
    let core = component::with_world(job.world, &job.source.name, core)?;
    component::encode_with_wasi(&job.source.name, &core)
}

fn generated(job: &Job) -> Result<Generated, Error> {
    let path = module::path(job.source)?;
    let wrong = |why: String| Error::Wit { step: job.source.name.clone(), why };
    generate::generate(&job.world.resolve, job.world.id, &path).map_err(wrong)
}

/// Paths of this machine, names of symbols and the state of a repository stay out of the module. Modules that the
/// author requires come from wherever his own settings say; another Go than this one does not.
fn compile(job: &Job, go: &Path, module: &Path) -> Result<Output, Error> {
    let mut command = Command::new(go);
    command.args(["build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-gcflags=-e"]);
    command.arg("-ldflags=-s -w -checklinkname=0");
    command.arg("-o").arg(module).arg("./gen/main").current_dir(&job.source.folder);
    command.envs([("GOOS", "wasip1"), ("GOARCH", "wasm"), ("CGO_ENABLED", "0"), ("GOTOOLCHAIN", "local")]);
    if go.is_absolute() {
        // One that was fetched finds its own.
        command.env_remove("GOROOT");
    }
    let has = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !["GOCACHE", "XDG_CACHE_HOME", "HOME", "LocalAppData"].into_iter().any(has) {
        command.env("GOCACHE", job.toolchain.target_dir.join("go/cache"));
    }
    command.output().map_err(|error| Error::Start { program: go.display().to_string(), error })
}
