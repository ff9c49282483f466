//! A request on its way: what goes out under one rule, and where an answer sends it on to. Each hop is
//! held against the rules like a request of its own; the secret goes along only where the same rule
//! lets the hop through, and what a rule counts or makes once is never got at by a detour.

use std::borrow::Cow;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT_ENCODING, AUTHORIZATION, COOKIE, HeaderMap, HeaderName, LOCATION};
use hyper::{Method, StatusCode, Uri};
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use lockstep_core::grant::http::{Asked, Rule, Why};

use super::carried::{self, Reached};
use super::send::{self, Broken};
use super::{CallError, Egress, headers};
use crate::Wall;

/// Hops after the first.
const MOST: u32 = 5;

/// One hop of a call.
pub(super) struct Hop<'e> {
    pub(super) asked: Asked,
    /// Which rule lets it through.
    pub(super) at: usize,
    pub(super) rule: Cow<'e, Rule>,
    /// The guest's.
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// What carries the call's key, where the rule wants one.
    pub(super) key: String,
    /// Whether it carries the secret of its rule.
    pub(super) trusted: bool,
}

/// What is known of a call that is under way, whenever it is cut short.
#[derive(Default)]
pub(super) struct Trace {
    hops: u32,
    connection: Option<CaptureConnection>,
    /// Whether somebody got it who carries it in the place of the network.
    reached: Reached,
    /// Where an answer wanted to send it, and may not.
    pub(super) denied: Option<(Asked, Why)>,
}

impl Trace {
    /// Whether a byte of it may have reached anybody.
    pub(super) fn may_have_left(&self) -> bool {
        let connected = |capture: &CaptureConnection| capture.connection_metadata().is_some();
        self.hops > 0 || self.reached == Reached::Perhaps || self.connection.as_ref().is_some_and(connected)
    }
}

impl Egress {
    /// Sends a call, and on to where its rule lets answers send it.
    pub(super) async fn follow(
        &self,
        mut hop: Hop<'_>,
        trace: &mut Trace,
    ) -> Result<hyper::Response<Vec<u8>>, Broken> {
        loop {
            let answer = self.one(&hop, trace).await?;
            match self.next(hop, &answer, trace) {
                Some(next) => hop = next,
                None => return Ok(answer),
            }
            trace.hops += 1;
        }
    }

    async fn one(&self, hop: &Hop<'_>, trace: &mut Trace) -> Result<hyper::Response<Vec<u8>>, Broken> {
        let mut request = self.request(hop)?;
        trace.connection = Some(capture_connection(&mut request));
        let most = if self.walls.stands(Wall::ResponseBytes) { hop.rule.response_bytes } else { usize::MAX };
        let answer = match &self.means.carrier {
            None => send::exchange(&self.client(hop.at, &hop.rule), request, most).await?,
            Some(carrier) => match carried::exchange(&**carrier, &request, hop, most).await {
                Ok(answer) => answer,
                Err((broken, reached)) => {
                    trace.reached = reached;
                    return Err(broken);
                }
            },
        };
        if self.hides(hop) && headers::is_encoded(answer.headers()) {
            let why = "the answer is encoded, and secrets could not be found in it; ask for it plain";
            return Err(CallError::Protocol(why.into()).into());
        }
        Ok(answer)
    }

    /// Whether what comes back must be read for a secret.
    fn hides(&self, hop: &Hop<'_>) -> bool {
        hop.rule.secret.is_some() && self.walls.stands(Wall::Scrub)
    }

    fn request(&self, hop: &Hop<'_>) -> Result<hyper::Request<Full<Bytes>>, CallError> {
        let no_request = |why: &str| CallError::Invalid(format!("it cannot be sent: {why}"));
        let uri: Uri = hop.asked.url.as_str().parse().map_err(|_| no_request("its address"))?;
        let method = Method::from_bytes(hop.asked.method.as_bytes()).map_err(|_| no_request("its method"))?;
        let mut request = hyper::Request::new(Full::new(hop.body.clone()));
        (*request.uri_mut(), *request.method_mut()) = (uri, method);
        *request.headers_mut() = self.headers(hop)?;
        Ok(request)
    }

    fn headers(&self, hop: &Hop<'_>) -> Result<HeaderMap, CallError> {
        let mut all = hop.headers.clone();
        if self.hides(hop) {
            all.remove(ACCEPT_ENCODING);
        }
        if let Some(name) = &hop.rule.idempotency {
            let name = HeaderName::from_bytes(name.as_bytes());
            let name =
                name.map_err(|_| CallError::Invalid("the rule's header for the key is none".into()))?;
            all.insert(name, hop.key.parse().expect("hex digits are a value"));
        }
        let secret = self.injected.get(hop.at).and_then(Option::as_ref);
        if let Some((name, value)) = secret.filter(|_| hop.trusted) {
            all.append(name, value.clone());
        }
        Ok(all)
    }

    /// Where an answer sends a call on to, if the rules let it go there. If not, the guest gets the answer.
    fn next<'e>(
        &'e self,
        hop: Hop<'e>,
        answer: &hyper::Response<Vec<u8>>,
        trace: &mut Trace,
    ) -> Option<Hop<'e>> {
        let is_followed = hop.rule.redirects || !self.walls.stands(Wall::Redirects);
        if !is_followed || trace.hops == MOST {
            return None;
        }
        let asked = target(&hop.asked, answer)?;
        let (at, rule) = match self.choose(&asked) {
            Ok((at, rule)) => (at, rule),
            Err(_) if !self.walls.stands(Wall::Redirects) => (hop.at, hop.rule.clone()),
            Err(why) => {
                trace.denied = Some((asked, why));
                return None;
            }
        };
        let is_detour = at != hop.at && (rule.at_most_once || rule.rate.is_some());
        (!is_detour).then(|| hop.on(asked, at, rule))
    }
}

impl<'e> Hop<'e> {
    /// The hop after this one.
    fn on(self, asked: Asked, at: usize, rule: Cow<'e, Rule>) -> Hop<'e> {
        let Hop { mut headers, mut body, .. } = self;
        if asked.method != self.asked.method {
            body = Bytes::new();
            without(&mut headers, |name| name.as_str().starts_with("content-"));
        }
        if asked.url.origin() != self.asked.url.origin() {
            without(&mut headers, |name| [AUTHORIZATION, COOKIE].contains(name));
        }
        without(&mut headers, |name| headers::is_hosts(name, &rule));
        Hop { asked, at, trusted: self.trusted && at == self.at, rule, headers, body, key: self.key }
    }
}

fn without(headers: &mut HeaderMap, goes: impl Fn(&HeaderName) -> bool) {
    let gone: Vec<HeaderName> = headers.keys().filter(|name| goes(name)).cloned().collect();
    for name in gone {
        headers.remove(name);
    }
}

/// What an answer asks to be asked for next, its method as RFC 9110 (15.4) has it.
fn target(asked: &Asked, answer: &hyper::Response<Vec<u8>>) -> Option<Asked> {
    let post = asked.method == "POST";
    let method = match answer.status() {
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND if post => "GET",
        StatusCode::SEE_OTHER if asked.method != "HEAD" => "GET",
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::SEE_OTHER
        | StatusCode::TEMPORARY_REDIRECT
        | StatusCode::PERMANENT_REDIRECT => &asked.method,
        _ => return None,
    };
    let location = answer.headers().get(LOCATION)?.to_str().ok()?;
    Asked::parse(method, asked.url.join(location).ok()?.as_str()).ok()
}
