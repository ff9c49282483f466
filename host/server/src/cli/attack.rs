//! `lockstep attack`: attacks that the host survives, on this machine and with this build.

use clap::Args;

use crate::attack::{self, Case, Outcome, Proof, Summary};
use crate::exit::Exit;
use crate::process;
use crate::project::Refused;
use crate::report;

/// Attack this program, and see that it survives
///
/// Steps that loop, hoard, forge, dig and smuggle are run as real components, with real servers and
/// folders; nothing leaves this machine.
#[derive(Debug, Args)]
#[command(after_help = "\
Exits with 1 if any attack came out otherwise than expected.

Examples:
  lockstep attack
  lockstep attack --only 18 24a --json")]
pub(crate) struct Attack {
    /// Make these attacks alone: their numbers, or their ids
    #[arg(long, value_name = "N", num_args = 1.., value_delimiter = ',')]
    only: Vec<String>,
    /// Make each attack again without what stops it, and see that it gets through; only builds for
    /// tests can
    #[arg(long)]
    prove: bool,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
}

impl Attack {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let proof = self.proof()?;
        let chosen = self.chosen()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let summary = runtime.block_on(perform(&chosen, proof));
        // What a guest still does has nothing to tell any more.
        runtime.shutdown_background();
        match self.json {
            true => report::out(&serde_json::to_string(&summary)?)?,
            false => report::out(&table(&summary))?,
        }
        report::progress(&verdict(&summary));
        Ok(if summary.failed == 0 { Exit::Done } else { Exit::Failed })
    }

    fn proof(&self) -> Result<Proof, Refused> {
        match (self.prove, attack::can_prove()) {
            (false, _) => Ok(Proof::Unasked),
            (true, true) => Ok(Proof::Asked),
            (true, false) => Err(Refused::one(
                "this build has no way to leave a wall out, so nothing can be proved with it; use one of the \
                 whole workspace: `cargo build --workspace`",
            )),
        }
    }

    fn chosen(&self) -> Result<Vec<Case>, Refused> {
        let all = attack::cases();
        let unknown = self.only.iter().filter(|asked| !all.iter().any(|case| case.is_called(asked)));
        let lines: Vec<String> = unknown.map(|asked| no_attack(asked)).collect();
        if !lines.is_empty() {
            return Err(Refused { lines });
        }
        let is_asked =
            |case: &Case| self.only.is_empty() || self.only.iter().any(|asked| case.is_called(asked));
        Ok(all.into_iter().filter(is_asked).collect())
    }
}

fn no_attack(asked: &str) -> String {
    let asked = crate::inert::inert(asked);
    format!("there is no attack {asked}; `lockstep attack` without `--only` lists them all")
}

/// Makes them one after the other, and tells of each.
async fn perform(chosen: &[Case], proof: Proof) -> Summary {
    let mut outcomes = Vec::new();
    for (nth, case) in (1..).zip(chosen) {
        report::progress(&format!("{nth}/{} attack {}: {}", chosen.len(), case.id, case.name));
        let outcome = case.perform(proof).await;
        if !outcome.is_ok() {
            report::progress(&format!("  not as expected: {}", outcome.cells().join(" | ")));
        }
        outcomes.push(outcome);
    }
    Summary::of(outcomes)
}

/// The rows below each other, and at the end the most memory that the program had in use.
fn table(summary: &Summary) -> String {
    let head = match summary.cases.iter().any(Outcome::is_proved) {
        true => vec!["id", "attack", "expected", "with the wall", "without", ""],
        false => vec!["id", "attack", "expected", "got", ""],
    };
    let rows: Vec<Vec<&str>> =
        std::iter::once(head).chain(summary.cases.iter().map(Outcome::cells)).collect();
    let width =
        |at: usize| rows.iter().filter_map(|row| Some(row.get(at)?.chars().count())).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let line = |row: &Vec<&str>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        format!("{}\n", crate::inert::inert(cells.collect::<Vec<_>>().join("  ").trim_end()))
    };
    let lines: String = rows.iter().map(line).collect();
    let peak = process::peak_rss_mib().map_or("unknown".to_owned(), |mib| format!("{mib} MiB"));
    format!("{lines}peak memory: {peak}\n")
}

fn verdict(summary: &Summary) -> String {
    let Summary { passed, failed, .. } = summary;
    match failed {
        0 => format!("all {passed} attacks came out as expected"),
        _ => format!("{failed} of {} attacks did NOT come out as expected", passed + failed),
    }
}
