//! Scopes: opened by a fan-out, closed when nothing is open in them or a join fires early, and gathered
//! then.

use super::Decision;
use crate::run::change::{Change, Place, Purpose, Seq, Unmatched};
use crate::run::scope::Holder;
use crate::workflow::{GatherRule, HandlerId, Home, Join, OnEmpty, OnFailed, Workflow};

impl Decision<'_> {
    pub(super) fn open(&mut self, home: Home, parent: Place, branches: u32) -> Seq {
        let scope = self.write(Change::Opened { home, parent, branches });
        self.perhaps_ended.push_back(scope);
        let wait = gathers_of(&self.workflow, home).find_map(|(_, rule)| rule.wait);
        if let Some(wait) = wait {
            let purpose = Purpose::Gather { scope };
            self.write(Change::TimerSet { at: self.now.after(wait), purpose });
        }
        scope
    }

    /// Closes early what a join closes early, then every scope in which nothing is open any more,
    /// from the inside out.
    pub(super) fn close_what_ended(&mut self) {
        for (scope, gather) in std::mem::take(&mut self.early) {
            if self.run.scopes.contains_key(&scope) && !self.run.status().is_end() {
                self.close_early(scope, gather);
            }
        }
        while let Some(scope) = self.perhaps_ended.pop_front() {
            let ended = self.run.scopes.get(&scope).is_some_and(|s| s.open.is_empty()) && scope != Seq(0);
            if ended && !self.run.status().is_end() {
                self.close_ended(scope);
            }
        }
    }

    fn close_ended(&mut self, scope: Seq) {
        let workflow = self.workflow.clone();
        let gathers: Vec<_> = gathers_of(&workflow, self.run.scopes[&scope].home).collect();
        if let Some(reason) = gathers.iter().find_map(|(handler, rule)| self.too_few(scope, *handler, rule)) {
            let around = self.run.scopes[&scope].parent.scope;
            self.close(scope, Vec::new());
            return self.branch_failed(around, reason);
        }
        let unused = gathers.iter().filter_map(|(handler, rule)| self.fire(scope, *handler, rule)).collect();
        self.close(scope, unused);
    }

    fn close_early(&mut self, scope: Seq, gather: HandlerId) {
        let workflow = self.workflow.clone();
        let Join::Gather { rule, .. } = &workflow.handler(gather).join else { return };
        let unused = self.fire(scope, gather, rule);
        self.cut_inside(scope);
        self.close(scope, unused.into_iter().collect());
    }

    pub(super) fn close(&mut self, scope: Seq, unused: Vec<Unmatched>) {
        let mut unmatched = self.run.scopes[&scope].unmatched();
        unmatched.extend(unused);
        self.perhaps_ended.push_back(self.run.scopes[&scope].parent.scope);
        self.write(Change::Closed { scope, unmatched });
    }

    /// Why a scope that has ended fails: branches failed, and its gather did not get enough.
    fn too_few(&self, scope: Seq, handler: HandlerId, rule: &GatherRule) -> Option<String> {
        let open = &self.run.scopes[&scope];
        let got = open.gathered.get(&handler).map_or(0, Vec::len);
        let wanted = rule.take.filter(|take| rule.failed == OnFailed::Fail && got < *take as usize)?;
        let (failed, step) = (open.failed, &self.step_of(handler).name);
        (failed > 0)
            .then(|| format!("step `{step}` gathers {wanted}, got {got}, and {failed} branches failed"))
    }

    /// Gives a gather what it has, unless it has nothing and wants nothing then. What it cannot
    /// use comes back.
    fn fire(&mut self, scope: Seq, handler: HandlerId, rule: &GatherRule) -> Option<Unmatched> {
        let open = &self.run.scopes[&scope];
        let parent = open.parent;
        let mut items = open.gathered.get(&handler).cloned().unwrap_or_default();
        if items.is_empty() && rule.empty == OnEmpty::Skip {
            return None;
        }
        items.truncate(rule.take.map_or(usize::MAX, |take| take as usize));
        items.sort_unstable();
        let items: Vec<Seq> = items.into_iter().map(|(_, row)| row).collect();
        match self.with_beside(handler, parent, &items) {
            Some(inputs) => {
                self.deliver(handler, inputs, parent);
                None
            }
            None => Some(Unmatched { handler, events: items }),
        }
    }

    /// The inputs of a gather in the order of its parameters: the list, and beside it the newest
    /// single event of the opener's own branch, else of a scope around it.
    fn with_beside(&self, handler: HandlerId, opener: Place, items: &[Seq]) -> Option<Vec<Seq>> {
        let inputs = &self.workflow.handler(handler).inputs;
        let Some(single) = inputs.iter().position(|input| !input.many) else { return Some(items.to_vec()) };
        let beside = self.beside(handler, opener)?;
        Some(if single == 0 { [&[beside], items].concat() } else { [items, &[beside]].concat() })
    }

    fn beside(&self, handler: HandlerId, opener: Place) -> Option<Seq> {
        let mut at = opener;
        loop {
            let scope = self.run.scopes.get(&at.scope)?;
            let found = [Some(at.branch), None].iter().find_map(|key| scope.beside.get(&(handler, *key)));
            match (found, at.scope == Seq(0)) {
                (Some(event), _) => return Some(*event),
                (None, true) => return None,
                (None, false) => at = scope.parent,
            }
        }
    }

    /// Cuts everything that is open in a scope: deliveries, questions and timers first, then inner
    /// scopes from the inside out. Nesting can be deep: no recursion.
    pub(super) fn cut_inside(&mut self, scope: Seq) {
        let (mut inner, mut next) = (vec![scope], 0);
        while let Some(at) = inner.get(next).copied() {
            next += 1;
            for holder in self.run.scopes[&at].open.clone() {
                let change = match holder {
                    Holder::Delivery(delivery) => Change::Cut { delivery },
                    Holder::Question(question) => Change::Withdrawn { question },
                    Holder::Timer(timer) => Change::TimerCancelled { timer },
                    Holder::Scope(scope) => {
                        inner.push(scope);
                        continue;
                    }
                };
                self.write(change);
            }
        }
        for at in inner.into_iter().skip(1).rev() {
            self.close(at, Vec::new());
        }
    }
}

pub(super) fn gathers_of(workflow: &Workflow, home: Home) -> impl Iterator<Item = (HandlerId, &GatherRule)> {
    (0..).map(HandlerId).zip(&workflow.handlers).filter_map(move |(id, handler)| match &handler.join {
        Join::Gather { home: of, rule } if *of == home => Some((id, rule)),
        _ => None,
    })
}
