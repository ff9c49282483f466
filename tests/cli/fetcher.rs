//! A real Rust guest that asks a real server, by either interface: both lead out by one way, under the same
//! rules.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lockstep_core::effect::{CallId, Denial, Ending, Intent, Leave};
use lockstep_core::grant::http::{Approve, Host, HttpGrant, Network, PathPattern, Rule, Scheme, Segment};
use lockstep_core::grant::{Denied, Grant, OnDenied};
use lockstep_core::outcome::{Interruption, Outcome};
use lockstep_sandbox::{Deciding, Effects, Report};
use serde_json::{Value, json};

use crate::lab::Guest;

/// A server that says back what it was asked, one request for each connection.
pub(crate) fn echo() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, heard) = (listener.local_addr().unwrap().port(), Arc::default());
    let hears: Arc<Mutex<Vec<String>>> = Arc::clone(&heard);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut bytes) = (stream.unwrap(), vec![0; 64 << 10]);
            let mut length = 0;
            while !is_whole(&bytes[..length]) {
                length += stream.read(&mut bytes[length..]).unwrap();
            }
            let request = String::from_utf8(bytes[..length].to_vec()).unwrap();
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
            hears.lock().unwrap().push(request.clone());
            stream.write_all((head + &request).as_bytes()).unwrap();
        }
    });
    (port, heard)
}

pub(crate) fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

fn rule(port: u16) -> Rule {
    Rule {
        host: Host::Exactly("127.0.0.1".into()),
        scheme: Scheme::Http,
        port,
        methods: vec!["GET".into(), "POST".into()],
        paths: vec![PathPattern(vec![Segment::Text("open".into())])],
        query: None,
        network: Network::Loopback(port),
        secret: None,
        idempotency: Some("idempotency-key".into()),
        at_most_once: false,
        redirects: false,
        request_bytes: 10 << 10,
        response_bytes: 64 << 10,
        timeout: Duration::from_secs(10),
        rate: None,
        reuse: false,
        approve: Approve::Never,
    }
}

#[derive(Debug, Default)]
struct Notes {
    leave: Option<Leave>,
    begun: Mutex<Vec<Intent>>,
    ended: Mutex<Vec<Ending>>,
    denied: Mutex<Vec<Denial>>,
}

impl Effects for Notes {
    fn begin(&self, intent: Intent) -> Deciding<'_, Leave> {
        self.begun.lock().unwrap().push(intent);
        Box::pin(std::future::ready(Ok(self.leave.clone().unwrap_or(Leave::Go))))
    }

    fn end(&self, _: CallId, ending: Ending) -> Deciding<'_, ()> {
        self.ended.lock().unwrap().push(ending);
        Box::pin(std::future::ready(Ok(())))
    }

    fn denied(&self, denial: Denial) {
        self.denied.lock().unwrap().push(denial);
    }
}

fn attempt(rule: Rule, denied: Denied, notes: &Arc<Notes>, handler: &str, event: &Value) -> Report {
    let http = HttpGrant { rules: vec![rule], ceiling: None };
    let grant =
        Grant { http, on_denied: OnDenied { http: denied, ..OnDenied::default() }, ..Grant::default() };
    let guest = Guest::load("fetcher", &grant, Duration::from_secs(2)).unwrap();
    guest.attempt_with_effects(handler, &event.to_string(), notes.clone())
}

/// What the guest comes back with.
fn fetched(report: &Report) -> (u64, String) {
    let Outcome::Emitted(emitted) = &report.outcome else { panic!("{report:?}") };
    let event: Value = serde_json::from_str(emitted.events[0].payload.as_str()).unwrap();
    (event["status"].as_u64().unwrap(), event["body"].as_str().unwrap().to_owned())
}

fn errand(port: u16, path: &str) -> Value {
    json!({
        "method": "POST", "authority": format!("127.0.0.1:{port}"), "path": path,
        "header": ["x-own", "1"], "body": "hello",
    })
}

fn by_wasi(port: u16, change: impl Fn(&mut Value)) -> (u64, String) {
    let mut event = errand(port, "/open");
    change(&mut event);
    fetched(&attempt(rule(port), Denied::Error, &Arc::default(), "on-fetch-by-wasi", &event))
}

#[test]
fn a_step_asks_a_server_in_three_lines() {
    let (port, _) = echo();
    let ask = |path: &str| {
        let event = json!({ "url": format!("http://127.0.0.1:{port}{path}") });
        attempt(rule(port), Denied::Error, &Arc::default(), "on-fetch", &event)
    };
    let (status, body) = fetched(&ask("/open"));
    assert_eq!(status, 200);
    assert!(body.starts_with("GET /open HTTP/1.1\r\n"), "{body}");
    let Outcome::Failed(failure) = ask("/shut?a=1").outcome else { panic!("it is denied") };
    assert_eq!(
        (failure.code, failure.message),
        (
            "http-denied".into(),
            format!("the grant does not allow `GET http://127.0.0.1:{port}/shut?a`: path")
        )
    );
}

#[test]
fn wasi_http_leads_out_by_the_same_way() {
    let (port, _) = echo();
    let notes: Arc<Notes> = Arc::default();
    let report = attempt(rule(port), Denied::Error, &notes, "on-fetch-by-wasi", &errand(port, "/./open"));
    let (status, body) = fetched(&report);
    assert_eq!(status, 200, "{body}");
    assert!(body.starts_with("POST /open HTTP/1.1\r\n") && body.ends_with("\r\n\r\nhello"), "{body}");
    for header in ["x-own: 1\r\n", "idempotency-key: ", &format!("host: 127.0.0.1:{port}\r\n")] {
        assert!(body.contains(header), "{body}");
    }
    assert_eq!(notes.begun.lock().unwrap().len(), 1);
    assert!(matches!(notes.ended.lock().unwrap()[..], [Ending::Answered { .. }]));
}

#[test]
fn what_the_grant_denies_is_denied_by_the_word_of_wasi() {
    let (port, heard) = echo();
    let denied = by_wasi(port, |event| event["path"] = "/shut".into());
    assert_eq!(denied, (0, "ErrorCode::HttpRequestDenied".into()));
    for header in ["host", "transfer-encoding", "connection", "idempotency-key"] {
        let told = by_wasi(port, |event| event["header"] = json!([header, "x"]));
        assert_eq!(told, (0, "HeaderError::Forbidden".into()), "{header}");
    }
    let (status, told) = by_wasi(port, |event| event["body"] = "a".repeat(11 << 10).into());
    assert!(status == 0 && told.contains("HttpRequestBodySize"), "{told}");
    assert_eq!(heard.lock().unwrap().len(), 0);
}

#[test]
fn a_call_that_ends_the_attempt_ends_it_before_its_guest_goes_on() {
    let (port, heard) = echo();
    let notes: Arc<Notes> = Arc::default();
    let report = attempt(rule(port), Denied::Fail, &notes, "on-fetch-by-wasi", &errand(port, "/shut"));
    let Outcome::Failed(failure) = report.outcome else { panic!("{report:?}") };
    assert_eq!((failure.class.as_str(), &*failure.code), ("denied", "http"));
    let notes = Arc::new(Notes { leave: Some(Leave::Unknown), ..Notes::default() });
    let report = attempt(rule(port), Denied::Error, &notes, "on-fetch-by-wasi", &errand(port, "/open"));
    assert_eq!(report.outcome, Outcome::Interrupted(Interruption::UnknownEffect));
    assert_eq!(heard.lock().unwrap().len(), 0);
}

#[test]
fn by_wasi_too_a_person_is_asked_about_the_whole_request_before_a_byte_leaves() {
    let (port, heard) = echo();
    let asks = || Rule { approve: Approve::Writes, ..rule(port) };
    let mut event = errand(port, "/open");
    event["body"] = "a".repeat(9 << 10).into();
    let notes = Arc::new(Notes { leave: Some(Leave::Ask), ..Notes::default() });
    let report = attempt(asks(), Denied::Error, &notes, "on-fetch-by-wasi", &event);
    assert_eq!(report.outcome, Outcome::Interrupted(Interruption::Approval));
    let begun = notes.begun.lock().unwrap();
    let shown: Value =
        serde_json::from_str(begun[0].ask.as_ref().unwrap().proposal.arguments.as_str()).unwrap();
    assert_eq!((&shown["body"], &shown["headers"]["x-own"]), (&event["body"], &json!(["1"])));
    let notes = Arc::new(Notes { leave: Some(Leave::Refused("no".into())), ..Notes::default() });
    let refused = fetched(&attempt(asks(), Denied::Error, &notes, "on-fetch-by-wasi", &event));
    assert_eq!(refused, (0, "ErrorCode::HttpRequestDenied".into()));
    assert_eq!(heard.lock().unwrap().len(), 0);
    let (status, _) = fetched(&attempt(asks(), Denied::Error, &Arc::default(), "on-fetch-by-wasi", &event));
    assert_eq!(status, 200);
}
