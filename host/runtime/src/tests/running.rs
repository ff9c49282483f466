//! Whole runs on real components, and how they end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lockstep_core::event::Json;
use lockstep_core::journal::Commit;
use lockstep_core::run::{RunId, Status};

use super::lab::{completed, settings};
use super::sums::{deployed, plain, run_on};
use crate::{Host, NewRun, Observer, Request, Settings};

#[tokio::test]
async fn a_fan_out_runs_on_real_components_and_its_gather_ends_the_run() {
    let host = Host::new(settings());
    assert_eq!(completed(&run_on(&host, &plain(), 1, 5).await), "{\"n\":510}");
    assert_eq!(completed(&run_on(&host, &plain(), 2, 0).await), "{\"n\":0}");
}

#[tokio::test]
async fn a_run_that_is_read_back_after_every_commit_comes_to_the_same() {
    let host = Host::new(Settings { reload: true, ..settings() });
    let retry = "retry = { attempts = 5, initial = \"1ms\" }";
    let skip = "gather = { failed = \"skip\" }";
    let rest = run_on(&host, &deployed("", retry, skip), 1, 9).await;
    assert_eq!(completed(&rest), format!("{{\"n\":{}}}", 8 * 100 + (0..9).sum::<u32>() - 7));
}

#[tokio::test]
async fn a_transient_failure_is_tried_again_and_its_end_is_the_runs() {
    let host = Host::new(settings());
    let patient =
        deployed("", "retry = { attempts = 3, initial = \"1ms\" }", "gather = { failed = \"skip\" }");
    assert_eq!(completed(&run_on(&host, &patient, 1, 9).await), "{\"n\":829}");
    let hasty = deployed("", "retry = { attempts = 2, initial = \"1ms\" }", "");
    let rest = run_on(&host, &hasty, 2, 9).await;
    assert_eq!(rest.status, Status::Failed);
    assert!(rest.reason.unwrap().starts_with("step `work` failed: "));
}

#[tokio::test]
async fn a_looping_guest_is_cut_as_soon_as_nobody_needs_it() {
    let host = Host::new(settings());
    let begun = Instant::now();
    let early = deployed("", "", "gather = { take = 7 }");
    assert_eq!(completed(&run_on(&host, &early, 1, 10).await), "{\"n\":721}");
    assert!(begun.elapsed() < Duration::from_secs(2), "its cpu limit is 2 s, its timeout 30 s");
}

#[tokio::test]
async fn a_runs_timeout_stops_a_looping_guest() {
    let host = Host::new(settings());
    let short = deployed("timeout = \"100ms\"", "", "gather = { failed = \"skip\" }");
    let begun = Instant::now();
    let rest = run_on(&host, &short, 1, 10).await;
    assert_eq!(rest.status, Status::TimedOut);
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_run_can_be_cancelled_while_a_guest_loops() {
    let host = Host::new(settings());
    let id = RunId::fresh("sums", 1 << 32);
    let looping = deployed("", "", "gather = { failed = \"skip\" }");
    let handle = host.start(&looping, NewRun::new(id.clone(), Json::trusted("{\"n\":10}"))).await.unwrap();
    host.ask(&id, Request::Cancel).await.unwrap();
    assert_eq!(handle.rest().await.unwrap().status, Status::Cancelled);
    assert_eq!(completed(&run_on(&host, &plain(), 2, 2).await), "{\"n\":201}");
}

struct Panics;

impl Observer for Panics {
    fn committed(&self, _: &Commit) {
        panic!("an observer of no use");
    }
}

#[tokio::test]
async fn an_observer_that_panics_fails_no_run() {
    let host = Host::new(Settings { observers: vec![Arc::new(Panics)], ..settings() });
    assert_eq!(completed(&run_on(&host, &plain(), 1, 3).await), "{\"n\":303}");
}
