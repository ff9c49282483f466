//! The Zig compiler, which compiles C too: the one on the path if it is of the right release, else PyPI's.

use std::path::PathBuf;
use std::process::Command;

use crate::build::Job;
use crate::tools::{For, Packages, Registry};
use crate::{Error, process};

/// The release that steps are written for, up to its patch.
const RELEASE: &str = "0.17.";

const PACKAGES: Packages = Packages {
    name: "zig",
    what: "zig 0.17",
    size: "101 MB",
    registry: Registry::Python { requirements: include_str!("requirements.txt") },
};

/// A Zig compiler, and where it keeps what it has compiled.
pub(crate) struct Zig {
    program: PathBuf,
    /// Its libraries, compiled once for all projects.
    libraries: PathBuf,
    /// What belongs to this one.
    own: PathBuf,
}

impl Zig {
    /// A command of it: `cc`, `build-exe`.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(name).env("ZIG_GLOBAL_CACHE_DIR", &self.libraries).env("ZIG_LOCAL_CACHE_DIR", &self.own);
        command
    }
}

/// The compiler of this machine; where there is none, installed now or an error that says how.
pub(crate) fn find(job: &Job) -> Result<Zig, Error> {
    let (cache, install) = (&job.toolchain.cache, job.toolchain.install);
    let program = match is_on_path() {
        true => PathBuf::from("zig"),
        false => {
            let who = For { step: &job.source.name, language: job.source.language.title() };
            let folder = PACKAGES.ensure(cache, install, &who, job.progress)?;
            folder.join("packages/ziglang").join(format!("zig{}", std::env::consts::EXE_SUFFIX))
        }
    };
    Ok(Zig { program, libraries: cache.join("zig"), own: job.toolchain.target_dir.join("zig") })
}

fn is_on_path() -> bool {
    process::output(Command::new("zig").arg("version")).is_ok_and(|told| told.starts_with(RELEASE))
}
