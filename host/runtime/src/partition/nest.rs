//! Runs within runs: a delivery to a workflow begins a run of that, and takes as its outcome what
//! the run comes to. What one has to tell the other is written down with them, so that it is told
//! after a crash as well: a child that has ended owes its parent the news, and a parent owes it to
//! children that it does not need any more.

use lockstep_core::outcome::{Class, Emission, Failure, Outcome};
use lockstep_core::run::{DeliveryId, Given, Parent, Run, RunId, Signal, Start, Status, Work};
use lockstep_core::workflow::{EmitPlan, EventId, StepId};

use super::Partition;
use super::group::Group;
use super::live::Live;
use crate::deployed::{Deployed, Worker};
use crate::scheduler::RunKey;

impl Partition {
    /// The workflow that does the work of a step, if one does.
    pub(super) fn nested(&self, key: RunKey, step: StepId) -> Option<Deployed> {
        match self.live.get(&key)?.deployed.as_ref()?.worker(step) {
            Worker::Workflow(nested) => Some(nested.clone()),
            Worker::Release(_) | Worker::StandIn(_) => None,
        }
    }

    /// Begins the run that does a delivery's work, or finds it: it may have been begun before a crash.
    pub(super) async fn nest(
        &mut self,
        key: RunKey,
        step: StepId,
        nested: &Deployed,
        work: Work,
        group: &mut Group,
    ) {
        let Some(live) = self.live.get(&key) else { return };
        // Nothing of the sandbox is used.
        self.scheduler.ended(key, step, live.run.workflow());
        let Some((parent, id)) = live.run.child_of(work.delivery) else { return };
        match self.fetch(&id, group).await {
            Ok(Some(_)) => {}
            Ok(None) => self.begin_child(key, &work, parent, nested, id.clone(), group),
            Err(error) => {
                return self.settle(key, work.delivery, failed(Class::Host, error.to_string()), group);
            }
        }
        self.signal(key, Signal::ChildStarted { delivery: work.delivery, run: id }, group);
    }

    fn begin_child(
        &mut self,
        key: RunKey,
        work: &Work,
        parent: Parent,
        nested: &Deployed,
        id: RunId,
        group: &mut Group,
    ) {
        let Some(live) = self.live.get(&key) else { return };
        let shape = &live.run.workflow().handler(work.handler).inputs[0].shape;
        let Some(Given::One(value)) = work.inputs.first() else { return };
        let payload = shape.inward(value);
        let first = Some(payload.clone());
        let start = Start { parent: Some(parent), session: work.session.clone(), ..Start::new(id, payload) };
        let (workflow, revision) = (nested.workflow.clone(), nested.revision());
        let (run, commit) = Run::start(start, workflow, revision, self.clock.now());
        let child = self.insert(Live::new(run, Some(nested.clone()), first));
        self.push(child, None, commit, group);
    }

    pub(super) fn settle(&mut self, key: RunKey, delivery: DeliveryId, outcome: Outcome, group: &mut Group) {
        let Some(live) = self.live.get_mut(&key) else { return };
        let commit = live.run.settle(delivery, outcome, self.clock.now());
        self.push(key, None, commit, group);
    }

    /// Tells whoever has to know what has become of a run.
    pub(super) async fn bring_news(&mut self, key: RunKey, group: &mut Group) {
        // Whoever waits for a run around it may have waited for this.
        let mut around = self.parent_in_memory(key);
        while let Some(parent) = around {
            self.tell_who_waits(parent);
            around = self.parent_in_memory(parent);
        }
        let owes = |live: &&Live| live.ahead == 0 && live.run.owes_news();
        let Some(live) = self.live.get(&key).filter(owes) else { return };
        let orphans: Vec<RunId> = live.run.orphans().cloned().collect();
        if let Some(parent) = live.run.news().cloned() {
            self.tell_parent(key, &parent, group).await;
        }
        for orphan in orphans {
            self.cancel_child(key, orphan, group).await;
        }
    }

    fn parent_in_memory(&self, key: RunKey) -> Option<RunKey> {
        let parent = self.live.get(&key)?.run.about().parent.as_ref()?;
        self.keys.get(&parent.run).copied()
    }

    async fn tell_parent(&mut self, key: RunKey, parent: &Parent, group: &mut Group) {
        let parent_key = match self.fetch(&parent.run, group).await {
            Ok(known) => known,
            Err(error) => {
                return tracing::warn!(run = %parent.run, %error, "a parent cannot be told of its child");
            }
        };
        if let Some(parent_key) = parent_key {
            self.settle_child(key, parent_key, parent, group);
        }
        self.signal(key, Signal::ParentTold, group);
    }

    /// What the child has come to is the outcome of its delivery, if that still waits for it.
    fn settle_child(&mut self, key: RunKey, parent_key: RunKey, parent: &Parent, group: &mut Group) {
        let (Some(child), Some(live)) = (self.live.get(&key), self.live.get(&parent_key)) else { return };
        let waits = |(delivery, run)| delivery == parent.delivery && run == child.run.id();
        if !live.run.children().any(waits) {
            return;
        }
        let step = live.run.open().find(|open| open.id == parent.delivery);
        let Some(handler) = step.map(|open| open.handler) else { return };
        let outcome = outcome(&child.run, &live.run.workflow().handler(handler).emits);
        self.settle(parent_key, parent.delivery, outcome, group);
    }

    async fn cancel_child(&mut self, key: RunKey, orphan: RunId, group: &mut Group) {
        match self.fetch(&orphan, group).await {
            Ok(child) => {
                if let Some(child) = child {
                    self.signal(child, Signal::Cancel, group);
                }
                self.signal(key, Signal::ChildCancelled { run: orphan }, group);
            }
            Err(error) => tracing::warn!(run = %orphan, %error, "a child cannot be told that it is cut"),
        }
    }
}

/// What a run that has ended means for the delivery whose work it did.
fn outcome(child: &Run, plan: &EmitPlan) -> Outcome {
    let failed = |why: String| {
        failed(Class::Permanent, format!("run {} of workflow {} {why}", child.id(), child.workflow().name))
    };
    match (child.status(), child.result()) {
        (Status::Completed, Some((event, value))) => match place(child, *event, plan) {
            Some((event, shape)) => {
                let payload = shape.outward(value);
                Outcome::Emitted(vec![Emission { event, element: 0, payload }].into())
            }
            None => failed("ended with an event that the step does not emit".into()),
        },
        (status, _) => {
            let reason = child.reason().map_or(String::new(), |reason| format!(": {reason}"));
            failed(format!("is {status}{reason}"))
        }
    }
}

fn failed(class: Class, message: String) -> Outcome {
    let code = "child-failed".to_owned();
    Outcome::Failed(Failure { class, code, message, retry_after: None, details: None })
}

/// The parent's event for a stop event of the child.
fn place<'p>(
    child: &Run,
    event: EventId,
    plan: &'p EmitPlan,
) -> Option<(EventId, &'p lockstep_core::shape::Shape)> {
    match plan {
        EmitPlan::Event(event, shape) => Some((*event, shape)),
        EmitPlan::Variant(cases) => {
            let short = &child.workflow().event(event).short;
            cases.iter().find(|(case, ..)| case == short).map(|(_, event, shape)| (*event, shape))
        }
        EmitPlan::Nothing | EmitPlan::Option(_) | EmitPlan::List(_) => None,
    }
}
