//! Signatures of components: whether somebody who holds a private key signed some bytes. Keys are
//! public ones in PEM, of Ed25519 or of ECDSA over P-256 with SHA-256, and signatures are what
//! `openssl` and `cosign` write: raw or DER, as they are or in base64. It makes none, and knows
//! neither registries nor grants.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lockstep_core::blob::Digest;
use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey, VerificationAlgorithm};

/// What a DER `SubjectPublicKeyInfo` (RFC 5280) of an Ed25519 key (RFC 8410) begins with; 32 bytes follow.
const ED25519_SPKI: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// What one of a P-256 key (RFC 5480) begins with; the uncompressed point of 65 bytes follows.
const P256_SPKI: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// A public key.
#[derive(Debug)]
pub(crate) struct Key {
    algorithm: &'static dyn VerificationAlgorithm,
    /// As the algorithm takes it.
    bytes: Vec<u8>,
    /// Of the whole key in DER: what names it wherever its file lies.
    pub(crate) digest: Digest,
}

/// A text that is no key this program can check with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is no public key in PEM of Ed25519 or ECDSA P-256; make one of the private key with \
     `openssl pkey -in KEY.pem -pubout`"
)]
pub(crate) struct NoKey;

impl Key {
    /// Of the text of a PEM file.
    pub(crate) fn from_pem(text: &str) -> Result<Key, NoKey> {
        let (_, rest) = text.split_once(BEGIN).ok_or(NoKey)?;
        let (body, _) = rest.split_once(END).ok_or(NoKey)?;
        let der = STANDARD.decode(without_spaces(body)).map_err(|_| NoKey)?;
        let of = |algorithm: &'static dyn VerificationAlgorithm, key: &[u8]| Key {
            algorithm,
            bytes: key.to_vec(),
            digest: Digest::of(&der),
        };
        match (der.strip_prefix(ED25519_SPKI), der.strip_prefix(P256_SPKI)) {
            (Some(key), _) if key.len() == 32 => Ok(of(&ED25519, key)),
            (_, Some(key)) if key.len() == 65 => Ok(of(&ECDSA_P256_SHA256_ASN1, key)),
            _ => Err(NoKey),
        }
    }

    /// Whether the signature is this key's over these bytes.
    pub(crate) fn signed(&self, bytes: &[u8], signature: &[u8]) -> bool {
        let text = std::str::from_utf8(signature).ok();
        let decoded = text.and_then(|text| STANDARD.decode(without_spaces(text)).ok());
        let key = UnparsedPublicKey::new(self.algorithm, &self.bytes);
        [Some(signature), decoded.as_deref()].into_iter().flatten().any(|one| key.verify(bytes, one).is_ok())
    }
}

fn without_spaces(text: &str) -> String {
    text.split_ascii_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};

    fn pem(prefix: &[u8], key: &[u8]) -> String {
        format!("{BEGIN}\n{}\n{END}\n", STANDARD.encode([prefix, key].concat()))
    }

    /// Two public keys and what each says of the bytes.
    fn pairs(bytes: &[u8]) -> [(String, Vec<u8>); 2] {
        let random = SystemRandom::new();
        let ed = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        let ed = Ed25519KeyPair::from_pkcs8(ed.as_ref()).unwrap();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let ec = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let ec = EcdsaKeyPair::from_pkcs8(algorithm, ec.as_ref(), &random).unwrap();
        [
            (pem(ED25519_SPKI, ed.public_key().as_ref()), ed.sign(bytes).as_ref().to_vec()),
            (pem(P256_SPKI, ec.public_key().as_ref()), ec.sign(&random, bytes).unwrap().as_ref().to_vec()),
        ]
    }

    #[test]
    fn a_signature_is_taken_raw_and_in_base64_and_only_for_its_own_bytes_and_key() {
        let others = pairs(b"bytes").map(|(key, _)| Key::from_pem(&key).unwrap());
        for ((pem, signature), other) in pairs(b"bytes").iter().zip(others) {
            let key = Key::from_pem(pem).unwrap();
            assert!(key.signed(b"bytes", signature));
            assert!(key.signed(b"bytes", format!("{}\n", STANDARD.encode(signature)).as_bytes()));
            assert!(!key.signed(b"other", signature));
            assert!(!key.signed(b"bytes", &signature[1..]));
            assert!(!key.signed(b"bytes", b""));
            assert!(!other.signed(b"bytes", signature));
        }
    }

    #[test]
    fn what_is_no_key_of_a_kind_that_is_checked_is_refused() {
        let short = pem(ED25519_SPKI, &[0; 31]);
        let private = "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n";
        for text in ["", "key", private, &short, &pem(&[], &[0; 44]), &format!("{BEGIN}\n!\n{END}")] {
            assert_eq!(Key::from_pem(text).unwrap_err(), NoKey, "{text}");
        }
    }
}
