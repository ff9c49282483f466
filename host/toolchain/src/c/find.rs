//! What compiles C to WebAssembly on this machine: a clang that has the target, its linker and the C library of WASI;
//! else Zig, which brings all of them.

use std::path::PathBuf;
use std::process::Command;

use crate::build::Job;
use crate::zig::{self, Zig};
use crate::{Error, apt, process};

/// What Debian calls the parts of clang that C steps need.
const PACKAGES: [&str; 4] = ["clang-22", "lld-22", "wasi-libc", "libclang-rt-22-dev-wasm32"];

/// And what it calls those of C++.
const CXX_PACKAGES: [&str; 2] = ["libc++-22-dev-wasm32", "libc++abi-22-dev-wasm32"];

/// The oldest clang that knows the C that steps are compiled as.
const OLDEST: u32 = 19;

/// Names of clang, the newest first.
const NAMES: [&str; 7] = ["clang", "clang-24", "clang-23", "clang-22", "clang-21", "clang-20", "clang-19"];

/// The target, by its name and by the one that it had before.
const TARGETS: [&str; 2] = ["wasm32-wasip1", "wasm32-wasi"];

/// How a clang is asked for what every step is linked with.
const PARTS: [&str; 2] = ["-print-file-name=crt1-reactor.o", "-print-libgcc-file-name"];

/// Which language the files of a step are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dialect {
    C,
    Cxx,
}

/// A compiler for steps in C.
pub(super) enum Compiler {
    Clang {
        program: &'static str,
        target: &'static str,
        linker: PathBuf,
        /// Further libraries to link.
        libraries: Vec<&'static str>,
    },
    Zig(Zig),
}

/// The compiler for a step. One in C++ needs the library of C++ as well.
pub(super) fn find(job: &Job, dialect: Dialect) -> Result<Compiler, Error> {
    let clang = NAMES.iter().flat_map(|program| TARGETS.map(|target| (*program, target)));
    let found = clang.filter_map(|(program, target)| Clang { program, target }.whole(dialect)).next();
    match found {
        Some(compiler) => Ok(compiler),
        None => zig::find(job).map(Compiler::Zig).map_err(|error| both_ways(error, dialect)),
    }
}

/// Zig can be fetched; clang can be installed where there is Debian.
fn both_ways(error: Error, dialect: Dialect) -> Error {
    match error {
        Error::Missing { step, language, fix, .. } => {
            let clang = "a clang for wasm32-wasi with wasm-ld and wasi-libc";
            let (fetch, packages) = (fix.replace("fetches it", "fetches zig"), packages(dialect));
            let fix = match apt::is_there() {
                true => format!("{fetch}; or as root: {}", apt::line(&packages)),
                false => format!("{fetch}; or install {clang}"),
            };
            Error::Missing { step, language, what: format!("{clang}, or zig 0.17"), fix }
        }
        error => error,
    }
}

fn packages(dialect: Dialect) -> Vec<&'static str> {
    match dialect {
        Dialect::C => PACKAGES.to_vec(),
        Dialect::Cxx => [&PACKAGES[..], &CXX_PACKAGES].concat(),
    }
}

/// A clang that may be there.
#[derive(Clone, Copy)]
struct Clang {
    program: &'static str,
    target: &'static str,
}

impl Clang {
    /// It, if nothing is missing.
    fn whole(self, dialect: Dialect) -> Option<Compiler> {
        let Clang { program, target } = self;
        let (questions, libraries): (&[&str], &[&str]) = match dialect {
            Dialect::C => (&PARTS, &[]),
            Dialect::Cxx => (&[PARTS[0], PARTS[1], "-print-file-name=libc++.a"], &["-lc++", "-lc++abi"]),
        };
        let is_there = |file: PathBuf| file.is_absolute() && file.exists();
        let is_whole =
            self.asks("-dumpversion").is_some_and(|version| is_new_enough(&version.to_string_lossy()))
                && questions.iter().all(|question| self.asks(question).is_some_and(is_there));
        let linker = is_whole.then(|| self.linker()).flatten()?;
        let libraries = libraries.iter().chain(self.printing()).copied().collect();
        Some(Compiler::Clang { program, target, linker, libraries })
    }

    /// What an older C library prints with complains of long doubles to stderr, and so brings in files; this does not.
    fn printing(self) -> &'static [&'static str] {
        let found = self.asks("-print-file-name=libc-printscan-long-double.a");
        if found.is_some_and(|file| file.is_absolute()) { &["-lc-printscan-long-double"] } else { &[] }
    }

    /// Its own linker; else one that is on the path.
    fn linker(self) -> Option<PathBuf> {
        let own = self.asks("-print-prog-name=wasm-ld")?;
        let suffix = self.program.strip_prefix("clang").unwrap_or_default();
        let named = [format!("wasm-ld{suffix}"), "wasm-ld".into()];
        Some(own)
            .filter(|own| own.is_absolute() && own.exists())
            .or_else(|| named.iter().find_map(|name| on_path(name)))
    }

    fn asks(self, question: &str) -> Option<PathBuf> {
        let target = format!("--target={}", self.target);
        let mut clang = Command::new(self.program);
        let told = process::output(clang.args([&target, "-rtlib=compiler-rt", question])).ok()?;
        Some(PathBuf::from(told.trim()))
    }
}

/// By the version that a clang tells of itself: `22.1.0`.
fn is_new_enough(version: &str) -> bool {
    version.split('.').next().and_then(|major| major.parse().ok()).is_some_and(|major: u32| major >= OLDEST)
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut files = std::env::split_paths(&path).map(|folder| folder.join(name));
    files.find(|file| file.exists())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_clang_that_is_too_old_is_passed_by_whatever_it_is_called() {
        for (version, expected) in [("22.1.0", true), ("19.1.7", true), ("14.0.6", false), ("", false)] {
            assert_eq!(super::is_new_enough(version), expected, "{version}");
        }
    }
}
