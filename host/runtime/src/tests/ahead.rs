//! Runs that are ahead of their journal: what reaches nothing outside is attempted before what led to
//! it is written, and nobody can tell.

use std::sync::atomic::{AtomicUsize, Ordering};

use lockstep_core::event::Json;
use lockstep_core::journal::Error as Refusal;
use lockstep_core::run::{Change, RunId, Status};

use super::disturbed::{Call, Disturbed, Fate};
use super::lab::{Told, changes, completed, on, soon};
use super::sums::{deployed, plain, run_on};
use crate::{Deployed, Host, NewRun, Settings};

/// The steps of a fan-out of n, in the order in which they begin.
fn all(n: usize) -> Vec<&'static str> {
    [&["split"][..], &vec!["work"; n], &["sum"]].concat()
}

fn begun(told: &Told) -> Vec<String> {
    told.seen().began.iter().map(|attempt| attempt.step.to_string()).collect()
}

/// Nothing of it is written until the test lets it go; the rest is.
fn held() -> std::sync::Arc<Disturbed> {
    let commits = AtomicUsize::new(0);
    Disturbed::new(move |call| match call {
        Call::Commit(_) if commits.fetch_add(1, Ordering::SeqCst) == 0 => Fate::Waits,
        _ => Fate::Goes,
    })
}

async fn start(host: &Host, deployed: &Deployed, n: u32) -> Result<crate::RunHandle, crate::Error> {
    let payload = Json::trusted(format!("{{\"n\":{n}}}"));
    host.start(deployed, NewRun::new(RunId::fresh("sums", 1 << 32), payload)).await
}

#[tokio::test]
async fn a_run_of_pure_steps_comes_to_its_end_while_its_start_is_being_written() {
    let (journal, told) = (held(), Told::new());
    let host = Host::new(Settings { observers: vec![told.clone()], ..on(journal.clone()) });
    let deployed = plain();
    let mut started = Box::pin(start(&host, &deployed, 5));
    tokio::select! {
        _ = &mut started => panic!("nothing is accepted that is not written"),
        () = told.until(|seen| seen.reported.len() == all(5).len()) => {}
    }
    assert_eq!(begun(&told), all(5));
    assert!(told.seen().commits.is_empty(), "and nobody hears of it");
    journal.release();
    let handle = soon(started).await.unwrap();
    assert_eq!(completed(&soon(handle.rest()).await.unwrap()), "{\"n\":510}");
}

#[tokio::test]
async fn a_step_that_tells_those_who_watch_waits_for_what_led_to_it() {
    let (journal, told) = (held(), Told::new());
    let host = Host::new(Settings { observers: vec![told.clone()], ..on(journal.clone()) });
    let loud = deployed("", "[steps.work.grant]\nupdates = {}", "");
    let mut started = Box::pin(start(&host, &loud, 5));
    tokio::select! {
        _ = &mut started => panic!("nothing is accepted that is not written"),
        () = told.until(|seen| seen.reported.len() == 1) => {}
    }
    tokio::task::yield_now().await;
    assert_eq!(begun(&told), ["split"]);
    journal.release();
    let handle = soon(started).await.unwrap();
    assert_eq!(completed(&soon(handle.rest()).await.unwrap()), "{\"n\":510}");
}

#[tokio::test]
async fn a_run_goes_so_far_ahead_and_no_farther() {
    let (journal, told) = (held(), Told::new());
    let host = Host::new(Settings { observers: vec![told.clone()], ahead: 3, ..on(journal.clone()) });
    let deployed = plain();
    let mut started = Box::pin(start(&host, &deployed, 9));
    tokio::select! {
        _ = &mut started => panic!("nothing is accepted that is not written"),
        () = told.until(|seen| seen.reported.len() >= 3) => {}
    }
    // The start is one commit and the split another; all that may begin at the third has begun.
    assert!(!begun(&told).contains(&"sum".to_owned()));
    journal.release();
    drop(started);
}

#[tokio::test]
async fn what_follows_on_a_start_that_is_refused_has_never_been() {
    let (waits, told) = (AtomicUsize::new(0), Told::new());
    let journal = Disturbed::new(move |call| match call {
        Call::Commit(_) if waits.fetch_add(1, Ordering::SeqCst) == 0 => {
            Fate::Fails(Refusal::Refused("too big".into()))
        }
        _ => Fate::Goes,
    });
    let host = Host::new(Settings { observers: vec![told.clone()], ..on(journal.clone()) });
    assert!(start(&host, &plain(), 5).await.is_err());
    assert_eq!(changes(&*journal, &RunId::fresh("sums", 1 << 32)).await, []);
    assert!(told.seen().commits.is_empty());
    assert_eq!(completed(&run_on(&host, &plain(), 2, 5).await), "{\"n\":510}", "others go on");
}

#[tokio::test]
async fn what_follows_on_an_outcome_that_is_refused_is_dropped_with_it() {
    let (journal, told) = (refuses_the_split(), Told::new());
    let host = Host::new(Settings { observers: vec![told.clone()], ..on(journal.clone()) });
    let rest = run_on(&host, &plain(), 1, 5).await;
    assert_eq!(rest.status, Status::Failed, "{rest:?}");
    assert!(rest.reason.unwrap().contains("invalid `journal`"));
    let written = changes(&*journal, &RunId::fresh("sums", 1 << 32)).await;
    assert!(!written.iter().any(|change| matches!(change, Change::Opened { .. })));
    let told = told.seen().changes().cloned().collect::<Vec<_>>();
    assert_eq!(told, written, "whoever watches has heard of what is written and of nothing else");
}

/// Whatever a split has led to by then stands behind it in a later group.
fn refuses_the_split() -> std::sync::Arc<Disturbed> {
    Disturbed::new(|call| match call {
        Call::Commit(group) => {
            let mut records = group.iter().flat_map(|commit| &commit.records);
            match records.any(|record| matches!(record.change, Change::Opened { .. })) {
                true => Fate::Fails(Refusal::Refused("too big".into())),
                false => Fate::Goes,
            }
        }
        _ => Fate::Goes,
    })
}
