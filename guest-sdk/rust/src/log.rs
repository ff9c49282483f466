//! Lines for whoever watches the step, bounded by the step's `log-bytes`.
//!
//! ```
//! let (order, cents) = ("o-17", 4_200);
//! lockstep_sdk::info!("refund {order} asks for {cents} cents");
//! ```

use std::fmt;

pub use crate::host::lockstep::step::log::Level;

/// Writes one line. In tests on the author's own machine it goes to stderr.
pub fn log(level: Level, message: fmt::Arguments) {
    #[cfg(target_arch = "wasm32")]
    crate::host::lockstep::step::log::log(level, &message.to_string());
    #[cfg(not(target_arch = "wasm32"))]
    eprintln!("{level:?}: {message}");
}

/// Logs at level trace, with the arguments of [`format!`].
#[macro_export]
macro_rules! trace {
    ($($argument:tt)*) => { $crate::log::log($crate::log::Level::Trace, format_args!($($argument)*)) };
}

/// Logs at level debug, with the arguments of [`format!`].
#[macro_export]
macro_rules! debug {
    ($($argument:tt)*) => { $crate::log::log($crate::log::Level::Debug, format_args!($($argument)*)) };
}

/// Logs at level info, with the arguments of [`format!`].
#[macro_export]
macro_rules! info {
    ($($argument:tt)*) => { $crate::log::log($crate::log::Level::Info, format_args!($($argument)*)) };
}

/// Logs at level warn, with the arguments of [`format!`].
#[macro_export]
macro_rules! warn {
    ($($argument:tt)*) => { $crate::log::log($crate::log::Level::Warn, format_args!($($argument)*)) };
}

/// Logs at level error, with the arguments of [`format!`].
#[macro_export]
macro_rules! error {
    ($($argument:tt)*) => { $crate::log::log($crate::log::Level::Error, format_args!($($argument)*)) };
}
