//! `lockstep test`: cases of handlers and of workflows, and what is said of those that fail.

mod bad_cases;
mod blessing;
mod steps;
mod workflows;

use std::fs;
use std::path::{Path, PathBuf};

use crate::project::{Ended, Project, lockstep_in};

fn plugins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins").canonicalize().unwrap()
}

/// Runs the program on what `cargo xtask guests` has built.
fn test(arguments: &[&str]) -> Ended {
    let built = plugins().join("conformance/components/probe-rust.wasm");
    assert!(built.exists(), "the plugins are not built; run `cargo xtask guests`");
    lockstep_in(&plugins(), &[&["test"], arguments].concat(), None)
}

/// Cases of the conformance step in a folder of their own.
struct Cases(Project);

impl Cases {
    /// With a file.
    fn with(name: &str, text: &str) -> Cases {
        Cases(Project::empty().with(name, text))
    }

    fn and(self, name: &str, text: &str) -> Cases {
        Cases(self.0.with(name, text))
    }

    /// What comes of them; the numbers that depend on machine and compiler are left out.
    fn told(&self, more: &[&str]) -> String {
        let step = plugins().join("conformance");
        let arguments = ["test", step.to_str().unwrap(), "--step", "probe-rust", "--case", "."];
        without_numbers(&self.0.lockstep(&[&arguments, more].concat()).told())
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path(name)).unwrap()
    }
}

/// What a case used stands in parentheses at the end of its line; of that, a run's own time stays.
fn without_numbers(told: &str) -> String {
    let line = |line: &str| match line.rsplit_once("  (") {
        Some((line, numbers)) if numbers.contains(" fuel, ") => format!("{line}\n"),
        Some((line, numbers)) if numbers.contains(" of its time, ") => {
            let (its, _) = numbers.rsplit_once(", ").unwrap();
            format!("{line}  ({its})\n")
        }
        _ => format!("{line}\n"),
    };
    told.lines().filter(|line| !line.starts_with("warning: ")).map(line).collect()
}
