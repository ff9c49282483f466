//! `lockstep new step`: code, world, a first case, and the step's place in the workflow.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use lockstep_toolchain::{Home, Install, Language, Made, NewStep, Toolchain, Use};

use crate::config;
use crate::exit::Exit;
use crate::project::{Refused, WorkflowFile, extend, nearest};
use crate::report;

/// Begin a step: its code, its world, a first case, and its place in the workflow
#[derive(Debug, Args)]
#[command(after_help = "\
In a folder with a workflow.toml, or below one, the step becomes one of its steps; elsewhere it
gets a folder of its own. Events that the workflow's WIT does not have are added to it, with one
field for a beginning.

Examples:
  lockstep new step greet --lang python
  lockstep new step assess --lang ts --on refund-requested \\
                           --emits refund-approved,refund-denied --uses state,http")]
pub(crate) struct Step {
    /// What it is called: lower-case words with `-` between them
    name: String,
    /// What it is written in: rust, ts, js, python, go, c or zig
    #[arg(long, value_name = "LANGUAGE")]
    lang: Language,
    /// The event that it takes
    #[arg(long, value_name = "EVENT", default_value = "asked")]
    on: String,
    /// The events that it may emit
    #[arg(long, value_name = "EVENT,EVENT", value_delimiter = ',')]
    emits: Option<Vec<String>>,
    /// What it uses beside its log: run, timer, blob, state, updates, http, tools
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    uses: Vec<Use>,
    /// The workflow that it is for [default: the nearest workflow.toml, from the current folder upwards]
    #[arg(long, value_name = "WORKFLOW")]
    workflow: Option<PathBuf>,
}

impl Step {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let workflow = self.workflow()?;
        let home = match &workflow {
            Some(file) => {
                Home::Workflow { folder: file.folder().to_owned(), name: file.file.workflow.clone() }
            }
            None => Home::Alone(PathBuf::from(&self.name)),
        };
        let emits = self
            .emits
            .clone()
            .unwrap_or_else(|| if self.on == "asked" { vec!["answered".into()] } else { Vec::new() });
        let new = NewStep { name: self.name, language: self.lang, on: self.on, emits, uses: self.uses };
        if let Some((file, there)) =
            workflow.as_ref().and_then(|file| Some((file, file.step(&new.name).ok()?)))
        {
            let (shown, line, name) = (file.shown(), there.name.line, &new.name);
            let why = format!("{shown}:{line}: there is a step `{name}` already; choose another name");
            return Err(Refused::one(why).into());
        }
        let toolchain =
            Toolchain { cache: config::tools(), target_dir: "target/guests".into(), install: Install::Never };
        let made = toolchain.new_step(&new, &home, &|line| report::progress(line))?;
        if let Some(file) = &workflow {
            write(&file.path, &new)?;
        }
        tell(&new, &made, workflow.as_ref());
        Ok(Exit::Done)
    }

    /// The workflow that is named, or the nearest one.
    fn workflow(&self) -> Result<Option<WorkflowFile>, Refused> {
        match &self.workflow {
            Some(named) => WorkflowFile::read(named).map(Some),
            None => nearest::workflow(Path::new(".")),
        }
    }
}

/// The workflow's file, with the step in it.
fn write(path: &Path, new: &NewStep) -> anyhow::Result<()> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let uses: Vec<&str> = new.uses.iter().map(|one| one.as_str()).collect();
    let text = extend::with_step(&text, &new.name, &uses)
        .map_err(|why| Refused::one(format!("{}: {why}", path.display())))?;
    fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}

fn tell(new: &NewStep, made: &Made, workflow: Option<&WorkflowFile>) {
    let is_sdk = |path: &&PathBuf| {
        path.components().any(|part| matches!(part.as_os_str().to_str(), Some("sdk" | "deps")))
    };
    for file in made.files.iter().filter(|path| !is_sdk(path)) {
        report::progress(&format!("wrote {}", file.display()));
    }
    if made.files.iter().any(|path| is_sdk(&path)) {
        report::progress("wrote the SDK and the WIT that it shares with others");
    }
    for event in &made.new_events {
        report::progress(&format!("`{event}` is a new event; give it its fields in {}", wit(new, workflow)));
    }
    let folder = made.folder.display();
    match workflow {
        Some(file) => {
            report::progress(&format!("added [steps.{}] to {}", new.name, file.shown()));
            let at =
                if file.folder() == Path::new("") { ".".into() } else { file.folder().display().to_string() };
            report::progress(&format!("next: lockstep build {at} --step {}", new.name));
        }
        None => report::progress(&format!("next: lockstep build {folder}")),
    }
    report::progress(&format!("then: lockstep test {folder}"));
}

fn wit(new: &NewStep, workflow: Option<&WorkflowFile>) -> String {
    let folder = workflow.map_or(PathBuf::from(&new.name), |file| file.folder().to_owned());
    folder.join("wit").join(format!("{}.wit", new.name)).display().to_string()
}
