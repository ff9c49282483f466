//! The SDK's client speaks with what is served, over lines. What runs workflows is a stand-in here, for it is
//! a seam: the program's own tests have the real one.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientConfig, ClientRequest, Implementation,
    ProgressNotificationParam, ServerResult,
};
use rmcp::service::{NotificationContext, PeerRequestOptions, RunningService};
use rmcp::{ClientHandler, RoleClient, ServiceExt};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::sync::Notify;

use super::{Answering, Call, Error, Offer, Over, Refused, Server, Standing, Start, Workflows};
use crate::session::KEY;

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);
/// More requests than answers may wait to be read.
const MANY: usize = 2_000;

/// Notes what it is asked, and does what the name of a run says.
#[derive(Default)]
struct Stand {
    offers: Vec<Offer>,
    asked: Mutex<Vec<String>>,
    /// Somebody waits for a run.
    waits: Notify,
    /// Nobody waits for it any longer.
    left: Arc<Notify>,
}

/// Notes that it goes away.
struct Leaves(Arc<Notify>);

impl Drop for Leaves {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Stand {
    fn of(names: &[&str]) -> Arc<Stand> {
        let offers = names.iter().map(|name| Offer {
            name: (*name).to_owned(),
            description: "Does it.".to_owned(),
            input: json!({ "$schema": "x", "type": "object", "properties": { "n": { "type": "integer" } } }),
            results: vec![json!({ "$schema": "x", "type": "object" })],
        });
        Arc::new(Stand { offers: offers.collect(), ..Stand::default() })
    }

    fn note(&self, text: String) {
        self.asked.lock().unwrap().push(text);
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn standing(run: &str, status: &str) -> Standing {
    Standing { run_id: run.into(), workflow: "w".into(), status: status.into(), ..Standing::default() }
}

impl Workflows for Stand {
    fn offers(&self) -> &[Offer] {
        &self.offers
    }

    fn start<'a>(&'a self, start: Start, call: &'a Call) -> Answering<'a> {
        self.note(format!("start {} {} {:?} by {}", start.workflow, start.input, start.key, call.client));
        Box::pin(async move {
            call.tell("one");
            call.tell("two");
            let result = Some(json!({ "n": 1 }));
            Ok(Standing { result, is_new: Some(true), ..standing("r", "completed") })
        })
    }

    fn wait<'a>(&'a self, run: &'a str, call: &'a Call) -> Answering<'a> {
        self.note(format!("wait {run} {:?}", call.patience));
        Box::pin(async move {
            match run {
                "panics" => panic!("it was asked to"),
                "unknown" => Err(Refused("there is no such run".into())),
                "large" => {
                    Ok(Standing { result: Some("x".repeat(9 << 20).into()), ..standing(run, "completed") })
                }
                "failed" => Ok(Standing { is_failed: true, ..standing(run, "failed") }),
                _ => {
                    let _leaves = Leaves(self.left.clone());
                    self.waits.notify_one();
                    call.is_over().await;
                    Ok(standing(run, "running"))
                }
            }
        })
    }

    fn answer<'a>(&'a self, question: &'a str, answer: Value, _: &'a Call) -> Answering<'a> {
        self.note(format!("answer {question} {answer}"));
        Box::pin(async { Ok(standing("r", "running")) })
    }

    fn cancel<'a>(&'a self, run: &'a str, _: &'a Call) -> Answering<'a> {
        self.note(format!("cancel {run}"));
        Box::pin(async { Ok(standing("r", "cancelled")) })
    }
}

/// A client that notes what it is told meanwhile.
#[derive(Clone, Default)]
struct Agent(Arc<Mutex<Vec<String>>>);

impl ClientHandler for Agent {
    fn get_info(&self) -> ClientConfig {
        ClientConfig::new(Default::default(), Implementation::new("a".repeat(100), "1"))
    }

    async fn on_progress(&self, progress: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.0.lock().unwrap().push(progress.message.unwrap());
    }
}

type Client = RunningService<RoleClient, Agent>;

/// A client of workflows with these names, and what ends their serving.
async fn client(stand: &Arc<Stand>) -> (Client, Over) {
    let server = Server::new(stand.clone(), LONG).unwrap();
    let over = server.over();
    let (here, there) = tokio::io::duplex(1 << 16);
    let (reader, writer) = tokio::io::split(there);
    tokio::spawn(async move { server.lines(reader, writer).await });
    (Agent::default().serve(here).await.unwrap(), over)
}

fn call(tool: &'static str, arguments: Value) -> CallToolRequestParams {
    CallToolRequestParams::new(tool).with_arguments(arguments.as_object().unwrap().clone())
}

fn text(result: &CallToolResult) -> &str {
    &result.content[0].as_text().unwrap().text
}

#[tokio::test]
async fn each_workflow_is_a_tool_whose_schemas_name_no_dialect() {
    let (client, _) = client(&Stand::of(&["b", "a.1"])).await;
    let tools = client.list_all_tools().await.unwrap();
    let names: Vec<&str> = tools.iter().map(|tool| &*tool.name).collect();
    assert_eq!(names, ["a.1", "b", "lockstep_answer", "lockstep_cancel", "lockstep_wait"]);
    assert_eq!(tools[0].input_schema["properties"]["n"], json!({ "type": "integer" }));
    for tool in tools {
        assert!(!serde_json::to_string(&tool).unwrap().contains("$schema"));
        assert_eq!(tool.output_schema.unwrap()["required"], json!(["run_id", "workflow", "status"]));
    }
}

#[tokio::test]
async fn a_call_reaches_the_seam_with_its_key_its_client_and_its_patience() {
    let stand = Stand::of(&["w"]);
    let (client, _) = client(&stand).await;
    let mut start = call("w", json!({ "n": 1 }));
    start.meta = Some(meta(json!({ KEY: "k" })));
    let told = client.call_tool(start).await.unwrap();
    let expected = json!({ "run_id": "r", "workflow": "w", "status": "completed", "is_new": true, "result": { "n": 1 } });
    assert_eq!(told.structured_content.as_ref(), Some(&expected));
    assert_eq!(serde_json::from_str::<Value>(text(&told)).unwrap(), expected);
    client.call_tool(call("lockstep_wait", json!({ "run_id": "failed", "seconds": 7 }))).await.unwrap();
    client.call_tool(call("lockstep_answer", json!({ "question": "q", "answer": null }))).await.unwrap();
    client.call_tool(call("lockstep_cancel", json!({ "run_id": "r" }))).await.unwrap();
    let start = format!("start w {{\"n\":1}} Some(\"k\") by {}", "a".repeat(64));
    assert_eq!(stand.asked(), [&start, "wait failed 7s", "answer q null", "cancel r"]);
}

fn meta(value: Value) -> rmcp::model::RequestMetaObject {
    serde_json::from_value(value).unwrap()
}

#[tokio::test]
async fn what_goes_wrong_is_told_within_the_result() {
    let (client, _) = client(&Stand::of(&["w"])).await;
    for (run, words) in [
        ("unknown", "there is no such run"),
        ("panics", "the host failed at it; its log says more"),
        (
            "large",
            "run large is completed, and what there is to tell is longer than 8 MiB; `lockstep runs show` has it",
        ),
    ] {
        let told = client.call_tool(call("lockstep_wait", json!({ "run_id": run }))).await.unwrap();
        assert_eq!((text(&told), told.is_error), (words, Some(true)));
    }
    let failed = client.call_tool(call("lockstep_wait", json!({ "run_id": "failed" }))).await.unwrap();
    assert_eq!(
        (failed.is_error, failed.structured_content.unwrap()["status"].as_str()),
        (Some(true), Some("failed"))
    );
    for key in [json!(7), json!(""), json!("k".repeat(257))] {
        let mut start = call("w", json!({}));
        start.meta = Some(meta(json!({ KEY: key })));
        let told = client.call_tool(start).await.unwrap();
        assert_eq!(text(&told), "`lockstep/idempotency-key` in `_meta` is text of 1 to 256 bytes");
    }
}

#[tokio::test]
async fn a_client_that_wants_to_know_is_told_all_of_it_before_the_result() {
    let (client, _) = client(&Stand::of(&["w"])).await;
    // The SDK's client gives every request a token.
    client.call_tool(call("w", json!({}))).await.unwrap();
    // Notices are handled beside answers; the next answer comes after them.
    client.list_all_tools().await.unwrap();
    assert_eq!(*client.service().0.lock().unwrap(), ["one", "two"]);
}

#[tokio::test]
async fn whoever_cancels_a_call_waits_no_longer_and_others_do() {
    let stand = Stand::of(&["w"]);
    let (client, over) = client(&stand).await;
    let wait = || {
        ClientRequest::from(rmcp::model::CallToolRequest::new(call(
            "lockstep_wait",
            json!({ "run_id": "r" }),
        )))
    };
    let options = PeerRequestOptions::no_options;
    let first = client.send_cancellable_request(wait(), options()).await.unwrap();
    stand.waits.notified().await;
    let second = client.send_cancellable_request(wait(), options()).await.unwrap();
    stand.waits.notified().await;
    first.cancel(None).await.unwrap();
    stand.left.notified().await;
    over.end();
    let ServerResult::CallToolResult(told) = second.await_response().await.unwrap() else { panic!() };
    assert_eq!(told.structured_content.unwrap()["status"], "running");
}

#[tokio::test]
async fn more_calls_than_can_be_on_are_refused_and_the_rest_goes_on() {
    let stand = Stand::of(&["w"]);
    let (client, over) = client(&stand).await;
    let client = Arc::new(client);
    let mut waiting = Vec::new();
    for _ in 0..64 {
        let client = client.clone();
        waiting.push(tokio::spawn(async move {
            client.call_tool(call("lockstep_wait", json!({ "run_id": "r" }))).await.unwrap()
        }));
        stand.waits.notified().await;
    }
    let told = client.call_tool(call("lockstep_cancel", json!({ "run_id": "r" }))).await.unwrap();
    assert_eq!(text(&told), "64 calls are on already; try again when one has ended");
    over.end();
    for waited in waiting {
        assert_eq!(waited.await.unwrap().structured_content.unwrap()["status"], "running");
    }
}

#[test]
fn names_that_are_none_of_a_tool_or_hide_one_are_refused() {
    let check = |names: &[&str]| Server::new(Stand::of(names), LONG).err().unwrap();
    assert!(matches!(check(&["a", "b", "a"]), Error::Twice(name) if name == "a"));
    assert!(matches!(check(&["lockstep_wait"]), Error::Reserved(name) if name == "lockstep_wait"));
    for name in ["", "a b", "a/b", "ä", &"a".repeat(129)] {
        assert!(matches!(check(&[name]), Error::Name(_)), "{name}");
    }
}

#[tokio::test]
async fn nothing_listens_where_other_machines_could_come() {
    let server = Server::new(Stand::of(&["w"]), LONG).unwrap();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        assert!(matches!(server.listen(address.parse().unwrap()).await, Err(Error::NotLoopback(_))));
    }
    let first = server.listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let taken = first.url().strip_prefix("http://").unwrap().strip_suffix("/mcp").unwrap().parse().unwrap();
    assert!(matches!(server.listen(taken).await, Err(Error::Bind { .. })));
}

#[tokio::test]
async fn a_client_that_asks_a_lot_before_it_reads_is_answered_all_of_it() {
    let server = Server::new(Stand::of(&["w"]), LONG).unwrap();
    let (here, there) = tokio::io::duplex(1 << 10);
    let (reader, writer) = tokio::io::split(there);
    let serving = tokio::spawn(async move { server.lines(reader, writer).await });
    let (answers, mut asks) = tokio::io::split(here);
    let client = json!({ "name": "c", "version": "1" });
    let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client });
    let asking = tokio::spawn(async move {
        let hello = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello });
        asks.write_all(format!("{hello}\n").as_bytes()).await.unwrap();
        for id in 1..=MANY {
            let ping = json!({ "jsonrpc": "2.0", "id": id, "method": "ping" });
            asks.write_all(format!("{ping}\n").as_bytes()).await.unwrap();
        }
        asks
    });
    let mut lines = BufReader::new(answers).lines();
    let mut answered = BTreeSet::new();
    while answered.len() <= MANY {
        let line: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
        answered.insert(line["id"].as_u64().unwrap());
    }
    drop((asking.await.unwrap(), lines));
    serving.await.unwrap();
}
