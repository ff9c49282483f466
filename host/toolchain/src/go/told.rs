//! What the compiler said, in the author's terms: by file and line of his code, and by the handlers of his world
//! where the code around them did not fit.

use std::fs;
use std::path::Path;

use super::generate::{Generated, HANDLERS};
use super::sdk;
use super::signature::Signature;
use crate::build::Job;

/// A line of the compiler's: `./step.go:7:2: undefined: cents`.
struct Complaint<'a> {
    path: &'a str,
    line: usize,
    /// `7:2`, or `7`.
    place: &'a str,
    message: &'a str,
}

/// All that the compiler said.
pub(super) fn told(job: &Job, generated: &Generated, stderr: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut is_told_otherwise = false;
    for line in stderr.lines().filter(|line| !line.starts_with("# ")) {
        let Some(complaint) = read(line) else {
            // What goes on with a line that is told otherwise says nothing that would help.
            is_told_otherwise &= line.starts_with('\t');
            if !is_told_otherwise {
                lines.push(line.to_owned());
            }
            continue;
        };
        let otherwise = match complaint.path.ends_with(HANDLERS) {
            true => Some(handler(job, generated, &complaint)),
            false => lacking(job, &complaint),
        };
        is_told_otherwise = otherwise.is_some();
        lines.push(otherwise.unwrap_or_else(|| place_of(job, &complaint) + complaint.message));
    }
    lines.join("\n")
}

fn read(line: &str) -> Option<Complaint<'_>> {
    let (path, rest) = line.split_once(".go:")?;
    let path = &line[..path.len() + 3];
    let (place, message) = rest.split_once(": ")?;
    let number = place.split(':').next()?.parse().ok()?;
    Some(Complaint { path: path.trim_start_matches("./"), line: number, place, message })
}

/// About something of the SDK that the world does not import.
fn lacking(job: &Job, complaint: &Complaint) -> Option<String> {
    let interface = unimported(complaint.message)?;
    Some(place_of(job, complaint) + &job.world.lacks(interface))
}

/// Where in the author's code.
fn place_of(job: &Job, complaint: &Complaint) -> String {
    format!("{}:{}: ", job.source.folder.join(complaint.path).display(), complaint.place)
}

/// The interface that something of the SDK needs which is not there.
fn unimported(message: &str) -> Option<&str> {
    if let Some(name) = message.strip_prefix("undefined: lockstep.") {
        let levels = ["Trace", "Debug", "Info", "Warn", "Error"];
        return levels.contains(&name.trim_end_matches('f')).then_some("log");
    }
    let (_, after) = message.split_once("/gen/lockstep/")?;
    let name = after.split([' ', ';']).next()?;
    sdk::package(name).filter(|_| message.contains("package "))
}

/// About a handler that is not there, or not what the world declares.
fn handler(job: &Job, generated: &Generated, complaint: &Complaint) -> String {
    let main = job.source.main.display();
    let text = generated.files.get(Path::new(HANDLERS)).map(String::as_str).unwrap_or_default();
    let line = text.lines().nth(complaint.line.saturating_sub(1)).unwrap_or_default();
    let signature = generated.handlers.iter().find(|one| line.ends_with(&format!(" = step.{}", one.name)));
    let Some(signature) = signature else {
        return match complaint.message.contains("is a program") {
            true => {
                format!("{main}: its package is `main`; call it `step`, since the host calls its handlers")
            }
            false => format!("{main}: {}", complaint.message),
        };
    };
    match place(job, signature) {
        Some(place) => format!(
            "{place}: `{}` is not what world `{}` declares; write `{}`{}",
            signature.name,
            job.world.name(),
            signature.written(),
            found(complaint.message),
        ),
        None => format!(
            "{main}: the handler `{}` of world `{}` is missing; write `{}`",
            signature.name,
            job.world.name(),
            signature.written()
        ),
    }
}

/// What the compiler found in the place of what is wanted.
fn found(message: &str) -> String {
    let found = message.split_once("of type ").and_then(|(_, rest)| rest.split_once(") as "));
    found.map(|(found, _)| format!(" instead of `{found}`")).unwrap_or_default()
}

/// Where the author has written a function of that name.
fn place(job: &Job, signature: &Signature) -> Option<String> {
    let folder = job.source.main.parent()?;
    let begins = [format!("func {}(", signature.name), format!("func {}[", signature.name)];
    let is_it = |line: &str| begins.iter().any(|begin| line.starts_with(begin));
    let mut files: Vec<_> = folder.read_dir().ok()?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "go")).find_map(|path| {
        let at = fs::read_to_string(path).ok()?.lines().position(is_it)?;
        Some(format!("{}:{}", path.display(), at + 1))
    })
}
