//! The rule: what follows from a start, an outcome or a signal. Each decision is written as a
//! change and applied at once, so that the next one sees it; together they are the commit.

use std::collections::VecDeque;
use std::sync::Arc;

use super::change::{
    About, Cause, Change, DeliveryStatus, JoinInput, Parked, Place, Purpose, Record, Seq, Status, Unmatched,
};
use super::fields::{comparable, normal, picked};
use super::scope::Holder;
use super::told;
use super::{Clock, Delivery, Run, RunId};
use crate::event::{Json, Timestamp};
use crate::journal::Commit;
use crate::outcome::{Class, Emission, Emitted, Failure, Interruption, Outcome, TimerWish};
use crate::retry::Tried;
use crate::state::Write;
use crate::workflow::{
    Consumer, EventId, Exhausted, GatherRule, HandlerId, Home, Join, OnEmpty, OnFailed, Port, StepId,
    StepNode, Workflow,
};

/// A delivery that was in flight so often when a host went down is parked.
const CRASHES: u32 = 3;
/// A delivery that met so many conflicts is attempted alone.
const CONFLICTS: u32 = 3;

pub(super) struct Decision<'r> {
    run: &'r mut Run,
    workflow: Arc<Workflow>,
    now: Timestamp,
    records: Vec<Record>,
    /// Scopes that may have ended by what was decided.
    perhaps_ended: VecDeque<Seq>,
    /// Scopes that an early join closes, and the gather that does.
    early: Vec<(Seq, HandlerId)>,
}

impl<'r> Decision<'r> {
    pub(super) fn of(run: &'r mut Run, now: Timestamp) -> Decision<'r> {
        let workflow = run.workflow.clone();
        Decision {
            run,
            workflow,
            now,
            records: Vec::new(),
            perhaps_ended: VecDeque::new(),
            early: Vec::new(),
        }
    }

    pub(super) fn start(mut self, about: Arc<About>, payload: Json) -> Commit {
        self.write(Change::Started(about));
        if let Some(timeout) = self.workflow.timeout {
            self.write(Change::TimerSet { at: self.now.after(timeout), purpose: Purpose::Run });
        }
        self.route(Event::new(self.workflow.start, Place::default(), payload));
        self.finish()
    }

    pub(super) fn settle(mut self, id: Seq, outcome: Outcome) -> Commit {
        if self.run.status().is_end() {
            return self.commit();
        }
        self.run.out.remove(&id);
        match (self.run.deliveries.contains_key(&id), outcome) {
            (true, Outcome::Interrupted(why)) => self.interrupted(id, why),
            (false, Outcome::Interrupted(_)) => {}
            (false, _) => {
                self.write(Change::Late { delivery: id });
            }
            (true, Outcome::Emitted(emitted)) if self.run.state.conflicts(&emitted.reads) => {
                self.interrupted(id, Interruption::Conflict);
            }
            (true, Outcome::Emitted(emitted)) => match self.run.state.check(&emitted.writes) {
                Ok(()) => self.emitted(id, emitted),
                Err(misfit) => self.failed(id, told::misfit(&misfit)),
            },
            (true, Outcome::Failed(failure)) => self.failed(id, failure),
        }
        self.finish()
    }

    /// The row that a delivery is begun with that may have been in flight when a host went down.
    pub(super) fn began(mut self, id: Seq) -> Commit {
        self.write(Change::Began { delivery: id });
        self.commit()
    }

    /// What was in flight when the last host went down has crashed once more. What is ready now may
    /// have been, and is begun with a row from here on.
    pub(super) fn taken_up(mut self) -> Commit {
        let begun = self.run.deliveries.iter().filter(|(_, delivery)| delivery.begun);
        for id in begun.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.write(Change::Crashed { delivery: id });
            if self.run.deliveries[&id].crashes >= CRASHES {
                let attempt = self.run.deliveries[&id].attempt();
                let status = DeliveryStatus::Parked { why: Parked::Poison };
                self.write(Change::Attempt { delivery: id, attempt, status, failure: None });
            }
        }
        self.run.careful.extend(self.run.ready.iter().map(|(_, id)| *id));
        self.finish()
    }

    pub(super) fn timers_due(mut self) -> Commit {
        let now = self.now;
        while let Some((at, id)) = self.run.waking.first().copied().filter(|(at, _)| *at <= now)
            && self.run.wake_at().is_some()
        {
            if self.run.timers.contains_key(&id) {
                self.timer_fired(id);
            } else if self.run.questions.contains_key(&id) {
                self.expired(id);
            } else {
                self.run.waking.remove(&(at, id));
                self.run.make_ready(id);
            }
        }
        self.finish()
    }

    /// An answer to a question that is not open changes nothing.
    pub(super) fn answer(mut self, id: Seq, payload: Json, by: Option<Arc<str>>) -> Commit {
        let Some(open) = self.run.questions.get(&id).cloned() else { return self.commit() };
        let workflow = self.workflow.clone();
        let Some(question) = &workflow.event(open.event).question else { return self.commit() };
        let value = match question.generic {
            true => told::response(&self.run.id, id, &payload, by.as_deref()),
            false => payload.clone(),
        };
        self.write(Change::Answered { question: id, by, payload: Some(payload) });
        self.perhaps_ended.push_back(open.place.scope);
        self.route(Event {
            cause: Some(Cause::Question { question: id }),
            asked: Some((open.event, open.row)),
            asker: open.step.filter(|_| question.generic),
            ..Event::new(question.answer, open.place, value)
        });
        self.finish()
    }

    pub(super) fn child_started(mut self, delivery: Seq, run: RunId) -> Commit {
        if self.run.deliveries.contains_key(&delivery) {
            self.write(Change::ChildStarted { delivery, run });
        }
        self.finish()
    }

    pub(super) fn child_cancelled(mut self, run: RunId) -> Commit {
        if self.run.orphans.contains(&run) {
            self.write(Change::ChildCancelled { run });
        }
        self.commit()
    }

    pub(super) fn parent_told(mut self) -> Commit {
        if self.run.news().is_some() {
            self.write(Change::ParentTold);
        }
        self.commit()
    }

    pub(super) fn cancel(mut self) -> Commit {
        if !self.run.status().is_end() {
            self.end(Status::Cancelled, None);
        }
        self.commit()
    }

    pub(super) fn pause(mut self, by: Option<Arc<str>>) -> Commit {
        let status = self.run.status();
        if !status.is_end() && status != Status::Paused {
            let reason = by.map(|by| format!("by {by}"));
            self.write(Change::Status { status: Status::Paused, reason });
        }
        self.finish()
    }

    pub(super) fn resume(mut self) -> Commit {
        if self.run.status() == Status::Paused {
            self.goes_on();
        }
        self.finish()
    }

    pub(super) fn retry(mut self, delivery: Seq, by: Option<Arc<str>>) -> Commit {
        if self.run.can_be_retried(delivery) {
            self.write(Change::Retried { delivery, by });
        }
        self.finish()
    }

    pub(super) fn skip(mut self, id: Seq, events: Vec<(EventId, Json)>, by: Option<Arc<str>>) -> Commit {
        let Some(Delivery { handler, place, .. }) = self.run.deliveries.get(&id) else {
            return self.commit();
        };
        let (handler, place) = (*handler, *place);
        self.write(Change::PassedOver { delivery: id, by });
        self.perhaps_ended.push_back(place.scope);
        let events =
            (0..).zip(events).map(|(element, (event, payload))| Emission { event, element, payload });
        self.send(handler, place, Cause::Operator, events.collect());
        self.finish()
    }

    pub(super) fn give_up(mut self, id: Seq, by: Option<Arc<str>>) -> Commit {
        if let Some(attempt) = self.run.deliveries.get(&id).map(Delivery::attempt) {
            self.failed_for_good(id, attempt, told::given_up(by.as_deref()));
        }
        self.finish()
    }

    pub(super) fn inject(mut self, event: EventId, payload: Json, step: Option<StepId>) -> Commit {
        if self.run.status().is_end() {
            return self.commit();
        }
        if self.run.status() == Status::Stalled {
            self.goes_on();
        }
        let (cause, asker) = (Some(Cause::Operator), step);
        self.route(Event { cause, asker, ..Event::new(event, Place::default(), payload) });
        self.finish()
    }

    fn goes_on(&mut self) {
        self.write(Change::Status { status: Status::Running, reason: None });
    }

    fn interrupted(&mut self, id: Seq, why: Interruption) {
        if why == Interruption::Conflict {
            let conflicts = self.run.conflicts.entry(id).or_default();
            *conflicts += 1;
            if *conflicts >= CONFLICTS {
                self.run.alone.insert(id);
            }
        }
        if !self.run.deliveries[&id].begun {
            return self.run.make_ready(id);
        }
        let attempt = self.run.deliveries[&id].attempt();
        let status = DeliveryStatus::Interrupted;
        self.write(Change::Attempt { delivery: id, attempt, status, failure: None });
    }

    fn timer_fired(&mut self, timer: Seq) {
        let (_, purpose) = self.run.timers[&timer].clone();
        self.write(Change::TimerFired { timer });
        match purpose {
            Purpose::Run => {
                let limit = self.workflow.timeout.unwrap_or_default();
                self.end(Status::TimedOut, Some(format!("the run took longer than its {limit:?}")));
            }
            Purpose::Gather { scope } => {
                let home = self.run.scopes[&scope].home;
                self.early.extend(gathers_of(&self.workflow, home).map(|(handler, _)| (scope, handler)));
                self.close_what_ended();
            }
            Purpose::Step { step, name, place } => {
                self.perhaps_ended.push_back(place.scope);
                if let Some(handler) = self.workflow.step(step).on_timer {
                    self.tell(handler, place, Cause::Timer { timer }, told::timer_fired(&name));
                }
            }
        }
    }

    /// A question that nobody has answered in time: another event comes instead, or the branch that
    /// asked has failed.
    fn expired(&mut self, id: Seq) {
        let open = self.run.questions[&id].clone();
        let workflow = self.workflow.clone();
        let node = workflow.event(open.event);
        self.write(Change::Expired { question: id });
        self.perhaps_ended.push_back(open.place.scope);
        match node.question.as_ref().and_then(|question| question.on_deadline) {
            Some(instead) => {
                let value = picked(&open.payload, &workflow.event(instead).shape);
                let cause = Some(Cause::Question { question: id });
                self.route(Event { cause, ..Event::new(instead, open.place, value) });
            }
            None => {
                let reason =
                    format!("nobody answered the question {}.{id} (`{}`) in time", self.run.id, node.short);
                self.branch_failed(open.place.scope, reason);
            }
        }
        self.close_what_ended();
    }

    fn emitted(&mut self, id: Seq, emitted: Emitted) {
        let Delivery { handler, place, .. } = self.run.deliveries[&id];
        let attempt = self.run.deliveries[&id].attempt();
        for Write { key, op, value } in emitted.writes {
            self.write(Change::State { delivery: id, key, op, payload: value });
        }
        for update in emitted.updates {
            let payload = Some(update.item);
            self.write(Change::Update { delivery: id, attempt, name: update.name, payload });
        }
        self.write(Change::Attempt { delivery: id, attempt, status: DeliveryStatus::Done, failure: None });
        self.perhaps_ended.push_back(place.scope);
        for wish in emitted.timers {
            self.set_timer(handler, place, wish);
        }
        self.send(handler, place, Cause::Attempt { delivery: id, attempt }, emitted.events);
    }

    fn set_timer(&mut self, handler: HandlerId, place: Place, wish: TimerWish) {
        let step = self.workflow.handler(handler).step;
        let (name, after) = match wish {
            TimerWish::Set { name, after } => (name, Some(after)),
            TimerWish::Cancel { name } => (name, None),
        };
        if let Some(timer) = self.run.named.get(&(place, step, name.clone())).copied() {
            self.write(Change::TimerCancelled { timer });
        }
        if let Some(after) = after {
            let purpose = Purpose::Step { step, name, place };
            self.write(Change::TimerSet { at: self.now.after(after), purpose });
        }
    }

    fn send(&mut self, handler: HandlerId, place: Place, cause: Cause, emissions: Vec<Emission>) {
        let from = Some(self.workflow.handler(handler).step);
        let scope = self.workflow.handler(handler).opens.then(|| {
            let branches = emissions.iter().map(|emission| emission.element + 1).max().unwrap_or(0);
            self.open(Home::Handler(handler), place, branches)
        });
        for Emission { event, element, payload } in emissions {
            let place = scope.map_or(place, |scope| Place { scope, branch: element });
            self.route(Event { cause: Some(cause), from, ..Event::new(event, place, payload) });
            if self.run.status().is_end() {
                return;
            }
        }
    }

    fn failed(&mut self, id: Seq, failure: Failure) {
        let attempt = self.run.deliveries[&id].attempt();
        let step = self.step_of(self.run.deliveries[&id].handler);
        match step.retry.next_attempt(&failure, self.tried(id, &failure)) {
            Some(until) => {
                let status = DeliveryStatus::BackingOff { until };
                self.write(Change::Attempt { delivery: id, attempt, status, failure: Some(failure) });
            }
            None if step.exhausted == Exhausted::Park || failure.class == Class::Host => {
                let status = DeliveryStatus::Parked { why: Parked::Exhausted };
                self.write(Change::Attempt { delivery: id, attempt, status, failure: Some(failure) });
            }
            None => self.failed_for_good(id, attempt, failure),
        }
        // While it waits, it keeps nobody else waiting.
        self.run.forget_attempts(id);
    }

    /// What the retry policy needs to know, with the failure at hand counted in.
    fn tried<'a>(&'a self, id: Seq, failure: &Failure) -> Tried<'a> {
        let delivery = &self.run.deliveries[&id];
        let by_host = u32::from(failure.class == Class::Host);
        Tried {
            run: self.run.id.as_str(),
            delivery: id.0,
            attempts: delivery.attempts + 1 - by_host,
            host_failures: delivery.host_failures + by_host,
            first_at: delivery.tried_from,
            now: self.now,
        }
    }

    /// A final failure goes to the step's failure handler, else to the gather around it, else to
    /// the run. A failure handler's own failure goes straight to the run.
    fn failed_for_good(&mut self, id: Seq, attempt: u32, failure: Failure) {
        let Delivery { handler, place, .. } = self.run.deliveries[&id];
        let step = self.step_of(handler);
        let reason = format!("step `{}` failed: {}", step.name, told::story(&failure));
        let is_failure_handler = self.workflow.handler(handler).join == Join::Failure;
        let asked = step.on_failure.filter(|_| !is_failure_handler);
        let told = asked.map(|asked| (asked, self.failure_event(id, attempt, &failure)));
        let status = DeliveryStatus::Failed;
        self.write(Change::Attempt { delivery: id, attempt, status, failure: Some(failure) });
        self.perhaps_ended.push_back(place.scope);
        match told {
            Some((asked, told)) => self.tell(asked, place, Cause::Attempt { delivery: id, attempt }, told),
            None if is_failure_handler => self.end(Status::Failed, Some(reason)),
            None => self.branch_failed(place.scope, reason),
        }
    }

    /// Walks outward from the scope in which something failed for good: a scope whose gather goes
    /// on loses one branch; one whose gather fails is cut and fails the scope around it; where no
    /// gather is left, the run fails.
    fn branch_failed(&mut self, from: Seq, reason: String) {
        let workflow = self.workflow.clone();
        let (mut at, mut doomed) = (from, None);
        while at != Seq(0) {
            let scope = &self.run.scopes[&at];
            let mut gathers = gathers_of(&workflow, scope.home).peekable();
            if gathers.peek().is_some() {
                if gathers.all(|(_, rule)| rule.failed == OnFailed::Skip || rule.take.is_some()) {
                    return self.skip_branch(at, doomed);
                }
                doomed = Some(at);
            }
            at = scope.parent.scope;
        }
        self.end(Status::Failed, Some(reason));
    }

    fn skip_branch(&mut self, scope: Seq, doomed: Option<Seq>) {
        if let Some(doomed) = doomed {
            self.cut_inside(doomed);
            self.close(doomed, Vec::new());
        }
        self.write(Change::Skipped { scope });
        self.perhaps_ended.push_back(scope);
    }

    fn failure_event(&self, id: Seq, attempt: u32, failure: &Failure) -> Json {
        let delivery = &self.run.deliveries[&id];
        let held: Vec<_> = delivery.inputs.iter().map(|input| &self.run.events[input]).collect();
        let name = held.first().map_or("", |held| &self.workflow.event(held.event).short);
        let values = held.iter().map(|held| held.payload.as_str());
        told::step_failed(&self.step_of(delivery.handler).name, name, values, attempt, failure)
    }

    /// Brings an event of the host to the one handler it is for; it lies where its cause lay.
    fn tell(&mut self, handler: HandlerId, place: Place, cause: Cause, payload: Json) {
        let event = self.workflow.handler(handler).inputs[0].event;
        let row = self.write_event(event, place, Some(cause), payload, Vec::new(), Vec::new());
        self.deliver(handler, vec![row], place);
    }

    /// Writes an event and brings it to everybody who takes it.
    fn route(&mut self, what: Event) {
        let workflow = self.workflow.clone();
        let Event { event, place, payload, cause, .. } = &what;
        let node = workflow.event(*event);
        let takers: Vec<&Consumer> = node.consumers.iter().filter(|taker| wants(taker, payload)).collect();
        let takers = what.among(takers, &workflow);
        let (joins, unmatched) = self.join_inputs(&takers, *place);
        let row = self.write_event(*event, *place, *cause, payload.clone(), joins.clone(), unmatched);
        if node.stop {
            return self.end(Status::Completed, None);
        }
        let each: Vec<HandlerId> =
            takers.iter().filter(|taker| taker.port == Port::Each).map(|taker| taker.handler).collect();
        self.deliver_each(*event, &each, row, *place);
        for taker in takers.iter().filter(|taker| taker.port == Port::Answer) {
            self.deliver_answer(taker.handler, &what, row);
        }
        joins.iter().for_each(|input| self.joined(input, row));
        for handler in &node.ends {
            if let Some(at) = self.place_in(*place, home_of(&workflow, *handler)) {
                self.early.push((at.scope, *handler));
            }
        }
        if let Some(question) = &node.question {
            self.ask(&what, question.deadline, row);
        }
    }

    fn ask(&mut self, what: &Event, deadline: Option<std::time::Duration>, row: Seq) {
        let deadline = deadline.map(|wait| self.now.after(wait));
        self.write(Change::Asked { event: row, step: what.from, place: what.place, deadline });
    }

    /// An answer together with the question that it answers, if the handler takes this question's.
    fn deliver_answer(&mut self, handler: HandlerId, what: &Event, row: Seq) {
        let node = self.workflow.handler(handler);
        if let (Join::Answer { question }, Some((asked, asked_row))) = (&node.join, what.asked)
            && *question == asked
        {
            let is_first = node.inputs.first().is_some_and(|input| input.event == asked);
            let inputs = if is_first { vec![asked_row, row] } else { vec![row, asked_row] };
            self.deliver(handler, inputs, what.place);
        }
    }

    /// One delivery for each handler: in the event's own place, or in a branch of a new scope
    /// each, if the event is the home of a join.
    fn deliver_each(&mut self, event: EventId, handlers: &[HandlerId], row: Seq, place: Place) {
        let branches = u32::try_from(handlers.len()).unwrap_or(u32::MAX);
        let scope = self.workflow.event(event).opens.then(|| self.open(Home::Event(event), place, branches));
        for (branch, handler) in (0..).zip(handlers) {
            let place = scope.map_or(place, |scope| Place { scope, branch });
            self.deliver(*handler, vec![row], place);
        }
    }

    /// The joins that keep an event from `place`, and those that have no open scope around it.
    fn join_inputs(&self, takers: &[&Consumer], place: Place) -> (Vec<JoinInput>, Vec<HandlerId>) {
        let (mut joins, mut unmatched) = (Vec::new(), Vec::new());
        let joining = |taker: &&&Consumer| !matches!(taker.port, Port::Each | Port::Asked | Port::Answer);
        for taker in takers.iter().filter(joining) {
            let at = match taker.port {
                Port::With => Some(place),
                _ => self.place_in(place, home_of(&self.workflow, taker.handler)),
            };
            match at {
                Some(Place { scope, branch }) => {
                    joins.push(JoinInput { handler: taker.handler, port: taker.port, scope, branch });
                }
                None => unmatched.push(taker.handler),
            }
        }
        (joins, unmatched)
    }

    /// The innermost scope of `home` around a place, and the branch of it that the place is in.
    fn place_in(&self, place: Place, home: Home) -> Option<Place> {
        let mut at = place;
        loop {
            let scope = self.run.scopes.get(&at.scope)?;
            match (scope.home == home, at.scope == Seq(0)) {
                (true, _) => return Some(at),
                (false, true) => return None,
                (false, false) => at = scope.parent,
            }
        }
    }

    /// What follows at once from an event that a join keeps.
    fn joined(&mut self, input: &JoinInput, row: Seq) {
        match &self.workflow.handler(input.handler).join {
            Join::Gather { rule, .. } if input.port == Port::Item => {
                let has = self.run.scopes[&input.scope].gathered[&input.handler].len();
                if rule.take.is_some_and(|take| has == take as usize) {
                    self.early.push((input.scope, input.handler));
                }
            }
            Join::Pair { .. } => self.match_pair(input, row),
            _ => {}
        }
    }

    fn match_pair(&mut self, input: &JoinInput, row: Seq) {
        let key = self.run.pair_key(input.handler, row).unwrap_or_default();
        let scope = &self.run.scopes[&input.scope];
        let Some(other) = scope.halves[&input.handler].oldest_opposite(input.port, &key) else { return };
        let place = Place { scope: input.scope, branch: scope.branches };
        let inputs = if input.port == Port::Left { vec![row, other] } else { vec![other, row] };
        self.deliver(input.handler, inputs, place);
    }

    fn open(&mut self, home: Home, parent: Place, branches: u32) -> Seq {
        let scope = self.write(Change::Opened { home, parent, branches });
        self.perhaps_ended.push_back(scope);
        let wait = gathers_of(&self.workflow, home).find_map(|(_, rule)| rule.wait);
        if let Some(wait) = wait {
            let purpose = Purpose::Gather { scope };
            self.write(Change::TimerSet { at: self.now.after(wait), purpose });
        }
        scope
    }

    fn deliver(&mut self, handler: HandlerId, inputs: Vec<Seq>, place: Place) {
        let step = self.step_of(handler).name.as_str().into();
        self.write(Change::Delivery { handler, step, inputs, place });
    }

    /// Closes early what a join closes early, then every scope in which nothing is open any more,
    /// from the inside out.
    fn close_what_ended(&mut self) {
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

    fn close(&mut self, scope: Seq, unused: Vec<Unmatched>) {
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
    fn cut_inside(&mut self, scope: Seq) {
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

    /// Ends the run; whatever is open is cut. Its timers end with it.
    fn end(&mut self, status: Status, reason: Option<String>) {
        let open: Vec<Seq> = self.run.deliveries.keys().copied().collect();
        for delivery in open {
            self.write(Change::Cut { delivery });
        }
        let asked: Vec<Seq> = self.run.questions.keys().copied().collect();
        for question in asked {
            self.write(Change::Withdrawn { question });
        }
        self.write(Change::Status { status, reason });
    }

    fn finish(mut self) -> Commit {
        self.close_what_ended();
        let is_empty = self.run.deliveries.is_empty() && self.run.questions.is_empty();
        if self.run.status() == Status::Running && is_empty && self.run.named.is_empty() {
            let reason = Some(self.why_stalled());
            self.write(Change::Status { status: Status::Stalled, reason });
        }
        self.stop_or_start_the_clock();
        self.commit()
    }

    /// The time in which a run only waits for a person does not count, unless the workflow says so.
    fn stop_or_start_the_clock(&mut self) {
        let waits = match self.run.status() {
            Status::Waiting => !self.run.questions.is_empty(),
            Status::Parked | Status::Paused => true,
            _ => false,
        };
        match self.run.clock {
            Clock::Running(timer) if waits && !self.workflow.timeout_counts_waiting => {
                self.write(Change::TimerCancelled { timer });
            }
            Clock::Stopped(left) if !waits && !self.run.status().is_end() => {
                self.write(Change::TimerSet { at: self.now.after(left), purpose: Purpose::Run });
            }
            _ => {}
        }
    }

    fn why_stalled(&self) -> String {
        let name = |handler: &HandlerId| {
            let node = self.workflow.handler(*handler);
            format!("`{}.{}`", self.workflow.step(node.step).name, node.name)
        };
        let waiting = self.run.scopes.get(&Seq(0)).into_iter().flat_map(|scope| scope.halves.iter());
        let mut parts: Vec<String> = waiting
            .map(|(handler, halves)| (name(handler), halves.waiting().len()))
            .filter(|(_, halves)| *halves > 0)
            .map(|(name, halves)| format!("{name} waits with {halves} half pairs"))
            .collect();
        parts.extend(self.run.adrift.iter().map(|(handler, n)| {
            format!("{} could not take {n} events, which met no other or had no scope", name(handler))
        }));
        parts.sort();
        let because = if parts.is_empty() {
            "the last handlers emitted no event that a step takes".to_owned()
        } else {
            parts.join("; ")
        };
        format!("nothing is left that could bring a stop event: {because}")
    }

    fn step_of(&self, handler: HandlerId) -> &StepNode {
        self.workflow.step(self.workflow.handler(handler).step)
    }

    fn write_event(
        &mut self,
        event: EventId,
        place: Place,
        cause: Option<Cause>,
        payload: Json,
        joins: Vec<JoinInput>,
        unmatched: Vec<HandlerId>,
    ) -> Seq {
        let name = self.workflow.event(event).name.to_string().into();
        self.write(Change::Event { event, name, place, cause, joins, unmatched, payload: Some(payload) })
    }

    fn write(&mut self, change: Change) -> Seq {
        let seq = Seq(self.run.last.0 + 1);
        let record = Record { seq, at: self.now, change };
        if let Err(why) = self.run.apply(&record) {
            unreachable!("the rule decided what does not follow: {why}: {record:?}");
        }
        self.records.push(record);
        seq
    }

    fn commit(self) -> Commit {
        let summary = self.run.summary();
        Commit { run: self.run.id.clone(), records: self.records, summary, takes: None }
    }
}

/// An event on its way to whoever takes it.
struct Event {
    event: EventId,
    place: Place,
    payload: Json,
    cause: Option<Cause>,
    /// The step that emitted it.
    from: Option<StepId>,
    /// The question that it answers: its type and its row.
    asked: Option<(EventId, Seq)>,
    /// The step that it is for, if that step takes it.
    asker: Option<StepId>,
}

impl Event {
    fn new(event: EventId, place: Place, payload: Json) -> Event {
        Event { event, place, payload, cause: None, from: None, asked: None, asker: None }
    }

    /// Those of its takers that get it.
    fn among<'t>(&self, takers: Vec<&'t Consumer>, workflow: &Workflow) -> Vec<&'t Consumer> {
        let is_asker = |taker: &&Consumer| Some(workflow.handler(taker.handler).step) == self.asker;
        match takers.iter().any(is_asker) {
            true => takers.into_iter().filter(is_asker).collect(),
            false => takers,
        }
    }
}

fn wants(taker: &Consumer, payload: &Json) -> bool {
    taker.when.iter().all(|(key, value)| comparable(payload, key) == normal(value))
}

fn home_of(workflow: &Workflow, handler: HandlerId) -> Home {
    match workflow.handler(handler).join {
        Join::Pair { home, .. } | Join::Gather { home, .. } => home,
        Join::Each | Join::Answer { .. } | Join::Failure | Join::Timer => Home::Run,
    }
}

fn gathers_of(workflow: &Workflow, home: Home) -> impl Iterator<Item = (HandlerId, &GatherRule)> {
    (0..).map(HandlerId).zip(&workflow.handlers).filter_map(move |(id, handler)| match &handler.join {
        Join::Gather { home: of, rule } if *of == home => Some((id, rule)),
        _ => None,
    })
}
