//! Requests that a person decides on: asked about whole, sent as they were approved, and nothing else in their
//! place.

use lockstep_core::grant::http::Segment;
use lockstep_core::outcome::{Interruption, Outcome};

use super::server::echo;
use super::*;
use crate::Wall;

fn approved(approve: Approve, port: u16) -> Lab {
    Lab::new([Rule { approve, ..rule(port) }])
}

fn post(url: &str, body: &str) -> Value {
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, body);
    with(request("POST", url), "body", encoded.into())
}

fn asked(lab: &Lab) -> Vec<bool> {
    lab.notes.begun.lock().unwrap().iter().map(|intent| intent.ask.is_some()).collect()
}

#[tokio::test]
async fn a_person_is_asked_about_what_the_rule_says_and_sees_all_of_it() {
    let server = Server::new(echo).await;
    for (approve, expected) in
        [(Approve::Never, [false, false]), (Approve::Writes, [false, true]), (Approve::Always, [true, true])]
    {
        let lab = approved(approve, server.port);
        lab.ask(get(&server.url("/a"))).await;
        lab.ask(post(&server.url("/b?limit=5"), "{\"cents\":5}")).await;
        assert_eq!(asked(&lab), expected, "{approve:?}");
        let begun = lab.notes.begun.lock().unwrap();
        let Some(ask) = &begun[1].ask else { continue };
        let url = server.url("/b?limit=5");
        let shown = format!(r#"{{"method":"POST","url":"{url}","body":"{{\"cents\":5}}"}}"#);
        assert_eq!((ask.proposal.arguments.as_str(), &*ask.why), (&*shown, "its rule says `approve`"));
        assert_eq!(ask.within, Duration::from_hours(24));
    }
}

#[tokio::test]
async fn what_waits_for_a_person_ends_the_attempt_before_a_byte_leaves_and_without_the_wall_it_leaves() {
    let server = Server::new(echo).await;
    let lab = approved(Approve::Always, server.port);
    lab.notes.answers.lock().unwrap().push(Leave::Ask);
    let report = lab.report(post(&server.url("/"), "x")).await;
    assert_eq!(report.outcome, Outcome::Interrupted(Interruption::Approval));
    lab.notes.answers.lock().unwrap().push(Leave::Unsteady);
    let report = lab.report(post(&server.url("/"), "x")).await;
    assert_eq!(report.outcome, Outcome::Interrupted(Interruption::Unsteady));
    assert_eq!(server.connected(), 0);
    let open = lab.without(Wall::Approval);
    open.ask(post(&server.url("/"), "x")).await;
    assert_eq!((asked(&open).pop(), server.heard().len()), (Some(false), 1));
}

#[tokio::test]
async fn the_guest_is_told_why_a_person_refuses() {
    let server = Server::new(echo).await;
    let lab = approved(Approve::Always, server.port);
    lab.notes.answers.lock().unwrap().push(Leave::Refused("over the limit".into()));
    assert_eq!(lab.refused(post(&server.url("/"), "x")).await, r#"{"refused":"over the limit"}"#);
    assert_eq!(server.connected(), 0);
}

#[tokio::test]
async fn what_a_person_has_changed_is_sent_if_the_same_rule_allows_it() {
    let server = Server::new(echo).await;
    let sent = async |arguments: Value| {
        let narrow = Rule {
            approve: Approve::Always,
            paths: vec![PathPattern(vec![Segment::Text("v1".into()), Segment::One])],
            ..rule(server.port)
        };
        let lab = Lab::new([narrow]);
        lab.notes.answers.lock().unwrap().push(Leave::GoWith(Json::trusted(arguments.to_string())));
        lab.ask(post(&server.url("/v1/a"), "much")).await
    };
    let url = server.url("/v1/b");
    let changed = json!({"method": "POST", "url": url, "body": "little", "headers": {"x-by": ["ann"]}});
    let told = body(&sent(changed).await);
    assert!(
        told.starts_with("POST /v1/b ") && told.contains("x-by: ann") && told.ends_with("little"),
        "{told}"
    );
    for (arguments, why) in [
        (json!({"method": "POST", "url": server.url("/v2/b")}), "path"),
        (json!({"method": "DELETE", "url": url}), "method"),
        (
            json!({"method": "POST", "url": url, "headers": {"host": ["evil"]}}),
            "the header `host` is the host's",
        ),
        (json!({"method": "POST"}), "missing field `url`"),
    ] {
        let told = sent(arguments).await["err"].to_string();
        assert!(told.contains(why), "{told}");
    }
    assert_eq!(server.heard().len(), 1);
}

#[tokio::test]
async fn an_approval_is_for_the_whole_request_headers_and_key_too() {
    let server = Server::new(echo).await;
    let ids = async |approve| {
        let lab = approved(approve, server.port);
        let plain = post(&server.url("/"), "x");
        let header = with(plain.clone(), "headers", json!([["x-to", "me"]]));
        for event in [plain.clone(), header, with(plain, "key", "7".into())] {
            lab.ask(event).await;
        }
        let begun = lab.notes.begun.lock().unwrap();
        begun.iter().map(|intent| intent.id.digest).collect::<Vec<_>>()
    };
    let [a, b, c] = ids(Approve::Always).await[..] else { panic!() };
    assert!(a != b && b != c && a != c);
    let [a, b, c] = ids(Approve::Never).await[..] else { panic!() };
    assert!(a == b && b == c);
}

#[tokio::test]
async fn where_a_person_may_be_asked_all_answers_are_kept_while_the_attempt_lasts() {
    let server = Server::new(echo).await;
    for (approve, keep) in [(Approve::Never, Keep::No), (Approve::Writes, Keep::Attempt)] {
        let lab = approved(approve, server.port);
        lab.ask(get(&server.url("/"))).await;
        assert_eq!(lab.notes.begun.lock().unwrap()[0].keep, keep);
        let ended = lab.notes.ended.lock().unwrap();
        let Ending::Answered { answer, .. } = &ended[0] else { panic!("{ended:?}") };
        assert_eq!(answer.is_some(), keep == Keep::Attempt);
    }
}

#[tokio::test]
async fn what_no_rule_allows_is_asked_about_where_the_grant_says_so() {
    let server = Server::new(echo).await;
    let lab = Lab { denied: Denied::Ask, ..Lab::new([rule(server.port)]) };
    // The name means this machine, and what a person lets through goes to the internet alone.
    lab.refused(get(&format!("http://other.test:{}/a", server.port))).await;
    {
        let begun = lab.notes.begun.lock().unwrap();
        assert_eq!(&*begun[0].ask.as_ref().unwrap().why, "no rule of its grant allows it: host");
        assert_eq!(&*begun[0].rule, format!("http://other.test:{}", server.port));
    }
    assert_eq!(server.connected(), 0);
    let told = Lab::new([rule(server.port)]);
    told.refused(get(&format!("http://other.test:{}/a", server.port))).await;
    assert!(asked(&told).is_empty(), "by default it is denied at once");
}

#[tokio::test]
async fn a_change_that_cannot_be_sent_leaves_nothing_that_nobody_knows_of() {
    let server = Server::new(echo).await;
    let lab = Lab::new([Rule { approve: Approve::Always, at_most_once: true, ..rule(server.port) }]);
    for arguments in [
        json!({"method": "POST", "url": server.url("/"), "headers": {"host": ["evil"]}}),
        json!({"method": "DELETE", "url": server.url("/")}),
        json!({"method": "POST"}),
    ] {
        lab.notes.answers.lock().unwrap().push(Leave::GoWith(Json::trusted(arguments.to_string())));
        let told = lab.refused(post(&server.url("/"), "x")).await;
        assert!(told.contains("what a person has made of it cannot be sent"), "{told}");
        let ended = lab.notes.ended.lock().unwrap().pop();
        assert!(matches!(ended, Some(Ending::NotMade { .. })), "{ended:?}");
    }
    assert_eq!(server.connected(), 0);
}
