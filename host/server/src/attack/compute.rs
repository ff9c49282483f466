//! Attacks 1 to 10, on computing time, memory and what else the host has to give.

use std::sync::Arc;
use std::time::Duration;

use lockstep_core::grant::Limits;
use lockstep_core::run::Status;
use lockstep_hostile::component;
use lockstep_journal::Memory;
use lockstep_sandbox::Wall;

use super::stage::{Notes, Stage, host, start, word};
use super::{Case, Opposite, Trial, case};

const MIB: usize = 1 << 20;
/// Attempts of one step at once, and how often it is asked for at once.
const CAP: u32 = 8;
const CROWD: usize = 200;

pub(super) fn cases() -> Vec<Case> {
    let mut all = loops();
    all.extend(memories());
    all.extend(floods());
    all
}

fn loops() -> Vec<Case> {
    vec![
        case("1", "an endless loop in a handler", "limit cpu, others went on", Wall::Cpu, |trial| {
            Box::pin(beside_others(trial, "spin"))
        }),
        case("2", "an endless loop in a start function", "limit cpu, others went on", Wall::Cpu, |trial| {
            Box::pin(beside_others(trial, "start"))
        }),
        case("3", "200 endless loops at once", "limit cpu, others went on, 8 at once", Wall::Cpu, |trial| {
            Box::pin(crowd(trial))
        }),
        case("5", "endless recursion", "trap stack-overflow", Opposite::Harmless, |trial| {
            Box::pin(told(default(trial, "recurse"), trial.pick(0, 100)))
        }),
        case("6", "endless filling of a whole memory", "limit cpu, others went on", Wall::Cpu, |trial| {
            Box::pin(beside_others(trial, "fill"))
        }),
        case("8b", "ten hours of sleep", "timeout timeout", Wall::Timeout, |trial| Box::pin(sleep(trial))),
    ]
}

fn memories() -> Vec<Case> {
    vec![
        case("4a", "a memory grown to 4 GiB", "limit memory", Wall::Memory, |trial| {
            Box::pin(told(default(trial, "grow"), 65_535))
        }),
        case("4b", "three memories, each under the limit", "limit memory", Wall::Memory, |trial| {
            Box::pin(told(default(trial, "memories"), 0))
        }),
        case("4c", "a table of ten million elements", "limit memory", Wall::Memory, |trial| {
            // A growing table is copied, so its limit is small here.
            let small = Limits { memory: 16 * MIB, ..Limits::default() };
            let thousands = trial.sized(10_000, 3000);
            Box::pin(told(default(trial, "table").limits(small), thousands))
        }),
        case("7a", "a line of 100 MiB for the log", "limit memory", Wall::Memory, |trial| {
            Box::pin(told(default(trial, "shout"), 100))
        }),
        case("7b", "a line for the log, larger than a call", "limit output", Wall::HostCallBytes, |trial| {
            Box::pin(told(roomy(trial, "shout"), 20))
        }),
        case("7c", "a million copies of one slice", "limit output", Wall::HostCallBytes, |trial| {
            Box::pin(told(default(trial, "copies"), trial.sized(1_000_000, 1000)))
        }),
        case("8a", "a million handles", "limit handles", Wall::Handles, |trial| {
            Box::pin(told(default(trial, "handles"), trial.sized(1_000_000, 5000)))
        }),
    ]
}

fn floods() -> Vec<Case> {
    vec![
        case("9a", "ten million events", "limit memory, nothing committed", Wall::Memory, |trial| {
            Box::pin(committed(default(trial, "flood"), 10_000_000))
        }),
        case("9b", "one event more than may be", "limit events, nothing committed", Wall::Events, |trial| {
            Box::pin(committed(default(trial, "flood"), 1025))
        }),
        case("9c", "an event of 1 GiB", "limit memory, nothing committed", Wall::Memory, |trial| {
            Box::pin(committed(default(trial, "large"), 1 << 30))
        }),
        case("9d", "an event of 2 MiB", "limit event-bytes, nothing committed", Wall::EventBytes, |trial| {
            Box::pin(committed(default(trial, "large"), 2 << 20))
        }),
        case("10", "a gigabyte of stdout without a newline", "cut at log-bytes", Wall::LogBytes, |trial| {
            Box::pin(stdout(trial))
        }),
    ]
}

fn event(n: u32) -> String {
    format!("{{\"n\":{n}}}")
}

fn default(trial: Trial, guest: &str) -> Stage {
    Stage::new(trial, component(guest))
}

/// With memory for more than a call may carry.
fn roomy(trial: Trial, guest: &str) -> Stage {
    default(trial, guest).limits(Limits { memory: 128 * MIB, ..Limits::default() })
}

async fn told(stage: Stage, n: u32) -> anyhow::Result<String> {
    Ok(stage.play(event(n)).await?.told())
}

/// The same, and whether an event of it was written.
async fn committed(stage: Stage, n: u32) -> anyhow::Result<String> {
    let played = stage.play(event(n)).await?;
    let events = played.records().await?.iter().filter(|record| is_event(record)).count();
    // The first is the start event.
    let committed = if events == 1 { "nothing".to_owned() } else { format!("{} events", events - 1) };
    Ok(format!("{}, {committed} committed", played.told()))
}

fn is_event(record: &lockstep_core::run::Record) -> bool {
    matches!(record.change, lockstep_core::run::Change::Event { .. })
}

async fn sleep(trial: Trial) -> anyhow::Result<String> {
    let patience = Duration::from_secs(1);
    let stage = Stage { timeout: Duration::from_millis(50), patience, ..default(trial, "sleep") };
    told(stage, 36_000_000).await
}

/// What is kept of a gigabyte, and what the attempt came to.
async fn stdout(trial: Trial) -> anyhow::Result<String> {
    let limits = Limits { cpu: Duration::from_secs(60), ..Limits::default() };
    let most = limits.log_bytes;
    let played = default(trial, "stdout").limits(limits).play(event(trial.sized(1 << 18, 1 << 12))).await?;
    let told = played.told();
    let seen = played.notes.seen();
    let kept: usize = seen.ended.iter().map(|ended| ended.log.lines().map(str::len).sum::<usize>()).sum();
    Ok(if kept <= most && told == "emitted 0" {
        "cut at log-bytes".to_owned()
    } else {
        format!("{told}, {kept} bytes kept")
    })
}

/// A guest that takes all it can, beside one that does a little again and again.
async fn beside_others(trial: Trial, guest: &str) -> anyhow::Result<String> {
    let crowd = Crowd { guest, times: 1, cpu: Duration::from_millis(200) };
    let (told, others, _) = crowd.run(trial).await?;
    Ok(format!("{told}, others {}", went_on(others)))
}

async fn crowd(trial: Trial) -> anyhow::Result<String> {
    let crowd = Crowd { guest: "spin", times: CROWD, cpu: Duration::from_millis(20) };
    let (told, others, most) = crowd.run(trial).await?;
    Ok(format!("{told}, others {}, {most} at once", went_on(others)))
}

fn went_on(others: usize) -> &'static str {
    if others > 0 { "went on" } else { "stood still" }
}

/// Attempts that never end by themselves.
struct Crowd<'g> {
    guest: &'g str,
    times: usize,
    cpu: Duration,
}

impl Crowd<'_> {
    /// What all of them came to, how many runs of another step were completed meanwhile, and the most of
    /// them that went on at once.
    async fn run(&self, trial: Trial) -> anyhow::Result<(String, usize, usize)> {
        let limits = Limits { cpu: self.cpu, ..Limits::default() };
        // With the wall the time on the clock says nothing; without it, it is what ends them.
        let timeout = trial.sized(Duration::from_secs(60), Duration::from_millis(100));
        let looping = Stage { timeout, at_once: CAP, ..default(trial, self.guest).pooled() }.limits(limits);
        let engine = looping.engine()?;
        let (looping, other) =
            (looping.deploy(&engine)?, Stage { name: "other", ..default(trial, "static") });
        let other = other.deploy(&engine)?;
        let notes = Arc::new(Notes::default());
        let attacked = host(&notes, Arc::new(Memory::new()));
        let mut handles = Vec::new();
        for _ in 0..self.times {
            handles.push(start(&attacked, &looping, event(0)).await?);
        }
        let all = async {
            for handle in &handles {
                handle.rest().await?;
            }
            Ok::<_, anyhow::Error>(())
        };
        let mut others = 0;
        tokio::select! {
            ended = all => ended?,
            failed = complete(&attacked, &other, &mut others) => failed?,
        }
        let seen = notes.seen();
        let mut words: Vec<String> = seen.ended.iter().map(|ended| word(&ended.outcome)).collect();
        words.sort();
        words.dedup();
        Ok((words.join(" and "), others, seen.most))
    }
}

/// Completes runs for ever, and counts them.
async fn complete(
    host: &lockstep_runtime::Host,
    deployed: &lockstep_runtime::Deployed,
    count: &mut usize,
) -> anyhow::Result<()> {
    loop {
        let rest = start(host, deployed, event(1)).await?.rest().await?;
        anyhow::ensure!(rest.status == Status::Completed, "another step came to {rest:?}");
        *count += 1;
    }
}
