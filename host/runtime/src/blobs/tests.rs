//! Workflows whose steps pass bytes by reference.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use lockstep_core::blob::Digest;
use lockstep_core::contract::Contract;
use lockstep_core::event::Json;
use lockstep_core::journal::Journal;
use lockstep_core::run::{Change, RunId, Status};
use lockstep_core::workflow;
use lockstep_journal::Memory;
use lockstep_sandbox::Sandbox;
use lockstep_test_support::component_with;

use crate::tests::disturbed::{Call, Disturbed, Fate};
use crate::{Deployed, Host, NewRun, Rest, Settings, Worker, archive};

const EVENTS: &str = "
    package t:t;
    interface events {
      record task { size: u32, fails: u32 }
      record parcel { reference: string }
      record end { length: u32, first: u32, last: u32 }
    }";

const MEMORY: &str = r#"
    (memory (export "memory") 160)
    (global $top (mut i32) (i32.const 0x600000))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $top (i32.and (i32.add (global.get $top) (i32.const 15)) (i32.const -16)))
      (global.get $top)
      (global.set $top (i32.add (global.get $top) (local.get 3)))
      (if (i32.gt_u (global.get $top) (i32.mul (memory.size) (i32.const 65536))) (then
        (drop (memory.grow (i32.const 80))))))"#;

/// Puts so many bytes, each the number of the attempt, and passes the reference on; the attempts up
/// to `fails` fail after that.
fn packer() -> Vec<u8> {
    let wit = format!(
        "{EVENTS} world packer {{
           use events.{{task, parcel}};
           import lockstep:step/blob@0.1.0;
           import lockstep:step/run@0.1.0;
           use lockstep:step/types@0.1.0.{{failure}};
           export on-task: func(event: task) -> result<parcel, failure>;
         }}"
    );
    let wat = format!(
        r#"(module
          (import "lockstep:step/blob@0.1.0" "put" (func $put (param i32 i32 i32)))
          (import "lockstep:step/run@0.1.0" "whoami" (func $whoami (param i32))) {MEMORY}
          (func (export "on-task") (param $size i32) (param $fails i32) (result i32) (local $attempt i32)
            (call $whoami (i32.const 512))
            (local.set $attempt (i32.load (i32.const 536)))
            (memory.fill (i32.const 65536) (local.get $attempt) (local.get $size))
            (call $put (i32.const 65536) (local.get $size) (i32.const 0))
            (if (i32.le_u (local.get $attempt) (local.get $fails)) (then
              (memory.fill (i32.const 0) (i32.const 0) (i32.const 64))
              (i32.store8 (i32.const 0) (i32.const 1))))
            i32.const 0))"#
    );
    component_with(&wit, &wat)
}

/// Reads what is under the reference, part by part, and tells of it.
fn unpacker() -> Vec<u8> {
    let wit = format!(
        "{EVENTS} world unpacker {{
           use events.{{parcel, end}};
           import lockstep:step/blob@0.1.0;
           use lockstep:step/types@0.1.0.{{failure}};
           export on-parcel: func(event: parcel) -> result<end, failure>;
         }}"
    );
    let wat = format!(
        r#"(module
          (import "lockstep:step/blob@0.1.0" "get" (func $get (param i32 i32 i64 i32 i32))) {MEMORY}
          (func (export "on-parcel") (param $ref i32) (param $ref-length i32) (result i32) (local $n i32)
            (block $end (loop $l
              (call $get (local.get $ref) (local.get $ref-length)
                (i64.extend_i32_u (i32.load (i32.const 8))) (i32.const -1) (i32.const 64))
              (if (i32.load8_u (i32.const 64)) (then (return (i32.const 64))))
              (br_if $end (i32.eqz (local.tee $n (i32.load (i32.const 76)))))
              (if (i32.eqz (i32.load (i32.const 8))) (then
                (i32.store (i32.const 12) (i32.load8_u (i32.load (i32.const 72))))))
              (i32.store (i32.const 16) (i32.load8_u
                (i32.sub (i32.add (i32.load (i32.const 72)) (local.get $n)) (i32.const 1))))
              (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (local.get $n)))
              (br $l)))
            i32.const 0))"#
    );
    component_with(&wit, &wat)
}

/// Packs, and unpacks what was packed.
const WHOLE: &str = "workflow = \"parcels\"\nstart = \"task\"\nstop = [\"end\"]\n\
     [steps.pack]\ncomponent = \"pack.wasm\"\nretry = { attempts = 3, initial = \"1ms\" }\n\
     [steps.unpack]\ncomponent = \"unpack.wasm\"\n";

/// Unpacks what it is given.
const UNPACKS: &str = "workflow = \"unpacks\"\nstart = \"parcel\"\nstop = [\"end\"]\n\
     [steps.unpack]\ncomponent = \"unpack.wasm\"\n";

fn deployed(text: &str) -> Deployed {
    let components = HashMap::from([("pack", packer()), ("unpack", unpacker())]);
    let file = workflow::parse(text).unwrap_or_else(|findings| panic!("{findings:?}"));
    let contracts: BTreeMap<_, _> = components
        .iter()
        .filter(|(step, _)| file.steps.iter().any(|known| known.name.value == **step))
        .map(|(step, bytes)| ((*step).to_owned(), Arc::new(Contract::read(bytes).unwrap())))
        .collect();
    let joined =
        workflow::join(&file, &contracts, &BTreeMap::new()).unwrap_or_else(|findings| panic!("{findings:?}"));
    let sandbox = Sandbox::new(&lockstep_sandbox::Settings { instances: 4, ..Default::default() }).unwrap();
    let load = |step: &workflow::StepNode, handlers: &[&workflow::HandlerNode]| {
        let bytes = &components[step.name.as_str()];
        sandbox.load(bytes, handlers, &step.grant).map(Worker::Release)
    };
    Deployed::load(Arc::new(joined.workflow), load).unwrap()
}

fn id(which: u128) -> RunId {
    RunId::fresh("parcels", which << 32)
}

/// The first run on this journal.
async fn run(journal: &Arc<Memory>, reload: bool, start: &str) -> Rest {
    let settings = Settings { reload, ..Settings::new(journal.clone()) };
    run_as(1, settings, WHOLE, start).await
}

async fn run_as(which: u128, settings: Settings, workflow: &str, start: &str) -> Rest {
    let host = Host::new(Settings { slots: 4, ..settings });
    let new = NewRun::new(id(which), Json::trusted(start));
    let handle = host.start(&deployed(workflow), new).await.unwrap();
    tokio::time::timeout(Duration::from_secs(60), handle.rest()).await.expect("it comes to rest").unwrap()
}

fn completed(rest: &Rest) -> &str {
    assert_eq!(rest.status, Status::Completed, "{rest:?}");
    rest.result.as_ref().unwrap().1.as_str()
}

async fn stored(journal: &Memory, size: usize, byte: u8) -> Option<usize> {
    let bytes = vec![byte; size];
    let found = journal.blob(&Digest::of(&bytes), 0, u64::MAX).await.unwrap();
    found.inspect(|found| assert!(*found == bytes)).map(|found| found.len())
}

#[tokio::test]
async fn one_step_passes_5_mib_to_another_by_reference() {
    const SIZE: usize = 5 << 20;
    for reload in [false, true] {
        let journal = Arc::new(Memory::new());
        let rest = run(&journal, reload, &format!(r#"{{"size":{SIZE},"fails":0}}"#)).await;
        assert_eq!(completed(&rest), format!(r#"{{"length":{SIZE},"first":1,"last":1}}"#));
        assert_eq!(stored(&journal, SIZE, 1).await, Some(SIZE));
        let records = archive::records(&*journal, &id(1)).await.unwrap();
        let blobs: Vec<_> = records
            .iter()
            .filter_map(|record| match &record.change {
                Change::Blob { digest, size, bytes, .. } => Some((*digest, *size, bytes.is_some())),
                _ => None,
            })
            .collect();
        assert_eq!(blobs, [(Digest::of(&vec![1; SIZE]), SIZE as u64, false)]);
        journal.purge(&id(1)).await.unwrap();
        assert_eq!(stored(&journal, SIZE, 1).await, None);
    }
}

#[tokio::test]
async fn nothing_that_a_failed_attempt_put_is_stored() {
    let journal = Arc::new(Memory::new());
    let rest = run(&journal, true, r#"{"size":100000,"fails":2}"#).await;
    assert_eq!(completed(&rest), r#"{"length":100000,"first":3,"last":3}"#);
    let mut each = Vec::new();
    for attempt in 1..=3 {
        each.push(stored(&journal, 100_000, attempt).await);
    }
    assert_eq!(each, [None, None, Some(100_000)]);
}

#[tokio::test]
async fn another_run_reads_by_reference_as_long_as_the_one_that_put_it_is_kept() {
    let journal = Arc::new(Memory::new());
    run(&journal, false, r#"{"size":1000,"fails":0}"#).await;
    let parcel = format!(r#"{{"reference":"{}"}}"#, Digest::of(&[1; 1000]));
    let unpack = |which| run_as(which, Settings::new(journal.clone()), UNPACKS, &parcel);
    assert_eq!(completed(&unpack(2).await), r#"{"length":1000,"first":1,"last":1}"#);
    journal.purge(&id(1)).await.unwrap();
    let rest = unpack(3).await;
    assert_eq!(rest.status, Status::Failed);
    let reason = rest.reason.unwrap();
    assert!(reason.contains("`blob-unknown`: nothing is stored under sha256:"), "{reason}");
}

#[tokio::test]
async fn a_host_that_panics_for_an_attempt_fails_that_one_and_goes_on() {
    const WORDS: &str = "brittle, in its own place";
    let memory = Arc::new(Memory::new());
    run(&memory, false, r#"{"size":1000,"fails":0}"#).await;
    let mut left = 1;
    let journal = Disturbed::over(memory.clone(), move |call| match call {
        Call::Blob if left > 0 => {
            left -= 1;
            Fate::Panics(WORDS)
        }
        _ => Fate::Goes,
    });
    // Its one slot is what the others wait for.
    let host = Host::new(Settings { slots: 1, ..Settings::new(journal) });
    let once = deployed(&format!("{UNPACKS}retry = {{ attempts = 1 }}\n"));
    let parcel = format!(r#"{{"reference":"{}"}}"#, Digest::of(&[1; 1000]));
    let start = |which| host.start(&once, NewRun::new(id(which), Json::trusted(&*parcel)));
    let broken = start(2).await.unwrap();
    let whole = [start(3).await.unwrap(), start(4).await.unwrap()];
    let rest = tokio::time::timeout(Duration::from_secs(60), broken.rest()).await.unwrap().unwrap();
    // What fails for the host's sake costs no attempt.
    assert_eq!(completed(&rest), r#"{"length":1000,"first":1,"last":1}"#);
    for handle in whole {
        let rest = tokio::time::timeout(Duration::from_secs(60), handle.rest()).await.unwrap().unwrap();
        assert_eq!(completed(&rest), r#"{"length":1000,"first":1,"last":1}"#);
    }
    let written = format!("{:?}", archive::records(&*memory, &id(2)).await.unwrap());
    assert!(written.contains("host-panic"), "{written}");
    assert!(!written.contains(WORDS) && !written.contains(".rs"), "{written}");
}
