//! The one test that compiles for WebAssembly: everything else reads the components that
//! `cargo xtask guests` left. On a machine without a compiler for the target it says how to get one.

use std::fs;
use std::path::{Path, PathBuf};

use lockstep_core::contract::Contract;
use lockstep_toolchain::{Error, Install, Toolchain};

/// Beside what `cargo xtask` builds, so that nothing is compiled twice.
fn guests() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("guests")
}

fn toolchain(target_dir: PathBuf) -> Toolchain {
    let cache = lockstep_toolchain::user_cache().unwrap_or_else(guests);
    Toolchain { cache, target_dir, install: Install::Never }
}

#[test]
fn a_source_folder_becomes_a_component_whose_contract_can_be_read() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/lab/steps/lab");
    let built = toolchain(guests()).build(std::slice::from_ref(&source), &|_| {});
    let built = built.unwrap_or_else(|error| panic!("{error}"));
    let [lab] = &built[..] else { panic!("one source, {} components", built.len()) };
    assert_eq!((&lab.source, lab.name.as_str()), (&source, "lab"));
    let contract = Contract::read(&lab.component).expect("a step");
    let told: Vec<_> =
        contract.handlers.iter().map(|one| format!("{}: {} -> {}", one.name, one.takes, one.gives)).collect();
    assert_eq!(
        told,
        [
            "on-echo: echo -> echoed",
            "on-panic: panic -> nothing",
            "on-spin: spin -> nothing",
            "on-hog: hog -> nothing",
            "on-flood: flood -> list<drop>",
            "on-shout: shout -> nothing",
            "on-fail: fail -> recovered",
            "on-recurse: recurse -> nothing",
        ]
    );
}

#[test]
fn code_that_does_not_compile_is_the_authors_to_mend() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("src/lib.rs"), "fn broken() -> u32 { \"no number\" }").unwrap();
    let manifest =
        "[package]\nname = \"broken\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"cdylib\"]\n[workspace]\n";
    fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    let error = toolchain(folder.path().join("target")).build(&[folder.path().to_owned()], &|_| {});
    let error = error.expect_err("it is no program");
    assert!(matches!(error, Error::Build(_)), "{error}");
    assert_eq!(error.to_string(), "cargo could not build broken; what it found stands above");
}
