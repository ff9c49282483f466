//! What is fetched for a step, and what is not: wheels that are made for the test, without any index.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::ensure;
use crate::python::tests::{Step, world_of};
use crate::{Error, Install, process};

/// A wheel with one module, and what its metadata says more.
fn wheel(folder: &Path, name: &str, text: &str, more: &str) {
    const MAKE: &str = "
import sys, zipfile
path, name, text, more = sys.argv[1:]
info = f'{name}-1.0.dist-info'
files = {
    f'{name}.py': text,
    f'{info}/METADATA': f'Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n{more}',
    f'{info}/WHEEL': 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n',
}
files[f'{info}/RECORD'] = ''.join(f'{file},,\\n' for file in files)
with zipfile.ZipFile(f'{path}/{name}-1.0-py3-none-any.whl', 'w') as wheel:
    for file, text in files.items():
        wheel.writestr(file, text)
";
    fs::create_dir_all(folder).unwrap();
    let mut python = Command::new("python3");
    process::output(python.args(["-c", MAKE]).arg(folder).args([name, text, more])).unwrap();
}

/// A step with these requirements.
fn step(requirements: &str) -> Step {
    let step = Step::new(&world_of("record a { n: u8 }"));
    fs::write(step.path().join("requirements.txt"), requirements).unwrap();
    step
}

fn packages(step: &Step, install: Install) -> Result<PathBuf, Error> {
    step.job_that(install, ensure).map(|folder| folder.expect("it has requirements"))
}

fn module(step: &Step, name: &str) -> Option<String> {
    let packages = packages(step, Install::Allowed).unwrap_or_else(|error| panic!("{error}"));
    fs::read_to_string(packages.join(name)).ok()
}

#[test]
fn what_a_step_is_given_follows_from_the_wheels_beside_it() {
    let (one, other) = (step("--no-index\n--find-links wheels\ntea\n"), step("-r base.txt\n"));
    fs::write(other.path().join("base.txt"), "--no-index\n-f wheels\n").unwrap();
    wheel(&one.path().join("wheels"), "tea", "KIND = 'oolong'", "");
    assert_eq!(module(&one, "tea.py").as_deref(), Some("KIND = 'oolong'"));
    wheel(&one.path().join("wheels"), "tea", "KIND = 'green'", "");
    assert_eq!(module(&one, "tea.py").as_deref(), Some("KIND = 'green'"), "the wheel has changed");
    wheel(&other.path().join("wheels"), "tea", "KIND = 'black'", "");
    assert_eq!(module(&other, "tea.py"), None);
    fs::write(other.path().join("base.txt"), "--no-index\n-f wheels\ntea\n").unwrap();
    assert_eq!(
        module(&other, "tea.py").as_deref(),
        Some("KIND = 'black'"),
        "a file that is named has changed"
    );
}

#[test]
fn markers_are_those_of_the_python_in_components() {
    let step = step("--no-index\n--find-links wheels\ntea\nolder ; python_version < '3.14'\n");
    let needs =
        ["newer; python_version >= '3.14'", "older; python_version < '3.14'", "here; sys_platform == 'wasi'"];
    let needs = needs.map(|need| format!("Requires-Dist: {need}\n")).concat();
    wheel(&step.path().join("wheels"), "tea", "", &needs);
    ["newer", "older", "here"].iter().for_each(|name| wheel(&step.path().join("wheels"), name, "", ""));
    let there = ["tea.py", "newer.py", "here.py", "older.py"].map(|name| module(&step, name).is_some());
    assert_eq!(there, [true, true, true, false]);
}

#[test]
fn what_is_missing_is_fetched_only_where_that_is_allowed() {
    let step = step("--no-index\n--find-links wheels\ntea\n");
    wheel(&step.path().join("wheels"), "tea", "", "");
    let told = packages(&step, Install::Never).expect_err("it is not there yet").to_string();
    assert_eq!(
        told.replace(&step.path().display().to_string(), "…"),
        "step `tea-step` is written in Python, and what …/requirements.txt names is missing; `lockstep build \
         --install` fetches it"
    );
    assert_eq!(packages(&step, Install::Allowed).unwrap(), packages(&step, Install::Never).unwrap());
}

#[test]
fn no_code_of_a_step_runs_on_this_machine() {
    let ran = "import pathlib\npathlib.Path(__file__).with_name('it-ran').touch()\n";
    for (requirements, is_taken) in [
        ("--no-index\n--find-links wheels\ntea\n", true),
        ("./evil\n", false),
        ("-e ./evil\n", false),
        ("--no-binary evil\n--no-index\n--find-links .\nevil\n", false),
    ] {
        let step = step(requirements);
        wheel(&step.path().join("wheels"), "tea", "", "");
        fs::create_dir(step.path().join("evil")).unwrap();
        fs::write(step.path().join("evil/setup.py"), ran).unwrap();
        fs::write(step.path().join("pip.py"), ran).unwrap();
        assert_eq!(packages(&step, Install::Allowed).is_ok(), is_taken, "{requirements}");
        let traces = ["it-ran", "evil/it-ran"].map(|trace| step.path().join(trace).exists());
        assert_eq!(traces, [false; 2], "{requirements}");
    }
}
