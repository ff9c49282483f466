//! The stories of several runs at once: the one that was asked for, and those within it.

use std::collections::HashMap;
use std::sync::Arc;

use lockstep_core::journal::Commit;
use lockstep_core::run::{Run, RunId};
use lockstep_core::workflow::{Revision, Workflow};
use lockstep_runtime::Deployed;

use super::allow::GrantFiles;
use super::short;
use super::story::Story;

/// Tells runs of the workflows it knows; others are somebody else's.
pub(crate) struct Stories {
    workflows: HashMap<Revision, Arc<Workflow>>,
    runs: HashMap<RunId, Story>,
    grants: Arc<GrantFiles>,
    verbose: bool,
    width: usize,
    /// Runs that were taken up; of several, each line says whose it is.
    taken_up: usize,
    /// Each line says whose it is anyway.
    names_runs: bool,
}

impl Stories {
    /// The stories of runs of these workflows and of those within them.
    pub(crate) fn of(deployed: &[Deployed], grants: GrantFiles, verbose: bool) -> Stories {
        let all = deployed.iter().flat_map(Deployed::with_nested);
        let workflows = all.map(|one| (one.revision(), one.workflow.clone())).collect();
        Stories::new(workflows, grants, verbose)
    }

    fn new(workflows: HashMap<Revision, Arc<Workflow>>, grants: GrantFiles, verbose: bool) -> Stories {
        let steps = workflows.values().flat_map(|workflow| &workflow.steps);
        let width = steps.map(|step| step.name.len()).max().unwrap_or(0);
        Stories {
            workflows,
            runs: HashMap::new(),
            grants: Arc::new(grants),
            verbose,
            width,
            taken_up: 0,
            names_runs: false,
        }
    }

    pub(super) fn name_runs(&mut self) {
        self.names_runs = true;
    }

    /// How many deliveries are open.
    pub(super) fn open(&self) -> usize {
        self.runs.values().map(Story::open).sum()
    }

    /// A run that began before the stories do: what is open in it will be told of.
    pub(super) fn goes_on(&mut self, run: &Run) {
        self.taken_up += 1;
        let new = self.story(run.workflow().clone());
        self.runs.entry(run.id().clone()).or_insert(new).goes_on(run);
    }

    pub(crate) fn tell(&mut self, commit: &Commit) -> Vec<String> {
        let Some(workflow) = self.workflows.get(&commit.summary.about.revision) else { return Vec::new() };
        if !self.runs.contains_key(&commit.run) {
            let new = self.story(workflow.clone());
            self.runs.insert(commit.run.clone(), new);
        }
        let lines = self.runs.get_mut(&commit.run).map(|story| story.tell(commit)).unwrap_or_default();
        if commit.summary.status.is_end() {
            self.runs.remove(&commit.run);
        }
        lines.into_iter().map(|line| self.of_run(&commit.run, line)).collect()
    }

    fn story(&self, workflow: Arc<Workflow>) -> Story {
        let story = Story::new(workflow, self.verbose).with_width(self.width);
        story.with_grants(self.grants.clone())
    }

    /// A line that belongs to a step.
    pub(crate) fn of_step(&self, run: &RunId, step: &str, text: &str) -> String {
        let width = self.width;
        self.of_run(run, format!("  {step:width$}  {text}"))
    }

    fn of_run(&self, run: &RunId, line: String) -> String {
        match self.names_runs || self.taken_up > 1 {
            true => format!("  {}{line}", short(run)),
            false => line,
        }
    }
}
