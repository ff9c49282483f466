//! Bytes that are named by what they are. Whoever knows the name may read them: it is the sha256 of
//! the bytes, so it cannot be guessed, and two who store the same bytes store them once.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What a reference begins with.
const SCHEME: &str = "sha256:";

/// The sha256 of some bytes. As text, in events and in the journal, it is a reference:
/// `sha256:` and 64 small hex digits.
///
/// ```
/// # use lockstep_core::blob::Digest;
/// let digest = Digest::of(b"hello");
/// assert_eq!(digest.to_string().parse(), Ok(digest));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }

    /// The one whose own bytes these are.
    pub fn from_bytes(bytes: [u8; 32]) -> Digest {
        Digest(bytes)
    }

    /// Its own bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SCHEME)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The text is no reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a reference is `sha256:` and 64 small hex digits")]
pub struct NotAReference;

impl FromStr for Digest {
    type Err = NotAReference;

    fn from_str(text: &str) -> Result<Digest, NotAReference> {
        let digits = text.strip_prefix(SCHEME).ok_or(NotAReference)?.as_bytes();
        let mut bytes = [0; 32];
        if digits.len() != 2 * bytes.len() {
            return Err(NotAReference);
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Ok(Digest(bytes))
    }
}

fn nibble(digit: u8) -> Result<u8, NotAReference> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(NotAReference),
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = NotAReference;

    fn try_from(text: String) -> Result<Digest, NotAReference> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OF_ABC: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn a_reference_reads_as_it_prints() {
        assert_eq!(Digest::of(b"abc").to_string(), OF_ABC);
        assert_eq!(OF_ABC.parse(), Ok(Digest::of(b"abc")));
        assert_eq!(Digest::from_bytes(*Digest::of(b"abc").as_bytes()), Digest::of(b"abc"));
    }

    #[test]
    fn text_that_is_no_reference_is_refused() {
        let digits = &OF_ABC[SCHEME.len()..];
        for text in [
            "",
            "sha256:",
            digits,
            &OF_ABC[..OF_ABC.len() - 1],
            &format!("{OF_ABC}0"),
            &format!("md5:{digits}"),
            &format!("SHA256:{digits}"),
            &format!("sha256:{}", digits.to_uppercase()),
            &format!("sha256: {}", &digits[1..]),
            &format!("sha256:{}é", &digits[2..]),
        ] {
            assert_eq!(text.parse::<Digest>(), Err(NotAReference), "{text}");
        }
    }
}
