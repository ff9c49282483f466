//! Whose turn it is: bounds per step, and fairness over runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lockstep_core::event::Json;
use lockstep_core::journal::Commit;
use lockstep_core::run::{Change, RunId, Status};
use lockstep_sandbox::Report;
use lockstep_test_support::script::{deed, work};

use super::lab::{completed, id, script, settings, soon, start};
use super::sums::deployed;
use crate::{Attempt, Host, NewRun, Observer, Request, Settings};

/// Counts attempts that are out at once.
#[derive(Default)]
pub(super) struct Most {
    now: AtomicUsize,
    most: AtomicUsize,
    more: tokio::sync::Notify,
}

impl Most {
    /// The most that there were.
    pub(super) fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    async fn reaches(&self, n: usize) {
        while self.most.load(Ordering::SeqCst) < n {
            self.more.notified().await;
        }
    }
}

impl Observer for Most {
    fn began(&self, _: &Attempt) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        self.more.notify_one();
    }

    fn reported(&self, _: &Attempt, _: &Report) {
        self.now.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Runs with more looping parts than may be attempted: so many are out at once, and no more.
async fn expect_at_once(expected: usize, step: &str, runs: u128) {
    let most = Arc::new(Most::default());
    let host = Host::new(Settings { observers: vec![most.clone()], ..settings() });
    let (deployed, parts) = (script(step), [(); 5].map(|()| work(&[deed("spin", "")])));
    for which in 0..runs {
        start(&host, &deployed, which, &parts).await;
    }
    soon(most.reaches(expected)).await;
    // Whatever is asked gives the host a turn in which it could begin more.
    for _ in 0..4 {
        host.ask(&id(0), Request::Resume).await.unwrap();
    }
    assert_eq!(most.most.load(Ordering::SeqCst), expected, "{step}");
}

#[tokio::test]
async fn concurrency_is_bounded_per_run_over_all_runs_and_by_the_slots() {
    expect_at_once(1, "concurrency = 1", 1).await;
    expect_at_once(6, "concurrency = 2", 3).await;
    expect_at_once(3, "concurrency = { all = 3 }", 5).await;
    expect_at_once(3, "concurrency = { run = 2, all = 3 }", 5).await;
    expect_at_once(16, "", 5).await;
}

/// Counts what has begun at the worker, and the fan-outs that are written.
#[derive(Default)]
struct Seen {
    begun: AtomicUsize,
    split: AtomicUsize,
    more: tokio::sync::Notify,
}

impl Seen {
    async fn wait(&self, count: &AtomicUsize, n: usize) {
        while count.load(Ordering::SeqCst) < n {
            self.more.notified().await;
        }
    }
}

impl Observer for Seen {
    fn began(&self, attempt: &Attempt) {
        self.begun.fetch_add(usize::from(&*attempt.step == "work"), Ordering::SeqCst);
        self.more.notify_one();
    }

    fn committed(&self, commit: &Commit) {
        let opened = commit.records.iter().filter(|record| matches!(record.change, Change::Opened { .. }));
        self.split.fetch_add(opened.count(), Ordering::SeqCst);
        self.more.notify_one();
    }
}

#[tokio::test]
async fn a_run_that_ends_while_it_is_held_back_leaves_its_turn_to_the_next() {
    let seen = Arc::new(Seen::default());
    let host = Host::new(Settings { observers: vec![seen.clone()], ..settings() });
    let narrow = deployed("", "concurrency = { all = 1 }", "gather = { failed = \"skip\" }");
    let start = |id: u128, n: u32| {
        let payload = Json::trusted(format!("{{\"n\":{n}}}"));
        host.start(&narrow, NewRun::new(RunId::fresh("sums", id << 32), payload))
    };
    let looping = start(1, 10).await.unwrap();
    // The tenth loops, and has the only place until it is cut.
    seen.wait(&seen.begun, 10).await;
    let gone = start(2, 2).await.unwrap();
    seen.wait(&seen.split, 2).await;
    let next = start(3, 2).await.unwrap();
    seen.wait(&seen.split, 3).await;
    host.ask(gone.id(), Request::Cancel).await.unwrap();
    assert_eq!(gone.rest().await.unwrap().status, Status::Cancelled);
    host.ask(looping.id(), Request::Cancel).await.unwrap();
    let rest = tokio::time::timeout(Duration::from_secs(20), next.rest()).await.expect("it has its turn");
    assert_eq!(completed(&rest.unwrap()), "{\"n\":201}");
}

#[tokio::test]
async fn runs_take_turns_so_that_a_wide_one_does_not_starve_a_small_one() {
    for (slots, bound) in [(1, ""), (16, "concurrency = { all = 1 }\n")] {
        let host = Host::new(Settings { slots, ..settings() });
        let work = format!("{bound}retry = {{ attempts = 1 }}");
        let wide = deployed("", &work, "gather = { failed = \"skip\" }");
        let start = |id: u128, n: u32| {
            let payload = Json::trusted(format!("{{\"n\":{n}}}"));
            host.start(&wide, NewRun::new(RunId::fresh("sums", id << 32), payload))
        };
        // Its tenth item loops until the limit of its time: that is all the small one waits for.
        let wide_run = start(1, 1000).await.unwrap();
        let small = tokio::time::timeout(Duration::from_secs(20), start(2, 3).await.unwrap().rest()).await;
        assert_eq!(completed(&small.expect("it has its turn").unwrap()), "{\"n\":303}");
        let still = tokio::time::timeout(Duration::ZERO, wide_run.rest()).await;
        assert!(still.is_err(), "the wide run is still at work");
    }
}
