//! A payout that waits for a person: made once, or not at all.

use std::io::Read;
use std::net::TcpListener;
use std::thread;

use lockstep_local::{KEY, Serving, payments};
use serde_json::{Value, json};

use super::{PAYMENTS, Place, id};
use crate::project::Ended;

fn place() -> (Place, Serving) {
    let serving = payments::begin(0, KEY).unwrap();
    (Place::new("payout", &[(PAYMENTS, serving.port())]), serving)
}

/// What the bank was asked to pay.
fn asked(bank: &Serving) -> Vec<Value> {
    bank.heard().into_iter().map(|asked| asked.body).collect()
}

#[test]
fn refunds_are_paid_or_refused_as_rules_people_and_the_bank_say() {
    place().0.golden();
}

#[test]
fn nothing_leaves_until_a_person_has_agreed_and_then_once() {
    let (place, bank) = place();
    assert_eq!(place.run("approved").code, 8);
    assert_eq!(asked(&bank), Vec::<Value>::new());
    assert_eq!(place.take_up().code, 8, "going on is no yes");
    let waits = place.waits();
    place.say(&waits[0], &place.written_down("answers", "approved"));
    assert_eq!(asked(&bank), Vec::<Value>::new(), "nobody runs it");
    assert_eq!(place.take_up().code, 0);
    let paid = json!({ "order": "A-20417", "request": "R-3001", "to": "Ruth Okafor", "cents": 4990, "currency": "EUR" });
    assert_eq!(asked(&bank), [paid]);
    assert!(bank.heard()[0].idempotency.is_some());
}

#[test]
fn a_payout_that_nobody_decides_on_in_time_is_refused() {
    let (place, bank) = place();
    assert_eq!(place.run("approved").code, 8);
    let waits = place.waits();
    let open_for = waits[0]["deadline_ms"].as_u64().unwrap() - waits[0]["asked_at_ms"].as_u64().unwrap();
    assert_eq!(open_for, 2 * 24 * 60 * 60 * 1000);
    place.let_pass(&waits[0]);
    let ended = place.take_up();
    let result: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(result["why"], "nobody approved it in time");
    assert_eq!(asked(&bank), Vec::<Value>::new());
}

#[test]
fn a_person_may_pay_out_less() {
    let (place, bank) = place();
    assert_eq!(place.run("approved").code, 8);
    let mut call = place.waits().remove(0);
    let number = id(&call).to_owned();
    let body = call["arguments"]["body"].as_str().unwrap().replace("4990", "2500");
    call["arguments"]["body"] = body.into();
    let said = place.lockstep(&["approve", &number, "--with", &call["arguments"].to_string(), "--by", "ann"]);
    assert_eq!(said.code, 0, "{said:?}");
    let result: Value = serde_json::from_str(&place.take_up().stdout).unwrap();
    assert_eq!((&result["cents"], &asked(&bank)[0]["cents"]), (&json!(2500), &json!(2500)));
}

#[test]
fn the_audit_tells_who_decided_what_and_is_kept() {
    let (place, _) = place();
    place.result("refused");
    let run = place.last_run();
    let shown = place.lockstep(&["runs", "show", &run]).stdout;
    assert!(shown.contains("refused by bob: the courier has found the parcel"), "{shown}");
    let state = place.lockstep(&["runs", "state", &run, "--json"]).stdout;
    assert!(state.contains("not paid out: the courier has found the parcel"), "{state}");
    assert!(!(shown + &state).contains(KEY));
}

/// A bank that takes a call and breaks off; its port.
fn broken_bank() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            // The call has arrived; whether it was done, nobody says.
            let _ = stream.unwrap().read(&mut [0; 4096]);
        }
    });
    port
}

/// A payout whose call has left and whose answer is lost, after a person has said what came of it.
fn resolved(bank_did: &Value) -> (Place, Ended) {
    let place = Place::new("payout", &[(PAYMENTS, broken_bank())]);
    assert_eq!(place.run("approved").code, 8);
    let waits = place.waits();
    place.say(&waits[0], &place.written_down("answers", "approved"));
    assert_eq!(place.take_up().code, 8, "it is parked");
    let run = place.last_run();
    let shown = place.lockstep(&["runs", "show", &run]).stdout;
    assert!(shown.contains("lockstep runs resolve"), "{shown}");
    let answer = json!({ "status": 201, "text": bank_did.to_string() }).to_string();
    let said = place.lockstep(&["runs", "resolve", &run, "--done", &answer, "--by", "ann"]);
    assert_eq!(said.code, 0, "{said:?}");
    let ended = place.take_up();
    (place, ended)
}

#[test]
fn a_call_whose_answer_is_lost_is_not_made_again_until_a_person_says_what_came_of_it() {
    let (place, ended) = resolved(&json!({ "payout": "po-R-3001", "cents": 4990 }));
    let result: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(result, place.expected("approved"), "{ended:?}");
}

#[test]
fn a_person_who_does_not_say_what_was_paid_has_not_said_that_anything_was() {
    let (_, ended) = resolved(&json!({}));
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{ended:?}");
    assert!(ended.stderr.contains("permanent `no-payout`"), "{}", ended.stderr);
}
