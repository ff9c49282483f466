//! `cargo xtask test`: everything that must hold, on a fresh machine and on a developer's.

use std::process::{Command, Stdio};

use anyhow::Result;

use crate::guests;
use crate::stage::{Stages, say, sh};

/// All stages, the quick ones first.
pub(crate) fn run() -> Result<()> {
    say("Lockstep's tests: format, lints, the steps' components, documentation, all tests of host,\n\
         SDK and plugins. Cold this takes about a quarter of an hour on two cores.");
    let mut stages = Stages::default();
    stages.run("format", format)?;
    stages.run("build the steps", guests::build)?;
    stages
        .run("lints", || sh(".", "cargo clippy --locked --quiet --workspace --all-targets -- -D warnings"))?;
    stages.run("tests", tests)?;
    stages.run("documentation", documentation)?;
    stages.run("plugins and SDK: lints", || {
        sh("plugins", "cargo clippy --locked --quiet --workspace --all-targets --target-dir ../target/plugins -- -D warnings")
    })?;
    stages.run("plugins and SDK: tests", || {
        sh("plugins", "cargo test --locked --quiet --workspace --target-dir ../target/plugins")
    })?;
    stages.report();
    say("\ntest: ok: every stage passed");
    Ok(())
}

fn format() -> Result<()> {
    sh(".", "cargo fmt --all --check")?;
    sh("plugins", "cargo fmt --all --check")
}

/// nextest where it is installed, else cargo's own runner; doc tests by the latter in any case.
fn tests() -> Result<()> {
    match has_nextest() {
        true => sh(".", "cargo nextest run --locked --workspace --no-fail-fast")?,
        false => sh(".", "cargo test --locked --workspace --no-fail-fast --lib --bins --tests")?,
    }
    sh(".", "cargo test --locked --quiet --workspace --doc")
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
