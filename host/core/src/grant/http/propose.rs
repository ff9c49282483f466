//! The rule that a person is asked about where no rule lets a request through (`[on-denied] http = "ask"`):
//! this request and nothing else, and nothing that the operator's ceiling does not allow.

use super::choose::names_in;
use super::{
    Approve, Asked, Host, HttpGrant, Network, PathPattern, REQUEST_BYTES, RESPONSE_BYTES, Rule, Scheme,
    Segment, TIMEOUT, Why,
};

impl HttpGrant {
    /// The rule that would let through what none does, for a person to decide on. None where no yes could
    /// help: the ceiling or the request's own address stands against it.
    pub fn proposed(&self, asked: &Asked, why: Why) -> Option<Rule> {
        if !why.is_for_a_person() {
            return None;
        }
        let rule = exactly(asked)?;
        let proposed = HttpGrant { rules: vec![rule], ceiling: self.ceiling.clone() };
        proposed.choose(asked).ok().map(|(_, rule)| rule.into_owned())
    }
}

impl Why {
    /// Whether a person may allow it this once. Where a name leads and who gets a secret is not asked for in
    /// a request, so nobody can judge it by one.
    fn is_for_a_person(self) -> bool {
        match self {
            Why::Host | Why::Scheme | Why::Port | Why::Method | Why::Path | Why::Query => true,
            Why::Secret | Why::Network => false,
        }
    }
}

/// The rule that lets through this request alone, to the internet, without a secret. None for an address that
/// is not of the internet.
fn exactly(asked: &Asked) -> Option<Rule> {
    let host = Host::Exactly(asked.host().to_owned());
    let scheme = match asked.url.scheme() {
        "https" => Scheme::Https,
        _ => Scheme::Http,
    };
    let port = asked.url.port().unwrap_or(scheme.port());
    if host.address().is_some_and(|address| !Network::Public.allows(address, port)) {
        return None;
    }
    Some(Rule {
        host,
        scheme,
        port,
        methods: vec![asked.method.clone()],
        paths: vec![PathPattern(asked.url.path().split('/').skip(1).map(text).collect())],
        query: Some(names_in(&asked.url).collect()),
        network: Network::Public,
        secret: None,
        idempotency: None,
        // A person says yes to one request, not to a second one where nobody knows what came of the first.
        at_most_once: Approve::Writes.covers(&asked.method),
        redirects: false,
        request_bytes: REQUEST_BYTES,
        response_bytes: RESPONSE_BYTES,
        timeout: TIMEOUT,
        rate: None,
        reuse: false,
        approve: Approve::Always,
    })
}

fn text(segment: &str) -> Segment {
    Segment::Text(segment.to_owned())
}
