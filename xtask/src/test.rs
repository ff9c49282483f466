//! `cargo xtask test`: everything that must hold, on a fresh machine and on a developer's.

use std::process::{Command, Stdio};

use anyhow::Result;

use crate::guests;
use crate::stage::{Stages, say, sh, target};

/// All stages, the quick ones first.
pub(crate) fn run() -> Result<()> {
    say("Lockstep's tests: format, lints, the steps' components, documentation, all tests of host,\n\
         SDK and plugins. Cold this takes about a quarter of an hour on two cores.");
    let mut stages = Stages::default();
    stages.run("format", format)?;
    stages.run("build the steps", guests::build)?;
    stages
        .run("lints", || sh(".", "cargo clippy --locked --quiet --workspace --all-targets -- -D warnings"))?;
    stages.run("documentation", documentation)?;
    stages.run("plugins and SDK: lints", || guest_side("clippy", "--all-targets", " -- -D warnings"))?;
    stages.run("plugins and SDK: tests", || guest_side("test", "", ""))?;
    stages.run("tests", tests)?;
    stages.run("kills under load", || crash(&["--kills", "20"]))?;
    stages.report();
    say("\ntest: ok: every stage passed");
    Ok(())
}

fn format() -> Result<()> {
    [".", "plugins", "guest-sdk/rust"].iter().try_for_each(|folder| sh(folder, "cargo fmt --all --check"))
}

/// A cargo command for the workspaces of the guest side, compiled for this machine.
fn guest_side(command: &str, what: &str, rest: &str) -> Result<()> {
    let target = target().join("plugins").display().to_string();
    for folder in ["plugins", "guest-sdk/rust"] {
        let line = format!("cargo {command} --locked --quiet --workspace {what} --target-dir {target}{rest}");
        sh(folder, &line.replace("  ", " "))?;
    }
    Ok(())
}

/// nextest where it is installed, else cargo's own runner; doc tests by the latter in any case, and
/// first, so that the last lines sum up the most.
fn tests() -> Result<()> {
    sh(".", "cargo test --locked --quiet --workspace --doc")?;
    match has_nextest() {
        true => sh(".", "cargo nextest run --locked --workspace --no-fail-fast"),
        false => sh(".", "cargo test --locked --workspace --no-fail-fast --lib --bins --tests"),
    }
}

/// Kills a host under load; without arguments, 200 times. Built as the tests are, so that what they
/// share is not built again.
pub(crate) fn crash(arguments: &[&str]) -> Result<()> {
    sh(".", "cargo build --locked --quiet --workspace --bin lockstep-crash")?;
    let program = target().join("debug/lockstep-crash").display().to_string();
    sh(".", [&[program.as_str()], arguments].concat().join(" ").as_str())
}

fn has_nextest() -> bool {
    let mut asked = Command::new("cargo");
    asked.args(["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}

fn documentation() -> Result<()> {
    sh(
        ".",
        "env RUSTDOCFLAGS=-Dwarnings cargo doc --locked --quiet --workspace --no-deps --document-private-items",
    )
}
