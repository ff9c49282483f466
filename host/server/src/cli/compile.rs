//! `lockstep compile-component`: what this program calls itself with to compile a component that was not
//! built here. It is no command for people, and no help lists it.

use std::io;

use clap::Args;

use crate::exit::Exit;

/// Compile the component on stdin to stdout, within limits
#[derive(Debug, Args)]
pub(crate) struct CompileComponent {
    /// What to do, as the calling process writes it
    order: String,
}

/// The name that it is called by.
pub(crate) const NAME: &str = "compile-component";

impl CompileComponent {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        lockstep_sandbox::compile_in_child(&self.order, io::stdin().lock(), io::stdout().lock())?;
        Ok(Exit::Done)
    }
}
