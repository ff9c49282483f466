//! Calls that wait for a person, against a real loop: the object that an attempt is given is asked by the test
//! while the guest of that attempt spins until its time is up.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use lockstep_core::blob::Digest;
use lockstep_core::effect::{Ask, Intent, Leave, Moment, Proposal};
use lockstep_core::event::{Json, Timestamp};
use lockstep_core::grant::http::{Approve, PathPattern, Rule, Segment};
use lockstep_core::journal::{self, Commit, Journal as _};
use lockstep_core::run::{ApprovalId, Change, Status, Verdict};
use lockstep_journal::Memory;
use lockstep_sandbox::Effects as _;
use lockstep_test_support::script;

use super::clocks::Hands;
use super::disturbed::{Call, Disturbed, Fate};
use super::effects::{Lab, calling, is_pending, plain, rule};
use super::lab::{Told, deployed_with, id, on, read, soon};
use crate::partition::Partition;
use crate::{Deployed, Host, Reply, Request, RunHandle, Settings};

/// A spinning attempt ends so soon.
const SHORT: &str = "timeout = \"300ms\"";

fn moment() -> Moment {
    Moment { clock: Timestamp(77), seed: Digest::of(b"chance") }
}

fn risky(what: &str) -> Intent {
    let arguments = Json::trusted(r#"{"method":"POST","url":"https://pay.example/","body":"5"}"#);
    let proposal = Proposal { arguments, schema: None };
    let ask = Ask { why: "its rule".into(), proposal, within: Duration::from_secs(60), moment: moment() };
    Intent { ask: Some(ask), ..plain(what) }
}

const YES: Verdict = Verdict::Approve { arguments: None, rule: None };

fn asks(group: &[Commit]) -> bool {
    let mut records = group.iter().flat_map(|commit| &commit.records);
    records.any(|record| matches!(record.change, Change::ApprovalAsked { .. }))
}

async fn open(journal: &dyn journal::Journal, which: u128) -> ApprovalId {
    let run = read(journal, &id(which)).await;
    let all: Vec<_> = run.approvals().map(|(id, _)| id).collect();
    assert_eq!(all.len(), 1, "{all:?}");
    all[0]
}

impl Lab {
    /// A run whose attempt has asked, and waits for a person.
    async fn waits(&self, deployed: &Deployed, journal: &dyn journal::Journal) -> RunHandle {
        let (handle, calls) = self.spins(deployed, 1).await;
        assert_eq!(soon(calls.begin(risky("POST a"))).await, Ok(Leave::Ask));
        let rest = soon(handle.wait(crate::Until::Rest)).await.unwrap();
        assert_eq!(rest.status, Status::Waiting);
        open(journal, 1).await;
        handle
    }

    async fn decide(&self, approval: ApprovalId, verdict: Verdict) -> Reply {
        let request = Request::Decide { approval, verdict, by: Some("ann".into()) };
        soon(self.host.ask(&id(1), request)).await.unwrap()
    }
}

#[tokio::test]
async fn an_attempt_is_told_to_wait_when_the_question_is_written_and_not_before() {
    let journal = Disturbed::new(|call| match call {
        Call::Commit(group) if asks(group) => Fate::Waits,
        _ => Fate::Goes,
    });
    let lab = Lab::new(on(journal.clone()));
    let (_handle, calls) = lab.spins(&calling(""), 1).await;
    let mut leave = pin!(calls.begin(risky("POST a")));
    assert!(is_pending(&mut leave).await);
    journal.caught().await;
    assert!(is_pending(&mut leave).await);
    journal.release();
    assert_eq!(soon(leave).await, Ok(Leave::Ask));
}

#[tokio::test]
async fn a_yes_lets_the_same_attempt_go_on_with_what_it_was_told() {
    let memory = Arc::new(Memory::new());
    let lab = Lab::new(on(memory.clone()));
    let _handle = lab.waits(&calling(SHORT), &*memory).await;
    assert_eq!(lab.decide(open(&*memory, 1).await, YES).await, Reply::Done);
    let next = lab.attempt(1, 3).await;
    assert_eq!(lab.told.seen().began.last().unwrap().attempt, 1, "it is the same attempt");
    assert_eq!(soon(next.begin(risky("POST a"))).await, Ok(Leave::Go));
    assert_eq!(soon(next.begin(risky("POST b"))).await, Ok(Leave::Ask), "another call is another question");
}

#[tokio::test]
async fn a_no_and_a_deadline_that_has_passed_are_told_to_the_guest() {
    let (clock, memory) = (Hands::at(1_000_000), Arc::new(Memory::new()));
    let lab = Lab::new(Settings { clock: clock.clone(), ..on(memory.clone()) });
    let _handle = lab.waits(&calling(SHORT), &*memory).await;
    let no = Verdict::Refuse { reason: Some("too much".into()) };
    assert_eq!(lab.decide(open(&*memory, 1).await, no).await, Reply::Done);
    let next = lab.attempt(1, 3).await;
    assert_eq!(soon(next.begin(risky("POST a"))).await, Ok(Leave::Refused("too much".into())));
    assert_eq!(soon(next.begin(risky("POST b"))).await, Ok(Leave::Ask));
    lab.told.until(|seen| seen.commits.iter().any(|commit| commit.summary.status == Status::Waiting)).await;
    clock.set(1_060_000);
    let next = lab.attempt(1, 4).await;
    let refused = Leave::Refused("nobody approved it in time".into());
    assert_eq!(soon(next.begin(risky("POST b"))).await, Ok(refused));
}

#[tokio::test]
async fn what_a_person_makes_of_a_request_must_go_by_its_rule() {
    let memory = Arc::new(Memory::new());
    let deployed =
        deployed_with(&script::workflow("", "", SHORT), &[("all", script::component())], |workflow| {
            let paths = vec![PathPattern(vec![Segment::Text("v1".into())])];
            let rule = Rule { approve: Approve::Always, paths, ..rule() };
            workflow.steps[0].grant.http.rules.push(rule);
            workflow.steps[0].grant.limits.cpu = Duration::from_secs(60);
        });
    let lab = Lab::new(on(memory.clone()));
    let (handle, calls) = lab.spins(&deployed, 1).await;
    let arguments = Json::trusted(r#"{"method":"POST","url":"https://pay.example/v1","body":"5"}"#);
    let ask = Ask { proposal: Proposal { arguments, schema: None }, ..risky("POST a").ask.unwrap() };
    let asking = Intent { ask: Some(ask), ..risky("POST a") };
    assert_eq!(soon(calls.begin(asking.clone())).await, Ok(Leave::Ask));
    soon(handle.wait(crate::Until::Rest)).await.unwrap();
    let approval = open(&*memory, 1).await;
    let with = |text: &str| Verdict::Approve { arguments: Some(Json::trusted(text)), rule: None };
    for (text, why) in [
        (r#"{"method":"POST","url":"https://pay.example/v2"}"#, "its rule does not allow"),
        (r#"{"method":"POST","url":"https://evil.example/v1"}"#, "its rule does not allow"),
        (r#"{"url":"https://pay.example/v1"}"#, "missing field `method`"),
        (
            r#"{"method":"POST","url":"https://pay.example/v1","headers":{"host":["evil"]}}"#,
            "the header `host` is the host's",
        ),
    ] {
        let Reply::Refused { code, message } = lab.decide(approval, with(text)).await else {
            panic!("{text}")
        };
        assert!(code == "misfit" && message.contains(why), "{message}");
    }
    let less = r#"{"method":"POST","url":"https://pay.example/v1","body":"4"}"#;
    assert_eq!(lab.decide(approval, with(less)).await, Reply::Done);
    let next = lab.attempt(1, 3).await;
    assert_eq!(soon(next.begin(asking)).await, Ok(Leave::GoWith(Json::trusted(less))));
}

#[tokio::test]
async fn another_process_may_decide_and_a_host_that_comes_later_knows_of_it() {
    let memory = Arc::new(Memory::new());
    let lab = Lab::new(on(memory.clone()));
    let _handle = lab.waits(&calling(SHORT), &*memory).await;
    drop(lab.host);
    let (told, inbox) = (Told::new(), Some(Duration::from_millis(5)));
    let partition = Partition::new(Settings { observers: vec![told.clone()], inbox, ..on(memory.clone()) });
    let line = partition.line();
    let lab = Lab { host: Host::begun(partition), line, told };
    lab.host.take_up(&calling(SHORT)).await.unwrap();
    let request = Request::Decide { approval: open(&*memory, 1).await, verdict: YES, by: None };
    memory.post(&id(1), serde_json::to_vec(&request).unwrap()).await.unwrap();
    let next = lab.attempt(1, 1).await;
    assert_eq!(soon(next.begin(risky("POST a"))).await, Ok(Leave::Go));
}
