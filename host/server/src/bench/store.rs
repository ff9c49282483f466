//! Stores that a figure is measured on: files below the working folder, which is on a disk where a
//! folder for temporary files may not be.

use std::path::PathBuf;
use std::sync::Arc;

use lockstep_journal::Sqlite;
use tempfile::TempDir;

/// A folder that goes with it.
pub(super) struct Place(TempDir);

impl Place {
    pub(super) fn new() -> anyhow::Result<Place> {
        Ok(Place(tempfile::Builder::new().prefix(".lockstep-bench-").tempdir_in(".")?))
    }

    pub(super) fn path(&self) -> PathBuf {
        self.0.path().join("bench.db")
    }

    /// The store in it.
    pub(super) fn open(&self) -> anyhow::Result<Arc<Sqlite>> {
        Ok(Arc::new(Sqlite::open(&self.path())?))
    }
}
