//! `wasi:filesystem`: the folders of the grant and the attempt's own, and nothing else. The engine's
//! implementation does the work, beneath the folder that a path begins in. What it does not hold to is held
//! here: folders do not mix, nothing is opened that could make a thread wait, what a listing brings into
//! the host's memory is bounded, and the attempt's own folder is counted (`scratch`).
//!
//! A granted folder is opened once, at load. What its path means later is nobody's business: a step that
//! may write beside it cannot put another folder in its place.

mod descriptor;
mod open;

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use cap_std::ambient_authority;
use lockstep_core::grant::{Access, DirGrant, Grant};
use lockstep_core::outcome::Class;
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::{Descriptor, Dir};
use wasmtime_wasi::p2::bindings::filesystem::preopens;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi::{FsPerms, OpenMode, WasiView};

use super::scratch::{Held, Scratch};
use crate::attempt::Guest;
use crate::fault::Ended;
use crate::{Error, Wall, Walls};

/// Where a guest sees its own folder.
const SCRATCH: &str = "/scratch";
/// Entries of all listings that a guest has open.
const MOST_LISTED: usize = 100_000;

/// A folder of the grant, open.
pub(crate) struct Folder {
    dir: File,
    host: PathBuf,
    guest: String,
    permits: FsPerms,
}

/// What an attempt has of the file system.
pub(crate) struct Files {
    folders: Arc<[Folder]>,
    scratch: Option<Scratch>,
    /// Where each descriptor belongs, by its number.
    homes: HashMap<u32, Home>,
    /// Entries of each listing that is open, by its number.
    listed: HashMap<u32, usize>,
    /// The path that was asked for last, and where: what an error is about.
    asked: String,
    walls: Walls,
}

/// Where a descriptor belongs.
#[derive(Clone, Debug)]
struct Home {
    place: Place,
    /// Only without [`Wall::Dirs`]: the path from the root of the machine that paths begin with.
    root: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Which folder of the grant.
    Folder(usize),
    Scratch,
}

impl Folder {
    /// All of a grant.
    pub(crate) fn all(grant: &Grant, walls: Walls) -> Result<Arc<[Folder]>, Error> {
        grant.dirs.iter().map(|dir| Folder::open(dir, walls)).collect()
    }

    fn open(grant: &DirGrant, walls: Walls) -> Result<Folder, Error> {
        let DirGrant { host, guest, access } = grant;
        let is_read = *access == Access::Read && walls.stands(Wall::ReadOnly);
        let dir = cap_std::fs::Dir::open_ambient_dir(host, ambient_authority());
        let dir = dir.map_err(|why| Error::Folder { host: host.clone(), why: why.to_string() })?;
        Ok(Folder {
            dir: dir.into_std_file(),
            host: host.clone(),
            guest: guest.clone(),
            permits: if is_read { FsPerms::ReadOnly } else { FsPerms::ReadWrite },
        })
    }
}

impl Files {
    pub(crate) fn new(folders: Arc<[Folder]>, scratch: Option<Scratch>, walls: Walls) -> Files {
        Files { folders, scratch, homes: HashMap::new(), listed: HashMap::new(), asked: String::new(), walls }
    }

    /// Removes the attempt's own folder, beside the threads that attempts run on.
    pub(crate) async fn end(&mut self) {
        if let Some(scratch) = self.scratch.take() {
            // Where the runtime goes down first, the folder goes with the task that was to remove it.
            let _ = tokio::task::spawn_blocking(move || drop(scratch)).await;
        }
    }

    /// The places that a guest begins at, with what it calls them.
    fn preopens(&mut self) -> io::Result<Vec<(Descriptor, Home, String)>> {
        let is_confined = self.walls.stands(Wall::Dirs);
        let mut all = Vec::new();
        for (number, folder) in self.folders.iter().enumerate() {
            let dir = if is_confined { folder.dir.try_clone()? } else { File::open("/")? };
            let root = (!is_confined).then(|| folder.host.clone());
            let home = Home { place: Place::Folder(number), root };
            all.push((descriptor(dir, folder.permits), home, folder.guest.clone()));
        }
        if let Some(scratch) = &mut self.scratch {
            let path = scratch.path()?.to_owned();
            let dir = File::open(if is_confined { path.as_path() } else { "/".as_ref() })?;
            let home = Home { place: Place::Scratch, root: (!is_confined).then_some(path) };
            all.push((descriptor(dir, FsPerms::ReadWrite), home, SCRATCH.to_owned()));
        }
        Ok(all)
    }

    /// Where a descriptor belongs. All come from here.
    fn home(&self, fd: u32) -> Result<Home, ErrorCode> {
        self.homes.get(&fd).cloned().ok_or(ErrorCode::BadDescriptor)
    }

    /// The path that a descriptor's own path stands for.
    fn path(&mut self, fd: u32, path: String) -> Result<String, ErrorCode> {
        let Home { place, root } = self.home(fd)?;
        let within = match place {
            Place::Folder(number) => &self.folders[number].guest,
            Place::Scratch => SCRATCH,
        };
        self.asked = format!("{path} in {within}");
        match root {
            None => Ok(path),
            Some(root) => Ok(root.join(path).to_string_lossy().trim_start_matches('/').to_owned()),
        }
    }

    /// Two descriptors of which something is to go from the one to the other.
    fn same_place(&self, from: u32, to: u32) -> Result<(), ErrorCode> {
        let is_same = self.home(from)?.place == self.home(to)?.place;
        if is_same || !self.walls.stands(Wall::Dirs) { Ok(()) } else { Err(ErrorCode::CrossDevice) }
    }

    /// What counts in the place of a descriptor; none: nothing does.
    fn held(&self, fd: u32) -> Result<Option<Held>, ErrorCode> {
        let is_counted = self.home(fd)?.place == Place::Scratch && self.walls.stands(Wall::Scratch);
        Ok(self.scratch.as_ref().filter(|_| is_counted).map(Scratch::held))
    }

    /// Notes the entries of a listing that is to be opened.
    fn list(&self, entries: usize) -> Result<(), ErrorCode> {
        let open: usize = self.listed.values().sum();
        if open.saturating_add(entries) > MOST_LISTED { Err(ErrorCode::InsufficientMemory) } else { Ok(()) }
    }
}

fn descriptor(dir: File, permits: FsPerms) -> Descriptor {
    let mode = match permits {
        FsPerms::ReadOnly => OpenMode::READ,
        FsPerms::ReadWrite => OpenMode::READ | OpenMode::WRITE,
    };
    Descriptor::Dir(Dir::new(dir, permits, mode, false))
}

impl Guest {
    /// Gives the guest a descriptor.
    fn give(&mut self, descriptor: Descriptor, home: Home) -> wasmtime::Result<Resource<Descriptor>> {
        let fd = self.ctx().table.push(descriptor)?;
        self.files.homes.insert(fd.rep(), home);
        Ok(fd)
    }
}

impl preopens::Host for Guest {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Resource<Descriptor>, String)>> {
        let failed = |why: io::Error| {
            Ended::failed(Class::Host, "folder", format!("a folder of the step cannot be opened: {why}"))
        };
        let all = self.files.preopens().map_err(failed)?;
        all.into_iter().map(|(dir, home, name)| Ok((self.give(dir, home)?, name))).collect()
    }
}
