//! A walk upstream: which openers lie behind an event, and how far. It goes from the event to the
//! handlers that emit it, to what lies behind the place where their deliveries lie, and so on.
//!
//! What a handler emits lies in a scope of its own if it is an opener; else where its delivery lay.
//! A delivery lies in a branch of a broadcast's scope if its event is broadcast, else where the
//! event does; a pair's lies in a scope of the pair's own home; a gather's lies where the delivery
//! of its home's opener lay, outside of what it gathered; a failure handler's where the failed one did;
//! a timer handler's where the delivery lay that set the timer. An answer lies where its question does.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::Draft;
use crate::workflow::{EventId, HandlerId, Home, Join};

/// What lies upstream of an event.
#[derive(Debug, Default)]
pub(super) struct Upstream {
    /// Each opener, and how many steps of the walk lead to it.
    pub(super) openers: BTreeMap<Home, u32>,
    /// How near the nearest join is that has no home yet: behind it anything may lie.
    pub(super) blocked: Option<u32>,
    /// Whether the start event was met.
    pub(super) from_start: bool,
}

/// Where a walk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Spot {
    /// Wherever this event is emitted.
    Event(EventId),
    /// Wherever a delivery of this handler lies.
    Place(HandlerId),
}

struct Walk<'d> {
    draft: &'d Draft<'d>,
    /// The join that is asked about: what it emits itself says nothing of where it joins.
    join: HandlerId,
    /// Behind this opener the walk does not go.
    within: Option<Home>,
    queue: BTreeSet<(u32, Spot)>,
    found: Upstream,
}

/// Everything upstream of an event, for a join that takes it.
pub(super) fn of(draft: &Draft<'_>, join: HandlerId, event: EventId) -> Upstream {
    Walk::new(draft, join, None).from(event)
}

/// Whether an event can come from the start without being inside a scope of `home`.
pub(super) fn comes_from_outside(draft: &Draft<'_>, join: HandlerId, event: EventId, home: Home) -> bool {
    Walk::new(draft, join, Some(home)).from(event).from_start
}

impl<'d> Walk<'d> {
    fn new(draft: &'d Draft<'d>, join: HandlerId, within: Option<Home>) -> Walk<'d> {
        Walk { draft, join, within, queue: BTreeSet::new(), found: Upstream::default() }
    }

    /// Nearest first, each spot once: loops end.
    fn from(mut self, event: EventId) -> Upstream {
        let mut seen = BTreeSet::new();
        self.queue.insert((0, Spot::Event(event)));
        while let Some((at, spot)) = self.queue.pop_first() {
            match spot {
                _ if !seen.insert(spot) => {}
                Spot::Event(event) => self.event(event, at),
                Spot::Place(handler) => self.place(handler, at),
            }
        }
        self.found
    }

    fn event(&mut self, event: EventId, at: u32) {
        self.found.from_start |= self.draft.start == Some(event);
        self.queue.extend(self.draft.asked_by(event).map(|question| (at, Spot::Event(question))));
        for producer in self.draft.producers(event).to_vec() {
            let is_opener = self.draft.workflow.handler(producer).emits.is_opener();
            if !is_opener || self.pass(Home::Handler(producer), at + 1) {
                self.queue.insert((at + 2, Spot::Place(producer)));
            }
        }
    }

    fn place(&mut self, handler: HandlerId, at: u32) {
        match &self.draft.workflow.handler(handler).join {
            Join::Each => {
                let event = self.draft.workflow.handler(handler).inputs[0].event;
                if !self.draft.is_broadcast(event) || self.pass(Home::Event(event), at) {
                    self.queue.insert((at, Spot::Event(event)));
                }
            }
            Join::Answer { question } => drop(self.queue.insert((at, Spot::Event(*question)))),
            Join::Timer => {
                let step = self.draft.workflow.handler(handler).step;
                let setters = self.draft.workflow.step(step).handlers.iter();
                self.queue.extend(setters.map(|setter| (at, Spot::Place(*setter))));
            }
            Join::Failure => self.failed(handler, at),
            Join::Pair { .. } => {
                self.joined(handler, at, |walk, home| home == Home::Run || walk.pass(home, at))
            }
            Join::Gather { .. } => self.joined(handler, at, |_, _| true),
        }
    }

    fn failed(&mut self, asked: HandlerId, at: u32) {
        let steps = self.draft.workflow.steps.iter().filter(|step| step.on_failure == Some(asked));
        let failing = steps.flat_map(|step| &step.handlers);
        self.queue.extend(failing.map(|handler| (at, Spot::Place(*handler))));
    }

    /// Goes on from where the delivery of a join's opener lay, if `passes` lets it.
    fn joined(&mut self, join: HandlerId, at: u32, passes: impl FnOnce(&mut Self, Home) -> bool) {
        let Some(home) = self.draft.homes.get(&join).copied() else {
            if join != self.join {
                self.found.blocked.get_or_insert(at);
            }
            return;
        };
        let opener = match home {
            Home::Run => return self.found.from_start = true,
            Home::Handler(opener) => Spot::Place(opener),
            Home::Event(event) => Spot::Event(event),
        };
        if passes(self, home) {
            self.queue.insert((at + 1, opener));
        }
    }

    /// Notes an opener; whether the walk goes on behind it.
    fn pass(&mut self, opener: Home, at: u32) -> bool {
        self.found.openers.entry(opener).or_insert(at);
        self.within != Some(opener)
    }
}
