//! The side that kills: it spawns the worker, kills it at a moment drawn from the seed, notes where
//! it was, and goes on. Meanwhile it answers what the worker leaves to it and lets parked deliveries
//! go on, both through the store's inbox. In the end the worker may finish, and everything is counted.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use lockstep_core::journal::{Journal, Query};
use lockstep_core::run::RunId;
use lockstep_journal::Sqlite;
use lockstep_runtime::{Request, archive};

use crate::check::{self, Found};
use crate::places::{Noted, Place};
use crate::random::Random;
use crate::{load, say, worker};

/// The longest that a worker lives after it has begun its load.
const LONGEST: u64 = 250_000;
/// The same for one that is killed before it may have opened its store.
const SHORTEST: u64 = 60_000;
/// One in so many is.
const EARLY: u64 = 10;
/// How long a worker may take to come up, and to finish.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often the harness looks.
const LOOK: Duration = Duration::from_millis(15);

/// What is done.
pub(crate) struct Plan {
    pub(crate) kills: u64,
    pub(crate) seed: u64,
    /// The journal answers before it has written.
    pub(crate) early: bool,
    /// Instead of kills, the disk is full for a while.
    pub(crate) full: bool,
}

/// What the kills met.
#[derive(Default)]
struct Kills {
    places: BTreeMap<Place, u64>,
    elsewhere: u64,
    before_ready: u64,
}

struct Harness<'p> {
    plan: &'p Plan,
    folder: PathBuf,
    runtime: tokio::runtime::Runtime,
    random: Random,
    kills: Kills,
    answers: u64,
    retries: u64,
}

/// Kills as often as planned, and says what was found.
pub(crate) fn run(plan: &Plan) -> Result<ExitCode> {
    let begun = Instant::now();
    let folder = tempfile::Builder::new().prefix("lockstep-crash").tempdir()?;
    say(&format!("crash: {}, --seed {}", plan.told(), plan.seed));
    let mut harness = Harness {
        plan,
        folder: folder.path().to_owned(),
        runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
        random: Random::of(plan.seed, 0),
        kills: Kills::default(),
        answers: 0,
        retries: 0,
    };
    match plan.full {
        true => harness.full_disk()?,
        false => (0..plan.kills).try_for_each(|life| harness.life(life))?,
    }
    harness.finish()?;
    let found = harness.count()?;
    harness.report(&found, begun.elapsed());
    if harness.problems(found) == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    if !plan.early {
        say(&format!("crash: failed; the store is kept in {}", folder.keep().display()));
    }
    Ok(ExitCode::FAILURE)
}

impl Plan {
    fn told(&self) -> String {
        match self.full {
            true => "a full disk".to_owned(),
            false => format!("{} kills", self.kills),
        }
    }
}

impl Harness<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn acks(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.path("acks")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn spawn(&self, life: u64, finish: bool) -> Result<Child> {
        // What the life before has noted must not be taken for this one's.
        std::fs::write(self.path("places"), [])?;
        let program = std::env::current_exe()?;
        let mut command = match self.plan.full && !finish {
            true => on_a_small_disk(&program),
            false => Command::new(program),
        };
        command.arg("worker").arg(&self.folder);
        command.args([self.plan.seed, life, self.acks().len() as u64].map(|number| number.to_string()));
        command.args([self.plan.early, finish].map(|yes| yes.to_string()));
        command.stdin(Stdio::null()).spawn().context("the worker cannot be started")
    }

    /// One life of the worker, to its violent end.
    fn life(&mut self, life: u64) -> Result<()> {
        let (is_early, moment) = match self.random.below(EARLY) {
            0 => (true, self.random.below(SHORTEST)),
            _ => (false, self.random.below(LONGEST)),
        };
        let acknowledged = self.acks().len();
        let mut worker = self.spawn(life, false)?;
        let spawned = Instant::now();
        while !is_early && !Noted::read(&self.path("places")).is_ready() {
            self.alive(&mut worker, spawned)?;
            std::thread::sleep(LOOK);
        }
        let begun = Instant::now();
        while !self.is_over(begun, moment, acknowledged) {
            self.alive(&mut worker, spawned)?;
            self.help()?;
            std::thread::sleep(LOOK.min(Duration::from_micros(moment).saturating_sub(begun.elapsed())));
        }
        self.alive(&mut worker, spawned)?;
        worker.kill()?;
        worker.wait()?;
        self.note();
        Ok(())
    }

    /// One life in which no file can grow for a while, as on a disk that is full.
    fn full_disk(&mut self) -> Result<()> {
        let mut worker = self.spawn(0, false)?;
        let begun = Instant::now();
        while !Noted::read(&self.path("places")).is_troubled() {
            self.alive(&mut worker, begun)?;
            std::thread::sleep(LOOK);
        }
        let before = self.acks().len();
        say(&format!("crash: the disk is full after {before} starts were acknowledged; it is made larger"));
        let pid = worker.id().to_string();
        let larger = Command::new("prlimit").args(["--fsize=unlimited:", "--pid", &pid]).status()?;
        anyhow::ensure!(larger.success(), "prlimit ended with {larger}");
        while self.acks().len() <= before + 2 {
            self.alive(&mut worker, begun)?;
            self.help()?;
            std::thread::sleep(LOOK);
        }
        worker.kill()?;
        worker.wait()?;
        Ok(())
    }

    /// With its wall away, a worker is killed as soon as it has acknowledged something.
    fn is_over(&self, begun: Instant, moment: u64, acknowledged: usize) -> bool {
        match self.plan.early {
            true => self.acks().len() > acknowledged,
            false => begun.elapsed() >= Duration::from_micros(moment),
        }
    }

    fn alive(&self, worker: &mut Child, since: Instant) -> Result<()> {
        if let Some(status) = worker.try_wait()? {
            bail!("the worker has ended by itself: {status}");
        }
        if since.elapsed() > PATIENCE {
            worker.kill()?;
            bail!("the worker does not come up, or comes to nothing");
        }
        Ok(())
    }

    fn note(&mut self) {
        let noted = Noted::read(&self.path("places"));
        let met: Vec<_> = Place::ALL.into_iter().filter(|place| noted.is_in(*place)).collect();
        match (noted.is_ready(), met.is_empty()) {
            (false, _) => self.kills.before_ready += 1,
            (true, true) => self.kills.elsewhere += 1,
            (true, false) => {}
        }
        met.into_iter().for_each(|place| *self.kills.places.entry(place).or_default() += 1);
    }

    /// Answers what the worker leaves to others, and lets what is parked go on.
    fn help(&mut self) -> Result<()> {
        // Before, what a crash has left is the worker's to put right.
        if !Noted::read(&self.path("places")).is_ready() {
            return Ok(());
        }
        let store = Sqlite::visit(&self.path("store.db"))?;
        let (answers, retries) = self.runtime.block_on(help(&store))?;
        self.answers += answers;
        self.retries += retries;
        Ok(())
    }

    /// Lets the worker do what is left.
    fn finish(&mut self) -> Result<()> {
        let mut worker = self.spawn(self.plan.kills, true)?;
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(status) = worker.try_wait()? {
                anyhow::ensure!(status.success(), "the worker has failed: {status}");
                return Ok(());
            }
            self.help()?;
            std::thread::sleep(LOOK);
        }
        say("crash: the worker does not finish; what is open is told below");
        worker.kill()?;
        worker.wait()?;
        Ok(())
    }

    fn count(&self) -> Result<Found> {
        let store = Sqlite::open(&self.path("store.db"))?;
        self.runtime.block_on(check::all(&store, self.plan.seed, &self.acks()))
    }

    fn report(&self, found: &Found, took: Duration) {
        say("");
        if !self.plan.full {
            self.report_kills();
        }
        found.told().into_iter().for_each(|(count, what)| say(&format!("{count:>8}  {what}")));
        say(&format!("{:>8}  answers and {} retries through the inbox", self.answers, self.retries));
        say(&format!("{:>8.1}  seconds", took.as_secs_f64()));
    }

    fn report_kills(&self) {
        say(&format!("{:>8}  kills, of them", self.plan.kills));
        for place in Place::ALL {
            say(&format!("{:>8}    {}", self.kills.places.get(&place).unwrap_or(&0), place.as_str()));
        }
        say(&format!("{:>8}    in none of these", self.kills.elsewhere));
        say(&format!("{:>8}    before the load had begun", self.kills.before_ready));
    }

    /// How many things are wrong; each is told.
    fn problems(&self, found: Found) -> usize {
        let mut problems = found.problems;
        // Fewer kills may miss a place by chance.
        let missed = Place::ALL.into_iter().filter(|place| !self.kills.places.contains_key(place));
        if self.plan.kills >= 200 && !self.plan.full {
            problems.extend(missed.map(|place| format!("no kill came {}", place.as_str())));
        }
        problems.iter().take(20).for_each(|problem| say(&format!("LOST: {problem}")));
        match problems.len() {
            0 => say("crash: ok: nothing was lost and nothing was done twice"),
            many => say(&format!("crash: {many} things are wrong")),
        }
        problems.len()
    }
}

/// A program whose files cannot grow beyond some hundred KiB: it is told so, as by a disk that is
/// full, and not killed for it. The limit can be raised from outside.
fn on_a_small_disk(program: &std::path::Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec prlimit --fsize=400000: -- \"$0\" \"$@\""]).arg(program);
    command
}

/// How many answers and retries were posted.
async fn help(store: &Sqlite) -> Result<(u64, u64)> {
    let (mut answers, mut retries) = (0, 0);
    let waiting = store.inbox(1000).await?;
    let is_posted = |run: &RunId| waiting.iter().any(|message| message.run == *run);
    let query = Query { statuses: worker::open(), limit: 200, ..Query::default() };
    for (id, summary) in store.runs(&query).await? {
        if is_posted(&id) {
            continue;
        }
        if summary.parked > 0 {
            post(store, &id, &Request::Retry { delivery: None, by: Some("harness".into()) }).await?;
            retries += 1;
        }
        if summary.asking > 0 {
            let run = archive::read(store, &id).await?.context("a run that is listed is there")?;
            for (question, _) in run.questions().filter(|(question, _)| !worker::answers(&id, *question)) {
                let by = Some("harness".into());
                post(store, &id, &Request::Answer { question, answer: load::answer(), by }).await?;
                answers += 1;
            }
        }
    }
    Ok((answers, retries))
}

async fn post(store: &Sqlite, run: &RunId, request: &Request) -> Result<()> {
    store.post(run, serde_json::to_vec(request)?).await?;
    Ok(())
}
