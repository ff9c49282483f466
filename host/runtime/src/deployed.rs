//! A workflow with the releases that run its steps, and the workflows that are steps of it: one
//! immutable snapshot, shared by all runs.

use std::sync::Arc;

use lockstep_core::workflow::{Graph, HandlerId, HandlerNode, Revision, StepId, StepNode, Workflow};
use lockstep_sandbox::Release;

/// What does the work of a step.
#[derive(Clone)]
pub enum Worker {
    /// Attempts in the sandbox.
    Release(Release),
    /// Runs of another workflow.
    Workflow(Deployed),
}

/// A workflow that is ready to run.
#[derive(Clone)]
pub struct Deployed {
    /// The graph.
    pub workflow: Arc<Workflow>,
    workers: Arc<[Worker]>,
    names: Vec<Arc<str>>,
    name: Arc<str>,
    graph: Arc<Graph>,
    /// For each handler, its place in its release.
    places: Vec<usize>,
}

impl Deployed {
    /// Loads what does the work of each step: `load` is given the step and the handlers that a release
    /// must have, in the order in which they are called by place.
    pub fn load<E>(
        workflow: Arc<Workflow>,
        mut load: impl FnMut(&StepNode, &[&HandlerNode]) -> Result<Worker, E>,
    ) -> Result<Deployed, E> {
        let workers = workflow.steps.iter().map(|step| {
            let handlers: Vec<_> = step.handlers.iter().map(|id| workflow.handler(*id)).collect();
            load(step, &handlers)
        });
        let workers = workers.collect::<Result<_, E>>()?;
        let names = workflow.steps.iter().map(|step| step.name.as_str().into()).collect();
        let places = (0..).map(HandlerId).zip(&workflow.handlers).map(|(id, handler)| {
            workflow.step(handler.step).handlers.iter().position(|known| *known == id).unwrap_or_default()
        });
        let places = places.collect();
        let (name, graph) = (workflow.name.as_str().into(), Arc::new(workflow.graph()));
        Ok(Deployed { workflow, workers, names, name, graph, places })
    }

    /// Which graph it is.
    pub fn revision(&self) -> Revision {
        self.graph.revision.clone()
    }

    pub(crate) fn graph(&self) -> &Graph {
        &self.graph
    }

    /// This one and all that are steps of it, at whatever depth.
    pub fn with_nested(&self) -> Vec<&Deployed> {
        let (mut all, mut next) = (vec![self], 0);
        while let Some(deployed) = all.get(next).copied() {
            next += 1;
            all.extend(deployed.workers.iter().filter_map(|worker| match worker {
                Worker::Workflow(nested) => Some(nested),
                Worker::Release(_) => None,
            }));
        }
        all
    }

    pub(crate) fn worker(&self, step: StepId) -> &Worker {
        &self.workers[step.0 as usize]
    }

    pub(crate) fn place(&self, handler: HandlerId) -> usize {
        self.places[handler.0 as usize]
    }

    pub(crate) fn step_name(&self, step: StepId) -> Arc<str> {
        self.names[step.0 as usize].clone()
    }

    pub(crate) fn name(&self) -> Arc<str> {
        self.name.clone()
    }
}
