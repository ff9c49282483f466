//! `lockstep:step/http`: a request out, its whole answer back. Everything is decided in `egress`; here
//! a guest's words become its words. The time that a guest waits is not the time that it computes.

use std::sync::Arc;
use std::time::Duration;

use lockstep_core::effect;
use lockstep_core::outcome::Class;

use super::bindings::lockstep::step::http;
use super::bindings::lockstep::step::types::Denial;
use super::wasi_http::Hooks;
use crate::attempt::Guest;
use crate::egress::{CallError, Egress, NoAnswer, Request, Response, Session};
use crate::fault::Ended;
use crate::leaving::Leaving;

/// The calls of an attempt; what they need is made when the first is.
pub(crate) struct Http {
    egress: Option<Arc<Egress>>,
    leaving: Arc<Leaving>,
    session: Option<Arc<Session>>,
    pub(super) wasi: Option<Hooks>,
}

impl Http {
    /// Without rules there is no egress, and neither interface is linked.
    pub(crate) fn new(egress: Option<Arc<Egress>>, leaving: Arc<Leaving>) -> Http {
        Http { egress, leaving, session: None, wasi: None }
    }

    /// Why the attempt must end, if a call that could not tell its guest wants it to.
    pub(crate) fn ended(&self) -> Option<Ended> {
        self.session.as_ref()?.ended()
    }

    pub(super) fn session(&mut self) -> Option<Arc<Session>> {
        if self.session.is_none() {
            let egress = self.egress.clone()?;
            self.session = Some(Arc::new(Session::new(egress, self.leaving.clone())));
        }
        self.session.clone()
    }
}

impl http::Host for Guest {
    async fn fetch(
        &mut self,
        request: http::Request,
    ) -> wasmtime::Result<Result<http::Response, http::Error>> {
        let unlinked = || Ended::failed(Class::Host, "http", "it calls what its grant does not give");
        let session = self.http.session().ok_or_else(unlinked)?;
        let request = self.work(|_| Ok(asked(request)))?;
        match session.perform(request).await {
            Ok(response) => Ok(Ok(answered(response))),
            Err(NoAnswer::Told(error)) => Ok(Err(told(error))),
            Err(NoAnswer::Ended(ended)) => Err(ended.into()),
        }
    }
}

fn asked(request: http::Request) -> Request {
    let http::Request { method, url, headers, body, timeout_ms, key } = request;
    let headers = headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
    Request { method, url, headers, body, timeout: timeout_ms.map(Duration::from_millis), key }
}

/// A value of a header that is no text comes as near to it as text can.
fn answered(response: Response) -> http::Response {
    let text = |(name, value): (String, Vec<u8>)| (name, String::from_utf8_lossy(&value).into_owned());
    let headers = response.headers.into_iter().map(text).collect();
    http::Response { status: response.status, headers, body: response.body }
}

fn told(error: CallError) -> http::Error {
    match error {
        CallError::Denied(effect::Denial { capability, what, why, .. }) => http::Error::Denied(Denial {
            capability: capability.to_string(),
            what: what.to_string(),
            why: why.to_string(),
        }),
        CallError::Refused(reason) => http::Error::Refused(reason),
        CallError::Timeout => http::Error::Timeout,
        CallError::TooLarge => http::Error::TooLarge,
        CallError::Connect(why) => http::Error::Connect(why),
        CallError::Tls(why) => http::Error::Tls(why),
        CallError::Protocol(why) => http::Error::Protocol(why),
        CallError::Invalid(why) => http::Error::InvalidRequest(why),
    }
}
