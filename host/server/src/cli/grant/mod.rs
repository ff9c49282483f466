//! `lockstep grant`: writes what a person decides about a step: a first grant of what a component asks
//! for, and that the bytes which are there are the ones that were looked at; or the rules that a run has used.

mod accept;
pub(super) mod draft;
mod from_trace;
mod pins;
mod servers;

use std::path::Path;

use clap::{Args, Subcommand};

use crate::exit::Exit;

/// Draft the grant of a component, and accept what it asks for
#[derive(Debug, Args)]
pub(crate) struct Grant {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Draft(draft::Draft),
    Accept(accept::Accept),
    FromTrace(from_trace::FromTrace),
}

impl Grant {
    pub(super) fn run(self, config: Option<&Path>) -> anyhow::Result<Exit> {
        match self.command {
            Command::Draft(draft) => draft.run(config),
            Command::Accept(accept) => accept.run(config),
            Command::FromTrace(trace) => trace.run(),
        }
    }
}
