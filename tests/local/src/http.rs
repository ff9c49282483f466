//! One server on an address of this machine: requests come in whole, their key is checked, a [`Service`] answers,
//! and what was asked is kept for whoever wants to look. It knows no service.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

/// A longer body is not read.
const LONGEST: usize = 16 << 20;

/// What a server is there for.
pub trait Service: Send + Sync + 'static {
    /// What it is, for whoever reads an answer: sent with each as `x-local-server`.
    fn notice(&self) -> &'static str;
    /// The answer to a request that showed the key.
    fn answer(&self, asked: &Asked) -> Answer;
}

/// A request that showed the key.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// `POST /v1/embeddings`.
    pub what: String,
    /// Its `idempotency-key`.
    pub idempotency: Option<String>,
    /// Its body; null where there is none.
    pub body: Value,
}

/// What is said to a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// The body.
    pub body: Value,
}

impl Answer {
    /// What was asked for.
    pub fn ok(body: Value) -> Answer {
        Answer { status: 200, body }
    }

    /// Why it cannot be had, in the form of OpenAI's errors.
    pub fn error(status: u16, code: &str, message: impl Into<String>) -> Answer {
        let kind = if status < 500 { "invalid_request_error" } else { "server_error" };
        Answer {
            status,
            body: json!({ "error": { "message": message.into(), "type": kind, "param": null, "code": code } }),
        }
    }
}

/// A server that is being run, as long as the process lives.
#[derive(Clone)]
pub struct Serving {
    port: u16,
    heard: Arc<Mutex<Vec<Asked>>>,
}

impl Serving {
    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address that clients are given.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// What was asked of it so far.
    pub fn heard(&self) -> Vec<Asked> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Serves on a port of this machine, 0 for any, in a thread of its own. Nobody else can reach it.
pub fn serve(service: impl Service, port: u16, key: &str) -> io::Result<Serving> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    listener.set_nonblocking(true)?;
    let serving = Serving { port: listener.local_addr()?.port(), heard: Arc::default() };
    let desk =
        Arc::new(Desk { service: Box::new(service), key: key.to_owned(), heard: serving.heard.clone() });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || runtime.block_on(take_all(listener, desk)));
    Ok(serving)
}

struct Desk {
    service: Box<dyn Service>,
    key: String,
    heard: Arc<Mutex<Vec<Asked>>>,
}

async fn take_all(listener: TcpListener, desk: Arc<Desk>) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        let desk = desk.clone();
        let answer = service_fn(move |request| {
            let desk = desk.clone();
            async move { Ok::<_, Infallible>(desk.take(request).await) }
        });
        // A client that breaks off is no matter of the server's.
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
    }
}

impl Desk {
    async fn take(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let answer = match self.read(request).await {
            Ok(asked) => {
                self.heard.lock().unwrap_or_else(PoisonError::into_inner).push(asked.clone());
                self.service.answer(&asked)
            }
            Err(refusal) => refusal,
        };
        let mut response = Response::new(Full::new(answer.body.to_string().into()));
        *response.status_mut() =
            StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, "application/json".parse().expect("a header of plain text"));
        headers.insert("x-local-server", self.service.notice().parse().expect("a header of plain text"));
        response
    }

    async fn read(&self, request: Request<Incoming>) -> Result<Asked, Answer> {
        let (head, body) = request.into_parts();
        if text(&head.headers, AUTHORIZATION.as_str()) != Some(format!("Bearer {}", self.key)) {
            return Err(Answer::error(401, "invalid_api_key", "show the key: `authorization: Bearer KEY`"));
        }
        let bytes = Limited::new(body, LONGEST).collect().await;
        let bytes = bytes.map_err(|_| Answer::error(413, "too_large", "the body cannot be read"))?.to_bytes();
        let body = match bytes.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&bytes).map_err(|error| {
                Answer::error(400, "invalid_json", format!("the body is no JSON: {error}"))
            })?,
        };
        let idempotency = text(&head.headers, "idempotency-key");
        Ok(Asked { what: format!("{} {}", head.method, head.uri.path()), idempotency, body })
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}
