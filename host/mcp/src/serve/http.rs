//! Clients over HTTP, on an address of this machine. The SDK keeps their sessions; here connections are
//! taken, so many and no more. Requests that name another host than this one, or that come from a page in a
//! browser, are refused: else any page could speak to it.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Over;
use super::handler::Handler;
use crate::LONGEST;

/// Where the tools are.
const PATH: &str = "/mcp";
/// So many connections are on at once; each is one request, or the stream of a client.
const CONNECTIONS: u32 = 256;
/// So many clients are known at once.
const SESSIONS: usize = 256;
/// So long a client may say nothing until it is forgotten.
const IDLE: Duration = Duration::from_secs(60 * 60);
/// So long the head of a request may take.
const HEAD: Duration = Duration::from_secs(30);
/// So long those that are on are given when it is over.
const GRACE: Duration = Duration::from_secs(2);
/// So long nothing is taken when the system can take no more.
const REST: Duration = Duration::from_millis(100);

type Body = BoxBody<Bytes, Infallible>;

/// Listens for clients.
pub struct Listening {
    listener: TcpListener,
    address: SocketAddr,
    clients: Clients,
}

#[derive(Clone)]
struct Clients {
    service: StreamableHttpService<Handler, LocalSessionManager>,
    sessions: Arc<LocalSessionManager>,
    /// A place is taken by each request that has no whole answer yet.
    asking: Arc<Semaphore>,
    over: Over,
}

impl Listening {
    pub(super) async fn begin(handler: &Handler, over: &Over, address: SocketAddr) -> io::Result<Listening> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Listening { listener, address, clients: Clients::of(handler, over, address.port()) })
    }

    /// Where clients find it.
    pub fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// Serves clients until it is over.
    pub async fn serve(self) {
        let slots = Arc::new(Semaphore::new(CONNECTIONS as usize));
        tokio::select! {
            () = self.clients.over.ended() => {}
            never = self.take_all(&slots) => match never {},
        }
        // Answers first, for the streams of notices never end by themselves. Whoever is still on after all that
        // is cut off.
        let _ = tokio::time::timeout(GRACE, self.clients.asking.acquire_many(CONNECTIONS)).await;
        self.clients.service.config.cancellation_token.cancel();
        let _ = tokio::time::timeout(GRACE, slots.acquire_many(CONNECTIONS)).await;
    }

    async fn take_all(&self, slots: &Arc<Semaphore>) -> Infallible {
        loop {
            let Ok(slot) = slots.clone().acquire_owned().await else { std::future::pending().await };
            match self.listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(self.clients.clone().speak(stream, slot))),
                Err(error) => {
                    tracing::warn!("a connection was not taken: {error}");
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }
}

impl Clients {
    fn of(handler: &Handler, over: &Over, port: u16) -> Clients {
        let mut sessions = LocalSessionManager::default();
        sessions.session_config.keep_alive = Some(IDLE);
        let (sessions, handler) = (Arc::new(sessions), handler.clone());
        let hosts = ["127.0.0.1", "localhost", "[::1]"].map(|host| format!("{host}:{port}"));
        let config = StreamableHttpServerConfig::default()
            .with_allowed_hosts(hosts)
            .enforce_origin_validation()
            .with_max_request_body_bytes(LONGEST);
        let service = StreamableHttpService::new(move || Ok(handler.clone()), sessions.clone(), config);
        let asking = Arc::new(Semaphore::new(CONNECTIONS as usize));
        Clients { service, sessions, asking, over: over.clone() }
    }

    async fn speak(self, stream: TcpStream, _slot: OwnedSemaphorePermit) {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEAD);
        let answer = service_fn(|request| {
            let clients = self.clone();
            async move { Ok::<_, Infallible>(clients.answer(request).await) }
        });
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), answer));
        tokio::select! {
            // A client that breaks off is no matter of ours.
            _ = connection.as_mut() => return,
            () = self.over.ended() => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        if request.uri().path() != PATH {
            return refusal(StatusCode::NOT_FOUND, &format!("the tools are at {PATH}"));
        }
        let is_new = request.method() == Method::POST && !request.headers().contains_key("mcp-session-id");
        if is_new && self.sessions.sessions.read().await.len() >= SESSIONS {
            return refusal(StatusCode::SERVICE_UNAVAILABLE, "too many clients are known already");
        }
        // There are as many places as connections, each of which has one request at a time.
        let place = (request.method() == Method::POST).then(|| self.asking.clone().try_acquire_owned());
        let response = self.service.handle(request).await;
        response.map(|body| holding(body, place))
    }
}

/// The body, which holds something until it was sent.
fn holding(body: Body, held: impl Send + Sync + 'static) -> Body {
    let keep = move |frame| {
        let _held = &held;
        frame
    };
    body.map_frame(keep).boxed()
}

fn refusal(status: StatusCode, why: &str) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from(why.to_owned())).boxed());
    *response.status_mut() = status;
    response
}
