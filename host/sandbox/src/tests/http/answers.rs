//! What goes out and what comes back where nothing is amiss, and where nobody answers.

use serde_json::json;

use super::server::{answer, echo};
use super::*;
use crate::tests::told;

#[tokio::test]
async fn a_request_goes_out_and_its_whole_answer_comes_back() {
    let server = Server::new(|_| answer(201, "X-Kind: tea\r\n", "hello")).await;
    let lab = Lab::new([rule(server.port)]);
    let event = with(request("POST", &server.url("/a?b=c")), "body", "aGk=".into());
    let event = with(event, "headers", json!([["X-Own", "1"], ["x-own", "2"]]));
    assert_eq!(
        lab.ask(event).await,
        json!({"ok": {
            "status": 201, "headers": [["x-kind", "tea"], ["content-length", "5"]], "body": "aGVsbG8=",
        }})
    );
    let expected = format!(
        "POST /a?b=c HTTP/1.1\r\nx-own: 1\r\nx-own: 2\r\nhost: server.test:{}\r\ncontent-length: 2\r\n\r\nhi",
        server.port
    );
    assert_eq!(server.heard(), [expected], "nothing is added but where it goes and how long it is");
}

#[tokio::test]
async fn an_answer_of_another_status_is_an_answer() {
    let server = Server::new(|_| answer(503, "", "later")).await;
    let told = Lab::new([rule(server.port)]).ask(get(&server.url("/"))).await;
    assert_eq!((&told["ok"]["status"], body(&told)), (&json!(503), "later".into()));
}

#[tokio::test]
async fn a_server_that_is_not_there_or_says_nothing_is_told_of_as_such() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let url = format!("http://server.test:{closed}/");
    assert_eq!(Lab::new([rule(closed)]).refused(get(&url)).await, r#"{"connect":"connection refused"}"#);
    let silent = Server::new(|_| Vec::new()).await;
    let told = Lab::new([rule(silent.port)]).refused(get(&silent.url("/"))).await;
    assert_eq!(told, r#"{"protocol":"connection closed before message completed"}"#);
    let unnamed = Lab { names: Names::all_mean(&[]), ..Lab::new([rule(closed)]) };
    assert_eq!(unnamed.refused(get(&url)).await, r#"{"connect":"the name cannot be resolved"}"#);
}

#[tokio::test]
async fn connections_are_kept_for_a_rule_and_shared_with_no_other() {
    let server = Server::new(echo).await;
    let get_only = Rule { methods: vec!["GET".into()], ..rule(server.port) };
    let lab = Lab::new([get_only, rule(server.port)]);
    let release = lab.load().unwrap();
    for (method, connected) in [("GET", 1), ("GET", 1), ("POST", 2), ("GET", 2), ("POST", 2)] {
        release.attempt(lab.call(&request(method, &server.url("/")))).await;
        assert_eq!(server.connected(), connected, "{method}");
    }
    lab.ask(get(&server.url("/"))).await;
    assert_eq!(server.connected(), 3, "another release has connections of its own");
}

#[tokio::test]
async fn calls_that_leave_are_counted_and_so_are_those_that_are_denied() {
    let server = Server::new(echo).await;
    let limited = || {
        let lab = Lab::new([rule(server.port)]);
        Lab { limits: Limits { host_calls: 2, ..lab.limits }, ..lab }
    };
    for url in [server.url("/"), "https://elsewhere.test/".into()] {
        limited().ask(times(get(&url), 2)).await;
        expect_test::expect!["limit host-calls: it made more than 2 calls that leave its run; make fewer, or raise `[limits] host-calls` of its grant"]
            .assert_eq(&told(limited().report(times(get(&url), 3)).await));
        limited().without(crate::Wall::HostCalls).ask(times(get(&url), 3)).await;
    }
}

#[tokio::test]
async fn waiting_for_an_answer_is_not_computing() {
    let server = Server::with(|mut stream, heard| async move {
        server::next(&mut stream).await.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        heard.lock().unwrap().push(String::new());
        tokio::io::AsyncWriteExt::write_all(&mut stream, &answer(200, "", "")).await.unwrap();
    })
    .await;
    let lab = Lab::new([rule(server.port)]);
    let lab = Lab { limits: Limits { cpu: Duration::from_millis(100), ..lab.limits }, ..lab };
    let report = lab.report(get(&server.url("/"))).await;
    assert!(report.usage.cpu < Duration::from_millis(100), "{:?}", report.usage);
    assert_eq!(server.heard().len(), 1);
}
