//! Journals that refuse, fail for a while, or were taken over: nobody acts upon what is not written,
//! and a refusal is nobody's but its own.

use std::sync::Arc;

use lockstep_core::journal::{Commit, Error as Refusal};
use lockstep_core::outcome::Class;
use lockstep_core::run::{Change, DeliveryStatus, Status};
use lockstep_test_support::script::{deed, work};

use super::disturbed::{Call, Disturbed, Fate, writes};
use super::lab::{Told, begun, changes, completed, id, on, run, script, soon, start, state};
use crate::{Error, Host, Reply, Request, Settings};

/// A journal that cannot take what changes the key `bad`.
fn picky() -> Arc<Disturbed> {
    Disturbed::new(|call| match call {
        Call::Commit(group) if writes(group, "bad") => Fate::Fails(Refusal::Refused("too big".into())),
        _ => Fate::Goes,
    })
}

fn becomes(group: &[Commit], wanted: Status) -> bool {
    let mut records = group.iter().flat_map(|commit| &commit.records);
    records.any(|record| matches!(&record.change, Change::Status { status, .. } if *status == wanted))
}

#[tokio::test]
async fn an_outcome_that_is_refused_fails_its_attempt_and_no_other() {
    for reload in [false, true] {
        let journal = picky();
        let host = Host::new(Settings { reload, ..on(journal.clone()) });
        let parts = ["a", "bad", "b", "c", "bad", "d"].map(|key| work(&[deed("add", key).n(1)])).to_vec();
        let other = start(&host, &script(""), 2, &parts[2..4]).await;
        let rest = run(&host, &script("gather = { failed = \"skip\" }"), 1, &parts).await;
        assert_eq!(completed(&rest), "{\"n\":4}");
        assert_eq!(completed(&soon(other.rest()).await.unwrap()), "{\"n\":2}");
        let failed: Vec<_> = changes(&*journal, &id(1))
            .await
            .into_iter()
            .filter_map(|change| match change {
                Change::Attempt { status: DeliveryStatus::Failed, failure, .. } => failure,
                _ => None,
            })
            .collect();
        assert_eq!(failed.len(), 2);
        for failure in failed {
            assert_eq!((failure.class, &*failure.code), (Class::Invalid, "journal"));
            assert_eq!(failure.message, "what it wanted written was refused: too big");
        }
        let run = super::lab::read(&*journal, &id(1)).await;
        let once = ["a", "b", "c", "d", "gathered"].map(|key| (key, "1".to_owned()));
        assert_eq!(state(&run), once);
    }
}

#[tokio::test]
async fn whoever_is_in_flight_beside_refused_outcomes_is_not_taken_for_poison() {
    let (journal, told) = (picky(), Told::new());
    let host = Host::new(Settings { observers: vec![told.clone()], ..on(journal.clone()) });
    let again = "retry = { attempts = 6, initial = \"1ms\", on = [\"invalid\"] }";
    let parts = [work(&[deed("add", "bad").n(1)]), work(&[deed("spin", "")])];
    let handle =
        start(&host, &script(&format!("{again}\ngather = {{ failed = \"skip\" }}")), 1, &parts).await;
    let is_final = |change: &Change| {
        matches!(change, Change::Attempt { status: DeliveryStatus::Failed, failure: Some(failure), .. }
            if failure.class == Class::Invalid)
    };
    told.until(|seen| seen.changes().any(is_final)).await;
    let crashed = |change: &Change| matches!(change, Change::Crashed { .. });
    assert!(!changes(&*journal, &id(1)).await.iter().any(crashed), "no host has crashed");
    host.ask(handle.id(), Request::Cancel).await.unwrap();
    assert_eq!(soon(handle.rest()).await.unwrap().status, Status::Cancelled);
}

#[tokio::test]
async fn nobody_hears_of_an_end_that_is_not_written() {
    let journal = Disturbed::new(|call| match call {
        Call::Commit(group) if becomes(group, Status::Completed) => Fate::Fails(Refusal::Fenced),
        _ => Fate::Goes,
    });
    let told = Told::new();
    let host = Host::new(Settings { observers: vec![told.clone()], ..on(journal) });
    let handle = start(&host, &script(""), 1, &[]).await;
    let rest = soon(handle.rest()).await;
    assert!(matches!(&rest, Err(Error::Journal { .. })), "{rest:?}");
    assert!(!told.seen().commits.iter().any(|commit| commit.summary.status.is_end()));
}

#[tokio::test]
async fn what_was_written_before_a_refusal_in_the_same_group_is_told_and_answered() {
    let mut held = false;
    let journal = Disturbed::new(move |call| match call {
        // While this one waits, two commits of one run come together.
        Call::Commit(group) if !held && group.iter().any(|commit| commit.run == id(2)) => {
            held = true;
            Fate::Waits
        }
        Call::Commit(group)
            if group.iter().any(|commit| becomes(std::slice::from_ref(commit), Status::Cancelled)) =>
        {
            Fate::Fails(Refusal::Refused("too big".into()))
        }
        _ => Fate::Goes,
    });
    let told = Told::new();
    let host = Host::new(Settings { observers: vec![told.clone()], ..on(journal.clone()) });
    let spins = [work(&[deed("spin", "")])];
    start(&host, &script(""), 1, &spins).await;
    let other = super::lab::new(2, &[]);
    let run = id(1);
    let deployed = script("");
    let mut second = [Box::pin(host.start(&deployed, other))];
    begun(&mut second).await;
    journal.caught().await;
    let mut asked =
        [Request::Pause { by: None }, Request::Cancel].map(|request| Box::pin(host.ask(&run, request)));
    begun(&mut asked).await;
    journal.release();
    let [pause, cancel] = asked;
    assert_eq!(soon(pause).await.unwrap(), Reply::Done);
    assert!(matches!(soon(cancel).await, Err(Error::Journal { .. })));
    let paused = |commit: &Commit| becomes(std::slice::from_ref(commit), Status::Paused);
    assert!(told.seen().commits.iter().any(paused));
    let rest = soon(host.run(id(1)).wait(crate::Until::Rest)).await.unwrap();
    assert_eq!(rest.status, Status::Paused);
}

#[tokio::test]
async fn a_storage_that_fails_for_a_while_is_waited_for_and_told_of() {
    for reload in [false, true] {
        let mut left = 3;
        let journal = Disturbed::new(move |call| match call {
            Call::Commit(group) if left > 0 && writes(group, "a") => {
                left -= 1;
                Fate::Fails(Refusal::Storage("database or disk is full".into()))
            }
            _ => Fate::Goes,
        });
        let told = Told::new();
        let settings = Settings { reload, observers: vec![told.clone()], ..on(journal.clone()) };
        let host = Host::new(settings);
        let rest = run(&host, &script(""), 1, &[work(&[deed("add", "a").n(1)])]).await;
        assert_eq!(completed(&rest), "{\"n\":1}");
        assert_eq!(told.seen().troubled, 3);
        let run = super::lab::read(&*journal, &id(1)).await;
        assert_eq!(state(&run), [("a", "1".to_owned()), ("gathered", "1".to_owned())]);
    }
}
