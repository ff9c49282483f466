//! What a guest does with descriptors: checked here, counted where it lies in the attempt's own folder, and
//! done by the engine's implementation.

use wasmtime::component::Resource;
use wasmtime_wasi::WasiView;
use wasmtime_wasi::filesystem::{Descriptor, Dir, File, WasiFilesystemView};
use wasmtime_wasi::p2::bindings::filesystem::types::{
    Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, DirectoryEntryStream, ErrorCode,
    Host, HostDescriptor, HostDirectoryEntryStream, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, FsError, FsResult};

use super::open::{Opening, blocking, view};
use crate::Wall;
use crate::attempt::Guest;
use crate::capability::scratch::{Counted, Held, Named};

type Fd = Resource<Descriptor>;

/// The capability, as denials name it.
const NAME: &str = "dir";

/// The same descriptor, for the engine's own implementation.
fn same(fd: &Fd) -> Fd {
    Resource::new_borrow(fd.rep())
}

impl Guest {
    fn dir(&mut self, fd: &Fd) -> FsResult<Dir> {
        match self.ctx().table.get(fd)? {
            Descriptor::Dir(dir) => Ok(dir.clone()),
            Descriptor::File(_) => Err(ErrorCode::NotDirectory.into()),
        }
    }

    fn file(&mut self, fd: &Fd) -> FsResult<File> {
        match self.ctx().table.get(fd)? {
            Descriptor::File(file) => Ok(file.clone()),
            Descriptor::Dir(_) => Err(ErrorCode::BadDescriptor.into()),
        }
    }

    /// Where the file of a descriptor is counted, with the file.
    fn counted(&mut self, fd: &Fd) -> FsResult<Option<(Held, File)>> {
        match self.files.held(fd.rep())? {
            Some(held) => Ok(Some((held, self.file(fd)?))),
            None => Ok(None),
        }
    }

    /// What a path names now, if it is counted and there.
    async fn named(&mut self, fd: &Fd, path: &str) -> FsResult<Option<(Held, Named)>> {
        let Some(held) = self.files.held(fd.rep())? else { return Ok(None) };
        let (dir, path) = (self.dir(fd)?.dir, path.to_owned());
        let found = blocking(move || view(&dir)?.symlink_metadata(path)).await;
        Ok(found.ok().map(|found| (held, Named::of(&found))))
    }

    /// Opens what is counted: a name that is not there yet is a new one.
    async fn open_counted(
        &mut self,
        held: Held,
        dir: Dir,
        path: String,
        how: Opening,
    ) -> FsResult<Descriptor> {
        let (folder, name) = (dir.dir.clone(), path.clone());
        let is_there = blocking(move || view(&folder)?.try_exists(name)).await.unwrap_or(true);
        let is_new = how.creates() && !is_there;
        if is_new {
            held.take_name()?;
        }
        let opened = how.at(dir, path).await;
        match &opened {
            Ok(Descriptor::File(file)) => held.opened(&file.file).map_err(|why| ErrorCode::from(&why))?,
            Err(_) if is_new => held.give_name(),
            _ => {}
        }
        Ok(opened?)
    }

    /// A stream into a file, counted where the file is.
    fn count_stream(
        &mut self,
        fd: &Fd,
        stream: Resource<DynOutputStream>,
        from: Option<u64>,
    ) -> FsResult<Resource<DynOutputStream>> {
        let Some((held, file)) = self.counted(fd)? else { return Ok(stream) };
        let table = self.ctx().table;
        let inner = table.delete(stream)?;
        let counted = Counted::new(inner, held, file.file, from).map_err(|why| ErrorCode::from(&why))?;
        let counted: DynOutputStream = Box::new(counted);
        Ok(table.push(counted)?)
    }

    /// Does what gives the folder one more name, if there may be one more.
    async fn naming(&mut self, fd: &Fd, work: impl AsyncFnOnce(&mut Guest) -> FsResult<()>) -> FsResult<()> {
        let held = self.files.held(fd.rep())?;
        held.as_ref().map_or(Ok(()), Held::take_name)?;
        let done = work(self).await;
        if let (Err(_), Some(held)) = (&done, held) {
            held.give_name();
        }
        done
    }
}

/// The word for an error that says that more was asked than is granted.
fn denied(code: ErrorCode) -> Option<&'static str> {
    match code {
        ErrorCode::NotPermitted => Some("not-permitted"),
        ErrorCode::ReadOnly => Some("read-only"),
        ErrorCode::CrossDevice => Some("cross-device"),
        _ => None,
    }
}

impl Host for Guest {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        let code = self.filesystem().convert_error_code(error)?;
        if let Some(why) = denied(code) {
            self.denials.say(NAME, &self.files.asked, why);
        }
        Ok(code)
    }

    fn filesystem_error_code(
        &mut self,
        error: Resource<wasmtime::Error>,
    ) -> wasmtime::Result<Option<ErrorCode>> {
        self.filesystem().filesystem_error_code(error)
    }
}

impl HostDescriptor for Guest {
    fn read_via_stream(&mut self, fd: Fd, offset: u64) -> FsResult<Resource<DynInputStream>> {
        self.filesystem().read_via_stream(fd, offset)
    }

    fn write_via_stream(&mut self, fd: Fd, offset: u64) -> FsResult<Resource<DynOutputStream>> {
        let stream = self.filesystem().write_via_stream(same(&fd), offset)?;
        self.count_stream(&fd, stream, Some(offset))
    }

    fn append_via_stream(&mut self, fd: Fd) -> FsResult<Resource<DynOutputStream>> {
        let stream = self.filesystem().append_via_stream(same(&fd))?;
        self.count_stream(&fd, stream, None)
    }

    async fn advise(&mut self, fd: Fd, offset: u64, length: u64, advice: Advice) -> FsResult<()> {
        self.filesystem().advise(fd, offset, length, advice).await
    }

    async fn sync_data(&mut self, fd: Fd) -> FsResult<()> {
        self.filesystem().sync_data(fd).await
    }

    async fn get_flags(&mut self, fd: Fd) -> FsResult<DescriptorFlags> {
        self.filesystem().get_flags(fd).await
    }

    async fn get_type(&mut self, fd: Fd) -> FsResult<DescriptorType> {
        self.filesystem().get_type(fd).await
    }

    async fn set_size(&mut self, fd: Fd, size: u64) -> FsResult<()> {
        let counted = self.counted(&fd)?;
        if let Some((held, file)) = &counted {
            held.reach(&file.file, size)?;
        }
        let done = self.filesystem().set_size(fd, size).await;
        if let Some((held, file)) = counted {
            held.measure(&file.file);
        }
        done
    }

    async fn set_times(&mut self, fd: Fd, accessed: NewTimestamp, modified: NewTimestamp) -> FsResult<()> {
        self.filesystem().set_times(fd, accessed, modified).await
    }

    async fn read(&mut self, fd: Fd, length: u64, offset: u64) -> FsResult<(Vec<u8>, bool)> {
        self.filesystem().read(fd, length, offset).await
    }

    async fn write(&mut self, fd: Fd, bytes: Vec<u8>, offset: u64) -> FsResult<u64> {
        if let Some((held, file)) = self.counted(&fd)? {
            held.reach(&file.file, offset.saturating_add(bytes.len() as u64))?;
        }
        self.filesystem().write(fd, bytes, offset).await
    }

    async fn read_directory(&mut self, fd: Fd) -> FsResult<Resource<DirectoryEntryStream>> {
        let dir = self.dir(&fd)?.dir;
        let most = super::MOST_LISTED + 1;
        let entries = blocking(move || Ok(view(&dir)?.entries()?.take(most).count())).await?;
        self.files.list(entries)?;
        let listing = self.filesystem().read_directory(fd).await?;
        self.files.listed.insert(listing.rep(), entries);
        Ok(listing)
    }

    async fn sync(&mut self, fd: Fd) -> FsResult<()> {
        self.filesystem().sync(fd).await
    }

    async fn create_directory_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
        let path = self.files.path(fd.rep(), path)?;
        let make = async |guest: &mut Guest| guest.filesystem().create_directory_at(same(&fd), path).await;
        self.naming(&fd, make).await
    }

    async fn stat(&mut self, fd: Fd) -> FsResult<DescriptorStat> {
        self.filesystem().stat(fd).await
    }

    async fn stat_at(&mut self, fd: Fd, flags: PathFlags, path: String) -> FsResult<DescriptorStat> {
        let path = self.files.path(fd.rep(), path)?;
        self.filesystem().stat_at(fd, flags, path).await
    }

    /// What a link leads to is opened for it, and nothing may wait for that.
    async fn set_times_at(
        &mut self,
        fd: Fd,
        flags: PathFlags,
        path: String,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> FsResult<()> {
        let path = self.files.path(fd.rep(), path)?;
        if !flags.contains(PathFlags::SYMLINK_FOLLOW) {
            return self.filesystem().set_times_at(fd, flags, path, accessed, modified).await;
        }
        let dir = self.dir(&fd)?;
        let opened = Opening::to_look(&dir).at(dir, path).await?;
        let opened = self.ctx().table.push(opened)?;
        let done = self.filesystem().set_times(same(&opened), accessed, modified).await;
        self.ctx().table.delete(opened)?;
        done
    }

    async fn link_at(
        &mut self,
        fd: Fd,
        flags: PathFlags,
        path: String,
        to: Fd,
        new_path: String,
    ) -> FsResult<()> {
        self.files.same_place(fd.rep(), to.rep())?;
        let (path, new_path) = (self.files.path(fd.rep(), path)?, self.files.path(to.rep(), new_path)?);
        let to_same = same(&to);
        let link = async |guest: &mut Guest| guest.filesystem().link_at(fd, flags, path, to, new_path).await;
        self.naming(&to_same, link).await
    }

    async fn open_at(
        &mut self,
        fd: Fd,
        path_flags: PathFlags,
        path: String,
        how: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<Fd> {
        let dir = self.dir(&fd)?;
        let home = self.files.home(fd.rep())?;
        let path = self.files.path(fd.rep(), path)?;
        let mut opening = Opening::new(&dir, path_flags, how, flags)?;
        opening.takes_any = !self.walls.stands(Wall::Dirs);
        let opened = match self.files.held(fd.rep())? {
            Some(held) => self.open_counted(held, dir, path, opening).await?,
            None => opening.at(dir, path).await?,
        };
        let home = super::Home { root: None, ..home };
        self.give(opened, home).map_err(FsError::trap)
    }

    async fn readlink_at(&mut self, fd: Fd, path: String) -> FsResult<String> {
        let path = self.files.path(fd.rep(), path)?;
        self.filesystem().readlink_at(fd, path).await
    }

    async fn remove_directory_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
        let path = self.files.path(fd.rep(), path)?;
        let held = self.files.held(fd.rep())?;
        self.filesystem().remove_directory_at(fd, path).await?;
        held.iter().for_each(Held::give_name);
        Ok(())
    }

    async fn rename_at(&mut self, fd: Fd, path: String, to: Fd, new_path: String) -> FsResult<()> {
        self.files.same_place(fd.rep(), to.rep())?;
        let (path, new_path) = (self.files.path(fd.rep(), path)?, self.files.path(to.rep(), new_path)?);
        let moved = self.named(&fd, &path).await?;
        let replaced = self.named(&to, &new_path).await?;
        self.filesystem().rename_at(fd, path, to, new_path).await?;
        if let Some((held, replaced)) = replaced.filter(|(_, replaced)| !is_same(&moved, replaced)) {
            held.unnamed(&replaced);
        }
        Ok(())
    }

    async fn symlink_at(&mut self, fd: Fd, path: String, new_path: String) -> FsResult<()> {
        let new_path = self.files.path(fd.rep(), new_path)?;
        let link = async |guest: &mut Guest| guest.filesystem().symlink_at(same(&fd), path, new_path).await;
        self.naming(&fd, link).await
    }

    async fn unlink_file_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
        let path = self.files.path(fd.rep(), path)?;
        let named = self.named(&fd, &path).await?;
        self.filesystem().unlink_file_at(fd, path).await?;
        named.iter().for_each(|(held, named)| held.unnamed(named));
        Ok(())
    }

    async fn is_same_object(&mut self, fd: Fd, other: Fd) -> wasmtime::Result<bool> {
        self.filesystem().is_same_object(fd, other).await
    }

    async fn metadata_hash(&mut self, fd: Fd) -> FsResult<MetadataHashValue> {
        self.filesystem().metadata_hash(fd).await
    }

    async fn metadata_hash_at(
        &mut self,
        fd: Fd,
        flags: PathFlags,
        path: String,
    ) -> FsResult<MetadataHashValue> {
        let path = self.files.path(fd.rep(), path)?;
        self.filesystem().metadata_hash_at(fd, flags, path).await
    }

    fn drop(&mut self, fd: Fd) -> wasmtime::Result<()> {
        self.files.homes.remove(&fd.rep());
        HostDescriptor::drop(&mut self.filesystem(), fd)
    }
}

/// Whether two names are of one file: then moving the one to the other does nothing.
fn is_same(moved: &Option<(Held, Named)>, replaced: &Named) -> bool {
    moved.as_ref().is_some_and(|(_, moved)| moved.inode == replaced.inode)
}

impl HostDirectoryEntryStream for Guest {
    async fn read_directory_entry(
        &mut self,
        listing: Resource<DirectoryEntryStream>,
    ) -> FsResult<Option<DirectoryEntry>> {
        self.filesystem().read_directory_entry(listing).await
    }

    fn drop(&mut self, listing: Resource<DirectoryEntryStream>) -> wasmtime::Result<()> {
        self.files.listed.remove(&listing.rep());
        HostDirectoryEntryStream::drop(&mut self.filesystem(), listing)
    }
}
