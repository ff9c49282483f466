//! What is seen of the run of a case: its story as people read it, and what `[expect]` is held against.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lockstep_core::case::Ran;
use lockstep_core::event::Json;
use lockstep_core::journal::Commit;
use lockstep_core::run::{Change, DeliveryId, Record, Run, RunId, Seq};
use lockstep_core::workflow::{EventId, Revision, Workflow};
use lockstep_runtime::{Attempt, Deployed, Observer};
use lockstep_sandbox::Report;

use super::stage::level;
use crate::report::Stories;

/// An observer that notes what a case is about.
pub(super) struct Notebook {
    run: RunId,
    workflows: HashMap<Revision, Arc<Workflow>>,
    notes: Mutex<Notes>,
}

struct Notes {
    stories: Stories,
    story: Vec<String>,
    events: Vec<(String, Json)>,
    questions: Vec<(String, Json)>,
    steps: Vec<String>,
    attempts: usize,
    has_ended: bool,
    /// The events of all runs, by their rows.
    rows: HashMap<(RunId, Seq), (EventId, Json)>,
    /// The steps of deliveries.
    deliveries: HashMap<DeliveryId, Arc<str>>,
}

impl Notebook {
    pub(super) fn new(deployed: &Deployed, run: RunId) -> Notebook {
        let all = deployed.with_nested();
        let workflows = all.iter().map(|one| (one.revision(), one.workflow.clone())).collect();
        let stories = Stories::of(std::slice::from_ref(deployed), Default::default(), true);
        let notes = Notes {
            stories,
            story: Vec::new(),
            events: Vec::new(),
            questions: Vec::new(),
            steps: Vec::new(),
            attempts: 0,
            has_ended: false,
            rows: HashMap::new(),
            deliveries: HashMap::new(),
        };
        Notebook { run, workflows, notes: Mutex::new(notes) }
    }

    /// The run of the case; others are within it.
    pub(super) fn run(&self) -> &RunId {
        &self.run
    }

    /// Whether that has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.notes().has_ended
    }

    /// What the run came to, its story, and how many attempts were made.
    pub(super) fn end(&self, run: &Run, calls: Vec<String>, took: Duration) -> (Ran, Vec<String>, usize) {
        let mut notes = self.notes();
        let result = run.result().map(|(event, value)| (short(run.workflow(), *event), value.clone()));
        let ran = Ran {
            status: run.status(),
            reason: run.reason().map(str::to_owned),
            result,
            events: std::mem::take(&mut notes.events),
            questions: std::mem::take(&mut notes.questions),
            steps: std::mem::take(&mut notes.steps),
            calls,
            took,
        };
        (ran, std::mem::take(&mut notes.story), notes.attempts)
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn noted(&self, notes: &mut Notes, commit: &Commit, record: &Record) {
        let Some(workflow) = self.workflows.get(&commit.summary.about.revision) else { return };
        let is_own = commit.run == self.run;
        match &record.change {
            Change::Event { event, cause, payload: Some(payload), .. } => {
                notes.rows.insert((commit.run.clone(), record.seq), (*event, payload.clone()));
                if is_own && cause.is_some() {
                    notes.events.push((short(workflow, *event), payload.clone()));
                }
            }
            Change::Asked { event: row, .. } => {
                if let Some((event, payload)) = notes.rows.get(&(commit.run.clone(), *row)).cloned() {
                    notes.questions.push((short(workflow, event), payload));
                }
            }
            Change::Delivery { step, .. } if is_own => {
                notes.deliveries.insert(record.seq, step.clone());
            }
            Change::ChildStarted { delivery, .. } if is_own => {
                let step = notes.deliveries.get(delivery).cloned();
                step.into_iter().for_each(|step| notes.did(&step));
            }
            _ => {}
        }
    }
}

impl Notes {
    fn did(&mut self, step: &str) {
        if !self.steps.iter().any(|known| known == step) {
            self.steps.push(step.to_owned());
        }
    }
}

fn short(workflow: &Workflow, event: EventId) -> String {
    workflow.event(event).short.clone()
}

impl Observer for Notebook {
    fn began(&self, attempt: &Attempt) {
        let mut notes = self.notes();
        notes.attempts += 1;
        if attempt.run == self.run {
            notes.did(&attempt.step);
        }
    }

    fn reported(&self, attempt: &Attempt, report: &Report) {
        let mut notes = self.notes();
        for line in &report.log {
            let told = format!("{}: {}", level(line.level), line.message);
            let told = notes.stories.of_step(&attempt.run, &attempt.step, &told);
            notes.story.push(told);
        }
    }

    fn committed(&self, commit: &Commit) {
        let mut notes = self.notes();
        let lines = notes.stories.tell(commit);
        notes.story.extend(lines);
        if commit.run == self.run {
            notes.has_ended = commit.summary.status.is_end();
        }
        commit.records.iter().for_each(|record| self.noted(&mut notes, commit, record));
    }
}
