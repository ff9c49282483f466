//! What people are told, all of it on stderr but results: stdout carries those and nothing else.
//! Text that comes from a guest is inert before it is printed.

mod allow;
pub(crate) mod approval;
pub(crate) mod case;
pub(crate) mod difference;
mod effect;
mod indented;
pub(crate) mod known;
mod lines;
mod progress;
pub(crate) mod question;
pub(crate) mod row;
pub(crate) mod standing;
mod stories;
mod story;

pub(crate) use allow::GrantFiles;
pub(crate) use lines::{Line, Lines};
pub(crate) use progress::Reporter;
pub(crate) use standing::{Tale, standing};
pub(crate) use stories::Stories;
pub(crate) use story::ending;

use std::io::{self, Write};

use lockstep_core::event::Timestamp;
use lockstep_core::run::RunId;

use crate::inert;

/// Prints a result, inert whatever it says. A reader that went away is no error of ours.
pub(crate) fn out(text: &str) -> io::Result<()> {
    let text = &*inert::output(text);
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| match text.ends_with('\n') {
        true => Ok(()),
        false => stdout.write_all(b"\n"),
    });
    match written.and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Prints an error with its causes, each line after `error: `.
pub(crate) fn error(error: &anyhow::Error) {
    for line in format!("{error:#}").lines() {
        to_stderr(&format!("error: {line}"));
    }
}

/// Prints warnings, a line each.
pub(crate) fn warnings(lines: &[String]) {
    lines.iter().for_each(|line| to_stderr(&format!("warning: {line}")));
}

/// Prints a line of what is going on.
pub(crate) fn progress(line: &str) {
    to_stderr(line);
}

/// A word as a shell reads it.
pub(crate) fn word(text: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "/._-+:=@".contains(char);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// A time as people read it: RFC 3339, in UTC.
pub(crate) fn when(at: Timestamp) -> String {
    let millis = i64::try_from(at.0).ok();
    let known = millis.and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
    known.map_or_else(|| "the end of time".to_owned(), |at| format!("{at:.0}"))
}

/// As much of a run's id as people need: it names the run wherever an id is taken.
pub(crate) fn short(run: &RunId) -> &str {
    run.as_str().get(..12).unwrap_or(run.as_str())
}

/// A closed stderr must not end the program.
fn to_stderr(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
