//! What the operator keeps from everybody else. Names and bytes come in from whoever reads them; out go
//! header values for requests whose rule matched, and nothing else. [`Scrubber`] takes them, in all the
//! spellings that a server may send them back in, out of whatever a guest or a person gets to see. A
//! server that is granted a secret can still spell it in a way of its own.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use lockstep_core::event::Json;
use lockstep_core::outcome::{Class, Emitted, Failure, Outcome};
use zeroize::Zeroizing;

use crate::Report;
use crate::attempt::failure;

/// A shorter one would be found in what has nothing to do with it.
const SHORTEST: usize = 12;
/// What stands where a secret was.
const INSTEAD: &str = "[secret]";

/// What the URL encoders in use leave as it is beside letters and digits: none, those of forms, RFC 3986,
/// the same with slashes, and the two of ECMAScript.
const LEFT_PLAIN: [&str; 6] = ["", "*-._", "-._~", "-._~/", "-._~!'()*", "-._~!'()*;,/?:@&=+$#"];

/// The operator's secrets by name. Nothing prints them, and they are wiped when they go.
#[derive(Default)]
pub struct Secrets(BTreeMap<String, Zeroizing<Vec<u8>>>);

/// Why secrets are not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSecret {
    /// It would be found everywhere.
    #[error(
        "the secret `{0}` has fewer than {SHORTEST} bytes; such a one cannot be scrubbed from what comes back, use a longer one"
    )]
    Short(String),
}

impl Secrets {
    /// Takes them over; one of fewer than 12 bytes is refused.
    pub fn new(secrets: BTreeMap<String, Vec<u8>>) -> Result<Secrets, NoSecret> {
        let secrets: BTreeMap<_, _> =
            secrets.into_iter().map(|(name, bytes)| (name, Zeroizing::new(bytes))).collect();
        match secrets.iter().find(|(_, bytes)| bytes.len() < SHORTEST) {
            Some((name, _)) => Err(NoSecret::Short(name.clone())),
            None => Ok(Secrets(secrets)),
        }
    }

    /// The names, for people.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(|bytes| &bytes[..])
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Finds secrets however they are spelled: as they are, in JSON, in hex, in percent signs, and in base64
/// at all three offsets, where only the characters count that nothing but the secret decides. Case does
/// not matter.
pub struct Scrubber(AhoCorasick);

impl Scrubber {
    /// One that knows these secrets.
    pub fn new<'a>(secrets: impl Iterator<Item = &'a [u8]>) -> Scrubber {
        let patterns: Vec<Vec<u8>> = secrets.flat_map(spellings).collect();
        let built = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .build(patterns);
        Scrubber(built.expect("a few short patterns are no automaton too large to build"))
    }

    /// The bytes without any secret.
    pub(crate) fn bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        if !self.0.is_match(&bytes) {
            return bytes;
        }
        let mut clean = Vec::with_capacity(bytes.len());
        self.0.replace_all_with_bytes(&bytes, &mut clean, |_, _, clean| {
            clean.extend_from_slice(INSTEAD.as_bytes());
            true
        });
        clean
    }

    /// The text without any secret.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !self.0.is_match(text) {
            return Cow::Borrowed(text);
        }
        let clean = self.bytes(text.as_bytes().to_vec());
        Cow::Owned(String::from_utf8_lossy(&clean).into_owned())
    }

    /// The JSON without any secret. One that is no JSON without it is refused.
    pub(crate) fn json(&self, json: &Json) -> Result<Json, Failure> {
        match self.text(json.as_str()) {
            Cow::Borrowed(_) => Ok(json.clone()),
            Cow::Owned(clean) if serde_json::from_str::<serde::de::IgnoredAny>(&clean).is_ok() => {
                Ok(Json::trusted(clean))
            }
            Cow::Owned(_) => Err(holds_a_secret()),
        }
    }

    /// What came of an attempt, without any secret.
    pub(crate) fn report(&self, mut report: Report) -> Report {
        for line in &mut report.log {
            if let Cow::Owned(clean) = self.text(&line.message) {
                line.message = clean;
            }
        }
        report.outcome = match report.outcome {
            Outcome::Emitted(emitted) => self.emitted(emitted).map_or_else(Outcome::Failed, Outcome::Emitted),
            Outcome::Failed(failed) => Outcome::Failed(self.failure(failed)),
            interrupted => interrupted,
        };
        report
    }

    fn emitted(&self, mut emitted: Emitted) -> Result<Emitted, Failure> {
        let payloads = emitted.events.iter_mut().map(|event| &mut event.payload);
        let values = emitted.writes.iter_mut().filter_map(|write| write.value.as_mut());
        let items = emitted.updates.iter_mut().map(|update| &mut update.item);
        for json in payloads.chain(values).chain(items) {
            *json = self.json(json)?;
        }
        Ok(emitted)
    }

    /// The failure without any secret.
    pub(crate) fn failure(&self, failed: Failure) -> Failure {
        let details = failed.details.as_ref().map(|details| self.json(details)).transpose();
        match details {
            Ok(details) => Failure {
                code: self.text(&failed.code).into_owned(),
                message: self.text(&failed.message).into_owned(),
                details,
                ..failed
            },
            Err(refused) => refused,
        }
    }
}

impl fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scrubber")
    }
}

fn holds_a_secret() -> Failure {
    failure(Class::Denied, "secret", "it gave out a secret of the operator as a number".into())
}

fn spellings(secret: &[u8]) -> Vec<Vec<u8>> {
    let in_json = serde_json::to_string(&String::from_utf8_lossy(secret)).unwrap_or_default();
    let mut all = vec![
        secret.to_vec(),
        in_json.trim_matches('"').as_bytes().to_vec(),
        hex(secret, "").into_bytes(),
        hex(secret, "%").into_bytes(),
    ];
    for plain in LEFT_PLAIN {
        let encoded = percent(secret, plain);
        all.extend([encoded.replace("%20", "+").into_bytes(), encoded.into_bytes()]);
    }
    all.extend((0..3).flat_map(|offset| in_base64(secret, offset)));
    // JSON may escape the slashes of what it carries.
    all.extend(all.clone().into_iter().filter_map(|spelling| escaped_slashes(&spelling)));
    all
}

/// Percent signs before all but letters, digits and `plain`.
fn percent(secret: &[u8], plain: &str) -> String {
    let one = |byte: &u8| match byte {
        byte if byte.is_ascii_alphanumeric() || plain.as_bytes().contains(byte) => {
            char::from(*byte).to_string()
        }
        byte => format!("%{byte:02x}"),
    };
    secret.iter().map(one).collect()
}

fn hex(bytes: &[u8], before_each: &str) -> String {
    bytes.iter().map(|byte| format!("{before_each}{byte:02x}")).collect()
}

/// In both alphabets, after so many other bytes: without the characters that those, or bytes after it,
/// have a say in.
fn in_base64(secret: &[u8], offset: usize) -> [Vec<u8>; 2] {
    let padded = [&[0; 2][..offset], secret].concat();
    let (first, end) = ((offset * 8).div_ceil(6), padded.len() * 8 / 6);
    [STANDARD_NO_PAD, URL_SAFE_NO_PAD]
        .map(|alphabet| alphabet.encode(&padded).as_bytes()[first..end].to_vec())
}

fn escaped_slashes(spelling: &[u8]) -> Option<Vec<u8>> {
    let escape = |byte: &u8| if *byte == b'/' { vec![b'\\', b'/'] } else { vec![*byte] };
    spelling.contains(&b'/').then(|| spelling.iter().flat_map(escape).collect())
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "sk/live \"4eC3+9~?Hq";

    fn clean(text: &str) -> String {
        Scrubber::new([SECRET.as_bytes()].into_iter()).text(text).into_owned()
    }

    #[test]
    fn a_secret_is_found_however_it_is_spelled() {
        let bytes = SECRET.as_bytes();
        let form: String = url::form_urlencoded::byte_serialize(bytes).collect();
        let spelled = [
            SECRET.to_owned(),
            SECRET.to_uppercase(),
            serde_json::to_string(SECRET).unwrap(),
            serde_json::to_string(SECRET).unwrap().replace('/', "\\/"),
            hex(bytes, ""),
            hex(bytes, "").to_uppercase(),
            form.clone(),
            form.to_lowercase(),
            form.replace('+', "%20"),
            hex(bytes, "%"),
        ];
        for spelling in spelled {
            let told = clean(&format!("a {spelling} b"));
            assert!(told.contains("[secret]") && told.len() < 20, "{spelling}: {told}");
        }
    }

    #[test]
    fn what_is_no_secret_stays_as_it_is() {
        for text in ["", "sk/live", "4eC3+9~?H", "[secret]"] {
            assert_eq!(clean(text), text);
        }
    }

    #[test]
    fn a_short_secret_is_refused_and_none_is_printed() {
        let secrets = |bytes: &[u8]| Secrets::new([("key".to_owned(), bytes.to_vec())].into());
        assert_eq!(secrets(b"elevenbytes").unwrap_err(), NoSecret::Short("key".into()));
        assert_eq!(format!("{:?}", secrets(b"twelve bytes").unwrap()), r#"{"key"}"#);
    }

    #[test]
    fn json_stays_json_or_is_refused() {
        let scrubber = Scrubber::new([&b"123456789012"[..]].into_iter());
        let told = |text: &str| scrubber.json(&Json::trusted(text)).map(|json| json.to_string());
        assert_eq!(told(r#"{"a":"x123456789012"}"#).unwrap(), r#"{"a":"x[secret]"}"#);
        assert_eq!(told(r#"{"a":1234567890123}"#).unwrap_err().code, "secret");
    }

    proptest! {
        #[test]
        fn nothing_of_a_secret_is_left_in_base64_wherever_it_lies(
            secret in prop::collection::vec(any::<u8>(), 12..40),
            before in prop::collection::vec(any::<u8>(), 0..5),
            after in prop::collection::vec(any::<u8>(), 0..5),
        ) {
            let scrubber = Scrubber::new([&secret[..]].into_iter());
            let whole = [before, secret, after].concat();
            for text in [STANDARD.encode(&whole), URL_SAFE.encode(&whole)] {
                let clean = scrubber.text(&text);
                // What is left of it are the bits that share a character with its neighbours.
                prop_assert!(clean.contains(INSTEAD), "{text}");
                prop_assert!(clean.len() <= INSTEAD.len() + 24, "{clean}");
            }
        }
    }
}
