//! The calls of one attempt. One path leads out: a call is counted, read, let through by a rule, named by
//! its digest, agreed on with the effects of its delivery, sent, and told of when it has come to an end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hyper::header::HeaderMap;
use lockstep_core::blob::Digest;
use lockstep_core::effect::{self, CallId, Denial, Ending, Intent, Leave};
use lockstep_core::event::{Json, Timestamp};
use lockstep_core::grant::Denied;
use lockstep_core::grant::http::{Asked, Rule, Why};
use lockstep_core::outcome::Class;

use super::hop::{Hop, Trace};
use super::send::{self, Broken};
use super::{CallError, Egress, NAME, NoAnswer, Request, Response, answer, headers, what};
use crate::calls::Calls;
use crate::denial::Denials;
use crate::fault::{Ended, bytes};
use crate::{Effects, Identity, Unreadable, Wall};

/// What one attempt has asked so far, shared with whatever waits for its answers.
pub(crate) struct Session {
    egress: Arc<Egress>,
    effects: Option<Arc<dyn Effects>>,
    run: Arc<str>,
    delivery: u64,
    deadline: Timestamp,
    calls: Calls,
    denials: Denials,
    /// How often each digest was asked.
    asked: Mutex<HashMap<Digest, u32>>,
    ended: Mutex<Option<Ended>>,
}

impl Session {
    pub(crate) fn new(
        egress: Arc<Egress>,
        effects: Option<Arc<dyn Effects>>,
        calls: Calls,
        denials: Denials,
        me: &Identity,
    ) -> Session {
        Session {
            egress,
            effects,
            run: me.run.clone(),
            delivery: me.delivery,
            deadline: Timestamp(me.deadline_ms),
            calls,
            denials,
            asked: Mutex::default(),
            ended: Mutex::default(),
        }
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
        self.calls.leaves()?;
        let asked = self.asked(&request)?;
        let effects = self.effects()?;
        let (at, rule) = self.egress.choose(&asked).map_err(|why| self.denied(&asked, why))?;
        let headers = self.checked(&request, &rule)?;
        let id = self.id(&asked, &request.body);
        let key = effect::idempotency_key(&self.run, self.delivery, request.key.as_deref(), &id);
        let intent = intent(id, &asked, &rule, &self.egress);
        if let Some(recorded) = self.leave(effects, &intent).await? {
            return answer::kept(&recorded).ok_or_else(|| host("a recorded answer cannot be read").into());
        }
        let limit = request.timeout.map_or(rule.timeout, |own| own.min(rule.timeout));
        let hop = Hop { asked, at, rule, headers, body: request.body.into(), key, trusted: true };
        self.send(effects, &intent, hop, limit).await
    }

    fn asked(&self, request: &Request) -> Result<Asked, CallError> {
        Asked::parse(&request.method, &request.url).map_err(|why| self.told(CallError::Invalid(why.0)))
    }

    fn effects(&self) -> Result<&dyn Effects, Ended> {
        self.effects.as_deref().ok_or_else(|| host("no call can leave: nobody keeps track of it"))
    }

    /// Tells of a denial. Whether the guest is told or ended is for the grant to say.
    fn denied(&self, asked: &Asked, why: Why) -> NoAnswer {
        let what: Arc<str> = self.clean(&what(asked)).into();
        tracing::info!(%what, why = why.as_str(), "a step asked for what its grant does not allow");
        let denial = Denial { capability: NAME.into(), what, why: why.as_str().into() };
        self.denials.tell(denial.clone());
        match self.egress.on_denied {
            Denied::Error => CallError::Denied(denial).into(),
            Denied::Fail => {
                let message =
                    format!("it asked for `{}`, which its grant denies: {}", denial.what, denial.why);
                Ended::failed(Class::Denied, NAME, message).into()
            }
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

    fn id(&self, asked: &Asked, body: &[u8]) -> CallId {
        let named = [asked.method.as_bytes(), b"\0", asked.url.as_str().as_bytes(), b"\0", body].concat();
        let digest = Digest::of(&named);
        let mut all = locked(&self.asked);
        let nth = all.entry(digest).or_default();
        *nth += 1;
        CallId { digest, nth: *nth }
    }

    /// Waits until a call may leave; gives the answer of one that was made before.
    async fn leave(&self, effects: &dyn Effects, intent: &Intent) -> Result<Option<Json>, Ended> {
        loop {
            match effects.begin(intent.clone()).await.map_err(|why| unkept(&why))? {
                Leave::Go => return Ok(None),
                Leave::Recorded(answer) => return Ok(Some(answer)),
                Leave::Unknown => return Err(Ended::UnknownEffect),
                Leave::NotBefore(at) if at >= self.deadline => return Err(Ended::NotBefore(at)),
                Leave::NotBefore(at) => tokio::time::sleep(until(at)).await,
            }
        }
    }

    async fn send(
        &self,
        effects: &dyn Effects,
        intent: &Intent,
        hop: Hop<'_>,
        limit: Duration,
    ) -> Result<Response, NoAnswer> {
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
                let response = self.answered(effects, intent, send::response(answer)).await?;
                // A redirect that was not followed is answered by itself, unless denials end the attempt.
                match denied {
                    Some(NoAnswer::Ended(ended)) => Err(ended.into()),
                    _ => Ok(response),
                }
            }
            (Err(broken), _) => {
                self.broke(effects, intent, &broken, trace.may_have_left()).await?;
                Err(self.no_answer(&asked, broken))
            }
        }
    }

    async fn answered(
        &self,
        effects: &dyn Effects,
        intent: &Intent,
        response: Response,
    ) -> Result<Response, Ended> {
        let response = self.scrubbed(response);
        let told = format!("{}, {}", response.status, bytes(response.body.len())).into();
        let answer = intent.is_recorded().then(|| answer::keep(&response));
        effects.end(intent.id, Ending::Answered { answer, told }).await.map_err(|why| unkept(&why))?;
        Ok(response)
    }

    /// Tells of a call without an answer. One that may be made once at most, and may have been made, has
    /// no end: whoever makes the next attempt must not guess.
    async fn broke(
        &self,
        effects: &dyn Effects,
        intent: &Intent,
        broken: &Broken,
        may_have_left: bool,
    ) -> Result<(), Ended> {
        if may_have_left && intent.at_most_once {
            return Err(Ended::UnknownEffect);
        }
        let told: Arc<str> = self.clean(&broken.to_string()).into();
        let ending = if may_have_left { Ending::Failed { told } } else { Ending::NotMade { told } };
        effects.end(intent.id, ending).await.map_err(|why| unkept(&why))
    }

    fn no_answer(&self, asked: &Asked, broken: Broken) -> NoAnswer {
        match broken {
            Broken::Outside => self.denied(asked, Why::Network),
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

fn intent(id: CallId, asked: &Asked, rule: &Rule, egress: &Egress) -> Intent {
    let what = what(asked);
    let what = egress.scrubber().map_or(what.clone(), |scrubber| scrubber.text(&what).into_owned());
    Intent {
        id,
        capability: NAME.into(),
        what: what.into(),
        rule: rule.name().into(),
        at_most_once: rule.at_most_once,
        reuse: rule.reuse,
        rate: rule.rate,
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unkept(why: &Unreadable) -> Ended {
    host(&format!("the calls of the run cannot be kept: {why}"))
}

fn host(message: &str) -> Ended {
    Ended::failed(Class::Host, NAME, message)
}

/// How long it is until then; a moment at least, so that whoever asks again does not ask at once.
fn until(at: Timestamp) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Duration::from_millis(at.0).saturating_sub(now).max(Duration::from_millis(1))
}
