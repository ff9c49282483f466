//! Many attempts at once that all want the whole machine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lockstep_core::contract::Contract;
use lockstep_core::grant::{Grant, Limits};
use lockstep_core::outcome::Outcome;
use lockstep_core::run::Status;
use lockstep_core::workflow;
use lockstep_sandbox::Sandbox;
use lockstep_test_support::script::{self, deed, work};

use super::lab::{Told, completed, run, settings, soon, start};
use super::turns::Most;
use crate::{Deployed, Host, Settings, Worker};

const CROWD: u128 = 200;
const SLOTS: usize = 16;

/// The workflow of deeds, whose attempts may compute so long.
fn deployed(cpu: Duration) -> Deployed {
    let bytes = script::component();
    let contracts = BTreeMap::from([("all".to_owned(), Arc::new(Contract::read(&bytes).unwrap()))]);
    let text = script::workflow("", "", "retry = { attempts = 1 }");
    let joined = workflow::join(&workflow::parse(&text).unwrap(), &contracts, &BTreeMap::new()).unwrap();
    let sandbox = Sandbox::new(&lockstep_sandbox::Settings { instances: 32, ..Default::default() }).unwrap();
    let load = |step: &workflow::StepNode, handlers: &[&workflow::HandlerNode]| {
        let grant = Grant { limits: Limits { cpu, ..Limits::default() }, ..step.grant.clone() };
        sandbox.load(&bytes, handlers, &grant).map(Worker::Release)
    };
    Deployed::load(Arc::new(joined.workflow), load).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_attempts_that_loop_are_ended_one_by_one_and_others_have_their_turn() {
    let (most, told) = (Arc::new(Most::default()), Told::new());
    let observers: Vec<Arc<dyn crate::Observer>> = vec![most.clone(), told.clone()];
    let host = Host::new(Settings { slots: SLOTS, observers, ..settings() });
    let looping = deployed(Duration::from_millis(20));
    let mut crowd = Vec::new();
    for which in 0..CROWD {
        crowd.push(start(&host, &looping, which, &[work(&[deed("spin", "")])]).await);
    }
    // It comes last, and waits for no more of the crowd than is before it.
    let behaved = [work(&[deed("add", "a").n(1)])];
    assert_eq!(completed(&run(&host, &looping, CROWD, &behaved).await), "{\"n\":1}");
    for handle in crowd {
        assert_eq!(soon(handle.rest()).await.unwrap().status, Status::Failed);
    }
    assert!(most.most() <= SLOTS, "{}", most.most());
    let seen = told.seen();
    let ended = seen.reported.iter().filter(|(_, outcome)| match outcome {
        Outcome::Failed(failure) => failure.code == "cpu",
        _ => false,
    });
    assert_eq!(ended.count(), CROWD as usize);
}
