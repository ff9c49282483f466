//! Timer handlers: which handler of a step is called when one of its own timers fires.

use super::draft::Draft;
use crate::workflow::{HandlerId, Join, StepId};

/// Tells each step who is called when its timers fire.
pub(super) fn assign(draft: &mut Draft<'_>) {
    for id in (0..draft.parts.len() as u32).map(StepId) {
        let handlers: Vec<HandlerId> = timer_handlers(draft, id).collect();
        if handlers.len() > 1 {
            draft.step_error(draft.step(id), "two of its handlers take `timer-fired`; keep one of them");
        }
        draft.workflow.steps[id.0 as usize].on_timer = handlers.first().copied();
        told_of(draft, id);
    }
}

fn timer_handlers<'d>(draft: &'d Draft<'_>, step: StepId) -> impl Iterator<Item = HandlerId> + 'd {
    let handlers = draft.workflow.step(step).handlers.iter().copied();
    handlers.filter(|handler| draft.workflow.handler(*handler).join == Join::Timer)
}

/// A timer without a handler and a handler without a timer are both without effect.
fn told_of(draft: &mut Draft<'_>, step: StepId) {
    let imports = &draft.parts[step.0 as usize].contract.imports;
    let sets = imports.iter().any(|import| import.name.starts_with("lockstep:step/timer@"));
    let message = match (draft.workflow.step(step).on_timer, sets) {
        (None, true) => {
            "imports `lockstep:step/timer` and takes no `lockstep:step/host-events.timer-fired`: its timers wake \
             nobody; give it a handler `on-timer-fired`"
        }
        (Some(_), false) => {
            "takes `timer-fired` and imports no `lockstep:step/timer`: no timer of it ever fires; remove the \
             handler, or let the step set a timer"
        }
        _ => return,
    };
    draft.step_warning(draft.step(step), message);
}
