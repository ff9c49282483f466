//! The names of runs: from chance, from an idempotency key, or from the delivery that a child does the
//! work of.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Parent;

/// The name of a run. Its first two hex digits are its partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(Arc<str>);

impl RunId {
    /// The id of a run of `workflow`, drawn from 128 fresh random bits.
    pub fn fresh(workflow: &str, random: u128) -> RunId {
        let digest = Sha256::new().chain_update(workflow).chain_update(random.to_be_bytes()).finalize();
        RunId(format!("{:02x}{:024x}", digest[0], random >> 32).into())
    }

    /// The id as people and the journal write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of the run of `workflow` that this idempotency key names: always the same.
    pub fn keyed(workflow: &str, key: &str) -> RunId {
        let named = Sha256::new().chain_update(workflow).chain_update([0]).chain_update(key);
        RunId::of_digest(&named.finalize())
    }

    /// The id of the run that a delivery to a workflow begins; `nth` counts those that it began before.
    pub fn child(parent: &Parent, nth: u32) -> RunId {
        let named =
            Sha256::new().chain_update(parent.run.as_str()).chain_update(parent.delivery.0.to_be_bytes());
        RunId::of_digest(&named.chain_update(nth.to_be_bytes()).finalize())
    }

    fn of_digest(digest: &[u8]) -> RunId {
        RunId(digest[..13].iter().map(|byte| format!("{byte:02x}")).collect::<String>().into())
    }

    /// Takes over text that was a run's id.
    pub fn named(text: &str) -> RunId {
        RunId(text.into())
    }

    /// Which share of all runs it belongs to: its first two digits.
    pub fn partition(&self) -> u8 {
        self.0.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or(0)
    }

    /// The same, to be kept.
    pub fn name(&self) -> Arc<str> {
        self.0.clone()
    }
}

/// Which share of all names a name that is no run's id belongs to: the first byte of its digest.
pub fn partition_of(name: &str) -> u8 {
    Sha256::digest(name)[0]
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
