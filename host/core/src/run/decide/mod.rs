//! The rule: what follows from a start, an outcome or a signal. Each decision is written as a
//! change and applied at once, so that the next one sees it; together they are the commit.

mod approval;
mod effect;
mod operator;
mod outcome;
mod outlived;
mod question;
mod route;
mod scope;

use std::collections::VecDeque;
use std::sync::Arc;

use super::change::{About, Cause, Change, JoinInput, Place, Purpose, Record, Seq, Status};
use super::told;
use super::{Clock, Run};
use crate::event::{Json, Timestamp};
use crate::journal::Commit;
use crate::outcome::{Interruption, Outcome};
use crate::workflow::{EventId, HandlerId, StepNode, Workflow};

use route::Event;
use scope::gathers_of;

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
        let is_open = self.run.deliveries.contains_key(&id);
        let outcome = if is_open { self.held_back(id, outcome) } else { Some(outcome) };
        let Some(outcome) = outcome else { return self.finish() };
        match (is_open, outcome) {
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

    pub(super) fn timers_due(mut self) -> Commit {
        let now = self.now;
        while let Some((at, id)) = self.run.waking.first().copied().filter(|(at, _)| *at <= now)
            && self.run.wake_at().is_some()
        {
            if self.run.timers.contains_key(&id) {
                self.timer_fired(id);
            } else if self.run.questions.contains_key(&id) {
                self.expired(id);
            } else if self.run.approvals.contains_key(&id) {
                self.approval_expired(id);
            } else {
                self.run.waking.remove(&(at, id));
                self.run.make_ready(id);
            }
        }
        self.finish()
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
            Status::Waiting => !(self.run.questions.is_empty() && self.run.approvals.is_empty()),
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
