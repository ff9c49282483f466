//! Chance, wherever a step asks for it: the machine's, or a stream that only the run and the delivery
//! decide, so that every attempt draws the same numbers in the same order. Block n of it is the sha256
//! of the seed and n.

use lockstep_core::effect::Moment;
use lockstep_core::grant::Randomness;
use lockstep_core::outcome::Class;
use sha2::{Digest, Sha256};
use wasmtime_wasi::p2::bindings::random::{insecure, insecure_seed, random};

use crate::Identity;
use crate::attempt::Guest;
use crate::fault::Ended;

/// The most random bytes of one call.
pub(super) const MOST_RANDOM: u32 = 65_536;

/// Where an attempt's random bytes come from.
pub(crate) enum Chance {
    Real,
    Seeded(Stream),
}

/// Bytes that follow from a seed.
pub(crate) struct Stream {
    seed: [u8; 32],
    block: u64,
    /// What is left of the newest block.
    left: Vec<u8>,
}

impl Chance {
    /// Where a person may be asked about calls, real chance follows from a seed too, drawn when the attempt
    /// began: so it asks for the same calls when it goes on.
    pub(crate) fn new(source: Randomness, me: &Identity, moment: Option<Moment>) -> Chance {
        match (source, moment) {
            (Randomness::Seeded, _) => Chance::Seeded(Stream::of(&me.run, me.delivery)),
            (Randomness::Real, Some(moment)) => Chance::Seeded(Stream::from(*moment.seed.as_bytes())),
            (Randomness::Real, None) => Chance::Real,
        }
    }

    pub(super) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        match self {
            Chance::Real => getrandom::fill(&mut bytes).expect("the system gives random bytes"),
            Chance::Seeded(stream) => bytes.fill_with(|| stream.next()),
        }
        bytes
    }

    fn number(&mut self) -> u64 {
        let bytes = self.bytes(8);
        u64::from_le_bytes(bytes.try_into().expect("eight were asked for"))
    }
}

impl Stream {
    fn of(run: &str, delivery: u64) -> Stream {
        let seed = Sha256::new().chain_update(b"random\0").chain_update(run).chain_update([0]);
        Stream::from(seed.chain_update(delivery.to_be_bytes()).finalize().into())
    }

    fn from(seed: [u8; 32]) -> Stream {
        Stream { seed, block: 0, left: Vec::new() }
    }

    fn next(&mut self) -> u8 {
        if self.left.is_empty() {
            let block = Sha256::new().chain_update(self.seed).chain_update(self.block.to_be_bytes());
            self.left = block.finalize().iter().rev().copied().collect();
            self.block += 1;
        }
        self.left.pop().expect("a block has bytes")
    }
}

impl Guest {
    fn chance(&mut self, length: u64) -> wasmtime::Result<Vec<u8>> {
        self.work(|guest| {
            if length > MOST_RANDOM.into() {
                let message =
                    format!("it asked for {length} random bytes at once; ask for at most {MOST_RANDOM}");
                return Err(Ended::failed(Class::Limit, "random", message));
            }
            Ok(guest.chance.bytes(length as usize))
        })
    }
}

impl random::Host for Guest {
    fn get_random_bytes(&mut self, length: u64) -> wasmtime::Result<Vec<u8>> {
        self.chance(length)
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(self.chance.number())
    }
}

impl insecure::Host for Guest {
    fn get_insecure_random_bytes(&mut self, length: u64) -> wasmtime::Result<Vec<u8>> {
        self.chance(length)
    }

    fn get_insecure_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(self.chance.number())
    }
}

impl insecure_seed::Host for Guest {
    fn insecure_seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        Ok((self.chance.number(), self.chance.number()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seeded_stream_is_the_deliverys_however_it_is_drawn() {
        let drawn = |run: &str, delivery, lengths: &[usize]| {
            let mut chance = Chance::Seeded(Stream::of(run, delivery));
            lengths.iter().flat_map(|length| chance.bytes(*length)).collect::<Vec<_>>()
        };
        let whole = drawn("a", 1, &[100]);
        assert_eq!(drawn("a", 1, &[1, 31, 33, 35]), whole);
        assert_ne!(drawn("a", 2, &[100]), whole);
        assert_ne!(drawn("b", 1, &[100]), whole);
        assert!(
            whole.chunks(32).all(|block| whole.windows(block.len()).filter(|w| *w == block).count() == 1)
        );
    }
}
