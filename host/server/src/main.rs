//! `lockstep`: runs event-driven workflows whose steps are sandboxed WebAssembly components.

mod attack;
mod bench;
mod case;
mod cli;
mod config;
mod contract;
mod exit;
mod graph;
mod inert;
mod input;
mod lock;
mod operator;
mod process;
mod project;
mod report;
mod sign;
mod source;
mod store;

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    config::log_to_stderr();
    match arguments.command.run(arguments.config.as_deref()) {
        Ok(exit) => exit.into(),
        Err(error) => {
            report::error(&error);
            exit::of(&error).into()
        }
    }
}
