//! The rules of joins that the file gives: `gather = { … }` and `join = { … }` of a step go to those
//! of its handlers that gather or pair. Whose scopes they join in is not decided here.

use super::draft::Draft;
use super::field;
use crate::workflow::file::{Gather, Pairing, Step};
use crate::workflow::{EventId, GatherRule, HandlerId, Join, StepId};

/// Reads the rules of all steps into the graph.
pub(super) fn read(draft: &mut Draft<'_>) {
    for (id, step) in (0..).map(StepId).zip(&draft.file.steps) {
        if let Some(gather) = &step.gather {
            gathers(draft, id, step, gather);
        }
        if let Some(pairing) = &step.join {
            pairs(draft, id, step, pairing);
        }
    }
}

fn of_step(draft: &Draft<'_>, step: StepId, joins: fn(&Join) -> bool) -> Vec<HandlerId> {
    let handlers = draft.workflow.step(step).handlers.iter().copied();
    handlers.filter(|handler| joins(&draft.workflow.handler(*handler).join)).collect()
}

fn gathers(draft: &mut Draft<'_>, id: StepId, step: &Step, gather: &Gather) {
    let handlers = of_step(draft, id, |join| matches!(join, Join::Gather { .. }));
    if handlers.is_empty() {
        let message =
            "`gather` is for a handler that takes a `list<…>`, and the component has none; remove it";
        draft.step_error_at(step, gather.line, message);
    }
    let until = until(draft, step, gather);
    let Gather { take, wait, failed, empty, .. } = *gather;
    for handler in handlers {
        let node = &mut draft.workflow.handlers[handler.0 as usize];
        if let Join::Gather { rule, .. } = &mut node.join {
            *rule = GatherRule { take, wait, until, failed, empty };
        }
        if let Some(event) = until {
            draft.workflow.events[event.0 as usize].ends.push(handler);
        }
    }
}

fn until(draft: &mut Draft<'_>, step: &Step, gather: &Gather) -> Option<EventId> {
    let text = gather.until.as_ref()?;
    let found = draft.find(text);
    found.map_err(|wrong| draft.step_error_at(step, text.line, format!("`gather.until`: {wrong}"))).ok()
}

fn pairs(draft: &mut Draft<'_>, id: StepId, step: &Step, pairing: &Pairing) {
    let handlers = of_step(draft, id, |join| matches!(join, Join::Pair { .. }));
    if handlers.is_empty() {
        let message = match of_step(draft, id, |join| matches!(join, Join::Answer { .. })).is_empty() {
            true => "`join` is for a handler that takes two events, and the component has none; remove it",
            false => "a question and its answer find each other without a `join`; remove it",
        };
        draft.step_error_at(step, pairing.line, message);
    }
    if let Some(by) = &pairing.by {
        handlers.iter().for_each(|handler| field::by(draft, *handler, by));
    }
}
