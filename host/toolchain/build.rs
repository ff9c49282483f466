//! Puts the SDKs and the templates of workflows into the program, as tables of path and text. No crate for it leaves
//! out what builds, tests and runs leave behind, and still notices a file that is added.

#[path = "src/left_behind.rs"]
mod left_behind;

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use left_behind::is_left_behind;

/// The ends of names of what is source: a run leaves its store beside a workflow.
const KINDS: [&str; 16] =
    ["c", "go", "h", "js", "json", "md", "mod", "py", "rs", "s", "toml", "ts", "txt", "typed", "wit", "zig"];

/// What tells of an SDK or a plugin, and is no part of it.
const ASIDE: [&str; 2] = ["Cargo.lock", "tests"];

/// The plugins that `lockstep new workflow` begins with, and what they share.
const TEMPLATES: [&str; 8] =
    ["rag", "strategies", "extract-model", "payout", "triage", "extraction", "shared", "refunds/money"];

fn main() {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo says so")).join("../..");
    let mut tables = String::new();
    for entry in sorted(&root.join("guest-sdk")) {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        table(&mut tables, &name, &entry);
    }
    table(&mut tables, "WIT", &root.join("wit"));
    for name in TEMPLATES {
        table(&mut tables, &name.replace(['/', '-'], "_").to_uppercase(), &root.join("plugins").join(name));
    }
    let out = Path::new(&env::var("OUT_DIR").expect("cargo says so")).join("embedded.rs");
    fs::write(out, tables).expect("cargo's own folder can be written");
}

fn table(tables: &mut String, name: &str, folder: &Path) {
    watch(folder);
    let mut files = Vec::new();
    collect(folder, &mut files);
    let _ =
        writeln!(tables, "/// Path and text of each file.\npub(crate) static {name}: &[(&str, &str)] = &[");
    for file in files {
        let path = file.strip_prefix(folder).expect("it was found there").display().to_string();
        let from = file.canonicalize().expect("it was found there");
        let _ = writeln!(tables, "    ({path:?}, include_str!({:?})),", from.display().to_string());
    }
    tables.push_str("];\n");
}

/// Says when to run again. Cargo looks at all that is in a folder, so one in which things come and go is watched by
/// what is in it; beside those a new file is noticed with the next change.
fn watch(folder: &Path) {
    if is_still(folder) {
        println!("cargo:rerun-if-changed={}", folder.display());
        return;
    }
    for path in sorted(folder).into_iter().filter(|path| is_part(path)) {
        match path.is_dir() {
            true => watch(&path),
            false => println!("cargo:rerun-if-changed={}", path.display()),
        }
    }
}

fn is_still(folder: &Path) -> bool {
    sorted(folder).iter().all(|path| is_part(path) && (!path.is_dir() || is_still(path)))
}

/// The files of a folder that are source, in order.
pub(crate) fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in sorted(folder).into_iter().filter(|path| is_part(path)) {
        match path.is_dir() {
            true => collect(&path, files),
            false => files.push(path),
        }
    }
}

fn is_part(path: &Path) -> bool {
    let is_kind = path.extension().and_then(OsStr::to_str).is_some_and(|end| KINDS.contains(&end));
    let is_aside = path.file_name().is_some_and(|name| ASIDE.iter().any(|one| name == *one));
    !is_left_behind(path) && !is_aside && (path.is_dir() || is_kind)
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the repository is whole");
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
