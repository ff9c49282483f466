//! P5: how long an answer takes to be written when very many runs wait for one, and what the host
//! needs for those runs: time to start, and memory. The limit is a commit of as many rows that the
//! journal is given without a host, in turns with the answers.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use lockstep_core::event::Json;
use lockstep_core::grant::Limits;
use lockstep_core::journal::{Commit, Journal, Query};
use lockstep_core::run::{Change, QuestionId, RunId};
use lockstep_journal::Sqlite;
use lockstep_runtime::{Deployed, Host, Reply, Request, Settings, archive};
use serde_json::json;

use super::guest::{Guest, fresh_id, rehearse};
use super::store::Place;
use super::{Figure, millis, quantile};
use crate::process;
use crate::project::Refused;

/// Runs that are written in one group.
const GROUP: u32 = 1000;
/// Questions that are listed at once.
const LISTED: u32 = 100;

/// An order is asked about, and ends with the answer.
const CLERK: Guest = Guest {
    wit: "
        package bench:clerk;
        interface events {
          record order { n: u32 }
          record question { n: u32 }
          record reply { n: u32 }
          record out { n: u32 }
        }
        world clerk {
          use events.{order, question, reply, out};
          use lockstep:step/types@0.1.0.{failure};
          export on-order: func(event: order) -> result<question, failure>;
          export on-reply: func(event: reply) -> result<out, failure>;
        }",
    wat: r#"(module
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 4096)
        (func $same (param $n i32) (result i32)
          (i32.store8 (i32.const 0) (i32.const 0))
          (i32.store (i32.const 8) (local.get $n))
          i32.const 0)
        (export "on-order" (func $same))
        (export "on-reply" (func $same)))"#,
    workflow: "
        workflow = \"clerk\"
        start = \"order\"
        stop = [\"out\"]
        [steps.clerk]
        component = \"clerk.wasm\"
        [human.question]
        answer = \"reply\"",
};

/// How much is measured, and where.
pub(crate) struct Parked {
    /// Runs that wait.
    pub(crate) runs: u32,
    /// How many of them are answered.
    pub(crate) answers: u32,
    /// A store that is made and stays; none: one that goes.
    pub(crate) store: Option<PathBuf>,
}

/// A run that waits, as rows that can be given to any other.
struct Pattern {
    commit: Commit,
    question: QuestionId,
}

/// Fills a store, opens it with a host, and answers.
pub(crate) async fn parked(size: Parked) -> anyhow::Result<Figure> {
    let (deployed, _) = CLERK.load(Limits::default())?;
    let pattern = pattern(&deployed).await?;
    let place = Place::new()?;
    let path = size.store.clone().unwrap_or_else(|| place.path());
    if path.try_exists()? {
        return Err(
            Refused::one(format!("there is a file {}; name one that is to be made", path.display())).into()
        );
    }
    let asked = fill(&Sqlite::open(&path)?, &pattern, &size).await?;

    let before = process::rss_mib();
    let begun = Instant::now();
    let store = Arc::new(Sqlite::open(&path)?);
    let host = Host::new(Settings::new(store.clone()));
    host.take_up(&deployed).await?;
    answer(&host, &asked[0], pattern.question).await?;
    let start = millis(begun.elapsed());

    let (mut answers, mut commits) = (Vec::new(), Vec::new());
    for run in &asked[1..] {
        let begun = Instant::now();
        answer(&host, run, pattern.question).await?;
        answers.push(millis(begun.elapsed()));
        host.run(run.clone()).rest().await?;
        let bare = pattern.of(fresh_id()?);
        let begun = Instant::now();
        store.commit(vec![bare]).await?;
        commits.push(millis(begun.elapsed()));
    }
    let grown = process::rss_mib().zip(before).map(|(after, before)| after - before);
    let begun = Instant::now();
    list(&*store).await?;
    let details = json!({ "runs": size.runs, "answers": answers.len(), "start_ms": start, "rss_grown_mib": grown,
        "listing_ms": millis(begun.elapsed()), "answer_p50_ms": quantile(&answers, 0.5),
        "commit_p50_ms": quantile(&commits, 0.5) });
    host.stop().await;
    Ok(Figure::new("parked", "ms (p99)", quantile(&answers, 0.99), quantile(&commits, 0.99), &details))
}

async fn pattern(deployed: &Deployed) -> anyhow::Result<Pattern> {
    let commits = rehearse(deployed, 1, &Json::trusted("{\"n\":7}")).await?.concat();
    let records: Vec<_> = commits.iter().flat_map(|commit| commit.records.clone()).collect();
    let asks = records.iter().find(|record| matches!(record.change, Change::Asked { .. }));
    let (Some(question), Some(last)) = (asks.map(|record| record.seq), commits.last()) else {
        anyhow::bail!("the run asks nothing: {records:?}");
    };
    Ok(Pattern { question, commit: Commit { records, ..last.clone() } })
}

impl Pattern {
    fn of(&self, run: RunId) -> Commit {
        Commit { run, ..self.commit.clone() }
    }
}

/// Writes runs that wait; those that are to be answered lie evenly among them, and their ids in no
/// order.
async fn fill(store: &Sqlite, pattern: &Pattern, size: &Parked) -> anyhow::Result<Vec<RunId>> {
    let (mut asked, mut group) = (Vec::new(), Vec::new());
    let every = (size.runs / (size.answers + 1)).max(1);
    for nth in 0..size.runs {
        let id = fresh_id()?;
        if nth % every == 0 && asked.len() <= size.answers as usize {
            asked.push(id.clone());
        }
        group.push(pattern.of(id));
        if group.len() == GROUP as usize || nth + 1 == size.runs {
            store.commit(std::mem::take(&mut group)).await?;
        }
    }
    asked.sort_unstable();
    Ok(asked)
}

async fn answer(host: &Host, run: &RunId, question: QuestionId) -> anyhow::Result<()> {
    let request = Request::Answer { question, answer: Json::trusted("{\"n\":8}"), by: None };
    let reply = host.ask(run, request).await?;
    anyhow::ensure!(reply == Reply::Done, "{reply:?}");
    Ok(())
}

/// What `lockstep ask ls` reads.
async fn list(store: &dyn Journal) -> anyhow::Result<()> {
    let query = Query { asking: true, limit: LISTED, ..Query::default() };
    for (id, _) in store.runs(&query).await? {
        archive::read(store, &id).await?;
    }
    Ok(())
}
