//! Stages: each is announced, timed, and the first that fails ends the whole.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Prints a line; a closed stdout must not end the work.
pub(crate) fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").to_owned()
}

/// Where everything is built.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The stages that were run, and how long each took.
#[derive(Default)]
pub(crate) struct Stages(Vec<(&'static str, Duration)>);

impl Stages {
    /// Does one stage.
    pub(crate) fn run(&mut self, name: &'static str, stage: impl FnOnce() -> Result<()>) -> Result<()> {
        say(&format!("\n== {name}"));
        let begun = Instant::now();
        stage().with_context(|| format!("stage `{name}` failed"))?;
        self.0.push((name, begun.elapsed()));
        Ok(())
    }

    /// Prints the seconds of each stage.
    pub(crate) fn report(&self) {
        say("\nseconds per stage");
        for (name, took) in &self.0 {
            say(&format!("  {:>6.1}  {name}", took.as_secs_f64()));
        }
        let all: Duration = self.0.iter().map(|(_, took)| *took).sum();
        say(&format!("  {:>6.1}  in all", all.as_secs_f64()));
    }
}

/// Runs a command line in a folder of the workspace; its words are split at spaces.
pub(crate) fn sh(folder: &str, line: &str) -> Result<()> {
    say(&format!("$ {line}{}", if folder == "." { String::new() } else { format!("    (in {folder})") }));
    let words: Vec<&str> = line.split(' ').collect();
    run(Command::new(words[0]).args(&words[1..]).current_dir(root().join(folder)))
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("`{}` could not be started", typed(command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", typed(command));
    }
    Ok(())
}

/// A command as people type it.
fn typed(command: &Command) -> String {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
