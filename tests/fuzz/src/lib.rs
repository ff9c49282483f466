//! What strangers hand to Lockstep, as functions from bytes: each reads them as one reader of the host
//! would, and panics where a promise of that reader is broken. They run in two ways: `main.rs` replays
//! the corpus and goes on with changed inputs for a while, with nothing but cargo; `guided/` lets
//! libFuzzer look for inputs that reach new code, and what it finds is kept in `corpus/`.

mod arguments;
mod contract;
mod files;
pub mod mutate;
mod requests;
#[cfg(feature = "sandbox")]
mod values;

/// Something that reads bytes of strangers.
#[derive(Debug)]
pub struct Target {
    /// Its name, and that of its folder in `corpus/`.
    pub name: &'static str,
    /// Reads the bytes; panics where a promise is broken.
    pub run: fn(&[u8]),
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target { name: "arguments", run: arguments::run },
    Target { name: "contract", run: contract::run },
    #[cfg(feature = "sandbox")]
    Target { name: "value", run: values::run },
    Target { name: "workflow", run: files::workflow },
    Target { name: "grant", run: files::grant },
    Target { name: "operator", run: files::operator },
    Target { name: "request", run: requests::run },
];

/// The target of this name.
pub fn named(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
