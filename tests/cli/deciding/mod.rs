//! Calls that people decide on: a step that reads a price and pays, the server that it pays at, and those who
//! say yes or no from another process, at the terminal, or too late.

mod answers;
mod for_good;
mod killed;
mod shown;
mod terminal;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use expect_test::{Expect, expect};
use lockstep_core::event::Timestamp;
use lockstep_core::journal::Journal;
use lockstep_core::run::{Change, Decided, RunId, Signal};
use lockstep_journal::Sqlite;
use lockstep_journal::conformance::wait;
use lockstep_runtime::archive;
use lockstep_test_support::component_with;
use serde_json::{Value, json};

use crate::approvals::{Waiting, count, records};
use crate::fetcher::is_whole;
use crate::orders::{plain, text};
use crate::project::{Ended, Project, command, ended};

const WIT: &str = "
    package t:shop@1.0.0;
    interface events {
      record order { url: string, body: string }
      /// `n` is the status of the answer, or 1000 and which error there was.
      record paid { n: u32, told: string }
    }
    world clerk {
      use events.{order, paid};
      use lockstep:step/types@0.1.0.{failure};
      import lockstep:step/http@0.1.0;
      export on-order: func(event: order) -> result<paid, failure>;
    }";

/// Asks for the address of an order, then sends the order's body there.
const WAT: &str = r#"(module
    (import "lockstep:step/http@0.1.0" "fetch"
      (func $fetch (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i64 i32 i32 i32 i32)))
    (memory (export "memory") 4)
    (data (i32.const 1024) "GETPOSTcontent-typeapplication/json")
    (global $heap (mut i32) (i32.const 4096))
    (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32) (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
      (global.set $heap (i32.add (local.get $at) (local.get $size)))
      local.get $at)
    (func (export "on-order") (param $url i32) (param $length i32) (param $body i32) (param $bytes i32) (result i32)
      (call $fetch (i32.const 1024) (i32.const 3) (local.get $url) (local.get $length)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
        (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 256))
      (memory.fill (i32.const 256) (i32.const 0) (i32.const 64))
      (i32.store (i32.const 2048) (i32.const 1031)) (i32.store (i32.const 2052) (i32.const 12))
      (i32.store (i32.const 2056) (i32.const 1043)) (i32.store (i32.const 2060) (i32.const 16))
      (call $fetch (i32.const 1027) (i32.const 4) (local.get $url) (local.get $length)
        (i32.const 2048) (i32.const 1) (local.get $body) (local.get $bytes)
        (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 256))
      (memory.fill (i32.const 512) (i32.const 0) (i32.const 64))
      (if (i32.load8_u (i32.const 256))
        (then
          (i32.store (i32.const 520) (i32.add (i32.const 1000) (i32.load8_u (i32.const 260))))
          (i32.store (i32.const 524) (i32.load (i32.const 264)))
          (i32.store (i32.const 528) (i32.load (i32.const 268))))
        (else
          (i32.store (i32.const 520) (i32.load16_u (i32.const 260)))
          (i32.store (i32.const 524) (i32.load (i32.const 272)))
          (i32.store (i32.const 528) (i32.load (i32.const 276)))))
      i32.const 512))"#;

const WORKFLOW: &str = r#"# what we sell
workflow = "shop"
start = "order"
stop = ["paid"]

[steps.clerk] # pays
component = "clerk.wasm"
source = "clerk"
retry = { attempts = 1 }
"#;

/// What the guest sees of a refusal: the second error.
const REFUSED: u64 = 1001;
const BODY: &str = r#"{"cents": 900, "to": "ann"}"#;

/// A server that keeps what it hears.
pub(crate) struct Server {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    posted: Receiver<()>,
}

impl Server {
    fn new() -> Server {
        Server::silent_for(0)
    }

    /// The first so many requests to pay get no answer.
    fn silent_for(payments: usize) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, heard) = (listener.local_addr().unwrap().port(), Arc::default());
        let (hears, (tell, posted)) = (Arc::clone(&heard), channel());
        thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming() {
                held.extend(hear(stream.unwrap(), &hears, &tell, payments - held.len()));
            }
        });
        Server { port, heard, posted }
    }

    /// The requests of a method.
    fn heard(&self, method: &str) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|request| request.starts_with(method)).cloned().collect()
    }

    fn paid(&self) -> Vec<String> {
        let body = |request: String| request.split_once("\r\n\r\n").unwrap().1.to_owned();
        self.heard("POST").into_iter().map(body).collect()
    }

    /// The keys of the requests to pay.
    fn keys(&self) -> Vec<String> {
        let key = |request: String| {
            let line = request.lines().find_map(|line| line.strip_prefix("idempotency-key: "));
            line.unwrap().to_owned()
        };
        self.heard("POST").into_iter().map(key).collect()
    }

    /// A rule for this server.
    fn rule(&self, more: &str) -> String {
        let port = self.port;
        format!(
            "[[http]] # the bank\nhost = \"127.0.0.1\"\nscheme = \"http\"\nport = {port}\nmethods = [\"GET\", \
             \"POST\"]\npaths = [\"/**\"]\nnetwork = \"loopback:{port}\"\nidempotency = \"idempotency-key\"\n{more}"
        )
    }

    fn order(&self) -> Value {
        json!({ "url": format!("http://127.0.0.1:{}/pay?of=7", self.port), "body": BODY })
    }
}

/// Hears one request; the stream comes back if it gets no answer.
fn hear(
    mut stream: TcpStream,
    heard: &Mutex<Vec<String>>,
    tell: &Sender<()>,
    silences: usize,
) -> Option<TcpStream> {
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    while !is_whole(&bytes) {
        let length = stream.read(&mut part).unwrap();
        bytes.extend_from_slice(&part[..length]);
    }
    let request = String::from_utf8(bytes).unwrap();
    let is_payment = request.starts_with("POST");
    heard.lock().unwrap().push(request);
    if is_payment {
        // Most tests do not wait for it.
        let _ = tell.send(());
    }
    if is_payment && silences > 0 {
        return Some(stream);
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 4\r\n\r\ndone").unwrap();
    None
}

/// A shop whose clerk has this grant.
fn shop(grant: &str) -> Project {
    let workflow = WORKFLOW.replace("source = \"clerk\"\n", "source = \"clerk\"\ngrant = \"clerk.toml\"\n");
    bare(&workflow).with("clerk.toml", format!("# what the clerk may do\ngrant = 1\n\n{grant}"))
}

fn bare(workflow: &str) -> Project {
    Project::empty().with("workflow.toml", workflow).with("clerk.wasm", component_with(WIT, WAT))
}

impl Project {
    /// A run that waits for a person to decide; its id.
    fn asks(&self, order: &Value) -> String {
        let ended = self.lockstep(&["run", ".", "--json", "--input", &order.to_string()]);
        assert_eq!(ended.code, 8, "{ended:?}");
        text(&serde_json::from_str(&ended.stdout).unwrap(), "run_id").to_owned()
    }

    fn approvals(&self) -> Vec<Value> {
        let ended = self.lockstep(&["ask", "ls", "--json"]);
        serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"))
    }

    fn go_on(&self) -> Value {
        let ended = self.lockstep(&["run", ".", "--take-up"]);
        assert_eq!(ended.code, 0, "{ended:?}");
        serde_json::from_str(&ended.stdout).unwrap()
    }

    /// What is said of a run, with names for what differs from time to time.
    fn tells(&self, server: &Server, run: &str, arguments: &[&str], expected: Expect) -> Ended {
        let ended = self.lockstep(arguments);
        expected.assert_eq(&told(server, run, &ended));
        ended
    }
}

fn told(server: &Server, run: &str, ended: &Ended) -> String {
    plain(&ended.told_all(), &[run]).replace(&server.port.to_string(), "PORT")
}

/// A run that asks whether it may pay.
pub(crate) fn asking() -> (Server, Project, String) {
    let server = Server::new();
    let project = shop(&server.rule("approve = \"writes\"\n"));
    let run = project.asks(&server.order());
    (server, project, run)
}

fn decided(project: &Project, run: &str) -> Vec<(Decided, Option<String>)> {
    let how = |change| match change {
        Change::ApprovalDecided { how, by, .. } => Some((how, by.map(|by| by.to_string()))),
        _ => None,
    };
    records(&project.path("lockstep.db"), run).into_iter().filter_map(|row| how(row.change)).collect()
}
