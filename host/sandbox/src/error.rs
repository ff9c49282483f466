//! Why there is no release.

use std::path::PathBuf;

use lockstep_core::contract::Refusal;

/// Why a component cannot be made a release.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine does not start on this machine.
    #[error("the sandbox cannot start: {0}")]
    Start(String),
    /// The bytes are something else.
    #[error(transparent)]
    NotAComponent(Refusal),
    /// Compiling takes more than it may.
    #[error("it took more than {0} to compile; only what is built here may take as long as it wants")]
    CompileBudget(String),
    /// There is no compiler to be had, or it does not survive the component.
    #[error("the compiler failed: {0}")]
    Compiler(String),
    /// The bytes do not compile.
    #[error("the component cannot be compiled: {0}")]
    Compile(String),
    /// It imports what it is not given.
    #[error("the component cannot be linked: {0}")]
    Link(String),
    /// A rule uses a secret that the operator has not set.
    #[error(
        "the rule for {rule} uses the secret `{secret}`, which is not set; set it in `[secrets]` of lockstep.toml"
    )]
    NoSecret {
        /// The rule.
        rule: String,
        /// The secret's name.
        secret: String,
    },
    /// A secret cannot be what a rule wants to make of it.
    #[error(
        "the secret `{secret}` cannot be sent in the header `{header}`; it must be one line, and the header a name"
    )]
    UnfitSecret {
        /// The secret's name.
        secret: String,
        /// The header.
        header: String,
    },
    /// Its grant has a folder for each attempt, and nobody says where.
    #[error(
        "its grant has a [scratch], and this host has no place for it; set `scratch` of the sandbox's settings"
    )]
    NoScratch,
    /// A folder of its grant cannot be opened.
    #[error("the folder {host} of a [[dir]] cannot be opened: {why}; make it, or name another as `host`")]
    Folder {
        /// The folder.
        host: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The engine and the contract do not see the same function.
    #[error("the engine does not see `{handler}` as the contract does; build the component again")]
    Disagrees {
        /// The handler.
        handler: String,
    },
}
