//! The one place where a run's durable state changes: each arm takes in one decision.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::approval::Verdicts;
use super::change::{
    About, Change, DeliveryStatus, JoinInput, Parked, Place, Purpose, Record, Seq, Status, Unmatched,
};
use super::effects::Calls;
use super::fields::comparable;
use super::scope::{Holder, Scope};
use super::{Clock, Closed, Delivery, Held, Open, Run, RunId};
use crate::event::Timestamp;
use crate::outcome::{Class, Failure};
use crate::state::{State, Write};
use crate::workflow::{HandlerId, Home, Join, Port, Revision, Workflow};

/// What does not fit, for whoever reads a damaged journal.
pub(super) type Applied = Result<(), &'static str>;

impl Run {
    pub(super) fn empty(id: RunId, workflow: Arc<Workflow>, state: State) -> Run {
        let whole = Scope::new(Home::Run, Place::default(), 1);
        let about = About {
            workflow: workflow.name.as_str().into(),
            revision: Revision::named(""),
            key: None,
            alias: None,
            session: None,
            continues: None,
            parent: None,
            forked: None,
        };
        Run {
            id,
            workflow,
            about: Arc::new(about),
            started_at: Timestamp(0),
            changed_at: Timestamp(0),
            last: Seq(0),
            decided: Status::Running,
            reason: None,
            result: None,
            deliveries: BTreeMap::new(),
            ready: BTreeSet::new(),
            parked: BTreeSet::new(),
            out: BTreeSet::new(),
            children: BTreeMap::new(),
            orphans: BTreeSet::new(),
            parent_told: false,
            conflicts: HashMap::new(),
            alone: BTreeSet::new(),
            careful: BTreeSet::new(),
            waking: BTreeSet::new(),
            timers: BTreeMap::new(),
            clock: Clock::Off,
            named: HashMap::new(),
            questions: BTreeMap::new(),
            closed: BTreeMap::new(),
            approvals: BTreeMap::new(),
            judged: BTreeMap::new(),
            called: HashMap::new(),
            state,
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
        if matches!(record.change, Change::Started(_)) != (record.seq == Seq(1)) {
            return Err("a run begins with its first row, and only there");
        }
        self.last = record.seq;
        self.changed_at = record.at;
        self.apply_change(record)
    }

    fn apply_change(&mut self, record: &Record) -> Applied {
        match &record.change {
            Change::Started(about) => {
                self.about = about.clone();
                self.started_at = record.at;
                Ok(())
            }
            Change::Status { status, reason } => self.apply_status(*status, reason.clone()),
            Change::Event { .. } => self.apply_event(record),
            Change::Delivery { handler, inputs, place, .. } => {
                self.apply_delivery(record, *handler, inputs, *place)
            }
            Change::Attempt { delivery, status, failure, .. } => {
                self.apply_attempt(*delivery, *status, failure.as_ref())
            }
            Change::Began { delivery } => {
                self.open_delivery(*delivery)?.begun = true;
                Ok(())
            }
            Change::Crashed { delivery } => self.apply_crashed(*delivery),
            Change::Retried { delivery, .. } => self.apply_retried(*delivery, record.at),
            Change::PassedOver { delivery, .. } => {
                self.forget_fresh();
                self.apply_cut(*delivery)
            }
            Change::ChildStarted { delivery, run } => self.apply_child(*delivery, run),
            Change::ChildCancelled { run } => {
                self.orphans.remove(run);
                Ok(())
            }
            Change::ParentTold => {
                self.parent_told = true;
                Ok(())
            }
            Change::EffectStarted { .. } => self.apply_left(record),
            Change::EffectEnded { delivery, .. } => self.open_delivery(*delivery)?.calls.apply(record),
            Change::ApprovalAsked { .. } => self.apply_approval_asked(record),
            Change::ApprovalDecided { .. } => self.apply_approval_decided(record),
            Change::Cut { delivery } => self.apply_cut(*delivery),
            Change::Late { .. } | Change::Update { .. } | Change::Blob { .. } | Change::Denied { .. } => {
                Ok(())
            }
            Change::Opened { home, parent, branches } => {
                self.apply_opened(record.seq, *home, *parent, *branches)
            }
            Change::Skipped { scope } => self.apply_skipped(*scope),
            Change::Closed { scope, unmatched } => self.apply_closed(*scope, unmatched),
            Change::TimerSet { at, purpose } => self.apply_timer(record.seq, *at, purpose),
            Change::TimerFired { timer } => self.apply_timer_fired(*timer),
            Change::TimerCancelled { timer } => self.apply_timer_cancelled(*timer, record.at),
            Change::Asked { .. } => self.apply_asked(record),
            Change::Answered { question, by, payload } => {
                let payload = payload.clone().ok_or("the answer has no value")?;
                self.close(*question, Closed::Answered { at: record.at, by: by.clone(), payload })
            }
            Change::Expired { question } => self.close(*question, Closed::Expired { at: record.at }),
            Change::Withdrawn { question } => self.close(*question, Closed::Withdrawn { at: record.at }),
            Change::State { .. } => self.apply_state(record),
        }
    }

    fn apply_state(&mut self, record: &Record) -> Applied {
        let Change::State { key, op, payload, .. } = &record.change else { return Ok(()) };
        let write = Write { key: key.clone(), op: *op, value: payload.clone() };
        self.state.write(&write, record.seq).map_err(|_| "it does not fit what its key holds")
    }

    fn apply_status(&mut self, status: Status, reason: Option<String>) -> Applied {
        self.forget_fresh();
        self.decided = status;
        self.reason = reason;
        if status.is_end() {
            self.waking.clear();
            self.timers.clear();
            self.named.clear();
            self.clock = Clock::Off;
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
            Port::Each | Port::Asked | Port::Answer => {
                return Err("an event for a single handler waits in no join");
            }
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
        self.open_scope(place.scope)?.open.insert(Holder::Delivery(record.seq));
        let delivery = Delivery {
            handler,
            inputs: inputs.to_vec(),
            place,
            since: record.at,
            attempts: 0,
            host_failures: 0,
            until: None,
            tried_from: record.at,
            begun: false,
            crashes: 0,
            children: 0,
            parked: None,
            failure: None,
            calls: Calls::default(),
            asking: Vec::new(),
            verdicts: Verdicts::default(),
            moment: None,
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
        let scope = self.open_scope(place.scope)?;
        scope.branches = scope.branches.max(place.branch + 1);
        Ok(())
    }

    fn apply_attempt(&mut self, id: Seq, status: DeliveryStatus, failure: Option<&Failure>) -> Applied {
        self.forget_fresh();
        if matches!(status, DeliveryStatus::Done | DeliveryStatus::Failed) {
            return self.remove_delivery(id).map(|_| ());
        }
        self.unready(id);
        self.children.remove(&id);
        let delivery = self.open_delivery(id)?;
        delivery.begun = false;
        if failure.is_some() {
            delivery.failure = failure.cloned();
        }
        match failure.map(|failure| failure.class) {
            None => {}
            Some(Class::Host) => delivery.host_failures += 1,
            Some(_) => delivery.attempts += 1,
        }
        if failure.is_some() {
            delivery.moment = None;
        }
        let before = delivery.until.take();
        before.map(|before| self.waking.remove(&(before, id)));
        self.apply_waiting(id, status)
    }

    fn apply_waiting(&mut self, id: Seq, status: DeliveryStatus) -> Applied {
        match status {
            DeliveryStatus::BackingOff { until } | DeliveryStatus::Postponed { until } => {
                self.open_delivery(id)?.until = Some(until);
                self.waking.insert((until, id));
            }
            DeliveryStatus::Parked { why } => {
                self.open_delivery(id)?.parked = Some(why);
                self.parked.insert(id);
            }
            DeliveryStatus::Interrupted => self.make_ready(id),
            DeliveryStatus::Done | DeliveryStatus::Failed => {}
        }
        Ok(())
    }

    fn apply_child(&mut self, id: Seq, run: &RunId) -> Applied {
        self.unready(id);
        self.out.remove(&id);
        self.open_delivery(id)?.children += 1;
        self.children.insert(id, run.clone());
        Ok(())
    }

    /// Nobody needs its child any more, if it has one.
    fn apply_cut(&mut self, id: Seq) -> Applied {
        self.orphans.extend(self.children.get(&id).cloned());
        self.remove_delivery(id).map(|_| ())
    }

    fn apply_retried(&mut self, id: Seq, now: Timestamp) -> Applied {
        let delivery = self.open_delivery(id)?;
        let before = std::mem::take(&mut delivery.until);
        (delivery.attempts, delivery.host_failures, delivery.crashes) = (0, 0, 0);
        let parked = delivery.parked.take();
        (delivery.tried_from, delivery.moment) = (now, None);
        delivery.calls.begin_anew();
        // A word about one call takes none back about another.
        if parked != Some(Parked::UnknownEffect) {
            delivery.verdicts.begin_anew();
        }
        self.parked.remove(&id);
        before.map(|before| self.waking.remove(&(before, id)));
        self.make_ready(id);
        Ok(())
    }

    /// Whoever takes the run up decides what becomes of it.
    fn apply_crashed(&mut self, id: Seq) -> Applied {
        let delivery = self.open_delivery(id)?;
        delivery.begun = false;
        delivery.crashes += 1;
        Ok(())
    }

    pub(super) fn open_delivery(&mut self, id: Seq) -> Result<&mut Delivery, &'static str> {
        self.deliveries.get_mut(&id).ok_or("the delivery is not open")
    }

    fn remove_delivery(&mut self, id: Seq) -> Result<Delivery, &'static str> {
        self.unready(id);
        let delivery = self.deliveries.remove(&id).ok_or("the delivery is not open")?;
        delivery.asking.iter().for_each(|approval| drop(self.close_approval(*approval)));
        self.forget_attempts(id);
        self.parked.remove(&id);
        self.children.remove(&id);
        if let Some(until) = delivery.until {
            self.waking.remove(&(until, id));
        }
        self.let_go(delivery.place, Holder::Delivery(id));
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

    fn apply_timer(&mut self, id: Seq, at: Timestamp, purpose: &Purpose) -> Applied {
        match purpose {
            Purpose::Run => self.clock = Clock::Running(id),
            Purpose::Gather { scope } => self.open_scope(*scope)?.timer = Some(id),
            Purpose::Step { step, name, place } => {
                self.open_scope(place.scope)?.open.insert(Holder::Timer(id));
                self.named.insert((*place, *step, name.clone()), id);
            }
        }
        self.timers.insert(id, (at, purpose.clone()));
        self.waking.insert((at, id));
        Ok(())
    }

    fn apply_timer_fired(&mut self, id: Seq) -> Applied {
        self.forget_fresh();
        self.remove_timer(id).map(|_| ())
    }

    /// The run's own timer keeps what was left of it.
    fn apply_timer_cancelled(&mut self, id: Seq, now: Timestamp) -> Applied {
        if let (at, Purpose::Run) = self.remove_timer(id)? {
            self.clock = Clock::Stopped(Duration::from_millis(at.0.saturating_sub(now.0)));
        }
        Ok(())
    }

    fn remove_timer(&mut self, id: Seq) -> Result<(Timestamp, Purpose), &'static str> {
        let (at, purpose) = self.timers.remove(&id).ok_or("the timer is not set")?;
        self.waking.remove(&(at, id));
        match &purpose {
            Purpose::Run => self.clock = Clock::Off,
            Purpose::Gather { scope } => {
                if let Some(scope) = self.scopes.get_mut(scope) {
                    scope.timer = None;
                }
            }
            Purpose::Step { step, name, place } => {
                self.named.remove(&(*place, *step, name.clone()));
                self.let_go(*place, Holder::Timer(id));
            }
        }
        Ok((at, purpose))
    }

    fn apply_asked(&mut self, record: &Record) -> Applied {
        let Change::Asked { event: row, step, place, deadline } = &record.change else { return Ok(()) };
        let held = self.events.get(row).ok_or("it asks with an event that is not held")?;
        let question = Open {
            row: *row,
            event: held.event,
            payload: held.payload.clone(),
            step: *step,
            place: *place,
            asked_at: record.at,
            deadline: *deadline,
        };
        self.use_event(*row)?;
        self.open_scope(place.scope)?.open.insert(Holder::Question(record.seq));
        deadline.map(|at| self.waking.insert((at, record.seq)));
        self.questions.insert(record.seq, question);
        Ok(())
    }

    fn close(&mut self, id: Seq, how: Closed) -> Applied {
        self.forget_fresh();
        let question = self.questions.remove(&id).ok_or("the question is not open")?;
        question.deadline.map(|at| self.waking.remove(&(at, id)));
        self.let_go(question.place, Holder::Question(id));
        self.release(question.row);
        self.closed.insert(id, how);
        Ok(())
    }

    fn open_scope(&mut self, id: Seq) -> Result<&mut Scope, &'static str> {
        self.scopes.get_mut(&id).ok_or("its scope is not open")
    }

    fn let_go(&mut self, place: Place, holder: Holder) {
        if let Some(scope) = self.scopes.get_mut(&place.scope) {
            scope.open.remove(&holder);
        }
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
