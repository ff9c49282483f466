//! `lockstep-fuzz [SECONDS]`: every file of the corpus through its target, and then changed ones until the
//! time is over. Ends with an error that says which input broke which promise; the input is left in the
//! folder `found`.

use std::fs;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use lockstep_fuzz::mutate::{Chance, changed};
use lockstep_fuzz::{TARGETS, Target};

/// What the last panic said. The contract reader survives those of the decoder that it uses, so they are
/// told of only where they come through.
static LAST: Mutex<String> = Mutex::new(String::new());

fn main() -> anyhow::Result<()> {
    std::panic::set_hook(Box::new(|panic| *last() = panic.to_string()));
    let seconds = std::env::args().nth(1).map_or(Ok(60), |text| text.parse())?;
    let each = Duration::from_secs(seconds) / TARGETS.len() as u32;
    for target in TARGETS {
        let corpus = corpus(target)?;
        let tried = replay(target, &corpus, each)?;
        let told = format!("{}: {} files of the corpus and {tried} changed ones", target.name, corpus.len());
        writeln!(std::io::stdout().lock(), "{told}")?;
    }
    Ok(())
}

fn last() -> MutexGuard<'static, String> {
    LAST.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All inputs that are kept for a target, by name.
fn corpus(target: &Target) -> anyhow::Result<Vec<Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    let entries = fs::read_dir(&folder).with_context(|| format!("the corpus of {}", target.name))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<PathBuf>>>()?;
    paths.sort();
    ensure!(!paths.is_empty(), "the corpus of {} is empty", target.name);
    Ok(paths.iter().map(fs::read).collect::<Result<_, _>>()?)
}

fn replay(target: &Target, corpus: &[Vec<u8>], long: Duration) -> anyhow::Result<u64> {
    corpus.iter().try_for_each(|input| attempt(target, input))?;
    let (begun, mut chance, mut tried) = (Instant::now(), Chance(1), 0);
    while begun.elapsed() < long {
        let input = &corpus[chance.below(corpus.len())];
        let other = &corpus[chance.below(corpus.len())];
        attempt(target, &changed(input, other, &mut chance))?;
        tried += 1;
    }
    Ok(tried)
}

fn attempt(target: &Target, input: &[u8]) -> anyhow::Result<()> {
    if catch_unwind(AssertUnwindSafe(|| (target.run)(input))).is_ok() {
        return Ok(());
    }
    let found = Path::new("found").join(target.name);
    fs::create_dir_all("found")?;
    fs::write(&found, input)?;
    let (name, why) = (target.name, last());
    bail!("target {name} broke its promise: {why}; the input is in {}", found.display())
}
