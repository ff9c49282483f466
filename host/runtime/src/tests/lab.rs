//! What the tests share: workflows made from text, hosts, and an observer that can be waited for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;
use std::time::Duration;

use lockstep_core::contract::Contract;
use lockstep_core::event::Json;
use lockstep_core::journal::{self, Commit, Journal};
use lockstep_core::outcome::{Outcome, Update};
use lockstep_core::run::{Change, Run, RunId, Status};
use lockstep_core::workflow;
use lockstep_journal::Memory;
use lockstep_sandbox::{Report, Sandbox};
use lockstep_test_support::script;
use serde_json::Value;
use tokio::sync::Notify;

use crate::{Attempt, Deployed, Host, NewRun, Observer, Rest, RunHandle, Settings, Worker, archive};

/// Longer than anything takes that comes to an end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A workflow with a component for each of its steps.
pub(super) fn deployed(text: &str, components: &[(&str, Vec<u8>)]) -> Deployed {
    deployed_with(text, components, |_| {})
}

/// The same with a change to what was read.
pub(super) fn deployed_with(
    text: &str,
    components: &[(&str, Vec<u8>)],
    change: impl FnOnce(&mut workflow::Workflow),
) -> Deployed {
    let contract = |bytes: &[u8]| Arc::new(Contract::read(bytes).unwrap_or_else(|why| panic!("{why:?}")));
    let contracts: BTreeMap<_, _> =
        components.iter().map(|(step, bytes)| ((*step).to_owned(), contract(bytes))).collect();
    let file = workflow::parse(text).unwrap_or_else(|findings| panic!("{findings:?}"));
    let mut joined =
        workflow::join(&file, &contracts, &BTreeMap::new()).unwrap_or_else(|findings| panic!("{findings:?}"));
    change(&mut joined.workflow);
    let sandbox = Sandbox::new(&lockstep_sandbox::Settings { instances: 16, ..Default::default() }).unwrap();
    let load = |step: &workflow::StepNode, handlers: &[&workflow::HandlerNode]| {
        let (_, bytes) = components.iter().find(|(name, _)| *name == step.name).unwrap();
        sandbox.load(bytes, handlers, &step.grant).map(Worker::Release)
    };
    Deployed::load(Arc::new(joined.workflow), load).unwrap()
}

/// The workflow of deeds, with further keys for its step.
pub(super) fn script(step: &str) -> Deployed {
    deployed(&script::workflow("", "", step), &[("all", script::component())])
}

/// The same with the release that does not spin.
pub(super) fn mended(step: &str) -> Deployed {
    deployed(&script::workflow("", "", step), &[("all", script::mended())])
}

pub(super) fn settings() -> Settings {
    on(Arc::new(Memory::new()))
}

pub(super) fn on(journal: Arc<dyn Journal>) -> Settings {
    Settings { slots: 16, ..Settings::new(journal) }
}

pub(super) fn id(which: u128) -> RunId {
    RunId::fresh("script", which << 32)
}

pub(super) fn new(which: u128, parts: &[Value]) -> NewRun {
    NewRun::new(id(which), Json::trusted(script::job(parts)))
}

pub(super) async fn start(host: &Host, deployed: &Deployed, which: u128, parts: &[Value]) -> RunHandle {
    host.start(deployed, new(which, parts)).await.unwrap()
}

/// What comes in time.
pub(super) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it comes to an end")
}

pub(super) async fn run(host: &Host, deployed: &Deployed, which: u128, parts: &[Value]) -> Rest {
    let handle = start(host, deployed, which, parts).await;
    soon(handle.rest()).await.unwrap()
}

pub(super) fn completed(rest: &Rest) -> &str {
    assert_eq!(rest.status, Status::Completed, "{rest:?}");
    rest.result.as_ref().unwrap().1.as_str()
}

/// The run as the journal has it.
pub(super) async fn read(journal: &dyn Journal, run: &RunId) -> Run {
    archive::read(journal, run).await.unwrap().unwrap()
}

/// What the journal has of a run.
pub(super) async fn changes(journal: &dyn Journal, run: &RunId) -> Vec<Change> {
    archive::records(journal, run).await.unwrap().into_iter().map(|record| record.change).collect()
}

/// The values of a run's state.
pub(super) fn state(run: &Run) -> Vec<(&str, String)> {
    run.state().entries().map(|(key, value)| (&**key, value.to_string())).collect()
}

/// What a step's attempts came back with: `{"value":…,"all":[…]}`.
pub(super) fn done(changes: &[Change]) -> Vec<&str> {
    let events = changes.iter().filter_map(|change| match change {
        Change::Event { name, payload: Some(payload), .. } if name.ends_with("/done") => {
            Some(payload.as_str())
        }
        _ => None,
    });
    events.collect()
}

/// Lets each of these come as far as it comes by itself, in order.
pub(super) async fn begun<F: Future + Unpin>(all: &mut [F]) {
    std::future::poll_fn(|cx| {
        for one in all.iter_mut() {
            assert!(std::pin::Pin::new(one).poll(cx).is_pending());
        }
        Poll::Ready(())
    })
    .await;
}

/// An observer that keeps what it is told.
#[derive(Default)]
pub(super) struct Told {
    seen: Mutex<Seen>,
    more: Notify,
}

/// All that an observer was told, in order.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) began: Vec<Attempt>,
    pub(super) reported: Vec<(Attempt, Outcome)>,
    pub(super) published: Vec<(Attempt, Update)>,
    pub(super) withdrawn: Vec<Attempt>,
    pub(super) troubled: usize,
    pub(super) commits: Vec<Commit>,
}

impl Seen {
    /// What was written.
    pub(super) fn changes(&self) -> impl Iterator<Item = &Change> {
        self.commits.iter().flat_map(|commit| &commit.records).map(|record| &record.change)
    }
}

impl Told {
    pub(super) fn new() -> Arc<Told> {
        Arc::default()
    }

    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    /// Waits until it was told this.
    pub(super) async fn until(&self, is_there: impl Fn(&Seen) -> bool) {
        soon(async {
            while !is_there(&self.seen()) {
                self.more.notified().await;
            }
        })
        .await;
    }

    fn note(&self, what: impl FnOnce(&mut Seen)) {
        what(&mut self.seen());
        self.more.notify_one();
    }
}

impl Observer for Told {
    fn began(&self, attempt: &Attempt) {
        self.note(|seen| seen.began.push(attempt.clone()));
    }

    fn reported(&self, attempt: &Attempt, report: &Report) {
        self.note(|seen| seen.reported.push((attempt.clone(), report.outcome.clone())));
    }

    fn published(&self, attempt: &Attempt, update: &Update) {
        self.note(|seen| seen.published.push((attempt.clone(), update.clone())));
    }

    fn withdrawn(&self, attempt: &Attempt) {
        self.note(|seen| seen.withdrawn.push(attempt.clone()));
    }

    fn troubled(&self, _: &journal::Error) {
        self.note(|seen| seen.troubled += 1);
    }

    fn committed(&self, commit: &Commit) {
        self.note(|seen| seen.commits.push(commit.clone()));
    }
}
