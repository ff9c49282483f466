//! Whoever keeps the calls of a delivery is asked before one leaves, and told what came of it.

use lockstep_core::effect::idempotency_key;
use lockstep_core::event::Timestamp;
use lockstep_core::grant::http::Rate;
use lockstep_core::outcome::{Interruption, Outcome};

use super::server::{answer, echo};
use super::*;
use crate::tests::told;

fn interrupted(report: Report) -> Interruption {
    match report.outcome {
        Outcome::Interrupted(why) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_call_is_named_by_what_it_asks_and_how_often() {
    let server = Server::new(echo).await;
    let rate = Rate { calls: 5, per: Duration::from_secs(60) };
    let lab = Lab::new([Rule { rate: Some(rate), reuse: true, ..rule(server.port) }]);
    lab.ask(times(get(&server.url("/a/../b?token=abc&x")), 2)).await;
    lab.ask(get(&server.url("/b?token=abc&x"))).await;
    lab.ask(with(request("POST", &server.url("/b?token=abc&x")), "body", "aGk=".into())).await;
    let begun = lab.notes.begun.lock().unwrap();
    let [first, second, again, other] = &begun[..] else { panic!("{begun:?}") };
    assert_eq!((first.id.nth, second.id.nth, again), (1, 2, first), "each attempt counts anew");
    assert_eq!(first.id.digest, second.id.digest);
    assert_ne!(first.id.digest, other.id.digest);
    assert_eq!(*first.what, *format!("GET http://server.test:{}/b?token&x", server.port));
    assert_eq!(*first.rule, *format!("http://server.test:{}", server.port));
    assert_eq!((first.at_most_once, first.keep, first.rate), (false, Keep::Delivery, Some(rate)));
}

#[tokio::test]
async fn an_answer_is_kept_where_a_later_attempt_may_want_it() {
    let server = Server::new(|_| answer(200, "a: b\r\n", "hello")).await;
    let ending = async |reuse| {
        let lab = Lab::new([Rule { reuse, ..rule(server.port) }]);
        lab.ask(get(&server.url("/"))).await;
        lab.notes.ended.lock().unwrap().pop().unwrap()
    };
    let answer = r#"{"status":200,"headers":[["a","b"],["content-length","5"]],"body":"aGVsbG8="}"#;
    let told: Arc<str> = "200, 5 bytes".into();
    assert_eq!(ending(false).await, Ending::Answered { answer: None, told: told.clone() });
    assert_eq!(ending(true).await, Ending::Answered { answer: Some(Json::trusted(answer)), told });
    let lab = Lab::new([rule(server.port)]);
    lab.notes.answers.lock().unwrap().push(Leave::Recorded(Json::trusted(answer.replace("200", "207"))));
    let recorded = lab.ask(get(&server.url("/"))).await;
    assert_eq!((&recorded["ok"]["status"], body(&recorded)), (&json!(207), "hello".into()));
    assert_eq!(server.heard().len(), 2, "a recorded answer asks nobody");
}

#[tokio::test]
async fn what_is_not_known_and_what_must_wait_interrupts_the_attempt_and_asks_nobody() {
    let server = Server::new(echo).await;
    for (leave, why) in [
        (Leave::Unknown, Interruption::UnknownEffect),
        (Leave::NotBefore(Timestamp(9)), Interruption::NotBefore(Timestamp(9))),
    ] {
        let lab = Lab::new([rule(server.port)]);
        lab.notes.answers.lock().unwrap().push(leave);
        assert_eq!(interrupted(lab.report(get(&server.url("/"))).await), why);
    }
    assert_eq!(server.heard().len(), 0);
}

#[tokio::test]
async fn a_wait_that_ends_before_the_deadline_is_waited_and_asked_about_again() {
    let server = Server::new(echo).await;
    let lab = Lab::new([rule(server.port)]);
    lab.notes.answers.lock().unwrap().push(Leave::NotBefore(Timestamp(5)));
    let mut call = lab.call(&get(&server.url("/")));
    call.identity.deadline_ms = 10;
    lab.load().unwrap().attempt(call).await;
    assert_eq!((lab.notes.begun.lock().unwrap().len(), server.heard().len()), (2, 1));
}

#[tokio::test]
async fn a_call_that_may_be_made_once_and_has_no_answer_is_left_for_a_person() {
    let silent = Server::new(|_| Vec::new()).await;
    let large = Server::new(|_| answer(200, "", "too much")).await;
    for server in [&silent, &large] {
        let once = Rule { at_most_once: true, response_bytes: 4, ..rule(server.port) };
        let lab = Lab::new([once.clone()]);
        let why = interrupted(lab.report(request("POST", &server.url("/"))).await);
        assert_eq!(why, Interruption::UnknownEffect);
        assert_eq!(*lab.notes.ended.lock().unwrap(), [], "it has no end");
        let often = Lab::new([Rule { at_most_once: false, ..once }]);
        often.refused(request("POST", &server.url("/"))).await;
        assert!(matches!(often.notes.ended.lock().unwrap()[..], [Ending::Failed { .. }]));
    }
}

#[tokio::test]
async fn a_call_of_which_no_byte_left_was_not_made() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let lab = Lab::new([Rule { at_most_once: true, ..rule(closed) }]);
    lab.refused(request("POST", &format!("http://server.test:{closed}/"))).await;
    let told = "no connection: connection refused".into();
    assert_eq!(*lab.notes.ended.lock().unwrap(), [Ending::NotMade { told }]);
}

#[tokio::test]
async fn the_key_is_the_same_in_every_attempt_and_the_guests_own_where_it_gives_one() {
    let server = Server::new(echo).await;
    let keyed = Rule { idempotency: Some("idempotency-key".into()), ..rule(server.port) };
    let lab = Lab::new([keyed]);
    let sent = async |event| {
        let told = body(&lab.ask(event).await);
        told.split_once("idempotency-key: ").unwrap().1[..32].to_owned()
    };
    let plain = sent(get(&server.url("/"))).await;
    assert_eq!(plain, sent(get(&server.url("/"))).await);
    let id = lab.notes.begun.lock().unwrap()[0].id;
    assert_eq!(plain, idempotency_key("run", 1, None, &id));
    assert_ne!(plain, sent(times(get(&server.url("/")), 2)).await, "the second of an attempt is another");
    let own = with(get(&server.url("/")), "key", "order-7".into());
    assert_eq!(sent(times(own, 2)).await, idempotency_key("run", 1, Some("order-7"), &id));
}

#[tokio::test]
async fn where_nobody_keeps_track_no_call_leaves() {
    let server = Server::new(echo).await;
    let lab = Lab::new([rule(server.port)]);
    let call = Call { effects: None, ..lab.call(&get(&server.url("/"))) };
    let told = told(lab.load().unwrap().attempt(call).await);
    assert_eq!(told, "host effects: no call can leave: nobody keeps track of it");
    assert_eq!(server.connected(), 0);
}
