//! Compiled components by digest, so that a component is compiled once on a machine.
//!
//! Machine code is trusted when it is loaded, so only files that this host wrote are: the folder is
//! the owner's alone, and each file carries a MAC under a key that never leaves the folder. The
//! name of a file is the digest of the component and of everything in the engine that its code
//! depends on. What does not check out is compiled again; a cache that cannot be used is no error.

use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, DirBuilder, DirBuilderExt, OpenOptions, OpenOptionsExt};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

const MAC_BYTES: usize = 32;

/// A folder of compiled components.
pub(crate) struct Cache {
    folder: Dir,
    key: [u8; 32],
}

impl Cache {
    /// Opens the folder, and makes it and its key if there are none.
    pub(crate) fn open(path: &Path) -> io::Result<Cache> {
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
        let key = key(&folder)?;
        Ok(Cache { folder, key })
    }

    /// The compiled form of `bytes`, if this host has written it before.
    pub(crate) fn get(&self, engine: &Engine, bytes: &[u8]) -> Option<Component> {
        let name = name(engine, bytes);
        let mut stored = Vec::new();
        self.folder.open(&name).ok()?.read_to_end(&mut stored).ok()?;
        let (mac, code) = stored.split_at_checked(MAC_BYTES)?;
        self.mac(&name, code).verify_slice(mac).ok()?;
        trusted(engine, code)
    }

    /// Keeps the compiled form of `bytes`, whole or not at all.
    pub(crate) fn put(&self, bytes: &[u8], component: &Component) -> io::Result<()> {
        let name = name(component.engine(), bytes);
        let code = component.serialize().map_err(io::Error::other)?;
        let mac = self.mac(&name, &code).finalize().into_bytes();
        write(&self.folder, &name, &[&mac, &code])
    }

    fn mac(&self, name: &str, code: &[u8]) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("any key will do");
        mac.chain_update(name).chain_update(code)
    }
}

/// Code that this host wrote: its MAC was checked over the very bytes that are loaded, and they
/// are a copy that nobody else can alter.
#[allow(unsafe_code, reason = "the one place where compiled artefacts are trusted; see above")]
fn trusted(engine: &Engine, code: &[u8]) -> Option<Component> {
    // SAFETY: the bytes are what `Component::serialize` gave an engine of the same build and
    // settings: the file's name holds the engine's compatibility hash, and the MAC covers both.
    unsafe { Component::deserialize(engine, code) }.ok()
}

fn name(engine: &Engine, bytes: &[u8]) -> String {
    let mut engine_words = Words(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut engine_words);
    let digest = engine_words.0.chain_update(Sha256::digest(bytes)).finalize();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{hex}.cwasm")
}

/// A digest that takes what a `Hash` gives.
struct Words(Sha256);

impl Hasher for Words {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        u64::from_be_bytes(self.0.clone().finalize()[..8].try_into().expect("a digest has 32 bytes"))
    }
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
