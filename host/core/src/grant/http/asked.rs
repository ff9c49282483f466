//! What a guest asks for: text becomes a method and one normalised address, or no request at all.
//! Parsers that differ are how rules are passed by, so whatever two readers could understand
//! differently is refused here, and what is left is spelled in one way only.

use url::{Host, Url};

use super::path;

/// Longer addresses are refused.
const LONGEST: usize = 16 << 10;

/// A request as the engine sees it: method and normalised address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// In capitals as HTTP has them; checked to be a token.
    pub method: String,
    /// Without user, password and fragment, its path normalised.
    pub url: Url,
}

/// An address, or a method, that no request can be made of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoRequest(pub String);

impl Asked {
    /// Reads a method and an address.
    ///
    /// Refused are: schemes other than `http` and `https`; a user or password; white space, control
    /// characters and backslashes, which parsers drop or turn into something else; a host with a dot
    /// at its end or an empty label; `%2F`, `%5C` and encoded control characters in the path;
    /// `CONNECT` and `TRACE`.
    ///
    /// Normalised are: the host to lower-case ASCII; `.` and `..` and their encoded forms to what they
    /// mean; `//` in the path to `/`; percent signs before what needs none to the character itself, all
    /// others to capitals. The fragment is dropped.
    pub fn parse(method: &str, url: &str) -> Result<Asked, NoRequest> {
        Ok(Asked { method: token(method)?, url: address(url)? })
    }

    /// The host as rules name it.
    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Whether the host is a name, not an address.
    pub(super) fn is_named(&self) -> bool {
        matches!(self.url.host(), Some(Host::Domain(_)))
    }
}

fn refuse<T>(why: impl Into<String>) -> Result<T, NoRequest> {
    Err(NoRequest(why.into()))
}

/// One word, as HTTP has them for methods and the names of headers.
pub(super) fn is_token(text: &str) -> bool {
    let belongs = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(belongs)
}

/// A method in capitals.
pub(super) fn token(text: &str) -> Result<String, NoRequest> {
    let method = text.to_ascii_uppercase();
    match method.as_str() {
        "CONNECT" | "TRACE" => refuse(format!("the method {method} is not for steps; use another one")),
        _ if is_token(text) => Ok(method),
        _ => refuse("the method is not one word of letters; use one such as `GET`"),
    }
}

fn address(text: &str) -> Result<Url, NoRequest> {
    raw(text)?;
    let mut url =
        Url::parse(text).map_err(|error| NoRequest(format!("the address cannot be read: {error}")))?;
    host(&url)?;
    let path = path::normal(url.path())?;
    url.set_path(&path);
    url.set_fragment(None);
    if url.query().is_some_and(str::is_empty) {
        url.set_query(None);
    }
    match url.path() == path {
        true => Ok(url),
        false => refuse("the path of the address can be read in two ways; encode what is special in it"),
    }
}

/// What the parser would silently drop or repair is looked for in the text itself.
fn raw(text: &str) -> Result<(), NoRequest> {
    if text.len() > LONGEST {
        return refuse(format!("the address is longer than {} KiB; shorten it", LONGEST >> 10));
    }
    if text.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
        return refuse("the address has white space, a control character or a backslash; percent-encode it");
    }
    let rest = ["https://", "http://"].into_iter().find_map(|scheme| after(text, scheme));
    let Some(rest) = rest else {
        return refuse("the address does not begin with `https://` or `http://`; write it in full");
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority {
        "" => refuse("the address has no host; write it in full"),
        _ if authority.contains('@') => {
            refuse("the address has a user or password; leave them out, and grant a `secret` instead")
        }
        _ => Ok(()),
    }
}

/// What follows a prefix in whatever case.
fn after<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// A name of labels, or an address; a dot at the end means the same host and matches no rule.
fn host(url: &Url) -> Result<(), NoRequest> {
    match url.host() {
        Some(Host::Domain(name)) if !is_name(name) => {
            refuse("the host of the address is not a name of labels; write it without a dot at its end")
        }
        Some(_) if url.port() == Some(0) => refuse("the port of the address is 0; name a real one"),
        Some(_) => Ok(()),
        None => refuse("the address has no host; write it in full"),
    }
}

/// Labels of letters, digits, `-` and `_` between dots.
pub(super) fn is_name(text: &str) -> bool {
    let belongs = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.split('.').all(|label| !label.is_empty() && label.bytes().all(belongs))
}
