//! The order of choice between the ways to compile for the target.

use std::path::Path;
use std::process::Command;

use super::{Compiler, TARGET, debian, sysroot};
use crate::{Error, Install, Progress, Toolchain, apt, process};

/// Memory that a step has from its start, in bytes. Growing takes a system call that threads contend
/// for; with this much to begin with a small step never grows.
const INITIAL_HEAP: u32 = 12 * 64 * 1024;

/// Rust's own default of 1 MiB is more than a step's calls need, and every instance would carry it.
const STACK: u32 = 256 * 1024;

/// The first of: the target that rustup installed for the compiler of this workspace; the private sysroot in the
/// cache; such a sysroot, built now (about a minute, once per compiler version) from Debian's packages.
pub(super) fn find(workspace: &Path, toolchain: &Toolchain, progress: Progress) -> Result<Compiler, Error> {
    if has_target(workspace) {
        return Ok(Compiler { rustc: None, flags: memory() });
    }
    let debian = match (debian::Compiler::present(), toolchain.install) {
        (Some(debian), _) => debian,
        (None, Install::Allowed) if apt::is_there() => debian::install(progress)?,
        (None, _) => return Err(Error::NoCompiler { why: String::new() }),
    };
    let sysroot = sysroot::ensure(&debian, &toolchain.cache.join("sysroot"), progress)?;
    Ok(Compiler { flags: [private(&sysroot, &debian.linker), memory()].concat(), rustc: Some(debian.rustc) })
}

/// Whether the compiler that cargo takes in this workspace has the target's core library: a `rust-toolchain.toml`
/// may name another than everywhere else.
fn has_target(workspace: &Path) -> bool {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]).current_dir(workspace);
    process::output(&mut rustc).is_ok_and(|folder| holds_core(Path::new(folder.trim())))
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
