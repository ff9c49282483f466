//! Puts the SDKs and the templates of workflows into the program, as tables of path and text. No crate for it leaves
//! out what builds and tests leave behind, and still notices a file that is added.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// What is no source.
const LEFT_BEHIND: [&str; 11] = [
    "target",
    "gen",
    "node_modules",
    "components",
    "__pycache__",
    ".pytest_cache",
    ".ruff_cache",
    ".zig-cache",
    "Cargo.lock",
    "tests",
    "graph.svg",
];

/// The plugins that `lockstep new workflow` begins with, and what they share.
const TEMPLATES: [&str; 8] =
    ["rag", "strategies", "extract-model", "payout", "triage", "extraction", "shared", "refunds/money"];

fn main() {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo says so")).join("../..");
    let mut tables = String::new();
    for folder in ["guest-sdk", "wit"] {
        println!("cargo:rerun-if-changed={}", root.join(folder).display());
    }
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
    let mut files = Vec::new();
    collect(folder, &mut files);
    let _ =
        writeln!(tables, "/// Path and text of each file.\npub(crate) static {name}: &[(&str, &str)] = &[");
    for file in files {
        let path = file.strip_prefix(folder).expect("it was found there").display().to_string();
        // Not the folder, in which components come and go.
        println!("cargo:rerun-if-changed={}", file.display());
        let from = file.canonicalize().expect("it was found there");
        let _ = writeln!(tables, "    ({path:?}, include_str!({:?})),", from.display().to_string());
    }
    tables.push_str("];\n");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in sorted(folder) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match path.is_dir() {
            _ if LEFT_BEHIND.contains(&name.as_str()) => {}
            true => collect(&path, files),
            false => files.push(path),
        }
    }
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the repository is whole");
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
