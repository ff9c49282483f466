//! Workflows as tools: real clients of MCP use `lockstep mcp serve`, and so does a hand that types what no
//! client would.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use expect_test::expect;
use lockstep_core::event::Json;
use lockstep_core::run::Change;
use lockstep_mcp::{Backoff, Declared, Http, Process, Transport};
use lockstep_sandbox::{ToolCall, ToolServer};
use serde_json::{Value, json};

use crate::approvals::{Claims, claim, records, runs};
use crate::deciding::asking;
use crate::project::{Project, SPINS, command};

/// What a person grants.
fn yes() -> Value {
    json!({ "approve": true, "note": "fine" })
}

/// A claim whose items a person is asked about.
fn filed(items: u32) -> Value {
    serde_json::from_str(&claim(items, "")).unwrap()
}

fn node(plan: &Value) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/mcp");
    assert!(folder.join("node_modules").exists(), "install the client's SDK: run `npm ci` in tests/mcp");
    let ended = Command::new("node").arg(folder.join("client.mjs")).arg(plan.to_string()).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    serde_json::from_slice(&ended.stdout).unwrap()
}

/// Clients answer for those whom the workflow asks.
const FOR_ALL: &[&str] = &["--answer-for", "role:approver"];

/// A client that writes what it is given.
struct Hand {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    next: u64,
}

impl Hand {
    /// A server, and a client that has introduced itself.
    fn of(folder: &Path, arguments: &[&str]) -> Hand {
        Hand::unknown(folder, arguments).introduced()
    }

    fn introduced(mut self) -> Hand {
        let hand = &mut self;
        let client = json!({ "name": "by hand", "version": "1" });
        let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client });
        assert_eq!(hand.ask("initialize", hello)["result"]["serverInfo"]["name"], "lockstep");
        hand.write(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string());
        self
    }

    fn unknown(folder: &Path, arguments: &[&str]) -> Hand {
        Hand::started(folder, &[FOR_ALL, arguments].concat())
    }

    fn started(folder: &Path, arguments: &[&str]) -> Hand {
        let mut command = command(folder, &[&["mcp", "serve"], arguments].concat());
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Hand { child, stdin, stdout, next: 0 }
    }

    fn write(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// The next line, which is a message whatever was written.
    fn read(&mut self) -> Value {
        let mut line = String::new();
        assert!(self.stdout.read_line(&mut line).unwrap() > 0, "it ended");
        let message: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(message["jsonrpc"], "2.0", "{line}");
        message
    }

    fn send(&mut self, method: &str, params: Value) -> u64 {
        self.next += 1;
        let message = json!({ "jsonrpc": "2.0", "id": self.next, "method": method, "params": params });
        self.write(&message.to_string());
        self.next
    }

    /// The answer to a request; notices before it are left out.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params);
        loop {
            let message = self.read();
            if message["id"] == id {
                return message;
            }
        }
    }

    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.ask("tools/call", json!({ "name": tool, "arguments": arguments }))["result"].clone()
    }

    /// How a run stands.
    fn stands(&mut self, tool: &str, arguments: Value) -> Value {
        self.call(tool, arguments)["structuredContent"].clone()
    }

    /// The words with which a call is refused.
    fn refused(&mut self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments);
        assert_eq!(result["isError"], true, "{result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// As a client does that wants no more; the code with which it ends, and what it still says.
    fn end(mut self) -> (i32, String) {
        drop(self.stdin.take());
        self.ended()
    }

    fn signal(mut self, name: &str) -> (i32, String) {
        Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        self.ended()
    }

    fn ended(&mut self) -> (i32, String) {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code().unwrap_or(-1), rest)
    }
}

#[test]
fn the_official_client_begins_a_run_answers_it_and_has_its_result() {
    let claims = Claims::new();
    let program = env!("CARGO_BIN_EXE_lockstep");
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
    let told = node(&json!({
        "command": [program, "mcp", "serve", ".", "--answer-for", "role:approver"], "cwd": claims.folder(), "env": { "LOCKSTEP_CACHE": cache },
        "tool": "approvals", "arguments": filed(2), "answer": yes(),
    }));
    assert_played(&told, &claims);
}

#[test]
fn the_official_client_does_the_same_over_http() {
    let claims = Claims::new();
    let served = Served::begin(claims.command(&[
        "mcp",
        "serve",
        ".",
        "--answer-for",
        "role:approver",
        "--http",
        "127.0.0.1:0",
    ]));
    let told =
        node(&json!({ "url": served.url, "tool": "approvals", "arguments": filed(2), "answer": yes() }));
    assert_played(&told, &claims);
    assert_eq!(served.end(), 0);
}

fn assert_played(told: &Value, claims: &Claims) {
    let tools = json!(["approvals", "lockstep_answer", "lockstep_cancel", "lockstep_wait"]);
    assert_eq!((&told["server"], &told["tools"]), (&json!("lockstep"), &tools));
    let [first, second, last] = &told["told"].as_array().unwrap()[..] else { panic!("{told}") };
    assert_eq!(first["told"]["status"], "waiting", "{first}");
    assert_eq!(first["told"]["questions"].as_array().unwrap().len(), 2);
    assert_eq!(second["told"]["questions"].as_array().unwrap().len(), 1);
    assert_eq!(last["told"]["status"], "completed", "{last}");
    assert_eq!((&last["told"]["event"], &last["isError"]), (&json!("claim-settled"), &json!(false)));
    assert_eq!(last["told"]["result"]["cents"], 200_003);
    let progress = told["progress"].as_array().unwrap();
    assert!(
        progress.iter().any(|line| line
            .as_str()
            .unwrap()
            .starts_with("policy: item-question answered by mcp:node-agent")),
        "{progress:?}"
    );
    let run = last["told"]["run_id"].as_str().unwrap();
    let by = records(&claims.store(), run).into_iter().filter_map(|row| match row.change {
        Change::Answered { by, .. } => by,
        _ => None,
    });
    assert_eq!(by.map(|by| by.to_string()).collect::<Vec<_>>(), ["mcp:node-agent"; 2]);
}

/// A server over HTTP.
struct Served {
    child: Child,
    url: String,
}

impl Served {
    fn begin(mut command: Command) -> Served {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
        let line = stderr.find_map(|line| line.unwrap().strip_prefix("serving ").map(str::to_owned));
        let url = line.unwrap().rsplit_once(" at ").unwrap().1.to_owned();
        // It goes on telling.
        std::thread::spawn(move || stderr.for_each(drop));
        Served { child, url }
    }

    fn end(mut self) -> i32 {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_run_outlives_a_server_that_is_killed_while_it_asks() {
    let claims = Claims::new();
    let mut first = Hand::of(claims.folder(), &["."]);
    let asked = first.stands("approvals", filed(1));
    assert_eq!(asked["status"], "waiting", "{asked}");
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    let mut second = Hand::of(claims.folder(), &["."]);
    let arguments = json!({ "question": asked["questions"][0]["question"], "answer": yes() });
    let settled = second.stands("lockstep_answer", arguments.clone());
    assert_eq!(
        (&settled["status"], &settled["run_id"]),
        (&json!("completed"), &asked["run_id"]),
        "{settled}"
    );
    assert_eq!(settled["result"]["cents"], 100_001);
    let again = second.stands("lockstep_answer", arguments);
    assert_eq!((&again["is_new"], &again["status"]), (&json!(false), &json!("completed")));
    assert_eq!(second.end(), (0, String::new()));
}

#[test]
fn a_run_that_is_cut_off_by_a_kill_is_taken_up() {
    let project = Project::jobs();
    let mut first = Hand::of(project.folder(), &[".", "--wait", "0"]);
    let begun = first.stands("jobs", json!({ "kind": SPINS }));
    assert_eq!(begun["status"], "running", "{begun}");
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    let mut second = Hand::of(project.folder(), &["."]);
    let ended = second.stands("lockstep_wait", json!({ "run_id": begun["run_id"] }));
    // The guest loops as long as it may.
    assert_eq!(ended["status"], "failed", "{ended}");
}

#[test]
fn an_answer_of_another_process_moves_a_run_that_a_client_waits_for() {
    let claims = Claims::new();
    let mut hand = Hand::of(claims.folder(), &["."]);
    let asked = hand.stands("approvals", filed(1));
    assert_eq!(claims.answer(&asked["questions"][0], &yes().to_string(), &["--by", "ann"]).code, 0);
    let settled = hand.stands("lockstep_wait", json!({ "run_id": asked["run_id"] }));
    assert_eq!(settled["status"], "completed", "{settled}");
}

#[test]
fn what_does_not_fit_is_refused_in_the_words_of_the_command_line_and_nothing_breaks() {
    let claims = Claims::new();
    let mut hand = Hand::of(claims.folder(), &["."]);
    let asked = hand.stands("approvals", filed(1));
    let (run, question) = (&asked["run_id"], &asked["questions"][0]["question"]);
    let misfit = hand.refused("approvals", json!({ "claim": 1 }));
    let told = claims.lockstep(&["run", ".", "--store", "memory", "--input", "{\"claim\":1}"]).stderr;
    assert_eq!(format!("error: {misfit}\n"), told);
    for (tool, arguments, expected) in [
        (
            "lockstep_answer",
            json!({ "question": question, "answer": { "approve": "perhaps" } }),
            expect![[r#"the answer does not fit: answer.approve: expected bool, found "perhaps""#]],
        ),
        (
            "lockstep_answer",
            json!({ "question": question }),
            expect![["the arguments do not fit: missing field `answer`"]],
        ),
        (
            "lockstep_answer",
            json!({ "question": "what", "answer": 1 }),
            expect![["`what` names no question; give the `question` of one in `questions`"]],
        ),
        (
            "lockstep_wait",
            json!({ "run_id": "be\u{1b}ef" }),
            expect![[
                r"there is no run `be\u{1b}ef` in this store; give the whole `run_id` that a call told"
            ]],
        ),
        (
            "lockstep_wait",
            json!({ "run_id": run, "seconds": 1_000_000 }),
            expect![["the arguments do not fit: `seconds` is at most 3600"]],
        ),
        (
            "lockstep_cancel",
            json!({ "run_id": 7 }),
            expect![["the arguments do not fit: invalid type: integer `7`, expected a string"]],
        ),
    ] {
        expected.assert_eq(&hand.refused(tool, arguments));
    }
    let beginning = &run.as_str().unwrap()[..8];
    assert!(hand.refused("lockstep_wait", json!({ "run_id": beginning })).starts_with("there is no run"));
    assert_eq!(hand.ask("tools/call", json!({ "name": "approve" }))["error"]["code"], -32602);
    assert_eq!(hand.ask("no/such/thing", json!({}))["error"]["code"], -32601);
    let settled = hand.stands("lockstep_answer", json!({ "question": question, "answer": "yes" }));
    assert_eq!(settled["status"], "completed", "{settled}");
    let late = hand.refused("lockstep_cancel", json!({ "run_id": run }));
    let told = claims.lockstep(&["runs", "cancel", run.as_str().unwrap()]).stderr;
    assert_eq!(format!("error: {late}\n"), told);
}

#[test]
fn what_is_no_message_breaks_nothing() {
    let claims = Claims::new();
    let mut hand = Hand::unknown(claims.folder(), &["."]);
    // Before it has introduced itself.
    hand.write(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string());
    assert!(hand.ask("tools/list", json!({}))["error"].is_object());
    for line in ["", "{", "\u{0}", "[]", "7", r#"{"jsonrpc":"2.0"}"#, &"[".repeat(100_000)] {
        hand.write(line);
    }
    let hello = json!({ "protocolVersion": "1999-01-01", "capabilities": {}, "clientInfo": { "name": "", "version": "" } });
    assert_eq!(hand.ask("initialize", hello)["result"]["serverInfo"]["name"], "lockstep");
    hand.write(r#"{"jsonrpc":"2.0","id":"odd","method":7}"#);
    assert_eq!(hand.read()["error"]["code"], -32600);
    let long = "x".repeat(17 << 20);
    hand.write(&format!(r#"{{"jsonrpc":"2.0","id":900,"method":"tools/list","params":{{"a":"{long}"}}}}"#));
    let told = hand.read();
    assert_eq!((&told["id"], &told["error"]["message"]), (&json!(900), &json!("it is longer than 16 MiB")));
    assert_eq!(hand.ask("tools/list", json!({}))["result"]["tools"].as_array().unwrap().len(), 4);
}

#[test]
fn a_call_that_is_cancelled_ends_the_waiting_and_not_the_run() {
    let project = Project::jobs();
    let mut hand = Hand::of(project.folder(), &["."]);
    let meta = json!({ "lockstep/idempotency-key": "one", "progressToken": "p" });
    let start = json!({ "name": "jobs", "arguments": { "kind": SPINS }, "_meta": meta });
    let id = hand.send("tools/call", start.clone());
    wait_for_a_run(&project);
    let cancelled = json!({ "requestId": id, "reason": "enough" });
    hand.write(
        &json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancelled }).to_string(),
    );
    let again = json!({ "name": "jobs", "arguments": { "kind": SPINS },
        "_meta": { "lockstep/idempotency-key": "one" } });
    let told = hand.ask("tools/call", again)["result"].clone();
    // The guest loops until its time is up: the run is the same, and it has failed by itself.
    let (is_new, status) = (&told["structuredContent"]["is_new"], &told["structuredContent"]["status"]);
    assert_eq!((is_new, status, &told["isError"]), (&json!(false), &json!("failed"), &json!(true)), "{told}");
    let other =
        json!({ "name": "jobs", "arguments": { "kind": 0 }, "_meta": { "lockstep/idempotency-key": "one" } });
    let taken = hand.ask("tools/call", other)["result"].clone();
    assert!(taken["content"][0]["text"].as_str().unwrap().contains("belongs to run"), "{taken}");
}

#[test]
fn whoever_waits_when_it_ends_is_told_how_the_run_stands() {
    let claims = Claims::new();
    for end in
        [Hand::end as fn(Hand) -> (i32, String), |hand| hand.signal("-TERM"), |hand| hand.signal("-INT")]
    {
        let mut hand = Hand::of(claims.folder(), &["."]);
        let asked = hand.stands("approvals", filed(1));
        assert_eq!(asked["status"], "waiting", "{asked}");
        assert_eq!(end(hand), (0, String::new()));
    }
    let project = Project::jobs();
    let mut hand = Hand::of(project.folder(), &["."]);
    hand.send("tools/call", json!({ "name": "jobs", "arguments": { "kind": SPINS } }));
    let (code, said) = hand.end();
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &said["result"]["structuredContent"]["status"]), (0, &json!("running")), "{said}");
}

#[test]
fn whoever_waits_over_http_when_it_ends_is_told_how_the_run_stands() {
    let project = Project::jobs();
    let served = Served::begin(command(project.folder(), &["mcp", "serve", ".", "--http", "127.0.0.1:0"]));
    let address = served.url.strip_prefix("http://").unwrap().strip_suffix("/mcp").unwrap().to_owned();
    let session = text_of(hello(&served.url, "/mcp", &address, ""));
    let session = session.lines().find_map(|line| line.strip_prefix("mcp-session-id: ")).unwrap().to_owned();
    let params = json!({ "name": "jobs", "arguments": { "kind": SPINS } });
    let start = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params });
    let waiting = post(&served.url, "/mcp", &address, &format!("Mcp-Session-Id: {session}\r\n"), &start);
    wait_for_a_run(&project);
    assert_eq!(served.end(), 0);
    let told = text_of(waiting);
    assert!(told.contains(r#""status":"running""#), "{told}");
}

#[test]
fn a_client_reaches_no_run_of_what_is_not_offered() {
    let claims = Claims::new();
    let run = claims.waiting(&claim(1, ""));
    let project = Project::jobs();
    let store = claims.store();
    let mut hand = Hand::of(project.folder(), &[".", "--store", store.to_str().unwrap()]);
    for tool in ["lockstep_wait", "lockstep_cancel"] {
        assert!(hand.refused(tool, json!({ "run_id": run })).starts_with("there is no run"));
    }
    let answer = json!({ "question": format!("{run}.10"), "answer": yes() });
    assert!(hand.refused("lockstep_answer", answer).starts_with("there is no run"));
    assert_eq!(hand.end().0, 0);
    assert_eq!(claims.questions().len(), 1);
}

#[test]
fn a_call_that_a_person_decides_on_is_shown_and_no_client_can_decide() {
    let (_server, project, run) = asking();
    let mut hand = Hand::of(project.folder(), &["."]);
    let asked = hand.stands("lockstep_wait", json!({ "run_id": run }));
    let [approval] = &asked["approvals"].as_array().unwrap()[..] else { panic!("{asked}") };
    let id = approval["approval"].as_str().unwrap();
    assert_eq!((&asked["status"], &approval["step"]), (&json!("waiting"), &json!("clerk")));
    assert_eq!(approval["decided_by_a_person"][0], format!("let it go: `lockstep approve {id}`"));
    let answer = json!({ "question": id, "answer": true });
    let words =
        format!("{id} is no question but a call that waits for a yes or no: `lockstep approve {id}` or ");
    assert!(hand.refused("lockstep_answer", answer).starts_with(&words));
    for tool in ["lockstep_approve", "lockstep_decide"] {
        let refused = hand.ask("tools/call", json!({ "name": tool, "arguments": { "approval": id } }));
        assert_eq!(refused["error"]["code"], -32602, "{refused}");
    }
    assert_eq!(project.lockstep(&["approve", id, "--by", "ann"]).code, 0);
    let paid = hand.stands("lockstep_wait", json!({ "run_id": run }));
    assert_eq!((&paid["status"], &paid["result"]["n"]), (&json!("completed"), &json!(200)), "{paid}");
}

#[test]
fn a_question_of_a_run_within_a_run_is_answered_and_the_outer_one_goes_on() {
    let claims = Claims::new();
    let outer = "workflow = \"outer\"\nstart = \"claim-filed\"\nstop = [\"claim-settled\", \"claim-refused\"]\n\
                 [steps.inner]\nworkflow = \"workflow.toml\"\n";
    std::fs::write(claims.folder().join("outer.toml"), outer).unwrap();
    let mut hand = Hand::of(claims.folder(), &["outer.toml"]);
    let asked = hand.stands("outer", filed(1));
    let question = &asked["questions"][0];
    assert_eq!(
        (&asked["status"], &question["workflow"]),
        (&json!("waiting"), &json!("approvals")),
        "{asked}"
    );
    assert_ne!(question["run_id"], asked["run_id"]);
    let arguments = json!({ "question": question["question"], "answer": yes() });
    let settled = hand.stands("lockstep_answer", arguments);
    assert_eq!(
        (&settled["run_id"], &settled["status"]),
        (&asked["run_id"], &json!("completed")),
        "{settled}"
    );
}

#[test]
fn a_run_that_only_an_operator_can_move_says_how() {
    let claims = Claims::new();
    let mut hand = Hand::of(claims.folder(), &["."]);
    let asked = hand.stands("approvals", filed(1));
    let run = asked["run_id"].as_str().unwrap();
    assert_eq!(claims.lockstep(&["runs", "pause", run]).code, 0);
    let paused = hand.stands("lockstep_wait", json!({ "run_id": run }));
    assert_eq!(paused["next"], format!("a person has paused it: `lockstep runs resume {run}` lets it go on"));
    let cancelled = hand.call("lockstep_cancel", json!({ "run_id": run }));
    let standing = &cancelled["structuredContent"];
    assert_eq!((&standing["status"], &standing["is_new"]), (&json!("cancelled"), &json!(true)));
    assert_eq!(cancelled["isError"], false);
    let waited = hand.call("lockstep_wait", json!({ "run_id": run }));
    assert_eq!(
        (&waited["structuredContent"]["status"], &waited["isError"]),
        (&json!("cancelled"), &json!(true))
    );
}

/// Lockstep as a client of Lockstep: the Rust SDK over both ways, with what this program makes of it for
/// steps.
#[test]
fn the_client_that_steps_have_uses_workflows_as_tools_over_both_ways() {
    let claims = Claims::new();
    let env =
        [("LOCKSTEP_CACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled").display().to_string())];
    let process = Transport::Process(Process {
        argv: [env!("CARGO_BIN_EXE_lockstep"), "mcp", "serve", ".", "--answer-for", "role:approver"]
            .map(str::to_owned)
            .to_vec(),
        cwd: claims.folder().to_owned(),
        env: env.map(|(name, value)| (name.to_owned(), lockstep_mcp::Value::Plain(value))).into(),
    });
    plays(process, "one");
    let served = Served::begin(claims.command(&[
        "mcp",
        "serve",
        ".",
        "--answer-for",
        "role:approver",
        "--http",
        "127.0.0.1:0",
    ]));
    let url = served.url.parse().unwrap();
    plays(Transport::Http(Http { url, secret: None, authorities: Vec::new(), proxy: None }), "two");
    assert_eq!(served.end(), 0);
}

/// Begins a run, answers it, and has its result. The client names its calls, and a start with the same name is
/// the same run.
fn plays(transport: Transport, key: &str) {
    let backoff = Backoff { first: Duration::ZERO, most: Duration::ZERO };
    let start_timeout = Duration::from_secs(60);
    let declared = Declared { name: "lockstep".into(), transport, start_timeout, backoff };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let server = lockstep_mcp::Server::new(declared);
        let tools = server.list().await.unwrap();
        assert!(tools.iter().any(|tool| tool.name == "approvals"));
        let asked = made(&server, key, "approvals", filed(1)).await.unwrap();
        assert_eq!(asked["status"], "waiting", "{asked}");
        let answer = json!({ "question": asked["questions"][0]["question"], "answer": yes() });
        let settled = made(&server, key, "lockstep_answer", answer).await.unwrap();
        assert_eq!(settled["result"]["cents"], 100_001, "{settled}");
        let again = made(&server, key, "approvals", filed(1)).await.unwrap();
        assert_eq!((&again["run_id"], &again["is_new"]), (&asked["run_id"], &json!(false)));
        let unfit = made(&server, "other", "approvals", json!({})).await.unwrap_err();
        assert!(unfit.contains("the input does not fit: start.claim"), "{unfit}");
    });
}

async fn made(
    server: &lockstep_mcp::Server,
    key: &str,
    tool: &str,
    arguments: Value,
) -> Result<Value, String> {
    let arguments = Json::trusted(arguments.to_string());
    let call = ToolCall { name: tool.into(), arguments, key: key.into(), most: 1 << 20 };
    let made = server.call(&call).await.map_err(|fault| format!("{fault:?}"))?;
    Ok(serde_json::from_str(made.as_str()).unwrap())
}

#[test]
fn what_cannot_be_offered_is_refused_at_start() {
    let project = Project::jobs();
    let check = |arguments: &[&str], expected: expect_test::Expect| {
        expected.assert_eq(&project.lockstep(&[&["mcp", "serve"], arguments].concat()).told());
    };
    check(
        &[".", "./workflow.toml"],
        expect![[r#"
            exit 3
            error: two workflows are named `jobs`, and a tool needs a name of its own; serve one of them by itself
        "#]],
    );
    check(
        &[".", "--http", "0.0.0.0:0"],
        expect![[r#"
            exit 3
            error: 0.0.0.0:0 is not an address of this machine alone, and whoever reaches it could use the tools, for there are no tokens yet; give 127.0.0.1:PORT or [::1]:PORT
        "#]],
    );
}

#[test]
fn several_workflows_have_their_stores_beside_them() {
    let (claims, project) = (Claims::new(), Project::jobs());
    let other = project.folder().display().to_string();
    let mut hand = Hand::of(claims.folder(), &[".", &other, "--wait", "60"]);
    assert_eq!(hand.ask("tools/list", json!({}))["result"]["tools"].as_array().unwrap().len(), 5);
    assert_eq!(hand.stands("jobs", json!({ "kind": 0 }))["result"]["n"], 0);
    assert_eq!(hand.stands("approvals", filed(1))["status"], "waiting");
    assert!(claims.store().exists() && project.path("lockstep.db").exists());
}

#[test]
fn pages_and_names_of_other_machines_are_refused() {
    let project = Project::jobs();
    let served = Served::begin(command(project.folder(), &["mcp", "serve", ".", "--http", "127.0.0.1:0"]));
    let host = served.url.strip_prefix("http://").unwrap().strip_suffix("/mcp").unwrap().to_owned();
    let port = host.rsplit_once(':').unwrap().1;
    let (local, evil) = (format!("localhost:{port}"), format!("evil.example:{port}"));
    for (path, host, more, status) in [
        ("/mcp", host.as_str(), "", 200),
        ("/mcp", local.as_str(), "", 200),
        ("/mcp", evil.as_str(), "", 403),
        ("/mcp", "127.0.0.1:1", "", 403),
        ("/mcp", host.as_str(), "Origin: http://evil.example\r\n", 403),
        ("/mcp", host.as_str(), "Origin: null\r\n", 403),
        ("/other", host.as_str(), "", 404),
    ] {
        assert_eq!(posted(&served.url, path, host, more), status, "{path} {host} {more}");
    }
}

/// Comes back when a run has begun.
fn wait_for_a_run(project: &Project) {
    while runs(&project.path("lockstep.db")).is_empty() {
        std::thread::yield_now();
    }
}

/// The status of an introduction that is posted so.
fn posted(url: &str, path: &str, host: &str, more: &str) -> u16 {
    let mut line = String::new();
    BufReader::new(hello(url, path, host, more)).read_line(&mut line).unwrap();
    line.split(' ').nth(1).unwrap().parse().unwrap()
}

fn hello(url: &str, path: &str, host: &str, more: &str) -> TcpStream {
    let client = json!({ "name": "hand", "version": "1" });
    let params = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client });
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
    post(url, path, host, more, &hello)
}

fn post(url: &str, path: &str, host: &str, more: &str, message: &Value) -> TcpStream {
    let address = url.strip_prefix("http://").unwrap().split('/').next().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let message = message.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\nAccept: application/json, text/event-stream\r\n{more}\r\n{message}",
        message.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

fn text_of(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_question_that_is_for_somebody_is_left_to_people_unless_the_server_answers_for_them() {
    let claims = Claims::new();
    let mut hand = Hand::started(claims.folder(), &["."]).introduced();
    let asked = hand.stands("approvals", filed(1));
    let question = asked["questions"][0]["question"].as_str().unwrap().to_owned();
    let person = asked["questions"][0]["answered_by_a_person"].as_str().unwrap();
    assert!(person.starts_with(&format!("`lockstep answer {question} JSON")), "{asked}");
    assert!(asked["next"].as_str().unwrap().starts_with("a person has to answer or decide"), "{asked}");
    let why = hand.refused("lockstep_answer", json!({ "question": question, "answer": yes() }));
    assert!(why.contains("is to be answered by role:approver, and no client answers for them"), "{why}");
    hand.end();
    let mut hand = Hand::started(claims.folder(), &[".", "--answer-for", "ann"]).introduced();
    hand.refused("lockstep_answer", json!({ "question": question, "answer": yes() }));
    hand.end();
    let ended = claims.lockstep(&["answer", &question, &yes().to_string(), "--by", "ann"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}
