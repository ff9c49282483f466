//! Hosts that go down, and what the next one finds.

use std::sync::Arc;

use lockstep_core::run::{Change, Parked, Status};
use lockstep_journal::Memory;
use lockstep_test_support::script::{Deed, deed, work};

use super::disturbed::{Call, Disturbed, Fate, writes};
use super::lab::{Told, changes, completed, id, mended, on, read, run, script, soon, start, state};
use crate::{Host, Request, Settings, Until};

#[tokio::test]
async fn a_run_that_was_cut_off_is_taken_up_where_it_was() {
    for reload in [false, true] {
        let memory = Arc::new(Memory::new());
        let journal = Disturbed::over(memory.clone(), |call| match call {
            Call::Commit(group) if writes(group, "b") => Fate::Hangs,
            _ => Fate::Goes,
        });
        let parts = ["a", "b", "c"]
            .map(|key| work(&[deed("add", key).n(1), deed("publish", key).value("1"), deed("grow", "text")]));
        let host = Host::new(Settings { reload, ..on(journal.clone()) });
        start(&host, &script(""), 1, &parts).await;
        journal.caught().await;
        drop(host);
        let host = Host::new(Settings { reload, ..on(memory.clone()) });
        host.take_up(&script("")).await.unwrap();
        assert_eq!(completed(&soon(host.run(id(1)).rest()).await.unwrap()), "{\"n\":3}");
        let (run, changes) = (read(&*memory, &id(1)).await, changes(&*memory, &id(1)).await);
        let once = ["a", "b", "c", "gathered"].map(|key| (key, "1".to_owned()));
        assert_eq!(state(&run), [&once[..], &[("text", "\"xxx\"".to_owned())]].concat());
        let updates = changes.iter().filter(|change| matches!(change, Change::Update { .. }));
        assert_eq!(updates.count(), 3);
        let attempts = changes.iter().filter_map(|change| match change {
            Change::Attempt { attempt, .. } => Some(*attempt),
            _ => None,
        });
        assert_eq!(attempts.max(), Some(1), "a crash costs no attempt");
    }
}

/// A run whose only part does these deeds, the last of which never ends: the host crashes meanwhile.
async fn crash(memory: &Arc<Memory>, reload: bool, deeds: &[Deed]) {
    let told = Told::new();
    let host = Host::new(Settings { reload, observers: vec![told.clone()], ..on(memory.clone()) });
    let deployed = script("retry = { initial = \"1ms\" }");
    match read_status(memory).await {
        None => drop(start(&host, &deployed, 1, &[work(deeds)]).await),
        Some(_) => host.take_up(&deployed).await.unwrap(),
    }
    told.until(|seen| !seen.published.is_empty()).await;
}

async fn read_status(memory: &Memory) -> Option<Status> {
    let run = crate::archive::read(memory, &id(1)).await.unwrap();
    run.map(|run| run.status())
}

/// Who crashes the host again and again waits for an operator: how often it was seen to.
async fn expect_poison(reload: bool, deeds: &[Deed]) {
    let memory = Arc::new(Memory::new());
    // The first crash leaves no trace: only after it are attempts begun with a row.
    for _ in 0..4 {
        crash(&memory, reload, deeds).await;
    }
    let host = Host::new(on(memory.clone()));
    host.take_up(&script("retry = { initial = \"1ms\" }")).await.unwrap();
    let rest = soon(host.run(id(1)).wait(Until::Rest)).await.unwrap();
    assert_eq!(rest.status, Status::Parked);
    let run = read(&*memory, &id(1)).await;
    assert_eq!(run.open().map(|delivery| delivery.parked).collect::<Vec<_>>(), [Some(Parked::Poison)]);
    drop(host);
    let host = Host::new(on(memory.clone()));
    host.take_up(&mended("")).await.unwrap();
    host.ask(&id(1), Request::Retry { delivery: None, by: None }).await.unwrap();
    assert_eq!(completed(&soon(host.run(id(1)).rest()).await.unwrap()), "{\"n\":1}");
}

#[tokio::test]
async fn a_delivery_that_is_in_flight_at_every_crash_is_parked_as_poison() {
    for reload in [false, true] {
        expect_poison(reload, &[deed("publish", "here").value("1"), deed("spin", "")]).await;
    }
}

#[tokio::test]
async fn so_is_one_that_had_backed_off_before() {
    for reload in [false, true] {
        expect_poison(reload, &[deed("fail", "").n(2), deed("publish", "here").value("1"), deed("spin", "")])
            .await;
    }
}

#[tokio::test]
async fn a_host_that_stops_lets_everything_stand_and_the_next_one_goes_on() {
    for reload in [false, true] {
        let (memory, told) = (Arc::new(Memory::new()), Told::new());
        let settings = Settings { reload, observers: vec![told.clone()], ..on(memory.clone()) };
        let host = Host::new(settings);
        let parts = [work(&[deed("add", "a").n(1)]), work(&[deed("add", "b").n(1), deed("spin", "")])];
        let handle = start(&host, &script(""), 1, &parts).await;
        told.until(|seen| seen.began.len() == 3 && seen.reported.len() == 2).await;
        soon(host.stop()).await;
        assert!(matches!(handle.rest().await, Err(crate::Error::ShutDown)));
        let stood = read(&*memory, &id(1)).await;
        assert_eq!((stood.status(), state(&stood)), (Status::Running, vec![("a", "1".to_owned())]));
        let host = Host::new(Settings { reload, ..on(memory.clone()) });
        host.take_up(&mended("")).await.unwrap();
        assert_eq!(completed(&soon(host.run(id(1)).rest()).await.unwrap()), "{\"n\":2}");
        let changes = changes(&*memory, &id(1)).await;
        assert!(!changes.iter().any(|change| matches!(change, Change::Crashed { .. })), "nothing crashed");
        let once = ["a", "b", "gathered"].map(|key| (key, "1".to_owned()));
        assert_eq!(state(&read(&*memory, &id(1)).await), once);
    }
}

#[tokio::test]
async fn a_run_that_nobody_takes_up_goes_on_when_it_is_asked_for() {
    let memory = Arc::new(Memory::new());
    crash(&memory, false, &[deed("publish", "here").value("1"), deed("spin", "")]).await;
    let host = Host::new(on(memory.clone()));
    // Another run makes the workflow known here.
    assert_eq!(completed(&run(&host, &mended(""), 2, &[]).await), "{\"n\":0}");
    assert_eq!(completed(&soon(host.run(id(1)).rest()).await.unwrap()), "{\"n\":1}");
}

#[tokio::test]
async fn a_storage_that_does_not_say_for_a_while_who_was_cut_off_is_asked_again() {
    let memory = Arc::new(Memory::new());
    crash(&memory, false, &[deed("publish", "here").value("1"), deed("spin", "")]).await;
    let mut left = 2;
    let journal = Disturbed::over(memory.clone(), move |call| match call {
        Call::Due if left > 0 => {
            left -= 1;
            Fate::Fails(lockstep_core::journal::Error::Storage("disk I/O error".into()))
        }
        _ => Fate::Goes,
    });
    let told = Told::new();
    let host = Host::new(Settings { observers: vec![told.clone()], ..on(journal) });
    host.take_up(&mended("")).await.unwrap();
    told.until(|seen| seen.commits.iter().any(|commit| commit.summary.status == Status::Completed)).await;
}
