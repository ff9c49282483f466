//! Requests to other servers, as the step's grant allows: `[[http]]` says to which hosts, with which
//! methods and paths.
//!
//! ```no_run
//! use lockstep_sdk::{Failure, http};
//!
//! fn refund(order: &str) -> Result<String, Failure> {
//!     let rate = http::get("https://rates.example.com/eur")?.text();
//!     let body = format!(r#"{{"order": "{order}", "rate": "{rate}"}}"#);
//!     let answer = http::post("https://api.example.com/v1/refunds").json(body).key(order).send()?;
//!     Ok(answer.successful()?.text())
//! }
//! ```
//!
//! `?` makes a [`Failure`] of what went wrong: transient where another attempt may succeed (`http-timeout`,
//! `http-connect`, `http-tls`, `http-protocol`), permanent where not (`http-denied`, `http-refused`, `http-too-large`,
//! `http-invalid-request`). Secrets are the host's: name one in the grant, and leave the header out here.

use std::time::Duration;

pub use crate::host::lockstep::step::http::{Error, Response};
pub use crate::host::lockstep::step::types::Denial;

use crate::host::lockstep::step::http as host;
use crate::{Failure, Json};

/// A request that is being put together; [`send`](Request::send) sends it.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a request goes nowhere until it is sent"]
pub struct Request(host::Request);

/// Asks for what is there.
pub fn get(url: impl Into<String>) -> Result<Response, Error> {
    request("GET", url).send()
}

/// A `POST`, to be sent.
pub fn post(url: impl Into<String>) -> Request {
    request("POST", url)
}

/// A request with any method, to be sent.
pub fn request(method: impl Into<String>, url: impl Into<String>) -> Request {
    Request(host::Request {
        method: method.into(),
        url: url.into(),
        headers: Vec::new(),
        body: Vec::new(),
        timeout_ms: None,
        key: None,
    })
}

impl Request {
    /// With one more header; a `content-type` in place of the one that is there.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Request {
        let name = name.into();
        if is_content_type(&name) {
            self.0.headers.retain(|(own, _)| !is_content_type(own));
        }
        self.0.headers.push((name, value.into()));
        self
    }

    /// With this body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Request {
        self.0.body = body.into();
        self
    }

    /// With this JSON text as its body, and the header that says so, unless it has a `content-type`.
    pub fn json(self, json: impl Into<Json>) -> Request {
        match self.0.headers.iter().any(|(name, _)| is_content_type(name)) {
            true => self.body(json.into()),
            false => self.header("content-type", "application/json").body(json.into()),
        }
    }

    /// Which may take so long; the grant's rule may allow less.
    pub fn timeout(mut self, timeout: Duration) -> Request {
        self.0.timeout_ms = Some(timeout.as_millis().try_into().unwrap_or(u64::MAX));
        self
    }

    /// Which is the same call again wherever it has the same key, where the grant's rule sends keys.
    pub fn key(mut self, key: impl Into<String>) -> Request {
        self.0.key = Some(key.into());
        self
    }

    /// Sends it and waits for the whole answer.
    pub fn send(self) -> Result<Response, Error> {
        host::fetch(&self.0)
    }
}

fn is_content_type(name: &str) -> bool {
    name.eq_ignore_ascii_case("content-type")
}

impl Response {
    /// The first header of a name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text; what is no text in it becomes `�`.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The answer if its status is in the 200s; else the failure `http-status`, transient where the
    /// server may do better later: at 408, 425, 429 and from 500 on.
    pub fn successful(self) -> Result<Response, Failure> {
        let message = || format!("the server answered with {}", self.status);
        match self.status {
            200..=299 => Ok(self),
            408 | 425 | 429 | 500.. => Err(Failure::transient("http-status", message())),
            _ => Err(Failure::permanent("http-status", message())),
        }
    }
}

/// `?` on a call that has no answer.
impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        match error {
            Error::Denied(Denial { what, why, .. }) => {
                Failure::permanent("http-denied", format!("the grant does not allow `{what}`: {why}"))
            }
            Error::Refused(reason) => Failure::permanent("http-refused", reason),
            Error::Timeout => Failure::transient("http-timeout", "the server did not answer in time"),
            Error::TooLarge => Failure::permanent("http-too-large", "the answer is too large for the grant"),
            Error::Connect(why) => Failure::transient("http-connect", format!("no connection: {why}")),
            Error::Tls(why) => Failure::transient("http-tls", format!("no secure connection: {why}")),
            Error::Protocol(why) => Failure::transient("http-protocol", format!("no proper answer: {why}")),
            Error::InvalidRequest(why) => Failure::permanent("http-invalid-request", why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FailureKind;

    fn response(status: u16) -> Response {
        Response { status, headers: vec![("x-kind".into(), "tea".into())], body: b"hi".to_vec() }
    }

    #[test]
    fn a_request_is_what_was_put_together() {
        let Request(request) = post("https://a.example/").json("{}").timeout(Duration::MAX).key("7");
        assert_eq!((&*request.method, &request.body[..]), ("POST", &b"{}"[..]));
        assert_eq!(request.headers, [("content-type".to_owned(), "application/json".to_owned())]);
        assert_eq!((request.timeout_ms, request.key.as_deref()), (Some(u64::MAX), Some("7")));
    }

    #[test]
    fn a_request_has_the_one_content_type_that_its_author_gives() {
        let plain = || post("https://a.example/").header("accept", "x");
        let patch = |request: Request| request.header("Content-Type", "application/merge-patch+json");
        for Request(request) in [patch(plain()).json("{}"), patch(plain().json("{}"))] {
            let headers = request.headers.iter().map(|(name, value)| (&**name, &**value));
            let wanted = [("accept", "x"), ("Content-Type", "application/merge-patch+json")];
            assert_eq!(headers.collect::<Vec<_>>(), wanted);
        }
    }

    #[test]
    fn an_answer_is_read_by_name_and_as_text() {
        assert_eq!((response(200).header("X-Kind"), response(200).header("y")), (Some("tea"), None));
        assert_eq!(response(200).text(), "hi");
    }

    #[test]
    fn statuses_that_may_pass_are_transient() {
        for (status, kind) in [
            (204, None),
            (302, Some(FailureKind::Permanent)),
            (404, Some(FailureKind::Permanent)),
            (429, Some(FailureKind::Transient)),
            (503, Some(FailureKind::Transient)),
        ] {
            assert_eq!(response(status).successful().err().map(|failure| failure.kind), kind, "{status}");
        }
    }

    #[test]
    fn what_is_denied_is_no_matter_of_trying_again() {
        let denial =
            Denial { capability: "http".into(), what: "GET https://a.example/".into(), why: "path".into() };
        let failure = Failure::from(Error::Denied(denial));
        assert_eq!((failure.kind, &*failure.code), (FailureKind::Permanent, "http-denied"));
        assert_eq!(failure.message, "the grant does not allow `GET https://a.example/`: path");
        assert_eq!(Failure::from(Error::Timeout).kind, FailureKind::Transient);
    }
}
