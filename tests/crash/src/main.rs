//! Kills a process under load with SIGKILL, again and again at random moments, restarts it on the
//! same store, and counts afterwards: nothing acknowledged may be lost, and nothing done twice.
//!
//! ```text
//! harness ── spawns, kills ──► worker: a host on SQLite, starting runs, answering questions
//!    │                            │ notes where it is (`places`) and what it has accepted (`acks`)
//!    ├── answers, retries ──► the store's inbox
//!    └── in the end reads every run and compares it with its script (`check`)
//! ```
//!
//! What a run does follows from the seed and its number alone (`load`), so both sides know it.

mod check;
mod harness;
mod journal;
mod load;
mod places;
mod random;
mod worker;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use harness::Plan;
use worker::Life;

const HELP: &str = "\
kills a host under load at random moments and counts what is lost

  --kills N             how often (200)
  --seed N              the same moments and the same runs as another time
  --full-disk           instead of kills, the disk is full for a while: the host waits, and goes on
  --acknowledge-early   takes a wall away: the journal answers before it has written anything;
                        what is lost then must be found";

fn main() -> ExitCode {
    match perform(std::env::args().skip(1).collect()) {
        Ok(code) => code,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::from(3)
        }
    }
}

fn perform(arguments: Vec<String>) -> Result<ExitCode> {
    let mut words = arguments.into_iter();
    let seed = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as u64 % 1_000_000;
    let mut plan = Plan { kills: 200, seed, early: false, full: false };
    while let Some(word) = words.next() {
        let mut number = || -> Result<u64> {
            let text = words.next().with_context(|| format!("`{word}` takes a number"))?;
            text.parse().with_context(|| format!("`{word}` takes a number, not `{text}`"))
        };
        match word.as_str() {
            "--kills" => plan.kills = number()?,
            "--seed" => plan.seed = number()?,
            "--full-disk" => plan.full = true,
            "--acknowledge-early" => plan.early = true,
            "worker" => return worker::run(&life(words)?).map(|()| ExitCode::SUCCESS),
            _ => {
                say(HELP);
                return Ok(ExitCode::from(2));
            }
        }
    }
    harness::run(&plan)
}

/// What the harness hands to a worker.
fn life(words: impl Iterator<Item = String>) -> Result<Life> {
    match &words.collect::<Vec<_>>()[..] {
        [folder, seed, number, next, early, finish] => Ok(Life {
            folder: PathBuf::from(folder),
            seed: seed.parse()?,
            number: number.parse()?,
            next: next.parse()?,
            early: early == "true",
            finish: finish == "true",
        }),
        other => bail!("a worker is started by the harness, not with {other:?}"),
    }
}

/// Prints a line; a closed stdout must not end the work.
fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}
