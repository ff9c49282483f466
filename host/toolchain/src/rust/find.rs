//! The order of choice between the ways to compile for the target.

use std::path::Path;
use std::process::Command;

use super::{Compiler, TARGET, debian, sysroot};
use crate::{Error, Install, Progress, process};

/// Memory that a step has from its start, in bytes. Growing takes a system call that threads contend
/// for; with this much to begin with a small step never grows.
const INITIAL_HEAP: u32 = 12 * 64 * 1024;

/// Rust's own default of 1 MiB is more than a step's calls need, and every instance would carry it.
const STACK: u32 = 256 * 1024;

/// The first of: the target that rustup installed; the private sysroot under `sysroots`; such a
/// sysroot, built now (about a minute, once per compiler version) from Debian's packages.
pub(crate) fn find(sysroots: &Path, install: Install, progress: Progress) -> Result<Compiler, Error> {
    if has_target() {
        return Ok(Compiler { rustc: None, flags: memory() });
    }
    let debian = match (debian::Compiler::present(), install) {
        (Some(debian), _) => debian,
        (None, Install::Allowed) => debian::install(progress)?,
        (None, Install::Never) => return Err(Error::NoCompiler),
    };
    let sysroot = sysroot::ensure(&debian, sysroots, progress)?;
    Ok(Compiler { flags: [private(&sysroot, &debian.linker), memory()].concat(), rustc: Some(debian.rustc) })
}

/// Whether the everyday compiler has the target's core library.
fn has_target() -> bool {
    let printed =
        process::output(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]));
    printed.is_ok_and(|folder| holds_core(Path::new(folder.trim())))
}

pub(crate) fn holds_core(folder: &Path) -> bool {
    let Ok(entries) = folder.read_dir() else { return false };
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.into_iter().any(|name| name.starts_with("libcore-") && name.ends_with(".rlib"))
}

fn memory() -> Vec<String> {
    vec![
        format!("-Clink-arg=--initial-heap={INITIAL_HEAP}"),
        "-Clink-arg=-z".into(),
        format!("-Clink-arg=stack-size={STACK}"),
    ]
}

fn private(sysroot: &Path, linker: &Path) -> Vec<String> {
    vec![
        format!("--sysroot={}", sysroot.display()),
        format!("-Clinker={}", linker.display()),
        "-Clinker-flavor=wasm-ld".into(),
    ]
}
