//! Compiled components by digest, so that a component is compiled once on a machine.
//!
//! Machine code is trusted when it is loaded, so only files that this host wrote are: the folder is
//! the owner's alone, and each file carries a MAC under a key that never leaves the folder. The
//! name of a file is the digest of the component and of everything in the engine that its code
//! depends on. What does not check out is compiled again; a cache that cannot be used is no error.

use std::io::{self, Read, Write};
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, DirBuilder, DirBuilderExt, MetadataExt, OpenOptions, OpenOptionsExt};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::{Wall, Walls, engine};

const MAC_BYTES: usize = 32;

/// A folder of compiled components.
pub(crate) struct Cache {
    folder: Dir,
    key: [u8; 32],
    walls: Walls,
}

impl Cache {
    /// Opens the folder, and makes it and its key if there are none. A folder that somebody else can write
    /// to is not used.
    pub(crate) fn open(path: &Path, walls: Walls) -> io::Result<Cache> {
        let authority = ambient_authority();
        if let Some(parent) = path.parent() {
            Dir::create_ambient_dir_all(parent, authority)?;
            let mut private = DirBuilder::new();
            private.mode(0o700);
            let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
            match Dir::open_ambient_dir(parent, authority)?.create_dir_with(name, &private) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        let folder = Dir::open_ambient_dir(path, authority)?;
        check_owner(&folder)?;
        let key = key(&folder)?;
        Ok(Cache { folder, key, walls })
    }

    /// The compiled form of `bytes`, if this host has written it before.
    pub(crate) fn get(&self, engine: &Engine, bytes: &[u8]) -> Option<Component> {
        let name = name(engine, bytes);
        let mut stored = Vec::new();
        self.folder.open(&name).ok()?.read_to_end(&mut stored).ok()?;
        let (mac, code) = stored.split_at_checked(MAC_BYTES)?;
        if self.walls.stands(Wall::CacheMac) {
            self.mac(&name, code).verify_slice(mac).ok()?;
        }
        trusted(engine, code).ok()
    }

    /// Keeps the compiled form of `bytes`, whole or not at all.
    pub(crate) fn put(&self, engine: &Engine, bytes: &[u8], code: &[u8]) -> io::Result<()> {
        let name = name(engine, bytes);
        let mac = self.mac(&name, code).finalize().into_bytes();
        write(&self.folder, &name, &[&mac, code])
    }

    fn mac(&self, name: &str, code: &[u8]) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("any key will do");
        mac.chain_update(name).chain_update(code)
    }
}

/// Code that this host wrote. Its MAC was checked over the very bytes that are loaded, and they are a copy
/// that nobody else can alter; or this process has just compiled it; or it came through a pipe from a child that this process started
/// itself, of its own program, and that compiles and does nothing else: what it says is what this process
/// would have said. The child's limits bound what compiling costs; they are no wall around a compiler that a
/// component has taken over, and neither would there be one in this process.
#[allow(unsafe_code, reason = "the one place where compiled artefacts are trusted; see above")]
pub(crate) fn trusted(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: the bytes are what `Component::serialize` or `Engine::precompile_component` gave an engine of
    // the same build and settings: the MAC covers the file's name, which holds the engine's digest, and a
    // child's digest is compared with this engine's before its code is taken.
    unsafe { Component::deserialize(engine, code) }
}

/// Whoever can write to the folder could plant code, and a key to vouch for it.
fn check_owner(folder: &Dir) -> io::Result<()> {
    let about = folder.dir_metadata()?;
    let own = rustix::process::geteuid().as_raw();
    let why = if about.uid() != own {
        "it belongs to another user"
    } else if about.mode() & 0o022 != 0 {
        "others can write to it; take that away: `chmod go-w`"
    } else {
        return Ok(());
    };
    Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
}

fn name(engine: &Engine, bytes: &[u8]) -> String {
    let digest = Sha256::new().chain_update(engine::digest(engine)).chain_update(Sha256::digest(bytes));
    let digest = digest.finalize();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{hex}.cwasm")
}

fn key(folder: &Dir) -> io::Result<[u8; 32]> {
    if let Some(key) = stored_key(folder) {
        return Ok(key);
    }
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    write(folder, "key", &[&key])?;
    // Two processes may have begun at once: both go on with the key that stands.
    stored_key(folder).ok_or_else(|| io::Error::other("the cache's key cannot be read back"))
}

fn stored_key(folder: &Dir) -> Option<[u8; 32]> {
    folder.read("key").ok()?.try_into().ok()
}

/// Writes a file under a name of its own, then gives it its place in one step.
fn write(folder: &Dir, name: &str, parts: &[&[u8]]) -> io::Result<()> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let draft = format!("{name}.{:016x}", u64::from_be_bytes(random));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let mut file = folder.open_with(&draft, &options)?;
    let written = parts.iter().try_for_each(|part| file.write_all(part));
    let placed = written.and_then(|()| folder.rename(&draft, folder, name));
    if placed.is_err() {
        // The error that led here is the one to tell.
        let _ = folder.remove_file(&draft);
    }
    placed
}
