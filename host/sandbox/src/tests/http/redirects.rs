//! Answers that send a guest elsewhere (attacks 17 and 26).

use super::server::{answer, echo};
use super::*;
use crate::Wall;

/// Sends whoever asks for `/away` on to `to`, and says back what was asked elsewhere.
async fn sends_to(status: u16, to: &'static str) -> Server {
    Server::new(move |request| match request.contains(" /away ") {
        true => answer(status, &format!("location: {to}\r\n"), ""),
        false => echo(request),
    })
    .await
}

#[tokio::test]
async fn a_redirect_is_shown_to_the_guest_and_followed_by_nobody() {
    for to in ["http://169.254.169.254/latest/meta-data", "/inner"] {
        let server = sends_to(302, to).await;
        let told = Lab::new([rule(server.port)]).ask(get(&server.url("/away"))).await;
        assert_eq!((&told["ok"]["status"], server.heard().len()), (&json!(302), 1));
    }
    let server = sends_to(302, "/inner").await;
    let told = Lab::new([rule(server.port)]).without(Wall::Redirects).ask(get(&server.url("/away"))).await;
    assert!(body(&told).starts_with("GET /inner "), "without the wall it is followed");
}

#[tokio::test]
async fn where_a_rule_follows_each_hop_is_held_against_the_rules() {
    let follows = |port| Rule { redirects: true, ..rule(port) };
    let server = sends_to(302, "/inner").await;
    let told = Lab::new([follows(server.port)]).ask(get(&server.url("/away"))).await;
    assert!(body(&told).starts_with("GET /inner "));
    let server = sends_to(302, "http://169.254.169.254/latest").await;
    let lab = Lab::new([follows(server.port)]);
    let told = lab.ask(get(&server.url("/away"))).await;
    assert_eq!(told["ok"]["status"], 302, "the guest gets the answer that it may not follow");
    let denied = lab.notes.denied.lock().unwrap().pop().unwrap();
    assert_eq!((&*denied.what, &*denied.why), ("GET http://169.254.169.254/latest", "host"));
}

#[tokio::test]
async fn a_hop_to_an_address_outside_the_network_is_denied() {
    let server = sends_to(302, "http://inner.test/").await;
    let inner = Rule { host: Host::Exactly("inner.test".into()), network: Network::Public, ..rule(80) };
    let lab = Lab::new([Rule { redirects: true, ..rule(server.port) }, inner]);
    assert!(lab.refused(get(&server.url("/away"))).await.contains(r#""why":"network""#));
}

#[tokio::test]
async fn a_circle_is_left_after_five_hops() {
    let server = sends_to(302, "/away").await;
    let told = Lab::new([Rule { redirects: true, ..rule(server.port) }]).ask(get(&server.url("/away"))).await;
    assert_eq!((&told["ok"]["status"], server.heard().len()), (&json!(302), 6));
}

#[tokio::test]
async fn the_method_after_a_redirect_is_as_http_has_it() {
    for (status, method, length) in [(303, "GET", 0), (302, "GET", 0), (307, "POST", 2), (308, "POST", 2)] {
        let server = sends_to(status, "/inner").await;
        let event = with(request("POST", &server.url("/away")), "body", "aGk=".into());
        let told = body(&Lab::new([Rule { redirects: true, ..rule(server.port) }]).ask(event).await);
        assert!(told.starts_with(&format!("{method} /inner ")), "{status}: {told}");
        assert_eq!(told.split_once("\r\n\r\n").unwrap().1.len(), length, "{status}");
    }
}

#[tokio::test]
async fn the_secret_goes_along_on_the_same_rule_alone() {
    let server = sends_to(302, "/inner").await;
    let port = server.port;
    let with_secret = |pattern: &str, redirects| Rule {
        paths: vec![PathPattern(vec![lockstep_core::grant::http::Segment::Text(pattern.into())])],
        secret: Some(secrets::bearer()),
        redirects,
        ..rule(port)
    };
    let lab = |rules: Vec<Rule>| Lab { secrets: secrets::secrets(), ..Lab::new(rules) };
    let heard = async |lab: Lab| {
        lab.ask(get(&server.url("/away"))).await;
        server.heard().pop().unwrap()
    };
    let both = Rule { paths: vec![PathPattern::all()], ..with_secret("", true) };
    assert!(heard(lab(vec![both.clone()])).await.contains(secrets::SECRET), "the same rule");
    let away = with_secret("away", true);
    let other = heard(lab(vec![away.clone(), rule(port)])).await;
    assert!(other.starts_with("GET /inner ") && !other.contains(secrets::SECRET), "another rule: {other}");
    let none = heard(lab(vec![away.clone()])).await;
    assert!(none.starts_with("GET /away "), "no rule, no hop");
    let leaks = heard(lab(vec![away]).without(Wall::Redirects)).await;
    assert!(leaks.starts_with("GET /inner ") && leaks.contains(secrets::SECRET), "without the wall: {leaks}");
}
