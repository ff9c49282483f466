//! `lockstep:step/blob`: bytes by reference. What an attempt puts is held here and handed over with
//! its outcome; what others have put is asked for, and the guest waits. A bound that is met is told to
//! the guest as a failure, which it may hand on.

use std::collections::HashMap;
use std::sync::Arc;

use lockstep_core::blob::Digest;
use lockstep_core::outcome::{Blob, Class};

use super::bindings::lockstep::step::blob;
use super::bindings::lockstep::step::types::{Failure, FailureKind};
use crate::Blobs;
use crate::attempt::Guest;
use crate::fault::{Ended, bytes};

/// Bytes of one put.
const LARGEST_PUT: usize = 8 << 20;
/// Different bytes of all puts of one attempt.
const MOST_BYTES: usize = 16 << 20;
/// Puts of one attempt.
const MOST_PUTS: u32 = 1000;
/// Bytes of one get.
const LARGEST_GET: u32 = 4 << 20;
/// Gets of one attempt.
const MOST_GETS: u32 = 10_000;

/// What an attempt has put, and where it finds what others have.
pub(crate) struct OwnBlobs {
    stored: Option<Arc<dyn Blobs>>,
    own: Vec<Blob>,
    /// Where in `own` each stands.
    places: HashMap<Digest, usize>,
    puts: u32,
    gets: u32,
    left: usize,
}

impl OwnBlobs {
    /// Without anything stored there are only the attempt's own.
    pub(crate) fn new(stored: Option<Arc<dyn Blobs>>) -> OwnBlobs {
        let (own, places) = (Vec::new(), HashMap::new());
        OwnBlobs { stored, own, places, puts: MOST_PUTS, gets: MOST_GETS, left: MOST_BYTES }
    }

    /// What it has put, in its order, each once.
    pub(crate) fn end(self) -> Vec<Blob> {
        self.own
    }

    fn put(&mut self, data: Vec<u8>) -> Result<String, Failure> {
        self.puts = self.puts.checked_sub(1).ok_or_else(|| {
            refused("blob-puts", format!("it put more than {MOST_PUTS} blobs; put fewer, larger ones"))
        })?;
        let (length, most) = (data.len(), bytes(LARGEST_PUT));
        if length > LARGEST_PUT {
            let message =
                format!("its blob has {length} bytes; put at most {most} at once, in several blobs");
            return Err(refused("blob-size", message));
        }
        let digest = Digest::of(&data);
        if !self.places.contains_key(&digest) {
            self.keep(digest, data)?;
        }
        Ok(digest.to_string())
    }

    fn keep(&mut self, digest: Digest, data: Vec<u8>) -> Result<(), Failure> {
        self.left = self.left.checked_sub(data.len()).ok_or_else(|| {
            let most = bytes(MOST_BYTES);
            let message = format!("its blobs come to more than {most}; put less in one attempt");
            refused("blob-bytes", message)
        })?;
        self.places.insert(digest, self.own.len());
        self.own.push(Blob { digest, bytes: data.into() });
        Ok(())
    }

    fn reference(&mut self, reference: &str) -> Result<Digest, Failure> {
        self.gets = self.gets.checked_sub(1).ok_or_else(|| {
            let message = format!("it read blobs more than {MOST_GETS} times; read more at once");
            refused("blob-gets", message)
        })?;
        reference.parse().map_err(|why| {
            let message = format!("its text is no reference to a blob: {why}; pass on what `put` gave");
            refused("blob-reference", message)
        })
    }

    /// A part of what the attempt has put itself.
    fn own(&self, digest: &Digest, offset: u64, length: u32) -> Option<Vec<u8>> {
        let data = &self.own[*self.places.get(digest)?].bytes;
        let clamped = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(data.len());
        Some(data[clamped(offset)..clamped(offset.saturating_add(length.into()))].to_vec())
    }
}

fn refused(code: &str, message: String) -> Failure {
    Failure { kind: FailureKind::Permanent, code: code.into(), message, retry_after_ms: None, details: None }
}

fn unknown(digest: &Digest) -> Failure {
    let message = format!("nothing is stored under {digest}; the run that put it may have been purged");
    refused("blob-unknown", message)
}

impl Guest {
    /// A part of what is stored, or nothing if nothing is; the time until it comes is not the guest's.
    async fn stored(&mut self, digest: &Digest, offset: u64, length: u32) -> Result<Option<Vec<u8>>, Ended> {
        let Some(stored) = self.blobs.stored.clone() else { return Ok(None) };
        let found = stored.get(digest, offset, length).await;
        found.map_err(|why| Ended::failed(Class::Host, "blob", format!("a blob cannot be read: {why}")))
    }
}

impl blob::Host for Guest {
    fn put(&mut self, bytes: Vec<u8>) -> wasmtime::Result<Result<String, Failure>> {
        self.work(|guest| {
            let before = guest.blobs.left;
            let put = guest.blobs.put(bytes);
            guest.hold(before - guest.blobs.left)?;
            Ok(put)
        })
    }

    async fn get(
        &mut self,
        reference: String,
        offset: u64,
        length: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, Failure>> {
        let length = length.min(LARGEST_GET);
        let digest = match self.work(|guest| Ok(guest.blobs.reference(&reference)))? {
            Ok(digest) => digest,
            Err(failure) => return Ok(Err(failure)),
        };
        if let Some(own) = self.work(|guest| Ok(guest.blobs.own(&digest, offset, length)))? {
            return Ok(Ok(own));
        }
        let found = self.stored(&digest, offset, length).await?;
        Ok(found.ok_or_else(|| unknown(&digest)))
    }
}
