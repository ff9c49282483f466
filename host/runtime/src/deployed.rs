//! A workflow with the releases that run its steps: one immutable snapshot, shared by all runs.

use std::sync::Arc;

use lockstep_core::workflow::{Graph, HandlerId, HandlerNode, Revision, StepId, StepNode, Workflow};
use lockstep_sandbox::Release;

/// A workflow that is ready to run.
#[derive(Clone)]
pub struct Deployed {
    /// The graph.
    pub workflow: Arc<Workflow>,
    releases: Vec<Release>,
    names: Vec<Arc<str>>,
    name: Arc<str>,
    graph: Arc<Graph>,
    /// For each handler, its place in its release.
    places: Vec<usize>,
}

impl Deployed {
    /// Loads a release for each step: `load` is given the step and the handlers that its release
    /// must have, in the order in which they are called by place.
    pub fn load<E>(
        workflow: Arc<Workflow>,
        mut load: impl FnMut(&StepNode, &[&HandlerNode]) -> Result<Release, E>,
    ) -> Result<Deployed, E> {
        let releases = workflow.steps.iter().map(|step| {
            let handlers: Vec<_> = step.handlers.iter().map(|id| workflow.handler(*id)).collect();
            load(step, &handlers)
        });
        let releases = releases.collect::<Result<_, E>>()?;
        let names = workflow.steps.iter().map(|step| step.name.as_str().into()).collect();
        let places = (0..).map(HandlerId).zip(&workflow.handlers).map(|(id, handler)| {
            workflow.step(handler.step).handlers.iter().position(|known| *known == id).unwrap_or_default()
        });
        let places = places.collect();
        let (name, graph) = (workflow.name.as_str().into(), Arc::new(workflow.graph()));
        Ok(Deployed { workflow, releases, names, name, graph, places })
    }

    /// Which graph it is.
    pub fn revision(&self) -> Revision {
        self.graph.revision.clone()
    }

    pub(crate) fn graph(&self) -> &Graph {
        &self.graph
    }

    pub(crate) fn release(&self, step: StepId) -> &Release {
        &self.releases[step.0 as usize]
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
