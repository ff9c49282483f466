//! Builds steps written in Rust: source folders go in, component bytes come out.
//!
//! [`Toolchain::find`] decides once how this machine compiles for [`TARGET`]; [`Toolchain::build`]
//! lets cargo make the core modules, one invocation per workspace, and turns each into a component
//! in this process. What goes on is told to a callback; only cargo's own diagnostics go to stderr.
//! It knows nothing of the host: no contracts, no workflows, no wasmtime.
//!
//! ```no_run
//! use lockstep_toolchain::{Install, Toolchain};
//! use std::path::Path;
//!
//! # fn main() -> Result<(), lockstep_toolchain::Error> {
//! let progress = |line: &str| eprintln!("{line}");
//! let toolchain = Toolchain::find(Path::new("target/sysroot"), Install::Never, &progress)?;
//! let sources = ["plugins/refunds/steps/assess".into()];
//! for built in toolchain.build(&sources, Path::new("target/guests"), &progress)? {
//!     println!("{}: {} bytes", built.package, built.component.len());
//! }
//! # Ok(())
//! # }
//! ```

mod build;
mod component;
mod debian;
mod error;
mod find;
mod process;
mod sysroot;
mod text;

pub use error::Error;
pub use text::{STEP_WIT, from_text, resolve};

use std::path::{Path, PathBuf};

/// The target that Rust steps are compiled for: it has no system interface, so a step reaches
/// nothing but its imports.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Who hears what is going on: one short line at a time, lower case, for people.
pub type Progress<'a> = &'a dyn Fn(&str);

/// Whether missing system packages may be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Install {
    /// With apt-get, which needs root.
    Allowed,
    /// What is missing is an error that names the packages.
    Never,
}

/// One way of compiling for [`TARGET`], found on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// The compiler, if it is another than the one cargo would take.
    rustc: Option<PathBuf>,
    /// Compiler flags for step code; never for build scripts and macros.
    flags: Vec<String>,
}

/// A step that was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// The folder it was built from, as the caller gave it.
    pub source: PathBuf,
    /// The name of its package.
    pub package: String,
    /// The bytes of its component.
    pub component: Vec<u8>,
}

impl Toolchain {
    /// The first of: the target that rustup installed; the private sysroot under `sysroots`; such a
    /// sysroot, built now (about a minute, once per compiler version) from Debian's packages.
    pub fn find(sysroots: &Path, install: Install, progress: Progress) -> Result<Toolchain, Error> {
        find::find(sysroots, install, progress)
    }

    /// Builds the crates in `sources` and makes a component of each, in the order given. Keep
    /// `target_dir` apart from the host's own, since the compilers may differ.
    pub fn build(
        &self,
        sources: &[PathBuf],
        target_dir: &Path,
        progress: Progress,
    ) -> Result<Vec<Built>, Error> {
        build::build(self, sources, target_dir, progress)
    }
}

/// Where this user's programs keep what can be made again: `$XDG_CACHE_HOME/lockstep`, else
/// `~/.cache/lockstep`; none without a home.
pub fn user_cache() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let caches = named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache")))?;
    Some(caches.join("lockstep"))
}
