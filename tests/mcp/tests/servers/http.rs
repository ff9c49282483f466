//! Servers at an address.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lockstep_mcp::{Declared, HeaderSecret, Health, Http, Secret, Server, Transport};
use lockstep_sandbox::{ToolFault, ToolServer};
use serde_json::json;
use url::Url;

use crate::support::{SECRET, call, declared, made, names, resting, works};

/// A server that somebody else has started.
pub(crate) struct Running {
    child: Child,
    pub(crate) url: Url,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn start(arguments: &[&str]) -> Running {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockstep-test-mcp"));
    command.arg("--http").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    Running { child, url: line.trim().parse().unwrap() }
}

pub(crate) fn at(url: &Url) -> Declared {
    declared(Transport::Http(Http { url: url.clone(), secret: None, authorities: Vec::new(), proxy: None }))
}

fn with_secret(url: &Url, secret: &str) -> Declared {
    let secret = HeaderSecret {
        header: "Authorization".into(),
        format: "Bearer {}".into(),
        secret: Secret::new(secret.into()),
    };
    declared(Transport::Http(Http {
        url: url.clone(),
        secret: Some(secret),
        authorities: Vec::new(),
        proxy: None,
    }))
}

#[tokio::test]
async fn tools_are_listed_and_called_whether_answers_come_plain_or_as_events() {
    for arguments in [&[][..], &["--sse"]] {
        let running = start(arguments);
        let server = Server::new(at(&running.url));
        assert!(names(&server).await.contains(&"echo".to_owned()));
        let echo = made(&server, "echo", json!({ "a": 1 })).await.unwrap();
        assert_eq!(echo["meta"]["lockstep/idempotency-key"], "key-1");
        works(Ok(echo));
        let failed = made(&server, "fail", json!({ "why": "no" })).await.unwrap_err();
        assert_eq!(failed, ToolFault::Failed("no".into()));
        let failed = made(&server, "nothing", json!({})).await.unwrap_err();
        assert_eq!(failed, ToolFault::Failed("there is no tool nothing".into()));
    }
}

#[tokio::test]
async fn the_secret_goes_along_in_its_header_and_does_not_come_back() {
    let running = start(&["--wants", &format!("Bearer {SECRET}")]);
    let server = Server::new(with_secret(&running.url, SECRET));
    works(made(&server, "echo", json!({ "a": 1 })).await);
    let fault = made(&server, "fail", json!({ "why": SECRET })).await.unwrap_err();
    assert_eq!(fault, ToolFault::Failed("[secret]".into()));
    assert!(!format!("{:?}", with_secret(&running.url, SECRET)).contains(SECRET));
    let other = Server::new(with_secret(&running.url, "another-secret-than-that"));
    let not_made = made(&other, "echo", json!({})).await.unwrap_err();
    assert_eq!(not_made, ToolFault::NotMade("it answered with the status 401 Unauthorized".into()));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_not_called_and_then_left_alone() {
    let running = start(&[]);
    let url = running.url.clone();
    let server = Server::new(resting(at(&url)));
    works(made(&server, "echo", json!({ "a": 1 })).await);
    drop(running);
    for part in ["it cannot be reached", "it is tried again in 60 s"] {
        let not_made = made(&server, "echo", json!({ "a": 1 })).await.unwrap_err();
        let ToolFault::NotMade(why) = not_made else { panic!("{not_made:?}") };
        assert!(why.contains(part), "{why}");
    }
    assert!(matches!(server.health(), Health::Failed { .. }));
}

#[tokio::test]
async fn a_server_that_crashes_in_a_call_loses_it() {
    let running = start(&[]);
    let server = Server::new(at(&running.url));
    let lost = made(&server, "crash", json!({})).await.unwrap_err();
    let ToolFault::Lost(why) = lost else { panic!("{lost:?}") };
    assert!(why.contains("the connection broke"), "{why}");
}

#[tokio::test]
async fn a_status_says_whether_a_call_was_made() {
    for (status, made_or_not) in [
        ("400", "not made"),
        ("403", "not made"),
        ("429", "not made"),
        ("302", "not made"),
        ("500", "lost"),
        ("503", "lost"),
    ] {
        let running = start(&["--status", status]);
        let server = Server::new(resting(at(&running.url)));
        let fault = made(&server, "echo", json!({})).await.unwrap_err();
        let told = match fault {
            ToolFault::NotMade(_) => "not made",
            ToolFault::Lost(_) => "lost",
            other => panic!("{other:?}"),
        };
        assert_eq!(told, made_or_not, "{status}");
        // One bad answer is not the end of a server, but for what may mean that it knows its client no more.
        assert_eq!(matches!(server.health(), Health::Running { .. }), status != "400", "{status}");
    }
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let running = start(&["--redirect"]);
    let not_made = made(&Server::new(at(&running.url)), "echo", json!({})).await.unwrap_err();
    assert_eq!(not_made, ToolFault::NotMade("it answered with the status 307 Temporary Redirect".into()));
}

#[tokio::test]
async fn a_session_that_the_server_has_forgotten_is_begun_anew_and_its_tools_are_asked_for() {
    let running = start(&["--forget"]);
    let server = Server::new(at(&running.url));
    names(&server).await;
    for _ in 0..3 {
        works(made(&server, "echo", json!({ "a": 1 })).await);
    }
    names(&server).await;
    assert_eq!(made(&server, "seen", json!({})).await.unwrap()["lists"], 2);
}

#[tokio::test]
async fn tools_are_asked_for_anew_when_the_server_says_that_they_have_changed() {
    // Beside an answer, or in a stream of its own.
    for arguments in ["--sse", "--listen"] {
        let running = start(&[arguments]);
        let server = Server::new(at(&running.url));
        assert!(!names(&server).await.contains(&"new".to_owned()));
        made(&server, "change", json!({})).await.unwrap();
        while !names(&server).await.contains(&"new".to_owned()) {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_too_long_or_has_no_end_is_told_to_be() {
    for arguments in [&[][..], &["--sse"]] {
        let running = start(arguments);
        let server = Server::new(at(&running.url));
        for (name, bytes) in [("long", 1 << 20), ("long", 20 << 20), ("endless", 0)] {
            let fault = made(&server, name, json!({ "bytes": bytes })).await.unwrap_err();
            assert_eq!(fault, ToolFault::TooLarge, "{name} {bytes}");
        }
        works(made(&server, "echo", json!({ "a": 1 })).await);
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_told_that_nobody_waits_and_goes_on() {
    let running = start(&[]);
    let server = Server::new(at(&running.url));
    works(made(&server, "echo", json!({ "a": 1 })).await);
    let hangs = call("hang", json!({}));
    let waited = tokio::time::timeout(Duration::from_millis(200), server.call(&hangs)).await;
    assert!(waited.is_err());
    let cancelled = |seen: &serde_json::Value| seen.to_string().contains("notifications/cancelled");
    while !cancelled(&made(&server, "seen", json!({})).await.unwrap()) {}
}
