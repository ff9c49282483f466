//! Which answer of a case a call gets: the first that fits and is not used up. How often each was given is for
//! whoever answers to count.

use serde_json::Value;

use super::judge::same;
use super::{Body, Request, Tool};

/// A request as it leaves: address normalised, names of headers in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent<'s> {
    /// Its method, in capitals.
    pub method: &'s str,
    /// Its address.
    pub url: &'s str,
    /// Its headers, those that the host adds among them.
    pub headers: &'s [(String, Vec<u8>)],
    /// Its body.
    pub body: &'s [u8],
}

/// Why an answer is not for a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Another method.
    #[error("its `method` is {0}")]
    Method(String),
    /// Another address.
    #[error("its `url` is {0}")]
    Url(String),
    /// A header that is not there, or says something else.
    #[error("its header `{0}` is not what was sent")]
    Header(String),
    /// Another body.
    #[error("its body is not what was sent")]
    Body,
    /// Another tool.
    #[error("its `name` is {0}")]
    Name(String),
    /// Other arguments.
    #[error("its `arguments` are not what was given")]
    Arguments,
    /// It was given as often as it is there.
    #[error("it was given {0} times already")]
    UsedUp(u32),
}

impl Request {
    /// Whether its answer is for this request, after it was given `given` times.
    pub fn fits(&self, sent: &Sent<'_>, given: u32) -> Result<(), Mismatch> {
        if let Some(url) = self.url.as_ref().filter(|url| *url != sent.url) {
            return Err(Mismatch::Url(url.clone()));
        }
        if let Some(method) = self.method.as_ref().filter(|method| *method != sent.method) {
            return Err(Mismatch::Method(method.clone()));
        }
        let is_sent = |(name, value): &&(String, String)| {
            sent.headers.iter().any(|(sent, bytes)| sent == name && bytes == value.as_bytes())
        };
        if let Some((name, _)) = self.headers.iter().find(|header| !is_sent(header)) {
            return Err(Mismatch::Header(name.clone()));
        }
        let is_body = match &self.body {
            None => true,
            Some(Body::Text(text)) => text.as_bytes() == sent.body,
            Some(Body::Json(data)) => {
                serde_json::from_slice::<Value>(sent.body).is_ok_and(|body| same(&data.plain(), &body))
            }
        };
        if is_body { left(self.times, given) } else { Err(Mismatch::Body) }
    }
}

impl Tool {
    /// Whether its answer is for a call of this tool with these arguments.
    pub fn fits(&self, name: &str, arguments: &str, given: u32) -> Result<(), Mismatch> {
        if self.name != name {
            return Err(Mismatch::Name(self.name.clone()));
        }
        let is_meant = self.arguments.as_ref().is_none_or(|wanted| {
            serde_json::from_str::<Value>(arguments).is_ok_and(|given| same(&wanted.plain(), &given))
        });
        if is_meant { left(self.times, given) } else { Err(Mismatch::Arguments) }
    }
}

fn left(times: Option<u32>, given: u32) -> Result<(), Mismatch> {
    match times.filter(|times| given >= *times) {
        Some(times) => Err(Mismatch::UsedUp(times)),
        None => Ok(()),
    }
}
