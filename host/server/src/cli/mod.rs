//! The command line: what can be asked, and who does it.

mod always;
mod answer;
mod approve;
mod ask;
mod attack;
mod bench;
mod build;
mod check;
mod compile;
mod decide;
mod grant;
mod graph;
mod inspect;
mod mcp;
mod new;
mod ready;
mod refuse;
mod run;
mod runs;
mod test;

pub(crate) use compile::NAME as COMPILE_COMPONENT;
pub(crate) use inspect::find as find_component;
pub(crate) use test::{Tested, Verdict};

use std::path::{Path, PathBuf};

use clap::{CommandFactory, Parser, Subcommand};

use crate::exit::{self, Exit};

/// Runs event-driven workflows whose steps are sandboxed WebAssembly components.
#[derive(Debug, Parser)]
#[command(name = "lockstep", version, max_term_width = 100, after_help = exit::HELP)]
pub(crate) struct Arguments {
    /// The operator's file [default: the nearest lockstep.toml, from the current folder upwards]
    #[arg(long, global = true, value_name = "FILE", env = "LOCKSTEP_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(run::Run),
    Runs(runs::Runs),
    Ask(ask::Ask),
    Answer(answer::Answer),
    Approve(approve::Approve),
    Refuse(refuse::Refuse),
    Check(check::Check),
    Graph(graph::Graph),
    Inspect(inspect::Inspect),
    Grant(grant::Grant),
    New(new::New),
    Build(build::Build),
    Test(test::Test),
    Bench(bench::Bench),
    Attack(attack::Attack),
    Mcp(mcp::Mcp),
    #[command(name = compile::NAME, hide = true)]
    CompileComponent(compile::CompileComponent),
    /// Print completions for a shell
    ///
    /// Example: lockstep completions bash > ~/.local/share/bash-completion/completions/lockstep
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

impl Command {
    /// Does it; `config` is the operator's file, if one is named.
    pub(crate) fn run(self, config: Option<&Path>) -> anyhow::Result<Exit> {
        match self {
            Command::Run(run) => run.run(config),
            Command::Runs(runs) => runs.run(),
            Command::Ask(ask) => ask.run(),
            Command::Answer(answer) => answer.run(),
            Command::Approve(approve) => approve.run(config),
            Command::Refuse(refuse) => refuse.run(),
            Command::Check(check) => check.run(config),
            Command::Graph(graph) => graph.run(config),
            Command::Inspect(inspect) => inspect.run(config),
            Command::Grant(grant) => grant.run(config),
            Command::New(new) => new.run(),
            Command::Build(build) => build.run(config),
            Command::Test(test) => test.run(),
            Command::Bench(bench) => bench.run(),
            Command::Attack(attack) => attack.run(),
            Command::Mcp(mcp) => mcp.run(config),
            Command::CompileComponent(compile) => compile.run(),
            Command::Completions { shell } => Ok(completions(shell)),
        }
    }
}

fn completions(shell: clap_complete::Shell) -> Exit {
    clap_complete::generate(shell, &mut Arguments::command(), "lockstep", &mut std::io::stdout());
    Exit::Done
}
