//! The program on one workflow, as a user would have it: each command is shown, then run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::services::{KEYS, Services};
use crate::stage::{root, say, target};

/// How the program ends when a run waits for a person.
const WAITS: i32 = 8;

/// The operator's file of a workflow that needs one.
const OPERATOR: &str = "lockstep.toml";

/// The workflows whose stories are told; of the others the results are enough.
const TOLD: [&str; 4] = ["approvals", "assistant", "extraction", "refunds"];

/// So much of a result is shown, in bytes.
const SHOWN: usize = 1_000;

/// What such a workflow may change: it is played with a copy.
const DOCUMENTS: &str = "documents";

pub(crate) struct Play<'a> {
    program: &'a Path,
    /// Where it is played.
    workflow: PathBuf,
    /// The operator's file, if there is one.
    operator: Option<String>,
    /// Whether the stories of its runs are left out.
    is_short: bool,
}

impl<'a> Play<'a> {
    /// In an empty folder: as it is, or with copies of what names servers and may be changed.
    pub(crate) fn new(program: &'a Path, workflow: &Path, services: &Services) -> Result<Play<'a>> {
        let (here, there) = (folder(), workflow.to_owned());
        let is_short = TOLD.iter().all(|name| !workflow.ends_with(name));
        empty(&here)?;
        if !workflow.join(OPERATOR).exists() {
            return Ok(Play { program, workflow: there, operator: None, is_short });
        }
        if needs_tools(workflow) {
            let operator = Some(shown(&with_copies(workflow)?));
            return Ok(Play { program, workflow: there, operator, is_short });
        }
        services.place(workflow, &here)?;
        Ok(Play { program, operator: Some(shown(&here.join(OPERATOR))), workflow: here, is_short })
    }

    /// The result of a run that asks nobody.
    pub(crate) fn run(&self, input: &Path) -> Result<String> {
        let (workflow, input) = (shown(&self.workflow), format!("@{}", shown(input)));
        let store = self.store();
        let arguments = match &self.operator {
            None => vec!["run", &workflow, "--input", &input],
            Some(file) => vec!["run", &workflow, "--config", file, "--store", &store, "--input", &input],
        };
        self.succeed(&arguments)
    }

    /// The result of a run for which people decide while no process runs it, as often as it asks them.
    pub(crate) fn run_with_answers(&self, input: &Path, answers: &Value) -> Result<String> {
        let (workflow, store) = (shown(&self.workflow), self.store());
        let input = format!("@{}", shown(input));
        let config = self.operator.iter().flat_map(|file| ["--config", file]);
        let run: Vec<&str> = ["run", &workflow].into_iter().chain(config).collect();
        let mut output = self.lockstep(&[&run[..], &["--store", &store, "--input", &input]].concat())?;
        let mut asked = 0;
        while output.status.code() == Some(WAITS) {
            asked += self.decide_all(&store, answers)?;
            output = self.lockstep(&[&run[..], &["--store", &store, "--take-up"]].concat())?;
        }
        match asked {
            0 => bail!("the run should wait for people, and ended with {}", output.status),
            _ => succeeded("run", output),
        }
    }

    /// Decides on all that waits; how much that was.
    fn decide_all(&self, store: &str, answers: &Value) -> Result<usize> {
        let open = self.succeed(&["ask", "ls", "--json", "--store", store])?;
        let open: Vec<Value> = serde_json::from_str(&open)?;
        for asked in &open {
            match asked["kind"].as_str() {
                Some("approval") => self.decide(store, asked, answer(answers, &asked["arguments"])?)?,
                _ => self.answer(store, asked, answer(answers, &asked["asked"])?)?,
            }
        }
        match open.len() {
            0 => bail!("the run waits, and nobody is asked anything"),
            n => Ok(n),
        }
    }

    fn answer(&self, store: &str, question: &Value, answer: &Value) -> Result<()> {
        let (id, by, value) =
            (text(&question["question"])?, text(&answer["by"])?, answer["answer"].to_string());
        self.succeed(&["answer", id, &value, "--by", by, "--store", store]).map(drop)
    }

    /// Yes, yes with other arguments, or no.
    fn decide(&self, store: &str, call: &Value, answer: &Value) -> Result<()> {
        let (id, by) = (text(&call["approval"])?, text(&answer["by"])?);
        let with = answer["with"].to_string();
        let verdict = match (&answer["refuse"], &answer["with"]) {
            (Value::String(why), _) => vec!["refuse", id, "--reason", why],
            (_, Value::Object(_)) => vec!["approve", id, "--with", &with],
            _ if answer["approve"] == true => vec!["approve", id],
            _ => bail!("{answer} says neither yes nor no"),
        };
        self.succeed(&[&verdict[..], &["--by", by, "--store", store]].concat()).map(drop)
    }

    fn store(&self) -> String {
        shown(&folder().join("lockstep.db"))
    }

    fn succeed(&self, arguments: &[&str]) -> Result<String> {
        succeeded(arguments[0], self.lockstep(arguments)?)
    }

    /// Without a terminal: nobody is asked at it.
    fn lockstep(&self, arguments: &[&str]) -> Result<Output> {
        say(&format!(
            "\n$ lockstep {}",
            arguments.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
        ));
        let story = if self.is_short { Stdio::piped() } else { Stdio::inherit() };
        let mut command = Command::new(self.program);
        command.args(arguments).envs(KEYS).current_dir(root()).stdin(Stdio::null()).stderr(story);
        command.output().context("the program could not be started")
    }
}

/// Whether the operator's file of a workflow names servers of tools.
pub(crate) fn needs_tools(workflow: &Path) -> bool {
    fs::read_to_string(workflow.join(OPERATOR)).is_ok_and(|file| file.contains("[mcp."))
}

/// What the program printed.
fn succeeded(command: &str, output: Output) -> Result<String> {
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        bail!("`lockstep {command}` ended with {}\n{told}", output.status);
    }
    let stdout = String::from_utf8(output.stdout)?;
    if command == "run" {
        let end = stdout.floor_char_boundary(SHOWN);
        say(&format!("{}{}", stdout[..end].trim_end(), if end < stdout.len() { "…" } else { "" }));
    }
    Ok(stdout)
}

/// Where one run is played.
fn folder() -> PathBuf {
    target().join("demo")
}

fn empty(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(fs::create_dir_all(folder)?),
    }
}

/// Copies the operator's file and the documents of a workflow, so that a run changes nothing in the tree. Whatever
/// the file names elsewhere in it stays where it is.
fn with_copies(workflow: &Path) -> Result<PathBuf> {
    let (from, to) = (workflow.join(DOCUMENTS), folder().join(DOCUMENTS));
    fs::create_dir_all(&to)?;
    for document in fs::read_dir(&from)? {
        let document = document?;
        fs::copy(document.path(), to.join(document.file_name()))?;
    }
    let (file, copy) = (fs::read_to_string(workflow.join(OPERATOR))?, folder().join(OPERATOR));
    fs::write(&copy, file.replace("\"../../", &format!("\"{}/", root().display())))?;
    Ok(copy)
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
