//! `lockstep bench`: how near the host is to what the machine can do.

use std::path::PathBuf;

use clap::{Args, Subcommand, value_parser};

use crate::bench::{self, Figure, Parked, Size};
use crate::exit::Exit;
use crate::report;

/// Measure the host beside its physical limits
#[derive(Debug, Args)]
#[command(after_help = "\
A figure and its limit are measured in turns in this process: quote their ratio, never the time.
What has to be on a disk is written below the working folder, and removed.

Examples:
  lockstep bench route --json
  lockstep bench parked --runs 1000000")]
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
        #[arg(long, default_value_t = 64, value_parser = value_parser!(u32).range(1..))]
        runs: u32,
        /// Steps of each run
        #[arg(long, default_value_t = 200, value_parser = value_parser!(u32).range(1..))]
        steps: u32,
    },
    /// Steps a second with a journal that syncs, beside the journal's writer given the same commits
    Durable {
        /// Runs at once
        #[arg(long, default_value_t = 256, value_parser = value_parser!(u32).range(1..))]
        runs: u32,
        /// Steps of each run
        #[arg(long, default_value_t = 40, value_parser = value_parser!(u32).range(1..))]
        steps: u32,
    },
    /// Steps a second of one run with a journal that syncs, beside one sync after every step
    Chain {
        /// Steps of the run
        #[arg(long, default_value_t = 100, value_parser = value_parser!(u32).range(1..))]
        steps: u32,
    },
    /// Time for a branch of a fan-out with many siblings, beside one with a hundredth of them
    Fanout {
        /// Branches of the largest fan-out
        #[arg(long, default_value_t = 10_000, value_parser = value_parser!(u32).range(1..=50_000))]
        branches: u32,
    },
    /// Time to answer a question while many runs wait, beside a commit without a host
    Parked {
        /// Runs that wait
        #[arg(long, default_value_t = 100_000, value_parser = value_parser!(u32).range(2..))]
        runs: u32,
        /// How many of them are answered
        #[arg(long, default_value_t = 1000, value_parser = value_parser!(u32).range(1..))]
        answers: u32,
        /// Make the store there and leave it
        #[arg(long, value_name = "FILE")]
        store: Option<PathBuf>,
    },
}

impl Bench {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let figure = runtime.block_on(self.what.measure())?;
        let told = if self.json { serde_json::to_string(&figure)? } else { story(&figure) };
        report::out(&told)?;
        Ok(Exit::Done)
    }
}

impl What {
    async fn measure(self) -> anyhow::Result<Figure> {
        match self {
            What::Route { runs, steps } => bench::route(Size { runs, steps }).await,
            What::Durable { runs, steps } => bench::durable(Size { runs, steps }).await,
            What::Chain { steps } => bench::chain(steps).await,
            What::Fanout { branches } => bench::fanout(branches).await,
            What::Parked { runs, answers, store } => bench::parked(Parked { runs, answers, store }).await,
        }
    }
}

fn story(figure: &Figure) -> String {
    let Figure { name, value, unit, limit, ratio, .. } = figure;
    format!("{name}: {value:.1} {unit}, limit {limit:.1} {unit}, ratio {ratio:.2}")
}
