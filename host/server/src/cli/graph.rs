//! `lockstep graph`: a picture of a workflow, from its contracts.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::exit::Exit;
use crate::graph::{Format, draw};
use crate::project::{Loading, Project};
use crate::report;

/// Draw a workflow: its steps, the events between them, its fan-outs and gathers
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lockstep graph plugins/refunds                          a mermaid flowchart, for Markdown
  lockstep graph plugins/refunds --format svg > refunds.svg
  lockstep graph plugins/refunds --format dot | dot -Tpng -o refunds.png")]
pub(crate) struct Graph {
    /// A workflow.toml, or the folder it is in
    workflow: PathBuf,
    /// In which language to draw
    #[arg(long, value_enum, default_value_t = Format::Mermaid)]
    format: Format,
}

impl Graph {
    pub(super) fn run(self, config: Option<&Path>) -> anyhow::Result<Exit> {
        let project = Project::read(&self.workflow, &Loading::under(config)?)?;
        report::warnings(&project.warnings);
        report::out(&draw(&project.workflow, self.format))?;
        Ok(Exit::Done)
    }
}
