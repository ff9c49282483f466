//! What the build script puts into the program: source, and nothing that a build or a run has left beside it.

#[expect(dead_code, clippy::print_stdout, reason = "a build script speaks to cargo on its output")]
#[path = "../build.rs"]
mod build_script;

use std::fs;

#[test]
fn what_runs_and_builds_leave_is_not_put_into_the_program() {
    let folder = tempfile::tempdir().unwrap();
    for path in [
        "README.md",
        "workflow.toml",
        "lockstep.db",
        "lockstep.db-wal",
        "graph.svg",
        "Cargo.lock",
        "components/a.wasm",
        "steps/a/src/lib.rs",
        "steps/a/target/a.d",
        "steps/a/core",
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // What is put in has to be text.
        fs::write(path, [0xff]).unwrap();
    }
    let mut files = Vec::new();
    build_script::collect(folder.path(), &mut files);
    let files = files.iter().map(|file| file.strip_prefix(folder.path()).unwrap().display().to_string());
    assert_eq!(files.collect::<Vec<_>>(), ["README.md", "steps/a/src/lib.rs", "workflow.toml"]);
}
