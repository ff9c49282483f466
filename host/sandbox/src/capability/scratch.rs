//! `/scratch`: a folder of an attempt's own, made when its guest first asks what folders it has and gone
//! with it, however it ends. Everything that could make it larger is counted before it is done.
//!
//! What counts are lengths, not the disk: a file with a hole of a terabyte has a terabyte. A file that has
//! no name any more counts for as long as something has it open. A stream writes in the background, so as
//! long as there is one, a file is as long as anything was allowed to make it; without one it is as long as
//! the system says.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::SystemTime;

use bytes::Bytes;
use cap_std::fs::MetadataExt as _;
use lockstep_core::grant::ScratchGrant;
use tempfile::TempDir;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi::p2::{DynOutputStream, OutputStream, Pollable, StreamError, StreamResult};

/// What the folder's name begins with.
const NAMED: &str = "lockstep-scratch-";
/// Times that its removal is tried: the attempt's last call may still be under way.
const REMOVALS: u32 = 16;

/// The folder, once it is made.
pub(crate) struct Scratch {
    within: Arc<Path>,
    made: Option<TempDir>,
    held: Held,
}

impl Scratch {
    /// A folder that is made in `within`.
    pub(crate) fn new(grant: ScratchGrant, within: Arc<Path>) -> Scratch {
        let counts = Counts { grant, names: 0, bytes: 0, files: HashMap::new(), nameless: Vec::new() };
        Scratch { within, made: None, held: Held(Arc::new(Mutex::new(counts))) }
    }

    pub(super) fn path(&mut self) -> io::Result<&Path> {
        if self.made.is_none() {
            self.made = Some(tempfile::Builder::new().prefix(NAMED).tempdir_in(&self.within)?);
        }
        Ok(self.made.as_ref().expect("it was just made").path())
    }

    pub(super) fn held(&self) -> Held {
        self.held.clone()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let Some(path) = self.made.take().map(TempDir::keep) else { return };
        let removed = (0..REMOVALS).map(|_| std::fs::remove_dir_all(&path)).find_map(is_gone);
        if removed.is_none() {
            tell(path);
        }
    }
}

/// Removes what processes that were killed have left in `within`: folders of attempts that belong to whoever
/// runs this and that nothing was put into since `before`. What cannot be removed is told and stays.
pub fn sweep_scratch(within: &Path, before: SystemTime) {
    let Ok(entries) = std::fs::read_dir(within) else { return };
    let named = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(NAMED));
    for entry in named.filter(|entry| entry.metadata().is_ok_and(|about| is_left(&about, before))) {
        if is_gone(std::fs::remove_dir_all(entry.path())).is_none() {
            tell(entry.path());
        }
    }
}

/// Of an entry itself, not of what a link leads to.
fn is_left(about: &std::fs::Metadata, before: SystemTime) -> bool {
    let is_own = about.uid() == rustix::process::geteuid().as_raw();
    about.is_dir() && is_own && about.modified().is_ok_and(|at| at < before)
}

fn is_gone(removed: io::Result<()>) -> Option<()> {
    match removed {
        Ok(()) => Some(()),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Some(()),
        Err(_) => None,
    }
}

fn tell(path: PathBuf) {
    tracing::warn!(path = %path.display(), "the scratch folder of an attempt could not be removed");
}

/// What an attempt's own folder holds, shared with the streams into its files.
#[derive(Clone)]
pub(super) struct Held(Arc<Mutex<Counts>>);

/// A file as the system knows it, whatever its names.
type Inode = (u64, u64);

struct Counts {
    grant: ScratchGrant,
    names: u32,
    /// The lengths of all files together.
    bytes: u64,
    files: HashMap<Inode, Known>,
    /// Those that have no name any more.
    nameless: Vec<Inode>,
}

#[derive(Default)]
struct Known {
    length: u64,
    opened: Vec<Weak<File>>,
    streams: Vec<Weak<()>>,
}

/// What a name named before it went.
pub(super) struct Named {
    pub(super) inode: Inode,
    links: u64,
    is_file: bool,
}

impl Named {
    pub(super) fn of(found: &cap_std::fs::Metadata) -> Named {
        Named { inode: (found.dev(), found.ino()), links: found.nlink(), is_file: found.is_file() }
    }
}

impl Held {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There will be one more name.
    pub(super) fn take_name(&self) -> Result<(), ErrorCode> {
        let mut counts = self.counts();
        if counts.names >= counts.grant.files {
            return Err(ErrorCode::InsufficientSpace);
        }
        counts.names += 1;
        Ok(())
    }

    /// There is one name less.
    pub(super) fn give_name(&self) {
        let mut counts = self.counts();
        counts.names = counts.names.saturating_sub(1);
    }

    /// A name is gone, and its file with its last one.
    pub(super) fn unnamed(&self, named: &Named) {
        self.give_name();
        let mut counts = self.counts();
        if named.is_file && named.links == 1 {
            counts.nameless.push(named.inode);
        }
        counts.forget();
    }

    /// A file was opened, and is as long as it is.
    pub(super) fn opened(&self, file: &Arc<File>) -> io::Result<()> {
        let mut counts = self.counts();
        counts.forget();
        let known = counts.files.entry(inode(file)?).or_default();
        known.opened.retain(|opened| opened.strong_count() > 0);
        known.opened.push(Arc::downgrade(file));
        drop(counts);
        self.measure(file);
        Ok(())
    }

    /// A file is to be at least so long.
    pub(super) fn reach(&self, file: &Arc<File>, length: u64) -> Result<(), ErrorCode> {
        self.measure(file);
        let inode = inode(file).map_err(|why| ErrorCode::from(&why))?;
        let mut counts = self.counts();
        let now = counts.files.get(&inode).map_or(0, |known| known.length);
        let grown = counts.bytes.saturating_add(length.saturating_sub(now));
        if length > now && grown > counts.grant.bytes {
            return Err(ErrorCode::InsufficientSpace);
        }
        counts.set_length(inode, now.max(length));
        Ok(())
    }

    /// Counts a file as it is, if nothing writes into it meanwhile.
    pub(super) fn measure(&self, file: &Arc<File>) {
        let (Ok(inode), Ok(found)) = (inode(file), file.metadata()) else { return };
        let mut counts = self.counts();
        counts.forget();
        let Some(known) = counts.files.get_mut(&inode) else { return };
        known.streams.retain(|stream| stream.strong_count() > 0);
        let length = if known.streams.is_empty() { found.len() } else { known.length.max(found.len()) };
        counts.set_length(inode, length);
    }

    /// Something will write into a file in the background, for as long as the answer lives.
    fn stream(&self, file: &Arc<File>) -> io::Result<Arc<()>> {
        self.measure(file);
        let token = Arc::new(());
        self.counts().files.entry(inode(file)?).or_default().streams.push(Arc::downgrade(&token));
        Ok(token)
    }

    /// Where a file ends.
    fn length(&self, file: &Arc<File>) -> u64 {
        let inode = inode(file).ok();
        inode.and_then(|inode| self.counts().files.get(&inode).map(|known| known.length)).unwrap_or_default()
    }
}

impl Counts {
    fn set_length(&mut self, inode: Inode, length: u64) {
        let known = self.files.entry(inode).or_default();
        self.bytes = self.bytes.saturating_sub(known.length).saturating_add(length);
        known.length = length;
    }

    /// Of the files without a name those that nothing has open are gone.
    fn forget(&mut self) {
        let is_open = |known: &Known| known.opened.iter().any(|opened| opened.strong_count() > 0);
        let (files, bytes) = (&mut self.files, &mut self.bytes);
        self.nameless.retain(|inode| {
            if files.get(inode).is_some_and(is_open) {
                return true;
            }
            *bytes = bytes.saturating_sub(files.remove(inode).map_or(0, |known| known.length));
            false
        });
    }
}

fn inode(file: &File) -> io::Result<Inode> {
    let found = file.metadata()?;
    Ok((MetadataExt::dev(&found), MetadataExt::ino(&found)))
}

/// A stream into a file that is counted.
pub(super) struct Counted {
    inner: DynOutputStream,
    held: Held,
    file: Arc<File>,
    /// Where it writes next; none: at the end.
    at: Option<u64>,
    _writes: Arc<()>,
}

impl Counted {
    pub(super) fn new(
        inner: DynOutputStream,
        held: Held,
        file: Arc<File>,
        at: Option<u64>,
    ) -> io::Result<Counted> {
        let token = held.stream(&file)?;
        Ok(Counted { inner, held, file, at, _writes: token })
    }

    fn count(&mut self, bytes: usize) -> StreamResult<()> {
        let from = self.at.unwrap_or_else(|| self.held.length(&self.file));
        let to = from.saturating_add(bytes as u64);
        let full = |_| StreamError::LastOperationFailed(io::Error::from(rustix::io::Errno::NOSPC).into());
        self.held.reach(&self.file, to).map_err(full)?;
        self.at = self.at.map(|_| to);
        Ok(())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Counted {
    async fn ready(&mut self) {
        self.inner.ready().await;
    }
}

#[wasmtime_wasi::async_trait]
impl OutputStream for Counted {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.count(bytes.len())?;
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.inner.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.inner.check_write()
    }

    async fn blocking_write_and_flush(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.count(bytes.len())?;
        self.inner.blocking_write_and_flush(bytes).await
    }

    async fn cancel(&mut self) {
        self.inner.cancel().await;
    }
}
