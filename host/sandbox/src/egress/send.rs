//! One request and its whole answer, over a pool of connections. What comes back is counted while it is
//! read, and reading stops where it is too much.

use std::error::Error as _;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use lockstep_core::grant::http::Why;

use super::dial::{Dialer, NoConnection};
use super::headers::{MOST, MOST_BYTES};
use super::{CallError, Response};

/// A connection that nobody uses is closed after this.
const IDLE: Duration = Duration::from_secs(30);
/// Connections of one rule to one server that are kept.
const MOST_IDLE: usize = 8;

pub(super) type Client = legacy::Client<Dialer, Full<Bytes>>;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// The grant does not allow it after all: mostly an address outside the rule's network.
    #[error("it is denied: {}", .0.as_str())]
    Denied(Why),
    #[error(transparent)]
    Told(#[from] CallError),
}

/// A pool of connections. A call that may be made once at most gets a connection of its own, since
/// nobody can know of a kept one that breaks whether the call went out on it.
pub(super) fn client(dialer: Dialer, at_most_once: bool) -> Client {
    legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(if at_most_once { 0 } else { MOST_IDLE })
        .retry_canceled_requests(false)
        .http1_max_headers(MOST)
        .http1_max_buf_size(MOST_BYTES)
        .build(dialer)
}

/// Sends a request and reads at most `most` bytes of an answer's body.
pub(super) async fn exchange(
    client: &Client,
    request: hyper::Request<Full<Bytes>>,
    most: usize,
) -> Result<hyper::Response<Vec<u8>>, Broken> {
    let answer = client.request(request).await.map_err(|error| broken(&error))?;
    let (head, body) = answer.into_parts();
    Ok(hyper::Response::from_parts(head, whole(body, most).await?))
}

/// An answer as guests get it.
pub(super) fn response(answer: hyper::Response<Vec<u8>>) -> Response {
    let (head, body) = answer.into_parts();
    let text = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
        (name.as_str().to_owned(), value.as_bytes().to_vec())
    };
    Response { status: head.status.as_u16(), headers: head.headers.iter().map(text).collect(), body }
}

async fn whole(mut body: Incoming, most: usize) -> Result<Vec<u8>, CallError> {
    if body.size_hint().lower() > most as u64 {
        return Err(CallError::TooLarge);
    }
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| protocol(&error))?;
        let Ok(data) = frame.into_data() else { continue };
        if whole.len() + data.len() > most {
            return Err(CallError::TooLarge);
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole)
}

fn broken(error: &legacy::Error) -> Broken {
    let mut cause = error.source();
    while let Some(why) = cause {
        match (why.downcast_ref::<NoConnection>(), why.downcast_ref::<hyper::Error>()) {
            (Some(NoConnection::Denied), _) => return Broken::Denied(Why::Network),
            (Some(NoConnection::Connect(why)), _) => return CallError::Connect(why.clone()).into(),
            (Some(NoConnection::Tls(why)), _) => return CallError::Tls(why.clone()).into(),
            (_, Some(error)) => return protocol(error).into(),
            (None, None) => cause = why.source(),
        }
    }
    CallError::Protocol("the connection broke off".into()).into()
}

fn protocol(error: &hyper::Error) -> CallError {
    if error.is_parse_too_large() { CallError::TooLarge } else { CallError::Protocol(error.to_string()) }
}
