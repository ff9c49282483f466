//! What an operator does to a run: ends it, holds it, helps a delivery on, puts an event in.

use std::sync::Arc;

use super::Decision;
use super::route::Event;
use crate::event::Json;
use crate::journal::Commit;
use crate::outcome::Emission;
use crate::run::Delivery;
use crate::run::change::{Cause, Change, Place, Seq, Status};
use crate::run::told;
use crate::workflow::{EventId, StepId};

impl Decision<'_> {
    pub(in crate::run) fn cancel(mut self) -> Commit {
        if !self.run.status().is_end() {
            self.end(Status::Cancelled, None);
        }
        self.commit()
    }

    pub(in crate::run) fn pause(mut self, by: Option<Arc<str>>) -> Commit {
        let status = self.run.status();
        if !status.is_end() && status != Status::Paused {
            let reason = by.map(|by| format!("by {by}"));
            self.write(Change::Status { status: Status::Paused, reason });
        }
        self.finish()
    }

    pub(in crate::run) fn resume(mut self) -> Commit {
        if self.run.status() == Status::Paused {
            self.goes_on();
            self.park_unknown_effects();
        }
        self.finish()
    }

    pub(in crate::run) fn retry(mut self, delivery: Seq, by: Option<Arc<str>>) -> Commit {
        if self.run.can_be_retried(delivery) && !self.run.has_unknown_effect(delivery) {
            self.write(Change::Retried { delivery, by });
        }
        self.finish()
    }

    pub(in crate::run) fn skip(
        mut self,
        id: Seq,
        events: Vec<(EventId, Json)>,
        by: Option<Arc<str>>,
    ) -> Commit {
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

    pub(in crate::run) fn give_up(mut self, id: Seq, by: Option<Arc<str>>) -> Commit {
        if let Some(attempt) = self.run.deliveries.get(&id).map(Delivery::attempt) {
            self.failed_for_good(id, attempt, told::given_up(by.as_deref()));
        }
        self.finish()
    }

    pub(in crate::run) fn inject(mut self, event: EventId, payload: Json, step: Option<StepId>) -> Commit {
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
}
