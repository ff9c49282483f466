//! A private sysroot: the target's standard library, built once per compiler version from source.
//! It is put together aside and renamed into place, so a sysroot that is there is whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::TARGET;
use super::debian::Compiler;
use super::find::holds_core;
use crate::tools::lock;
use crate::{Error, Progress, process};

/// An empty crate: cargo builds the standard library as its dependency.
const SEED: &str = r#"[package]
name = "seed"
version = "0.0.0"
edition = "2024"

[workspace]

[profile.release]
panic = "abort"
"#;

/// The sysroot of this compiler under `sysroots`.
pub(crate) fn ensure(compiler: &Compiler, sysroots: &Path, progress: Progress) -> Result<PathBuf, Error> {
    fs::create_dir_all(sysroots).map_err(Error::file(sysroots))?;
    let sysroots = sysroots.canonicalize().map_err(Error::file(sysroots))?;
    let sysroot = sysroots.join(compiler.version()?);
    if !is_whole(&sysroot) {
        let _lock = lock(&sysroots)?;
        if !is_whole(&sysroot) {
            progress(&format!("building the standard library for {TARGET}: once, about a minute"));
            make(compiler, &sysroots.join("seed"), &sysroot)?;
        }
    }
    Ok(sysroot)
}

fn is_whole(sysroot: &Path) -> bool {
    holds_core(&libraries(sysroot))
}

fn libraries(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib").join(TARGET).join("lib")
}

fn make(compiler: &Compiler, seed: &Path, sysroot: &Path) -> Result<(), Error> {
    write_seed(seed)?;
    compile(compiler, seed)?;
    let aside = sysroot.with_extension("aside");
    collect(&seed.join("target").join(TARGET).join("release/deps"), &libraries(&aside))?;
    fs::rename(&aside, sysroot).map_err(Error::file(sysroot))?;
    fs::remove_dir_all(seed).map_err(Error::file(seed))
}

fn write_seed(seed: &Path) -> Result<(), Error> {
    fs::create_dir_all(seed.join("src")).map_err(Error::file(seed))?;
    fs::write(seed.join("Cargo.toml"), SEED).map_err(Error::file(seed))?;
    fs::write(seed.join("src/lib.rs"), "").map_err(Error::file(seed))
}

/// Bitcode is embedded because steps are built with link-time optimization.
fn compile(compiler: &Compiler, seed: &Path) -> Result<(), Error> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--release", "-Zbuild-std=std,panic_abort", "--target", TARGET]);
    cargo.args(["--target-dir", "target"]).current_dir(seed);
    cargo.env("RUSTC", &compiler.rustc).env("RUSTC_BOOTSTRAP", "1");
    cargo.env("CARGO_ENCODED_RUSTFLAGS", "-Cembed-bitcode=yes");
    process::output(&mut cargo).map(drop)
}

fn collect(built: &Path, libraries: &Path) -> Result<(), Error> {
    fs::create_dir_all(libraries).map_err(Error::file(libraries))?;
    for entry in built.read_dir().map_err(Error::file(built))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libseed-") {
            fs::copy(entry.path(), libraries.join(&name)).map_err(Error::file(entry.path()))?;
        }
    }
    Ok(())
}
