//! What a guest asks for, in whatever spelling, and what it may say of it (attacks 20 and 21).

use super::server::echo;
use super::*;
use crate::Wall;
use crate::tests::told;
use lockstep_core::grant::http::Segment;

fn pattern(texts: &[&str]) -> PathPattern {
    PathPattern(texts.iter().map(|text| Segment::Text((*text).into())).collect())
}

#[tokio::test]
async fn what_no_rule_allows_is_denied_by_one_word_and_told_without_values() {
    let server = Server::new(echo).await;
    let narrow = || {
        let paths = vec![pattern(&["v1", "refunds"])];
        Lab::new([Rule { paths, query: Some(vec!["limit".into()]), ..rule(server.port) }])
    };
    let at = |rest: &str| format!("http://server.test:{}{rest}", server.port);
    for (method, url, why) in [
        ("GET", format!("http://evil.test:{}/v1/refunds", server.port), "host"),
        ("GET", at("/v1/refunds").replace("http:", "https:"), "scheme"),
        ("GET", "http://server.test:1/v1/refunds".into(), "port"),
        ("DELETE", at("/v1/refunds"), "method"),
        ("GET", at("/v1/payouts?limit=secret"), "path"),
        ("GET", at("/v1/refunds/../payouts"), "path"),
        ("GET", at("/v1/refunds/%2e%2e/payouts"), "path"),
        ("GET", at("/v1/refunds?limit=1&token=secret"), "query"),
        ("GET", format!("http://server.test.evil.test:{}/v1/refunds", server.port), "host"),
        ("GET", format!("http://xserver.test:{}/v1/refunds", server.port), "host"),
    ] {
        let told = narrow().refused(request(method, &url)).await;
        assert!(told.contains(&format!(r#""why":"{why}""#)), "{url}: {told}");
        assert!(!told.contains("=secret"), "{told}");
    }
    assert_eq!(server.connected(), 0);
    let through = narrow().without(Wall::Rules).ask(request("DELETE", &at("/v1/payouts"))).await;
    assert!(body(&through).starts_with("DELETE /v1/payouts "));
}

#[tokio::test]
async fn what_two_parsers_could_read_differently_is_no_request() {
    let server = Server::new(echo).await;
    let lab = Lab::new([rule(server.port)]);
    let at = |rest: &str| format!("http://server.test:{}{rest}", server.port);
    for url in [
        format!("http://server.test@127.0.0.1:{}/", server.port),
        format!("http://127.0.0.1\\@server.test:{}/", server.port),
        format!("http://server.test.:{}/", server.port),
        at("/a\tb"),
        at("/a\0b"),
        at("/a\r\nx: y"),
        at("/a%2Fb"),
        "file:///etc/passwd".into(),
        "".into(),
    ] {
        let told = lab.refused(get(&url)).await;
        assert!(told.contains("invalid-request"), "{url:?}: {told}");
    }
    for method in ["", "GET /x HTTP/1.1\r\nhost: y\r\n\r\nGET", "CONNECT", "TRACE"] {
        let told = lab.refused(request(method, &at("/"))).await;
        assert!(told.contains("invalid-request"), "{method:?}: {told}");
    }
    assert_eq!(server.connected(), 0);
}

#[tokio::test]
async fn what_was_matched_is_what_is_sent() {
    let server = Server::new(echo).await;
    let lab = Lab::new([Rule { paths: vec![pattern(&["v1", "refunds"])], ..rule(server.port) }]);
    for path in ["/v1/refunds", "//v1/./refunds", "/v2/../v1/refunds", "/%76%31/refunds", "/v1/refunds#x"] {
        let told = body(&lab.ask(get(&server.url(path))).await);
        assert!(told.starts_with("GET /v1/refunds HTTP/1.1\r\n"), "{path}: {told}");
    }
}

#[tokio::test]
async fn headers_that_are_the_hosts_are_refused() {
    let server = Server::new(echo).await;
    let lab = || Lab {
        secrets: secrets::secrets(),
        ..Lab::new([Rule {
            secret: Some(secrets::bearer()),
            idempotency: Some("Idempotency-Key".into()),
            ..rule(server.port)
        }])
    };
    let sends = |name: &str, value: &str| with(get(&server.url("/")), "headers", json!([[name, value]]));
    for name in [
        "host",
        "Host",
        "content-length",
        "connection",
        "transfer-encoding",
        "TE",
        "trailer",
        "upgrade",
        "keep-alive",
        "proxy-authorization",
        "Proxy-Connection",
        "expect",
        "Authorization",
        "idempotency-key",
    ] {
        let told = lab().refused(sends(name, "x")).await;
        assert!(told.contains("is the host's; leave it out"), "{name}: {told}");
    }
    assert_eq!(server.connected(), 0);
    let smuggled = body(&lab().without(Wall::Headers).ask(sends("host", "evil.test")).await);
    assert!(smuggled.contains("host: evil.test"), "without the wall: {smuggled}");
    let doubled = body(&lab().without(Wall::Headers).ask(sends("Authorization", "mine")).await);
    assert!(doubled.contains("authorization: mine"), "without the wall: {doubled}");
}

#[tokio::test]
async fn a_header_is_one_line_and_few_enough() {
    let server = Server::new(echo).await;
    let lab = Lab::new([rule(server.port)]);
    let url = server.url("/");
    for (name, value) in
        [("a", "b\r\nx: y"), ("a", "b\n"), ("a", "b\0"), ("a b", "c"), ("a:", "b"), ("", "b"), ("é", "b")]
    {
        let told = lab.refused(with(get(&url), "headers", json!([[name, value]]))).await;
        assert!(told.contains("invalid-request"), "{name:?} {value:?}: {told}");
    }
    let many = |n: usize| with(get(&url), "headers", vec![json!(["a", "b"]); n].into());
    assert!(lab.refused(many(101)).await.contains("more than 100 headers"));
    lab.ask(many(90)).await;
    let large = |n: usize| with(get(&url), "headers", json!([["a", "b".repeat(n)]]));
    assert!(lab.refused(large(33 << 10)).await.contains("more than 32 KiB"));
    lab.ask(large(16 << 10)).await;
    assert!(server.heard().iter().all(|heard| !heard.contains("x: y")));
}

#[tokio::test]
async fn a_body_is_as_large_as_the_rule_says() {
    let server = Server::new(echo).await;
    let lab = Lab::new([Rule { request_bytes: 3, ..rule(server.port) }]);
    let sends = |base64: &str| with(request("POST", &server.url("/")), "body", base64.into());
    assert!(lab.refused(sends("YWJjZA==")).await.contains("its body has 4 bytes; send at most 3 bytes"));
    lab.ask(sends("YWJj")).await;
}

#[tokio::test]
async fn a_grant_that_fails_what_is_denied_ends_the_attempt() {
    let lab = Lab { denied: Denied::Fail, ..Lab::new([rule(80)]) };
    let told = told(lab.report(request("PUT", "http://server.test/x?a=1")).await);
    assert_eq!(
        told,
        "denied http: it asked for `PUT http://server.test/x?a`, which its grant denies: method"
    );
    let denied = lab.notes.denied.lock().unwrap();
    assert_eq!((denied.len(), &*denied[0].capability, &*denied[0].why), (1, "http", "method"));
    assert_eq!(*lab.notes.begun.lock().unwrap(), [], "nothing was begun");
}
