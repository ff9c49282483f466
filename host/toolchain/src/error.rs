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
         `apt-get install -y --no-install-recommends {packages}`{why}",
        target = crate::rust::TARGET,
        packages = crate::rust::PACKAGES.join(" ")
    )]
    NoCompiler {
        /// What apt-get said, after a semicolon; empty where it was not asked.
        why: String,
    },
    /// What a language is built with is not on this machine.
    #[error("step `{step}` is written in {language}, and {what} is missing; {fix}")]
    Missing {
        /// The step that needs it.
        step: String,
        /// Its language, as people call it.
        language: &'static str,
        /// The tools, with their versions.
        what: String,
        /// What to do, with the command for this machine.
        fix: String,
    },
    /// A program is missing.
    #[error("`{program}` could not be started: {error}; install it or put it on the path")]
    Start {
        /// Its name.
        program: String,
        /// What the system said.
        error: io::Error,
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
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A source folder says of no language how it is built.
    #[error("{0} holds neither Cargo.toml nor step.toml; let `source` name the folder of the step's code")]
    NotAStep(PathBuf),
    /// A step.toml says something that it cannot.
    #[error("{path}: {why}")]
    Manifest {
        /// Which.
        path: PathBuf,
        /// What, and the fix.
        why: String,
    },
    /// A step has no WIT.
    #[error(
        "step `{step}` has no folder {folder}; put its world there, or name another folder by `wit` in step.toml"
    )]
    NoWit {
        /// The step.
        step: String,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The WIT of a step is no world that it could be written against.
    #[error("the WIT of step `{step}`: {why}")]
    Wit {
        /// The step.
        step: String,
        /// What is wrong, where.
        why: String,
    },
    /// The code of a step does not compile, or does not do what its world says.
    #[error("step `{step}` could not be built:\n{told}")]
    Code {
        /// The step.
        step: String,
        /// What the language's own tools said, by file and line.
        told: String,
    },
    /// A new step would overwrite what is there.
    #[error("{0} is there already, and not empty; choose another name, or remove it")]
    Taken(PathBuf),
    /// A file of a new step would overwrite one.
    #[error("{0} is there already, and nothing is overwritten; choose another name")]
    FileTaken(PathBuf),
    /// A new event is called like what every world has.
    #[error("an event cannot be called `{0}`, as every world has one of its own; choose another name")]
    EventTaken(String),
    /// A new step is called like a world or an interface that there is.
    #[error("the workflow's WIT has a world or an interface `{0}` already; choose another name")]
    WorldTaken(String),
    /// A name that some language cannot spell.
    #[error(
        "`{name}` cannot name {what}: lower-case words with `-` between them, each beginning with a letter, at \
         most 64 characters"
    )]
    Name {
        /// What is to be called so.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// An event that there is not, but one that is nearly called so.
    #[error("there is no event `{name}`; did you mean `{meant}`? a new event needs a name of its own")]
    Event {
        /// As it was written.
        name: String,
        /// The one there is.
        meant: String,
    },
    /// A source folder holds no crate.
    #[error("{0} holds no Cargo.toml; let `source` name the folder of the step's crate")]
    NotACrate(PathBuf),
    /// Cargo does not know the crate of a source folder as a package.
    #[error("{0} is no package; give its Cargo.toml a [package] table")]
    NotAPackage(PathBuf),
    /// Cargo cannot make sense of a crate.
    #[error("cargo cannot read {manifest}: {error}")]
    Metadata {
        /// Which Cargo.toml.
        manifest: PathBuf,
        /// What cargo said.
        error: cargo_metadata::Error,
    },
    /// A package does not compile to a module.
    #[error("package `{0}` makes no module; add `crate-type = [\"cdylib\"]` under [lib] of its Cargo.toml")]
    NoModule(String),
    /// The code does not compile.
    #[error("cargo could not build {0}; what it found stands above")]
    Build(String),
    /// A module is not the core of a component.
    #[error("the module of `{package}` does not make a component: {why}")]
    Component {
        /// The package, or the step.
        package: String,
        /// What the encoder said.
        why: String,
    },
}

impl Error {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |error| Error::File { path, error }
    }
}
