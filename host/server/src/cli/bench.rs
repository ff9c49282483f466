//! `lockstep bench`: how near the host is to what the machine can do.

use clap::{Args, Subcommand};

use crate::bench::{self, Figure};
use crate::exit::Exit;
use crate::report;

/// Measure the host beside its physical limits
#[derive(Debug, Args)]
#[command(after_help = "\
A figure and its limit are measured in turns in this process: quote their ratio, never the time.

Examples:
  lockstep bench route --json")]
pub(crate) struct Bench {
    #[command(subcommand)]
    what: What,
    /// Print one JSON object on stdout
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Steps a second through the whole host in memory, beside a bare loop of the same attempts
    Route {
        /// Runs at once
        #[arg(long, default_value_t = 64)]
        runs: u32,
        /// Steps of each run
        #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
        steps: u32,
    },
}

impl Bench {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let figure = match self.what {
            What::Route { runs, steps } => runtime.block_on(bench::route(bench::Size { runs, steps }))?,
        };
        let told = if self.json { serde_json::to_string(&figure)? } else { story(&figure) };
        report::out(&told)?;
        Ok(Exit::Done)
    }
}

fn story(figure: &Figure) -> String {
    let Figure { name, value, unit, limit, ratio, .. } = figure;
    format!("{name}: {value:.0} {unit}, limit {limit:.0} {unit}, ratio {ratio:.2}")
}
