//! The one place where a run's durable state changes: each arm takes in one decision.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::change::{Change, DeliveryStatus, JoinInput, Place, Record, Seq, Status, Unmatched};
use super::fields::comparable;
use super::scope::{Holder, Scope};
use super::{Delivery, Held, Run, RunId};
use crate::event::Timestamp;
use crate::outcome::{Class, Failure};
use crate::workflow::{HandlerId, Home, Join, Port, Workflow};

/// What does not fit, for whoever reads a damaged journal.
type Applied = Result<(), &'static str>;

impl Run {
    pub(super) fn empty(id: RunId, workflow: Arc<Workflow>) -> Run {
        let whole = Scope::new(Home::Run, Place::default(), 1);
        Run {
            id,
            workflow,
            last: Seq(0),
            status: Status::Running,
            reason: None,
            result: None,
            deliveries: BTreeMap::new(),
            ready: BTreeSet::new(),
            waking: BTreeSet::new(),
            timers: HashMap::new(),
            scopes: BTreeMap::from([(Seq(0), whole)]),
            events: HashMap::new(),
            fresh: Vec::new(),
            adrift: BTreeMap::new(),
        }
    }

    pub(super) fn apply(&mut self, record: &Record) -> Applied {
        if record.seq.0 != self.last.0 + 1 {
            return Err("its number is not the next one");
        }
        self.last = record.seq;
        match &record.change {
            Change::Status { status, reason } => self.apply_status(*status, reason.clone()),
            Change::Event { .. } => self.apply_event(record),
            Change::Delivery { handler, inputs, place, .. } => {
                self.apply_delivery(record, *handler, inputs, *place)
            }
            Change::Attempt { delivery, status, failure, .. } => {
                self.apply_attempt(*delivery, *status, failure.as_ref())
            }
            Change::Cut { delivery } => self.remove_delivery(*delivery).map(|_| ()),
            Change::Late { .. } => Ok(()),
            Change::Opened { home, parent, branches } => {
                self.apply_opened(record.seq, *home, *parent, *branches)
            }
            Change::Skipped { scope } => self.apply_skipped(*scope),
            Change::Closed { scope, unmatched } => self.apply_closed(*scope, unmatched),
            Change::TimerSet { at, scope } => self.apply_timer(record.seq, *at, *scope),
            Change::TimerFired { timer } => {
                self.forget_fresh();
                self.remove_timer(*timer)
            }
        }
    }

    fn apply_status(&mut self, status: Status, reason: Option<String>) -> Applied {
        self.forget_fresh();
        self.status = status;
        self.reason = reason;
        if status.is_end() {
            self.waking.clear();
            self.timers.clear();
            self.scopes.clear();
            self.events.clear();
        }
        Ok(())
    }

    fn apply_event(&mut self, record: &Record) -> Applied {
        let Change::Event { event, joins, unmatched, payload, .. } = &record.change else { return Ok(()) };
        let node = self.workflow.events.get(event.0 as usize).ok_or("the workflow has no such event")?;
        let payload = payload.clone().ok_or("the event has no value")?;
        if node.stop && self.result.is_none() {
            self.result = Some((*event, payload.clone()));
        }
        self.events.insert(record.seq, Held { event: *event, payload, uses: 0 });
        self.fresh.push(record.seq);
        for handler in unmatched {
            *self.adrift.entry(*handler).or_default() += 1;
        }
        joins.iter().try_for_each(|input| self.keep(record.seq, input))
    }

    fn keep(&mut self, event: Seq, input: &JoinInput) -> Applied {
        let key = self.pair_key(input.handler, event)?;
        let scope = self.scopes.get_mut(&input.scope).ok_or("its scope is not open")?;
        let mut replaced = Vec::new();
        match input.port {
            Port::Item => {
                scope.gathered.entry(input.handler).or_default().push((input.branch, event));
            }
            Port::With => {
                replaced.extend(scope.beside.insert((input.handler, Some(input.branch)), event));
                replaced.extend(scope.beside.insert((input.handler, None), event));
                self.use_event(event)?;
            }
            Port::Left | Port::Right => {
                scope.halves.entry(input.handler).or_default().keep(input.port, key, event);
            }
            Port::Each => return Err("an event for a single handler waits in no join"),
        }
        self.use_event(event)?;
        replaced.into_iter().for_each(|old| self.release(old));
        Ok(())
    }

    /// The value that a half of a pair must share with the other.
    pub(super) fn pair_key(&self, handler: HandlerId, event: Seq) -> Result<String, &'static str> {
        let node =
            self.workflow.handlers.get(handler.0 as usize).ok_or("the workflow has no such handler")?;
        let Join::Pair { by: Some(field), .. } = &node.join else { return Ok(String::new()) };
        let held = self.events.get(&event).ok_or("it joins an event that is not held")?;
        Ok(comparable(&held.payload, field))
    }

    fn apply_delivery(
        &mut self,
        record: &Record,
        handler: HandlerId,
        inputs: &[Seq],
        place: Place,
    ) -> Applied {
        for input in inputs {
            self.use_event(*input)?;
        }
        let node =
            self.workflow.handlers.get(handler.0 as usize).ok_or("the workflow has no such handler")?;
        if matches!(node.join, Join::Pair { .. }) {
            self.join_halves(handler, inputs, place)?;
        }
        let scope = self.scopes.get_mut(&place.scope).ok_or("its scope is not open")?;
        scope.open.insert(Holder::Delivery(record.seq));
        let delivery = Delivery {
            handler,
            inputs: inputs.to_vec(),
            place,
            since: record.at,
            attempts: 0,
            host_failures: 0,
            until: None,
        };
        self.deliveries.insert(record.seq, delivery);
        self.make_ready(record.seq);
        Ok(())
    }

    /// Two halves have met: their delivery is a new branch of the scope they met in.
    fn join_halves(&mut self, handler: HandlerId, inputs: &[Seq], place: Place) -> Applied {
        let [left, right] = *inputs else { return Err("a pair has two inputs") };
        for (port, half) in [(Port::Left, left), (Port::Right, right)] {
            let key = self.pair_key(handler, half)?;
            let scope = self.scopes.get_mut(&place.scope).ok_or("its scope is not open")?;
            let halves = scope.halves.get_mut(&handler).ok_or("no half waits")?;
            if !halves.take(port, &key, half) {
                return Err("its half does not wait");
            }
            self.release(half);
        }
        let scope = self.scopes.get_mut(&place.scope).ok_or("its scope is not open")?;
        scope.branches = scope.branches.max(place.branch + 1);
        Ok(())
    }

    fn apply_attempt(&mut self, id: Seq, status: DeliveryStatus, failure: Option<&Failure>) -> Applied {
        self.forget_fresh();
        match status {
            DeliveryStatus::Done | DeliveryStatus::Failed => self.remove_delivery(id).map(|_| ()),
            DeliveryStatus::BackingOff { until } => {
                let delivery = self.deliveries.get_mut(&id).ok_or("the delivery is not open")?;
                match failure.map(|failure| failure.class) {
                    Some(Class::Host) => delivery.host_failures += 1,
                    _ => delivery.attempts += 1,
                }
                if let Some(before) = delivery.until.replace(until) {
                    self.waking.remove(&(before, id));
                }
                self.waking.insert((until, id));
                self.unready(id);
                Ok(())
            }
        }
    }

    fn remove_delivery(&mut self, id: Seq) -> Result<Delivery, &'static str> {
        self.unready(id);
        let delivery = self.deliveries.remove(&id).ok_or("the delivery is not open")?;
        if let Some(until) = delivery.until {
            self.waking.remove(&(until, id));
        }
        if let Some(scope) = self.scopes.get_mut(&delivery.place.scope) {
            scope.open.remove(&Holder::Delivery(id));
        }
        delivery.inputs.iter().for_each(|input| self.release(*input));
        Ok(delivery)
    }

    fn apply_opened(&mut self, id: Seq, home: Home, parent: Place, branches: u32) -> Applied {
        let outer = self.scopes.get_mut(&parent.scope).ok_or("the scope around it is not open")?;
        outer.open.insert(Holder::Scope(id));
        self.scopes.insert(id, Scope::new(home, parent, branches));
        Ok(())
    }

    fn apply_skipped(&mut self, id: Seq) -> Applied {
        self.scopes.get_mut(&id).ok_or("the scope is not open")?.failed += 1;
        Ok(())
    }

    fn apply_closed(&mut self, id: Seq, unmatched: &[Unmatched]) -> Applied {
        let scope = self.scopes.remove(&id).ok_or("the scope is not open")?;
        if let Some(outer) = self.scopes.get_mut(&scope.parent.scope) {
            outer.open.remove(&Holder::Scope(id));
        }
        if let Some(timer) = scope.timer {
            self.remove_timer(timer)?;
        }
        for Unmatched { handler, events } in unmatched {
            *self.adrift.entry(*handler).or_default() += events.len() as u64;
        }
        scope.kept().for_each(|event| self.release(event));
        Ok(())
    }

    fn apply_timer(&mut self, id: Seq, at: Timestamp, scope: Seq) -> Applied {
        self.scopes.get_mut(&scope).ok_or("its scope is not open")?.timer = Some(id);
        self.timers.insert(id, (at, scope));
        self.waking.insert((at, id));
        Ok(())
    }

    fn remove_timer(&mut self, id: Seq) -> Applied {
        let (at, scope) = self.timers.remove(&id).ok_or("the timer is not set")?;
        self.waking.remove(&(at, id));
        if let Some(scope) = self.scopes.get_mut(&scope) {
            scope.timer = None;
        }
        Ok(())
    }

    fn use_event(&mut self, event: Seq) -> Applied {
        self.events.get_mut(&event).ok_or("it needs an event that is not held")?.uses += 1;
        Ok(())
    }

    fn release(&mut self, event: Seq) {
        if let Some(held) = self.events.get_mut(&event) {
            held.uses = held.uses.saturating_sub(1);
            if held.uses == 0 {
                self.fresh.push(event);
            }
        }
    }

    /// Lets go of events that nothing came to need in the commit that brought them.
    fn forget_fresh(&mut self) {
        for event in std::mem::take(&mut self.fresh) {
            if self.events.get(&event).is_some_and(|held| held.uses == 0) {
                self.events.remove(&event);
            }
        }
    }
}
