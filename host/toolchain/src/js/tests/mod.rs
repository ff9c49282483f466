//! What is written for a small world, held against golden files; what the SDK does, by its own tests in Node; and
//! that what a new step begins with builds and passes.

mod golden_files;
mod plain;
mod told;

use std::path::{Path, PathBuf};

use crate::{Install, Language, Source, Toolchain, World};

/// The toolchain of this machine; it fetches what is missing.
fn toolchain(target_dir: &Path) -> Toolchain {
    let cache = crate::user_cache().expect("this machine has a home");
    Toolchain { cache, target_dir: target_dir.to_owned(), install: Install::Allowed }
}

/// A step in a folder, whether or not its file is there yet.
fn source(folder: &Path, language: Language, wit: PathBuf) -> Source {
    let main = folder.join(language.main());
    Source {
        folder: folder.to_owned(),
        language,
        name: "assess".into(),
        wit,
        world: None,
        main,
        requirements: None,
    }
}

/// The WIT of a small shop.
fn shop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/js/tests/shop.wit")
}

fn world(source: &Source) -> World {
    World::read(source).unwrap_or_else(|error| panic!("{error}"))
}
