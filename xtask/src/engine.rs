//! The engine's line: one that its makers still mend, and its newest mend.

use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use crate::stage::{root, say};

/// The major version that Cargo.toml names.
const LINE: &str = "48";
/// When its makers end to mend it, in seconds since 1970: two years after 2026-08-20, as for each of their
/// long-term lines.
const ENDS: u64 = 1_850_342_400;
/// Long enough before that to move on in peace.
const NOTICE: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Fails when the line is about to end; tells of a newer mend, where the registry can be asked.
pub(crate) fn check() -> Result<()> {
    let locked = std::fs::read_to_string(root().join("Cargo.lock"))?;
    let version =
        locked.split("name = \"wasmtime\"\nversion = \"").nth(1).and_then(|rest| rest.split('"').next());
    let version = version.context("wasmtime stands in Cargo.lock")?;
    if !version.starts_with(&format!("{LINE}.")) {
        bail!("wasmtime is {version}; write its line and the line's end into xtask/src/engine.rs");
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    if now + NOTICE > Duration::from_secs(ENDS) {
        bail!("wasmtime {LINE} is about to be mended no more; move on to the next long-term line");
    }
    let mut asked = Command::new("cargo");
    asked.args(["update", "--dry-run", "--package", "wasmtime"]).current_dir(root());
    let told = asked.output().map(|output| String::from_utf8_lossy(&output.stderr).into_owned())?;
    match told.lines().find(|line| line.contains("Updating wasmtime v") && line.contains("->")) {
        Some(newer) => say(&format!("warning: {}: take it with `cargo update -p wasmtime`", newer.trim())),
        None => say(&format!("wasmtime {version}: the newest of its line that is known here")),
    }
    Ok(())
}
