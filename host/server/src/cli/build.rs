//! `lockstep build`: makes components from the sources that a workflow names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use lockstep_core::contract::{Class, Contract};
use lockstep_toolchain::{Built, Install, Toolchain};

use crate::config;
use crate::exit::Exit;
use crate::project::{Loading, Project, Refused, WorkflowFile, nearest};
use crate::report;

/// Build components from their sources
#[derive(Debug, Args)]
#[command(after_help = "\
What a language is built with is looked for on this machine; what is missing is named, with the
command that gets it.

Examples:
  lockstep build plugins/refunds         every step of the workflow that has a `source`
  lockstep build plugins/refunds --step assess
  lockstep build greet                   a step's own folder: makes greet/greet.wasm")]
pub(crate) struct Build {
    /// A workflow.toml or the folder it is in, or the folder of a step
    #[arg(default_value = ".")]
    what: PathBuf,
    /// Only this step of the workflow; may be given several times
    #[arg(long = "step", value_name = "STEP")]
    steps: Vec<String>,
    /// Where compilers leave what they can use again, from the current folder
    #[arg(long, value_name = "FOLDER", env = "LOCKSTEP_TARGET_DIR", default_value = "target/guests")]
    target_dir: PathBuf,
    /// Fetch missing tools: packages of PyPI and npm into the user's cache, those of Debian as root
    #[arg(long)]
    install: bool,
}

/// Sources, each with the components that are made of it.
type Wanted = BTreeMap<PathBuf, Vec<PathBuf>>;

impl Build {
    pub(super) fn run(self, config: Option<&Path>) -> anyhow::Result<Exit> {
        let wanted = self.wanted()?;
        let progress = |line: &str| report::progress(line);
        let install = if self.install { Install::Allowed } else { Install::Never };
        let toolchain = Toolchain { cache: config::tools(), target_dir: self.target_dir.clone(), install };
        let sources: Vec<PathBuf> = wanted.keys().cloned().collect();
        for built in toolchain.build(&sources, &progress)? {
            let contract = Contract::read(&built.component).map_err(|refusals| Refused {
                lines: refusals.iter().map(|why| format!("{}: {why}", built.name)).collect(),
            })?;
            for component in &wanted[&built.source] {
                built.write(component)?;
                report::progress(&told(component, &built, &contract));
            }
        }
        if !self.is_alone() {
            self.tell_misfits(config)?;
        }
        Ok(Exit::Done)
    }

    /// What was built is built; whether it fits together is another matter, and good to know.
    fn tell_misfits(&self, config: Option<&Path>) -> anyhow::Result<()> {
        if let Err(refused) = Project::read(&self.what, &Loading::under(config)?) {
            report::progress("the workflow does not stand yet, as `lockstep check` says:");
            refused.lines.iter().for_each(|line| report::progress(&format!("  {line}")));
        }
        Ok(())
    }

    /// Whether a step's own folder is built.
    fn is_alone(&self) -> bool {
        nearest::is_step(&self.what) && self.steps.is_empty()
    }

    /// The sources to build, each with the components that are made of it.
    fn wanted(&self) -> Result<Wanted, Refused> {
        match self.is_alone() {
            true => alone(&self.what),
            false => self.of_workflow(&WorkflowFile::read(&self.what)?),
        }
    }

    fn of_workflow(&self, source: &WorkflowFile) -> Result<Wanted, Refused> {
        self.steps.iter().try_for_each(|name| source.step(name).map(drop))?;
        let mut wanted = Wanted::new();
        for step in source.parts() {
            let asked = self.steps.is_empty() || self.steps.contains(&step.name.value);
            if let (true, Some(from)) = (asked, &step.source) {
                wanted.entry(source.beside(from)).or_default().push(source.beside(step.code.path()));
            }
        }
        match wanted.is_empty() {
            true => Err(Refused::one(format!(
                "{}: no step has a `source` to build; add `source = \"steps/NAME\"` to its table",
                source.path.display()
            ))),
            false => Ok(wanted),
        }
    }
}

/// A step by itself: its component lies where the workflow around it says, else in its folder.
fn alone(folder: &Path) -> Result<Wanted, Refused> {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let component = match nearest::step_of(&whole, None)? {
        Some((file, step)) => file.beside(step.code.path()),
        None => folder.join(whole.file_name().unwrap_or_default()).with_extension("wasm"),
    };
    Ok(Wanted::from([(folder.to_owned(), vec![component])]))
}

/// `log, state of lockstep:step, and 18 that are empty or closed`.
fn imports(contract: &Contract) -> String {
    let (mut own, mut others, mut inert) = (Vec::new(), Vec::new(), 0);
    for import in &contract.imports {
        let short = import.name.strip_prefix("lockstep:step/").and_then(|name| name.split('@').next());
        match (import.class, short) {
            (Class::Types, _) => {}
            (Class::Inert, _) => inert += 1,
            (_, Some(name)) => own.push(name),
            (_, None) => others.push(import.name.as_str()),
        }
    }
    let own = (!own.is_empty()).then(|| format!("{} of lockstep:step", own.join(", ")));
    let inert = (inert > 0).then(|| format!("{inert} that are empty or closed"));
    let all: Vec<String> =
        own.into_iter().chain(others.into_iter().map(str::to_owned)).chain(inert).collect();
    if all.is_empty() { "nothing".into() } else { all.join(", and ") }
}

fn told(component: &Path, built: &Built, contract: &Contract) -> String {
    let handlers: Vec<_> = contract.handlers.iter().map(|handler| handler.name.as_str()).collect();
    let kib = built.component.len().div_ceil(1024);
    let (language, handlers) = (built.language.title(), handlers.join(", "));
    format!("{}  {language}  {kib} KiB  {handlers}\n  imports {}", component.display(), imports(contract))
}
