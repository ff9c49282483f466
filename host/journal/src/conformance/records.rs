//! Commits to store: small ones by number, and one record of every kind of decision.

use std::ops::RangeInclusive;
use std::time::Duration;

use lockstep_core::event::{Json, Timestamp};
use lockstep_core::journal::Commit;
use lockstep_core::outcome::{Class, Failure};
use lockstep_core::run::{
    Cause, Change, DeliveryStatus, JoinInput, Place, Record, RunId, Seq, Status, Unmatched,
};
use lockstep_core::workflow::{EventId, HandlerId, Home, Port};

/// A run's name, the same for the same number.
pub fn run(which: u64) -> RunId {
    RunId::fresh("conformance", u128::from(which) << 64)
}

/// A commit of events with these numbers, each with a value of its own.
pub fn commit(which: u64, rows: RangeInclusive<u64>) -> Commit {
    Commit { run: run(which), records: rows.map(record).collect() }
}

/// An event whose value is its number.
pub(super) fn record(seq: u64) -> Record {
    record_of(seq, event(&seq.to_string()))
}

/// The decision under its number, at a time that grows with it.
pub(super) fn record_of(seq: u64, change: Change) -> Record {
    Record { seq: Seq(seq), at: Timestamp(1_700_000_000_000_u64.saturating_add(seq)), change }
}

/// An event with this JSON text as its value.
pub(super) fn event(json: &str) -> Change {
    Change::Event {
        event: EventId(3),
        name: "shop:refunds/events/refund-requested@1.0.0".into(),
        place: Place { scope: Seq(0), branch: 0 },
        cause: None,
        joins: Vec::new(),
        unmatched: Vec::new(),
        payload: Some(Json::trusted(json)),
    }
}

/// One record for each kind of decision, and for each optional part of it.
pub(super) fn of_every_kind() -> Vec<Record> {
    let changes = [of_runs(), of_events(), of_deliveries(), of_scopes()].concat();
    (1..).zip(changes).map(|(seq, change)| record_of(seq, change)).collect()
}

fn of_runs() -> Vec<Change> {
    let reason = Some("step `charge` failed".to_owned());
    vec![
        Change::Status { status: Status::Running, reason: None },
        Change::Status { status: Status::TimedOut, reason },
    ]
}

fn of_events() -> Vec<Change> {
    let input = JoinInput { handler: HandlerId(2), port: Port::Item, scope: Seq(7), branch: 4 };
    let joined = Change::Event {
        event: EventId(0),
        name: "a:b/c/d".into(),
        place: Place { scope: Seq(7), branch: 4 },
        cause: Some(Cause { delivery: Seq(9), attempt: 2 }),
        joins: vec![input],
        unmatched: vec![HandlerId(1)],
        payload: Some(Json::trusted(r#"{"amount": 1.50}"#)),
    };
    vec![event("null"), joined]
}

fn of_deliveries() -> Vec<Change> {
    let (delivery, handler) = (Seq(4), HandlerId(1));
    let failure = Failure {
        class: Class::Transient,
        code: "card-declined".into(),
        message: "the bank said no".into(),
        retry_after: Some(Duration::from_millis(1500)),
        details: Some(Json::trusted(r#"{"balance":18446744073709551615}"#)),
    };
    let later = DeliveryStatus::BackingOff { until: Timestamp(1_700_000_001_000) };
    let inputs = vec![Seq(2), Seq(3)];
    vec![
        Change::Delivery { handler, step: "charge".into(), inputs, place: Place::default() },
        Change::Attempt { delivery, attempt: 1, status: later, failure: Some(failure) },
        Change::Attempt { delivery, attempt: 2, status: DeliveryStatus::Done, failure: None },
        Change::Cut { delivery },
        Change::Late { delivery },
    ]
}

fn of_scopes() -> Vec<Change> {
    let (scope, parent) = (Seq(7), Place { scope: Seq(1), branch: 1 });
    let unmatched = vec![Unmatched { handler: HandlerId(5), events: vec![Seq(6), Seq(8)] }];
    vec![
        Change::Opened { home: Home::Handler(HandlerId(1)), parent, branches: 3 },
        Change::Skipped { scope },
        Change::Closed { scope, unmatched },
        Change::TimerSet { at: Timestamp(u64::MAX), scope },
        Change::TimerFired { timer: Seq(15) },
    ]
}
