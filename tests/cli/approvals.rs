//! Expense claims in a folder of their own: the built plugin, and the program run on it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Stdio};

use lockstep_core::journal::{Journal, Query};
use lockstep_core::run::{Change, Record, RunId};
use lockstep_journal::Sqlite;
use lockstep_journal::conformance::wait;
use serde_json::Value;

use crate::project::{Ended, Project, command, ended};

/// The plugin's workflow in a new folder, with a store of its own.
pub(crate) struct Claims(Project);

impl Claims {
    pub(crate) fn new() -> Claims {
        Claims::edited(|workflow| workflow)
    }

    /// With another `workflow.toml`.
    pub(crate) fn edited(edit: impl FnOnce(String) -> String) -> Claims {
        let plugin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/approvals");
        let components = plugin.join("components").canonicalize();
        let components = components.expect("the plugins are not built; run `cargo xtask guests`");
        let workflow = fs::read_to_string(plugin.join("workflow.toml")).unwrap();
        let workflow = workflow.replace("\"components", &format!("\"{}", components.display()));
        Claims(Project::empty().with("workflow.toml", edit(workflow)))
    }

    pub(crate) fn lockstep(&self, arguments: &[&str]) -> Ended {
        self.0.lockstep(arguments)
    }

    /// Begins a run; its id, and how the program ended.
    pub(crate) fn begin(&self, claim: &str) -> (String, Ended) {
        let ended = self.lockstep(&["run", ".", "--input", claim]);
        (ended.stderr.lines().next().unwrap().split(' ').nth(1).unwrap().to_owned(), ended)
    }

    /// Begins a run that waits for an answer; its id.
    pub(crate) fn waiting(&self, claim: &str) -> String {
        let (run, ended) = self.begin(claim);
        assert_eq!(ended.code, 8, "{}", ended.stderr);
        run
    }

    pub(crate) fn take_up(&self) -> Ended {
        self.lockstep(&["run", ".", "--take-up"])
    }

    pub(crate) fn questions(&self) -> Vec<Value> {
        let ended = self.lockstep(&["ask", "ls", "--json", "--limit", "1000"]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        serde_json::from_str(&ended.stdout).unwrap()
    }

    pub(crate) fn answer(&self, question: &Value, answer: &str, more: &[&str]) -> Ended {
        self.lockstep(&[&["answer", question["question"].as_str().unwrap(), answer], more].concat())
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.0.path("lockstep.db")
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.folder()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> std::process::Command {
        command(self.0.folder(), arguments)
    }
}

/// A claim of so many items that a person is asked about: the n-th costs 1000.00 and n cents.
pub(crate) fn claim(items: u32, more: &str) -> String {
    let item = |n| {
        let cents = 100_000 + n;
        format!(r#"{{"what":"thing {n}","category":"other","cents":{cents},"has_receipt":true}}"#)
    };
    let items: Vec<String> = (1..=items).map(item).collect();
    format!(r#"{{"claim":"E-1","claimant":"Ada","items":[{}],"bank":"open"{more}}}"#, items.join(","))
}

/// The rows of a run, read beside whoever owns the store.
pub(crate) fn records(store: &Path, run: &str) -> Vec<Record> {
    let journal = Sqlite::visit(store).unwrap();
    let rows = wait(journal.load(&RunId::named(run))).unwrap();
    rows.iter().map(|row| row.decode().unwrap()).collect()
}

/// The runs of a store, the newest first.
pub(crate) fn runs(store: &Path) -> Vec<String> {
    let journal = Sqlite::visit(store).unwrap();
    let runs = wait(journal.runs(&Query { limit: 100, ..Query::default() })).unwrap();
    runs.into_iter().map(|(run, _)| run.as_str().to_owned()).collect()
}

/// How many rows are so.
pub(crate) fn count(records: &[Record], is: impl Fn(&Change) -> bool) -> usize {
    records.iter().filter(|record| is(&record.change)).count()
}

/// A process that waits for the answers to what its run asks.
pub(crate) struct Waiting {
    child: Child,
    stderr: BufReader<ChildStderr>,
    told: String,
}

impl Waiting {
    pub(crate) fn begin(claims: &Claims, input: &str) -> Waiting {
        Waiting::of(claims.command(&["run", ".", "--wait", "--input", input]))
    }

    pub(crate) fn of(mut command: std::process::Command) -> Waiting {
        let mut child = command.stdin(Stdio::null()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Waiting { child, stderr, told: String::new() }
    }

    /// Reads what it tells until a line says so.
    pub(crate) fn read_until(&mut self, is: impl Fn(&str) -> bool) -> String {
        loop {
            let mut line = String::new();
            assert!(self.stderr.read_line(&mut line).unwrap() > 0, "it ended: {}", self.told);
            self.told += &line;
            if is(&line) {
                return line;
            }
        }
    }

    /// Reads until it has asked so many questions.
    pub(crate) fn read_questions(&mut self, n: usize) {
        for _ in 0..n {
            self.read_until(|line| line.contains(" asks "));
        }
    }

    /// The id of its run, if nothing was read yet.
    pub(crate) fn id(&mut self) -> String {
        self.read_until(|line| line.starts_with("run ")).split(' ').nth(1).unwrap().to_owned()
    }

    /// As `kill -9` does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// As Ctrl-C does.
    pub(crate) fn interrupt(self) -> Ended {
        std::process::Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        self.end()
    }

    pub(crate) fn end(mut self) -> Ended {
        std::io::Read::read_to_string(&mut self.stderr, &mut self.told).unwrap();
        let told = self.told;
        Ended { stderr: told, ..ended(self.child.wait_with_output().unwrap()) }
    }
}
