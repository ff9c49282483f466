//! In plain Node: the SDK's own tests, and the cases of a new step.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::golden_files::begun;
use super::{shop, toolchain};
use crate::js::packages::TOOLS;
use crate::tools::For;
use crate::{Language, MANIFEST, process};

#[test]
fn the_sdk_keeps_what_it_promises() {
    let folder = tempfile::tempdir().unwrap();
    let toolchain = toolchain(folder.path());
    let who = For { step: "tests", language: "JavaScript" };
    let tools = TOOLS.ensure(&toolchain.cache, toolchain.install, &who, &|_| {});
    let tools = tools.unwrap_or_else(|error| panic!("{error}"));
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest-sdk/js");
    let mut node = Command::new("node");
    node.arg("--test").current_dir(sdk).env("LOCKSTEP_JS_TOOLS", tools);
    let told = process::output(&mut node).unwrap_or_else(|error| panic!("{error}"));
    let passed =
        |line: &str| line.trim_start_matches(['#', 'ℹ', ' ']).strip_prefix("pass ").map(str::to_owned);
    let passed: usize = told.lines().find_map(passed).and_then(|count| count.parse().ok()).expect("a count");
    assert!(passed > 40, "{told}");
}

/// What somebody who writes a first case expects of a handler that emits nothing.
const CASE: &str = "handler = \"on-timer-fired\"\nevent = { name = \"remind\" }\n[expect]\nemits = []\n";

#[test]
fn what_a_new_step_begins_with_builds_at_once_and_passes_its_test() {
    for language in [Language::TypeScript, Language::JavaScript] {
        let folder = tempfile::tempdir().unwrap();
        let step = folder.path().join("assess");
        begin(&step, language);
        let built = toolchain(folder.path()).build(std::slice::from_ref(&step), &|_| {});
        let built = built.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((built[0].name.as_str(), built[0].language), ("assess", language));
        let npm =
            |arguments: &[&str]| process::output(Command::new("npm").args(arguments).current_dir(&step));
        npm(&["install", "--silent", "--prefer-offline"]).unwrap_or_else(|error| panic!("{error}"));
        let told = npm(&["test"]).unwrap_or_else(|error| panic!("{error}"));
        assert!(told.contains("1 passed"), "{told}");
        fs::write(step.join("cases/first.toml"), CASE.replace("[]", "[{ noted = {} }]")).unwrap();
        assert!(npm(&["test"]).is_err(), "a case that does not hold passes");
    }
}

fn begin(step: &Path, language: Language) {
    for folder in ["wit", "cases"] {
        fs::create_dir_all(step.join(folder)).unwrap();
    }
    fs::copy(shop(), step.join("wit/shop.wit")).unwrap();
    fs::write(step.join(MANIFEST), format!("language = \"{language}\"\n")).unwrap();
    fs::write(step.join("cases/first.toml"), CASE).unwrap();
    for file in begun(step, language) {
        fs::write(step.join(file.path), file.text).unwrap();
    }
}
