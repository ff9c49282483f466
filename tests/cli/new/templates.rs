//! Workflows that begin with a pattern of the gallery.

use std::fs;

use expect_test::expect;

use super::{files, read, refused};
use crate::project::Project;

#[test]
fn a_pattern_comes_with_all_that_it_needs_and_under_its_own_name() {
    let project = Project::empty();
    for pattern in ["rag", "select", "extract", "approve", "classify"] {
        let ended = project.lockstep(&["new", "workflow", pattern, "--from", pattern]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let head = format!("workflow = \"{pattern}\"\n");
        assert!(read(&project, &format!("{pattern}/workflow.toml")).starts_with(&head), "{pattern}");
        let workspace: toml::Table = read(&project, &format!("{pattern}/Cargo.toml")).parse().unwrap();
        for (name, one) in workspace["workspace"]["dependencies"].as_table().unwrap() {
            let path = one.get("path").map(|path| project.path(pattern).join(path.as_str().unwrap()));
            assert!(path.is_none_or(|path| path.join("Cargo.toml").exists()), "{pattern}: {name}");
        }
        let all = files(project.folder(), project.folder()).join("\n");
        assert!(!all.contains(".wasm") && !all.contains("target/"), "{all}");
    }
    let ended = project.lockstep(&["new", "workflow", "more", "--from", "rga"]);
    assert!(ended.stderr.contains("there is no pattern `rga`; did you mean `rag`?"), "{}", ended.stderr);
}

#[test]
fn a_workflow_is_called_what_check_takes() {
    let project = Project::empty();
    fs::create_dir(project.path("within")).unwrap();
    let patterns = [&["--from", "rag"][..], &[]];
    for pattern in patterns {
        refused(
            &project,
            "within",
            &[&["new", "workflow", "Shop"], pattern].concat(),
            expect![[r#"
            error: `Shop` cannot name a workflow: lower-case words with `-` between them, each beginning with a letter, at most 64 characters
        "#]],
        );
        refused(
            &project,
            "within",
            &[&["new", "workflow", "../shop"], pattern].concat(),
            expect![[r#"
            error: `../shop` cannot name a workflow: lower-case words with `-` between them, each beginning with a letter, at most 64 characters
        "#]],
        );
    }
}
