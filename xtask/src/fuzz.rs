//! `cargo xtask fuzz`: the targets of `lockstep-fuzz`, replayed with nothing but cargo, or led by coverage.
//!
//! libFuzzer needs the compiler's counters, which are an option of LLVM and so work with the stable
//! compiler; everything is built for that in a folder of its own.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::stage::{root, run, say, sh, target};

/// Options of the compiler that libFuzzer needs.
const COUNTERS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
                        -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares \
                        -Ccodegen-units=1";

/// The corpus of every target, and changed inputs for so many seconds in all.
pub(crate) fn replay(seconds: &str) -> Result<()> {
    sh(".", "cargo build --locked --quiet --workspace --bin lockstep-fuzz")?;
    let program = target().join("debug/lockstep-fuzz").display().to_string();
    sh(".", &format!("{program} {seconds}"))
}

/// Looks for inputs of one target that reach new code, and keeps those that do in its corpus.
pub(crate) fn guided(name: &str, seconds: &str) -> Result<()> {
    let folder = root().join("tests/fuzz");
    let (corpus, built) = (folder.join("corpus").join(name), target().join("fuzz"));
    if !corpus.is_dir() {
        bail!("there is no target `{name}`; the folders in tests/fuzz/corpus are named like the targets");
    }
    // With a target of its own, what is built to run during the build has no counters.
    let host = host()?;
    say(&format!("building for `{name}`; the first time this takes some minutes"));
    run(Command::new("cargo")
        .args([
            "build",
            "--release",
            "--quiet",
            "--target",
            &host,
            "--features",
            features(name),
            "--target-dir",
        ])
        .arg(&built)
        .env("RUSTFLAGS", COUNTERS)
        .current_dir(folder.join("guided")))?;
    let (found, new) = (built.join("found"), built.join("new").join(name));
    fs::create_dir_all(&found)
        .and_then(|()| fs::create_dir_all(&new))
        .context("folders for what is found")?;
    let program = built.join(&host).join("release/lockstep-fuzz-guided");
    let fuzz = |arguments: &[String]| {
        run(Command::new(&program).args(arguments).env("LOCKSTEP_FUZZ", name).current_dir(&found))
    };
    let (new, corpus) = (new.display().to_string(), corpus.display().to_string());
    let long = format!("-max_total_time={seconds}");
    fuzz(&[long, "-timeout=10".into(), "-print_final_stats=1".into(), new.clone(), corpus.clone()])?;
    fuzz(&["-merge=1".into(), corpus, new])
}

/// What a target needs beside the rules.
fn features(name: &str) -> &'static str {
    if name == "value" { "sandbox" } else { "" }
}

/// The machine that this one is, as the compiler calls it.
fn host() -> Result<String> {
    let told = Command::new("rustc").arg("-vV").output().context("rustc cannot be asked for its host")?;
    let told = String::from_utf8(told.stdout)?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc tells no host")?.to_owned())
}
