//! What pages tell a reader to type, typed: their blocks, and a shell to run them in.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::project::{Ended, ended};

/// The folder of this repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The blocks of a kind.
pub(crate) fn blocks<'t>(text: &'t str, kind: &str) -> Vec<&'t str> {
    let begin = format!("```{kind}\n");
    text.split(begin.as_str()).skip(1).map(|block| block.split("```").next().unwrap()).collect()
}

/// Runs commands in one shell, in a folder, with a new home and the program on its path.
pub(crate) fn in_a_shell(home: &Path, folder: &Path, commands: &str) -> Ended {
    let program = Path::new(env!("CARGO_BIN_EXE_lockstep")).parent().unwrap();
    let target = program.parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.args(["-e", "-o", "pipefail", "-c", commands]).current_dir(folder);
    // The home is a new one, what compilers keep is not.
    let cache = std::env::var("XDG_CACHE_HOME");
    let cache = cache.unwrap_or_else(|_| format!("{}/.cache", std::env::var("HOME").unwrap()));
    let cargo =
        std::env::var("CARGO_HOME").unwrap_or_else(|_| format!("{}/.cargo", std::env::var("HOME").unwrap()));
    let rustup = std::env::var("RUSTUP_HOME")
        .unwrap_or_else(|_| format!("{}/.rustup", std::env::var("HOME").unwrap()));
    shell.envs([("XDG_CACHE_HOME", cache), ("CARGO_HOME", cargo), ("RUSTUP_HOME", rustup), ("PATH", path)]);
    shell.env("HOME", home).env("LOCKSTEP_TARGET_DIR", target.join("guests"));
    ended(shell.output().unwrap())
}
