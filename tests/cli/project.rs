//! A project in a folder of its own, and the program run on it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use lockstep_test_support::component_with;
use tempfile::TempDir;

const EVENTS: &str = "
    package t:jobs@1.0.0;
    interface events {
      /// What is asked: `kind` says how the guest behaves.
      record job { kind: u32, note: option<string> }
      record answer { n: u32 }
      record extra { n: u32 }
    }";

const WAT: &str = r#"(module
    (memory (export "memory") 2)
    (data (i32.const 2048) "evil\1b[2J\07\e2\80\aegnp.")
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 65536)
    (func (export "on-job") (param $kind i32) (param i32 i32 i32) (result i32) (local $n i32)
      (if (i32.eq (local.get $kind) (i32.const 6)) (then
        (i32.store8 (i32.const 0) (i32.const 1))
        (i32.store8 (i32.const 8) (i32.const 1))
        (i32.store (i32.const 12) (i32.const 2048)) (i32.store (i32.const 16) (i32.const 4))
        (i32.store (i32.const 20) (i32.const 2052)) (i32.store (i32.const 24) (i32.const 12))
        (i32.store8 (i32.const 32) (i32.const 0)) (i32.store8 (i32.const 48) (i32.const 0))
        (return (i32.const 0))))
      (local.set $n (i32.const 1))
      (block $ok (block $none (block $flood (block $hog (block $spin (block $trap
        (br_table $ok $trap $spin $hog $flood $none (local.get $kind)))
        unreachable)
        (loop $l (br $l)))
        (loop $m (br_if $m (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable)
        (drop (memory.grow (i32.const 640))) (local.set $n (i32.const 10000000)) (br $ok))
        (local.set $n (i32.const 0)))
      (i32.store8 (i32.const 0) (i32.const 0))
      (i32.store (i32.const 1024) (local.get $kind))
      (i32.store (i32.const 8) (i32.const 1024))
      (i32.store (i32.const 12) (local.get $n))
      i32.const 0))"#;

/// How the guest of [`Project::jobs`] behaves.
pub(crate) const OK: u32 = 0;
pub(crate) const TRAPS: u32 = 1;
pub(crate) const SPINS: u32 = 2;
pub(crate) const HOGS: u32 = 3;
pub(crate) const FLOODS: u32 = 4;
pub(crate) const SILENT: u32 = 5;
pub(crate) const FORGES: u32 = 6;

pub(crate) const WORKFLOW: &str = r#"workflow = "jobs"
start = "job"
stop = ["answer"]

[steps.work]
component = "work.wasm"
retry = { attempts = 1 }
"#;

/// The component of a world over the events of jobs.
pub(crate) fn world(exports: &str) -> String {
    format!(
        "{EVENTS} world work {{
           use events.{{job, answer, extra}};
           use lockstep:step/types@0.1.0.{{failure}};
           {exports}
         }}"
    )
}

pub(crate) fn worker() -> Vec<u8> {
    component_with(&world("export on-job: func(event: job) -> result<list<answer>, failure>;"), WAT)
}

/// A folder with a workflow in it.
pub(crate) struct Project(TempDir);

impl Project {
    pub(crate) fn empty() -> Project {
        Project(tempfile::tempdir().unwrap())
    }

    /// One step, whose guest does what the job's `kind` says.
    pub(crate) fn jobs() -> Project {
        Project::empty().with("workflow.toml", WORKFLOW).with("work.wasm", worker())
    }

    pub(crate) fn with(self, name: &str, bytes: impl AsRef<[u8]>) -> Project {
        fs::write(self.path(name), bytes).unwrap();
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn lockstep(&self, arguments: &[&str]) -> Ended {
        lockstep_in(self.0.path(), arguments, None)
    }

    pub(crate) fn lockstep_with(&self, arguments: &[&str], stdin: &str) -> Ended {
        lockstep_in(self.0.path(), arguments, Some(stdin))
    }
}

/// How the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// The code and what was said, without the line that names the run.
    pub(crate) fn told(&self) -> String {
        let lines = self.stderr.lines().filter(|line| !line.starts_with("run "));
        let stderr: String = lines.map(|line| format!("{line}\n")).collect();
        format!("exit {}\n{}{stderr}", self.code, self.stdout)
    }
}

/// Runs the program in a folder.
pub(crate) fn lockstep_in(folder: &Path, arguments: &[&str], stdin: Option<&str>) -> Ended {
    let mut child = command(folder, arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.unwrap_or_default().as_bytes()).unwrap();
    ended(child.wait_with_output().unwrap())
}

/// The program, about to be run with its streams caught.
pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockstep"));
    command.current_dir(folder).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env("LOCKSTEP_CACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
    command
}

pub(crate) fn ended(output: Output) -> Ended {
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
