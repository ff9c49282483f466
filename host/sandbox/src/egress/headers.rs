//! Headers of a request: what a guest may set, and what the host adds. Those that decide where a
//! message ends, to whom it goes and who sends it are the host's alone.

use hyper::header::{
    self, CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use lockstep_core::grant::http::Rule;

use super::CallError;

/// Headers of one message.
pub(super) const MOST: usize = 100;
/// Names and values of one message together.
pub(super) const MOST_BYTES: usize = 32 << 10;
/// Two bytes between a name and its value, two at the end of the line.
const LINE: usize = 4;

/// The headers of a guest, if it may set them all.
pub(super) fn read(given: &[(String, Vec<u8>)]) -> Result<HeaderMap, CallError> {
    let bytes: usize = given.iter().map(|(name, value)| name.len() + value.len() + LINE).sum();
    if given.len() > MOST || bytes > MOST_BYTES {
        return Err(invalid(format!("it has more than {MOST} headers, or more than 32 KiB of them")));
    }
    let mut headers = HeaderMap::with_capacity(given.len());
    for (name, value) in given {
        let (name, value) = header(name, value)?;
        headers.append(name, value);
    }
    Ok(headers)
}

/// Refuses those that are the host's.
pub(super) fn check(headers: &HeaderMap, rule: &Rule) -> Result<(), CallError> {
    match headers.keys().find(|name| is_hosts(name, rule)) {
        Some(name) => Err(invalid(format!("the header `{name}` is the host's; leave it out"))),
        None => Ok(()),
    }
}

/// Whether a header is the host's where this rule applies.
pub(super) fn is_hosts(name: &HeaderName, rule: &Rule) -> bool {
    let own = [&rule.idempotency, &rule.secret.as_ref().map(|secret| secret.header.clone())];
    is_always_hosts(name) || own.into_iter().flatten().any(|own| own.eq_ignore_ascii_case(name.as_str()))
}

/// Whether a header is the host's whatever the rule says.
pub(crate) fn is_always_hosts(name: &HeaderName) -> bool {
    let ours = [HOST, CONTENT_LENGTH, CONNECTION, TRANSFER_ENCODING, TE, TRAILER, UPGRADE];
    let named = ["keep-alive", "http2-settings", "expect"];
    ours.contains(name) || named.contains(&name.as_str()) || name.as_str().starts_with("proxy-")
}

/// Whether an answer says that it is packed or framed in a way that hides what it carries.
pub(super) fn is_encoded(headers: &HeaderMap) -> bool {
    let says = |name: header::HeaderName, plain: &str| {
        headers.get_all(name).iter().any(|value| !value.as_bytes().eq_ignore_ascii_case(plain.as_bytes()))
    };
    says(header::CONTENT_ENCODING, "identity") || says(header::TRANSFER_ENCODING, "chunked")
}

fn header(name: &str, value: &[u8]) -> Result<(HeaderName, HeaderValue), CallError> {
    let no_name = || invalid(format!("{name:?} is no name of a header"));
    let no_value = || invalid(format!("the header `{name}` holds characters that no header may"));
    let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| no_name())?;
    Ok((parsed, HeaderValue::from_bytes(value).map_err(|_| no_value())?))
}

fn invalid(why: String) -> CallError {
    CallError::Invalid(why)
}
