//! Calls that people decide on: a step that reads a price and pays, the server that it pays at, and those who
//! say yes or no from another process, at the terminal, or too late.

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

#[test]
fn without_a_terminal_a_call_that_waits_ends_the_program_and_it_says_what_to_do() {
    let server = Server::new();
    let project = shop(&server.rule("approve = \"writes\"\n"));
    let ended = project.lockstep(&["run", ".", "--input", &server.order().to_string()]);
    let run = ended.stderr.split(' ').nth(1).unwrap().to_owned();
    expect![[r#"
        exit 8
        run RUN of shop
          clerk  calls GET http://127.0.0.1:PORT/pay?of
          clerk  GET http://127.0.0.1:PORT/pay?of answered: 200, 4 bytes
          clerk  asks a person whether it may call POST http://127.0.0.1:PORT/pay?of: its rule says `approve`: approval RUN.6
        waiting
        it waits for a person to decide about a call: `lockstep ask ls` shows all of it
        decide with `lockstep approve CALL` or `lockstep refuse CALL`
        then go on with `lockstep run . --take-up`
    "#]].assert_eq(&told(&server, &run, &ended));
    assert_eq!((server.heard("GET").len(), server.heard("POST").len()), (1, 0));
}

#[test]
fn a_person_sees_the_whole_call_what_was_called_before_and_how_to_decide() {
    let (server, project, run) = asking();
    project.tells(
        &server,
        &run,
        &["ask", "ls"],
        expect![[r#"
        exit 0
        approval RUN.6: clerk wants to call POST http://127.0.0.1:PORT/pay?of
          why a person is asked: its rule says `approve`
          rule: http://127.0.0.1:PORT
          with
            method: POST
            url: http://127.0.0.1:PORT/pay?of=7
            headers:
              {
                "content-type": [
                  "application/json"
                ]
              }
            body (text that is JSON):
              {
                "cents": 900,
                "to": "ann"
              }
          called already by this attempt
            GET http://127.0.0.1:PORT/pay?of: 200, 4 bytes
          until TIME
          let it go: `lockstep approve RUN.6`
          with other arguments: `lockstep approve RUN.6 --with JSON`
          do not: `lockstep refuse RUN.6 --reason TEXT`
    "#]],
    );
    let all = project.approvals();
    let [one] = &all[..] else { panic!("{all:?}") };
    assert_eq!(
        (&one["kind"], &one["run_id"], &one["step"], &one["capability"]),
        (&json!("approval"), &json!(run), &json!("clerk"), &json!("http"))
    );
    assert_eq!(one["arguments"]["body"], json!(BODY));
    assert_eq!(one["calls_made"].as_array().unwrap().len(), 1);
    let open_for = one["deadline_ms"].as_u64().unwrap() - one["asked_at_ms"].as_u64().unwrap();
    assert_eq!(open_for, 24 * 60 * 60 * 1000);
    assert_eq!(project.runs_json(&["show", &run])["approvals"], json!(all));
}

#[test]
fn runs_that_wait_for_a_decision_say_so_wherever_they_are_told_of() {
    let (server, project, run) = asking();
    project.tells(
        &server,
        &run,
        &["runs", "ls"],
        expect![[r#"
        exit 0
        RUN           WORKFLOW  STATUS   BEGUN                 CHANGED               WAITS FOR
        RUN  shop      waiting  TIME  TIME  1 approval, TIME
    "#]],
    );
    project.tells(&server, &run, &["runs", "show", &run], expect![[r#"
        exit 0
        run RUN of shop
          waiting: for 1 approval
          begun TIME, last changed TIME
          revision f8b53c6d598fc21fa4f095128ce1657d

        open
          delivery 3 to `clerk`: waits for a person to decide about a call
          approval RUN.6: clerk wants to call POST http://127.0.0.1:PORT/pay?of
            why a person is asked: its rule says `approve`
            rule: http://127.0.0.1:PORT
            with
              method: POST
              url: http://127.0.0.1:PORT/pay?of=7
              headers:
                {
                  "content-type": [
                    "application/json"
                  ]
                }
              body (text that is JSON):
                {
                  "cents": 900,
                  "to": "ann"
                }
            called already by this attempt
              GET http://127.0.0.1:PORT/pay?of: 200, 4 bytes
            until TIME
            let it go: `lockstep approve RUN.6`
            with other arguments: `lockstep approve RUN.6 --with JSON`
            do not: `lockstep refuse RUN.6 --reason TEXT`

        history
          TIME  clerk  calls GET http://127.0.0.1:PORT/pay?of
          TIME  clerk  GET http://127.0.0.1:PORT/pay?of answered: 200, 4 bytes
          TIME  clerk  asks a person whether it may call POST http://127.0.0.1:PORT/pay?of: its rule says `approve`: approval RUN.6
    "#]]);
}

#[test]
fn whoever_follows_a_run_is_told_that_it_asks_and_a_retry_is_no_decision() {
    let (server, project, run) = asking();
    project.tells(&server, &run, &["runs", "events", &run], expect![[r#"
        exit 0
          1  TIME  status    run of shop began
          2  TIME  event     order {"body":"{\"cents\": 900, \"to\": \"ann\"}","url":"http://127.0.0.1:PORT/pay?of=7"}
        ─ 3  TIME  delivery  delivery to `clerk` of 2
        ─ 4  TIME  effect    delivery 3 (`clerk`) calls GET http://127.0.0.1:PORT/pay?of
        ─ 5  TIME  effect    delivery 3 (`clerk`) GET http://127.0.0.1:PORT/pay?of answered: 200, 4 bytes
        ─ 6  TIME  effect    delivery 3 (`clerk`) asks a person whether it may call POST http://127.0.0.1:PORT/pay?of: its rule says `approve`
        ─ 7  TIME  attempt   delivery 3 (`clerk`) waits for a person to decide about a call
    "#]]);
    project.tells(&server, &run, &["runs", "tail", &run], expect![[r#"
        exit 8
        TIME  clerk  calls GET http://127.0.0.1:PORT/pay?of
        TIME  clerk  GET http://127.0.0.1:PORT/pay?of answered: 200, 4 bytes
        TIME  clerk  asks a person whether it may call POST http://127.0.0.1:PORT/pay?of: its rule says `approve`: approval RUN.6
        waiting
    "#]]);
    project.tells(&server, &run, &["runs", "retry", &run], expect![[r#"
        exit 9
        error: delivery 3 of run RUN waits for a person to decide about `POST http://127.0.0.1:PORT/pay?of`; `lockstep ask ls` has it, `lockstep approve` and `lockstep refuse` decide
    "#]]);
}

#[test]
fn what_is_approved_is_called_once_when_the_run_is_taken_up() {
    let (server, project, run) = asking();
    let approve = ["approve", &run, "--by", "ann"];
    project.tells(&server, &run, &approve, expect![[r#"
        exit 0
        RUN.6: approved
        no process has the store; go on with `lockstep run WORKFLOW --take-up`, where WORKFLOW is the folder of shop
    "#]]);
    assert_eq!(server.paid(), [""; 0], "nobody runs it");
    assert_eq!(project.go_on(), json!({ "n": 200, "told": "done" }));
    assert_eq!((server.paid(), server.heard("GET").len()), (vec![BODY.to_owned()], 1));
    assert_eq!(decided(&project, &run), [(Decided::Approved, Some("ann".into()))]);
    assert_eq!(project.approvals(), Vec::<Value>::new());
    project.tells(&server, &run, &["runs", "show", &run], expect![[r#"
        exit 0
        run RUN of shop
          completed with paid
          begun TIME, last changed TIME
          revision f8b53c6d598fc21fa4f095128ce1657d

        result
          paid {"n":200,"told":"done"}

        history
          TIME  clerk  calls GET http://127.0.0.1:PORT/pay?of
          TIME  clerk  GET http://127.0.0.1:PORT/pay?of answered: 200, 4 bytes
          TIME  clerk  asks a person whether it may call POST http://127.0.0.1:PORT/pay?of: its rule says `approve`: approval RUN.6
          TIME  clerk  POST http://127.0.0.1:PORT/pay?of was approved by ann
          TIME  clerk  calls POST http://127.0.0.1:PORT/pay?of
          TIME  clerk  POST http://127.0.0.1:PORT/pay?of answered: 200, 4 bytes
          TIME  clerk  done → paid
    "#]]);
}

#[test]
fn a_refusal_reaches_the_step_as_an_error_with_its_reason() {
    for (arguments, reason) in
        [(&["--reason", "too much for today"][..], "too much for today"), (&[], "a person refused it")]
    {
        let (server, project, run) = asking();
        let refused = project.lockstep(&[&["refuse", &run, "--by", "bob"], arguments].concat());
        assert_eq!(refused.code, 0, "{refused:?}");
        assert_eq!(project.go_on(), json!({ "n": REFUSED, "told": reason }));
        assert_eq!(
            (server.paid(), decided(&project, &run)),
            (vec![], vec![(Decided::Refused, Some("bob".into()))])
        );
        let line =
            format!("refused by bob{}\n", arguments.get(1).map_or(String::new(), |why| format!(": {why}")));
        let shown = project.lockstep(&["runs", "show", &run]).stdout;
        assert!(shown.contains(&line), "{shown}");
    }
}

#[test]
fn what_a_person_has_changed_is_what_goes_out_and_the_difference_is_kept() {
    let (server, project, run) = asking();
    let mut changed = project.approvals()[0]["arguments"].clone();
    // The body may be given as what it says.
    changed["body"] = json!({ "cents": 800, "to": "ann" });
    let project = project.with("changed.json", changed.to_string());
    let approve = ["approve", &run, "--with", "@changed.json", "--by", "ann"];
    project.tells(&server, &run, &approve, expect![[r#"
        exit 0
        RUN.6: approved with changed arguments
          body.cents: 900 → 800
        no process has the store; go on with `lockstep run WORKFLOW --take-up`, where WORKFLOW is the folder of shop
    "#]]);
    assert_eq!(project.go_on()["n"], 200);
    let paid: Vec<Value> = server.paid().iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    assert_eq!(paid, [changed["body"].clone()]);
    let line = "was approved by ann with changed arguments: body.cents: 900 → 800\n";
    for what in ["show", "events", "tail"] {
        let told = project.lockstep(&["runs", what, &run]).stdout;
        assert!(told.contains(line), "{told}");
    }
}

#[test]
fn arguments_that_do_not_fit_are_refused_in_words_and_the_call_waits_on() {
    let (server, project, run) = asking();
    let with = |edit: &dyn Fn(&mut Value)| {
        let mut arguments = project.approvals()[0]["arguments"].clone();
        edit(&mut arguments);
        arguments.to_string()
    };
    let check = |arguments: &str, expected: Expect| {
        let ended = project.lockstep(&["approve", &run, "--with", arguments]);
        expected.assert_eq(&told(&server, &run, &ended));
    };
    check(
        "[1]",
        expect![[r#"
        exit 4
        error: the arguments are no JSON object; give all of them, as `lockstep ask ls --json` has them
    "#]],
    );
    check(
        &with(&|it| it["method"] = json!("DELETE")),
        expect![[r#"
        exit 4
        error: the arguments do not fit: no rule allows another method or address; change headers and body only
    "#]],
    );
    check(
        &with(&|it| it["url"] = json!("http://evil.example/")),
        expect![[r#"
        exit 4
        error: the arguments do not fit: no rule allows another method or address; change headers and body only
    "#]],
    );
    check(
        &with(&|it| it["cents"] = json!(1)),
        expect![[r#"
        exit 4
        error: the arguments do not fit: unknown field `cents`, expected one of `method`, `url`, `headers`, `body`, `body-base64` at line 1 column 51
    "#]],
    );
    assert_eq!((project.approvals().len(), server.paid().len()), (1, 0));
}

#[test]
fn a_call_is_decided_once() {
    let (server, project, run) = asking();
    let number = project.approvals()[0]["approval"].as_str().unwrap().to_owned();
    assert_eq!(project.lockstep(&["approve", &number, "--by", "ann"]).code, 0);
    project.tells(
        &server,
        &run,
        &["approve", &number],
        expect![[r#"
        exit 0
        RUN.6: approved before, nothing has changed
    "#]],
    );
    project.tells(
        &server,
        &run,
        &["refuse", &number],
        expect![[r#"
        exit 9
        error: RUN.6 was decided before by ann: it is approved
    "#]],
    );
    project.tells(
        &server,
        &run,
        &["approve", &run],
        expect![[r#"
        exit 9
        error: no call of run RUN waits for a person; `lockstep ask ls` lists what does
    "#]],
    );
    project.tells(
        &server,
        &run,
        &["approve", &format!("{run}.1")],
        expect![[r#"
        exit 9
        error: run RUN has no approval 1; `lockstep ask ls` lists what waits for a person
    "#]],
    );
    assert_eq!(
        count(&records(&project.path("lockstep.db"), &run), |row| {
            matches!(row, Change::ApprovalDecided { .. })
        }),
        1
    );
}

#[test]
fn questions_are_answered_and_calls_decided_and_who_confuses_them_is_told() {
    let (server, project, run) = asking();
    let number = project.approvals()[0]["approval"].as_str().unwrap().to_owned();
    project.tells(&server, &run, &["answer", &number, "yes"], expect![[r#"
        exit 9
        error: RUN.6 is no question but a call that waits for a yes or no: `lockstep approve RUN.6` or `lockstep refuse RUN.6`
    "#]]);
    let project = crate::orders::orders();
    let run = project.order(crate::orders::ASKS);
    let question = project.approvals()[0].clone();
    assert_eq!(question["kind"], "question");
    let approve = ["approve", text(&question, "question")];
    project.tells(&server, &run, &approve, expect![[r#"
        exit 9
        error: RUN.7 is a question and no call that waits for a yes or no; answer it with `lockstep answer RUN.7 JSON`
    "#]]);
}

#[test]
fn a_call_that_nobody_decides_on_in_time_is_refused() {
    let (server, project, run) = asking();
    let number = project.approvals()[0].clone();
    let store = Sqlite::open(&project.path("lockstep.db")).unwrap();
    wait(Box::pin(async {
        let mut read = archive::read(&store, &RunId::named(&run)).await.unwrap().unwrap();
        let late = Timestamp(number["deadline_ms"].as_u64().unwrap() + 1);
        store.commit(vec![read.signal(Signal::TimersDue, late)]).await
    }))
    .unwrap();
    drop(store);
    project.tells(
        &server,
        &run,
        &["approve", text(&number, "approval")],
        expect![[r#"
        exit 9
        error: RUN.6 was decided before: it is refused, since nobody decided in time
    "#]],
    );
    assert_eq!(project.go_on(), json!({ "n": REFUSED, "told": "nobody approved it in time" }));
    assert_eq!(server.paid(), [""; 0]);
}

#[test]
fn a_decision_while_the_runs_process_waits_reaches_it() {
    let server = Server::new();
    let project = shop(&server.rule("approve = \"writes\"\n"));
    let mut waiting = wait_for(&project, &server);
    let number = asked(&mut waiting);
    let approved = project.lockstep(&["approve", &number, "--by", "ann", "--json"]);
    let run = number.rsplit_once('.').unwrap().0;
    let expected = json!({
        "run_id": run, "approval": number, "is_new": true, "changed": null, "rule": null, "grant": null,
    });
    assert_eq!(serde_json::from_str::<Value>(&approved.stdout).unwrap(), expected);
    let ended = waiting.end();
    assert_eq!((ended.code, server.paid().len()), (0, 1), "{ended:?}");
    assert!(ended.stderr.contains(" was approved by ann\n"), "{ended:?}");
}

fn wait_for(project: &Project, server: &Server) -> Waiting {
    let input = server.order().to_string();
    Waiting::of(command(project.folder(), &["run", ".", "--wait", "--input", &input]))
}

/// Reads until a person is asked: the number of that.
fn asked(waiting: &mut Waiting) -> String {
    let line = waiting.read_until(|line| line.contains(": approval "));
    line.trim_end().rsplit_once(' ').unwrap().1.to_owned()
}

#[test]
fn a_host_that_is_killed_while_a_call_waits_pays_once_after_the_yes() {
    let server = Server::new();
    let project = shop(&server.rule("approve = \"writes\"\n"));
    let mut waiting = wait_for(&project, &server);
    let number = asked(&mut waiting);
    waiting.kill();
    assert_eq!(project.lockstep(&["approve", &number]).code, 0);
    assert_eq!(project.go_on()["n"], 200);
    assert_eq!(server.paid(), [BODY]);
}

/// A shop whose host was killed after the server had heard of the payment, and before it answered.
fn killed_while_paying(more: &str) -> (Server, Project, String) {
    let server = Server::silent_for(1);
    let project = shop(&server.rule(more));
    let run = project.asks(&server.order());
    assert_eq!(project.lockstep(&["approve", &run]).code, 0);
    let taken_up = Waiting::of(command(project.folder(), &["run", ".", "--take-up"]));
    server.posted.recv().unwrap();
    taken_up.kill();
    (server, project, run)
}

#[test]
fn a_host_that_is_killed_while_it_pays_pays_again_under_the_same_key() {
    let (server, project, run) = killed_while_paying("approve = \"writes\"\n");
    assert_eq!(project.go_on()["n"], 200);
    let keys = server.keys();
    assert_eq!((keys.len(), &keys[0]), (2, &keys[1]));
    assert_eq!(decided(&project, &run).len(), 1, "nobody is asked again");
}

#[test]
fn a_host_that_is_killed_while_it_pays_at_most_once_leaves_it_to_a_person() {
    let (server, project, run) = killed_while_paying("approve = \"writes\"\neffects = \"at-most-once\"\n");
    let ended = project.lockstep(&["run", ".", "--take-up"]);
    assert_eq!((ended.code, server.paid().len()), (8, 1), "{ended:?}");
    let delivery = project.runs_json(&["show", &run])["deliveries"][0].clone();
    assert_eq!(delivery["parked"], "unknown-effect", "{delivery}");
}

#[test]
fn nothing_that_a_step_says_acts_on_the_terminal_of_whoever_decides() {
    let server = Server::new();
    let project = shop(&server.rule("approve = \"writes\"\n"));
    let mut order = server.order();
    order["body"] = json!("{\"to\":\"\u{202e}nna\u{1b}[2J\",\n\u{9b}31m");
    project.asks(&order);
    let told = project.lockstep(&["ask", "ls"]).stdout;
    let acts = |char: char| (char.is_control() && char != '\n') || char == '\u{202e}';
    assert_eq!(told.chars().find(|char| acts(*char)), None, "{told:?}");
    assert!(told.contains("\\u{202e}nna\\u{1b}[2J"), "{told}");
    order["body"] = json!("a".repeat(10_000));
    project.asks(&order);
    let told = project.lockstep(&["ask", "ls"]).stdout;
    assert!(told.contains("… cut here, of 10002 bytes; see all: `lockstep ask ls --json --run "), "{told}");
}

#[test]
fn a_yes_for_good_writes_a_rule_for_this_call_alone_and_nobody_is_asked_again() {
    let (server, project, run) = asking();
    let always = ["approve", &run, "--always", "--by", "ann"];
    project.tells(&server, &run, &always, expect![[r#"
        exit 0
        RUN.6: approved
        written to ./clerk.toml, in force from the next load on:
          [[http]]
          host = "127.0.0.1"
          scheme = "http"
          port = PORT
          methods = ["POST"]
          paths = ["/pay"]
          network = "loopback:PORT"
          idempotency = "idempotency-key"
          approve = "never"
          query = ["of"]
        no process has the store; go on with `lockstep run WORKFLOW --take-up`, where WORKFLOW is the folder of shop
    "#]]);
    let grant = fs::read_to_string(project.path("clerk.toml")).unwrap();
    expect![[r##"
        # what the clerk may do
        grant = 1

        [[http]]
        host = "127.0.0.1"
        scheme = "http"
        port = PORT
        methods = ["POST"]
        paths = ["/pay"]
        network = "loopback:PORT"
        idempotency = "idempotency-key"
        approve = "never"
        query = ["of"]

        [[http]] # the bank
        host = "127.0.0.1"
        scheme = "http"
        port = PORT
        methods = ["GET", "POST"]
        paths = ["/**"]
        network = "loopback:PORT"
        idempotency = "idempotency-key"
        approve = "writes"
    "##]]
    .assert_eq(&grant.replace(&server.port.to_string(), "PORT"));
    assert_eq!(project.go_on()["n"], 200);
    let shown = project.lockstep(&["runs", "show", &run]).stdout;
    assert!(shown.contains("was approved by ann for good, by the rule [[http]]; host = "), "{shown}");
    let again = project.lockstep(&["run", ".", "--input", &server.order().to_string()]);
    assert_eq!((again.code, server.paid().len()), (0, 2), "{again:?}");
    let mut other = server.order();
    other["url"] = json!(format!("http://127.0.0.1:{}/other", server.port));
    project.asks(&other);
    assert_eq!(server.paid().len(), 2, "the rule is for what was asked");
}

#[test]
fn the_rule_goes_where_the_grant_stands() {
    let server = Server::new();
    let rule = server.rule("approve = \"writes\"\n").replace("[[http]]", "[[steps.clerk.grant.http]]");
    let project = bare(&format!("{WORKFLOW}\n{rule}"));
    let run = project.asks(&server.order());
    let approved = project.lockstep(&["approve", &run, "--always", "--json", "--workflow", "workflow.toml"]);
    let told: Value = serde_json::from_str(&approved.stdout).unwrap_or_else(|_| panic!("{approved:?}"));
    assert_eq!(told["grant"], "workflow.toml");
    assert!(text(&told, "rule").starts_with("[[http]]\nhost = \"127.0.0.1\"\n"), "{told}");
    let text = fs::read_to_string(project.path("workflow.toml")).unwrap();
    assert!(text.starts_with("# what we sell\n") && text.contains("[steps.clerk] # pays\n"), "{text}");
    assert_eq!(text.matches("[[steps.clerk.grant.http]]").count(), 2);
}

#[test]
fn a_call_of_a_run_within_another_is_decided_by_the_name_of_either() {
    let server = Server::new();
    let outer = "workflow = \"outer\"\nstart = \"order\"\nstop = [\"paid\"]\n\n[steps.inner]\nworkflow = \"inner/workflow.toml\"\n";
    let project = shop(&server.rule("approve = \"writes\"\n"));
    fs::create_dir(project.path("inner")).unwrap();
    for file in ["workflow.toml", "clerk.toml", "clerk.wasm"] {
        fs::rename(project.path(file), project.path(&format!("inner/{file}"))).unwrap();
    }
    let project = project.with("workflow.toml", outer);
    let run = project.asks(&server.order());
    let listed = project.lockstep(&["ask", "ls", "--run", &run]);
    assert!(listed.stdout.contains(": clerk wants to call POST "), "{listed:?}");
    let approved = project.lockstep(&["approve", &run, "--always", "--json"]);
    let told: Value = serde_json::from_str(&approved.stdout).unwrap_or_else(|_| panic!("{approved:?}"));
    assert_ne!(told["run_id"], json!(run));
    assert_eq!(told["grant"], "./inner/clerk.toml");
    assert_eq!(project.go_on()["n"], 200);
    let again = project.lockstep(&["run", ".", "--input", &server.order().to_string()]);
    assert_eq!((again.code, server.paid().len()), (0, 2), "{again:?}");
}

#[test]
fn where_no_rule_can_be_written_nothing_is_decided() {
    let (server, project, run) = asking();
    let always = ["approve", &run, "--always"];
    let before = fs::read_to_string(project.path("clerk.toml")).unwrap();
    let elsewhere = crate::orders::orders();
    let other = elsewhere.folder().display().to_string();
    let ended = project.lockstep(&[&always[..], &["--workflow", &other]].concat());
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(ended.stderr.contains("nor a workflow within it is `shop`"), "{ended:?}");
    let ceiling = format!("lockstep = 1\n[ceiling]\n{}", server.rule("approve = \"writes\"\n"));
    let project = project.with("lockstep.toml", ceiling.replace("[[http]]", "[[ceiling.http]]"));
    project.tells(&server, &run, &always, expect![[r#"
        exit 3
        error: ./clerk.toml: no rule can be written for step `clerk`: the operator's [ceiling] wants a person to be asked
    "#]]);
    assert_eq!(fs::read_to_string(project.path("clerk.toml")).unwrap(), before);
    assert_eq!(project.approvals().len(), 1);
    for wrong in [&["--with", "{}", "--always"][..], &["--workflow", "."]] {
        assert_eq!(project.lockstep(&[&["approve", &run], wrong].concat()).code, 2, "{wrong:?}");
    }
}

/// `script` of util-linux gives the program a terminal.
fn at_terminal(project: &Project, server: &Server, lines: &[&str]) -> Ended {
    let program = format!("{} run . --input '{}'", env!("CARGO_BIN_EXE_lockstep"), server.order());
    let mut script = std::process::Command::new("script");
    script.args(["--quiet", "--return", "--echo", "never", "--command", &program, "/dev/null"]);
    script.current_dir(project.folder()).env("USER", "ann").stdin(Stdio::piped());
    script.env("LOCKSTEP_CACHE", std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
    let mut child = script.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    lines.iter().for_each(|line| writeln!(stdin, "{line}").unwrap());
    let ended = ended(child.wait_with_output().unwrap());
    drop(stdin);
    ended
}

#[test]
fn at_a_terminal_a_person_decides_and_is_asked_until_it_fits() {
    let server = Server::new();
    let url = format!("http://127.0.0.1:{}/pay?of=7", server.port);
    let with =
        |method: &str| format!("e {}", json!({ "method": method, "url": url, "body": { "cents": 1 } }));
    let (misfit, fits) = (with("DELETE"), with("POST"));
    for (lines, code, paid) in [
        (vec!["perhaps", "y"], 0, vec![BODY]),
        (vec!["no too much"], 0, vec![]),
        (vec![misfit.as_str(), fits.as_str()], 0, vec!["{\"cents\":1}"]),
        (vec![""], 8, vec![]),
    ] {
        server.heard.lock().unwrap().clear();
        let project = shop(&server.rule("approve = \"writes\"\n"));
        let ended = at_terminal(&project, &server, &lines);
        assert_eq!(
            (ended.code, server.paid()),
            (code, paid.iter().map(|body| (*body).to_owned()).collect()),
            "{ended:?}"
        );
    }
}

#[test]
fn at_a_terminal_a_yes_for_good_writes_the_rule() {
    let server = Server::new();
    let project = shop(&server.rule("approve = \"writes\"\n"));
    let ended = at_terminal(&project, &server, &["a"]);
    assert_eq!((ended.code, server.paid().len()), (0, 1), "{ended:?}");
    let run = crate::approvals::runs(&project.path("lockstep.db")).remove(0);
    assert_eq!(decided(&project, &run), [(Decided::Approved, Some("ann".into()))]);
    let again = project.lockstep(&["run", ".", "--input", &server.order().to_string()]);
    assert_eq!((again.code, server.paid().len()), (0, 2), "{again:?}");
}
