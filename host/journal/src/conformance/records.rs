//! Commits to store: small ones by number, and one record of every kind of decision.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use lockstep_core::blob::Digest;
use lockstep_core::effect::{CallId, Denial, Ended, Keep, Moment};
use lockstep_core::event::{Json, Timestamp};
use lockstep_core::journal::{Commit, Summary};
use lockstep_core::outcome::{Class, Failure};
use lockstep_core::run::{
    About, Cause, Change, Decided, DeliveryStatus, Forked, JoinInput, Parent, Parked, Place, Purpose, Record,
    RunId, Seq, Status, Unmatched,
};
use lockstep_core::state::Op;
use lockstep_core::workflow::{EventId, HandlerId, Home, Port, Revision, StepId};

/// A run's name, the same for the same number.
pub fn run(which: u64) -> RunId {
    RunId::fresh("conformance", u128::from(which) << 64)
}

/// A commit of events with these numbers, each with a value of its own.
pub fn commit(which: u64, rows: RangeInclusive<u64>) -> Commit {
    commit_of(which, rows.map(record).collect())
}

/// A commit of these records.
pub fn commit_of(which: u64, records: Vec<Record>) -> Commit {
    Commit { run: run(which), records, summary: summary(which), takes: None }
}

/// Such a commit of events, after which this is known of the run.
pub(super) fn commit_with(
    which: u64,
    rows: RangeInclusive<u64>,
    change: impl FnOnce(&mut Summary),
) -> Commit {
    let mut commit = commit(which, rows);
    change(&mut commit.summary);
    commit
}

/// What is known of a run that has only begun.
pub fn summary(which: u64) -> Summary {
    let about = About {
        workflow: "conformance".into(),
        revision: Revision::named("r1"),
        key: None,
        alias: Some(format!("{which:010}").into()),
        session: None,
        continues: None,
        parent: None,
        forked: None,
    };
    Summary {
        about: Arc::new(about),
        started_at: Timestamp(1_700_000_000_000),
        status: Status::Running,
        changed_at: Timestamp(1_700_000_000_001),
        wake_at: Some(Timestamp(0)),
        asking: 0,
        parked: 0,
    }
}

/// An event whose value is its number.
pub(super) fn record(seq: u64) -> Record {
    record_of(seq, event(&seq.to_string()))
}

/// The decision under its number, at a time that grows with it.
pub(crate) fn record_of(seq: u64, change: Change) -> Record {
    Record { seq: Seq(seq), at: Timestamp(1_700_000_000_000_u64.saturating_add(seq)), change }
}

/// An event with this JSON text as its value.
pub(crate) fn event(json: &str) -> Change {
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

/// An answer with this JSON text as its value.
pub(super) fn answered(json: &str) -> Change {
    let by = Some("ada@example.org".into());
    Change::Answered { question: Seq(5), by, payload: Some(Json::trusted(json)) }
}

/// A key of the state with this JSON text as its value.
pub(super) fn state(json: &str) -> Change {
    Change::State { delivery: Seq(4), key: "seen".into(), op: Op::Set, payload: Some(Json::trusted(json)) }
}

/// An item for whoever watches, with this JSON text as its value.
pub(super) fn update(json: &str) -> Change {
    Change::Update { delivery: Seq(4), attempt: 2, name: "token".into(), payload: Some(Json::trusted(json)) }
}

/// One record for each kind of decision, and for each optional part of it.
pub(super) fn of_every_kind() -> Vec<Record> {
    let changes = [
        of_runs(),
        of_events(),
        of_deliveries(),
        of_attempts(),
        of_scopes(),
        of_timers(),
        of_questions(),
        of_state(),
        of_effects(),
        of_approvals(),
    ];
    (1..).zip(changes.concat()).map(|(seq, change)| record_of(seq, change)).collect()
}

fn of_runs() -> Vec<Change> {
    let about = |text: Option<&str>| {
        let some = || text.map(Into::into);
        let (workflow, revision) = ("conformance".into(), Revision::named("r1"));
        let continues = text.map(RunId::named);
        let parent = text.map(|text| Parent { run: RunId::named(text), delivery: Seq(u64::MAX) });
        let forked = text.map(|text| Forked { run: RunId::named(text), at: Seq(u64::MAX) });
        let (key, alias, session) = (some(), some(), some());
        About { workflow, revision, key, alias, session, continues, parent, forked }
    };
    let reason = Some("step `charge` failed".to_owned());
    vec![
        Change::Started(Arc::new(about(None))),
        Change::Started(Arc::new(about(Some("a\0b")))),
        Change::Status { status: Status::Running, reason: None },
        Change::Status { status: Status::TimedOut, reason },
    ]
}

fn of_events() -> Vec<Change> {
    let input = JoinInput { handler: HandlerId(2), port: Port::Item, scope: Seq(7), branch: 4 };
    let causes = [
        Cause::Attempt { delivery: Seq(9), attempt: 2 },
        Cause::Question { question: Seq(u64::MAX) },
        Cause::Timer { timer: Seq(11) },
        Cause::Operator,
    ];
    let caused = causes.map(|cause| Change::Event {
        event: EventId(0),
        name: "a:b/c/d".into(),
        place: Place { scope: Seq(7), branch: 4 },
        cause: Some(cause),
        joins: vec![input],
        unmatched: vec![HandlerId(1)],
        payload: Some(Json::trusted(r#"{"amount": 1.50}"#)),
    });
    [vec![event("null")], caused.to_vec()].concat()
}

fn of_deliveries() -> Vec<Change> {
    let (delivery, handler) = (Seq(4), HandlerId(1));
    let inputs = vec![Seq(2), Seq(3)];
    vec![
        Change::Delivery { handler, step: "charge".into(), inputs, place: Place::default() },
        Change::Began { delivery },
        Change::Crashed { delivery },
        Change::Cut { delivery },
        Change::Late { delivery },
        Change::Retried { delivery, by: Some("ann".into()) },
        Change::PassedOver { delivery, by: None },
        Change::ChildStarted { delivery, run: run(2) },
        Change::ChildCancelled { run: run(2) },
        Change::ParentTold,
    ]
}

fn of_attempts() -> Vec<Change> {
    let failure = Failure {
        class: Class::Transient,
        code: "card-declined".into(),
        message: "the bank said no".into(),
        retry_after: Some(Duration::from_millis(1500)),
        details: Some(Json::trusted(r#"{"balance":18446744073709551615}"#)),
    };
    let statuses = [
        (DeliveryStatus::BackingOff { until: Timestamp(1_700_000_001_000) }, Some(failure)),
        (DeliveryStatus::Interrupted, None),
        (DeliveryStatus::Parked { why: Parked::Exhausted }, None),
        (DeliveryStatus::Parked { why: Parked::Poison }, None),
        (DeliveryStatus::Parked { why: Parked::UnknownEffect }, None),
        (DeliveryStatus::Parked { why: Parked::Approval }, None),
        (DeliveryStatus::Parked { why: Parked::Unsteady }, None),
        (DeliveryStatus::Postponed { until: Timestamp(1_700_000_002_000) }, None),
        (DeliveryStatus::Done, None),
        (DeliveryStatus::Failed, None),
    ];
    let attempts = (1..).zip(statuses).map(|(attempt, (status, failure))| Change::Attempt {
        delivery: Seq(4),
        attempt,
        status,
        failure,
    });
    attempts.collect()
}

fn of_scopes() -> Vec<Change> {
    let (scope, parent) = (Seq(7), Place { scope: Seq(1), branch: 1 });
    let unmatched = vec![Unmatched { handler: HandlerId(5), events: vec![Seq(6), Seq(8)] }];
    vec![
        Change::Opened { home: Home::Handler(HandlerId(1)), parent, branches: 3 },
        Change::Skipped { scope },
        Change::Closed { scope, unmatched },
    ]
}

fn of_timers() -> Vec<Change> {
    let place = Place { scope: Seq(7), branch: 2 };
    let step = Purpose::Step { step: StepId(3), name: "reminder".into(), place };
    let purposes = [Purpose::Run, Purpose::Gather { scope: Seq(7) }, step];
    let set = purposes.map(|purpose| Change::TimerSet { at: Timestamp(u64::MAX), purpose });
    let ended = [Change::TimerFired { timer: Seq(15) }, Change::TimerCancelled { timer: Seq(16) }];
    [set.to_vec(), ended.to_vec()].concat()
}

fn of_questions() -> Vec<Change> {
    let (event, question, place) = (Seq(2), Seq(5), Place::default());
    let deadline = Some(Timestamp(1_700_000_001_000));
    vec![
        Change::Asked { event, step: None, place, deadline: None },
        Change::Asked { event, step: Some(StepId(3)), place, deadline },
        answered("true"),
        Change::Answered { question, by: None, payload: Some(Json::trusted("false")) },
        Change::Expired { question },
        Change::Withdrawn { question },
    ]
}

fn of_state() -> Vec<Change> {
    let change = |op| Change::State { delivery: Seq(4), key: "a\0b".into(), op, payload: None };
    let append = Json::trusted(r#"{"role":"user"}"#);
    vec![
        state("1"),
        change(Op::Delete),
        change(Op::Add { by: i64::MIN }),
        Change::State { delivery: Seq(4), key: "log".into(), op: Op::Append, payload: Some(append) },
        update("0.5"),
        Change::Blob { delivery: Seq(4), digest: Digest::of(b"abc"), size: 3, bytes: None },
    ]
}

fn of_approvals() -> Vec<Change> {
    let (delivery, approval, attempt) = (Seq(4), Seq(11), 2);
    let payload = Some(Json::trusted(r#"{"arguments":{"cents":900},"schema":{"type":"object"}}"#));
    let asked = Change::ApprovalAsked {
        delivery,
        attempt,
        step: "pay".into(),
        call: CallId { digest: Digest::of(b"POST a"), nth: 1 },
        capability: "tools".into(),
        what: "bank/pay\0".into(),
        rule: "bank".into(),
        within: Some(CallId { digest: Digest::of(b"tool"), nth: 1 }),
        why: "its rule says `approve`".into(),
        deadline: Timestamp(u64::MAX),
        moment: Moment { clock: Timestamp(1_700_000_000_000), seed: Digest::of(b"chance") },
        payload,
    };
    let decided = |how, by: Option<&str>, reason: Option<&str>, rule: Option<&str>, payload| {
        let (by, reason, rule) = (by.map(Arc::from), reason.map(Arc::from), rule.map(Arc::from));
        Change::ApprovalDecided { approval, delivery, how, by, reason, rule, payload }
    };
    let changed = Some(Json::trusted(r#"{"cents":800}"#));
    vec![
        asked,
        decided(Decided::Approved, Some("ann"), None, Some("[[http]]"), changed),
        decided(Decided::Refused, None, Some("too much\u{1b}[2J"), None, None),
        decided(Decided::Expired, None, None, None, None),
    ]
}

pub(super) fn of_effects() -> Vec<Change> {
    let (delivery, effect, attempt) = (Seq(4), Seq(u64::MAX), 2);
    let started = |at_most_once, keep| Change::EffectStarted {
        delivery,
        attempt,
        step: "charge".into(),
        call: CallId { digest: Digest::of(b"POST a"), nth: u32::MAX },
        capability: "http".into(),
        what: "POST https://pay.example/v1/refunds\0".into(),
        rule: "https://pay.example:443".into(),
        at_most_once,
        within: (keep == Keep::Attempt).then(|| CallId { digest: Digest::of(b"tool"), nth: 1 }),
        keep,
    };
    let ended = |how, payload| Change::EffectEnded { delivery, effect, how, told: "200".into(), payload };
    let answer = Some(Json::trusted(r#"{"status":200}"#));
    let denial = Denial {
        capability: "http".into(),
        what: "GET \u{1b}[2J".into(),
        why: "path".into(),
        tool: Some("kit".into()),
    };
    vec![
        started(true, Keep::No),
        started(false, Keep::Attempt),
        started(false, Keep::Delivery),
        ended(Ended::Answered, answer),
        ended(Ended::Answered, None),
        ended(Ended::NotMade, None),
        ended(Ended::Failed, None),
        Change::Denied { delivery, attempt, denial },
    ]
}
