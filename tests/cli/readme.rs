//! The README's first steps, as a newcomer would take them: every command of its `sh` blocks is run, in
//! order, in one shell, and comes to what the text says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::project::{Ended, ended};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The commands of all `sh` blocks, each block followed by a line that ends the script if it failed.
fn commands() -> String {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let blocks = text.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap());
    blocks.map(|block| format!("{block}\n")).collect()
}

fn in_a_shell(home: &Path) -> Ended {
    let program = Path::new(env!("CARGO_BIN_EXE_lockstep")).parent().unwrap();
    let target = program.parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.args(["-e", "-o", "pipefail", "-c", &commands()]).current_dir(root());
    // The home is a new one, what compilers keep is not.
    let cache = std::env::var("XDG_CACHE_HOME");
    let cache = cache.unwrap_or_else(|_| format!("{}/.cache", std::env::var("HOME").unwrap()));
    let cargo =
        std::env::var("CARGO_HOME").unwrap_or_else(|_| format!("{}/.cargo", std::env::var("HOME").unwrap()));
    let rustup = std::env::var("RUSTUP_HOME")
        .unwrap_or_else(|_| format!("{}/.rustup", std::env::var("HOME").unwrap()));
    shell.envs([("XDG_CACHE_HOME", cache), ("CARGO_HOME", cargo), ("RUSTUP_HOME", rustup), ("PATH", path)]);
    shell.env("HOME", home).env("LOCKSTEP_TARGET_DIR", target.join("guests"));
    ended(shell.output().unwrap())
}

#[test]
fn the_first_step_and_the_kill_run_as_they_are_written() {
    let home = tempfile::tempdir().unwrap();
    let ended = in_a_shell(home.path());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert!(lines.contains(&"{\"text\":\"Welcome, Ada!\"}"), "{}", ended.stdout);
    assert!(ended.stdout.contains("\"result\":{\"why\":\"come back in 2 years\"}"), "{}", ended.stdout);
    assert!(lines.contains(&"ended with 1"), "{}", ended.stdout);
    assert!(ended.stderr.contains("  greet  info:  is at the door\n"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("  greet  failed for good at attempt 3: transient `no-name`"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stdout.contains("\n  claimant: Grace\n  item: 3\n  what: dinner for four\n"),
        "{}",
        ended.stdout
    );
    let settled = r#"{"claim":"E-1002","claimant":"Grace","cents":62830,"refused_cents":0,"minutes":["#;
    assert!(lines.last().unwrap().starts_with(settled), "{}", ended.stdout);
    assert!(ended.stderr.contains("  pay     done at attempt 2 → claim-settled\n"), "{}", ended.stderr);
    assert!(fs::read_to_string(home.path().join("hello/hello.svg")).unwrap().starts_with("<svg"));
}
