//! A scope: what is open in it, and what its joins have gathered so far.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::change::{Place, Seq, Unmatched};
use crate::workflow::{HandlerId, Home, Port};

#[derive(Debug, PartialEq)]
pub(super) struct Scope {
    pub(super) home: Home,
    /// Where the opener's delivery lay; the run's own scope lies in itself.
    pub(super) parent: Place,
    /// What keeps it from ending.
    pub(super) open: BTreeSet<Holder>,
    /// The number of the next branch.
    pub(super) branches: u32,
    /// Branches that failed and were skipped.
    pub(super) failed: u32,
    /// The timer of its gather's `wait`.
    pub(super) timer: Option<Seq>,
    /// What each gather has, in the order it came: branch and row.
    pub(super) gathered: HashMap<HandlerId, Vec<(u32, Seq)>>,
    /// What each pair waits with.
    pub(super) halves: HashMap<HandlerId, Halves>,
    /// The newest event beside each gather: of each branch, and of the whole scope.
    pub(super) beside: HashMap<(HandlerId, Option<u32>), Seq>,
}

/// What keeps a scope open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holder {
    Delivery(Seq),
    Question(Seq),
    Timer(Seq),
    Scope(Seq),
}

/// Halves of pairs that have not met: by the value they must share.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Halves {
    left: HashMap<String, VecDeque<Seq>>,
    right: HashMap<String, VecDeque<Seq>>,
}

impl Halves {
    pub(super) fn keep(&mut self, port: Port, key: String, event: Seq) {
        self.side(port).entry(key).or_default().push_back(event);
    }

    /// The oldest half on the other side of `port`.
    pub(super) fn oldest_opposite(&self, port: Port, key: &str) -> Option<Seq> {
        let side = if port == Port::Left { &self.right } else { &self.left };
        side.get(key).and_then(|queue| queue.front().copied())
    }

    /// Takes a half out that has met another; whether it was there.
    pub(super) fn take(&mut self, port: Port, key: &str, event: Seq) -> bool {
        let side = self.side(port);
        let Some(queue) = side.get_mut(key) else { return false };
        let found = queue.iter().position(|half| *half == event).map(|at| queue.remove(at)).is_some();
        if queue.is_empty() {
            side.remove(key);
        }
        found
    }

    /// All that wait, in the order they came.
    pub(super) fn waiting(&self) -> Vec<Seq> {
        let mut all: Vec<Seq> = self.left.values().chain(self.right.values()).flatten().copied().collect();
        all.sort_unstable();
        all
    }

    fn side(&mut self, port: Port) -> &mut HashMap<String, VecDeque<Seq>> {
        if port == Port::Left { &mut self.left } else { &mut self.right }
    }
}

impl Scope {
    pub(super) fn new(home: Home, parent: Place, branches: u32) -> Scope {
        Scope {
            home,
            parent,
            open: BTreeSet::new(),
            branches,
            failed: 0,
            timer: None,
            gathered: HashMap::new(),
            halves: HashMap::new(),
            beside: HashMap::new(),
        }
    }

    /// Every event that this scope keeps for its joins.
    pub(super) fn kept(&self) -> impl Iterator<Item = Seq> + '_ {
        let gathered = self.gathered.values().flatten().map(|(_, event)| *event);
        let halves = self.halves.values().flat_map(Halves::waiting);
        gathered.chain(halves).chain(self.beside.values().copied())
    }

    /// Halves that met no other, by the handler that waits for them.
    pub(super) fn unmatched(&self) -> Vec<Unmatched> {
        let waiting = self.halves.iter().map(|(handler, halves)| (*handler, halves.waiting()));
        let some = waiting.filter(|(_, events)| !events.is_empty());
        let mut all: Vec<_> = some.map(|(handler, events)| Unmatched { handler, events }).collect();
        all.sort_unstable_by_key(|unmatched| unmatched.handler);
        all
    }
}
