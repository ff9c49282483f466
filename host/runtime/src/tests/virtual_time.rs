//! A clock that stands still until it is moved: what is due comes at once and in its order, and nothing comes while an
//! attempt is out.

use std::sync::Arc;

use lockstep_core::event::Timestamp;
use lockstep_core::outcome::{Class, Failure, Outcome};
use lockstep_core::run::{Change, Status};
use lockstep_journal::Memory;
use lockstep_sandbox::{Call, Report, Usage};
use lockstep_test_support::script::{self, deed, nap, question, work};
use tokio::sync::Semaphore;

use super::lab::{Told, deployed, id, on, read, script, soon, start};
use crate::{Attempting, Attempts, Clock, Deployed, Host, Rests, Settings, Virtual, Worker, archive};

const BEGIN: Timestamp = Timestamp(1_000_000);

/// Lets the time of whatever is due come until nothing is; the times.
async fn pass(clock: &Virtual) -> Vec<u64> {
    let mut times = Vec::new();
    while let Rests { until: Some(at) } = soon(clock.rests()).await {
        times.push(at.0 - BEGIN.0);
        clock.move_to(at);
    }
    times
}

fn host(clock: &Arc<Virtual>, memory: &Arc<Memory>) -> Host {
    Host::new(Settings { clock: clock.clone(), ..on(memory.clone()) })
}

#[tokio::test]
async fn days_pass_at_once_and_in_the_order_of_what_is_due() {
    let day = 24 * 60 * 60 * 1000;
    let (clock, memory) = (Virtual::at(BEGIN), Arc::new(Memory::new()));
    let host = host(&clock, &memory);
    let parts = [nap(&[deed("start", "late").n(3 * day)]), nap(&[deed("start", "early").n(day)])];
    let handle = start(&host, &script(""), 1, &parts).await;
    assert_eq!(pass(&clock).await, [day as u64, 3 * day as u64]);
    assert_eq!(soon(handle.rest()).await.unwrap().status, Status::Completed);
    let rows = archive::records(&*memory, &id(1)).await.unwrap();
    let fired = rows.iter().filter(|row| matches!(row.change, Change::TimerFired { .. }));
    let at: Vec<u64> = fired.map(|row| row.at.0 - BEGIN.0).collect();
    assert_eq!(at, [day as u64, 3 * day as u64], "each at its time");
}

#[tokio::test]
async fn deadlines_and_back_offs_are_times_like_any_other() {
    let text = script::workflow("", "deadline = \"3d\"", "gather = { failed = \"skip\" }");
    let asked = deployed(&text, &[("all", script::component())]);
    let fails = script("retry = { attempts = 3, initial = \"1h\", factor = 2, max = \"1d\", jitter = 0 }");
    let hour = 60 * 60 * 1000;
    for (deployed, part, times) in [
        (asked, question(), vec![3 * 24 * hour]),
        (fails, work(&[deed("fail", "").n(3)]), vec![hour, 3 * hour]),
    ] {
        let (clock, memory) = (Virtual::at(BEGIN), Arc::new(Memory::new()));
        let host = host(&clock, &memory);
        let handle = start(&host, &deployed, 1, &[part]).await;
        assert_eq!(pass(&clock).await, times);
        assert_eq!(soon(handle.rest()).await.unwrap().status, Status::Completed);
    }
}

#[tokio::test]
async fn a_run_that_only_a_person_can_move_lets_no_time_pass() {
    let (clock, memory) = (Virtual::at(BEGIN), Arc::new(Memory::new()));
    let host = host(&clock, &memory);
    start(&host, &script(""), 1, &[question()]).await;
    assert_eq!(pass(&clock).await, [] as [u64; 0]);
    assert_eq!(read(&*memory, &id(1)).await.status(), Status::Waiting);
    assert_eq!(clock.now(), BEGIN);
}

/// Fails when it may.
struct Slow(Semaphore);

impl Attempts for Slow {
    fn attempt(&self, call: Call) -> Attempting<'_> {
        Box::pin(async move {
            self.0.acquire().await.unwrap().forget();
            let failure = Failure {
                class: Class::Permanent,
                code: "stand-in".into(),
                message: format!("attempt {}", call.identity.attempt),
                retry_after: None,
                details: None,
            };
            Report { outcome: Outcome::Failed(failure), log: Vec::new(), usage: Usage::default() }
        })
    }
}

/// The workflow of deeds, with somebody in the place of its step.
fn stood_in(slow: &Arc<Slow>) -> Deployed {
    let real = script("");
    Deployed::load(real.workflow.clone(), |_, _| Ok::<_, ()>(Worker::StandIn(slow.clone()))).unwrap()
}

#[tokio::test]
async fn nothing_is_due_while_an_attempt_is_out_and_a_stand_in_is_an_attempt() {
    let slow = Arc::new(Slow(Semaphore::new(0)));
    let (clock, memory, told) = (Virtual::at(BEGIN), Arc::new(Memory::new()), Told::new());
    let host =
        Host::new(Settings { clock: clock.clone(), observers: vec![told.clone()], ..on(memory.clone()) });
    let handle = start(&host, &stood_in(&slow), 1, &[work(&[])]).await;
    told.until(|seen| seen.began.len() == 1).await;
    let waits = tokio::time::timeout(std::time::Duration::from_millis(20), clock.rests()).await;
    assert!(waits.is_err(), "the attempt is out");
    slow.0.add_permits(1);
    let rest = soon(handle.rest()).await.unwrap();
    assert_eq!(rest.status, Status::Failed);
    assert!(rest.reason.unwrap().contains("attempt 1"));
}
