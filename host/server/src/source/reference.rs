//! The address of a component in a registry, `oci://HOST[:PORT]/REPO[:TAG][@sha256:…]`, as text and
//! in parts. It asks nobody whether anything is there.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use lockstep_core::blob::Digest;

/// What an address of a registry begins with.
pub(super) const SCHEME: &str = "oci://";

/// Longer tags are none, says the specification of distribution.
const LONGEST_TAG: usize = 128;

/// A component in a registry. At least one of tag and digest is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// `ghcr.io`, `localhost:5000`
    pub(crate) host: String,
    /// `acme/pay`
    pub(crate) repository: String,
    /// A name that whoever publishes can move.
    pub(crate) tag: Option<String>,
    /// Of the manifest: what names it for good.
    pub(crate) digest: Option<Digest>,
}

/// The text is no such address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoReference {
    /// It carries a user or a password, which is not repeated.
    #[error("an address of a registry carries no user and no password; remove what stands before the `@`")]
    Credentials,
    /// A part of it is wrong.
    #[error(
        "`{text}` is no address of a component in a registry: {why}; write `oci://HOST/REPO:TAG@sha256:…`"
    )]
    Part {
        /// The whole.
        text: String,
        /// What is wrong.
        why: &'static str,
    },
}

impl Reference {
    /// Whether it is on this machine: only there does a registry need no TLS.
    pub(super) fn is_loopback(&self) -> bool {
        let name = self.host.rsplit_once(':').map_or(self.host.as_str(), |(name, _)| name);
        let name = name.trim_start_matches('[').trim_end_matches(']');
        name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// The same manifest, named by what it is.
    pub(crate) fn pinned(&self, digest: Digest) -> Reference {
        Reference { digest: Some(digest), ..self.clone() }
    }
}

impl FromStr for Reference {
    type Err = NoReference;

    fn from_str(text: &str) -> Result<Reference, NoReference> {
        let wrong = |why| NoReference::Part { text: text.to_owned(), why };
        let rest = text.strip_prefix(SCHEME).ok_or(wrong("it does not begin with `oci://`"))?;
        let (host, path) = rest.split_once('/').ok_or(wrong("it names no repository"))?;
        if host.contains('@') {
            return Err(NoReference::Credentials);
        }
        let (name, digest) = match path.split_once('@') {
            Some((name, digest)) => (name, Some(digest.parse().map_err(|_| wrong(DIGEST))?)),
            None => (path, None),
        };
        let (repository, tag) = match name.rsplit_once(':') {
            Some((repository, tag)) => (repository, Some(tag.to_owned())),
            None => (name, None),
        };
        let why = [
            (!is_host(host), "its host is none"),
            (!is_repository(repository), "its repository is none"),
            (tag.as_deref().is_some_and(|tag| !is_tag(tag)), "its tag is none"),
            (tag.is_none() && digest.is_none(), "it has neither a tag nor a digest"),
        ];
        match why.iter().find(|(is_wrong, _)| *is_wrong) {
            Some((_, why)) => Err(wrong(why)),
            None => Ok(Reference { host: host.to_owned(), repository: repository.to_owned(), tag, digest }),
        }
    }
}

const DIGEST: &str = "what stands behind the `@` is not `sha256:` and 64 small hex digits";

fn is_host(text: &str) -> bool {
    let plain = |char: char| char.is_ascii_alphanumeric() || ".-:[]".contains(char);
    !text.is_empty() && text.chars().all(plain) && url::Url::parse(&format!("https://{text}/")).is_ok()
}

fn is_repository(text: &str) -> bool {
    text.split('/').all(|part| {
        let plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || "._-".contains(char);
        part.starts_with(|char: char| char.is_ascii_alphanumeric()) && part.chars().all(plain)
    })
}

fn is_tag(text: &str) -> bool {
    let plain = |char: char| char.is_ascii_alphanumeric() || "._-".contains(char);
    !text.is_empty() && text.len() <= LONGEST_TAG && text.chars().all(plain) && !text.starts_with(['.', '-'])
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.host, self.repository)?;
        self.tag.iter().try_for_each(|tag| write!(f, ":{tag}"))?;
        self.digest.iter().try_for_each(|digest| write!(f, "@{digest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGITS: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn an_address_reads_as_it_prints() {
        for text in [
            "oci://ghcr.io/acme/pay:1.0".to_owned(),
            format!("oci://localhost:5000/pay@sha256:{DIGITS}"),
            format!("oci://[::1]:5000/a/b_c/d.e-f:v1_2@sha256:{DIGITS}"),
        ] {
            assert_eq!(text.parse::<Reference>().map(|reference| reference.to_string()), Ok(text));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_and_a_password_never_repeated() {
        for (text, why) in [
            ("oci://ghcr.io", "it names no repository"),
            ("oci:///pay:1", "its host is none"),
            ("oci://gh cr.io/pay:1", "its host is none"),
            ("oci://ghcr.io/Pay:1", "its repository is none"),
            ("oci://ghcr.io/../pay:1", "its repository is none"),
            ("oci://ghcr.io/acme//pay:1", "its repository is none"),
            ("oci://ghcr.io/pay?x=1:1", "its repository is none"),
            ("oci://ghcr.io/pay:", "its tag is none"),
            ("oci://ghcr.io/pay:../1", "its tag is none"),
            ("oci://ghcr.io/pay", "it has neither a tag nor a digest"),
            ("oci://ghcr.io/pay@sha256:00", DIGEST),
            ("oci://ghcr.io/pay@sha512:00", DIGEST),
        ] {
            let part = NoReference::Part { text: text.to_owned(), why };
            assert_eq!(text.parse::<Reference>(), Err(part), "{text}");
        }
        let told = "oci://ann:hunter2@ghcr.io/pay:1".parse::<Reference>().unwrap_err();
        assert_eq!(told, NoReference::Credentials);
        assert!(!told.to_string().contains("hunter2"));
    }

    #[test]
    fn only_this_machine_needs_no_tls() {
        for (host, expected) in [
            ("localhost", true),
            ("localhost:5000", true),
            ("127.0.0.1:5000", true),
            ("[::1]:5000", true),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example:5000", false),
            ("10.0.0.1:5000", false),
            ("ghcr.io", false),
        ] {
            let reference: Reference = format!("oci://{host}/pay:1").parse().unwrap();
            assert_eq!(reference.is_loopback(), expected, "{host}");
        }
    }
}
