//! The reference servers of MCP, which tests and the demo speak with: programs for Node, installed once for each
//! lockfile.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::stage::{root, sh};

/// What to do where it cannot be done for the user.
const NODE: &str =
    "the reference servers of MCP are programs for Node: install Node 20 or newer, and npm with it";

/// Where they are installed.
fn folder() -> PathBuf {
    root().join("tests/mcp")
}

/// Installs them if they are not there as the lockfile has them. No script of theirs is run for it.
pub(crate) fn install() -> Result<()> {
    node()?;
    let modified =
        |path: &str| std::fs::metadata(folder().join(path)).and_then(|about| about.modified()).ok();
    let (installed, locked) = (modified("node_modules/.package-lock.json"), modified("package-lock.json"));
    match installed.is_some() && installed >= locked {
        true => Ok(()),
        false => sh("tests/mcp", "npm ci --ignore-scripts --no-audit --no-fund")
            .context("the reference servers of MCP come from npm's registry"),
    }
}

/// Debian packages Node; installing it needs root.
fn node() -> Result<()> {
    if is_there("node", "--version") && is_there("npm", "--version") {
        return Ok(());
    }
    if !is_there("apt-get", "--version") {
        bail!("{NODE}");
    }
    let install =
        "env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends nodejs npm";
    sh(".", "apt-get update -q").and_then(|()| sh(".", install)).context(NODE)
}

/// Whether a program can be started.
pub(crate) fn is_there(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}
