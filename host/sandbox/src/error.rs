//! Why there is no release.

use std::path::PathBuf;

use lockstep_core::contract::Refusal;
use lockstep_core::grant::tools::ToolSource;

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
    /// Its grant names tools that nobody has.
    #[error("its grant has tools of {from}, which is not there; {}", declare(from))]
    NoTools {
        /// Whose.
        from: ToolSource,
    },
    /// It is to be a tool and is none.
    #[error("it is no tool: {0}; a tool exports `lockstep:step/tool`")]
    NoTool(String),
    /// It is to be a tool and wants what only a run has.
    #[error("it imports {imports}, and a tool has no run of its own; build it without that")]
    OfRuns {
        /// Which interfaces.
        imports: String,
    },
    /// It does not say what it is.
    #[error("it does not describe its tools: {why}")]
    NoDescription {
        /// What came instead.
        why: String,
    },
    /// It calls a tool that calls a tool, and so on.
    #[error("it calls tools that call tools, more than {most} deep")]
    TooDeep {
        /// How deep they may.
        most: usize,
    },
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

fn declare(from: &ToolSource) -> String {
    match from {
        ToolSource::Server(name) => {
            format!("add `[mcp.{name}]` to lockstep.toml, with the command that starts it or its url")
        }
        ToolSource::Component(name) => format!("add `[tools.{name}]` to workflow.toml, with its component"),
    }
}
