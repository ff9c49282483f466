//! The tools, as packages of npm. The lockfile names no registry: whichever npm is set up for serves them.

use crate::tools::{Packages, Registry};

/// esbuild bundles, tsc checks, componentize-qjs brings the engine.
pub(super) const TOOLS: Packages = Packages {
    name: "js",
    what: "componentize-qjs 0.4.5 with esbuild and TypeScript",
    size: "80 MB",
    registry: Registry::Npm {
        manifest: include_str!("packages/package.json"),
        lock: include_str!("packages/package-lock.json"),
    },
};
