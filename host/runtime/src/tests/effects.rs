//! Calls that leave runs: the object that an attempt is given, asked by the test while the guest of that
//! attempt spins, against a real loop and a journal that can be disturbed.

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use lockstep_core::blob::Digest;
use lockstep_core::effect::{CallId, Denial, Ending, Intent, Keep, Leave};
use lockstep_core::event::{Json, Timestamp};
use lockstep_core::grant::http::{Approve, Host as Name, Network, Rate, Rule, Scheme};
use lockstep_core::journal::{self, Commit, Journal as _};
use lockstep_core::run::{Change, DeliveryStatus, Parked, Resolution, Status};
use lockstep_journal::Memory;
use lockstep_sandbox::Effects;
use lockstep_test_support::script::{self, deed, work};

use super::clocks::Hands;
use super::disturbed::{Call, Disturbed, Fate};
use super::lab::{Told, changes, deployed_with, id, on, read, soon, start};
use crate::effects::{Outgoing, Ticket};
use crate::partition::Partition;
use crate::{Deployed, Host, Reply, Request, RunHandle, Settings};

/// A host, and one standing in for the attempts that it makes.
pub(super) struct Lab {
    pub(super) host: Host,
    pub(super) line: crate::effects::Line,
    pub(super) told: Arc<Told>,
}

impl Lab {
    pub(super) fn new(settings: Settings) -> Lab {
        let told = Told::new();
        let partition = Partition::new(Settings { observers: vec![told.clone()], ..settings });
        let line = partition.line();
        Lab { host: Host::begun(partition), line, told }
    }

    /// A run whose one part spins, as the host's `which`-th; its handle, and the calls of that attempt.
    pub(super) async fn spins(&self, deployed: &Deployed, which: u128) -> (RunHandle, Outgoing) {
        let handle = start(&self.host, deployed, which, &[work(&[deed("spin", "")])]).await;
        (handle, self.attempt(which, 2).await)
    }

    /// The calls of the `nth` attempt that is made of a run.
    pub(super) async fn attempt(&self, which: u128, nth: usize) -> Outgoing {
        self.attempt_of(which, u64::try_from(which).unwrap(), nth).await
    }

    /// The same of a run that is the host's `key`-th.
    async fn attempt_of(&self, which: u128, key: u64, nth: usize) -> Outgoing {
        let of_it = |began: &[crate::Attempt]| -> Vec<_> {
            let numbered = (1..).zip(began).filter(|(_, attempt)| attempt.run == id(which));
            numbered.map(|(number, attempt)| (number, attempt.delivery)).collect()
        };
        self.told.until(|seen| of_it(&seen.began).len() >= nth).await;
        let (number, delivery) = of_it(&self.told.seen().began)[nth - 1];
        Outgoing::new(Ticket { key, delivery, number }, self.line.clone())
    }
}

/// A workflow whose step may call, with further keys for it; its guests may spin for long.
pub(super) fn calling(step: &str) -> Deployed {
    calling_with(step, script::component())
}

fn calling_with(step: &str, component: Vec<u8>) -> Deployed {
    deployed_with(&script::workflow("", "", step), &[("all", component)], |workflow| {
        let grant = &mut workflow.steps[0].grant;
        grant.http.rules.push(rule());
        grant.limits.cpu = Duration::from_secs(60);
    })
}

pub(super) fn rule() -> Rule {
    Rule {
        host: Name::Exactly("pay.example".into()),
        scheme: Scheme::Https,
        port: 443,
        methods: vec!["POST".into()],
        paths: Vec::new(),
        query: None,
        network: Network::Public,
        secret: None,
        idempotency: None,
        at_most_once: true,
        redirects: false,
        request_bytes: 1 << 10,
        response_bytes: 1 << 10,
        timeout: Duration::from_secs(1),
        rate: Some(Rate { calls: 1, per: Duration::from_secs(60) }),
        reuse: false,
        approve: Approve::Never,
    }
}

pub(super) fn plain(what: &str) -> Intent {
    Intent {
        id: call(what),
        capability: "http".into(),
        what: what.into(),
        rule: "https://pay.example:443".into(),
        at_most_once: false,
        keep: Keep::No,
        calls: None,
        within: None,
        ask: None,
        rate: None,
    }
}

fn once(what: &str) -> Intent {
    Intent { at_most_once: true, ..plain(what) }
}

pub(super) fn call(what: &str) -> CallId {
    CallId { digest: Digest::of(what.as_bytes()), nth: 1 }
}

/// An answer as a person says it.
const PAID: &str = r#"{"status":200,"text":"paid"}"#;

fn answered(answer: &str) -> Ending {
    Ending::Answered { answer: Some(Json::trusted(answer)), told: "200".into() }
}

fn starts(group: &[Commit]) -> bool {
    let mut records = group.iter().flat_map(|commit| &commit.records);
    records.any(|record| matches!(record.change, Change::EffectStarted { .. }))
}

fn ends(group: &[Commit]) -> bool {
    let mut records = group.iter().flat_map(|commit| &commit.records);
    records.any(|record| matches!(record.change, Change::EffectEnded { .. }))
}

pub(super) async fn is_pending<T>(future: &mut (impl Future<Output = T> + Unpin)) -> bool {
    std::future::poll_fn(|cx| Poll::Ready(std::pin::Pin::new(&mut *future).poll(cx).is_pending())).await
}

/// What of a run is parked, and why.
async fn parked(journal: &dyn journal::Journal, which: u128) -> Vec<Option<Parked>> {
    let run = read(journal, &id(which)).await;
    run.open().map(|open| open.parked).filter(Option::is_some).collect()
}

async fn resolve(host: &Host, which: u128, how: Resolution) -> Reply {
    let request = Request::Resolve { delivery: None, effect: None, how, by: Some("ann".into()) };
    soon(host.ask(&id(which), request)).await.unwrap()
}

#[tokio::test]
async fn a_call_that_may_be_made_once_goes_out_when_that_is_written_and_not_before() {
    let journal = Disturbed::new(|call| match call {
        Call::Commit(group) if starts(group) || ends(group) => Fate::Waits,
        _ => Fate::Goes,
    });
    let lab = Lab::new(on(journal.clone()));
    let (_handle, calls) = lab.spins(&calling(""), 1).await;
    let mut leave = pin!(calls.begin(once("POST a")));
    assert!(is_pending(&mut leave).await);
    journal.caught().await;
    assert!(is_pending(&mut leave).await);
    journal.release();
    assert_eq!(soon(leave).await, Ok(Leave::Go));
    let mut done = pin!(calls.end(call("POST a"), answered("1")));
    assert!(is_pending(&mut done).await);
    journal.caught().await;
    assert!(is_pending(&mut done).await);
    journal.release();
    assert_eq!(soon(done).await, Ok(()));
    let rows = changes(&*journal.inner, &id(1)).await;
    assert!(rows.iter().any(|row| matches!(row, Change::EffectEnded { payload: Some(_), .. })));
}

#[tokio::test]
async fn a_call_that_may_be_repeated_does_not_wait_for_the_journal() {
    let journal = Disturbed::new(|call| match call {
        Call::Commit(group) if starts(group) || ends(group) => Fate::Hangs,
        _ => Fate::Goes,
    });
    let lab = Lab::new(on(journal));
    let (_handle, calls) = lab.spins(&calling(""), 1).await;
    assert_eq!(soon(calls.begin(plain("GET a"))).await, Ok(Leave::Go));
    assert_eq!(soon(calls.end(call("GET a"), answered("1"))).await, Ok(()));
    assert_eq!(soon(calls.begin(plain("GET b"))).await, Ok(Leave::Go));
}

#[tokio::test]
async fn an_attempt_whose_time_is_up_in_the_middle_of_such_a_call_leaves_it_to_a_person() {
    for reload in [false, true] {
        let memory = Arc::new(Memory::new());
        let lab = Lab::new(Settings { reload, ..on(memory.clone()) });
        let (_handle, calls) = lab.spins(&calling("timeout = \"300ms\""), 1).await;
        assert_eq!(soon(calls.begin(once("POST a"))).await, Ok(Leave::Go));
        lab.told.until(|seen| seen.commits.iter().any(|commit| commit.summary.parked == 1)).await;
        assert_eq!(parked(&*memory, 1).await, [Some(Parked::UnknownEffect)]);
        assert!(soon(calls.end(call("POST a"), answered("1"))).await.is_err(), "too late");
        let retry = Request::Retry { delivery: None, by: None };
        let refused = soon(lab.host.ask(&id(1), retry)).await.unwrap();
        assert!(matches!(refused, Reply::Refused { code, .. } if code == "unknown-effect"));

        assert_eq!(resolve(&lab.host, 1, Resolution::Done(Json::trusted(PAID))).await, Reply::Done);
        let next = lab.attempt(1, 3).await;
        assert_eq!(soon(next.begin(once("POST a"))).await, Ok(Leave::Recorded(Json::trusted(PAID))));
        assert!(soon(calls.begin(once("POST b"))).await.is_err(), "another attempt is out");
    }
}

#[tokio::test]
async fn another_process_may_say_what_came_of_it() {
    let memory = Arc::new(Memory::new());
    let inbox = Some(Duration::from_millis(5));
    let lab = Lab::new(Settings { inbox, ..on(memory.clone()) });
    let (_handle, calls) = lab.spins(&calling("timeout = \"300ms\""), 1).await;
    assert_eq!(soon(calls.begin(once("POST a"))).await, Ok(Leave::Go));
    lab.told.until(|seen| seen.commits.iter().any(|commit| commit.summary.parked == 1)).await;
    let how = Resolution::Done(Json::trusted(PAID));
    let request = Request::Resolve { delivery: None, effect: None, how, by: None };
    memory.post(&id(1), serde_json::to_vec(&request).unwrap()).await.unwrap();
    let next = lab.attempt(1, 3).await;
    assert_eq!(soon(next.begin(once("POST a"))).await, Ok(Leave::Recorded(Json::trusted(PAID))));
}

#[tokio::test]
async fn what_was_said_before_an_attempt_ended_counts() {
    let memory = Arc::new(Memory::new());
    let lab = Lab::new(on(memory.clone()));
    let (_handle, calls) = lab.spins(&calling("timeout = \"300ms\""), 1).await;
    assert_eq!(soon(calls.begin(once("POST a"))).await, Ok(Leave::Go));
    assert_eq!(soon(calls.end(call("POST a"), answered("1"))).await, Ok(()));
    let next = lab.attempt(1, 3).await;
    assert_eq!(soon(next.begin(once("POST a"))).await, Ok(Leave::Recorded(Json::trusted("1"))));
    assert_eq!(parked(&*memory, 1).await, []);
}

#[tokio::test]
async fn a_host_that_is_stopped_or_goes_down_leaves_it_to_a_person() {
    for is_stopped in [true, false] {
        let memory = Arc::new(Memory::new());
        let (lab, spins) = (Lab::new(on(memory.clone())), calling(""));
        let (_handle, calls) = lab.spins(&spins, 1).await;
        assert_eq!(soon(calls.begin(once("POST a"))).await, Ok(Leave::Go));
        match is_stopped {
            true => soon(lab.host.stop()).await,
            false => drop(lab.host),
        }
        assert_eq!(parked(&*memory, 1).await.len(), usize::from(is_stopped));
        assert!(soon(calls.begin(once("POST b"))).await.is_err());

        let host = Host::new(on(memory.clone()));
        let mended = calling_with("", script::mended());
        host.take_up(&mended).await.unwrap();
        let handle = host.run(id(1));
        let rest = soon(handle.wait(crate::Until::Rest)).await.unwrap();
        assert_eq!(rest.status, Status::Parked);
        assert_eq!(parked(&*memory, 1).await, [Some(Parked::UnknownEffect)]);
        assert_eq!(resolve(&host, 1, Resolution::NotMade).await, Reply::Done);
        assert_eq!(soon(handle.rest()).await.unwrap().status, Status::Completed);
    }
}

#[tokio::test]
async fn a_run_that_ends_ends_the_calls_of_its_attempts() {
    let lab = Lab::new(on(Arc::new(Memory::new())));
    let (handle, calls) = lab.spins(&calling(""), 1).await;
    assert_eq!(soon(calls.begin(once("POST a"))).await, Ok(Leave::Go));
    soon(lab.host.ask(&id(1), Request::Cancel)).await.unwrap();
    assert_eq!(soon(handle.rest()).await.unwrap().status, Status::Cancelled);
    assert!(soon(calls.begin(once("POST b"))).await.is_err());
    assert!(soon(calls.end(call("POST a"), answered("1"))).await.is_err());
}

#[tokio::test]
async fn a_rate_counts_the_calls_of_all_runs() {
    let clock = Hands::at(1_000_000);
    let lab = Lab::new(Settings { clock: clock.clone(), ..on(Arc::new(Memory::new())) });
    let spins = calling("");
    let (_first, one) = lab.spins(&spins, 1).await;
    let (_second, two) = lab.spins(&spins, 2).await;
    let rate = Some(Rate { calls: 1, per: Duration::from_secs(60) });
    let limited = |what| Intent { rate, ..plain(what) };
    assert_eq!(soon(one.begin(limited("GET a"))).await, Ok(Leave::Go));
    assert_eq!(soon(two.begin(limited("GET b"))).await, Ok(Leave::NotBefore(Timestamp(1_060_000))));
    let other = Intent { rule: "https://other.example:443".into(), ..limited("GET c") };
    assert_eq!(soon(two.begin(other)).await, Ok(Leave::Go), "another rule has a window of its own");
    clock.set(1_060_000);
    assert_eq!(soon(two.begin(limited("GET b"))).await, Ok(Leave::Go));
}

#[tokio::test]
async fn a_rate_counts_the_calls_of_hosts_before_this_one() {
    let (clock, memory) = (Hands::at(1_000_000), Arc::new(Memory::new()));
    let rate = Some(Rate { calls: 1, per: Duration::from_secs(60) });
    let limited = |what| Intent { rate, ..plain(what) };
    let spins = calling("");
    let settings = || Settings { clock: clock.clone(), ..on(memory.clone()) };
    let first = Lab::new(settings());
    let (_handle, calls) = first.spins(&spins, 1).await;
    assert_eq!(soon(calls.begin(limited("GET a"))).await, Ok(Leave::Go));
    first.host.stop().await;
    clock.set(1_059_999);
    let second = Lab::new(settings());
    let handle = start(&second.host, &spins, 2, &[work(&[deed("spin", "")])]).await;
    let calls = second.attempt_of(2, 1, 2).await;
    assert_eq!(soon(calls.begin(limited("GET b"))).await, Ok(Leave::NotBefore(Timestamp(1_060_000))));
    drop(handle);
}

#[tokio::test]
async fn what_is_denied_is_written_once_each_and_not_for_ever() {
    let memory = Arc::new(Memory::new());
    let lab = Lab::new(on(memory.clone()));
    let (_handle, calls) = lab.spins(&calling(""), 1).await;
    for n in 0..300 {
        let what = format!("GET {}", n / 2).into();
        calls.denied(Denial { capability: "http".into(), what, why: "path".into(), tool: None });
    }
    // Whatever is asked after it is decided after it.
    assert_eq!(soon(calls.begin(once("POST a"))).await, Ok(Leave::Go));
    let rows = changes(&*memory, &id(1)).await;
    assert_eq!(rows.iter().filter(|row| matches!(row, Change::Denied { .. })).count(), 100);
}

#[tokio::test]
async fn an_answer_that_the_journal_can_never_take_leaves_it_to_a_person() {
    let journal = Disturbed::new(|call| match call {
        Call::Commit(group) if ends(group) => Fate::Fails(journal::Error::Refused("too large".into())),
        _ => Fate::Goes,
    });
    let lab = Lab::new(on(journal.clone()));
    let (_handle, calls) = lab.spins(&calling(""), 1).await;
    assert_eq!(soon(calls.begin(once("POST a"))).await, Ok(Leave::Go));
    assert!(soon(calls.end(call("POST a"), answered("1"))).await.is_err());
    lab.told.until(|seen| seen.commits.iter().any(|commit| commit.summary.parked == 1)).await;
    let rows = changes(&*journal.inner, &id(1)).await;
    let is_parked = |row: &&Change| {
        matches!(row, Change::Attempt { status: DeliveryStatus::Parked { why: Parked::UnknownEffect }, failure, .. }
            if failure.as_ref().is_some_and(|failure| failure.code == "journal"))
    };
    assert_eq!(rows.iter().filter(is_parked).count(), 1);
}
