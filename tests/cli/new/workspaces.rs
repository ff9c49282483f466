//! The cargo workspace that a new step comes into: whatever stood before still does, as cargo says.

use std::fs;
use std::process::Command;

use super::{files, read};
use crate::project::{Project, lockstep_in};

/// A project with these files, and a workflow in `shop`.
fn shop(files: &[(&str, &str)]) -> Project {
    let project = Project::empty();
    let workflow =
        "workflow = \"shop\"\nstart = \"a\"\nstop = [\"b\"]\n[steps.old]\ncomponent = \"old.wasm\"\n";
    for (name, text) in files.iter().chain(&[("shop/workflow.toml", workflow)]) {
        fs::create_dir_all(project.path(name).parent().unwrap()).unwrap();
        fs::write(project.path(name), text).unwrap();
    }
    project
}

/// The same, with a step that is there already.
fn shop_with_a_step(files: &[(&str, &str)]) -> Project {
    let manifest = "[package]\nname = \"old\"\nedition = \"2024\"\n";
    shop(&[files, &[("shop/steps/old/Cargo.toml", manifest), ("shop/steps/old/src/lib.rs", "")]].concat())
}

/// A new step in Rust, and the packages that cargo then sees from a folder.
fn packages(project: &Project, folder: &str) -> Vec<String> {
    let arguments = ["new", "step", "next", "--lang", "rust"];
    let ended = lockstep_in(&project.path("shop"), &arguments, None);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    metadata(project, folder)
}

fn metadata(project: &Project, folder: &str) -> Vec<String> {
    let mut cargo = Command::new("cargo");
    cargo.args(["metadata", "--no-deps", "--format-version", "1", "--offline"]);
    let output = cargo.current_dir(project.path(folder)).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = told["packages"].as_array().unwrap().iter();
    let mut names: Vec<_> = packages.map(|one| one["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_workspace_around_the_steps_that_are_there_is_joined() {
    for members in ["*/steps/*", "shop/steps/old"] {
        let manifest = format!("[workspace]\nmembers = [\"{members}\"]\n");
        let project = shop_with_a_step(&[("Cargo.toml", &manifest)]);
        assert_eq!(packages(&project, "shop/steps/old"), ["old", "shop-next"], "{members}");
        assert!(!project.path("shop/Cargo.toml").exists());
        assert!(read(&project, "Cargo.toml").contains("lockstep-sdk = { path = \"shop/sdk/rust\" }"));
        assert_eq!(metadata(&project, "shop/sdk/rust"), ["lockstep-sdk", "lockstep-sdk-macros"]);
    }
}

#[test]
fn an_sdk_that_a_workspace_has_stays_the_one() {
    let manifest = "[workspace]\nmembers = [\"*/steps/*\"]\n[workspace.dependencies]\nlockstep-sdk = \"9\"\n";
    let project = shop_with_a_step(&[("Cargo.toml", manifest)]);
    assert_eq!(packages(&project, "shop/steps/next"), ["old", "shop-next"]);
    assert_eq!(read(&project, "Cargo.toml"), manifest);
    assert!(!project.path("shop/sdk").exists());
}

#[test]
fn a_manifest_at_the_root_gets_all_that_a_step_needs() {
    let root = "[package]\nname = \"shop\"\nedition = \"2024\"\n";
    let project = shop_with_a_step(&[("shop/Cargo.toml", root), ("shop/src/lib.rs", "")]);
    assert_eq!(packages(&project, "shop"), ["next", "old", "shop"]);
    assert_eq!(metadata(&project, "shop/steps/old"), ["next", "old", "shop"]);
    let project = shop_with_a_step(&[("shop/Cargo.toml", "[workspace]\nmembers = [\"steps/old\"]\n")]);
    assert_eq!(packages(&project, "shop/steps/next"), ["next", "old"]);
}

#[test]
fn a_workspace_that_has_nothing_to_do_with_the_workflow_is_left_alone() {
    let around = "[workspace]\nmembers = [\"app\"]\n";
    let app = "[package]\nname = \"app\"\n";
    let project = shop(&[("Cargo.toml", around), ("app/Cargo.toml", app), ("app/src/lib.rs", "")]);
    assert_eq!(packages(&project, "shop"), ["next"]);
    assert_eq!(
        (read(&project, "Cargo.toml").as_str(), metadata(&project, "app")),
        (around, vec!["app".into()])
    );
}

#[test]
fn a_step_that_is_no_crate_is_kept_out_of_the_workspace() {
    let project = shop_with_a_step(&[("shop/Cargo.toml", "[workspace]\nmembers = [\"steps/*\"]\n")]);
    let arguments = ["new", "step", "tea", "--lang", "python"];
    let ended = lockstep_in(&project.path("shop"), &arguments, None);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(metadata(&project, "shop/steps/old"), ["old"]);
    assert!(
        files(&project.path("shop/steps/tea"), &project.path("shop")).contains(&"steps/tea/step.py".into())
    );
}
