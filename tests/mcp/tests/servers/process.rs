//! Servers that are processes.

use std::path::Path;
use std::time::Duration;

use lockstep_mcp::{Declared, Health, Server};
use lockstep_sandbox::{ToolFault, ToolServer};
use serde_json::json;

use crate::support::{SECRET, call, environment, made, names, own, program, resting, works};

#[tokio::test]
async fn tools_are_listed_by_name_and_called_with_the_key_of_the_call() {
    let server = Server::new(own(&[]));
    assert_eq!(server.health(), Health::NotStarted);
    let names = names(&server).await;
    assert!(names.is_sorted() && names.contains(&"echo".to_owned()), "{names:?}");
    let echo = made(&server, "echo", json!({ "a": 1 })).await.unwrap();
    assert_eq!(echo["meta"]["lockstep/idempotency-key"], "key-1");
    works(Ok(echo));
    assert!(matches!(server.health(), Health::Running { .. }));
}

#[tokio::test]
async fn one_process_is_shared_by_all_who_call_at_once() {
    let server = Server::new(own(&[]));
    let calls = (0..20).map(|_| made(&server, "spawn", json!({})));
    let mut own: Vec<_> = futures_of(calls).await.iter().map(|made| made["own"].to_string()).collect();
    own.dedup();
    assert_eq!(own.len(), 1, "{own:?}");
}

async fn futures_of(
    calls: impl Iterator<Item = impl Future<Output = Result<serde_json::Value, ToolFault>>>,
) -> Vec<serde_json::Value> {
    let mut all = Vec::new();
    for made in futures::future::join_all(calls).await {
        all.push(made.unwrap());
    }
    all
}

#[tokio::test]
async fn a_tool_that_fails_says_so_in_its_words_and_not_too_many() {
    let server = Server::new(own(&[]));
    let failed = made(&server, "fail", json!({ "why": "no such file" })).await.unwrap_err();
    assert_eq!(failed, ToolFault::Failed("no such file".into()));
    let failed = made(&server, "fail", json!({ "why": "x".repeat(100_000) })).await.unwrap_err();
    assert_eq!(failed, ToolFault::Failed("x".repeat(4096)));
    let failed = made(&server, "nothing", json!({})).await.unwrap_err();
    assert_eq!(failed, ToolFault::Failed("there is no tool nothing".into()));
}

#[tokio::test]
async fn a_server_that_hangs_is_told_that_nobody_waits_and_goes_on() {
    let server = Server::new(own(&[]));
    works(made(&server, "echo", json!({ "a": 1 })).await);
    let hangs = call("hang", json!({}));
    let waited = tokio::time::timeout(Duration::from_millis(200), server.call(&hangs)).await;
    assert!(waited.is_err());
    let cancelled = |seen: &serde_json::Value| {
        let seen = seen["seen"].as_array().unwrap();
        seen.iter().any(|notice| notice["method"] == "notifications/cancelled")
    };
    // The notice is on its way beside this.
    while !cancelled(&made(&server, "seen", json!({})).await.unwrap()) {}
    works(made(&server, "echo", json!({ "a": 1 })).await);
}

#[tokio::test]
async fn a_server_that_crashes_in_a_call_loses_it_and_is_started_again() {
    let server = Server::new(own(&[]));
    let lost = made(&server, "crash", json!({})).await.unwrap_err();
    let ToolFault::Lost(why) = lost else { panic!("{lost:?}") };
    assert!(why.contains("exit status: 7; the last it said was: crashed as it was told"), "{why}");
    works(made(&server, "echo", json!({ "a": 1 })).await);
}

#[tokio::test]
async fn a_server_that_has_died_is_left_alone_and_calls_fail_at_once_as_not_made() {
    let server = Server::new(resting(own(&[])));
    made(&server, "crash", json!({})).await.unwrap_err();
    let Health::Failed { why, .. } = server.health() else { panic!("{:?}", server.health()) };
    assert!(why.contains("exit status: 7"), "{why}");
    let not_made = made(&server, "echo", json!({ "a": 1 })).await.unwrap_err();
    let ToolFault::NotMade(why) = not_made else { panic!("{not_made:?}") };
    assert!(why.contains("exit status: 7") && why.ends_with("it is tried again in 60 s"), "{why}");
    assert!(server.list().await.unwrap_err().0.contains("it is tried again in 60 s"));
}

#[tokio::test]
async fn a_server_that_cannot_be_started_says_why() {
    for (declared, part) in [
        (own(&["--crash-at-start"]), "exit status: 3; the last it said was: cannot start: the disk is full"),
        (program(&["lockstep-has-no-such-program"]), "`lockstep-has-no-such-program` cannot be started"),
        (
            Declared { start_timeout: Duration::from_millis(200), ..own(&["--hang-at-start"]) },
            "it was not ready within 0.2 s",
        ),
    ] {
        let not_made = made(&Server::new(declared), "echo", json!({})).await.unwrap_err();
        let ToolFault::NotMade(why) = not_made else { panic!("{not_made:?}") };
        assert!(why.contains(part), "{why}");
    }
}

#[tokio::test]
async fn a_flood_of_notices_holds_nothing_up() {
    let server = Server::new(own(&["--flood"]));
    for _ in 0..100 {
        works(made(&server, "echo", json!({ "a": 1 })).await);
    }
    assert!(peak_mib() < 512, "{} MiB", peak_mib());
}

/// The most memory that this process had.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_told_to_be() {
    let server = Server::new(own(&[]));
    let most = (1 << 20) - 2;
    assert_eq!(made(&server, "long", json!({ "bytes": most })).await.unwrap().as_str().unwrap().len(), most);
    // More than the call may have, and more than any message may.
    for bytes in [most + 1, 20 << 20] {
        let fault = made(&server, "long", json!({ "bytes": bytes })).await.unwrap_err();
        assert_eq!(fault, ToolFault::TooLarge, "{bytes}");
    }
    works(made(&server, "echo", json!({ "a": 1 })).await);
}

#[tokio::test]
async fn an_answer_without_an_end_ends_the_server() {
    let server = Server::new(own(&[]));
    let lost = made(&server, "endless", json!({})).await.unwrap_err();
    assert_eq!(lost, ToolFault::Lost("it sent a message without an end".into()));
    works(made(&server, "echo", json!({ "a": 1 })).await);
}

#[tokio::test]
async fn tools_are_asked_for_anew_when_they_have_changed_and_after_a_restart_and_else_not() {
    let server = Server::new(own(&[]));
    let before = names(&server).await;
    assert_eq!(names(&server).await, before);
    assert_eq!(made(&server, "seen", json!({})).await.unwrap()["lists"], 1);
    made(&server, "change", json!({})).await.unwrap();
    let after = names(&server).await;
    assert!(!before.contains(&"new".to_owned()) && after.contains(&"new".to_owned()));
    assert_eq!(made(&server, "seen", json!({})).await.unwrap()["lists"], 2);
    made(&server, "crash", json!({})).await.unwrap_err();
    assert_eq!(names(&server).await, before);
}

#[tokio::test]
async fn a_list_is_put_together_from_its_parts_and_bounded() {
    let server = Server::new(own(&["--pages", "30"]));
    assert_eq!(names(&server).await.len(), 30);
    let server = Server::new(own(&["--pages", "5000"]));
    let why = server.list().await.unwrap_err().0;
    assert!(why.contains("parts") || why.contains("more than 1000 tools"), "{why}");
    let hangs = Declared { start_timeout: Duration::from_millis(500), ..own(&["--hang-at-list"]) };
    let why = Server::new(hangs).list().await.unwrap_err().0;
    assert_eq!(why, "the server `test`: it did not tell of its tools within 0.5 s");
    let server = Server::new(own(&["--twice"]));
    assert_eq!(server.list().await.unwrap_err().0, "the server `test`: it has two tools of the name `echo`");
}

#[tokio::test]
async fn whatever_a_server_asks_of_the_host_is_refused() {
    let server = Server::new(own(&["--asks"]));
    let answers = async || {
        let seen = made(&server, "seen", json!({})).await.unwrap();
        let seen = seen["seen"].as_array().unwrap().clone();
        seen.into_iter().filter(|message| message["method"].is_null()).collect::<Vec<_>>()
    };
    // The answers are on their way beside this.
    let answers = loop {
        let answers = answers().await;
        if answers.len() == 4 {
            break answers;
        }
    };
    for answer in answers {
        match answer["id"].as_str().unwrap() {
            "ping" => assert_eq!(answer["result"], json!({})),
            _ => assert_eq!(answer["error"]["code"], -32601, "{answer}"),
        }
    }
}

#[tokio::test]
async fn a_server_has_the_environment_that_is_declared_and_its_secrets_do_not_come_back() {
    let server = Server::new(own(&[]));
    let env = environment(&server).await;
    assert_eq!(env.keys().collect::<Vec<_>>(), ["PATH", "TOKEN"]);
    assert_eq!(env["TOKEN"], "[secret]");
    let fault = made(&server, "fail", json!({ "why": SECRET })).await.unwrap_err();
    assert_eq!(fault, ToolFault::Failed("[secret]".into()));
    assert!(!format!("{server:?} {:?}", own(&[])).contains(SECRET));
}

#[tokio::test]
async fn a_server_ends_with_whoever_has_it_and_so_do_the_processes_that_it_started() {
    let server = Server::new(own(&[]));
    let started = made(&server, "spawn", json!({})).await.unwrap();
    let (own, child) = (started["own"].to_string(), started["child"].to_string());
    assert!(runs(&own) && runs(&child));
    drop(server);
    while runs(&own) || runs(&child) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_server_that_was_stopped_has_gone_and_is_not_started_again() {
    let server = Server::new(own(&[]));
    let started = made(&server, "spawn", json!({})).await.unwrap();
    server.stop().await;
    assert!(!runs(&started["own"].to_string()));
    let not_made = made(&server, "echo", json!({})).await.unwrap_err();
    assert_eq!(not_made, ToolFault::NotMade("the host has stopped it".into()));
}

#[tokio::test]
async fn a_server_that_has_closed_its_input_and_lives_on_is_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let closed = folder.path().join("closed");
    let script = r#""$0" --one-call; exec 0<&-; touch "$1"; exec sleep 1000"#;
    let own = env!("CARGO_BIN_EXE_lockstep-test-mcp");
    let server = Server::new(program(&["sh", "-c", script, own, closed.to_str().unwrap()]));
    works(made(&server, "echo", json!({ "a": 1 })).await);
    while !closed.exists() {
        tokio::task::yield_now().await;
    }
    let not_made = made(&server, "echo", json!({ "a": 1 })).await.unwrap_err();
    assert!(matches!(not_made, ToolFault::NotMade(_)), "{not_made:?}");
    works(made(&server, "echo", json!({ "a": 1 })).await);
}

#[test]
fn a_server_ends_with_the_runtime_and_so_do_the_processes_that_it_started() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = Server::new(own(&[]));
    let started = runtime.block_on(made(&server, "spawn", json!({}))).unwrap();
    drop(runtime);
    let (own, child) = (started["own"].to_string(), started["child"].to_string());
    while runs(&own) || runs(&child) {
        std::thread::yield_now();
    }
}

/// Whether there is such a process, which is no dead one that nobody has asked about yet.
fn runs(process: &str) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(process).join("stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}
