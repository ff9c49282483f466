//! What rows share in memory: bytes by their digest, as long as a row refers to them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use lockstep_core::blob::Digest;
use lockstep_core::journal::{Kind, Row};

/// **Invariant:** what it holds, so many rows refer to, and none of those carries the bytes itself.
#[derive(Debug, Default)]
pub(super) struct Blobs(HashMap<Digest, Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// None as long as rows only name them.
    data: Option<Vec<u8>>,
    rows: u64,
}

impl Blobs {
    /// Takes what a row shares out of it.
    pub(super) fn keep(&mut self, row: &mut Row) {
        let Some(digest) = row.shared else { return };
        let shared = self.0.entry(digest).or_default();
        shared.rows += 1;
        shared.data = shared.data.take().or(row.payload.take());
        row.payload = None;
    }

    /// The row as it was before that, if it is not a blob's.
    pub(super) fn whole(&self, row: &Row) -> Row {
        let shared = row.shared.filter(|_| row.kind != Kind::Blob).and_then(|digest| self.0.get(&digest));
        let shared = shared.and_then(|shared| shared.data.clone());
        Row { payload: shared.or(row.payload.clone()), ..row.clone() }
    }

    /// At most `length` bytes from `offset` on.
    pub(super) fn read(&self, digest: &Digest, offset: u64, length: u64) -> Option<Vec<u8>> {
        let data = self.0.get(digest)?.data.as_ref()?;
        let clamped = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(data.len());
        let (from, to) = (clamped(offset), clamped(offset.saturating_add(length)));
        Some(data[from..to].to_vec())
    }

    /// The row is gone.
    pub(super) fn purge(&mut self, row: &Row) {
        let Some(Entry::Occupied(mut shared)) = row.shared.map(|digest| self.0.entry(digest)) else { return };
        shared.get_mut().rows -= 1;
        if shared.get().rows == 0 {
            shared.remove();
        }
    }
}
