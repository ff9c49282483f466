//! The pages about languages, as a reader would take them: every command of their `sh` blocks is run, in order, in
//! one shell and a folder of its own, and every line of their `text` blocks is told by one of them.

use std::fs;

use crate::shell::{blocks, in_a_shell, root};

fn holds(page: &str) {
    let text = fs::read_to_string(root().join("docs").join(page)).unwrap();
    let home = tempfile::tempdir().unwrap();
    let commands = blocks(&text, "sh").join("\n");
    let ended = in_a_shell(home.path(), home.path(), &commands);
    assert_eq!(ended.code, 0, "{page}: {}{}", ended.stdout, ended.stderr);
    let told = format!("{}{}", ended.stdout, ended.stderr);
    let shown: Vec<&str> = blocks(&text, "text").into_iter().flat_map(str::lines).collect();
    assert!(shown.len() > 3, "{page} shows what its commands tell");
    for line in shown {
        assert!(told.lines().any(|one| one == line), "{page}: `{line}` is not told: {told}");
    }
}

#[test]
fn the_page_about_rust_holds() {
    holds("rust.md");
}

#[test]
fn the_page_about_javascript_holds() {
    holds("javascript.md");
}

#[test]
fn the_page_about_python_holds() {
    holds("python.md");
}

#[test]
fn the_page_about_go_holds() {
    holds("go.md");
}

#[test]
fn the_page_about_c_holds() {
    holds("c.md");
}

#[test]
fn the_page_about_zig_holds() {
    holds("zig.md");
}
