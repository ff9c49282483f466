//! A workflow with its components, found and read: all that is wrong is told at once.

mod amend;
pub(crate) mod extend;
mod file;
mod load;
pub(crate) mod nearest;
pub(crate) mod stale;
mod tie;

pub(crate) use amend::{Amendment, amended, element_mut};
pub(crate) use file::{WorkflowFile, read_grant};
pub(crate) use tie::Candidate;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lockstep_core::grant::Grant;
use lockstep_core::grant::tools::ToolSource;
use lockstep_core::workflow::{ToolNode, Workflow};
use lockstep_runtime::{Attempts, Deployed, Worker};
use lockstep_sandbox::{Origin, Sandbox, Source, ToolServer, Toolbox, Walls};

use crate::config;
use crate::lock;
use crate::operator::Operator;
use crate::report::GrantFiles;
use crate::source::Kept;

/// A workflow whose components fit together.
pub(crate) struct Project {
    /// Where its file is.
    pub(crate) folder: PathBuf,
    /// The graph.
    pub(crate) workflow: Arc<Workflow>,
    /// What somebody should look at, as lines.
    pub(crate) warnings: Vec<String>,
    /// The file of each step's grant, for those that have one.
    grants: BTreeMap<String, String>,
    /// What does the work of each step.
    parts: BTreeMap<String, Part>,
    /// The components of tools, and whether they were built from source that lies here.
    tools: BTreeMap<String, (Arc<[u8]>, Origin)>,
}

/// What does the work of a step.
enum Part {
    /// A component: its bytes, and whether they were built from source that lies here.
    Component(Arc<[u8]>, Origin),
    /// Another workflow.
    Workflow(Project),
}

/// How a project is loaded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loading {
    /// What registries gave before.
    pub(crate) kept: Kept,
    /// What the operator allows.
    pub(crate) operator: Operator,
    /// What becomes of the lock.
    pub(crate) lock: Locking,
    /// Which walls stand: all of them, but in tests.
    pub(crate) walls: Walls,
}

/// What becomes of the lock when a project is loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Locking {
    /// What is locked must be what is loaded.
    #[default]
    Held,
    /// What is loaded is locked.
    Updated,
}

impl Loading {
    /// To look at components, whatever the operator allows.
    pub(crate) fn new() -> Loading {
        Loading { kept: Kept::within(config::components()), ..Loading::default() }
    }

    /// To load a workflow under the operator's file that is named, or the nearest one.
    pub(crate) fn under(config: Option<&Path>) -> Result<Loading, Refused> {
        Ok(Loading { operator: Operator::find(config)?, ..Loading::new() })
    }

    /// To load a workflow for its cases.
    pub(crate) fn for_cases() -> Loading {
        Loading { operator: Operator::of_cases(), ..Loading::new() }
    }

    /// The same, and `--update` says what becomes of the lock.
    pub(crate) fn with(self, update: Update) -> Loading {
        Loading { lock: if update.update { Locking::Updated } else { Locking::Held }, ..self }
    }
}

/// The option of commands that load a workflow.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Update {
    /// Take the components as they are now, and lock them: write lockstep.lock
    #[arg(long)]
    update: bool,
}

/// The operator's servers of tools, by name.
pub(crate) type Servers = BTreeMap<String, Arc<dyn ToolServer>>;

/// Who does the work of steps in the place of their components, by the names of the steps.
pub(crate) type StandIns = BTreeMap<String, Arc<dyn Attempts>>;

/// Why there is no project: every reason as a line of its own.
#[derive(Debug, thiserror::Error)]
#[error("{}", .lines.join("\n"))]
pub(crate) struct Refused {
    /// At least one.
    pub(crate) lines: Vec<String>,
}

impl Refused {
    pub(crate) fn one(line: impl Into<String>) -> Refused {
        Refused { lines: vec![line.into()] }
    }
}

impl From<lock::Error> for Refused {
    fn from(error: lock::Error) -> Refused {
        Refused::one(error.to_string())
    }
}

impl Project {
    /// Reads a workflow and everything it names.
    pub(crate) fn read(named: &Path, loading: &Loading) -> Result<Project, Refused> {
        WorkflowFile::read(named)?.load(loading)
    }

    /// The secrets that its grants name, by name: what a sandbox adds to requests.
    pub(crate) fn secrets(&self, operator: &Operator) -> Result<BTreeMap<String, Vec<u8>>, Refused> {
        operator.secrets(&self.secret_names())
    }

    fn secret_names(&self) -> BTreeSet<String> {
        let rules = self.all_grants().into_iter().flat_map(|grant| &grant.http.rules);
        rules.filter_map(|rule| Some(rule.secret.as_ref()?.name.clone())).collect()
    }

    /// The names of the operator's servers that its grants name.
    pub(crate) fn servers(&self) -> BTreeSet<String> {
        let rules = self.all_grants().into_iter().flat_map(|grant| &grant.tools.rules);
        let servers = rules.filter_map(|rule| match &rule.from {
            ToolSource::Server(name) => Some(name.clone()),
            ToolSource::Component(_) => None,
        });
        servers.collect()
    }

    /// The grants of its steps and tools, and of those of the workflows within it.
    pub(crate) fn all_grants(&self) -> Vec<&Grant> {
        let steps = self.workflow.steps.iter().map(|step| &step.grant);
        let own = steps.chain(self.workflow.tools.iter().map(|tool| &tool.grant));
        let nested = self.parts.values().filter_map(|part| match part {
            Part::Workflow(project) => Some(project.all_grants()),
            Part::Component(..) => None,
        });
        own.chain(nested.flatten()).collect()
    }

    /// The files of the grants of its steps, and of those of the workflows within it.
    pub(crate) fn grant_files(&self) -> GrantFiles {
        let own =
            self.grants.iter().map(|(step, file)| ((self.workflow.name.clone(), step.clone()), file.clone()));
        let nested = self.parts.values().filter_map(|part| match part {
            Part::Workflow(project) => Some(project.grant_files()),
            Part::Component(..) => None,
        });
        own.chain(nested.flatten()).collect()
    }

    /// The same with other grants, those of the workflows within it too.
    pub(crate) fn with_grants<E>(
        &mut self,
        change: &mut impl FnMut(&mut Grant) -> Result<(), E>,
    ) -> Result<(), E> {
        let workflow = Arc::make_mut(&mut self.workflow);
        workflow.steps.iter_mut().try_for_each(|step| change(&mut step.grant))?;
        workflow.tools.iter_mut().try_for_each(|tool| change(&mut tool.grant))?;
        self.parts.values_mut().try_for_each(|part| match part {
            Part::Workflow(project) => project.with_grants(change),
            Part::Component(..) => Ok(()),
        })
    }

    /// The project in a sandbox, ready to run.
    pub(crate) async fn deploy(&self, sandbox: &Sandbox, servers: &Servers) -> Result<Deployed, Refused> {
        let toolbox = Toolbox { servers: servers.clone(), ..Toolbox::default() };
        self.deploy_with(sandbox, &toolbox, &StandIns::new()).await
    }

    /// The same with what its grants may name beside its own tools, and with those who stand in for its steps.
    pub(crate) async fn deploy_with(
        &self,
        sandbox: &Sandbox,
        given: &Toolbox,
        stand_ins: &StandIns,
    ) -> Result<Deployed, Refused> {
        let toolbox = self.toolbox(sandbox, given).await?;
        let mut nested = BTreeMap::new();
        for (name, part) in &self.parts {
            if let Part::Workflow(project) = part {
                let deployed = Box::pin(project.deploy_with(sandbox, given, &StandIns::new())).await?;
                nested.insert(name, deployed);
            }
        }
        Deployed::load(self.workflow.clone(), |step, handlers| {
            if let Some(stand_in) = stand_ins.get(&step.name) {
                return Ok(Worker::StandIn(stand_in.clone()));
            }
            match &self.parts[&step.name] {
                Part::Workflow(_) => {
                    let deployed = nested.remove(&step.name).expect("each nested workflow was deployed");
                    Ok(Worker::Workflow(deployed))
                }
                Part::Component(bytes, origin) => sandbox
                    .load_with(Source { bytes, origin: *origin }, handlers, &step.grant, &toolbox)
                    .map(Worker::Release)
                    .map_err(|error| Refused::one(format!("step `{}`: {error}", step.name))),
            }
        })
    }

    /// What its grants may name. A tool is loaded when those are that it calls; none calls itself.
    async fn toolbox(&self, sandbox: &Sandbox, given: &Toolbox) -> Result<Toolbox, Refused> {
        let mut toolbox = given.clone();
        let mut left: Vec<&ToolNode> = self.workflow.tools.iter().collect();
        while !left.is_empty() {
            let is_ready = |tool: &ToolNode| {
                let mut called = tool.grant.tools.rules.iter().map(|rule| &rule.from);
                called.all(|from| match from {
                    ToolSource::Server(_) => true,
                    ToolSource::Component(name) => toolbox.components.contains_key(name),
                })
            };
            let at = left.iter().position(|tool| is_ready(tool));
            let tool = left.swap_remove(at.expect("no tool calls itself, so one calls none that is left"));
            let (bytes, origin) = &self.tools[&tool.name];
            let source = Source { bytes, origin: *origin };
            let loaded = sandbox.load_tool(&tool.name, source, &tool.grant, &toolbox).await;
            let loaded = loaded.map_err(|error| Refused::one(format!("tool `{}`: {error}", tool.name)))?;
            toolbox.components.insert(tool.name.clone(), loaded);
        }
        Ok(toolbox)
    }
}

/// The names of the start event's fields that must be given, for an error that helps.
pub(crate) fn wanted(workflow: &Workflow) -> String {
    let event = workflow.event(workflow.start);
    let mut text = format!("`{}` is {}", event.short, event.shape);
    if let lockstep_core::shape::Shape::Record(fields) = &event.shape {
        text = format!("`{}` has the fields", event.short);
        for (index, field) in fields.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            // Writing into a string cannot fail.
            let _ = write!(text, "{comma} {}: {}", field.key, field.shape);
        }
    }
    text
}
