//! The requests of one attempt. One path leads out: a call is counted, read, let through by a rule or by a
//! person, named by its digest, agreed on with the effects of its delivery, sent, and told of when it has come
//! to an end.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::header::HeaderMap;
use lockstep_core::effect::{CallId, Intent};
use lockstep_core::grant::http::{Asked, Rule, Why};
use lockstep_core::outcome::Class;

use super::hop::{Hop, Trace};
use super::send::{self, Broken};
use super::{CallError, Egress, NAME, NoAnswer, Request, Response, answer, headers, proposal, what};
use crate::Wall;
use crate::fault::{Ended, bytes};
use crate::leaving::{Leaving, Left};

/// The place of a rule that a person makes: behind all of the grant's, without a secret.
const BEYOND: usize = usize::MAX;

/// What one attempt has asked so far, shared with whatever waits for its answers.
pub(crate) struct Session {
    egress: Arc<Egress>,
    leaving: Arc<Leaving>,
    ended: Mutex<Option<Ended>>,
}

/// A request that may go out, as far as the host is asked.
struct Cleared<'e> {
    asked: Asked,
    /// Which rule lets it through.
    at: usize,
    rule: Cow<'e, Rule>,
    headers: HeaderMap,
    /// Why a person is asked, if one is.
    asks: Option<String>,
}

impl Session {
    pub(crate) fn new(egress: Arc<Egress>, leaving: Arc<Leaving>) -> Session {
        Session { egress, leaving, ended: Mutex::default() }
    }

    pub(crate) fn egress(&self) -> &Egress {
        &self.egress
    }

    /// Ends the attempt as soon as its guest looks up: for interfaces on which a call cannot trap.
    pub(crate) fn end(&self, ended: Ended) {
        locked(&self.ended).get_or_insert(ended);
    }

    /// Why the attempt must end, if it must.
    pub(crate) fn ended(&self) -> Option<Ended> {
        locked(&self.ended).clone()
    }

    /// Makes a call.
    pub(crate) async fn perform(&self, request: Request) -> Result<Response, NoAnswer> {
        self.leaving.calls.leaves()?;
        let cleared = self.cleared(&request)?;
        let id = self.leaving.id(&named(&cleared, &request));
        let intent = self.intent(id, &cleared, &request)?;
        let (cleared, request) = match self.leaving.begin(&intent).await? {
            Left::Go => (cleared, request),
            Left::GoWith(arguments) => {
                self.changed(&intent, &cleared, proposal::changed(&arguments, &request)).await?
            }
            Left::Recorded(recorded) => {
                return answer::kept(&recorded)
                    .map_err(|why| host(&format!("a recorded answer cannot be read: {why}")).into());
            }
            Left::Refused(reason) => return Err(CallError::Refused(reason.to_string()).into()),
            Left::OverBudget => return Err(host("requests have no budget").into()),
        };
        let key = self.leaving.key(request.key.as_deref(), &id);
        let limit = request.timeout.map_or(cleared.rule.timeout, |own| own.min(cleared.rule.timeout));
        let Cleared { asked, at, rule, headers, .. } = cleared;
        let hop = Hop { asked, at, rule, headers, body: request.body.into(), key, trusted: true };
        self.send(&intent, hop, limit).await
    }

    /// Whether the grant lets it out, or lets a person say so.
    fn cleared(&self, request: &Request) -> Result<Cleared<'_>, NoAnswer> {
        let asked = self.asked(request)?;
        let (at, rule, asks) = match self.egress.choose(&asked) {
            Ok((at, rule)) => {
                let asks = rule.approve.covers(&asked.method).then(|| "its rule says `approve`".to_owned());
                (at, rule, asks)
            }
            Err(why) => {
                let rule = self.egress.proposed(&asked, why).ok_or_else(|| self.denied(&asked, why))?;
                let asks = Some(format!("no rule of its grant allows it: {}", why.as_str()));
                (BEYOND, Cow::Owned(rule), asks)
            }
        };
        let headers = self.checked(request, &rule)?;
        let asks = asks.filter(|_| self.egress.walls.stands(Wall::Approval));
        Ok(Cleared { asked, at, rule, headers, asks })
    }

    /// What a person has made of a request; what cannot go where that would have gone is not sent.
    async fn changed<'e>(
        &'e self,
        intent: &Intent,
        first: &Cleared<'e>,
        changed: Result<Request, String>,
    ) -> Result<(Cleared<'e>, Request), NoAnswer> {
        let told = match changed.map(|request| (self.instead(first, &request), request)) {
            Ok((Ok(cleared), request)) => return Ok((cleared, request)),
            Ok((Err(why), _)) => why.to_string(),
            Err(why) => why,
        };
        let told = self.clean(&format!("what a person has made of it cannot be sent: {told}"));
        self.leaving.broke(intent, told.as_str().into(), false).await?;
        Err(CallError::Invalid(told).into())
    }

    /// It is a request like any other, but to where its rule leads: one that no rule allowed stays at its
    /// address.
    fn instead<'e>(&'e self, first: &Cleared<'e>, request: &Request) -> Result<Cleared<'e>, NoAnswer> {
        let unfit = |why: &str| Err(CallError::Invalid(why.to_owned()).into());
        if first.at != BEYOND {
            let cleared = self.cleared(request)?;
            return if cleared.at == first.at { Ok(cleared) } else { unfit("it goes by another rule") };
        }
        let asked = self.asked(request)?;
        if asked != first.asked {
            return unfit("no rule allows another method or address");
        }
        let (rule, headers) = (first.rule.clone(), self.checked(request, &first.rule)?);
        Ok(Cleared { asked, at: BEYOND, rule, headers, asks: None })
    }

    fn asked(&self, request: &Request) -> Result<Asked, CallError> {
        Asked::parse(&request.method, &request.url).map_err(|why| self.told(CallError::Invalid(why.0)))
    }

    /// Tells of a denial. Whether the guest is told or ended is for the grant to say.
    fn denied(&self, asked: &Asked, why: Why) -> NoAnswer {
        let what = self.clean(&what(asked));
        match self.leaving.denials.refuse(NAME, &what, why.as_str(), self.egress.on_denied) {
            Ok(denial) => CallError::Denied(denial).into(),
            Err(ended) => ended.into(),
        }
    }

    fn checked(&self, request: &Request, rule: &Rule) -> Result<HeaderMap, CallError> {
        let headers = headers::read(&request.headers)?;
        if self.egress.walls.stands(Wall::Headers) {
            headers::check(&headers, rule)?;
        }
        let (length, most) = (request.body.len(), rule.request_bytes);
        if length > most {
            let why = format!(
                "its body has {length} bytes; send at most {}, or raise `request-bytes` of the rule",
                bytes(most)
            );
            return Err(CallError::Invalid(why));
        }
        Ok(headers)
    }

    fn intent(&self, id: CallId, cleared: &Cleared<'_>, request: &Request) -> Result<Intent, Ended> {
        let Cleared { asked, rule, headers, asks, .. } = cleared;
        let proposal = |why: &String| {
            let shown = proposal::shown(asked, headers, &request.body, self.egress.scrubber());
            self.leaving.ask(why, shown)
        };
        Ok(Intent {
            id,
            capability: NAME.into(),
            what: self.clean(&what(asked)).into(),
            rule: rule.name().into(),
            at_most_once: rule.at_most_once,
            keep: self.leaving.keep(rule.reuse),
            rate: rule.rate,
            calls: None,
            within: self.leaving.within(),
            ask: asks.as_ref().map(proposal).transpose()?,
        })
    }

    async fn send(&self, intent: &Intent, hop: Hop<'_>, limit: Duration) -> Result<Response, NoAnswer> {
        let (mut trace, asked) = (Trace::default(), hop.asked.clone());
        let sending = self.egress.follow(hop, &mut trace);
        let sent = if self.egress.walls.stands(Wall::CallTimeout) {
            let timeout = tokio::time::timeout(limit, sending).await;
            timeout.unwrap_or_else(|_| Err(CallError::Timeout.into()))
        } else {
            sending.await
        };
        let denied = trace.denied.take().map(|(asked, why)| self.denied(&asked, why));
        match (sent, denied) {
            (Ok(answer), denied) => {
                let response = self.answered(intent, send::response(answer)).await?;
                // A redirect that was not followed is answered by itself, unless denials end the attempt.
                match denied {
                    Some(NoAnswer::Ended(ended)) => Err(ended.into()),
                    _ => Ok(response),
                }
            }
            (Err(broken), _) => {
                let told: Arc<str> = self.clean(&broken.to_string()).into();
                self.leaving.broke(intent, told, trace.may_have_left()).await?;
                Err(self.no_answer(&asked, broken))
            }
        }
    }

    async fn answered(&self, intent: &Intent, response: Response) -> Result<Response, Ended> {
        let response = self.scrubbed(response);
        let told = format!("{}, {}", response.status, bytes(response.body.len())).into();
        self.leaving.answered(intent, || answer::keep(&response), told).await?;
        Ok(response)
    }

    fn no_answer(&self, asked: &Asked, broken: Broken) -> NoAnswer {
        match broken {
            Broken::Denied(why) => self.denied(asked, why),
            Broken::Told(error) => self.told(error).into(),
        }
    }

    fn told(&self, error: CallError) -> CallError {
        match error {
            CallError::Connect(why) => CallError::Connect(self.clean(&why)),
            CallError::Tls(why) => CallError::Tls(self.clean(&why)),
            CallError::Protocol(why) => CallError::Protocol(self.clean(&why)),
            CallError::Invalid(why) => CallError::Invalid(self.clean(&why)),
            error => error,
        }
    }

    fn scrubbed(&self, response: Response) -> Response {
        let Some(scrubber) = self.egress.scrubber() else { return response };
        let Response { status, headers, body } = response;
        let clean = |(name, value)| (scrubber.text(name).into_owned(), scrubber.bytes(value));
        let headers = headers.iter().map(|(name, value)| (&name[..], value.clone())).map(clean).collect();
        Response { status, headers, body: scrubber.bytes(body) }
    }

    fn clean(&self, text: &str) -> String {
        self.egress.scrubber().map_or_else(|| text.to_owned(), |scrubber| scrubber.text(text).into_owned())
    }
}

/// What a call is named by. Where a person is asked, all that the guest decides about it belongs to that: the
/// answer is for this call and no other.
fn named(cleared: &Cleared<'_>, request: &Request) -> Vec<u8> {
    let Cleared { asked, headers, asks, .. } = cleared;
    let mut named = Vec::new();
    if asks.is_some() {
        named.extend_from_slice(b"ask\0");
        for (name, value) in headers {
            named.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"].concat());
        }
        named.extend([b"\0", request.key.as_deref().unwrap_or_default().as_bytes(), b"\0"].concat());
    }
    let plain: [&[u8]; 5] =
        [asked.method.as_bytes(), b"\0", asked.url.as_str().as_bytes(), b"\0", &request.body];
    named.extend(plain.concat());
    named
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn host(message: &str) -> Ended {
    Ended::failed(Class::Host, NAME, message)
}
