//! What attempts have put and committed, as later attempts read it: out of the journal.

use std::fmt;
use std::sync::Arc;

use lockstep_core::blob::Digest;
use lockstep_core::journal::Journal;
use lockstep_sandbox::{Blobs, Reading, Unreadable};

#[cfg(test)]
mod tests;

/// The blobs of a journal.
#[derive(Clone)]
pub(crate) struct Stored(pub(crate) Arc<dyn Journal>);

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored").finish_non_exhaustive()
    }
}

impl Blobs for Stored {
    fn get<'a>(&'a self, digest: &'a Digest, offset: u64, length: u32) -> Reading<'a> {
        Box::pin(async move {
            let found = self.0.blob(digest, offset, length.into()).await;
            found.map_err(|why| Unreadable(why.to_string()))
        })
    }
}
