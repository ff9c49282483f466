//! `cargo xtask test`: everything that must hold, on a fresh machine and on a developer's.

use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::servers::{self, is_there};
use crate::stage::{Stages, say, sh, target};
use crate::{engine, fuzz, guests};

/// How much of what could go on for ever is done.
#[derive(Clone, Copy)]
pub(crate) enum Size {
    /// What a developer waits for.
    Quick,
    /// What the gate does.
    Gate,
}

/// All stages, the quick ones first.
pub(crate) fn run(size: Size) -> Result<()> {
    let fuzzing = match size {
        Size::Quick => "12",
        Size::Gate => "60",
    };
    say("Lockstep's tests: format, lints, the steps' components, documentation, all tests of host,\n\
         SDK and plugins. Cold this takes about twenty-five minutes on two cores.");
    let mut stages = Stages::default();
    stages.run("format", format)?;
    stages.run("build the steps", guests::build)?;
    stages
        .run("lints", || sh(".", "cargo clippy --locked --quiet --workspace --all-targets -- -D warnings"))?;
    stages.run("documentation", documentation)?;
    stages.run("plugins and SDK: lints", || guest_side("clippy", "--all-targets", " -- -D warnings"))?;
    stages.run("plugins and SDK: tests", || guest_side("test", "", ""))?;
    stages.run("a registry for tests", registry)?;
    stages.run("servers of tools for tests", servers::install)?;
    stages.run("tests", tests)?;
    stages.run("kills under load", || crash(&["--kills", "20"]))?;
    stages.run("strangers' input, replayed and changed", || fuzz::replay(fuzzing))?;
    stages.run("licences and bans", deny)?;
    stages.run("the line of wasmtime", engine::check)?;
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

/// Components are fetched from a real registry in tests; Debian packages one. Installing it needs root.
fn registry() -> Result<()> {
    if is_there("docker-registry", "--version") {
        return Ok(());
    }
    if !is_there("apt-get", "--version") {
        bail!(
            "tests fetch components from a real registry: install `docker-registry` (Distribution) and `openssl`"
        );
    }
    sh(".", "apt-get update -q")?;
    sh(
        ".",
        "env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends docker-registry openssl",
    )
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

/// What cargo-deny says where it is installed; what it would say of licences and bans is among the tests
/// anyway.
fn deny() -> Result<()> {
    match is_there("cargo-deny", "--version") {
        true => sh(".", "cargo deny --offline check bans licenses sources"),
        false => {
            say("cargo-deny is not installed; the tests have held deny.toml against the tree");
            Ok(())
        }
    }
}

fn documentation() -> Result<()> {
    sh(
        ".",
        "env RUSTDOCFLAGS=-Dwarnings cargo doc --locked --quiet --workspace --no-deps --document-private-items",
    )
}
