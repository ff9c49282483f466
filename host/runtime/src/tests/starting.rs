//! Starts that come twice, and runs that go on from others.

use std::sync::Arc;

use lockstep_core::journal::{Journal, Query};
use lockstep_core::run::{RunId, Status};
use lockstep_journal::Memory;
use lockstep_test_support::script::{deed, question, work};

use super::disturbed::{Call, Disturbed, Fate};
use super::lab::{
    begun, changes, completed, done, id, new, on, read, run, script, settings, soon, start, state,
};
use crate::{Error, Host, NewRun, Settings};

fn keyed(parts: &[serde_json::Value]) -> NewRun {
    NewRun { id: RunId::keyed("script", "once"), key: Some("once".into()), ..new(1, parts) }
}

#[tokio::test]
async fn a_second_start_with_the_same_key_finds_the_same_run() {
    for reload in [false, true] {
        let memory = Arc::new(Memory::new());
        let parts = [work(&[deed("add", "a").n(1)])];
        for is_new in [true, false] {
            let host = Host::new(Settings { reload, ..on(memory.clone()) });
            for is_first in [true, false] {
                let handle = host.start(&script(""), keyed(&parts)).await.unwrap();
                assert_eq!(handle.is_new(), is_new && is_first);
                assert_eq!(completed(&soon(handle.rest()).await.unwrap()), "{\"n\":1}");
            }
            let other = host.start(&script(""), keyed(&[])).await;
            assert!(matches!(other, Err(Error::KeyTaken { .. })), "{other:?}");
        }
        let all = Query { limit: 9, ..Query::default() };
        assert_eq!(memory.runs(&all).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn two_starts_with_one_key_at_the_same_time_are_one_run() {
    let mut held = false;
    let journal = Disturbed::new(move |call| match call {
        Call::Commit(_) if !held => {
            held = true;
            Fate::Waits
        }
        _ => Fate::Goes,
    });
    let (host, deployed) = (Host::new(on(journal.clone())), script(""));
    let mut other = [Box::pin(host.start(&deployed, new(2, &[])))];
    begun(&mut other).await;
    journal.caught().await;
    let mut both = [(); 2].map(|()| Box::pin(host.start(&deployed, keyed(&[]))));
    begun(&mut both).await;
    journal.release();
    let [first, second] = both;
    let (first, second) = (soon(first).await.unwrap(), soon(second).await.unwrap());
    assert_eq!((first.is_new(), second.is_new()), (true, false));
    assert_eq!(completed(&soon(second.rest()).await.unwrap()), "{\"n\":0}");
}

#[tokio::test]
async fn a_run_that_continues_another_has_its_state_and_shows_it_to_attempts() {
    for reload in [false, true] {
        let memory = Arc::new(Memory::new());
        let host = Host::new(Settings { reload, ..on(memory.clone()) });
        let wrote = [
            deed("set", "word").value("\"hello\""),
            deed("add", "count").n(2),
            deed("append", "list").value("7"),
        ];
        run(&host, &script(""), 1, &[work(&wrote)]).await;
        let parts = [work(&[deed("get", "word"), deed("keys", "")]), work(&[deed("add", "count").n(3)])];
        let second = NewRun { continues: Some(id(1)), ..new(2, &parts) };
        let handle = host.start(&script("concurrency = 1"), second).await.unwrap();
        assert_eq!(completed(&soon(handle.rest()).await.unwrap()), "{\"n\":2}");
        let told = changes(&*memory, &id(2)).await;
        assert!(
            done(&told).contains(&r#"{"value":"\"hello\"","all":["count","gathered","list","word"]}"#),
            "{told:?}"
        );
        let expected = [("count", "5"), ("gathered", "2"), ("list", "[7]"), ("word", "\"hello\"")];
        assert_eq!(
            state(&read(&*memory, &id(2)).await),
            expected.map(|(key, value)| (key, value.to_owned()))
        );
        // The host after this one reads the same.
        let host = Host::new(on(memory.clone()));
        let third = NewRun { continues: Some(id(2)), ..new(3, &[work(&[deed("get", "count")])]) };
        let handle = host.start(&script(""), third).await.unwrap();
        soon(handle.rest()).await.unwrap();
        assert_eq!(done(&changes(&*memory, &id(3)).await), [r#"{"value":"5","all":[]}"#]);
    }
}

#[tokio::test]
async fn only_a_run_that_has_ended_is_continued() {
    let host = Host::new(settings());
    start(&host, &script(""), 1, &[question()]).await;
    let of = |before| NewRun { continues: Some(before), ..new(2, &[]) };
    let early = host.start(&script(""), of(id(1))).await;
    assert!(
        matches!(early, Err(Error::NotEnded { status: Status::Running | Status::Waiting, .. })),
        "{early:?}"
    );
    let nobody = host.start(&script(""), of(id(7))).await;
    assert!(matches!(nobody, Err(Error::Unknown { .. })), "{nobody:?}");
}
