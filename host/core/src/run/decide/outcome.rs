//! What follows from an attempt's outcome: what it wanted is taken over whole, or its failure goes to
//! whoever deals with it.

use super::Decision;
use super::route::Event;
use super::scope::gathers_of;
use crate::event::Json;
use crate::outcome::{Blob, Class, Emission, Emitted, Failure, Interruption, Outcome, TimerWish};
use crate::retry::Tried;
use crate::run::Delivery;
use crate::run::change::{Cause, Change, DeliveryStatus, Parked, Place, Purpose, Seq, Status};
use crate::run::told;
use crate::state::Write;
use crate::workflow::{Exhausted, HandlerId, Home, Join, OnFailed};

/// A delivery that met so many conflicts is attempted alone.
const CONFLICTS: u32 = 3;

impl Decision<'_> {
    pub(super) fn interrupted(&mut self, id: Seq, why: Interruption) {
        match why {
            // A person has decided already, if nothing holds it back any more.
            Interruption::Stopped | Interruption::Approval => {}
            Interruption::Conflict => self.disturbed(id),
            Interruption::NotBefore(until) => return self.postponed(id, until),
            Interruption::Unsteady => return self.unsteady(id),
            Interruption::UnknownEffect => return self.unknown_effect(id, Outcome::Interrupted(why)),
        }
        if !self.run.deliveries[&id].begun {
            return self.run.make_ready(id);
        }
        let attempt = self.run.deliveries[&id].attempt();
        let status = DeliveryStatus::Interrupted;
        self.write(Change::Attempt { delivery: id, attempt, status, failure: None });
    }

    fn disturbed(&mut self, id: Seq) {
        let conflicts = self.run.conflicts.entry(id).or_default();
        *conflicts += 1;
        if *conflicts >= CONFLICTS {
            self.run.alone.insert(id);
        }
    }

    pub(super) fn emitted(&mut self, id: Seq, emitted: Emitted) {
        let Delivery { handler, place, .. } = self.run.deliveries[&id];
        let attempt = self.run.deliveries[&id].attempt();
        for Write { key, op, value } in emitted.writes {
            self.write(Change::State { delivery: id, key, op, payload: value });
        }
        for Blob { digest, bytes } in emitted.blobs {
            let size = bytes.len() as u64;
            self.write(Change::Blob { delivery: id, digest, size, bytes: Some(bytes) });
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

    pub(super) fn send(&mut self, handler: HandlerId, place: Place, cause: Cause, emissions: Vec<Emission>) {
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

    pub(super) fn failed(&mut self, id: Seq, failure: Failure) {
        let attempt = self.run.deliveries[&id].attempt();
        let step = self.step_of(self.run.deliveries[&id].handler);
        match step.retry.next_attempt(&failure, self.tried(id, &failure)) {
            Some(until) => {
                let status = DeliveryStatus::BackingOff { until };
                self.write(Change::Attempt { delivery: id, attempt, status, failure: Some(failure) });
            }
            None if step.exhausted == Exhausted::Park || failure.class == Class::Host => {
                self.park(id, Parked::Exhausted, Some(failure));
            }
            None => self.failed_for_good(id, attempt, failure),
        }
        // While it waits, it keeps nobody else waiting.
        self.run.forget_attempts(id);
    }

    /// It waits for somebody, and keeps nobody else waiting.
    pub(super) fn park(&mut self, id: Seq, why: Parked, failure: Option<Failure>) {
        let attempt = self.run.deliveries[&id].attempt();
        let status = DeliveryStatus::Parked { why };
        self.write(Change::Attempt { delivery: id, attempt, status, failure });
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
    pub(super) fn failed_for_good(&mut self, id: Seq, attempt: u32, failure: Failure) {
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
    pub(super) fn branch_failed(&mut self, from: Seq, reason: String) {
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
}
