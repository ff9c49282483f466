//! `lockstep new workflow`: a folder with a workflow that runs.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};
use lockstep_toolchain::{Home, Install, Language, NewStep, Toolchain};

use crate::config;
use crate::exit::Exit;
use crate::project::{Refused, extend};
use crate::report;

/// Begin a workflow: a folder with workflow.toml, its WIT, and a first step
#[derive(Debug, Args)]
#[command(after_help = "\
Example: lockstep new workflow hello --lang python
         cd hello && lockstep build && lockstep run . --input '{\"text\": \"hello\"}'")]
pub(crate) struct Workflow {
    /// What it and its folder are called: lower-case words with `-` between them
    name: String,
    /// What it begins with
    #[arg(long, value_name = "PATTERN", default_value = "blank")]
    from: Pattern,
    /// What the first step of a blank workflow is written in: rust, ts, js, python, go, c or zig
    #[arg(long, value_name = "LANGUAGE", default_value = "rust")]
    lang: Language,
}

/// What a workflow may begin with.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Pattern {
    /// One step that answers what is asked
    Blank,
}

impl Workflow {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let folder = PathBuf::from(&self.name);
        if folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
            let why = format!("{} is there already, and not empty; choose another name", folder.display());
            return Err(Refused::one(why).into());
        }
        match self.from {
            Pattern::Blank => self.blank(&folder)?,
        }
        report::progress(&format!(
            "next: cd {}, lockstep build, lockstep run . --input '{{\"text\": \"hello\"}}'",
            self.name
        ));
        Ok(Exit::Done)
    }

    fn blank(&self, folder: &PathBuf) -> anyhow::Result<()> {
        let new = NewStep {
            name: "answer".into(),
            language: self.lang,
            on: "asked".into(),
            emits: vec!["answered".into()],
            uses: Vec::new(),
        };
        let toolchain =
            Toolchain { cache: config::tools(), target_dir: "target/guests".into(), install: Install::Never };
        let home = Home::Workflow { folder: folder.clone(), name: self.name.clone() };
        toolchain.new_step(&new, &home, &|line| report::progress(line))?;
        let head = format!("workflow = \"{}\"\nstart = \"asked\"\nstop = [\"answered\"]\n", self.name);
        let text = extend::with_step(&head, &new.name, &[]).map_err(Refused::one)?;
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))?;
            report::progress(&format!("wrote {}", path.display()));
            anyhow::Ok(())
        };
        write("workflow.toml", &text)?;
        write(".gitignore", "components/\ntarget/\nlockstep.db*\n")
    }
}
