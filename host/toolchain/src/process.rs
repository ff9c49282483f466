//! Runs a program to its end: what it wrote, or an error that holds the end of its complaints.

use std::process::{Command, Output};

use crate::Error;

/// As many lines of a failed program's stderr as a person will read.
const TOLD: usize = 12;

/// Stdout of a program that succeeds.
pub(crate) fn output(command: &mut Command) -> Result<String, Error> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| Error::Start { program, error })?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(failed(command, &output)),
    }
}

/// A program that did not succeed.
pub(crate) fn failed(command: &Command, output: &Output) -> Error {
    Error::Failed { command: line(command), told: tail(&output.stderr) }
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn tail(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.trim().lines().collect();
    lines[lines.len().saturating_sub(TOLD)..].join("\n")
}
