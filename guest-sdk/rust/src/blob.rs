//! Bytes that are too large for an event: one step puts them and passes a reference on, another reads
//! them.
//!
//! ```no_run
//! use lockstep_sdk::{Failure, blob};
//!
//! fn scan() -> Result<String, Failure> {
//!     let page = vec![0; 5_000_000];
//!     blob::put(&page)
//! }
//!
//! fn index(page: &str) -> Result<usize, Failure> {
//!     let beginning = blob::get(page, 0, 4)?;
//!     lockstep_sdk::info!("it begins with {beginning:?}");
//!     Ok(blob::read(page)?.len())
//! }
//! ```
//!
//! What an attempt has put it can read at once, and others as soon as it has succeeded; of a failed
//! one there is nothing. The same bytes are stored once, as long as a run that has put them is.
//! Whoever has a reference may read, and nobody can guess one.
//!
//! A blob is at most 8 MiB. One attempt puts at most 1,000 times and 16 MiB of different bytes, and
//! reads at most 10,000 times. What goes beyond a bound is a permanent [`Failure`] that says so.

use crate::Failure;
use crate::host::lockstep::step::blob as host;

/// What one call reads at most.
const LARGEST_PART: u32 = 4 << 20;

/// Stores the bytes, and gives the reference to pass on: `sha256:` and 64 hex digits.
pub fn put(bytes: impl AsRef<[u8]>) -> Result<String, Failure> {
    host::put(bytes.as_ref())
}

/// The bytes of a reference from `offset` on: at most `length` of them, at most 4 MiB, and fewer only
/// where they end. What is unknown, or not kept any more, is the failure `blob-unknown`.
pub fn get(reference: &str, offset: u64, length: u32) -> Result<Vec<u8>, Failure> {
    host::get(reference, offset, length)
}

/// All bytes of a reference.
pub fn read(reference: &str) -> Result<Vec<u8>, Failure> {
    whole(|offset| get(reference, offset, LARGEST_PART))
}

/// All parts up to the first that is not full.
fn whole(mut part: impl FnMut(u64) -> Result<Vec<u8>, Failure>) -> Result<Vec<u8>, Failure> {
    let mut all = part(0)?;
    let mut is_full = all.len() == LARGEST_PART as usize;
    while is_full {
        let next = part(all.len() as u64)?;
        is_full = next.len() == LARGEST_PART as usize;
        all.extend(next);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_the_whole_at_every_length() {
        let part = LARGEST_PART as usize;
        for (length, calls) in [(0, 1), (1, 1), (part - 1, 1), (part, 2), (part + 1, 2), (2 * part, 3)] {
            let blob: Vec<u8> = (0..=250).cycle().take(length).collect();
            let mut called = 0;
            let all = whole(|offset| {
                called += 1;
                let from = offset as usize;
                Ok(blob[from..blob.len().min(from + part)].to_vec())
            });
            assert!(all == Ok(blob), "{length}");
            assert_eq!(called, calls, "{length}");
        }
    }

    #[test]
    fn a_part_that_fails_fails_the_whole() {
        let gone = || Failure::permanent("blob-unknown", "it is gone");
        let first = vec![0; LARGEST_PART as usize];
        let all = whole(|offset| if offset == 0 { Ok(first.clone()) } else { Err(gone()) });
        assert_eq!(all, Err(gone()));
    }
}
