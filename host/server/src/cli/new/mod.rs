//! `lockstep new`: a step or a workflow to begin with, that works at once.

mod step;
mod workflow;

use clap::{Args, Subcommand};

use crate::exit::Exit;

/// Begin a step or a workflow
#[derive(Debug, Args)]
pub(crate) struct New {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Step(step::Step),
    Workflow(workflow::Workflow),
}

impl New {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        match self.what {
            What::Step(step) => step.run(),
            What::Workflow(workflow) => workflow.run(),
        }
    }
}
