//! Paths in one spelling: those that are asked for and those that patterns are written in go through
//! the same function, so that what is equal on the other side is equal here.

use std::fmt::Write as _;

use super::asked::NoRequest;
use super::{PathPattern, Segment};

const NO_ESCAPE: &str = "the path has a `%` that no two hex digits follow; write `%25`";

const HIDDEN: &str = "the path has an encoded slash, backslash or control character; leave it out";

const STEP_UP: &str = "the path has `.` or `..` with parameters; leave it out";

/// The normal form of the path of a parsed address, or why there is none.
pub(super) fn normal(path: &str) -> Result<String, NoRequest> {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let last = segments.len().saturating_sub(1);
    let kept = segments.iter().enumerate().filter(|(at, text)| !text.is_empty() || *at == last);
    let mut normal = String::with_capacity(path.len());
    for (_, text) in kept {
        normal.push('/');
        normal.push_str(&segment(text)?);
    }
    Ok(normal)
}

/// The normal form of what stands between two slashes.
fn segment(text: &str) -> Result<String, NoRequest> {
    let mut normal = String::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => escaped(&mut normal, hex(bytes.next())? << 4 | hex(bytes.next())?)?,
            plain if is_plain(plain) || b"!$&'()+,;=:@".contains(&plain) => normal.push(plain.into()),
            special => encode(&mut normal, special),
        }
    }
    let name = normal.split(';').next().unwrap_or_default();
    match name {
        "." | ".." => Err(NoRequest(STEP_UP.into())),
        _ => Ok(normal),
    }
}

fn escaped(normal: &mut String, byte: u8) -> Result<(), NoRequest> {
    match byte {
        b'/' | b'\\' | 0..0x20 | 0x7f => return Err(NoRequest(HIDDEN.into())),
        plain if is_plain(plain) => normal.push(plain.into()),
        special => encode(normal, special),
    }
    Ok(())
}

fn encode(normal: &mut String, byte: u8) {
    write!(normal, "%{byte:02X}").expect("text grows");
}

/// What never needs a percent sign: the unreserved characters of RFC 3986, and `*`, so that a pattern
/// can name it as `%2A`.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~*".contains(&byte)
}

fn hex(byte: Option<u8>) -> Result<u8, NoRequest> {
    let digit = byte.and_then(|byte| char::from(byte).to_digit(16));
    digit.and_then(|digit| u8::try_from(digit).ok()).ok_or(NoRequest(NO_ESCAPE.into()))
}

impl PathPattern {
    /// Every path.
    pub fn all() -> PathPattern {
        PathPattern(vec![Segment::Rest])
    }

    /// Reads a pattern such as `/v1/refunds/*`; else says why it is none.
    pub(in crate::grant) fn parse(text: &str) -> Result<PathPattern, String> {
        let Some(path) = text.strip_prefix('/') else { return Err("begin it with `/`".into()) };
        let texts: Vec<&str> = path.split('/').collect();
        let last = texts.len() - 1;
        let segments = texts.into_iter().enumerate().map(|(at, text)| match text {
            "**" if at == last => Ok(Segment::Rest),
            "**" => Err("`**` stands for the rest; put it last".into()),
            "*" => Ok(Segment::One),
            "" if at != last => Err("`//` is never asked for; write `/`".into()),
            _ => literal(text).map(Segment::Text),
        });
        segments.collect::<Result<_, _>>().map(PathPattern)
    }

    /// Whether a normalised path is one of those that the pattern means.
    pub(super) fn matches(&self, path: &str) -> bool {
        let mut asked = path.split('/').skip(1);
        for segment in &self.0 {
            let is_met = match segment {
                Segment::Rest => return true,
                Segment::One => asked.next().is_some_and(|text| !text.is_empty()),
                Segment::Text(text) => asked.next() == Some(text),
            };
            if !is_met {
                return false;
            }
        }
        asked.next().is_none()
    }
}

fn literal(text: &str) -> Result<String, String> {
    if text.contains('*') {
        return Err("`*` stands for a whole segment; write `%2A` for the character itself".into());
    }
    if text.contains(|c: char| c.is_control() || c.is_whitespace() || "\\?#".contains(c)) {
        return Err("percent-encode what is special in it".into());
    }
    let normal = segment(text).map_err(|NoRequest(why)| why)?;
    match normal.as_str() {
        "." | ".." => Err(STEP_UP.into()),
        _ => Ok(normal),
    }
}
