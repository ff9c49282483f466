//! Writes what is generated, and compiles it with the author's package.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sha2::{Digest, Sha256};

use super::generate::{self, Generated};
use super::{find, module, told};
use crate::build::Job;
use crate::{Error, component};

/// The folders of what is generated: whatever else they hold was generated for another world.
const FOLDERS: [&str; 4] = ["events", "internal", "lockstep", "main"];

/// Writes bindings, glue and SDK into `gen`.
pub(crate) fn generate(job: &Job) -> Result<(), Error> {
    job.world.refuse_exports(job.source)?;
    job.world.refuse_strangers(job.source)?;
    let generated = generated(job)?;
    let folder = job.source.generated();
    FOLDERS.iter().try_for_each(|name| clear(&folder.join(name), &folder, &generated.files))?;
    generated.files.iter().try_for_each(|(path, text)| write(&folder.join(path), text))
}

/// The component of a step.
pub(crate) fn build(job: &Job) -> Result<Vec<u8>, Error> {
    let go = find::find(job)?;
    let module = module_of(job)?;
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

/// Only what has changed is written, so that nothing looks newer than it is.
fn write(path: &Path, text: &str) -> Result<(), Error> {
    if fs::read_to_string(path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).and_then(|()| fs::write(path, text)).map_err(Error::file(path))
}

/// Takes away what is not generated any more: a package of the SDK that the world has ceased to import.
fn clear(folder: &Path, root: &Path, files: &BTreeMap<PathBuf, String>) -> Result<(), Error> {
    let Ok(entries) = folder.read_dir() else { return Ok(()) };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            clear(&path, root, files)?;
        } else if !path.strip_prefix(root).is_ok_and(|name| files.contains_key(name)) {
            fs::remove_file(&path).map_err(Error::file(&path))?;
        }
    }
    Ok(())
}

/// Where the compiler puts the module: one file for each folder of a step.
fn module_of(job: &Job) -> Result<PathBuf, Error> {
    let source = std::path::absolute(&job.source.folder).map_err(Error::file(&job.source.folder))?;
    let digest = Sha256::digest(source.as_os_str().as_encoded_bytes());
    let key: String = digest[..6].iter().map(|byte| format!("{byte:02x}")).collect();
    let folder = job.toolchain.target_dir.join("go");
    fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    Ok(folder.join(format!("{}-{key}.wasm", job.source.name)))
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
    command.output().map_err(|source| Error::Start { program: go.display().to_string(), source })
}
