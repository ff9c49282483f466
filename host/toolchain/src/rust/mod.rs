//! Rust: cargo makes core modules for [`TARGET`], with whatever compiler of this machine can.

mod attribute;
mod build;
mod debian;
mod find;
mod members;
mod names;
mod starter;
mod sysroot;
mod workspace;

pub(crate) use attribute::attribute;
pub(crate) use build::build;
pub(crate) use debian::PACKAGES;
pub(crate) use starter::{sdk, starter};
pub(crate) use workspace::{SDK, alone, join, keep_out, package};

use std::path::PathBuf;

/// The target that Rust steps are compiled for: it has no system interface, so a step reaches
/// nothing but its imports.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// One way of compiling for [`TARGET`], found on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Compiler {
    /// The compiler, if it is another than the one cargo would take.
    rustc: Option<PathBuf>,
    /// Compiler flags for step code; never for build scripts and macros.
    flags: Vec<String>,
}
