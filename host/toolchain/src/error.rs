//! What can go wrong between a source folder and a component.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a step could not be built.
#[derive(Debug, Error)]
pub enum Error {
    /// There is no way to compile for the target.
    #[error(
        "no Rust compiler for {target} was found; run `rustup target add {target}`, or on Debian as root \
         `apt-get install -y --no-install-recommends {packages}`",
        target = crate::TARGET,
        packages = crate::debian::PACKAGES.join(" ")
    )]
    NoCompiler,
    /// A program is missing.
    #[error("`{program}` could not be started: {source}; install it or put it on the path")]
    Start {
        /// Its name.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// A program failed.
    #[error("`{command}` failed: {told}")]
    Failed {
        /// As it was called.
        command: String,
        /// The end of what it wrote to stderr.
        told: String,
    },
    /// A file or folder cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A source folder holds no crate.
    #[error("{0} holds no Cargo.toml; let `source` name the folder of the step's crate")]
    NotACrate(PathBuf),
    /// Cargo does not know the crate of a source folder as a package.
    #[error("{0} is no package; give its Cargo.toml a [package] table")]
    NotAPackage(PathBuf),
    /// Cargo cannot make sense of a crate.
    #[error("cargo cannot read {manifest}: {source}")]
    Metadata {
        /// Which Cargo.toml.
        manifest: PathBuf,
        /// What cargo said.
        source: cargo_metadata::Error,
    },
    /// A package does not compile to a module.
    #[error("package `{0}` makes no module; add `crate-type = [\"cdylib\"]` under [lib] of its Cargo.toml")]
    NoModule(String),
    /// The code does not compile.
    #[error("cargo could not build {0}; what it found stands above")]
    Build(String),
    /// A module is not the core of a component.
    #[error("the module of package `{package}` does not make a component: {why}")]
    Component {
        /// The package.
        package: String,
        /// What the encoder said.
        why: String,
    },
}

impl Error {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::File { path, source }
    }
}
