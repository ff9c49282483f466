//! `[[http]]`: what a step may ask of other servers, rule by rule, and the one engine that decides.
//! A request must match one rule in every field. Its address is parsed once, by the parser that the
//! dialer uses too, and the normalised one is what is sent. It opens no socket and resolves no name:
//! [`Asked`] comes out of text, [`HttpGrant::choose`] finds the rule, and [`Network::allows`] judges the
//! addresses that somebody else found.
//!
//! ```
//! use lockstep_core::grant::{self, http::{Asked, Why}};
//!
//! let text = "grant = 1\n[[http]]\nhost = \"api.example\"\npaths = [\"/v1/*\"]\n";
//! let grant = grant::parse(text).unwrap();
//! let asked = |url| Asked::parse("GET", url).unwrap();
//! assert!(grant.http.choose(&asked("https://api.example/v1/refunds")).is_ok());
//! assert_eq!(grant.http.choose(&asked("https://api.example/v1/../v2")).unwrap_err(), Why::Path);
//! ```

mod asked;
mod choose;
mod line;
mod meet;
mod narrow;
mod network;
mod path;
mod propose;
mod spelling;

#[cfg(test)]
mod tests;

pub use asked::{Asked, NoRequest};
pub(in crate::grant) use line::network_of;
pub use line::rule_that_allows;
pub(in crate::grant) use narrow::stricter;
pub(in crate::grant) use spelling::{header, method};

use std::fmt;
use std::time::Duration;

/// Bytes of a request's body, where a rule does not say.
pub(in crate::grant) const REQUEST_BYTES: usize = 256 << 10;

/// Bytes of a response's body, where a rule does not say.
pub(in crate::grant) const RESPONSE_BYTES: usize = 1 << 20;

/// How long a request may take, where a rule does not say.
pub(in crate::grant) const TIMEOUT: Duration = Duration::from_secs(10);

/// `[[http]]` of a grant, under the ceiling of the operator where there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpGrant {
    /// In the order of the file.
    pub rules: Vec<Rule>,
    /// The operator's rules; a request must match one of them too.
    pub ceiling: Option<Vec<Rule>>,
}

impl HttpGrant {
    /// Those of the grant and those of the operator.
    pub(super) fn all_rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().chain(self.ceiling.iter().flatten())
    }
}

/// One `[[http]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `host`
    pub host: Host,
    /// `scheme`
    pub scheme: Scheme,
    /// `port`; the scheme's unless it is given.
    pub port: u16,
    /// `methods`, in capitals; `GET` and `HEAD` unless they are given.
    pub methods: Vec<String>,
    /// `paths`; all of them unless they are given.
    pub paths: Vec<PathPattern>,
    /// `query`: the only names that may stand in it; none: any.
    pub query: Option<Vec<String>>,
    /// `network`
    pub network: Network,
    /// `secret`
    pub secret: Option<SecretUse>,
    /// `idempotency`: the header that carries the call's key.
    pub idempotency: Option<String>,
    /// `effects = "at-most-once"`
    pub at_most_once: bool,
    /// `redirects = "same-rules"`
    pub redirects: bool,
    /// `request-bytes`: of a request's body.
    pub request_bytes: usize,
    /// `response-bytes`: of a response's body.
    pub response_bytes: usize,
    /// `timeout`: from the first byte out to the last one in.
    pub timeout: Duration,
    /// `rate`
    pub rate: Option<Rate>,
    /// `on-retry = "reuse"`: a later attempt gets the recorded answer of a byte-equal call.
    pub reuse: bool,
    /// `approve`
    pub approve: Approve,
}

/// `approve` of a rule: which of its requests a person decides on before they leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Approve {
    /// None of them.
    #[default]
    Never,
    /// Those of other methods than `GET`, `HEAD` and `OPTIONS`.
    Writes,
    /// All of them.
    Always,
}

impl Approve {
    /// Whether a person decides on a request of this method.
    pub fn covers(self, method: &str) -> bool {
        match self {
            Approve::Never => false,
            Approve::Writes => !matches!(method, "GET" | "HEAD" | "OPTIONS"),
            Approve::Always => true,
        }
    }
}

/// `host` of a rule, in lower case and as ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// This one.
    Exactly(String),
    /// `*.` and this: one or more labels before it, never the apex.
    Below(String),
}

/// `scheme` of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `https`, the default.
    Https,
    /// `http`
    Http,
}

/// A pattern of `paths`: segments between slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern(pub Vec<Segment>);

/// A segment of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// This text, normalised.
    Text(String),
    /// `*`: any one segment that is not empty.
    One,
    /// `**`: whatever follows, or nothing; the last one only.
    Rest,
}

/// `network` of a rule: which addresses its host's name may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Network {
    /// Addresses of the internet, the default.
    Public,
    /// `private`: those of private networks (RFC 1918, RFC 4193).
    Private,
    /// In one of these networks.
    Within(Vec<Cidr>),
    /// `loopback:PORT`: this machine, on that port.
    Loopback(u16),
    /// In both: what is left of a rule's network under the operator's.
    Both(Box<Network>, Box<Network>),
}

/// A network: an address and how many of its bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    /// Its first address.
    pub first: core::net::IpAddr,
    /// Bits.
    pub bits: u8,
}

/// `secret` of a rule: what the host adds to a request after the rule has matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretUse {
    /// Its name in the operator's file.
    pub name: String,
    /// The header, in lower case.
    pub header: String,
    /// The header's value, with `{}` where the secret goes.
    pub format: String,
}

/// `rate` of a rule, such as `20/min`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Calls.
    pub calls: u32,
    /// In any window of this length.
    pub per: Duration,
}

/// In which field no rule let a request through: the rule that came furthest decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// No rule has the host.
    Host,
    /// Another scheme.
    Scheme,
    /// Another port.
    Port,
    /// Another method.
    Method,
    /// No pattern matches the path.
    Path,
    /// A name in the query that is not listed.
    Query,
    /// The operator's rules do not give the rule's secret to this address.
    Secret,
    /// The host's name means an address outside the rule's network.
    Network,
}

impl Why {
    /// All of them.
    pub const ALL: [Why; 8] =
        [Why::Host, Why::Scheme, Why::Port, Why::Method, Why::Path, Why::Query, Why::Secret, Why::Network];

    /// The word that the guest, the journal and counters are told.
    pub fn as_str(self) -> &'static str {
        match self {
            Why::Host => "host",
            Why::Scheme => "scheme",
            Why::Port => "port",
            Why::Method => "method",
            Why::Path => "path",
            Why::Query => "query",
            Why::Secret => "secret",
            Why::Network => "network",
        }
    }
}

impl Scheme {
    /// As addresses begin.
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Https => "https",
            Scheme::Http => "http",
        }
    }

    /// The port of an address that names none.
    pub fn port(self) -> u16 {
        match self {
            Scheme::Https => 443,
            Scheme::Http => 80,
        }
    }
}

impl Rule {
    /// What rates are counted by, and people are told: `https://api.example:443`.
    pub fn name(&self) -> String {
        format!("{}://{}:{}", self.scheme.as_str(), self.host, self.port)
    }
}

/// What it lets through, for people: `GET, POST https://api.example:443 /v1/refunds/*`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths: Vec<_> = self.paths.iter().map(PathPattern::to_string).collect();
        write!(f, "{} {} {}", self.methods.join(", "), self.name(), paths.join(", "))?;
        match &self.secret {
            Some(secret) => write!(f, " with the secret `{}`", secret.name),
            None => Ok(()),
        }
    }
}

/// As a grant writes it.
impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|segment| match segment {
            Segment::Text(text) => write!(f, "/{}", text.replace('*', "%2A")),
            Segment::One => f.write_str("/*"),
            Segment::Rest => f.write_str("/**"),
        })
    }
}

/// As a grant writes it.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Exactly(host) => f.write_str(host),
            Host::Below(apex) => write!(f, "*.{apex}"),
        }
    }
}
