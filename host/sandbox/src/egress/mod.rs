//! Calls to other servers: the one way out of the sandbox, for every interface that leads there.
//!
//! A request comes in as a guest gives it. It is read once and spelled in one way (`lockstep_core`'s rule
//! engine), a rule of the grant lets it through, the [`Effects`](crate::Effects) of its delivery are asked,
//! and then it goes out over a connection to an address that the rule allows, with what the host adds and
//! the guest never sees. What comes back is bounded, scrubbed of secrets and handed over whole.
//!
//! [`Egress`] is what all attempts of a release share: the rules, a pool of connections for each, what is
//! added to requests. A [`Session`] is what one attempt has done so far. Neither knows which interface a
//! request came through, nor any type of the engine's.

mod answer;
mod carried;
mod dial;
mod headers;
mod hop;
mod means;
mod proposal;
mod send;
mod session;

pub use dial::{Resolver, Resolving, SystemResolver};
pub use means::{EgressSettings, Proxy};

pub use answer::unfit as unfit_answer;
pub(crate) use headers::is_always_hosts;
pub(crate) use means::Means;
pub use proposal::unfit as unfit_request;
pub(crate) use session::Session;

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::header::{HeaderName, HeaderValue};
use lockstep_core::effect::Denial;
use lockstep_core::grant::http::{Asked, HttpGrant, Network, Rule, SecretUse, Why};
use lockstep_core::grant::{Denied, Grant};

use crate::fault::Ended;
use crate::secret::Scrubber;
use crate::{Error, Secrets, Wall, Walls};

use dial::Dialer;
use send::Client;

/// The capability, as denials name it.
const NAME: &str = "http";

/// A request as a guest gives it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) key: Option<String>,
}

/// An answer as a guest gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

/// Why a guest gets no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    #[error("denied: {}", .0.why)]
    Denied(Denial),
    #[error("refused: {0}")]
    Refused(String),
    #[error("no answer in time")]
    Timeout,
    #[error("the answer is too large")]
    TooLarge,
    #[error("no connection: {0}")]
    Connect(String),
    #[error("no secure connection: {0}")]
    Tls(String),
    #[error("no proper answer: {0}")]
    Protocol(String),
    #[error("no request: {0}")]
    Invalid(String),
}

/// What becomes of a call without an answer.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// The guest is told and goes on.
    #[error(transparent)]
    Told(#[from] CallError),
    /// The attempt ends.
    #[error(transparent)]
    Ended(#[from] Ended),
}

/// What all attempts of a release share.
pub(crate) struct Egress {
    grant: HttpGrant,
    on_denied: Denied,
    walls: Walls,
    means: Arc<Means>,
    /// The header that carries the secret, for each rule.
    injected: Vec<Option<(HeaderName, HeaderValue)>>,
    pools: Mutex<Vec<Pool>>,
    scrubber: Option<Scrubber>,
}

/// Connections of one rule. Under a ceiling a rule may have several networks.
struct Pool {
    rule: usize,
    network: Network,
    client: Client,
}

impl Egress {
    /// None for a grant without rules. Every secret that a rule names must be there.
    pub(crate) fn new(grant: &Grant, means: &Arc<Means>, walls: Walls) -> Result<Option<Arc<Egress>>, Error> {
        let rules = &grant.http.rules;
        if rules.is_empty() {
            return Ok(None);
        }
        let injected =
            rules.iter().map(|rule| injected(rule, &means.secrets)).collect::<Result<Vec<_>, _>>()?;
        Ok(Some(Arc::new(Egress {
            grant: grant.http.clone(),
            on_denied: grant.on_denied.http,
            walls,
            means: means.clone(),
            injected,
            pools: Mutex::default(),
            scrubber: scrubber(rules, &means.secrets),
        })))
    }

    /// What takes its secrets out of everything; none if it has none.
    pub(crate) fn scrubber(&self) -> Option<&Scrubber> {
        self.scrubber.as_ref().filter(|_| self.walls.stands(Wall::Scrub))
    }

    /// The most that any rule lets a request carry.
    pub(crate) fn largest_request(&self) -> usize {
        self.grant.rules.iter().map(|rule| rule.request_bytes).max().unwrap_or(0)
    }

    /// Whether a header is the host's under any rule.
    pub(crate) fn reserves(&self, name: &HeaderName) -> bool {
        self.walls.stands(Wall::Headers) && self.grant.rules.iter().any(|rule| headers::is_hosts(name, rule))
    }

    /// The rule that lets a request through, and its place.
    fn choose(&self, asked: &Asked) -> Result<(usize, Cow<'_, Rule>), Why> {
        match self.grant.choose(asked) {
            Err(_) if !self.walls.stands(Wall::Rules) => Ok((0, Cow::Borrowed(&self.grant.rules[0]))),
            chosen => chosen,
        }
    }

    /// The rule by which a person may let through what no rule does; none where nobody is asked.
    fn proposed(&self, asked: &Asked, why: Why) -> Option<Rule> {
        let is_asked = self.on_denied == Denied::Ask;
        is_asked.then(|| self.grant.proposed(asked, why)).flatten()
    }

    /// The pool of a rule.
    fn client(&self, at: usize, rule: &Rule) -> Client {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.iter().find(|pool| pool.rule == at && pool.network == rule.network) {
            return pool.client.clone();
        }
        let network = rule.network.clone();
        let dialer = Dialer { means: self.means.clone(), network: network.clone(), walls: self.walls };
        let client = send::client(dialer, rule.at_most_once);
        pools.push(Pool { rule: at, network, client: client.clone() });
        client
    }
}

/// What is asked, for people: of the query only the names, since values may be anything.
fn what(asked: &Asked) -> String {
    let mut url = asked.url.clone();
    url.set_query(None);
    if asked.url.query().is_some() {
        url.query_pairs_mut()
            .extend_keys_only::<_, String>(asked.url.query_pairs().map(|(name, _)| name.into_owned()));
    }
    format!("{} {url}", asked.method)
}

fn injected(rule: &Rule, secrets: &Secrets) -> Result<Option<(HeaderName, HeaderValue)>, Error> {
    let Some(SecretUse { name, header, format }) = &rule.secret else { return Ok(None) };
    let missing = || Error::NoSecret { rule: rule.name(), secret: name.clone() };
    let secret = secrets.get(name).ok_or_else(missing)?;
    let (before, after) = format.split_once("{}").unwrap_or((format, ""));
    let value = [before.as_bytes(), secret, after.as_bytes()].concat();
    let unfit = |_| Error::UnfitSecret { secret: name.clone(), header: header.clone() };
    let mut value = HeaderValue::from_bytes(&value).map_err(|_| unfit(()))?;
    value.set_sensitive(true);
    let header = HeaderName::from_bytes(header.as_bytes()).map_err(|_| unfit(()))?;
    Ok(Some((header, value)))
}

fn scrubber(rules: &[Rule], secrets: &Secrets) -> Option<Scrubber> {
    let mut used = rules.iter().filter_map(|rule| secrets.get(&rule.secret.as_ref()?.name)).peekable();
    used.peek().is_some().then(|| Scrubber::new(used))
}
