//! What the program takes from its environment, read once.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use lockstep_sandbox::{ChildCompiler, Compiler};
use tracing_subscriber::EnvFilter;

use crate::cli::COMPILE_COMPONENT;
use crate::inert::inert;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Where compiled components are kept: `LOCKSTEP_CACHE` (`off`: nowhere), else in the user's cache
/// folder; without a home, nowhere.
pub(crate) fn cache() -> Option<PathBuf> {
    match std::env::var_os("LOCKSTEP_CACHE").filter(|value| !value.is_empty()) {
        Some(off) if off == "off" => None,
        Some(folder) => Some(folder.into()),
        None => Some(lockstep_toolchain::user_cache()?.join("compiled")),
    }
}

/// Where components from registries are kept: within that folder.
pub(crate) fn components() -> Option<PathBuf> {
    cache().map(|folder| folder.join("components"))
}

/// Whether what is printed may have colours: on a terminal, unless `NO_COLOR` says no.
pub(crate) fn has_colours() -> bool {
    let is_off = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !is_off && std::io::stdout().is_terminal()
}

/// What compiles components that were not built here: this program itself, in a child process.
pub(crate) fn compiler() -> io::Result<Compiler> {
    let program = std::env::current_exe()?;
    Ok(Compiler::Child(ChildCompiler::new(program, vec![COMPILE_COMPONENT.into()])))
}

/// Where attempts get folders of their own: where this machine keeps what nobody keeps. What is there of
/// processes that were killed is removed, unless an attempt of today could still need it.
pub(crate) fn swept_scratch() -> PathBuf {
    let folder = std::env::temp_dir();
    if let Some(before) = SystemTime::now().checked_sub(DAY) {
        lockstep_sandbox::sweep_scratch(&folder, before);
    }
    folder
}

/// Who sits at this terminal, as the system says.
pub(crate) fn user() -> Option<String> {
    std::env::var("USER").ok().filter(|name| !name.is_empty())
}

/// Where the tools that steps are built with are kept.
pub(crate) fn tools() -> PathBuf {
    lockstep_toolchain::user_cache().unwrap_or_else(|| "target".into())
}

/// The host's own log goes to stderr: warnings, or what `LOCKSTEP_LOG` asks for
/// (`LOCKSTEP_LOG=debug`). Each entry is one inert line, whatever a guest had to do with its words.
pub(crate) fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("LOCKSTEP_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    // The SDK logs what servers of tools send, secrets that they give out too; lockstep_mcp says what matters.
    let filter = filter.add_directive("rmcp=off".parse().expect("a target and a level"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| Inert(io::stderr()));
    log.with_target(false).without_time().with_ansi(false).init();
}

/// Writes each entry that it is given as one inert line.
struct Inert<W>(W);

impl<W: Write> Write for Inert<W> {
    fn write(&mut self, entry: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(entry);
        writeln!(self.0, "{}", inert(text.strip_suffix('\n').unwrap_or(&text)))?;
        Ok(entry.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_of_the_log_is_one_line_and_inert() {
        let mut log = Vec::new();
        Inert(&mut log).write_all("WARN said=\u{1b}[2J\u{202e}x\nERROR forged\n".as_bytes()).unwrap();
        assert_eq!(String::from_utf8(log).unwrap(), "WARN said=\\u{1b}[2J\\u{202e}x\\nERROR forged\n");
    }
}
