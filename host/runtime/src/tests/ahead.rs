//! Runs that are ahead of their journal: what reaches nothing outside is attempted before what led to
//! it is written, and nobody can tell.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lockstep_core::event::Json;
use lockstep_core::journal::Error as Refusal;
use lockstep_core::run::{Change, DeliveryStatus, RunId, Status};
use lockstep_journal::Memory;

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
fn held() -> Arc<Disturbed> {
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
fn refuses_the_split() -> Arc<Disturbed> {
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

#[tokio::test]
async fn a_run_is_read_back_only_when_all_that_it_has_decided_is_written() {
    let commits = AtomicUsize::new(0);
    let journal = Disturbed::new(move |call| match call {
        Call::Commit(_) if commits.fetch_add(1, Ordering::SeqCst) == 2 => Fate::Waits,
        _ => Fate::Goes,
    });
    let told = Told::new();
    let host =
        Host::new(Settings { reload: true, slots: 1, observers: vec![told.clone()], ..on(journal.clone()) });
    let handle = start(&host, &plain(), 5).await.unwrap();
    journal.caught().await;
    // The first work is being written, and all the others come back meanwhile.
    told.until(|seen| seen.reported.len() == all(5).len() - 1).await;
    journal.release();
    assert_eq!(completed(&soon(handle.rest()).await.unwrap()), "{\"n\":510}");
    assert_eq!(begun(&told), all(5), "nothing is attempted again");
}

#[tokio::test]
async fn an_attempt_whose_run_is_ended_before_its_row_is_written_does_not_begin() {
    let (memory, id) = (Arc::new(Memory::new()), RunId::fresh("sums", 1 << 32));
    let first = Host::new(Settings { ahead: 0, ..on(dies_after(1, &memory)) });
    start(&first, &plain(), 5).await.unwrap();
    drop(first);
    // Taken up, the split is begun with a row: that is held until the run is cancelled.
    let held = Disturbed::over(memory.clone(), |call| match call {
        Call::Commit(group) if begins(group) => Fate::Waits,
        _ => Fate::Goes,
    });
    let told = Told::new();
    let host = Host::new(Settings { observers: vec![told.clone()], ..on(held.clone()) });
    host.take_up(&plain()).await.unwrap();
    held.caught().await;
    let mut cancelled = Box::pin(host.ask(&id, crate::Request::Cancel));
    tokio::select! {
        biased;
        _ = &mut cancelled => panic!("nothing is answered that is not written"),
        () = async { for _ in 0..20 { tokio::task::yield_now().await } } => {}
    }
    held.release();
    soon(cancelled).await.unwrap();
    assert_eq!(begun(&told), [""; 0]);
}

fn begins(group: &[lockstep_core::journal::Commit]) -> bool {
    let mut records = group.iter().flat_map(|commit| &commit.records);
    records.any(|record| matches!(record.change, Change::Began { .. }))
}

/// Goes down for good once so many groups are written.
fn dies_after(groups: usize, memory: &Arc<Memory>) -> Arc<Disturbed> {
    let written = AtomicUsize::new(0);
    Disturbed::over(memory.clone(), move |call| match call {
        Call::Commit(_) if written.fetch_add(1, Ordering::SeqCst) == groups => Fate::Hangs,
        _ => Fate::Goes,
    })
}

#[tokio::test]
async fn wherever_the_host_goes_down_nobody_can_tell_that_a_run_was_ahead() {
    for (ahead, groups) in [0, 64].into_iter().flat_map(|ahead| (0..9).map(move |groups| (ahead, groups))) {
        let (memory, id) = (Arc::new(Memory::new()), RunId::fresh("sums", 1 << 32));
        let journal = dies_after(groups, &memory);
        let host = Host::new(Settings { ahead, ..on(journal.clone()) });
        let deployed = plain();
        let ends = async {
            let started = start(&host, &deployed, 5).await;
            drop(started.unwrap().rest().await);
        };
        tokio::select! {
            () = ends => {}
            () = journal.caught() => {}
        }
        drop(host);
        let host = Host::new(Settings { ahead, ..on(memory.clone()) });
        host.take_up(&deployed).await.unwrap();
        if groups == 0 {
            assert_eq!(changes(&*memory, &id).await, [], "what was not accepted has never been");
            continue;
        }
        assert_eq!(completed(&soon(host.run(id.clone()).rest()).await.unwrap()), "{\"n\":510}");
        let done = changes(&*memory, &id)
            .await
            .into_iter()
            .filter(|change| matches!(change, Change::Attempt { status: DeliveryStatus::Done, .. }));
        assert_eq!(done.count(), all(5).len(), "each is done once: ahead {ahead}, {groups} groups written");
    }
}
