//! Whole runs on real components: a splitter, a worker and a gatherer as WebAssembly text.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lockstep_core::contract::Contract;
use lockstep_core::event::Json;
use lockstep_core::journal::Commit;
use lockstep_core::run::{Change, RunId, Status};
use lockstep_core::workflow;
use lockstep_journal::Memory;
use lockstep_sandbox::{Limits, Report, Sandbox};
use lockstep_test_support::component_with;

use crate::{Attempt, Deployed, Host, NewRun, Observer, Request, Rest, Settings, Worker};

const EVENTS: &str = "
    package t:t;
    interface events {
      record task { n: u32 }
      record item { n: u32 }
      record done { n: u32 }
      record end { n: u32 }
    }";

const REALLOC: &str = r#"
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 16384))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $top (i32.and (i32.add (global.get $top) (i32.const 15)) (i32.const -16)))
      (global.get $top)
      (global.set $top (i32.add (global.get $top) (local.get 3))))"#;

/// A task of n becomes the items 0 to n.
fn splitter() -> Vec<u8> {
    let wit = format!(
        "{EVENTS} world splitter {{
           use events.{{task, item}};
           use lockstep:step/types@0.1.0.{{failure}};
           export on-task: func(event: task) -> result<list<item>, failure>;
         }}"
    );
    let wat = format!(
        r#"(module {REALLOC}
          (func (export "on-task") (param $n i32) (result i32) (local $i i32)
            (block $end (loop $l
              (br_if $end (i32.eq (local.get $i) (local.get $n)))
              (i32.store offset=1024 (i32.shl (local.get $i) (i32.const 2)) (local.get $i))
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br $l)))
            (i32.store8 (i32.const 0) (i32.const 0))
            (i32.store (i32.const 8) (i32.const 1024))
            (i32.store (i32.const 12) (local.get $n))
            i32.const 0))"#
    );
    component_with(&wit, &wat)
}

/// An item of n becomes n, a hundred more; 7 always fails; 8 fails twice; 9 loops for ever.
fn worker() -> Vec<u8> {
    let wit = format!(
        "{EVENTS} world worker {{
           use events.{{item, done}};
           import lockstep:step/run@0.1.0;
           use lockstep:step/types@0.1.0.{{failure}};
           export on-item: func(event: item) -> result<done, failure>;
         }}"
    );
    let wat = format!(
        r#"(module
          (import "lockstep:step/run@0.1.0" "whoami" (func $whoami (param i32))) {REALLOC}
          (data (i32.const 900) "busy")
          (func $fail (param $kind i32) (result i32)
            (i32.store8 (i32.const 0) (i32.const 1))
            (i32.store8 (i32.const 8) (local.get $kind))
            (i32.store (i32.const 12) (i32.const 900)) (i32.store (i32.const 16) (i32.const 4))
            (i32.store (i32.const 20) (i32.const 900)) (i32.store (i32.const 24) (i32.const 4))
            i32.const 0)
          (func (export "on-item") (param $n i32) (result i32)
            (if (i32.eq (local.get $n) (i32.const 7)) (then (return (call $fail (i32.const 1)))))
            (if (i32.eq (local.get $n) (i32.const 8)) (then
              (call $whoami (i32.const 512))
              (if (i32.lt_u (i32.load (i32.const 536)) (i32.const 3)) (then (return (call $fail (i32.const 0)))))))
            (if (i32.eq (local.get $n) (i32.const 9)) (then (loop $l (br $l))))
            (i32.store8 (i32.const 0) (i32.const 0))
            (i32.store (i32.const 8) (i32.add (local.get $n) (i32.const 100)))
            i32.const 0))"#
    );
    component_with(&wit, &wat)
}

/// All that is done becomes its sum.
fn gatherer() -> Vec<u8> {
    let wit = format!(
        "{EVENTS} world gatherer {{
           use events.{{done, end}};
           use lockstep:step/types@0.1.0.{{failure}};
           export on-all: func(all: list<done>) -> result<end, failure>;
         }}"
    );
    let wat = format!(
        r#"(module {REALLOC}
          (func (export "on-all") (param $at i32) (param $n i32) (result i32) (local $sum i32)
            (block $end (loop $l
              (br_if $end (i32.eqz (local.get $n)))
              (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
              (local.set $at (i32.add (local.get $at) (i32.const 4)))
              (local.set $n (i32.sub (local.get $n) (i32.const 1)))
              (br $l)))
            (i32.store8 (i32.const 0) (i32.const 0))
            (i32.store (i32.const 8) (local.get $sum))
            i32.const 0))"#
    );
    component_with(&wit, &wat)
}

/// `work` and `head` are further keys of the worker's table and of the file.
fn deployed(head: &str, work: &str, gather: &str) -> Deployed {
    let text = format!(
        "workflow = \"sums\"\nstart = \"task\"\nstop = [\"end\"]\n{head}\n\
         [steps.split]\ncomponent = \"split.wasm\"\n\
         [steps.work]\ncomponent = \"work.wasm\"\n{work}\n\
         [steps.sum]\ncomponent = \"sum.wasm\"\n{gather}\n"
    );
    let components = HashMap::from([("split", splitter()), ("work", worker()), ("sum", gatherer())]);
    let contracts: BTreeMap<_, _> = components
        .iter()
        .map(|(step, bytes)| ((*step).to_owned(), Arc::new(Contract::read(bytes).unwrap())))
        .collect();
    let file = workflow::parse(&text).unwrap_or_else(|findings| panic!("{findings:?}"));
    let joined =
        workflow::join(&file, &contracts, &BTreeMap::new()).unwrap_or_else(|findings| panic!("{findings:?}"));
    let sandbox = Sandbox::new(&lockstep_sandbox::Settings { instances: 16, ..Default::default() }).unwrap();
    let load = |step: &workflow::StepNode, handlers: &[&workflow::HandlerNode]| {
        let bytes = &components[step.name.as_str()];
        sandbox.load(bytes, handlers, &step.grant, Limits::default()).map(Worker::Release)
    };
    Deployed::load(Arc::new(joined.workflow), load).unwrap()
}

fn plain() -> Deployed {
    deployed("", "", "")
}

fn settings() -> Settings {
    Settings { slots: 16, ..Settings::new(Arc::new(Memory::new())) }
}

async fn run_on(host: &Host, deployed: &Deployed, id: u128, n: u32) -> Rest {
    let payload = Json::trusted(format!("{{\"n\":{n}}}"));
    let handle = host.start(deployed, NewRun::new(RunId::fresh("sums", id << 32), payload)).await.unwrap();
    tokio::time::timeout(Duration::from_secs(60), handle.rest()).await.expect("it comes to rest").unwrap()
}

fn completed(rest: &Rest) -> &str {
    assert_eq!(rest.status, Status::Completed, "{rest:?}");
    rest.result.as_ref().unwrap().1.as_str()
}

#[tokio::test]
async fn a_fan_out_runs_on_real_components_and_its_gather_ends_the_run() {
    let host = Host::new(settings());
    assert_eq!(completed(&run_on(&host, &plain(), 1, 5).await), "{\"n\":510}");
    assert_eq!(completed(&run_on(&host, &plain(), 2, 0).await), "{\"n\":0}");
}

#[tokio::test]
async fn a_run_that_is_read_back_after_every_commit_comes_to_the_same() {
    let host = Host::new(Settings { reload: true, ..settings() });
    let retry = "retry = { attempts = 5, initial = \"1ms\" }";
    let skip = "gather = { failed = \"skip\" }";
    let rest = run_on(&host, &deployed("", retry, skip), 1, 9).await;
    assert_eq!(completed(&rest), format!("{{\"n\":{}}}", 8 * 100 + (0..9).sum::<u32>() - 7));
}

#[tokio::test]
async fn a_transient_failure_is_tried_again_and_its_end_is_the_runs() {
    let host = Host::new(settings());
    let patient =
        deployed("", "retry = { attempts = 3, initial = \"1ms\" }", "gather = { failed = \"skip\" }");
    assert_eq!(completed(&run_on(&host, &patient, 1, 9).await), "{\"n\":829}");
    let hasty = deployed("", "retry = { attempts = 2, initial = \"1ms\" }", "");
    let rest = run_on(&host, &hasty, 2, 9).await;
    assert_eq!(rest.status, Status::Failed);
    assert!(rest.reason.unwrap().starts_with("step `work` failed: "));
}

#[tokio::test]
async fn a_looping_guest_is_cut_as_soon_as_nobody_needs_it() {
    let host = Host::new(settings());
    let begun = Instant::now();
    let early = deployed("", "", "gather = { take = 7 }");
    assert_eq!(completed(&run_on(&host, &early, 1, 10).await), "{\"n\":721}");
    assert!(begun.elapsed() < Duration::from_secs(2), "its cpu limit is 2 s, its timeout 30 s");
}

#[tokio::test]
async fn a_runs_timeout_stops_a_looping_guest() {
    let host = Host::new(settings());
    let short = deployed("timeout = \"100ms\"", "", "gather = { failed = \"skip\" }");
    let begun = Instant::now();
    let rest = run_on(&host, &short, 1, 10).await;
    assert_eq!(rest.status, Status::TimedOut);
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_run_can_be_cancelled_while_a_guest_loops() {
    let host = Host::new(settings());
    let id = RunId::fresh("sums", 1 << 32);
    let looping = deployed("", "", "gather = { failed = \"skip\" }");
    let handle = host.start(&looping, NewRun::new(id.clone(), Json::trusted("{\"n\":10}"))).await.unwrap();
    host.ask(&id, Request::Cancel).await.unwrap();
    assert_eq!(handle.rest().await.unwrap().status, Status::Cancelled);
    assert_eq!(completed(&run_on(&host, &plain(), 2, 2).await), "{\"n\":201}");
}

/// Counts attempts that are out at once.
#[derive(Default)]
struct Most {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Observer for Most {
    fn began(&self, attempt: &Attempt) {
        if &*attempt.step == "work" {
            let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
        }
    }

    fn reported(&self, attempt: &Attempt, _: &Report) {
        if &*attempt.step == "work" {
            self.now.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

async fn most_at_once(work: &str, runs: u128) -> usize {
    let most = Arc::new(Most::default());
    let host = Host::new(Settings { observers: vec![most.clone()], ..settings() });
    let deployed = deployed("", work, "");
    let all = (0..runs).map(|id| run_on(&host, &deployed, id, 7));
    for rest in futures(all).await {
        assert_eq!(completed(&rest), "{\"n\":721}");
    }
    most.most.load(Ordering::SeqCst)
}

async fn futures<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut all: Vec<_> = all.map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = all.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (one, done) in all.iter_mut().zip(&mut done).filter(|(_, done)| done.is_none()) {
            if let std::task::Poll::Ready(output) = one.as_mut().poll(cx) {
                *done = Some(output);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn concurrency_is_bounded_per_run_over_all_runs_and_by_the_slots() {
    assert_eq!(most_at_once("concurrency = 1", 1).await, 1);
    assert_eq!(most_at_once("concurrency = 2", 3).await, 6);
    assert_eq!(most_at_once("concurrency = { all = 3 }", 5).await, 3);
    assert_eq!(most_at_once("concurrency = { run = 2, all = 3 }", 5).await, 3);
    assert_eq!(most_at_once("", 5).await, 16);
}

/// Counts what has begun at the worker, and the fan-outs that are written.
#[derive(Default)]
struct Seen {
    begun: AtomicUsize,
    split: AtomicUsize,
    more: tokio::sync::Notify,
}

impl Seen {
    async fn wait(&self, count: &AtomicUsize, n: usize) {
        while count.load(Ordering::SeqCst) < n {
            self.more.notified().await;
        }
    }
}

impl Observer for Seen {
    fn began(&self, attempt: &Attempt) {
        self.begun.fetch_add(usize::from(&*attempt.step == "work"), Ordering::SeqCst);
        self.more.notify_one();
    }

    fn committed(&self, commit: &Commit) {
        let opened = commit.records.iter().filter(|record| matches!(record.change, Change::Opened { .. }));
        self.split.fetch_add(opened.count(), Ordering::SeqCst);
        self.more.notify_one();
    }
}

#[tokio::test]
async fn a_run_that_ends_while_it_is_held_back_leaves_its_turn_to_the_next() {
    let seen = Arc::new(Seen::default());
    let host = Host::new(Settings { observers: vec![seen.clone()], ..settings() });
    let narrow = deployed("", "concurrency = { all = 1 }", "gather = { failed = \"skip\" }");
    let start = |id: u128, n: u32| {
        let payload = Json::trusted(format!("{{\"n\":{n}}}"));
        host.start(&narrow, NewRun::new(RunId::fresh("sums", id << 32), payload))
    };
    let looping = start(1, 10).await.unwrap();
    // The tenth loops, and has the only place until it is cut.
    seen.wait(&seen.begun, 10).await;
    let gone = start(2, 2).await.unwrap();
    seen.wait(&seen.split, 2).await;
    let next = start(3, 2).await.unwrap();
    seen.wait(&seen.split, 3).await;
    host.ask(gone.id(), Request::Cancel).await.unwrap();
    assert_eq!(gone.rest().await.unwrap().status, Status::Cancelled);
    host.ask(looping.id(), Request::Cancel).await.unwrap();
    let rest = tokio::time::timeout(Duration::from_secs(20), next.rest()).await.expect("it has its turn");
    assert_eq!(completed(&rest.unwrap()), "{\"n\":201}");
}

/// Notes what was written and what began, in the order the loop told it.
#[derive(Default)]
struct Notes(Mutex<Vec<(u64, &'static str)>>);

impl Observer for Notes {
    fn began(&self, attempt: &Attempt) {
        self.0.lock().unwrap().push((attempt.delivery.0, "began"));
    }

    fn committed(&self, commit: &Commit) {
        let made = commit.records.iter().filter(|record| matches!(record.change, Change::Delivery { .. }));
        self.0.lock().unwrap().extend(made.map(|record| (record.seq.0, "written")));
    }
}

#[tokio::test]
async fn nothing_begins_before_its_delivery_is_written() {
    let notes = Arc::new(Notes::default());
    let host = Host::new(Settings { observers: vec![notes.clone()], ..settings() });
    run_on(&host, &plain(), 1, 6).await;
    let notes = notes.0.lock().unwrap();
    assert_eq!(notes.len(), 2 * 8, "each is written and begun once");
    for (delivery, _) in notes.iter().filter(|(_, what)| *what == "began") {
        let first = notes.iter().find(|(of, _)| of == delivery).unwrap();
        assert_eq!(first.1, "written");
    }
}

struct Panics;

impl Observer for Panics {
    fn committed(&self, _: &Commit) {
        panic!("an observer of no use");
    }
}

#[tokio::test]
async fn an_observer_that_panics_fails_no_run() {
    let host = Host::new(Settings { observers: vec![Arc::new(Panics)], ..settings() });
    assert_eq!(completed(&run_on(&host, &plain(), 1, 3).await), "{\"n\":303}");
}

#[tokio::test]
async fn runs_take_turns_so_that_a_wide_one_does_not_starve_a_small_one() {
    for (slots, bound) in [(1, ""), (16, "concurrency = { all = 1 }\n")] {
        let host = Host::new(Settings { slots, ..settings() });
        let work = format!("{bound}retry = {{ attempts = 1 }}");
        let wide = deployed("", &work, "gather = { failed = \"skip\" }");
        let start = |id: u128, n: u32| {
            let payload = Json::trusted(format!("{{\"n\":{n}}}"));
            host.start(&wide, NewRun::new(RunId::fresh("sums", id << 32), payload))
        };
        // Its tenth item loops until the limit of its time: that is all the small one waits for.
        let wide_run = start(1, 1000).await.unwrap();
        let small = tokio::time::timeout(Duration::from_secs(20), start(2, 3).await.unwrap().rest()).await;
        assert_eq!(completed(&small.expect("it has its turn").unwrap()), "{\"n\":303}");
        let still = tokio::time::timeout(Duration::ZERO, wide_run.rest()).await;
        assert!(still.is_err(), "the wide run is still at work");
    }
}
