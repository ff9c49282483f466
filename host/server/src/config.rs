//! What the program takes from its environment, read once.

use std::path::PathBuf;

use tracing_subscriber::EnvFilter;

/// Where compiled components are kept: `LOCKSTEP_CACHE` (`off`: nowhere), else in the user's cache
/// folder; without a home, nowhere.
pub(crate) fn cache() -> Option<PathBuf> {
    match std::env::var_os("LOCKSTEP_CACHE").filter(|value| !value.is_empty()) {
        Some(off) if off == "off" => None,
        Some(folder) => Some(folder.into()),
        None => Some(lockstep_toolchain::user_cache()?.join("compiled")),
    }
}

/// Who sits at this terminal, as the system says.
pub(crate) fn user() -> Option<String> {
    std::env::var("USER").ok().filter(|name| !name.is_empty())
}

/// Where compilers of steps keep what they are built with.
pub(crate) fn sysroots() -> PathBuf {
    lockstep_toolchain::user_cache().unwrap_or_else(|| "target".into()).join("sysroot")
}

/// The host's own log goes to stderr: warnings, or what `LOCKSTEP_LOG` asks for
/// (`LOCKSTEP_LOG=debug`).
pub(crate) fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("LOCKSTEP_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    log.with_target(false).without_time().init();
}
