//! A request as a person is asked about it, and may change it: method, address, headers and body, as JSON.
//! A body that is text is shown as text.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::HeaderMap;
use lockstep_core::effect::Proposal;
use lockstep_core::event::Json;
use lockstep_core::grant::http::{Asked, HttpGrant};
use lockstep_core::run::Approval;
use serde::{Deserialize, Serialize};

use super::{Request, headers};
use crate::secret::Scrubber;

/// Stored by the journal.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Proposed {
    method: String,
    url: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
}

/// What a person is shown, without any secret.
pub(super) fn shown(
    asked: &Asked,
    headers: &HeaderMap,
    body: &[u8],
    scrubber: Option<&Scrubber>,
) -> Proposal {
    let clean = |text: &str| scrubber.map_or(text.to_owned(), |scrubber| scrubber.text(text).into_owned());
    let mut shown: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in headers {
        let value = clean(&String::from_utf8_lossy(value.as_bytes()));
        shown.entry(name.as_str().to_owned()).or_default().push(value);
    }
    let (text, base64) = match std::str::from_utf8(body) {
        Ok("") => (None, None),
        Ok(text) => (Some(clean(text)), None),
        Err(_) => (None, Some(STANDARD.encode(body))),
    };
    let (method, url) = (asked.method.clone(), clean(asked.url.as_str()));
    let proposed = Proposed { method, url, headers: shown, body: text, body_base64: base64 };
    let arguments = serde_json::to_string(&proposed).expect("texts are JSON");
    Proposal { arguments: Json::trusted(arguments), schema: None }
}

/// The request that a person has made of it; what cannot be read says why.
pub(super) fn changed(arguments: &Json, of: &Request) -> Result<Request, String> {
    let proposed: Proposed = serde_json::from_str(arguments.as_str()).map_err(|error| error.to_string())?;
    let Proposed { method, url, headers, body, body_base64 } = proposed;
    let body = match (body, body_base64) {
        (Some(_), Some(_)) => return Err("give `body` or `body-base64`, not both".into()),
        (Some(text), None) => text.into_bytes(),
        (None, Some(coded)) => {
            STANDARD.decode(coded).map_err(|error| format!("`body-base64` is none: {error}"))?
        }
        (None, None) => Vec::new(),
    };
    let headers = headers
        .into_iter()
        .flat_map(|(name, values)| values.into_iter().map(move |value| (name.clone(), value.into_bytes())));
    Ok(Request { method, url, headers: headers.collect(), body, timeout: of.timeout, key: of.key.clone() })
}

/// Why what a person has made of a request cannot go where that would have gone; none if it can.
pub fn unfit(grant: &HttpGrant, open: &Approval, arguments: &Json) -> Option<String> {
    let first = changed(&open.proposal.arguments, &Request::default()).and_then(|first| asked(&first));
    let request = changed(arguments, &Request::default());
    let (first, request, asked) = match (first, request.and_then(|it| asked(&it).map(|asked| (it, asked)))) {
        (Ok(first), Ok((request, asked))) => (first, request, asked),
        (Err(why), _) | (_, Err(why)) => return Some(why),
    };
    let headers = match headers::read(&request.headers) {
        Ok(headers) => headers,
        Err(why) => return Some(why.to_string()),
    };
    match (grant.choose(&first), grant.choose(&asked)) {
        (Ok((before, _)), Ok((at, rule))) if before == at => {
            headers::check(&headers, &rule).err().map(|why| why.to_string())
        }
        (Err(_), _) if first == asked => None,
        (Err(_), _) => Some("no rule allows another method or address; change headers and body only".into()),
        (Ok(_), _) => Some("its rule does not allow this method and address".into()),
    }
}

fn asked(request: &Request) -> Result<Asked, String> {
    Asked::parse(&request.method, &request.url).map_err(|why| why.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: &[u8]) -> (Asked, HeaderMap) {
        let asked = Asked::parse("post", "https://pay.example/v1/refunds?a=1").unwrap();
        let mut headers = HeaderMap::new();
        headers.append("x-order", "7".parse().unwrap());
        headers.append("x-order", "8".parse().unwrap());
        let _ = body;
        (asked, headers)
    }

    #[test]
    fn a_request_comes_back_as_it_was_shown() {
        for body in [&b""[..], b"{\"cents\": 900}", &[0, 255]] {
            let (asked, headers) = request(body);
            let Proposal { arguments, .. } = shown(&asked, &headers, body, None);
            let changed = changed(&arguments, &Request::default()).unwrap();
            assert_eq!((changed.method.as_str(), changed.body.as_slice()), ("POST", body));
            assert_eq!(changed.url, "https://pay.example/v1/refunds?a=1");
            let own = |value: &[u8]| ("x-order".to_owned(), value.to_vec());
            assert_eq!(changed.headers, [own(b"7"), own(b"8")]);
        }
        let (asked, headers) = request(b"");
        expect_test::expect![[
            r#"{"method":"POST","url":"https://pay.example/v1/refunds?a=1","headers":{"x-order":["7","8"]},"body":"{}"}"#
        ]]
        .assert_eq(shown(&asked, &headers, b"{}", None).arguments.as_str());
    }

    #[test]
    fn what_a_person_writes_that_is_no_request_is_refused_in_words() {
        for (text, expected) in [
            ("[]", "invalid type: map, expected"),
            (r#"{"method":"GET","url":"https://a","bodi":""}"#, "unknown field `bodi`"),
            (
                r#"{"method":"GET","url":"https://a","body":"","body-base64":""}"#,
                "give `body` or `body-base64`",
            ),
            (r#"{"method":"GET","url":"https://a","body-base64":"?"}"#, "`body-base64` is none"),
        ] {
            let why = changed(&Json::trusted(text), &Request::default()).unwrap_err();
            assert!(why.contains(expected.split(", expected").next().unwrap()) || text == "[]", "{why}");
        }
    }
}
