//! The program on one workflow, as a user would have it: each command is shown, then run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::stage::{root, say, target};

/// How the program ends when a run waits for a person.
const WAITS: i32 = 8;

pub(crate) struct Play<'a> {
    program: &'a Path,
    workflow: &'a Path,
}

impl<'a> Play<'a> {
    pub(crate) fn new(program: &'a Path, workflow: &'a Path) -> Play<'a> {
        Play { program, workflow }
    }

    /// The result of a run that asks nobody.
    pub(crate) fn run(&self, input: &Path) -> Result<String> {
        self.succeed(&["run", &shown(self.workflow), "--input", &format!("@{}", shown(input))])
    }

    /// The result of a run whose questions are answered while no process runs it.
    pub(crate) fn run_with_answers(&self, input: &Path, answers: &Value) -> Result<String> {
        let (workflow, store) = (shown(self.workflow), shown(&self.new_store()?));
        let input = format!("@{}", shown(input));
        let waits = self.lockstep(&["run", &workflow, "--store", &store, "--input", &input])?;
        if waits.status.code() != Some(WAITS) {
            bail!("the run should wait for answers, and ended with {}", waits.status);
        }
        let questions = self.succeed(&["ask", "ls", "--json", "--store", &store])?;
        let questions: Vec<Value> = serde_json::from_str(&questions)?;
        for question in &questions {
            let (id, answer) = (text(&question["question"])?, answer(answers, &question["asked"])?);
            let (by, value) = (text(&answer["by"])?, answer["answer"].to_string());
            self.succeed(&["answer", id, &value, "--by", by, "--store", &store])?;
        }
        self.succeed(&["run", &workflow, "--store", &store, "--take-up"])
    }

    /// An empty store for one run.
    fn new_store(&self) -> Result<PathBuf> {
        let folder = target().join("demo");
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => fs::create_dir_all(&folder)?,
        }
        Ok(folder.join("lockstep.db"))
    }

    fn succeed(&self, arguments: &[&str]) -> Result<String> {
        let output = self.lockstep(arguments)?;
        if !output.status.success() {
            bail!("`lockstep {}` ended with {}", arguments[0], output.status);
        }
        let stdout = String::from_utf8(output.stdout)?;
        if arguments[0] == "run" {
            say(stdout.trim_end());
        }
        Ok(stdout)
    }

    /// Without a terminal: nobody is asked at it.
    fn lockstep(&self, arguments: &[&str]) -> Result<Output> {
        say(&format!(
            "\n$ lockstep {}",
            arguments.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
        ));
        let mut command = Command::new(self.program);
        command.args(arguments).current_dir(root()).stdin(Stdio::null()).stderr(Stdio::inherit());
        command.output().context("the program could not be started")
    }
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn quoted(word: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "/._-@".contains(char);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().with_context(|| format!("{value} is no text"))
}

/// The answer that was written down for a question: the one whose `asked` names nothing that the
/// question does not say.
fn answer<'v>(answers: &'v Value, question: &Value) -> Result<&'v Value> {
    let says = |asked: &Value| {
        asked.as_object().is_some_and(|fields| fields.iter().all(|(key, value)| question[key] == *value))
    };
    let mut all = answers.as_array().into_iter().flatten();
    all.find(|answer| says(&answer["asked"])).with_context(|| format!("nobody knows an answer to {question}"))
}
