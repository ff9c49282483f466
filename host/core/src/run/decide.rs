//! The rule: what follows from a start, an outcome or a signal. Each decision is written as a
//! change and applied at once, so that the next one sees it; together they are the commit.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::value::RawValue;

use super::change::{Cause, Change, DeliveryStatus, JoinInput, Place, Record, Seq, Status, Unmatched};
use super::fields::{comparable, normal};
use super::scope::Holder;
use super::{Delivery, Run};
use crate::event::{Json, Timestamp};
use crate::journal::Commit;
use crate::outcome::{Class, Emission, Failure, Outcome};
use crate::retry::Tried;
use crate::workflow::{
    Consumer, EventId, GatherRule, HandlerId, Home, Join, OnEmpty, OnFailed, Port, StepNode, Workflow,
};

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

    pub(super) fn start(mut self, payload: Json) -> Commit {
        self.write(Change::Status { status: Status::Running, reason: None });
        if let Some(timeout) = self.workflow.timeout {
            self.write(Change::TimerSet { at: self.now.after(timeout), scope: Seq(0) });
        }
        self.route(self.workflow.start, Place::default(), None, payload);
        self.finish()
    }

    pub(super) fn settle(mut self, id: Seq, outcome: Outcome) -> Commit {
        if self.run.status.is_end() {
            return self.commit();
        }
        match (self.run.deliveries.contains_key(&id), outcome) {
            (true, Outcome::Interrupted) => {
                self.run.make_ready(id);
            }
            (false, Outcome::Interrupted) => {}
            (false, _) => {
                self.write(Change::Late { delivery: id });
            }
            (true, Outcome::Emitted(emissions)) => self.emitted(id, emissions),
            (true, Outcome::Failed(failure)) => self.failed(id, failure),
        }
        self.finish()
    }

    pub(super) fn timers_due(mut self) -> Commit {
        while let Some((at, id)) = self.run.waking.first().copied().filter(|(at, _)| *at <= self.now) {
            match self.run.timers.get(&id) {
                Some((_, scope)) => self.timer_fired(id, *scope),
                None => {
                    self.run.waking.remove(&(at, id));
                    self.run.make_ready(id);
                }
            }
        }
        self.finish()
    }

    pub(super) fn cancel(mut self) -> Commit {
        if !self.run.status.is_end() {
            self.end(Status::Cancelled, None);
        }
        self.commit()
    }

    fn timer_fired(&mut self, timer: Seq, scope: Seq) {
        self.write(Change::TimerFired { timer });
        if scope == Seq(0) {
            let limit = self.workflow.timeout.unwrap_or_default();
            return self.end(Status::TimedOut, Some(format!("the run took longer than its {limit:?}")));
        }
        let home = self.run.scopes[&scope].home;
        self.early.extend(gathers_of(&self.workflow, home).map(|(handler, _)| (scope, handler)));
        self.close_what_ended();
    }

    fn emitted(&mut self, id: Seq, emissions: Vec<Emission>) {
        let Delivery { handler, place, .. } = self.run.deliveries[&id];
        let attempt = self.run.deliveries[&id].attempt();
        let cause = Some(Cause { delivery: id, attempt });
        self.write(Change::Attempt { delivery: id, attempt, status: DeliveryStatus::Done, failure: None });
        self.perhaps_ended.push_back(place.scope);
        let scope = self.workflow.handler(handler).opens.then(|| {
            let branches = emissions.iter().map(|emission| emission.element + 1).max().unwrap_or(0);
            self.open(Home::Handler(handler), place, branches)
        });
        for Emission { event, element, payload } in emissions {
            let place = scope.map_or(place, |scope| Place { scope, branch: element });
            self.route(event, place, cause, payload);
            if self.run.status.is_end() {
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
            None => self.failed_for_good(id, attempt, failure),
        }
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
            first_at: delivery.since,
            now: self.now,
        }
    }

    /// A final failure goes to the step's failure handler, else to the gather around it, else to
    /// the run. A failure handler's own failure goes straight to the run.
    fn failed_for_good(&mut self, id: Seq, attempt: u32, failure: Failure) {
        let Delivery { handler, place, .. } = self.run.deliveries[&id];
        let step = self.step_of(handler);
        let reason = format!("step `{}` failed: {}", step.name, story(&failure));
        let is_failure_handler = self.workflow.handler(handler).join == Join::Failure;
        let asked = step.on_failure.filter(|_| !is_failure_handler);
        let told = asked.map(|asked| (asked, self.failure_event(id, attempt, &failure)));
        let status = DeliveryStatus::Failed;
        self.write(Change::Attempt { delivery: id, attempt, status, failure: Some(failure) });
        self.perhaps_ended.push_back(place.scope);
        match told {
            Some((asked, told)) => self.tell(asked, place, Cause { delivery: id, attempt }, told),
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

    /// The value of `lockstep:step/host-events.step-failed`.
    fn failure_event(&self, id: Seq, attempt: u32, failure: &Failure) -> Json {
        let delivery = &self.run.deliveries[&id];
        let held: Vec<_> = delivery.inputs.iter().map(|input| &self.run.events[input]).collect();
        let values = held.iter().map(|held| held.payload.as_str()).collect::<Vec<_>>().join(",");
        let event = if held.len() == 1 { values } else { format!("[{values}]") };
        let name = held.first().map_or("", |held| &self.workflow.event(held.event).short);
        let told = StepFailed {
            step: &self.step_of(delivery.handler).name,
            event_type: name,
            event: RawValue::from_string(event).expect("payloads are JSON"),
            attempts: attempt,
            class: failure.class,
            code: &failure.code,
            message: &failure.message,
        };
        Json::trusted(serde_json::to_string(&told).expect("a record of texts"))
    }

    /// Brings a failure to the handler that is asked about it; it lies where the failed one lay.
    fn tell(&mut self, handler: HandlerId, place: Place, cause: Cause, payload: Json) {
        let event = self.workflow.handler(handler).inputs[0].event;
        let row = self.write_event(event, place, Some(cause), payload, Vec::new(), Vec::new());
        self.deliver(handler, vec![row], place);
    }

    /// Writes an event and brings it to everybody who takes it.
    fn route(&mut self, event: EventId, place: Place, cause: Option<Cause>, payload: Json) {
        let workflow = self.workflow.clone();
        let node = workflow.event(event);
        let takers: Vec<&Consumer> = node.consumers.iter().filter(|taker| wants(taker, &payload)).collect();
        let (joins, unmatched) = self.join_inputs(&takers, place);
        let row = self.write_event(event, place, cause, payload, joins.clone(), unmatched);
        if node.stop {
            return self.end(Status::Completed, None);
        }
        let each: Vec<HandlerId> =
            takers.iter().filter(|taker| taker.port == Port::Each).map(|taker| taker.handler).collect();
        self.deliver_each(event, &each, row, place);
        joins.iter().for_each(|input| self.joined(input, row));
        for handler in &node.ends {
            if let Some(at) = self.place_in(place, home_of(&workflow, *handler)) {
                self.early.push((at.scope, *handler));
            }
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
        for taker in takers.iter().filter(|taker| taker.port != Port::Each) {
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
            self.write(Change::TimerSet { at: self.now.after(wait), scope });
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
            if self.run.scopes.contains_key(&scope) && !self.run.status.is_end() {
                self.close_early(scope, gather);
            }
        }
        while let Some(scope) = self.perhaps_ended.pop_front() {
            let ended = self.run.scopes.get(&scope).is_some_and(|s| s.open.is_empty()) && scope != Seq(0);
            if ended && !self.run.status.is_end() {
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

    /// Cuts everything that is open in a scope: deliveries first, then inner scopes from the
    /// inside out. Nesting can be deep: no recursion.
    fn cut_inside(&mut self, scope: Seq) {
        let (mut inner, mut next) = (vec![scope], 0);
        while let Some(at) = inner.get(next).copied() {
            next += 1;
            for holder in self.run.scopes[&at].open.clone() {
                match holder {
                    Holder::Delivery(delivery) => drop(self.write(Change::Cut { delivery })),
                    Holder::Scope(scope) => inner.push(scope),
                }
            }
        }
        for at in inner.into_iter().skip(1).rev() {
            self.close(at, Vec::new());
        }
    }

    /// Ends the run; whatever is open is cut.
    fn end(&mut self, status: Status, reason: Option<String>) {
        let open: Vec<Seq> = self.run.deliveries.keys().copied().collect();
        for delivery in open {
            self.write(Change::Cut { delivery });
        }
        self.write(Change::Status { status, reason });
    }

    fn finish(mut self) -> Commit {
        self.close_what_ended();
        let is_stuck = self.run.status == Status::Running && self.run.deliveries.is_empty();
        if is_stuck {
            let reason = Some(self.why_stalled());
            self.write(Change::Status { status: Status::Stalled, reason });
        }
        self.commit()
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
        Commit { run: self.run.id.clone(), records: self.records }
    }
}

/// JSON of `lockstep:step/host-events.step-failed`.
#[derive(serde::Serialize)]
struct StepFailed<'a> {
    step: &'a str,
    event_type: &'a str,
    event: Box<RawValue>,
    attempts: u32,
    class: Class,
    code: &'a str,
    message: &'a str,
}

fn wants(taker: &Consumer, payload: &Json) -> bool {
    taker.when.iter().all(|(key, value)| comparable(payload, key) == normal(value))
}

fn home_of(workflow: &Workflow, handler: HandlerId) -> Home {
    match workflow.handler(handler).join {
        Join::Pair { home, .. } | Join::Gather { home, .. } => home,
        Join::Each | Join::Failure => Home::Run,
    }
}

fn gathers_of(workflow: &Workflow, home: Home) -> impl Iterator<Item = (HandlerId, &GatherRule)> {
    (0..).map(HandlerId).zip(&workflow.handlers).filter_map(move |(id, handler)| match &handler.join {
        Join::Gather { home: of, rule } if *of == home => Some((id, rule)),
        _ => None,
    })
}

fn story(failure: &Failure) -> String {
    format!("{} `{}`: {}", failure.class, failure.code, failure.message)
}
