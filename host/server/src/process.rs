//! What this process has used, as the system says. Where the system does not say, there is no figure.

use std::time::Duration;

/// Time that all its threads have computed.
#[cfg(unix)]
pub(crate) fn cpu() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).ok()
}

/// Time that all its threads have computed.
#[cfg(not(unix))]
pub(crate) fn cpu() -> Option<Duration> {
    None
}

/// The most memory that it had in use at once.
pub(crate) fn peak_rss_mib() -> Option<f64> {
    status("VmHWM:")
}

/// The memory that it has in use.
pub(crate) fn rss_mib() -> Option<f64> {
    status("VmRSS:")
}

/// A line of Linux's account of this process, which is in kibibytes.
fn status(key: &str) -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some((kib / 1024.0 * 10.0).round() / 10.0)
}
