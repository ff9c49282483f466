//! `lockstep new workflow`: a folder with a workflow that runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context;
use clap::Args;
use lockstep_toolchain::{Home, Install, Language, NewStep, Template, Toolchain, is_name};

use crate::config;
use crate::exit::Exit;
use crate::project::{Refused, extend};
use crate::report;

/// Begin a workflow: a folder with workflow.toml, its WIT, and a first step
#[derive(Debug, Args)]
#[command(after_help = "\
Patterns:
  blank     one step that answers what is asked
  rag       answers from documents, with citations
  select    several strategies at once, and the best of their answers
  extract   what a document says, validated and corrected, by a model in the loop
  approve   a payout that waits for a person
  classify  mails by their label, by a model and by people

Examples:
  lockstep new workflow hello --lang python
  lockstep new workflow handbook --from rag")]
pub(crate) struct Workflow {
    /// What it and its folder are called: lower-case words with `-` between them
    name: String,
    /// What it begins with: a pattern
    #[arg(long, value_name = "PATTERN", default_value = "blank")]
    from: Pattern,
    /// What the first step of a blank workflow is written in: rust, ts, js, python, go, c or zig
    #[arg(long, value_name = "LANGUAGE", default_value = "rust")]
    lang: Language,
}

/// What a workflow may begin with.
#[derive(Clone, Copy, Debug)]
enum Pattern {
    /// One step that answers what is asked.
    Blank,
    /// A plugin of the gallery.
    Of(Template),
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(name: &str) -> Result<Pattern, String> {
        if name == "blank" { Ok(Pattern::Blank) } else { Template::named(name).map(Pattern::Of) }
    }
}

impl Workflow {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        is_name("a workflow", &self.name)?;
        let folder = PathBuf::from(&self.name);
        if folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
            let why = format!("{} is there already, and not empty; choose another name", folder.display());
            return Err(Refused::one(why).into());
        }
        let input = match &self.from {
            Pattern::Blank => self.blank(&folder)?,
            Pattern::Of(template) => self.copy(template, &folder)?,
        };
        report::progress(&format!("next: cd {}; lockstep build; lockstep run . --input {input}", self.name));
        Ok(Exit::Done)
    }

    /// A plugin of the gallery, with all that it needs. Gives an input to begin with.
    fn copy(&self, template: &Template, folder: &Path) -> anyhow::Result<String> {
        let files = template.project(&self.name)?;
        for file in &files {
            write(&folder.join(&file.path), &file.text)?;
        }
        let steps =
            files.iter().filter(|file| file.path.ends_with("src/lib.rs") && file.path.starts_with("steps"));
        report::progress(&format!("wrote {}: {}, {} steps", folder.display(), template.about, steps.count()));
        report::progress(&format!(
            "read {}: what it shows, what it asks, and what to change",
            folder.join("README.md").display()
        ));
        let inputs = files.iter().map(|file| file.path.display().to_string());
        let first = inputs.filter(|path| path.starts_with("input/") && path.ends_with(".json")).min();
        Ok(format!("@{}", first.unwrap_or_else(|| "input.json".into())))
    }

    /// One step. Gives an input to begin with.
    fn blank(&self, folder: &Path) -> anyhow::Result<String> {
        let new = NewStep {
            name: "answer".into(),
            language: self.lang,
            on: "asked".into(),
            emits: vec!["answered".into()],
            uses: Vec::new(),
        };
        let toolchain =
            Toolchain { cache: config::tools(), target_dir: "target/guests".into(), install: Install::Never };
        let home = Home::Workflow { folder: folder.to_owned(), name: self.name.clone() };
        toolchain.new_step(&new, &home, &|line| report::progress(line))?;
        let head = format!("workflow = \"{}\"\nstart = \"asked\"\nstop = [\"answered\"]\n", self.name);
        let text = extend::with_step(&head, &new.name, &[]).map_err(Refused::one)?;
        for (name, text) in
            [("workflow.toml", text.as_str()), (".gitignore", "components/\ntarget/\nlockstep.db*\n")]
        {
            write(&folder.join(name), text)?;
            report::progress(&format!("wrote {}", folder.join(name).display()));
        }
        Ok("'{\"text\": \"hello\"}'".into())
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let parent = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))?;
    fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}
