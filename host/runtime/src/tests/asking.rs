//! Runs that wait for a person, in memory or not, and answers that come from other processes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lockstep_core::event::Json;
use lockstep_core::journal::{Journal, MessageId};
use lockstep_core::run::{Change, QuestionId, RunId, Status};
use lockstep_journal::Memory;
use lockstep_test_support::script::{deed, event, nap, question, work};

use super::disturbed::{Call, Disturbed, Fate};
use super::lab::{Told, changes, completed, id, on, read, script, settings, soon, start, state};
use crate::{Host, Reply, Request, Settings, Until};

/// The answer that adds 1 to a key.
fn answer(question: QuestionId, key: &str) -> Request {
    let answer = Json::trusted(event(&[deed("add", key).n(1)]).to_string());
    Request::Answer { question, answer, by: Some("ann".into()) }
}

async fn asked(journal: &dyn Journal, run: &RunId) -> QuestionId {
    read(journal, run).await.questions().next().unwrap().0
}

#[tokio::test]
async fn somebody_waits_until_a_run_rests_or_until_it_ends() {
    let memory = Arc::new(Memory::new());
    let host = Host::new(on(memory.clone()));
    let handle = start(
        &host,
        &script("exhausted = \"park\"\nretry = { attempts = 1 }"),
        1,
        &[question(), work(&[deed("fail", "").n(2)])],
    )
    .await;
    let end = tokio::spawn({
        let handle = handle.clone();
        async move { handle.wait(Until::End).await }
    });
    let rest = soon(handle.wait(Until::Rest)).await.unwrap();
    assert_eq!(rest.status, Status::Waiting, "a question is open beside what is parked");
    host.ask(&id(1), answer(asked(&*memory, &id(1)).await, "yes")).await.unwrap();
    let rest = soon(async {
        loop {
            let rest = handle.wait(Until::Rest).await.unwrap();
            if rest.status == Status::Parked {
                return rest;
            }
        }
    });
    rest.await;
    host.ask(&id(1), Request::Pause { by: None }).await.unwrap();
    assert_eq!(soon(handle.wait(Until::Rest)).await.unwrap().status, Status::Paused);
    assert!(!end.is_finished());
    host.ask(&id(1), Request::Resume).await.unwrap();
    host.ask(&id(1), Request::Cancel).await.unwrap();
    assert_eq!(soon(end).await.unwrap().unwrap().status, Status::Cancelled);
}

/// More runs than stay in memory while they wait.
const MANY: u128 = 1024 + 40;

#[tokio::test]
async fn a_run_that_waits_leaves_the_memory_and_comes_back() {
    let loads = Arc::new(AtomicUsize::new(0));
    let journal = Disturbed::new({
        let loads = loads.clone();
        move |call| {
            if matches!(call, Call::Load(run) if *run == id(0) || *run == id(1)) {
                loads.fetch_add(1, Ordering::Relaxed);
            }
            Fate::Goes
        }
    });
    let clock = super::clocks::Hands::at(1000);
    let (host, deployed) = (Host::new(Settings { clock: clock.clone(), ..on(journal.clone()) }), script(""));
    let sleeper = start(&host, &deployed, 0, &[nap(&[deed("start", "bell").n(60_000)])]).await;
    for which in 1..MANY {
        let handle = start(&host, &deployed, which, &[question()]).await;
        assert_eq!(soon(handle.wait(Until::Rest)).await.unwrap().status, Status::Waiting);
    }
    assert_eq!(loads.load(Ordering::Relaxed), 0);
    let first = asked(&*journal.inner, &id(1)).await;
    assert_eq!(host.ask(&id(1), answer(first, "yes")).await.unwrap(), Reply::Done);
    assert_eq!(completed(&soon(host.run(id(1)).rest()).await.unwrap()), "{\"n\":1}");
    assert_eq!(loads.load(Ordering::Relaxed), 1, "it lay in the journal alone");
    clock.set(61_100);
    // Whatever is asked lets the host look at its clock.
    let last = asked(&*journal.inner, &id(MANY - 1)).await;
    host.ask(&id(MANY - 1), answer(last, "yes")).await.unwrap();
    let timer = async {
        while !read(&*journal.inner, &id(0)).await.status().is_end() {
            tokio::task::yield_now().await;
        }
    };
    soon(timer).await;
    assert_eq!(completed(&soon(sleeper.rest()).await.unwrap()), "{\"n\":1}");
    let run = read(&*journal.inner, &id(0)).await;
    assert_eq!(state(&run), [("bell", "1".to_owned()), ("gathered", "1".to_owned())]);
}

async fn reply(journal: &dyn Journal, message: MessageId) -> Reply {
    soon(async {
        loop {
            match journal.replied(message).await.unwrap() {
                Some(body) => return serde_json::from_slice(&body).unwrap(),
                None => tokio::task::yield_now().await,
            }
        }
    })
    .await
}

async fn post(journal: &dyn Journal, run: &RunId, request: &Request) -> MessageId {
    journal.post(run, serde_json::to_vec(request).unwrap()).await.unwrap()
}

fn owner(journal: Arc<dyn Journal>, reload: bool) -> Settings {
    Settings { inbox: Some(Duration::from_millis(1)), reload, ..on(journal) }
}

#[tokio::test]
async fn the_owner_does_what_others_ask_through_the_inbox() {
    for reload in [false, true] {
        let memory = Arc::new(Memory::new());
        let host = Host::new(owner(memory.clone(), reload));
        let handle = start(&host, &script(""), 1, &[question()]).await;
        soon(handle.wait(Until::Rest)).await.unwrap();
        let number = asked(&*memory, &id(1)).await;
        let asked = [(answer(number, "yes"), Reply::Done), (answer(number, "yes"), Reply::Same)];
        for (request, expected) in asked {
            let message = post(&*memory, &id(1), &request).await;
            assert_eq!(reply(&*memory, message).await, expected);
        }
        let code = async |run: &RunId, body: Vec<u8>| {
            let message = memory.post(run, body).await.unwrap();
            match reply(&*memory, message).await {
                Reply::Refused { code, .. } => code,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(code(&id(1), b"{".to_vec()).await, "unknown");
        assert_eq!(code(&id(9), serde_json::to_vec(&Request::Cancel).unwrap()).await, "unknown-run");
        assert_eq!(completed(&soon(handle.rest()).await.unwrap()), "{\"n\":1}");
        assert_eq!(code(&id(1), serde_json::to_vec(&answer(number, "no")).unwrap()).await, "answered");
        assert_eq!(memory.inbox(9).await.unwrap(), []);
        let run = read(&*memory, &id(1)).await;
        assert_eq!(state(&run), [("gathered", "1".to_owned()), ("yes", "1".to_owned())]);
    }
}

#[tokio::test]
async fn an_answer_is_taken_once_though_the_host_crashes_before_it_replies() {
    for reload in [false, true] {
        let memory = Arc::new(Memory::new());
        let journal = Disturbed::over(memory.clone(), |call| match call {
            Call::Reply => Fate::Hangs,
            _ => Fate::Goes,
        });
        let host = Host::new(owner(journal.clone(), reload));
        let handle = start(&host, &script(""), 1, &[question()]).await;
        soon(handle.wait(Until::Rest)).await.unwrap();
        let number = asked(&*memory, &id(1)).await;
        post(&*memory, &id(1), &answer(number, "yes")).await;
        journal.caught().await;
        drop(host);
        assert_eq!(memory.inbox(9).await.unwrap(), [], "the commit has taken it");
        let host = Host::new(owner(memory.clone(), reload));
        host.take_up(&script("")).await.unwrap();
        assert_eq!(completed(&soon(host.run(id(1)).rest()).await.unwrap()), "{\"n\":1}");
        let again = post(&*memory, &id(1), &answer(number, "yes")).await;
        assert_eq!(reply(&*memory, again).await, Reply::Same);
        let answers = changes(&*memory, &id(1)).await;
        assert_eq!(answers.iter().filter(|change| matches!(change, Change::Answered { .. })).count(), 1);
        let run = read(&*memory, &id(1)).await;
        assert_eq!(state(&run), [("gathered", "1".to_owned()), ("yes", "1".to_owned())]);
    }
}

#[tokio::test]
async fn what_is_asked_while_nobody_has_the_store_is_done_by_the_next_who_has() {
    let memory = Arc::new(Memory::new());
    let host = Host::new(on(memory.clone()));
    let handle = start(&host, &script(""), 1, &[question()]).await;
    soon(handle.wait(Until::Rest)).await.unwrap();
    host.stop().await;
    let number = asked(&*memory, &id(1)).await;
    let message = post(&*memory, &id(1), &answer(number, "yes")).await;
    let host = Host::new(owner(memory.clone(), false));
    host.take_up(&script("")).await.unwrap();
    assert_eq!(reply(&*memory, message).await, Reply::Done);
    assert_eq!(completed(&soon(host.run(id(1)).rest()).await.unwrap()), "{\"n\":1}");
}

#[tokio::test]
async fn a_person_who_skips_what_an_attempt_does_ends_that_attempt() {
    let told = Told::new();
    let host = Host::new(Settings { slots: 1, observers: vec![told.clone()], ..settings() });
    let spins = work(&[deed("publish", "here").value("1"), deed("spin", "")]);
    for (which, fails) in [(1, false), (2, true)] {
        let handle =
            start(&host, &script("gather = { failed = \"skip\" }"), which, std::slice::from_ref(&spins))
                .await;
        told.until(|seen| seen.published.len() == which as usize).await;
        let delivery = told.seen().published.last().unwrap().0.delivery;
        let request = match fails {
            true => Request::Fail { delivery, by: None },
            false => Request::Skip { delivery, events: Vec::new(), by: None },
        };
        assert_eq!(host.ask(&id(which), request).await.unwrap(), Reply::Done);
        // What follows needs the one slot, and has it without the attempt coming back.
        assert_eq!(completed(&soon(handle.rest()).await.unwrap()), "{\"n\":0}");
        let came_back = told
            .seen()
            .reported
            .iter()
            .any(|(attempt, _)| attempt.delivery == delivery && attempt.run == id(which));
        assert!(!came_back);
    }
}
