//! `lockstep mcp`: workflows as tools, for agents outside.

mod offered;
mod office;
mod serve;
mod standing;

use std::path::Path;

use clap::{Args, Subcommand};

use crate::exit::Exit;

/// Offer workflows as tools to agents, over MCP
#[derive(Debug, Args)]
pub(crate) struct Mcp {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Serve(serve::Serve),
}

impl Mcp {
    pub(super) fn run(self, config: Option<&Path>) -> anyhow::Result<Exit> {
        match self.what {
            What::Serve(serve) => serve.run(config),
        }
    }
}
