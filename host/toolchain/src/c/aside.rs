//! A folder for what a build leaves behind, its own and gone with it: another build of the same step may go on beside
//! it.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::build::Job;

/// The folder; dropping it removes it.
pub(crate) struct Aside(PathBuf);

impl Aside {
    /// One for this step in this process.
    pub(crate) fn new(job: &Job) -> Result<Aside, Error> {
        let mut hasher = DefaultHasher::new();
        job.source.folder.hash(&mut hasher);
        let (process, step) = (std::process::id(), hasher.finish());
        let aside = Aside(job.toolchain.target_dir.join(format!("aside-{process}-{step:x}")));
        fs::create_dir_all(&aside.0).map_err(Error::file(&aside.0))?;
        Ok(aside)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
