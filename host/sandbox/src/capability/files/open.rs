//! How a path is opened: beneath its folder, and so that nothing waits. A pipe without anybody at its
//! other end would hold a thread of the host for ever, so all is opened without waiting, looked at, and
//! only files and folders are handed on.

use std::fs::File;
use std::io;
use std::sync::Arc;

use cap_std::fs::{OpenOptions, OpenOptionsExt};
use rustix::fs::OFlags;
use wasmtime_wasi::filesystem::{self, Descriptor, Dir};
use wasmtime_wasi::p2::bindings::filesystem::types::{DescriptorFlags, ErrorCode, OpenFlags, PathFlags};
use wasmtime_wasi::{FsPerms, OpenMode};

/// How something is to be opened, and that it may be.
pub(super) struct Opening {
    options: OpenOptions,
    mode: OpenMode,
    creates: bool,
    must_be_folder: bool,
    permits: FsPerms,
    /// Only without [`Wall::Dirs`](crate::Wall::Dirs): whatever it is.
    pub(super) takes_any: bool,
}

impl Opening {
    /// What the guest asks for, if its folder permits it.
    pub(super) fn new(
        dir: &Dir,
        path: PathFlags,
        how: OpenFlags,
        flags: DescriptorFlags,
    ) -> Result<Opening, ErrorCode> {
        let synced = DescriptorFlags::FILE_INTEGRITY_SYNC
            | DescriptorFlags::DATA_INTEGRITY_SYNC
            | DescriptorFlags::REQUESTED_WRITE_SYNC;
        if flags.intersects(synced) {
            return Err(ErrorCode::Unsupported);
        }
        let changes = OpenFlags::CREATE | OpenFlags::EXCLUSIVE | OpenFlags::TRUNCATE;
        let must_be_folder = how.contains(OpenFlags::DIRECTORY);
        if must_be_folder && how.intersects(changes) {
            return Err(ErrorCode::Invalid);
        }
        let writes =
            flags.contains(DescriptorFlags::WRITE) || how.intersects(OpenFlags::CREATE | OpenFlags::TRUNCATE);
        let permits = dir.perms;
        if permits.write_not_permitted() && writes {
            return Err(ErrorCode::NotPermitted);
        }
        let reads = flags.contains(DescriptorFlags::READ) || !flags.contains(DescriptorFlags::WRITE);
        let mode = mode(reads, writes);
        let mut options = OpenOptions::new();
        options.read(reads).write(writes).truncate(how.contains(OpenFlags::TRUNCATE));
        options.create(how.contains(OpenFlags::CREATE));
        options.create_new(how.contains(OpenFlags::CREATE | OpenFlags::EXCLUSIVE));
        options.custom_flags(unwaiting(path));
        let creates = how.contains(OpenFlags::CREATE);
        Ok(Opening { options, mode, creates, must_be_folder, permits, takes_any: false })
    }

    /// Whether it may make a file.
    pub(super) fn creates(&self) -> bool {
        self.creates
    }

    /// To look at what is there.
    pub(super) fn to_look(dir: &Dir) -> Opening {
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(unwaiting(PathFlags::SYMLINK_FOLLOW));
        let (mode, permits) = (OpenMode::READ, dir.perms);
        Opening { options, mode, creates: false, must_be_folder: false, permits, takes_any: false }
    }

    /// Opens it.
    pub(super) async fn at(self, dir: Dir, path: String) -> Result<Descriptor, ErrorCode> {
        let Opening { options, mode, must_be_folder, permits, takes_any, .. } = self;
        let dir = dir.dir;
        let opened = blocking(move || {
            let file = view(&dir)?.open_with(path, &options)?.into_std();
            let kind = file.metadata()?.file_type();
            Ok((file, kind))
        });
        let (file, kind) = opened.await?;
        match (kind.is_dir(), kind.is_file() || takes_any) {
            (true, _) => Ok(Descriptor::Dir(Dir::new(file, permits, mode, false))),
            (false, _) if must_be_folder => Err(ErrorCode::NotDirectory),
            (false, true) => Ok(Descriptor::File(filesystem::File::new(file, permits, mode, false))),
            (false, false) => Err(ErrorCode::NotPermitted),
        }
    }
}

fn mode(reads: bool, writes: bool) -> OpenMode {
    let mut mode = OpenMode::empty();
    mode.set(OpenMode::READ, reads);
    mode.set(OpenMode::WRITE, writes);
    mode
}

/// Flags of the system that no option stands for.
fn unwaiting(path: PathFlags) -> i32 {
    let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    flags.set(OFlags::NOFOLLOW, !path.contains(PathFlags::SYMLINK_FOLLOW));
    flags.bits().cast_signed()
}

/// A folder as paths are followed in it: beneath it.
pub(super) fn view(dir: &Arc<File>) -> io::Result<cap_std::fs::Dir> {
    Ok(cap_std::fs::Dir::from_std_file(dir.try_clone()?))
}

/// Does what may wait for a disk, beside the threads that attempts run on.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, ErrorCode> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| ErrorCode::Io)?.map_err(|why| ErrorCode::from(&why))
}
