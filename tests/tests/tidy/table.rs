//! ARCHITECTURE's table of crates as data, and what it says cannot be named. Whoever changes one
//! changes both.

/// A crate of the workspace.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    /// As cargo calls it.
    pub(crate) name: &'static str,
    /// Where it lies.
    pub(crate) folder: &'static str,
    /// What it may depend on. Dependencies for tests are free.
    pub(crate) may: May,
    /// Packages it must not depend on by itself.
    pub(crate) never: &'static [&'static str],
    /// Packages it must not reach through others either.
    pub(crate) nowhere: &'static [&'static str],
    /// Paths that none of its sources may name, tests included.
    pub(crate) unnamed: &'static [&'static str],
}

/// What a crate may depend on.
#[derive(Clone, Copy)]
pub(crate) enum May {
    /// These and nothing else.
    Only(&'static [&'static str]),
    /// Of this workspace these; of others what is not excluded.
    Own(&'static [&'static str]),
}

const DOING: [&str; 13] = [
    "axum",
    "cap-std",
    "clap",
    "hyper",
    "mio",
    "reqwest",
    "rusqlite",
    "rustix",
    "socket2",
    "tokio",
    "tokio-postgres",
    "wasmtime",
    "wasmtime-wasi",
];

const OUTSIDE: [&str; 7] =
    ["std::env", "std::fs", "std::net", "std::process", "std::thread", "SystemTime", "Instant"];

/// Every crate of the workspace.
pub(crate) const TABLE: [Row; 15] = [
    Row {
        name: "lockstep-core",
        folder: "host/core",
        may: May::Only(&[
            "base64",
            // schemas are part of the rule of `[[tools]]`: text against text, without I/O
            "jsonschema",
            "semver",
            "serde",
            "serde_json",
            "sha2",
            "strsim",
            "thiserror",
            "toml",
            "url",
            "wasmparser",
            "wit-component",
            "wit-parser",
        ]),
        never: &[],
        nowhere: &DOING,
        unnamed: &OUTSIDE,
    },
    Row {
        name: "lockstep-journal",
        folder: "host/journal",
        may: May::Only(&["lockstep-core", "rusqlite", "thiserror", "tokio"]),
        never: &[],
        nowhere: &["axum", "clap", "wasmtime", "wasmtime-wasi"],
        unnamed: &["std::env"],
    },
    Row {
        name: "lockstep-sandbox",
        folder: "host/sandbox",
        may: May::Own(&["lockstep-core"]),
        never: &["axum", "clap", "rmcp"],
        nowhere: &["rusqlite", "tokio-postgres"],
        unnamed: &["std::env", "lockstep_core::journal"],
    },
    Row {
        name: "lockstep-mcp",
        folder: "host/mcp",
        may: May::Own(&["lockstep-core", "lockstep-sandbox"]),
        never: &["axum", "clap", "reqwest", "wasmtime", "wasmtime-wasi"],
        nowhere: &["rusqlite", "tokio-postgres"],
        unnamed: &["std::env", "std::fs", "lockstep_core::journal"],
    },
    Row {
        name: "lockstep-runtime",
        folder: "host/runtime",
        may: May::Own(&["lockstep-core", "lockstep-sandbox"]),
        never: &["axum", "clap", "rmcp", "wasmtime", "wasmtime-wasi"],
        nowhere: &["rusqlite", "tokio-postgres"],
        unnamed: &["std::env"],
    },
    Row {
        name: "lockstep-toolchain",
        folder: "host/toolchain",
        may: May::Own(&["lockstep-core"]),
        never: &["axum", "clap", "tokio", "wasmtime", "wasmtime-wasi"],
        nowhere: &[],
        unnamed: &[],
    },
    Row {
        name: "lockstep",
        folder: "host/server",
        may: May::Own(&[
            "lockstep-core",
            "lockstep-hostile",
            "lockstep-journal",
            "lockstep-mcp",
            "lockstep-runtime",
            "lockstep-sandbox",
            "lockstep-toolchain",
        ]),
        never: &["rmcp", "rusqlite", "tokio-postgres", "wasmtime", "wasmtime-wasi"],
        nowhere: &[],
        unnamed: &[],
    },
    Row {
        name: "lockstep-tests",
        folder: "tests",
        may: May::Only(&[]),
        never: &[],
        nowhere: &[],
        unnamed: &[],
    },
    Row {
        name: "lockstep-crash",
        folder: "tests/crash",
        may: May::Own(&[
            "lockstep-core",
            "lockstep-journal",
            "lockstep-runtime",
            "lockstep-sandbox",
            "lockstep-test-support",
        ]),
        never: &["axum", "clap", "rusqlite", "wasmtime", "wasmtime-wasi"],
        nowhere: &[],
        unnamed: &[],
    },
    Row {
        name: "lockstep-fuzz",
        folder: "tests/fuzz",
        may: May::Own(&["lockstep-core", "lockstep-sandbox"]),
        never: &["axum", "clap", "rusqlite", "wasmtime", "wasmtime-wasi"],
        nowhere: &[],
        unnamed: &[],
    },
    Row {
        name: "lockstep-hostile",
        folder: "tests/hostile",
        may: May::Own(&["lockstep-toolchain"]),
        never: &[],
        nowhere: &DOING,
        unnamed: &OUTSIDE,
    },
    Row {
        name: "lockstep-local",
        folder: "tests/local",
        may: May::Only(&["bytes", "http-body-util", "hyper", "hyper-util", "serde_json", "tokio"]),
        never: &[],
        nowhere: &[],
        unnamed: &[],
    },
    Row {
        name: "lockstep-test-mcp",
        folder: "tests/mcp",
        may: May::Only(&["serde_json"]),
        never: &[],
        nowhere: &[],
        unnamed: &[],
    },
    Row {
        name: "lockstep-test-support",
        folder: "tests/support",
        may: May::Own(&["lockstep-hostile", "lockstep-toolchain"]),
        never: &[],
        nowhere: &DOING,
        unnamed: &OUTSIDE,
    },
    Row {
        name: "lockstep-xtask",
        folder: "xtask",
        may: May::Own(&["lockstep-toolchain"]),
        never: &["axum", "tokio", "wasmtime", "wasmtime-wasi"],
        nowhere: &[],
        unnamed: &[],
    },
];
