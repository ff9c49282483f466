//! A server of tools that does what it should not, as its arguments tell it: over its input and output, or
//! over HTTP with `--http`, where it prints its address first. It speaks just as much of MCP as its tools
//! need, and nothing of the host is in it.
//!
//! `--crash-at-start`, `--hang-at-start`: it is never ready. `--hang-at-list`: it never tells its tools.
//! `--flood`: notices without end from its start. `--pages N`: its list comes in so many parts. `--twice`:
//! it has a tool twice. `--asks`: it asks the client for what that cannot do, and calls of `seen` tell the
//! answers. `--one-call`: it ends after the first call. `--takes NAME`, `--says TEXT`: its tools take this
//! argument, and are described so.

mod http;
mod tools;

use std::io::{self, BufRead, Write};
use std::sync::{Arc, Mutex, PoisonError};

use tools::Server;

fn main() -> io::Result<()> {
    let server = Arc::new(Server::new(std::env::args().skip(1).collect()));
    if server.has("--crash-at-start") {
        complain("cannot start: the disk is full");
        std::process::exit(3);
    }
    if server.has("--http") {
        return http::serve(&server);
    }
    let output: tools::Output = Arc::new(Mutex::new(io::stdout()));
    if server.has("--flood") {
        let output = output.clone();
        std::thread::spawn(move || while write(&output, tools::NOTICE).is_ok() {});
    }
    for line in io::stdin().lock().lines() {
        let line = line?;
        if server.has("--one-call") && line.contains("tools/call") {
            server.take(&line, &output);
            return Ok(());
        }
        let (server, output) = (server.clone(), output.clone());
        std::thread::spawn(move || server.take(&line, &output));
    }
    Ok(())
}

/// Writes a line, whole.
fn write(output: &tools::Output, line: &str) -> io::Result<()> {
    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
    output.write_all(format!("{line}\n").as_bytes())?;
    output.flush()
}

/// Says something on stderr.
fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
