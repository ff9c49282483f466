//! Where a component comes from: a file, or a registry. An address goes in, bytes come out that are
//! what the address says: from a registry they are checked against the digest of its manifest, and
//! kept by digest. Whether they may be loaded is not its business; whether somebody signed them it
//! can tell.

mod artefact;
mod kept;
mod reference;
mod registry;

pub(crate) use kept::Kept;
pub(crate) use reference::Reference;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use lockstep_core::blob::Digest;

use crate::sign::Key;

/// No component that a toolchain makes is larger.
pub(crate) const LARGEST_COMPONENT: u64 = 256 << 20;
/// No signature is larger.
const LARGEST_SIGNATURE: u64 = 16 << 10;

/// Where a component is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A file of this machine.
    File(PathBuf),
    /// A registry.
    Registry(Reference),
}

/// A component as it was found.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// What was found.
    pub(crate) bytes: Vec<u8>,
    /// From a registry: the digest of the manifest that lists it.
    manifest: Option<Digest>,
}

/// Why there is no component, or no signature of it. The address stands before it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The text is no address.
    #[error(transparent)]
    NoReference(#[from] reference::NoReference),
    /// Only two kinds of addresses are known.
    #[error("`{0}` is an address of a kind that is not known; give a path, `file:///…` or `oci://…`")]
    Scheme(String),
    /// A file that cannot be read.
    #[error("{shown} cannot be read: {why}", why = reason(.error))]
    File {
        /// Its path.
        shown: String,
        /// Why.
        error: io::Error,
    },
    /// The registry gave nothing.
    #[error("{shown}: {error}")]
    Registry {
        /// The address.
        shown: String,
        /// Why.
        error: registry::Error,
    },
    /// The registry gave something else.
    #[error("{shown}: {error}")]
    Artefact {
        /// The address.
        shown: String,
        /// Why.
        error: artefact::Error,
    },
    /// A tag alone.
    #[error(
        "`{shown}` names no digest, and whoever publishes can move a tag; write `{pinned}`, which is what it \
         means now"
    )]
    Unpinned {
        /// The address.
        shown: String,
        /// The one to write.
        pinned: String,
    },
    /// Nobody signed.
    #[error("{shown} is not signed; {fix}")]
    Unsigned {
        /// The address.
        shown: String,
        /// Where a signature goes.
        fix: String,
    },
    /// Somebody else signed, or something else.
    #[error("the signature of {0} is not made with the key that is asked for, or not of these bytes")]
    Forged(String),
}

impl Error {
    /// Whether it is a file that is not there.
    pub(crate) fn is_file(&self) -> bool {
        matches!(self, Error::File { .. })
    }
}

impl Place {
    /// What a text names, paths being from this folder.
    pub(crate) fn parse(text: &str, folder: &Path) -> Result<Place, Error> {
        if text.starts_with(reference::SCHEME) {
            return Ok(Place::Registry(text.parse()?));
        }
        if !text.contains("://") {
            return Ok(Place::File(folder.join(text)));
        }
        let unknown = || Error::Scheme(text.to_owned());
        let address = url::Url::parse(text).map_err(|_| unknown())?;
        let is_here = address.scheme() == "file" && address.host_str().is_none();
        let path = is_here.then(|| address.to_file_path().ok()).flatten();
        path.map(Place::File).ok_or_else(unknown)
    }

    /// The component. From a registry it may be what a tag means at this moment.
    pub(crate) fn fetch(&self, kept: &Kept) -> Result<Fetched, Error> {
        match self {
            Place::File(path) => {
                let bytes = read_at_most(path, LARGEST_COMPONENT).map_err(|error| self.file(path, error))?;
                Ok(Fetched { bytes, manifest: None })
            }
            Place::Registry(reference) => artefact::fetch(reference, kept)
                .map(|(manifest, bytes)| Fetched { bytes, manifest: Some(manifest) }),
        }
    }

    /// The component, by an address that means the same tomorrow.
    pub(crate) fn fetch_pinned(&self, kept: &Kept) -> Result<Fetched, Error> {
        match self {
            Place::Registry(reference) if reference.digest.is_none() => {
                let pinned = reference.pinned(artefact::digest(reference)?);
                Err(Error::Unpinned { shown: reference.to_string(), pinned: pinned.to_string() })
            }
            _ => self.fetch(kept),
        }
    }

    /// The address under which what was fetched is found again.
    pub(crate) fn pinned(&self, fetched: &Fetched) -> String {
        match (self, fetched.manifest) {
            (Place::Registry(reference), Some(manifest)) => reference.pinned(manifest).to_string(),
            _ => self.to_string(),
        }
    }

    /// Whether the holder of the key signed what was fetched.
    pub(crate) fn check_signature(&self, fetched: &Fetched, key: &Key) -> Result<(), Error> {
        match (self, fetched.manifest) {
            (Place::Registry(reference), Some(manifest)) => {
                artefact::check_signature(reference, &manifest, key)
            }
            (Place::Registry(_), None) | (Place::File(_), _) => self.check_sidecar(fetched, key),
        }
    }

    /// A file's signature lies beside it.
    fn check_sidecar(&self, fetched: &Fetched, key: &Key) -> Result<(), Error> {
        let beside = PathBuf::from(format!("{self}.sig"));
        let signature = match read_at_most(&beside, LARGEST_SIGNATURE) {
            Ok(signature) => signature,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let fix = format!("put the signature into {}", beside.display());
                return Err(Error::Unsigned { shown: self.to_string(), fix });
            }
            Err(error) => return Err(self.file(&beside, error)),
        };
        match key.signed(&fetched.bytes, &signature) {
            true => Ok(()),
            false => Err(Error::Forged(self.to_string())),
        }
    }

    fn file(&self, path: &Path, error: io::Error) -> Error {
        Error::File { shown: path.display().to_string(), error }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::File(path) => write!(f, "{}", path.display()),
            Place::Registry(reference) => write!(f, "{reference}"),
        }
    }
}

/// The bytes of a file that has no more than `most`.
pub(crate) fn read_at_most(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = fs::File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    let told = if most >= 1 << 20 { format!("{} MiB", most >> 20) } else { format!("{} KiB", most >> 10) };
    match bytes.len() as u64 > most {
        true => Err(io::Error::other(format!("it is larger than {told}"))),
        false => Ok(bytes),
    }
}

/// ``components/a.wasm cannot be read: there is no such file``.
pub(crate) fn unreadable(shown: &str, error: &io::Error) -> String {
    format!("{shown} cannot be read: {}", reason(error))
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "you may not read it".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    }
}
