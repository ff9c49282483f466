//! A workflow with the releases that run its steps, and the workflows that are steps of it: one
//! immutable snapshot, shared by all runs.

use std::pin::Pin;
use std::sync::Arc;

use lockstep_core::workflow::{Graph, HandlerId, HandlerNode, Revision, StepId, StepNode, Workflow};
use lockstep_sandbox::{Call, Release, Report};

/// What does the work of a step.
#[derive(Clone)]
pub enum Worker {
    /// Attempts in the sandbox.
    Release(Release),
    /// Somebody in the place of those, for a step whose work is not to be done for real.
    StandIn(Arc<dyn Attempts>),
    /// Runs of another workflow.
    Workflow(Deployed),
}

/// Makes the attempts of a step.
///
/// **Promise:** it comes back with what an attempt in the sandbox can: events that the handler may emit, in the keys of
/// the workflow's events, or a failure. It may be dropped.
pub trait Attempts: Send + Sync {
    /// Makes one; its handler is a place among those of the step.
    fn attempt(&self, call: Call) -> Attempting<'_>;
}

/// What came of an attempt, when it comes.
pub type Attempting<'a> = Pin<Box<dyn Future<Output = Report> + Send + 'a>>;

impl Attempts for Release {
    fn attempt(&self, call: Call) -> Attempting<'_> {
        Box::pin(Release::attempt(self, call))
    }
}

impl Worker {
    /// Who makes attempts, if that is how the step's work is done.
    pub(crate) fn attempts(&self) -> Option<Arc<dyn Attempts>> {
        match self {
            Worker::Release(release) => Some(Arc::new(release.clone())),
            Worker::StandIn(stand_in) => Some(stand_in.clone()),
            Worker::Workflow(_) => None,
        }
    }
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
                Worker::Release(_) | Worker::StandIn(_) => None,
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
