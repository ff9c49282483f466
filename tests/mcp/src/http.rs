//! The same server over HTTP: one thread for each connection, one request for each. `--sse`: answers come
//! as events of a stream, with a notice before. `--listen`: it has a stream of notices. `--status N`: it answers calls with this status.
//! `--forget`: after the first call it knows its session no more. `--wants VALUE`: only requests with this
//! in their `authorization`. `--redirect`: it sends all who ask to elsewhere.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

use crate::tools::{CHANGED, NOTICE, Reply, Server};

/// How many sessions have begun, and how many calls were taken.
#[derive(Default)]
struct Counts {
    sessions: AtomicU32,
    calls: AtomicU32,
}

/// A request, as much as matters of it.
struct Asked {
    method: String,
    session: Option<String>,
    authorization: String,
    body: Value,
}

/// Serves until it is killed, or until its input ends.
pub(crate) fn serve(server: &Arc<Server>) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    writeln!(io::stdout(), "http://{}/mcp", listener.local_addr()?)?;
    std::thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let counts = Arc::new(Counts::default());
    for stream in listener.incoming() {
        let (server, counts, stream) = (server.clone(), counts.clone(), stream?);
        // Whoever goes away early hears nothing.
        std::thread::spawn(move || drop(take(&server, &counts, stream)));
    }
    Ok(())
}

fn take(server: &Server, counts: &Counts, mut stream: TcpStream) -> io::Result<()> {
    let asked = read(&stream)?;
    if let Some(wanted) = server.argument("--wants")
        && asked.authorization != wanted
    {
        return answer(&mut stream, "401 Unauthorized", "", "text/plain", "who are you?");
    }
    if server.has("--redirect") {
        return answer(&mut stream, "307 Temporary Redirect", "location: /elsewhere\r\n", "text/plain", "");
    }
    match (asked.method.as_str(), asked.body["method"].as_str()) {
        ("POST", Some("initialize")) => {
            let session = counts.sessions.fetch_add(1, Ordering::SeqCst) + 1;
            reply(server, &mut stream, &format!("mcp-session-id: {session}\r\n"), &asked)
        }
        ("POST", _) if is_forgotten(server, counts, &asked) => {
            answer(&mut stream, "404 Not Found", "", "text/plain", "no such session")
        }
        ("POST", Some("tools/call")) => {
            counts.calls.fetch_add(1, Ordering::SeqCst);
            match server.argument("--status") {
                Some(status) => answer(&mut stream, &format!("{status} Told"), "", "text/plain", "as told"),
                None => reply(server, &mut stream, "", &asked),
            }
        }
        ("POST", _) => reply(server, &mut stream, "", &asked),
        ("GET", _) if server.has("--listen") => listen(server, &mut stream),
        _ => answer(&mut stream, "405 Method Not Allowed", "", "text/plain", ""),
    }
}

/// With `--forget`, the first session is one no more once a call was taken.
fn is_forgotten(server: &Server, counts: &Counts, asked: &Asked) -> bool {
    let is_first = asked.session.as_deref() == Some("1");
    server.has("--forget") && is_first && counts.calls.load(Ordering::SeqCst) > 0
}

fn reply(server: &Server, stream: &mut TcpStream, headers: &str, asked: &Asked) -> io::Result<()> {
    match server.reply(&asked.body) {
        Reply::Answer(it) if server.has("--sse") => {
            let events = format!("data: {NOTICE}\n\n: a comment\nevent: message\ndata: {it}\n\n");
            answer(stream, "200 OK", headers, "text/event-stream", &events)
        }
        Reply::AfterChange(it) if server.has("--sse") => {
            let events = format!("data: {CHANGED}\n\ndata: {it}\n\n");
            answer(stream, "200 OK", headers, "text/event-stream", &events)
        }
        Reply::Answer(it) | Reply::AfterChange(it) => {
            answer(stream, "200 OK", headers, "application/json", &it.to_string())
        }
        Reply::Endless => endless(server, stream),
        Reply::Nothing if asked.body["id"].is_null() => answer(stream, "202 Accepted", "", "text/plain", ""),
        Reply::Nothing => stream.read_to_end(&mut Vec::new()).map(drop),
    }
}

/// A stream of notices: there is one, once the tools have changed.
fn listen(server: &Server, stream: &mut TcpStream) -> io::Result<()> {
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")?;
    server.wait_for_change();
    write!(stream, "data: {CHANGED}\n\n")?;
    // It stays open as long as somebody listens.
    stream.read_to_end(&mut Vec::new()).map(drop)
}

fn endless(server: &Server, stream: &mut TcpStream) -> io::Result<()> {
    let kind = if server.has("--sse") { "text/event-stream" } else { "application/json" };
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\n\r\ndata: ")?;
    loop {
        stream.write_all(&[b'x'; 64 << 10])?;
    }
}

fn answer(stream: &mut TcpStream, status: &str, headers: &str, kind: &str, body: &str) -> io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{headers}content-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn read(stream: &TcpStream) -> io::Result<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let method = line.split(' ').next().unwrap_or_default().to_owned();
    let (mut session, mut authorization, mut length) = (None, String::new(), 0);
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "mcp-session-id" => session = Some(value.to_owned()),
            "authorization" => authorization = value.to_owned(),
            "content-length" => length = value.parse().unwrap_or(0),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Asked { method, session, authorization, body: serde_json::from_slice(&body).unwrap_or_default() })
}
