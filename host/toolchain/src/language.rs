//! The languages that steps are written in, and how a source folder says which one is its own.

use std::fmt;
use std::str::FromStr;

/// A language that `lockstep build` makes components from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// By cargo; its folder has a `Cargo.toml`.
    Rust,
    /// Checked by tsc, bundled by esbuild, run by QuickJS inside the component.
    TypeScript,
    /// The same, unchecked.
    JavaScript,
    /// CPython inside the component.
    Python,
    /// The Go toolchain, for `wasip1`.
    Go,
    /// clang, or `zig cc`.
    C,
    /// The Zig compiler, over the C bindings.
    Zig,
}

impl Language {
    /// All of them, in the order in which people are told of them.
    pub const ALL: [Language; 7] = [
        Language::Rust,
        Language::TypeScript,
        Language::JavaScript,
        Language::Python,
        Language::Go,
        Language::C,
        Language::Zig,
    ];

    /// As it is named in `step.toml` and after `--lang`.
    pub fn as_str(self) -> &'static str {
        match self {
            Language::Rust => "rust",
            Language::TypeScript => "ts",
            Language::JavaScript => "js",
            Language::Python => "python",
            Language::Go => "go",
            Language::C => "c",
            Language::Zig => "zig",
        }
    }

    /// As people call it.
    pub fn title(self) -> &'static str {
        match self {
            Language::Rust => "Rust",
            Language::TypeScript => "TypeScript",
            Language::JavaScript => "JavaScript",
            Language::Python => "Python",
            Language::Go => "Go",
            Language::C => "C",
            Language::Zig => "Zig",
        }
    }

    /// The file that an author writes, from the folder of the step.
    pub fn main(self) -> &'static str {
        match self {
            Language::Rust => "src/lib.rs",
            Language::TypeScript => "step.ts",
            Language::JavaScript => "step.js",
            Language::Python => "step.py",
            Language::Go => "step.go",
            Language::C => "step.c",
            Language::Zig => "step.zig",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Language {
    type Err = String;

    fn from_str(name: &str) -> Result<Language, String> {
        Language::ALL.into_iter().find(|language| language.as_str() == name).ok_or_else(|| {
            let known = Language::ALL.map(Language::as_str).join(", ");
            format!("`{name}` is no language that steps are built from; one of {known}")
        })
    }
}
