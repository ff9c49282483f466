//! Runs whose steps ask real servers: what a trace of one grants the next, and the ways out that the
//! operator's file sets.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use expect_test::expect;
use lockstep_test_support::component_with;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::fetcher::{echo, is_whole};
use crate::orders::text;
use crate::project::{Ended, Project};

/// The events of the fetcher, and a guide who sends it on errands and waits for all of them.
const WIT: &str = "
    package test:lab@0.1.0;
    interface errands {
      record fetch-by-wasi {
        method: string, authority: string, path: string, header: option<tuple<string, string>>, body: string,
      }
      record fetch { url: string }
      record fetched { status: u16, body: string }
    }
    interface trips {
      use errands.{fetch, fetch-by-wasi};
      variant errand { fetch(fetch), fetch-by-wasi(fetch-by-wasi) }
      record trip { errands: list<errand> }
      record home { n: u32 }
    }
    world guide {
      use errands.{fetched};
      use trips.{trip, errand, home};
      use lockstep:step/types@0.1.0.{failure};
      export on-trip: func(event: trip) -> result<list<errand>, failure>;
      export on-all: func(all: list<fetched>) -> result<home, failure>;
    }";

/// The errands lie where the event has them.
const WAT: &str = r#"(module
    (memory (export "memory") 2)
    (global $heap (mut i32) (i32.const 4096))
    (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32) (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
      (global.set $heap (i32.add (local.get $at) (local.get $size)))
      local.get $at)
    (func (export "on-trip") (param $errands i32) (param $n i32) (result i32)
      (i32.store (i32.const 8) (local.get $errands))
      (i32.store (i32.const 12) (local.get $n))
      i32.const 0)
    (func (export "on-all") (param i32) (param $n i32) (result i32)
      (i32.store (i32.const 8) (local.get $n))
      i32.const 0))"#;

const WORKFLOW: &str = r#"workflow = "trip"
start = "trip"
stop = ["home"]

[steps.guide]
component = "guide.wasm"
source = "guide"

[steps.fetcher]
component = "fetcher.wasm"
source = "fetcher"
grant = "fetcher.toml"
retry = { attempts = 1 }
"#;

/// A fetcher with these rules, and the guide.
fn trip(rules: &str) -> Project {
    let built = format!("{}/../../plugins/lab/components/fetcher.wasm", env!("CARGO_MANIFEST_DIR"));
    let fetcher = fs::read(built).expect("the plugins are not built; run `cargo xtask guests`");
    let project =
        Project::empty().with("workflow.toml", WORKFLOW).with("guide.wasm", component_with(WIT, WAT));
    project.with("fetcher.wasm", fetcher).with("fetcher.toml", format!("grant = 1\n{rules}"))
}

/// A trip on one errand, which fails if its call does.
fn fetch(url: &str) -> Value {
    json!({ "errands": [{ "fetch": { "url": url } }] })
}

fn rule(scheme: &str, port: u16, paths: &str) -> String {
    format!(
        "[[http]]\nhost = \"127.0.0.1\"\nscheme = \"{scheme}\"\nport = {port}\nmethods = [\"GET\", \"POST\"]\n\
         paths = {paths}\nnetwork = \"loopback:{port}\"\n"
    )
}

fn run(project: &Project, input: &Value) -> Ended {
    project.lockstep(&["run", ".", "--json", "--input", &input.to_string()])
}

/// What the servers were asked, in order of the alphabet.
fn asked(heard: &Mutex<Vec<String>>) -> Vec<String> {
    let line = |request: String| request.split(" HTTP/").next().unwrap().to_owned();
    let mut asked: Vec<String> = heard.lock().unwrap().drain(..).map(line).collect();
    asked.sort();
    asked
}

#[test]
fn the_rules_of_a_trace_let_the_same_run_through_and_nothing_that_was_denied() {
    let (port, heard) = echo();
    let authority = format!("127.0.0.1:{port}");
    let errand = |method: &str, path: &str| {
        json!({ "fetch-by-wasi": {
            "method": method, "authority": &authority, "path": path, "header": null, "body": "",
        } })
    };
    let errands = json!({ "errands": [errand("GET", "/a?n=1"), errand("POST", "/b"), errand("GET", "/c")] });
    let project = trip(&rule("http", port, "[\"/a\", \"/b\"]"));
    let told = |ended: Ended| -> Value {
        serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"))
    };
    let first = told(run(&project, &errands));
    assert_eq!(first["result"]["n"], 3, "{first}");
    assert_eq!(asked(&heard), ["GET /a?n=1", "POST /b"]);
    let traced = project.lockstep(&["grant", "from-trace", text(&first, "run_id")]);
    assert_eq!(traced.code, 0, "{}", traced.stderr);
    expect![[r##"
        # step `fetcher`
        [[http]]
        host = "127.0.0.1"
        scheme = "http"
        port = PORT
        methods = ["GET"]
        paths = ["/a"]
        query = ["n"]
        network = "loopback:PORT"

        [[http]]
        host = "127.0.0.1"
        scheme = "http"
        port = PORT
        methods = ["POST"]
        paths = ["/b"]
        query = []
        network = "loopback:PORT"

        # denied: http: GET http://127.0.0.1:PORT/c (path)
    "##]]
    .assert_eq(&traced.stdout.replace(&port.to_string(), "PORT"));
    let project = project.with("fetcher.toml", format!("grant = 1\n{}", traced.stdout));
    let second = told(run(&project, &errands));
    assert_eq!(second["result"], first["result"], "{second}");
    assert_eq!(asked(&heard), ["GET /a?n=1", "POST /b"]);
    let others = [errand("POST", "/a"), errand("GET", "/a?m=1"), errand("GET", "/b")];
    let third = told(run(&project, &json!({ "errands": others })));
    assert_eq!(third["result"], first["result"], "{third}");
    assert!(asked(&heard).is_empty(), "a rule is for what was asked");
}

/// Answers whoever speaks to it once.
fn answer(mut stream: impl Read + Write, answer: &str) -> String {
    let (mut request, mut bytes) = (String::new(), [0; 4096]);
    while !is_whole(request.as_bytes()) {
        match stream.read(&mut bytes) {
            Ok(length) if length > 0 => request += &String::from_utf8_lossy(&bytes[..length]),
            _ => return request,
        }
    }
    stream.write_all(answer.as_bytes()).unwrap();
    stream.flush().unwrap();
    request
}

const ANSWER: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi";

/// A server on loopback that does this with each connection.
fn serve(serve: impl Fn(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || listener.incoming().for_each(|stream| serve(stream.unwrap())));
    port
}

#[test]
fn calls_go_through_the_proxy_of_the_operators_file() {
    let (port, heard) = echo();
    let proxied: Arc<Mutex<Vec<String>>> = Arc::default();
    let hears = proxied.clone();
    let proxy = serve(move |stream| {
        let asked = answer(&stream, "HTTP/1.1 200 OK\r\n\r\n");
        hears.lock().unwrap().extend([asked, answer(&stream, ANSWER)]);
    });
    let project = trip(&rule("http", port, "[\"/**\"]"));
    let input = fetch(&format!("http://127.0.0.1:{port}/x"));
    assert_eq!(run(&project, &input).code, 0);
    assert_eq!((asked(&heard).len(), asked(&proxied).len()), (1, 0));
    let project = project
        .with("lockstep.toml", format!("lockstep = 1\n[egress]\nproxy = \"http://127.0.0.1:{proxy}\"\n"));
    assert_eq!(run(&project, &input).code, 0);
    assert_eq!(asked(&heard), [""; 0]);
    assert_eq!(asked(&proxied), [format!("CONNECT 127.0.0.1:{port}"), "GET /x".into()]);
}

/// A server that proves to be this machine by an authority of its own, and the authority's certificate.
fn secure() -> (u16, String) {
    let authority_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&authority_key).unwrap();
    let issuer = Issuer::from_params(&params, &authority_key);
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    let config = Arc::new(config);
    let port = serve(move |stream| {
        let line = ServerConnection::new(config.clone()).unwrap();
        drop(answer(StreamOwned::new(line, stream), ANSWER));
    });
    (port, authority.pem())
}

#[test]
fn a_server_is_trusted_by_the_authority_of_the_operators_file() {
    let (port, authority) = secure();
    let project = trip(&rule("https", port, "[\"/**\"]")).with("own.pem", authority);
    let input = fetch(&format!("https://127.0.0.1:{port}/"));
    let stranger = run(&project, &input);
    assert_eq!(stranger.code, 1, "{stranger:?}");
    assert!(stranger.stdout.contains("http-tls"), "{stranger:?}");
    let project = project.with("lockstep.toml", "lockstep = 1\n[tls]\nca = \"own.pem\"\n");
    let trusted = run(&project, &input);
    assert_eq!(trusted.code, 0, "{trusted:?}");
    let project = project.with("lockstep.toml", "lockstep = 1\n[tls]\nca = \"none.pem\"\n");
    let refused = run(&project, &input);
    assert!(refused.code == 3 && refused.stderr.contains("`tls.ca`: "), "{refused:?}");
}
