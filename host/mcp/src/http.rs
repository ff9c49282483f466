//! A server at an address, spoken to in streamable HTTP. The SDK keeps the session; here its requests are
//! made: one connection for each, no proxy, no redirect, and every answer bounded while it is read. An
//! answer that comes as a stream of events is read until it is there, and nothing else of the stream is
//! handed on.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, GetExtensions, JsonRpcMessage, RequestId, ServerJsonRpcMessage,
};
use rmcp::transport::DynamicTransportError;
use rmcp::transport::common::client_side_sse::ExponentialBackoff;
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpClientTransport, StreamableHttpClientTransportConfig,
    StreamableHttpError, StreamableHttpPostResponse, StreamableHttpResponseLimits,
};
use sse_stream::Sse;

mod dial;

use crate::lines::{Chunks, Line, Lines};
use crate::session::{Changes, Most, Sent};
use crate::sieve::{self, Sorted};
use crate::{Http, LONGEST};
use dial::Dialer;

/// So much more than its result an answer may take: it may say it twice, and with escapes.
const ROOM: usize = 4;
/// So much an answer may take whatever its result is.
const ENVELOPE: usize = 64 << 10;
/// So many requests are on their way at once.
const AT_ONCE: usize = 64;
/// The longest wait before the stream of notices is asked for again.
const REST: Duration = Duration::from_secs(60);

const SESSION: &str = "mcp-session-id";
const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";

type Answered = Result<StreamableHttpPostResponse, StreamableHttpError<Fault>>;

/// What goes wrong on the way.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// It was not reached.
    #[error("it cannot be reached: {0}")]
    Unreached(String),
    /// It answered that it does not do it.
    #[error("it answered with the status {0}")]
    Status(StatusCode),
    /// The connection broke while it was on.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// What it answered is not to be understood.
    #[error("its answer {0}")]
    Unreadable(&'static str),
}

/// The way to a server.
#[derive(Clone)]
pub(crate) struct Client(Arc<Inner>);

struct Inner {
    dialer: Dialer,
    path: String,
    secret: Option<(HeaderName, HeaderValue)>,
    changes: Changes,
}

/// Makes ready; nothing is sent yet.
pub(crate) fn open(http: &Http, changes: &Changes) -> Result<StreamableHttpClientTransport<Client>, String> {
    let path = &http.url[url::Position::BeforePath..url::Position::AfterQuery];
    let inner = Inner {
        dialer: Dialer::new(http)?,
        path: path.to_owned(),
        secret: http.secret.as_ref().map(header).transpose()?,
        changes: changes.clone(),
    };
    let mut config = StreamableHttpClientTransportConfig::with_uri(http.url.as_str());
    config.max_concurrent_requests = AT_ONCE;
    config.retry_config = Arc::new(rests());
    Ok(StreamableHttpClientTransport::with_client(Client(Arc::new(inner)), config))
}

/// What went wrong with a request, if it was one over HTTP.
pub(crate) fn fault(error: &DynamicTransportError) -> Option<&Fault> {
    match error.error.downcast_ref::<StreamableHttpError<Fault>>()? {
        StreamableHttpError::Client(fault) => Some(fault),
        _ => None,
    }
}

/// Whether other requests of the session will fare no better: the server is not there, or it may not know
/// the session, which some servers say in a way of their own.
pub(crate) fn ends_session(fault: &Fault) -> bool {
    match fault {
        Fault::Unreached(_) => true,
        Fault::Status(status) => *status == StatusCode::BAD_REQUEST || *status == StatusCode::NOT_FOUND,
        Fault::Broken(_) | Fault::Unreadable(_) => false,
    }
}

fn rests() -> ExponentialBackoff {
    let mut rests = ExponentialBackoff::default();
    rests.max_delay = Some(REST);
    rests
}

fn header(secret: &crate::HeaderSecret) -> Result<(HeaderName, HeaderValue), String> {
    let value = secret.format.replace("{}", secret.secret.text());
    let name = HeaderName::try_from(&secret.header).map_err(|_| "its header has no name".to_owned())?;
    let value = HeaderValue::try_from(value);
    let mut value = value.map_err(|_| "its secret cannot stand in a header".to_owned())?;
    value.set_sensitive(true);
    Ok((name, value))
}

impl Client {
    fn request(
        &self,
        method: Method,
        session: Option<&str>,
        more: HashMap<HeaderName, HeaderValue>,
    ) -> request::Builder {
        let mut request = Request::builder().method(method).uri(&self.0.path);
        request = request.header(HOST, self.0.dialer.host_header());
        if let Some(session) = session {
            request = request.header(SESSION, session);
        }
        for (name, value) in more.into_iter().chain(self.0.secret.clone()) {
            request = request.header(name, value);
        }
        request
    }

    /// Makes a request; `sent` is set when it may have been made.
    async fn send(
        &self,
        request: request::Builder,
        body: Vec<u8>,
        sent: &Sent,
    ) -> Result<Response<Incoming>, Fault> {
        let request = request.body(Full::new(Bytes::from(body)));
        let request = request.map_err(|error| Fault::Unreached(error.to_string()))?;
        let stream = self.0.dialer.dial().await.map_err(Fault::Unreached)?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| Fault::Unreached(error.to_string()))?;
        tokio::spawn(connection);
        sent.set(true);
        sender.send_request(request).await.map_err(|error| Fault::Broken(error.to_string()))
    }

    async fn post(
        &self,
        message: &ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        more: HashMap<HeaderName, HeaderValue>,
    ) -> Answered {
        let asked = Asked::of(message);
        if asked.begins {
            self.0.changes.add();
        }
        let request = self.request(Method::POST, session.as_deref(), more);
        let request = request.header(CONTENT_TYPE, JSON).header(ACCEPT, format!("{JSON}, {EVENTS}"));
        let response = self.send(request, serde_json::to_vec(message)?, &asked.sent).await;
        let response = response.map_err(StreamableHttpError::Client)?;
        match response.status() {
            StatusCode::NOT_FOUND if session.is_some() => {
                asked.sent.set(false);
                Err(StreamableHttpError::SessionExpired)
            }
            status if status.is_success() => self.answer(asked, response, session).await,
            status => refusal(asked, status, response).await,
        }
    }

    /// The answer in a response, whatever else is in it.
    async fn answer(
        &self,
        asked: Asked,
        response: Response<Incoming>,
        session: Option<Arc<str>>,
    ) -> Answered {
        let Some(id) = asked.id else { return Ok(StreamableHttpPostResponse::Accepted) };
        let (headers, body) = response.into_parts();
        let given = headers.headers.get(SESSION).and_then(|id| id.to_str().ok()).map(str::to_owned);
        let answer = match is(&headers.headers, EVENTS) {
            true => {
                self.answer_of_events(&id, body, asked.most, session.or(given.clone().map(Arc::from))).await
            }
            false => answer_of_body(&id, body, asked.most).await,
        };
        let answer = answer.map_err(StreamableHttpError::Client)?;
        Ok(StreamableHttpPostResponse::Json(answer, given))
    }

    /// Reads a stream of events until the answer to this is there.
    async fn answer_of_events(
        &self,
        id: &RequestId,
        body: Incoming,
        most: usize,
        session: Option<Arc<str>>,
    ) -> Result<ServerJsonRpcMessage, Fault> {
        let mut events = Events::new(body, most);
        loop {
            match events.next().await? {
                Event::Message(message) => match self.take(&message, session.clone()).await {
                    Some(answer) if id_of(&answer) == Some(id) => return Ok(answer),
                    _ => {}
                },
                Event::TooLong => return too_long(id),
                Event::End => return Err(Fault::Broken("its stream ended without an answer".into())),
            }
        }
    }

    /// Does what a message wants, and hands it over if it is an answer.
    async fn take(&self, message: &[u8], session: Option<Arc<str>>) -> Option<ServerJsonRpcMessage> {
        match sieve::sort(message) {
            Sorted::Answer(answer) => return Some(*answer),
            Sorted::Changed => self.0.changes.add(),
            Sorted::Asks(reply) => {
                let request = self.request(Method::POST, session.as_deref(), HashMap::new());
                let request = request.header(CONTENT_TYPE, JSON).header(ACCEPT, format!("{JSON}, {EVENTS}"));
                // A server that does not take its answer goes without.
                let _ = self.send(request, reply.into_bytes(), &Sent::default()).await;
            }
            Sorted::Other => {}
        }
        None
    }

    /// Reads notices until there are no more.
    async fn listen(self, body: Incoming, session: Option<Arc<str>>) {
        let mut events = Events::new(body, LONGEST);
        while let Ok(Event::Message(message)) = events.next().await {
            self.take(&message, session.clone()).await;
        }
    }
}

/// What is asked, as far as it matters on the way.
struct Asked {
    /// None: there is nothing to answer.
    id: Option<RequestId>,
    sent: Sent,
    most: usize,
    /// It begins a session, and so with whatever tools there are then.
    begins: bool,
}

impl Asked {
    fn of(message: &ClientJsonRpcMessage) -> Asked {
        let JsonRpcMessage::Request(request) = message else {
            return Asked { id: None, sent: Sent::default(), most: LONGEST, begins: false };
        };
        let with = request.request.extensions();
        let most = with.get::<Most>().map_or(LONGEST, |most| most.0.saturating_mul(ROOM) + ENVELOPE);
        Asked {
            id: Some(request.id.clone()),
            sent: with.get::<Sent>().cloned().unwrap_or_default(),
            most: most.min(LONGEST),
            begins: matches!(request.request, ClientRequest::InitializeRequest(_)),
        }
    }
}

/// What a status other than of success says: an error for whoever asked, or that it was not done.
async fn refusal(asked: Asked, status: StatusCode, response: Response<Incoming>) -> Answered {
    if let Some(id) = asked.id.filter(|_| is(response.headers(), JSON)) {
        let answer = answer_of_body(&id, response.into_body(), ENVELOPE).await;
        if let Ok(answer @ JsonRpcMessage::Error(_)) = answer {
            return Ok(StreamableHttpPostResponse::Json(answer, None));
        }
    }
    // What failed within the server may have been done before.
    asked.sent.set(status.is_server_error());
    Err(StreamableHttpError::Client(Fault::Status(status)))
}

async fn answer_of_body(id: &RequestId, body: Incoming, most: usize) -> Result<ServerJsonRpcMessage, Fault> {
    let (mut body, mut whole) = (Body(body), Vec::new());
    while let Some(chunk) = body.chunk().await.map_err(broken)? {
        if whole.len() + chunk.len() > most {
            return too_long(id);
        }
        whole.extend_from_slice(&chunk);
    }
    match sieve::sort(&whole) {
        Sorted::Answer(answer) if id_of(&answer) == Some(id) => Ok(*answer),
        Sorted::Answer(_) => Err(Fault::Unreadable("is one to another question")),
        _ => Err(Fault::Unreadable("is none of MCP")),
    }
}

fn id_of(answer: &ServerJsonRpcMessage) -> Option<&RequestId> {
    match answer {
        JsonRpcMessage::Response(response) => Some(&response.id),
        JsonRpcMessage::Error(error) => error.id.as_ref(),
        _ => None,
    }
}

fn too_long(id: &RequestId) -> Result<ServerJsonRpcMessage, Fault> {
    match id {
        RequestId::Number(id) => Ok(sieve::too_long(*id)),
        RequestId::String(_) => Err(Fault::Unreadable("is longer than it may be")),
    }
}

fn is(headers: &HeaderMap, what: &str) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next());
    kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(what))
}

fn broken(error: io::Error) -> Fault {
    Fault::Broken(error.to_string())
}

/// The body of a response.
struct Body(Incoming);

impl Chunks for Body {
    async fn chunk(&mut self) -> io::Result<Option<Bytes>> {
        while let Some(frame) = self.0.frame().await {
            if let Ok(data) = frame.map_err(io::Error::other)?.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}

/// Events of a stream, each bounded.
struct Events {
    lines: Lines<Body>,
    most: usize,
}

/// What an event is.
enum Event {
    /// It carries a message.
    Message(Vec<u8>),
    /// It is too long.
    TooLong,
    /// There are no more.
    End,
}

impl Events {
    fn new(body: Incoming, most: usize) -> Events {
        Events { lines: Lines::new(Body(body), most), most }
    }

    async fn next(&mut self) -> Result<Event, Fault> {
        let mut data = Vec::new();
        loop {
            let line = match self.lines.next().await.map_err(broken)? {
                Line::Whole(line) => line,
                Line::TooLong(_) | Line::Endless => return Ok(Event::TooLong),
                Line::End => return Ok(Event::End),
            };
            if line.is_empty() && !data.is_empty() {
                return Ok(Event::Message(data));
            }
            if let Some(part) = line.strip_prefix(b"data:") {
                if data.len() + part.len() > self.most {
                    return Ok(Event::TooLong);
                }
                data.extend_from_slice(part);
            }
        }
    }
}

impl StreamableHttpClient for Client {
    type Error = Fault;

    async fn post_message(
        &self,
        _: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        _: Option<String>,
        more: HashMap<HeaderName, HeaderValue>,
    ) -> Answered {
        self.post(&message, session, more).await
    }

    /// The limits are this crate's own, and those of the call.
    async fn post_message_with_response_limits(
        &self,
        _: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        _: Option<String>,
        more: HashMap<HeaderName, HeaderValue>,
        _: StreamableHttpResponseLimits,
    ) -> Answered {
        self.post(&message, session, more).await
    }

    async fn delete_session(
        &self,
        _: Arc<str>,
        session: Arc<str>,
        _: Option<String>,
        more: HashMap<HeaderName, HeaderValue>,
    ) -> Result<(), StreamableHttpError<Fault>> {
        let request = self.request(Method::DELETE, Some(&session), more);
        let response = self.send(request, Vec::new(), &Sent::default()).await;
        // A server that keeps its sessions may.
        response.map(drop).map_err(StreamableHttpError::Client)
    }

    /// Notices are dealt with here, so that none comes out.
    async fn get_stream(
        &self,
        _: Arc<str>,
        session: Option<Arc<str>>,
        _: Option<String>,
        _: Option<String>,
        more: HashMap<HeaderName, HeaderValue>,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, StreamableHttpError<Fault>> {
        let request = self.request(Method::GET, session.as_deref(), more).header(ACCEPT, EVENTS);
        let response = self.send(request, Vec::new(), &Sent::default()).await;
        let response = response.map_err(StreamableHttpError::Client)?;
        match response.status() {
            StatusCode::OK if is(response.headers(), EVENTS) => {
                let listening = self.clone().listen(response.into_body(), session);
                Ok(stream::once(listening).filter_map(|()| async { None }).boxed())
            }
            status if status.is_server_error() => Err(StreamableHttpError::Client(Fault::Status(status))),
            _ => Err(StreamableHttpError::ServerDoesNotSupportSse),
        }
    }
}
