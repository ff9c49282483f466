//! Where the worker is: noted in a file of a few bytes, which the system keeps though the process is
//! killed. Nothing is synced.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};

/// A place in which the worker may be killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// An attempt came back, and its commit is not begun.
    BeforeCommit,
    /// Inside `Journal::commit`.
    InCommit,
    /// The commit is written, and nobody knows it yet.
    BeforeAcknowledgement,
    /// A guest is inside a call of the host.
    InHostCall,
}

impl Place {
    /// All places.
    pub(crate) const ALL: [Place; 4] =
        [Place::BeforeCommit, Place::InCommit, Place::BeforeAcknowledgement, Place::InHostCall];

    /// As people read it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Place::BeforeCommit => "before the commit",
            Place::InCommit => "in the fsync",
            Place::BeforeAcknowledgement => "after it and before the acknowledgement",
            Place::InHostCall => "in a host call",
        }
    }
}

/// One byte for each place, one that says that the worker has opened its store, and one that the
/// store has failed to write.
const BYTES: usize = Place::ALL.len() + 2;
const READY: usize = Place::ALL.len();
const TROUBLED: usize = READY + 1;

/// The worker's own notes.
pub(crate) struct Places {
    file: File,
    counts: Mutex<[u8; BYTES]>,
}

impl Places {
    pub(crate) fn create(path: &Path) -> Result<Places> {
        let file = File::create(path).with_context(|| format!("{} cannot be made", path.display()))?;
        Ok(Places { file, counts: Mutex::new([0; BYTES]) })
    }

    /// The store is open, and the load begins.
    pub(crate) fn ready(&self) {
        self.set(READY, |_| 1);
    }

    /// The store did not write.
    pub(crate) fn troubled(&self) {
        self.set(TROUBLED, |_| 1);
    }

    /// Something is there now.
    pub(crate) fn enter(&self, place: Place) {
        self.set(place as usize, |count| count.saturating_add(1));
    }

    /// It is not there any more.
    pub(crate) fn leave(&self, place: Place) {
        self.set(place as usize, |count| count.saturating_sub(1));
    }

    /// Nothing is there any more.
    pub(crate) fn clear(&self, place: Place) {
        self.set(place as usize, |_| 0);
    }

    fn set(&self, at: usize, to: impl FnOnce(u8) -> u8) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts[at] = to(counts[at]);
        // A note that cannot be written is missed by the harness, which says so.
        let _ = self.file.write_all_at(&counts[at..=at], at as u64);
    }
}

/// What a worker has noted last.
pub(crate) struct Noted(Vec<u8>);

impl Noted {
    pub(crate) fn read(path: &Path) -> Noted {
        Noted(std::fs::read(path).unwrap_or_default())
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.at(READY)
    }

    pub(crate) fn is_troubled(&self) -> bool {
        self.at(TROUBLED)
    }

    pub(crate) fn is_in(&self, place: Place) -> bool {
        self.at(place as usize)
    }

    fn at(&self, at: usize) -> bool {
        self.0.get(at).is_some_and(|count| *count > 0)
    }
}
