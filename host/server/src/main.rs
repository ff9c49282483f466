//! `lockstep`: runs event-driven workflows whose steps are sandboxed WebAssembly components.

mod bench;
mod cli;
mod config;
mod exit;
mod graph;
mod inert;
mod input;
mod project;
mod report;
mod store;

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    config::log_to_stderr();
    match arguments.command.run() {
        Ok(exit) => exit.into(),
        Err(error) => {
            report::error(&error);
            exit::of(&error).into()
        }
    }
}
