//! The operator's file: which one it is, what its ceiling takes away, and where secrets come from.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::orders::orders;
use crate::project::{Ended, Project, command, ended};

const CEILING: &str = "lockstep = 1\n[ceiling.state]\nrun = \"r\"\n";
const TAKEN: &str = "[ceiling] of lockstep.toml";

fn refused(ended: &Ended, why: &str) {
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains(why), "{}", ended.stderr);
}

#[test]
fn a_grant_that_is_wider_than_the_ceiling_is_refused_wherever_it_stands() {
    assert_eq!(orders().lockstep(&["check", "."]).code, 0);
    let project = orders().with("lockstep.toml", CEILING);
    refused(&project.lockstep(&["check", "."]), TAKEN);
    refused(&project.lockstep(&["run", ".", "--store", "memory", "--input", "{\"kind\":0}"]), TAKEN);
    let text = fs::read_to_string(project.path("workflow.toml")).unwrap();
    let inline = text.replace("grant = \"clerk.toml\"", "grant = { state = { run = \"rw\" } }");
    let project = project.with("workflow.toml", inline);
    refused(&project.lockstep(&["check", "."]), TAKEN);
    let project = project.with("lockstep.toml", CEILING.replace("\"r\"", "\"rw\""));
    assert_eq!(project.lockstep(&["check", "."]).code, 0);
}

#[test]
fn a_ceiling_of_limits_holds_for_steps_without_a_grant() {
    let run = ["run", ".", "--store", "memory", "--input", "{\"kind\":4}"];
    let without = Project::jobs().lockstep(&run);
    let small = Project::jobs().with("lockstep.toml", "lockstep = 1\n[ceiling.limits]\nmemory = \"1MiB\"\n");
    let hogs = small.lockstep(&run);
    assert_eq!((without.code, hogs.code), (1, 1));
    assert!(hogs.stderr.contains("more memory than its 1 MiB"), "{}", hogs.stderr);
    assert!(!without.stderr.contains("1 MiB"), "{}", without.stderr);
}

#[test]
fn the_file_is_the_nearest_above_the_current_folder_or_the_one_that_is_named() {
    let outer = Project::empty().with("lockstep.toml", CEILING);
    fs::create_dir_all(outer.path("here/deep")).unwrap();
    let workflow = orders();
    let named = workflow.folder().display().to_string();
    let check = |folder: &str, more: &[&str]| {
        let arguments = [&["check", &named], more].concat();
        ended(command(&outer.path(folder), &arguments).output().unwrap())
    };
    refused(&check("here/deep", &[]), TAKEN);
    // What lies beside the workflow is not the operator's.
    let workflow = workflow.with("lockstep.toml", CEILING);
    let elsewhere = Project::empty();
    assert_eq!(ended(command(elsewhere.folder(), &["check", &named]).output().unwrap()).code, 0);
    let wide = outer.with("wide.toml", "lockstep = 1\n");
    let wide = wide.path("wide.toml").display().to_string();
    let arguments = ["check", &named, "--config", &wide];
    assert_eq!(ended(command(workflow.folder(), &arguments).output().unwrap()).code, 0);
    let mut by_variable = command(workflow.folder(), &["check", &named]);
    assert_eq!(ended(by_variable.env("LOCKSTEP_CONFIG", &wide).output().unwrap()).code, 0);
    refused(
        &elsewhere.lockstep(&["check", &named, "--config", "none.toml"]),
        "the operator's file none.toml cannot be read: there is no such file",
    );
}

/// A workflow whose grant names the secret `pay-key`, which the operator has from this source.
fn with_secret(source: &str) -> Project {
    let grant = "grant = 1\n[state]\nrun = \"rw\"\n[[http]]\nhost = \"api.example.com\"\n\
                 secret = { name = \"pay-key\", header = \"authorization\", format = \"Bearer {}\" }\n";
    let operator =
        format!("lockstep = 1\n[secrets]\npay-key = {source}\nunused-key = {{ env = \"NOBODY_SETS_IT\" }}\n");
    orders().with("clerk.toml", grant).with("lockstep.toml", operator)
}

/// Runs it with the file named; whether it ran, and what was said.
fn run(project: &Project) -> Ended {
    run_with(project, &["--config", "lockstep.toml"])
}

fn run_with(project: &Project, more: &[&str]) -> Ended {
    let arguments = ["run", ".", "--store", "memory", "--input", "{\"kind\":0}"];
    let mut command = command(project.folder(), &[&arguments[..], more].concat());
    ended(command.env("PAY_KEY", "hunter2-hunter2").env("SHORT_KEY", "hunter2").output().unwrap())
}

#[test]
fn a_secret_comes_from_a_variable_a_file_or_a_command() {
    let file = with_secret("{ file = \"pay.key\" }").with("pay.key", "hunter2-hunter2\n");
    fs::set_permissions(file.path("pay.key"), fs::Permissions::from_mode(0o600)).unwrap();
    let others = [
        with_secret("{ env = \"PAY_KEY\" }"),
        with_secret("{ command = [\"printf\", \"hunter2-hunter2\"] }"),
    ];
    for project in others.iter().chain([&file]) {
        let ended = run(project);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
    }
}

#[test]
fn a_secret_that_cannot_be_had_is_told_without_its_value() {
    let shared = with_secret("{ file = \"pay.key\" }").with("pay.key", "hunter2-hunter2\n");
    fs::set_permissions(shared.path("pay.key"), fs::Permissions::from_mode(0o640)).unwrap();
    refused(&run(&shared), "others than you may read");
    for (source, why) in [
        ("{ env = \"NOT_SET\" }", "the secret `pay-key`: the variable NOT_SET is not set"),
        ("{ env = \"SHORT_KEY\" }", "it has 7 bytes, and a secret has 12 at least"),
        ("{ file = \"none\" }", "none cannot be read: there is no such file"),
        ("{ command = [\"false\"] }", "`false` ended with exit status: 1"),
        ("{ command = [\"no-such-program\"] }", "`no-such-program` cannot be started"),
        ("{ command = [\"head\", \"-c\", \"100000\", \"/dev/zero\"] }", "it is longer than 16384 bytes"),
        ("{ command = [\"sh\", \"-c\", \"printf '%s-not-there' \\\"$PAY_KEY\\\"\"] }", "it has 10 bytes"),
    ] {
        let ended = run(&with_secret(source));
        refused(&ended, why);
        assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
    }
}

/// In the folder of somebody else, it may be somebody else's.
#[test]
fn a_file_that_is_only_found_runs_no_command() {
    let project = with_secret("{ command = [\"sh\", \"-c\", \"touch ran; printf hunter2-hunter2\"] }");
    refused(
        &run_with(&project, &[]),
        "the secret `pay-key`: name the file with `--config` to let it run commands",
    );
    assert!(!project.path("ran").exists());
    assert_eq!(run(&project).code, 0);
    assert!(project.path("ran").exists());
    let found = with_secret("{ env = \"PAY_KEY\" }");
    assert_eq!(run_with(&found, &[]).code, 0, "what runs nothing is as good when it is found");
}

#[test]
fn a_secret_that_no_grant_names_is_not_read_and_one_that_the_operator_has_not_is_refused() {
    let project =
        orders().with("lockstep.toml", "lockstep = 1\n[secrets]\npay-key = { env = \"NOT_SET\" }\n");
    assert_eq!(run(&project).code, 0);
    let project = with_secret("{ env = \"PAY_KEY\" }").with("lockstep.toml", "lockstep = 1\n");
    refused(&run(&project), "the secret `pay-key` is not in lockstep.toml");
}

#[test]
fn a_folder_of_a_grant_must_be_one() {
    let project = orders().with(
        "clerk.toml",
        "grant = 1\n[state]\nrun = \"rw\"\n[[dir]]\nhost = \"data\"\nguest = \"/data\"\naccess = \"read\"\n",
    );
    refused(&project.lockstep(&["check", "."]), "[[dir]] ./data cannot be read: there is no such file");
    fs::create_dir(project.path("data")).unwrap();
    assert_eq!(project.lockstep(&["check", "."]).code, 0);
    fs::remove_dir(project.path("data")).unwrap();
    refused(&project.with("data", "").lockstep(&["check", "."]), "[[dir]] ./data is no folder");
}
