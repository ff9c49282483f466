//! `lockstep build`: makes components from the sources that a workflow names.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use lockstep_core::contract::Contract;
use lockstep_toolchain::{Built, Install, Toolchain};

use crate::config;
use crate::exit::Exit;
use crate::project::{Refused, WorkflowFile};
use crate::report;

/// Build the components of a workflow from their sources
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lockstep build plugins/refunds         every step of the workflow that has a `source`
  lockstep build plugins/refunds --step assess")]
pub(crate) struct Build {
    /// A workflow.toml, or the folder it is in
    workflow: PathBuf,
    /// Only this step; may be given several times
    #[arg(long = "step", value_name = "STEP")]
    steps: Vec<String>,
    /// Where compilers leave what they can use again, from the current folder
    #[arg(long, value_name = "FOLDER", env = "LOCKSTEP_TARGET_DIR", default_value = "target/guests")]
    target_dir: PathBuf,
    /// Fetch missing tools: packages of PyPI and npm into the user's cache, those of Debian as root
    #[arg(long)]
    install: bool,
}

impl Build {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let source = WorkflowFile::read(&self.workflow)?;
        let wanted = self.wanted(&source)?;
        let progress = |line: &str| report::progress(line);
        let install = if self.install { Install::Allowed } else { Install::Never };
        let toolchain = Toolchain { cache: config::tools(), target_dir: self.target_dir.clone(), install };
        let sources: Vec<PathBuf> = wanted.keys().cloned().collect();
        for built in toolchain.build(&sources, &progress)? {
            let contract = Contract::read(&built.component).map_err(|refusals| Refused {
                lines: refusals.iter().map(|why| format!("{}: {why}", built.name)).collect(),
            })?;
            for component in &wanted[&built.source] {
                write(component, &built)?;
                report::progress(&told(component, &built, &contract));
            }
        }
        Ok(Exit::Done)
    }

    /// The sources to build, each with the components that are made of it.
    fn wanted(&self, source: &WorkflowFile) -> Result<BTreeMap<PathBuf, Vec<PathBuf>>, Refused> {
        self.steps.iter().try_for_each(|name| source.step(name).map(drop))?;
        let mut wanted: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
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

fn write(component: &Path, built: &Built) -> anyhow::Result<()> {
    if fs::read(component).is_ok_and(|there| there == built.component) {
        return Ok(touch(component)?);
    }
    if let Some(folder) = component.parent() {
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    fs::write(component, &built.component)
        .with_context(|| format!("{} cannot be written", component.display()))
}

/// What was built again and came out the same is not stale.
fn touch(component: &Path) -> std::io::Result<()> {
    fs::File::options().append(true).open(component)?.set_modified(std::time::SystemTime::now())
}

fn told(component: &Path, built: &Built, contract: &Contract) -> String {
    let handlers: Vec<_> = contract.handlers.iter().map(|handler| handler.name.as_str()).collect();
    let kib = built.component.len().div_ceil(1024);
    format!("{}  {kib} KiB  {}", component.display(), handlers.join(", "))
}
