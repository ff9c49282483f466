//! What is left after all kills, held against what each run was asked for. Reads the journal's rows,
//! not what the host makes of them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use lockstep_core::journal::{Journal, Query};
use lockstep_core::run::{Change, DeliveryStatus, Parked, Record, Run, RunId, Seq, Status};
use lockstep_core::state::Op;
use lockstep_journal::Sqlite;
use lockstep_runtime::archive;

use crate::load::{self, Expected, Load};

/// Runs of one look.
const PAGE: u32 = 500;

/// What was found in all runs.
#[derive(Default)]
pub(crate) struct Found {
    acknowledged: usize,
    runs: usize,
    rows: usize,
    events: usize,
    increments: usize,
    updates: usize,
    joins: usize,
    answers: usize,
    timers: usize,
    failures: usize,
    began: usize,
    crashed: usize,
    poison: usize,
    pub(crate) problems: Vec<String>,
}

/// Reads every run.
pub(crate) async fn all(store: &Sqlite, seed: u64, acks: &[String]) -> Result<Found> {
    let mut found = Found { acknowledged: acks.len(), ..Found::default() };
    let mut known = BTreeSet::new();
    let mut query = Query { limit: PAGE, ..Query::default() };
    loop {
        let page = store.runs(&query).await?;
        query.before = page.last().map(|(id, _)| id.clone());
        for (id, summary) in &page {
            let key = summary.about.key.as_deref().unwrap_or_default();
            known.insert(key.to_owned());
            found.run(store, seed, id, key).await?;
        }
        if page.len() < PAGE as usize {
            break;
        }
    }
    let lost = acks.iter().filter(|key| !known.contains(*key));
    found.problems.extend(lost.map(|key| format!("{key} was acknowledged and is not in the store")));
    Ok(found)
}

impl Found {
    /// The counts, with what each is.
    pub(crate) fn told(&self) -> Vec<(usize, &'static str)> {
        vec![
            (self.acknowledged, "starts acknowledged"),
            (self.runs, "runs accepted, and completed"),
            (self.rows, "rows"),
            (self.events, "events"),
            (self.increments, "committed increments of counters"),
            (self.updates, "items of streams"),
            (self.joins, "joins"),
            (self.answers, "questions answered"),
            (self.timers, "timers fired"),
            (self.failures, "failed attempts that were made again"),
            (self.began, "attempts begun with a row after a crash"),
            (self.crashed, "of them in flight at another one"),
            (self.poison, "deliveries parked as poison, and let go on"),
        ]
    }

    async fn run(&mut self, store: &Sqlite, seed: u64, id: &RunId, key: &str) -> Result<()> {
        let Some(number) = key.strip_prefix('k').and_then(|number| number.parse().ok()) else {
            self.problems.push(format!("run {id} has the key {key:?}, which nobody gave"));
            return Ok(());
        };
        let records = archive::records(store, id).await?;
        self.runs += 1;
        self.rows += records.len();
        let (rows, expected) = (Rows::of(&records), Load::of(seed, number).expected);
        let run = archive::read(store, id).await;
        let mut problems = rows.problems(&expected);
        match run {
            Ok(Some(run)) => problems.extend(ended(&run, &expected)),
            Ok(None) => problems.push("it is not there".to_owned()),
            Err(why) => problems.push(why.to_string()),
        }
        if *id != load::id(key) {
            problems.push("its key names another run".to_owned());
        }
        self.problems.extend(problems.into_iter().map(|problem| format!("{key} ({id}): {problem}")));
        self.add(&rows);
        Ok(())
    }

    fn add(&mut self, rows: &Rows) {
        self.events += rows.events.values().sum::<usize>();
        self.increments += rows.increments;
        self.updates += rows.updates.len();
        self.joins += rows.joins;
        self.answers += rows.answers;
        self.timers += rows.timers;
        self.failures += rows.failures;
        self.began += rows.began;
        self.crashed += rows.crashed;
        self.poison += rows.poison;
    }
}

/// What the rows of a run tell.
#[derive(Default)]
struct Rows {
    events: BTreeMap<String, usize>,
    /// Deliveries, and how often each was done.
    deliveries: BTreeMap<Seq, usize>,
    increments: usize,
    updates: Vec<(String, String)>,
    joins: usize,
    asked: usize,
    answers: usize,
    timers: usize,
    failures: usize,
    began: usize,
    crashed: usize,
    poison: usize,
}

impl Rows {
    fn of(records: &[Record]) -> Rows {
        let mut rows = Rows::default();
        records.iter().for_each(|record| rows.take(record));
        rows
    }

    fn take(&mut self, record: &Record) {
        match &record.change {
            Change::Event { name, .. } => {
                let short = name.rsplit('/').next().unwrap_or_default().split('@').next().unwrap_or_default();
                *self.events.entry(short.to_owned()).or_default() += 1;
            }
            Change::Delivery { .. } => drop(self.deliveries.insert(record.seq, 0)),
            Change::Attempt { delivery, status, .. } => self.attempt(*delivery, *status),
            Change::State { op: Op::Add { .. }, key, .. } => {
                self.increments += 1;
                self.joins += usize::from(&**key == "gathered");
            }
            Change::Update { name, payload, .. } => {
                let item = payload.as_ref().map(ToString::to_string).unwrap_or_default();
                self.updates.push((name.to_string(), item));
            }
            Change::Asked { .. } => self.asked += 1,
            Change::Answered { .. } => self.answers += 1,
            Change::TimerFired { .. } => self.timers += 1,
            Change::Began { .. } => self.began += 1,
            Change::Crashed { .. } => self.crashed += 1,
            _ => {}
        }
    }

    fn attempt(&mut self, delivery: Seq, status: DeliveryStatus) {
        match status {
            DeliveryStatus::Done => *self.deliveries.entry(delivery).or_default() += 1,
            DeliveryStatus::BackingOff { .. } => self.failures += 1,
            DeliveryStatus::Parked { why: Parked::Poison } => self.poison += 1,
            _ => {}
        }
    }

    fn problems(&self, expected: &Expected) -> Vec<String> {
        let Expected { parts, failures, questions, timers, increments, .. } = expected;
        let at_once = parts - questions - timers;
        let events = [
            ("answer", *questions),
            ("done", *parts),
            ("end", 1),
            ("job", 1),
            ("nap", *timers),
            ("question", *questions),
            ("timer-fired", *timers),
            ("work", at_once),
        ];
        let expected_events: BTreeMap<String, usize> =
            events.into_iter().filter(|(_, n)| *n > 0).map(|(name, n)| (name.to_owned(), n)).collect();
        let mut problems = Vec::new();
        if self.events != expected_events {
            problems.push(format!("its events are {:?}, not {expected_events:?}", self.events));
        }
        let mut count = |what: &str, is: usize, should: usize| {
            if is != should {
                problems.push(format!("{is} {what}, not {should}"));
            }
        };
        count("deliveries", self.deliveries.len(), 2 + at_once + questions + 2 * timers);
        count("deliveries not done once", self.deliveries.values().filter(|done| **done != 1).count(), 0);
        count("increments", self.increments, *increments);
        count("joins", self.joins, 1);
        count("questions", self.asked, *questions);
        count("answers", self.answers, *questions);
        count("timers fired", self.timers, *timers);
        // What an operator lets go on is attempted as if it never had been, and fails again.
        count("failed attempts", if self.poison > 0 { *failures } else { self.failures }, *failures);
        let mut updates = self.updates.clone();
        updates.sort();
        if !updates.iter().map(|(name, item)| (name, item)).eq(&expected.updates) {
            problems.push(format!("its stream is {updates:?}, not {:?}", expected.updates));
        }
        problems
    }
}

/// What the run has come to.
fn ended(run: &Run, expected: &Expected) -> Vec<String> {
    let mut problems = Vec::new();
    let result = run.result().map(|(_, value)| value.to_string()).unwrap_or_default();
    if (run.status(), &*result) != (Status::Completed, &*format!("{{\"n\":{}}}", expected.parts)) {
        problems.push(format!("it is {} with {result:?} ({:?})", run.status(), run.reason()));
    }
    let list = run.state().get("list").map(|list| list.to_string()).unwrap_or("[]".into());
    let mut elements: Vec<String> = serde_json::from_str::<Vec<serde_json::Value>>(&list)
        .map(|elements| elements.iter().map(ToString::to_string).collect())
        .unwrap_or_default();
    elements.sort();
    if !elements.iter().eq(&expected.list) {
        problems.push(format!("its list is {list}, not {:?}", expected.list));
    }
    let state = run.state().entries().filter(|(key, _)| &***key != "list");
    let state: BTreeMap<String, String> =
        state.map(|(key, value)| (key.to_string(), value.to_string())).collect();
    if state != expected.state {
        problems.push(format!("its state is {state:?}, not {:?}", expected.state));
    }
    problems
}
