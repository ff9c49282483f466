//! `wasi:http/outgoing-handler`: the standard interface, by the same way out. What a guest streams is
//! gathered before anything leaves, and an answer is whole before its guest sees any of it. A call here
//! cannot trap its guest: what ends the attempt is left with the session, and the engine finds it there
//! before the guest goes on.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime_wasi_http::{
    Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks,
    WasiHttpView,
};

use super::inert;
use crate::attempt::Guest;
use crate::egress::{self, CallError, NoAnswer, Request, Response, Session};

/// Calls that are on their way, or whose answers are not read, at once.
const MOST_AT_ONCE: usize = 16;
/// Bytes of the headers of one message.
const HEADER_BYTES: usize = 32 << 10;

/// What an attempt has of this interface.
pub(super) struct Hooks {
    ctx: WasiHttpCtx,
    way: Way,
}

struct Way {
    session: Option<Arc<Session>>,
    at_once: Arc<Semaphore>,
}

impl Hooks {
    fn new(session: Option<Arc<Session>>) -> Hooks {
        let mut ctx = WasiHttpCtx::new();
        ctx.set_field_size_limit(HEADER_BYTES);
        Hooks { ctx, way: Way { session, at_once: Arc::new(Semaphore::new(MOST_AT_ONCE)) } }
    }
}

impl WasiHttpView for Guest {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        if self.http.wasi.is_none() {
            self.http.wasi = Some(Hooks::new(self.http.session()));
        }
        let clock = self.clock();
        let table = inert::table(&mut self.wasi, &self.log, clock, self.walls);
        let hooks = self.http.wasi.as_mut().expect("it was made just now");
        WasiHttpCtxView { hooks: &mut hooks.way, table, ctx: &mut hooks.ctx }
    }
}

type Answered = Result<(hyper::Response<WasiBody>, Ended), Error>;
type Ended = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for Way {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        let session = self.session.clone();
        Arc::new(move |name| is_forbidden(session.as_deref(), name))
    }

    fn set_host_header(&mut self) -> bool {
        false
    }

    fn send_request(
        &mut self,
        request: hyper::Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Ended,
    ) -> Box<dyn Future<Output = Answered> + Send> {
        let (session, permit) = (self.session.clone(), self.at_once.clone().try_acquire_owned());
        Box::new(async move {
            let session = session.ok_or(Error::HttpRequestDenied)?;
            let permit = permit.map_err(|_| Error::ConnectionLimitReached)?;
            let request = gathered(&session, request, options).await?;
            let response = session.perform(request).await.map_err(|why| told(&session, why))?;
            let ended: Ended = Box::new(async { Ok(()) });
            Ok((answered(response, permit)?, ended))
        })
    }
}

/// The length of a body is checked by the engine's own part, and then counted anew.
fn is_forbidden(session: Option<&Session>, name: &HeaderName) -> bool {
    let reserved = session.is_some_and(|session| session.egress().reserves(name));
    *name != CONTENT_LENGTH && (egress::is_always_hosts(name) || reserved)
}

async fn gathered(
    session: &Session,
    request: hyper::Request<WasiBody>,
    options: Option<RequestOptions>,
) -> Result<Request, Error> {
    let (head, body) = request.into_parts();
    let most = session.egress().largest_request();
    let body = Limited::new(body, most).collect().await;
    let body = body.map_err(|_| Error::HttpRequestBodySize(None))?.to_bytes();
    let given = head.headers.iter().filter(|(name, _)| **name != CONTENT_LENGTH);
    let own =
        |(name, value): (&HeaderName, &HeaderValue)| (name.as_str().to_owned(), value.as_bytes().to_vec());
    Ok(Request {
        method: head.method.as_str().to_owned(),
        url: head.uri.to_string(),
        headers: given.map(own).collect(),
        body: body.into(),
        timeout: options.and_then(|options| options.first_byte_timeout),
        key: None,
    })
}

fn answered(response: Response, permit: OwnedSemaphorePermit) -> Result<hyper::Response<WasiBody>, Error> {
    let mut answer = hyper::Response::builder().status(response.status);
    for (name, value) in &response.headers {
        answer = answer.header(name, &value[..]);
    }
    let body = Bytes::from_owner(Unread { body: response.body, _permit: permit });
    let body = Full::new(body).map_err(|never| match never {}).boxed_unsync();
    answer.body(body).map_err(|_| Error::HttpProtocolError)
}

/// An answer's body, which counts as a call until it is read.
struct Unread {
    body: Vec<u8>,
    _permit: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Unread {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

fn told(session: &Session, why: NoAnswer) -> Error {
    match why {
        NoAnswer::Told(error) => code(error),
        NoAnswer::Ended(ended) => {
            session.end(ended);
            Error::InternalError(None)
        }
    }
}

fn code(error: CallError) -> Error {
    match error {
        CallError::Denied(_) | CallError::Refused(_) => Error::HttpRequestDenied,
        CallError::Timeout => Error::HttpResponseTimeout,
        CallError::TooLarge => Error::HttpResponseBodySize(None),
        CallError::Connect(_) => Error::ConnectionRefused,
        CallError::Tls(_) => Error::TlsProtocolError,
        CallError::Protocol(_) => Error::HttpProtocolError,
        CallError::Invalid(why) => Error::InternalError(Some(why)),
    }
}
