//! The compiler that Debian packages for its browsers: current, and with the source of its standard
//! library beside it, always of the same version.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Error, Progress, apt, process};

/// What has to be installed.
pub(crate) const PACKAGES: [&str; 3] = ["rustc-web", "rust-web-src", "lld-22"];

const RUSTC: &str = "/usr/bin/rustc";
const LIBRARY: &str = "/usr/lib/rustlib/src/rust/library/std";
const LINKERS: [&str; 2] = ["/usr/bin/wasm-ld-22", "/usr/bin/wasm-ld"];

/// A compiler that can build its own standard library, and a linker for what it compiles.
pub(crate) struct Compiler {
    pub(crate) rustc: PathBuf,
    pub(crate) linker: PathBuf,
}

impl Compiler {
    /// The installed one, if all its parts are there.
    pub(crate) fn present() -> Option<Compiler> {
        let linker = LINKERS.iter().map(PathBuf::from).find(|linker| linker.exists())?;
        let is_whole = Path::new(RUSTC).exists() && Path::new(LIBRARY).exists();
        is_whole.then(|| Compiler { rustc: RUSTC.into(), linker })
    }

    /// `1.96.0-ac68faa20`: tells one build of the compiler from every other.
    pub(crate) fn version(&self) -> Result<String, Error> {
        let told = process::output(Command::new(&self.rustc).arg("-V"))?;
        let mut words = told.split_whitespace().skip(1).map(|word| word.trim_matches(['(', ')']));
        let release = words.next().unwrap_or("unknown");
        Ok(words.next().map_or(release.to_owned(), |commit| format!("{release}-{commit}")))
    }
}

/// Installs the packages; the caller must be root.
pub(crate) fn install(progress: Progress) -> Result<Compiler, Error> {
    let why = |error: Error| Error::NoCompiler { why: format!("; {error}") };
    apt::install(&PACKAGES, progress).map_err(why)?;
    Compiler::present().ok_or(Error::NoCompiler { why: String::new() })
}
