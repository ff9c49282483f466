//! Debian's packages: installed by apt-get, which needs root.

use std::process::Command;

use crate::{Error, Progress, process};

/// Installs packages; the caller must be root.
pub(crate) fn install(packages: &[&str], progress: Progress) -> Result<(), Error> {
    progress(&format!("installing {}", packages.join(", ")));
    run(&["update", "-q"])?;
    run(&[&["install", "-q", "-y", "--no-install-recommends"], packages].concat())
}

/// Whether this machine has it at all.
pub(crate) fn is_there() -> bool {
    process::output(Command::new("apt-get").arg("--version")).is_ok()
}

/// The command that a person types for these packages.
pub(crate) fn line(packages: &[&str]) -> String {
    format!("apt-get install -y --no-install-recommends {}", packages.join(" "))
}

fn run(arguments: &[&str]) -> Result<(), Error> {
    let mut command = Command::new("apt-get");
    process::output(command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive")).map(drop)
}
