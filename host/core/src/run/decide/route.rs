//! Where an event goes: to each that takes it, into joins, to the one that an answer is for.

use super::Decision;
use crate::event::Json;
use crate::run::change::{Cause, Change, JoinInput, Place, Seq, Status};
use crate::run::fields::{comparable, normal};
use crate::workflow::{Consumer, EventId, HandlerId, Home, Join, Port, StepId, Workflow};

/// An event on its way to whoever takes it.
pub(super) struct Event {
    pub(super) event: EventId,
    pub(super) place: Place,
    pub(super) payload: Json,
    pub(super) cause: Option<Cause>,
    /// The step that emitted it.
    pub(super) from: Option<StepId>,
    /// The question that it answers: its type and its row.
    pub(super) asked: Option<(EventId, Seq)>,
    /// The step that it is for, if that step takes it.
    pub(super) asker: Option<StepId>,
}

impl Decision<'_> {
    /// Brings an event of the host to the one handler it is for; it lies where its cause lay.
    pub(super) fn tell(&mut self, handler: HandlerId, place: Place, cause: Cause, payload: Json) {
        let event = self.workflow.handler(handler).inputs[0].event;
        let row = self.write_event(event, place, Some(cause), payload, Vec::new(), Vec::new());
        self.deliver(handler, vec![row], place);
    }

    /// Writes an event and brings it to everybody who takes it.
    pub(super) fn route(&mut self, what: Event) {
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

    pub(super) fn deliver(&mut self, handler: HandlerId, inputs: Vec<Seq>, place: Place) {
        let step = self.step_of(handler).name.as_str().into();
        self.write(Change::Delivery { handler, step, inputs, place });
    }
}

impl Event {
    pub(super) fn new(event: EventId, place: Place, payload: Json) -> Event {
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

pub(super) fn home_of(workflow: &Workflow, handler: HandlerId) -> Home {
    match workflow.handler(handler).join {
        Join::Pair { home, .. } | Join::Gather { home, .. } => home,
        Join::Each | Join::Answer { .. } | Join::Failure | Join::Timer => Home::Run,
    }
}
