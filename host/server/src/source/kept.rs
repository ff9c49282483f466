//! What registries gave, by its digest: whoever has it once needs no network for it. Bytes are looked
//! at again whenever they are taken, so nothing in the folder has to be trusted; a folder that cannot
//! be used is no error.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use lockstep_core::blob::Digest;

/// A folder of bytes by digest; none: nothing is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept(Option<PathBuf>);

impl Kept {
    /// In this folder, which is made when something is kept.
    pub(crate) fn within(folder: Option<PathBuf>) -> Kept {
        Kept(folder)
    }

    /// The bytes of a digest, if they are there, whole, and no more than `most`.
    pub(super) fn get(&self, digest: &Digest, most: u64) -> Option<Vec<u8>> {
        let file = fs::File::open(self.0.as_ref()?.join(name(digest))).ok()?;
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes).ok()?;
        (Digest::of(&bytes) == *digest).then_some(bytes)
    }

    /// Keeps the bytes, whole or not at all.
    pub(super) fn put(&self, digest: &Digest, bytes: &[u8]) {
        if let Some(folder) = &self.0
            && let Err(error) = write(folder, &name(digest), bytes)
        {
            tracing::debug!("what a registry gave is not kept: {error}");
        }
    }
}

/// A digest as the name of a file.
fn name(digest: &Digest) -> String {
    digest.to_string().replace(':', "-")
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut draft = tempfile::NamedTempFile::new_in(folder)?;
    draft.write_all(bytes)?;
    draft.persist(folder.join(name))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_altered_in_the_folder_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, digest) = (Kept::within(Some(folder.path().join("new"))), Digest::of(b"hello"));
        assert_eq!(kept.get(&digest, 100), None);
        kept.put(&digest, b"hello");
        assert_eq!(kept.get(&digest, 100).as_deref(), Some(&b"hello"[..]));
        assert_eq!(kept.get(&digest, 4), None);
        fs::write(folder.path().join("new").join(name(&digest)), b"hullo").unwrap();
        assert_eq!(kept.get(&digest, 100), None);
    }
}
