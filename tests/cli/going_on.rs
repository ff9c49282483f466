//! Runs that go on: after a kill, an interrupt or a wait, each event once; and runs that are found
//! again, continued, or belong together.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lockstep_core::event::Timestamp;
use lockstep_core::journal::{Journal, Query};
use lockstep_core::run::{Cause, Change, DeliveryStatus, Record, Status};
use lockstep_journal::Sqlite;
use lockstep_journal::conformance::wait;
use lockstep_test_support::component_with;
use serde_json::{Value, json};

use crate::approvals::{Claims, Waiting, claim, count, records, runs};
use crate::project::{Project, command};

const YES: &str = r#"{"approve": true}"#;

/// A step that splits a job into as many parts, works on each for a while, and adds up what they
/// come to: 0 for the first, 1 for the second.
fn sums() -> Project {
    let wit = "
        package t:sums@1.0.0;
        interface events {
          record job { parts: u32 }
          record part { n: u32 }
          record done { n: u32 }
          record sum { n: u32 }
        }
        world sums {
          use events.{job, part, done, sum};
          use lockstep:step/types@0.1.0.{failure};
          export on-job: func(event: job) -> result<list<part>, failure>;
          export on-part: func(event: part) -> result<done, failure>;
          export on-all: func(all: list<done>) -> result<sum, failure>;
        }";
    let wat = r#"(module
        (memory (export "memory") 2)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 65536)
        (func (export "on-job") (param $parts i32) (result i32) (local $at i32)
          (block $end (loop $next
            (br_if $end (i32.eq (local.get $at) (local.get $parts)))
            (i32.store (i32.add (i32.const 1024) (i32.shl (local.get $at) (i32.const 2))) (local.get $at))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $next)))
          (i32.store8 (i32.const 0) (i32.const 0))
          (i32.store (i32.const 8) (i32.const 1024)) (i32.store (i32.const 12) (local.get $parts))
          i32.const 0)
        (func (export "on-part") (param $n i32) (result i32) (local $left i32)
          (local.set $left (i32.const 3000000))
          (loop $work (br_if $work (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
          (i32.store8 (i32.const 0) (i32.const 0)) (i32.store (i32.const 8) (local.get $n))
          i32.const 0)
        (func (export "on-all") (param $list i32) (param $length i32) (result i32) (local $sum i32)
          (block $end (loop $next
            (br_if $end (i32.eqz (local.get $length)))
            (local.set $length (i32.sub (local.get $length) (i32.const 1)))
            (local.set $sum (i32.add (local.get $sum)
              (i32.load (i32.add (local.get $list) (i32.shl (local.get $length) (i32.const 2))))))
            (br $next)))
          (i32.store8 (i32.const 0) (i32.const 0)) (i32.store (i32.const 8) (local.get $sum))
          i32.const 0))"#;
    let workflow = "workflow = \"sums\"\nstart = \"job\"\nstop = [\"sum\"]\n\n\
                    [steps.sums]\ncomponent = \"sums.wasm\"\nconcurrency = 2\n";
    Project::empty().with("workflow.toml", workflow).with("sums.wasm", component_with(wit, wat))
}

/// Each delivery was done once, and emitted what it emitted once.
fn assert_each_once(records: &[Record]) {
    let mut done = BTreeSet::new();
    let mut emitted: BTreeMap<_, BTreeSet<u32>> = BTreeMap::new();
    let mut parts = BTreeSet::new();
    for record in records {
        match &record.change {
            Change::Attempt { delivery, status: DeliveryStatus::Done, .. } => assert!(done.insert(*delivery)),
            Change::Event { cause: Some(Cause::Attempt { delivery, attempt }), name, payload, .. } => {
                emitted.entry(*delivery).or_default().insert(*attempt);
                if name.contains("/done@") {
                    assert!(parts.insert(payload.clone().unwrap().as_str().to_owned()), "{payload:?} twice");
                }
            }
            _ => {}
        }
    }
    assert!(emitted.iter().all(|(delivery, attempts)| attempts.len() == 1 && done.contains(delivery)));
    assert_eq!(count(records, |row| matches!(row, Change::Delivery { .. })), done.len());
}

#[test]
fn a_fan_out_that_was_killed_in_its_middle_is_completed_each_part_once() {
    const PARTS: u32 = 150;
    let project = sums();
    let input = format!(r#"{{"parts": {PARTS}}}"#);
    let mut killed = Waiting::of(command(project.folder(), &["run", ".", "--input", &input]));
    let run = killed.id();
    for _ in 0..PARTS / 3 {
        killed.read_until(|line| line.contains("done → done"));
    }
    killed.kill();
    let store = project.path("lockstep.db");
    let before = records(&store, &run);
    let is_end = |row: &Change| matches!(row, Change::Status { status: Status::Completed, .. });
    assert_eq!(count(&before, is_end), 0);

    let ended = project.lockstep(&["run", ".", "--take-up"]);
    let sum = format!("{{\"n\":{}}}\n", PARTS * (PARTS - 1) / 2);
    assert_eq!((ended.code, ended.stdout), (0, sum), "{}", ended.stderr);
    assert!(!ended.stderr.contains('?'), "{}", ended.stderr);
    let after = records(&store, &run);
    assert_eq!(after[..before.len()], before);
    assert_each_once(&after);
    assert_eq!(count(&after, |row| matches!(row, Change::Event { .. })), 2 + 2 * PARTS as usize);
    assert_eq!(project.lockstep(&["run", ".", "--take-up"]).told(), "exit 0\nno run of sums was cut off\n");
}

#[test]
fn several_runs_are_taken_up_and_each_line_says_whose_it_is() {
    let claims = Claims::new();
    let ids = [claims.waiting(&claim(1, "")), claims.waiting(&claim(1, ""))];
    for question in claims.questions() {
        assert_eq!(claims.answer(&question, YES, &[]).code, 0);
    }
    let ended = claims.take_up();
    assert_eq!((ended.code, ended.stdout.lines().count()), (0, 2), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("taking up 2 runs of approvals\n"), "{}", ended.stderr);
    for id in ids {
        let line = format!("\n  {}  pay     done → claim-settled\n", &id[..12]);
        assert!(ended.stderr.contains(&line), "{}", ended.stderr);
    }
}

#[test]
fn a_key_names_one_run_also_after_a_kill() {
    let claims = Claims::new();
    let (input, more) = (claim(1, ""), ["--idempotency-key", "claim-1"]);
    let begin = |input: &str| claims.lockstep(&[&["run", ".", "--input", input], &more[..]].concat());
    let mut killed =
        Waiting::of(claims.command(&[&["run", ".", "--wait", "--input", &input], &more[..]].concat()));
    let run = killed.id();
    killed.read_questions(1);
    killed.kill();

    let again = begin(&input);
    assert_eq!(again.code, 8, "{}", again.stderr);
    let told = format!("run {run} of approvals\nthe key is known: this is the run that it began\n");
    assert!(again.stderr.starts_with(&told), "{}", again.stderr);
    assert_eq!(claims.answer(&claims.questions()[0], YES, &[]).code, 0);
    let settled = begin(&input);
    assert_eq!(settled.code, 0, "{}", settled.stderr);
    assert_eq!(begin(&input).stdout, settled.stdout);
    let other = begin(&claim(2, ""));
    let why = "the idempotency key belongs to run";
    assert!(other.code == 9 && other.stderr.contains(why), "{} {}", other.code, other.stderr);
    assert_eq!(runs(&claims.store()), [run]);
}

#[test]
fn an_ended_run_is_continued_with_its_state_and_runs_of_a_session_belong_together() {
    let claims = Claims::new();
    let small = |claim: &str| {
        let item = r#"{"what":"tea","category":"meal","cents":300,"has_receipt":true}"#;
        format!(r#"{{"claim":"{claim}","claimant":"Ada","items":[{item}],"bank":"open"}}"#)
    };
    let minutes = |claim: &str, more: &[&str]| -> Value {
        let ended = claims.lockstep(&[&["run", ".", "--input", &small(claim)], more].concat());
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        serde_json::from_str::<Value>(&ended.stdout).unwrap()["minutes"].take()
    };
    assert_eq!(minutes("E-1", &["--session", "march"]), json!(["item 1: 3.00 by the policy"]));
    let first = runs(&claims.store()).remove(0);
    let twice = json!(["item 1: 3.00 by the policy", "item 1: 3.00 by the policy"]);
    assert_eq!(minutes("E-2", &["--session", "march", "--continue", &first[..9]]), twice);
    assert_eq!(minutes("E-3", &[]), json!(["item 1: 3.00 by the policy"]));

    let journal = Sqlite::visit(&claims.store()).unwrap();
    let march = Query { session: Some("march".into()), limit: 9, ..Query::default() };
    assert_eq!(wait(journal.runs(&march)).unwrap().len(), 2);
    let open = claims.waiting(&claim(1, ""));
    for (run, why) in [(&*open, "only an ended run can be continued"), ("beef", "there is no run `beef`")] {
        let refused = claims.lockstep(&["run", ".", "--input", &small("E-4"), "--continue", run]);
        assert!(refused.code == 9 && refused.stderr.contains(why), "{}", refused.stderr);
    }
}

#[test]
fn an_interrupted_run_stands_where_it_is_and_goes_on() {
    let claims = Claims::new();
    let mut waiting = Waiting::begin(&claims, &claim(1, ""));
    waiting.read_questions(1);
    let ended = waiting.interrupt();
    assert_eq!(ended.code, 130);
    let told = "interrupted: it stands where it was; go on with `lockstep run . --take-up`\n";
    assert!(ended.stderr.ends_with(told), "{}", ended.stderr);
    assert_eq!(claims.answer(&claims.questions()[0], YES, &[]).code, 0);
    assert_eq!(claims.take_up().code, 0);
}

#[test]
fn what_fails_for_good_is_parked_and_nothing_is_lost() {
    let claims = Claims::edited(|workflow| workflow.replace("\"200ms\"", "\"1ms\""));
    let ended =
        claims.lockstep(&["run", ".", "--input", &claim(0, "").replace("[]", TEA).replace("open", "closed")]);
    assert_eq!(ended.code, 8, "{}", ended.stderr);
    for told in [
        "  pay     attempt 1 failed: transient `bank-closed`: the bank is closed today; again in ",
        "  pay     parked at attempt 3: transient `bank-closed`: the bank is closed today\n",
        "it waits for a person to see to what is parked: `lockstep runs show ",
        "let it be tried again with `lockstep runs retry ",
    ] {
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
    }
}

/// One item that the policy pays.
const TEA: &str = r#"[{"what":"tea","category":"meal","cents":300,"has_receipt":true}]"#;

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

/// A run that waits for an answer, and for a time that passes while nothing runs it. How long that
/// takes is found out: longer than this machine needs to end the process that began the run.
fn overdue(
    begin: impl Fn(u32) -> (Claims, String),
    due: impl Fn(&Change) -> Option<Timestamp>,
) -> (Claims, String) {
    for seconds in [1, 4, 16] {
        let (claims, run) = begin(seconds);
        let records = records(&claims.store(), &run);
        let at = records.iter().find_map(|record| due(&record.change)).unwrap();
        let is_early = records.last().unwrap().at < at && now() < at.0;
        std::thread::sleep(Duration::from_millis(at.0.saturating_sub(now())));
        if is_early {
            return (claims, run);
        }
    }
    panic!("the program needs more than 16 seconds to end");
}

#[test]
fn a_timer_that_was_due_while_nothing_ran_fires_at_once_when_the_run_is_taken_up() {
    let begin = |seconds| {
        let claims = Claims::new();
        let (run, _) = claims.begin(&claim(1, &format!(r#","remind_after_seconds":{seconds}"#)));
        (claims, run)
    };
    let due = |change: &Change| if let Change::TimerSet { at, .. } = change { Some(*at) } else { None };
    let (claims, run) = overdue(begin, due);
    let ended = claims.lockstep(&["run", ".", "--take-up", "--verbose"]);
    assert_eq!(ended.code, 8, "{}", ended.stderr);
    assert!(ended.stderr.contains("  policy  = reminder {\"open\":1}\n"), "{}", ended.stderr);
    assert!(count(&records(&claims.store(), &run), |row| matches!(row, Change::TimerFired { .. })) >= 1);
}

#[test]
fn a_question_whose_deadline_passed_while_nothing_ran_expires_when_the_run_is_taken_up() {
    let begin = |seconds| {
        let claims = Claims::edited(|workflow| workflow.replace("\"3d\"", &format!("\"{seconds}s\"")));
        let (run, _) = claims.begin(&claim(1, ""));
        (claims, run)
    };
    let due = |change: &Change| if let Change::Asked { deadline, .. } = change { *deadline } else { None };
    let (claims, _) = overdue(begin, due);
    let ended = claims.take_up();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.contains("item 1: refused, because nobody answered in time"), "{}", ended.stdout);
}
