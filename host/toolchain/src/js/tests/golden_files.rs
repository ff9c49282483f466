//! What is generated for the shop, file by file.

use std::path::Path;

use expect_test::expect_file;

use super::{shop, source, toolchain, world};
use crate::build::Job;
use crate::js::generate::files;
use crate::js::starter;
use crate::{File, GENERATED, Language};

/// `UPDATE_EXPECT=1` writes them anew.
fn golden(path: &str, text: &str) {
    expect_file![format!("golden/{path}")].assert_eq(text);
}

#[test]
fn what_is_generated_for_a_world_is_what_the_golden_files_say() {
    let folder = Path::new("steps/assess");
    let source = source(folder, Language::TypeScript, shop());
    let generated = files(&world(&source), Language::TypeScript, "../step.ts");
    for path in [
        "check/handlers.ts",
        "component.js",
        "events.d.ts",
        "events.js",
        "handlers.d.ts",
        "host.js",
        "lockstep.d.ts",
        "lockstep.js",
        "world.js",
    ] {
        golden(path, &generated[Path::new(path)]);
    }
}

#[test]
fn javascript_is_not_checked() {
    let source = source(Path::new("steps/assess"), Language::JavaScript, shop());
    let generated = files(&world(&source), Language::JavaScript, "../step.js");
    let typed = |path: &&std::path::PathBuf| path.starts_with("check") || path.ends_with("tsconfig.json");
    assert_eq!(generated.keys().find(typed), None);
    assert!(generated.contains_key(Path::new("events.d.ts")), "editors know the types all the same");
}

#[test]
fn a_new_step_begins_with_what_the_golden_files_say() {
    for language in [Language::TypeScript, Language::JavaScript] {
        for File { path, text } in begun(Path::new("steps/assess"), language) {
            if path.to_string_lossy().starts_with("step.") {
                golden(&format!("starter/{}", path.display()), &text);
            }
        }
    }
}

/// The files that a new step begins with.
pub(super) fn begun(folder: &Path, language: Language) -> Vec<File> {
    let source = source(folder, language, shop());
    let job = Job {
        source: &source,
        world: &world(&source),
        toolchain: &toolchain(&folder.join(GENERATED)),
        progress: &|_| {},
    };
    starter(&job).unwrap_or_else(|error| panic!("{error}"))
}
