//! Which delivery is attempted next: fair over runs, bounded per step, per run and over all.
//! Runs take turns; a run whose steps are all at their bounds waits outside the queue until an
//! attempt that held it back ends. Nothing here ever looks at all deliveries or at all runs.

use std::collections::{HashMap, HashSet, VecDeque};

use lockstep_core::run::{DeliveryId, Run, Seq};
use lockstep_core::workflow::{StepId, Workflow};

/// A run that the partition holds, by a number that is never used again.
pub(crate) type RunKey = u64;

/// A run, and what of it may be attempted.
#[derive(Clone, Copy)]
pub(crate) struct Horizon<'r> {
    pub(crate) run: &'r Run,
    /// The last row that is written.
    pub(crate) written: Seq,
    /// Steps that reach nothing outside may be attempted before what led to them is written.
    pub(crate) may_go_ahead: bool,
}

impl Horizon<'_> {
    fn lets(&self, step: StepId, delivery: DeliveryId) -> bool {
        let is_pure = self.run.workflow().step(step).is_pure();
        // One that sees only what is written meets what has disturbed it again until that is.
        let sees = is_pure || self.written == self.run.last() || !self.run.was_disturbed(delivery);
        (delivery <= self.written && sees) || (is_pure && self.may_go_ahead)
    }
}

/// A step over all runs: the workflow is known by the address of its one immutable snapshot.
type Everywhere = (usize, StepId);

#[derive(Debug)]
pub(crate) struct Scheduler {
    free: usize,
    turns: VecDeque<RunKey>,
    /// The runs in `turns`.
    queued: HashSet<RunKey>,
    in_run: HashMap<(RunKey, StepId), u32>,
    everywhere: HashMap<Everywhere, u32>,
    /// Runs that wait for an attempt of this step in any run to end.
    held_back: HashMap<Everywhere, HeldBack>,
    /// Steps of which an attempt has ended while runs waited for it.
    eased: Vec<Everywhere>,
}

/// Runs that wait for a step, each once, in the order they came.
#[derive(Debug, Default)]
struct HeldBack {
    bound: u32,
    order: VecDeque<RunKey>,
    runs: HashSet<RunKey>,
}

/// What a look at one run found.
enum Found {
    Next(StepId, DeliveryId),
    /// Its ready steps are at their bounds; these are the ones bounded over all runs.
    Bounded(Vec<StepId>),
}

impl Scheduler {
    /// At most `slots` attempts at once, of whatever steps.
    pub(crate) fn new(slots: usize) -> Scheduler {
        Scheduler {
            free: slots,
            turns: VecDeque::new(),
            queued: HashSet::new(),
            in_run: HashMap::new(),
            everywhere: HashMap::new(),
            held_back: HashMap::new(),
            eased: Vec::new(),
        }
    }

    /// A run may have something ready.
    pub(crate) fn consider(&mut self, key: RunKey) {
        if self.queued.insert(key) {
            self.turns.push_back(key);
        }
    }

    /// The next delivery to attempt, its slot taken; `None` if there is no slot or no delivery.
    pub(crate) fn next<'r>(
        &mut self,
        run: impl Fn(RunKey) -> Option<Horizon<'r>>,
    ) -> Option<(RunKey, StepId, DeliveryId)> {
        while self.free > 0 {
            let Some(key) = self.turns.pop_front().or_else(|| self.let_one_go()) else { break };
            self.queued.remove(&key);
            let Some(horizon) = run(key) else { continue };
            let run = horizon.run;
            match self.look(key, horizon) {
                Found::Next(step, delivery) => {
                    self.take(key, step, run.workflow());
                    self.consider(key);
                    return Some((key, step, delivery));
                }
                Found::Bounded(steps) => self.hold_back(key, run.workflow(), steps),
            }
        }
        None
    }

    /// An attempt has ended, and its slot is free.
    pub(crate) fn ended(&mut self, key: RunKey, step: StepId, workflow: &Workflow) {
        self.free += 1;
        lower(&mut self.in_run, (key, step));
        if workflow.step(step).concurrency_all.is_some() {
            let everywhere = everywhere(workflow, step);
            lower(&mut self.everywhere, everywhere);
            self.eased.push(everywhere);
            // Whoever was held back comes before the run that just had its turn.
            self.let_one_go().into_iter().for_each(|waiting| self.consider(waiting));
        }
        self.consider(key);
    }

    /// The next run that was held back by a step that is below its bound again. One that does not
    /// want the step any more, or is gone, keeps nobody behind it waiting: the next one is asked.
    fn let_one_go(&mut self) -> Option<RunKey> {
        while let Some(step) = self.eased.last() {
            let waiting = self.held_back.get_mut(step);
            let free = waiting.filter(|waiting| !at(&self.everywhere, step, Some(waiting.bound)));
            if let Some(waiting) = free
                && let Some(key) = waiting.order.pop_front()
            {
                waiting.runs.remove(&key);
                return Some(key);
            }
            let step = self.eased.pop()?;
            if self.held_back.get(&step).is_some_and(|waiting| waiting.order.is_empty()) {
                self.held_back.remove(&step);
            }
        }
        None
    }

    fn look(&self, key: RunKey, horizon: Horizon<'_>) -> Found {
        let (run, mut bounded) = (horizon.run, Vec::new());
        for (step, delivery) in run.ready_steps().filter(|(step, delivery)| horizon.lets(*step, *delivery)) {
            let node = run.workflow().step(step);
            if at(&self.in_run, &(key, step), node.concurrency_run) {
                continue;
            }
            if at(&self.everywhere, &everywhere(run.workflow(), step), node.concurrency_all) {
                bounded.push(step);
                continue;
            }
            return Found::Next(step, delivery);
        }
        Found::Bounded(bounded)
    }

    fn take(&mut self, key: RunKey, step: StepId, workflow: &Workflow) {
        self.free -= 1;
        let node = workflow.step(step);
        if node.concurrency_run.is_some() {
            *self.in_run.entry((key, step)).or_default() += 1;
        }
        if node.concurrency_all.is_some() {
            *self.everywhere.entry(everywhere(workflow, step)).or_default() += 1;
        }
    }

    fn hold_back(&mut self, key: RunKey, workflow: &Workflow, steps: Vec<StepId>) {
        for step in steps {
            let waiting = self.held_back.entry(everywhere(workflow, step)).or_default();
            waiting.bound = workflow.step(step).concurrency_all.unwrap_or(u32::MAX);
            if waiting.runs.insert(key) {
                waiting.order.push_back(key);
            }
        }
    }
}

fn everywhere(workflow: &Workflow, step: StepId) -> Everywhere {
    (std::ptr::from_ref(workflow) as usize, step)
}

fn at<K: std::hash::Hash + Eq>(counts: &HashMap<K, u32>, key: &K, bound: Option<u32>) -> bool {
    bound.is_some_and(|bound| counts.get(key).copied().unwrap_or(0) >= bound)
}

fn lower<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, u32>, key: K) {
    if let std::collections::hash_map::Entry::Occupied(mut count) = counts.entry(key) {
        match count.get().saturating_sub(1) {
            0 => drop(count.remove()),
            left => *count.get_mut() = left,
        }
    }
}
