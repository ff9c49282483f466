//! Copies that stand in the place of folders which a step may write: nothing of what is there is touched, and no case
//! sees what another has written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use lockstep_core::grant::{Access, Grant};
use tempfile::TempDir;

/// Folders, and the copies in their place.
#[derive(Default)]
pub(super) struct Folders(Vec<(PathBuf, TempDir)>);

impl Folders {
    /// Puts a copy in the place of each folder that a grant lets a step write.
    pub(super) fn stand_in(&mut self, grant: &mut Grant) -> io::Result<()> {
        for dir in grant.dirs.iter_mut().filter(|dir| dir.access == Access::ReadWrite) {
            let copy = tempfile::tempdir()?;
            let folder = std::mem::replace(&mut dir.host, copy.path().to_owned());
            self.0.push((folder, copy));
        }
        Ok(())
    }

    /// Makes the copies what the folders are.
    pub(super) fn renew(&self) -> io::Result<()> {
        for (folder, copied) in &self.0 {
            for entry in fs::read_dir(copied.path())? {
                let entry = entry?;
                let path = entry.path();
                if entry.file_type()?.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
            }
            copy(folder, copied.path())?;
        }
        Ok(())
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            fs::create_dir(&target)?;
            copy(&entry.path(), &target)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
