//! The stories of several runs at once: the one that was asked for, and those within it.

use std::collections::HashMap;
use std::sync::Arc;

use lockstep_core::journal::Commit;
use lockstep_core::run::{Run, RunId};
use lockstep_core::workflow::{Revision, Workflow};

use super::short;
use super::story::Story;

/// Tells runs of the workflows it knows; others are somebody else's.
pub(super) struct Stories {
    workflows: HashMap<Revision, Arc<Workflow>>,
    runs: HashMap<RunId, Story>,
    verbose: bool,
    width: usize,
    /// Runs that were taken up; of several, each line says whose it is.
    taken_up: usize,
}

impl Stories {
    pub(super) fn new(workflows: HashMap<Revision, Arc<Workflow>>, verbose: bool) -> Stories {
        let steps = workflows.values().flat_map(|workflow| &workflow.steps);
        let width = steps.map(|step| step.name.len()).max().unwrap_or(0);
        Stories { workflows, runs: HashMap::new(), verbose, width, taken_up: 0 }
    }

    /// How many deliveries are open.
    pub(super) fn open(&self) -> usize {
        self.runs.values().map(Story::open).sum()
    }

    /// A run that began before the stories do: what is open in it will be told of.
    pub(super) fn goes_on(&mut self, run: &Run) {
        self.taken_up += 1;
        let new = Story::new(run.workflow().clone(), self.verbose).with_width(self.width);
        self.runs.entry(run.id().clone()).or_insert(new).goes_on(run);
    }

    pub(super) fn tell(&mut self, commit: &Commit) -> Vec<String> {
        let Some(workflow) = self.workflows.get(&commit.summary.about.revision) else { return Vec::new() };
        let new = || Story::new(workflow.clone(), self.verbose).with_width(self.width);
        let lines = self.runs.entry(commit.run.clone()).or_insert_with(new).tell(commit);
        if commit.summary.status.is_end() {
            self.runs.remove(&commit.run);
        }
        lines.into_iter().map(|line| self.of_run(&commit.run, line)).collect()
    }

    /// A line that belongs to a step.
    pub(super) fn of_step(&self, run: &RunId, step: &str, text: &str) -> String {
        let width = self.width;
        self.of_run(run, format!("  {step:width$}  {text}"))
    }

    fn of_run(&self, run: &RunId, line: String) -> String {
        match self.taken_up > 1 {
            true => format!("  {}{line}", short(run)),
            false => line,
        }
    }
}
