//! The command line: what can be asked, and who does it.

mod answer;
mod ask;
mod bench;
mod build;
mod check;
mod graph;
mod inspect;
mod run;
mod runs;

use clap::{CommandFactory, Parser, Subcommand};

use crate::exit::{self, Exit};

/// Runs event-driven workflows whose steps are sandboxed WebAssembly components.
#[derive(Debug, Parser)]
#[command(name = "lockstep", version, max_term_width = 100, after_help = exit::HELP)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(run::Run),
    Runs(runs::Runs),
    Ask(ask::Ask),
    Answer(answer::Answer),
    Check(check::Check),
    Graph(graph::Graph),
    Inspect(inspect::Inspect),
    Build(build::Build),
    Bench(bench::Bench),
    /// Print completions for a shell
    ///
    /// Example: lockstep completions bash > ~/.local/share/bash-completion/completions/lockstep
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

impl Command {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        match self {
            Command::Run(run) => run.run(),
            Command::Runs(runs) => runs.run(),
            Command::Ask(ask) => ask.run(),
            Command::Answer(answer) => answer.run(),
            Command::Check(check) => check.run(),
            Command::Graph(graph) => graph.run(),
            Command::Inspect(inspect) => inspect.run(),
            Command::Build(build) => build.run(),
            Command::Bench(bench) => bench.run(),
            Command::Completions { shell } => Ok(completions(shell)),
        }
    }
}

fn completions(shell: clap_complete::Shell) -> Exit {
    clap_complete::generate(shell, &mut Arguments::command(), "lockstep", &mut std::io::stdout());
    Exit::Done
}
