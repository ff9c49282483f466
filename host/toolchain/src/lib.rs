//! Builds steps: source folders go in, component bytes come out, in any of its [languages](Language).
//!
//! A [`Toolchain`] finds for each source how this machine builds its language, and says what to install where it
//! cannot. Cargo makes Rust's core modules, one invocation per workspace; for other languages the world is read
//! from the step's WIT, bindings and glue are [generated](Toolchain::generate) beside the code, and the language's
//! own compiler is run. Whatever comes out as a core module is made a component in this process, so that authors
//! need no tool of WebAssembly. What goes on is told to a callback. It knows contracts, and nothing else of the
//! host: no workflows, no wasmtime.
//!
//! ```no_run
//! use lockstep_toolchain::{Install, Toolchain};
//! use std::path::Path;
//!
//! # fn main() -> Result<(), lockstep_toolchain::Error> {
//! let progress = |line: &str| eprintln!("{line}");
//! let toolchain = Toolchain {
//!     cache: Path::new("target/cache").into(),
//!     target_dir: Path::new("target/guests").into(),
//!     install: Install::Never,
//! };
//! let sources = ["plugins/refunds/steps/assess".into()];
//! for built in toolchain.build(&sources, &progress)? {
//!     println!("{}: {} bytes", built.name, built.component.len());
//! }
//! # Ok(())
//! # }
//! ```

mod apt;
mod build;
mod built;
mod c;
mod component;
mod digest;
mod embedded;
mod error;
mod generated;
mod go;
mod imports;
mod js;
mod language;
mod left_behind;
mod new;
mod process;
mod python;
mod rust;
mod source;
mod starter;
mod text;
mod tools;
mod world;
mod zig;

pub use built::{Built, is_stale};
pub use error::Error;
pub use language::Language;
pub use new::{Home, Made, NewStep, Template, Use, is_name};
pub use rust::TARGET;
pub use source::{GENERATED, MANIFEST, Source, language};
pub use starter::File;
pub use text::{STEP_WIT, from_text, resolve};
pub use world::World;

use std::path::PathBuf;

/// Who hears what is going on: one short line at a time, lower case, for people.
pub type Progress<'a> = &'a (dyn Fn(&str) + Sync);

/// Whether missing tools may be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Install {
    /// Packages of Debian with apt-get, which needs root; those of PyPI and npm into the cache.
    Allowed,
    /// What is missing is an error that says what to do.
    Never,
}

/// How steps are built on this machine.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// Where tools and standard libraries lie that are installed once for all projects.
    pub cache: PathBuf,
    /// Where compilers leave what they can use again. Keep it apart from the host's own, since the compilers
    /// may differ.
    pub target_dir: PathBuf,
    /// What becomes of missing tools.
    pub install: Install,
}

impl Toolchain {
    /// Builds the steps in `sources` and makes a component of each, in the order given.
    pub fn build(&self, sources: &[PathBuf], progress: Progress) -> Result<Vec<Built>, Error> {
        // Before anything is built: what changes meanwhile may be in the component or not.
        let made_of: Vec<_> = sources.iter().map(|source| digest::digest(source)).collect();
        let built = build::build(self, sources, progress)?;
        Ok(built.into_iter().zip(made_of).map(|(built, made_of)| Built { made_of, ..built }).collect())
    }

    /// Writes what a source's editor and plain tests need of its world into its folder `gen`: bindings, glue and
    /// the SDK of its language. `build` does so by itself; Rust needs none of it.
    pub fn generate(&self, source: &Source, progress: Progress) -> Result<(), Error> {
        build::generate(self, source, &World::read(source)?, progress)
    }
}

/// Where this user's programs keep what can be made again: `$XDG_CACHE_HOME/lockstep`, else
/// `~/.cache/lockstep`; none without a home.
pub fn user_cache() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let caches = named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache")))?;
    Some(caches.join("lockstep"))
}
