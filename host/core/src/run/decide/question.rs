//! Questions: a person is asked, and an answer comes, or comes too late.

use std::sync::Arc;

use super::Decision;
use super::route::Event;
use crate::event::Json;
use crate::journal::Commit;
use crate::run::change::{Cause, Change, Seq};
use crate::run::fields::picked;
use crate::run::told;
use crate::workflow::{HandlerId, Join};

impl Decision<'_> {
    /// An answer to a question that is not open changes nothing.
    pub(in crate::run) fn answer(mut self, id: Seq, payload: Json, by: Option<Arc<str>>) -> Commit {
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

    /// A question that nobody has answered in time: another event comes instead, or the branch that
    /// asked has failed.
    pub(super) fn expired(&mut self, id: Seq) {
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

    pub(super) fn ask(&mut self, what: &Event, deadline: Option<std::time::Duration>, row: Seq) {
        let deadline = deadline.map(|wait| self.now.after(wait));
        self.write(Change::Asked { event: row, step: what.from, place: what.place, deadline });
    }

    /// An answer together with the question that it answers, if the handler takes this question's.
    pub(super) fn deliver_answer(&mut self, handler: HandlerId, what: &Event, row: Seq) {
        let node = self.workflow.handler(handler);
        if let (Join::Answer { question }, Some((asked, asked_row))) = (&node.join, what.asked)
            && *question == asked
        {
            let is_first = node.inputs.first().is_some_and(|input| input.event == asked);
            let inputs = if is_first { vec![asked_row, row] } else { vec![row, asked_row] };
            self.deliver(handler, inputs, what.place);
        }
    }
}
