//! A registry as a client that only reads sees it (OCI distribution specification 1.1): manifests and
//! what they list, asked for without a name or with the token that the registry gives to anybody.
//! Every answer is bounded, TLS is required but on this machine, and nothing that a registry says is
//! taken for what it is not: whoever calls compares digests.

use std::time::Duration;

use lockstep_core::blob::Digest;
use serde::Deserialize;
use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body};

use super::reference::Reference;

/// No manifest is larger: what the specification asks registries to take.
pub(super) const LARGEST_MANIFEST: u64 = 4 << 20;
/// No answer to the wish for a token is larger.
const LARGEST_TOKEN: u64 = 64 << 10;
/// How long a registry may be silent, and how long one answer may take in all.
const SILENCE: Duration = Duration::from_secs(30);
const PATIENCE: Duration = Duration::from_secs(600);

/// Docker Hub answers under another name than the one that people write.
const HUB: &str = "docker.io";
const HUB_ANSWERS: &str = "registry-1.docker.io";

const ACCEPTED: &str =
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/// Why a registry gave nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It cannot be asked.
    #[error("the registry {host} cannot be reached: {why}")]
    Unreachable {
        /// Which.
        host: String,
        /// As the client has it.
        why: String,
    },
    /// It has no such thing.
    #[error("the registry has no such {0}; mend the address, or publish it")]
    Missing(What),
    /// It wants to know who asks.
    #[error(
        "the registry gives this {0} to nobody who has no account; publish it for all, or fetch it into a file \
         and give its path"
    )]
    Private(What),
    /// It answers with something else.
    #[error(
        "the registry answers {status} when it is asked for the {what}; try again, or ask whoever runs it"
    )]
    Answer {
        /// HTTP's number.
        status: u16,
        /// What was asked for.
        what: What,
    },
    /// It sends too much.
    #[error("the {what} is larger than {most} bytes, which is the most that is read")]
    Large {
        /// What was asked for.
        what: What,
        /// So many bytes.
        most: u64,
    },
}

/// What a registry is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The list of what belongs together.
    Manifest,
    /// A component.
    Component,
    /// A signature, or what was signed.
    Signature,
    /// The right to ask.
    Token,
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            What::Manifest => "manifest",
            What::Component => "component",
            What::Signature => "signature",
            What::Token => "token",
        })
    }
}

/// One repository of a registry.
pub(super) struct Registry<'r> {
    reference: &'r Reference,
    agent: Agent,
    /// What the registry gave to be shown with every request.
    token: Option<String>,
}

#[derive(Deserialize)]
struct Token {
    #[serde(alias = "access_token")]
    token: String,
}

impl<'r> Registry<'r> {
    pub(super) fn of(reference: &'r Reference) -> Registry<'r> {
        let config = Agent::config_builder()
            .https_only(!reference.is_loopback())
            .http_status_as_error(false)
            .timeout_connect(Some(SILENCE))
            .timeout_per_read(Some(SILENCE))
            .timeout_recv_response(Some(SILENCE))
            .timeout_global(Some(PATIENCE))
            .user_agent("lockstep");
        // A proxy has no way to this machine.
        let config = if reference.is_loopback() { config.proxy(None) } else { config };
        Registry { reference, agent: config.build().into(), token: None }
    }

    /// The manifest that a tag or a digest names.
    pub(super) fn manifest(&mut self, named: &str, what: What) -> Result<Vec<u8>, Error> {
        self.get(&format!("manifests/{named}"), what, LARGEST_MANIFEST)
    }

    /// What a manifest lists, of at most so many bytes.
    pub(super) fn blob(&mut self, digest: &Digest, what: What, most: u64) -> Result<Vec<u8>, Error> {
        self.get(&format!("blobs/{digest}"), what, most)
    }

    fn get(&mut self, path: &str, what: What, most: u64) -> Result<Vec<u8>, Error> {
        let Reference { host, repository, .. } = self.reference;
        let host = if host == HUB { HUB_ANSWERS } else { host };
        let scheme = if self.reference.is_loopback() { "http" } else { "https" };
        let address = format!("{scheme}://{host}/v2/{repository}/{path}");
        let mut answer = self.ask(&address)?;
        if answer.status() == StatusCode::UNAUTHORIZED
            && let Some(challenge) = challenge(&answer)
        {
            self.token = Some(self.fetch_token(&challenge)?);
            answer = self.ask(&address)?;
        }
        self.body(answer, what, most)
    }

    fn ask(&self, address: &str) -> Result<Response<Body>, Error> {
        let request = self.agent.get(address).header(header::ACCEPT, ACCEPTED);
        let request = match &self.token {
            Some(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        };
        request.call().map_err(|error| self.unreachable(&error))
    }

    fn body(&self, mut answer: Response<Body>, what: What, most: u64) -> Result<Vec<u8>, Error> {
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(Error::Missing(what)),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Err(Error::Private(what)),
            status => return Err(Error::Answer { status: status.as_u16(), what }),
        }
        // The client refuses what reaches the limit, so one more byte is let in.
        let read = answer.body_mut().with_config().limit(most + 1).read_to_vec();
        match read {
            Ok(bytes) if bytes.len() as u64 <= most => Ok(bytes),
            Ok(_) | Err(ureq::Error::BodyExceedsLimit(_)) => Err(Error::Large { what, most }),
            Err(error) => Err(self.unreachable(&error)),
        }
    }

    fn fetch_token(&self, challenge: &Challenge) -> Result<String, Error> {
        let request = self.agent.get(&challenge.realm);
        let request = request.query("scope", format!("repository:{}:pull", self.reference.repository));
        let request = match &challenge.service {
            Some(service) => request.query("service", service),
            None => request,
        };
        let answer = request.call().map_err(|error| self.unreachable(&error))?;
        let bytes = self.body(answer, What::Token, LARGEST_TOKEN)?;
        let token: Token = serde_json::from_slice(&bytes).map_err(|_| Error::Private(What::Manifest))?;
        Ok(token.token)
    }

    fn unreachable(&self, error: &ureq::Error) -> Error {
        Error::Unreachable { host: self.reference.host.clone(), why: error.to_string() }
    }
}

/// Where a token is to be had (RFC 6750, and the token specification of distribution).
#[derive(Debug, PartialEq, Eq)]
struct Challenge {
    realm: String,
    service: Option<String>,
}

fn challenge(answer: &Response<Body>) -> Option<Challenge> {
    read_challenge(answer.headers().get(header::WWW_AUTHENTICATE)?.to_str().ok()?)
}

/// `Bearer realm="https://auth.example/token",service="registry.example",scope="…"`.
fn read_challenge(text: &str) -> Option<Challenge> {
    let (scheme, rest) = text.split_once(' ')?;
    let value = |name: &str| {
        let (_, from) = rest.split_once(&format!("{name}=\""))?;
        from.split_once('"').map(|(value, _)| value.to_owned())
    };
    let is_bearer = scheme.eq_ignore_ascii_case("bearer");
    is_bearer.then_some(Challenge { realm: value("realm")?, service: value("service") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_tells_where_a_token_is_to_be_had() {
        let told =
            r#"Bearer realm="https://auth.example/token",service="registry.example",scope="a:b:pull,push""#;
        let realm = "https://auth.example/token".to_owned();
        let service = Some("registry.example".to_owned());
        assert_eq!(read_challenge(told), Some(Challenge { realm, service }));
        for other in [r#"Basic realm="x""#, "Bearer", "Bearer service=\"x\"", ""] {
            assert_eq!(read_challenge(other), None, "{other}");
        }
    }
}
