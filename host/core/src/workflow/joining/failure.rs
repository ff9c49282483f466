//! Failure handlers: which step's `on-step-failed` is asked about which steps. A step that is named
//! wins over a step that is meant with all others; no step is asked about itself.

use std::collections::BTreeMap;

use super::draft::{Draft, choices};
use crate::workflow::file::{Lined, Step};
use crate::workflow::{HandlerId, Join, StepId};

/// Who is asked about a step, and whether it was named.
type Asked = BTreeMap<StepId, HandlerId>;

/// Tells each step who is asked about its failures.
pub(super) fn assign(draft: &mut Draft<'_>) {
    let handlers = failure_handlers(draft);
    let mut named = Asked::new();
    let mut others = None;
    for (step, handler) in &handlers {
        match &draft.step(*step).handles {
            Some(names) => name_steps(draft, *step, *handler, names, &mut named),
            None => others = meant_with_all(draft, *step, *handler, others),
        }
    }
    for (at, step) in (0..).map(StepId).zip(&mut draft.workflow.steps) {
        let others = others.filter(|(asked, _)| *asked != at).map(|(_, handler)| handler);
        step.on_failure = named.get(&at).copied().or(others);
    }
}

/// The failure handler of each step that has one.
fn failure_handlers(draft: &mut Draft<'_>) -> BTreeMap<StepId, HandlerId> {
    let mut handlers = BTreeMap::new();
    let is_asked = |handler: &HandlerId| draft.workflow.handler(*handler).join == Join::Failure;
    for handler in draft.handlers().filter(is_asked).collect::<Vec<_>>() {
        let step = draft.workflow.handler(handler).step;
        if handlers.insert(step, handler).is_some() {
            draft.step_error(draft.step(step), "two of its handlers take `step-failed`; keep one of them");
        }
    }
    for (id, step) in (0..).map(StepId).zip(&draft.file.steps) {
        if let (Some(names), false) = (&step.handles, handlers.contains_key(&id)) {
            let line = names.first().map_or(step.name.line, |name| name.line);
            let message = "`handles` names steps, and the component takes no \
                           `lockstep:step/host-events.step-failed`; remove the key";
            draft.step_error_at(step, line, message);
        }
    }
    handlers
}

fn name_steps(
    draft: &mut Draft<'_>,
    asked: StepId,
    handler: HandlerId,
    names: &[Lined<String>],
    named: &mut Asked,
) {
    let step = draft.step(asked);
    for name in names {
        match failing(draft, step, &name.value) {
            Ok(id) => {
                if let Some(other) = named.insert(id, handler).filter(|other| *other != handler) {
                    let other = &draft.step_of(other).name.value;
                    let message = format!(
                        "`handles`: step `{other}` is asked about `{}` already; name it once",
                        name.value
                    );
                    draft.step_error_at(step, name.line, message);
                }
            }
            Err(wrong) => draft.step_error_at(step, name.line, format!("`handles`: {wrong}")),
        }
    }
}

fn failing(draft: &Draft<'_>, asked: &Step, name: &str) -> Result<StepId, String> {
    let steps: Vec<_> = draft.file.steps.iter().map(|step| step.name.value.as_str()).collect();
    match steps.iter().position(|step| *step == name) {
        Some(_) if name == asked.name.value => {
            Err("a step is never asked about its own failures; remove its name".into())
        }
        Some(at) => Ok(StepId(at as u32)),
        None => Err(format!("there is no step `{name}`{}", choices(name, &steps, "there are"))),
    }
}

/// At most one step is asked about all that nobody names.
fn meant_with_all(
    draft: &mut Draft<'_>,
    step: StepId,
    handler: HandlerId,
    others: Option<(StepId, HandlerId)>,
) -> Option<(StepId, HandlerId)> {
    if let Some((other, _)) = others {
        let other = &draft.step(other).name.value;
        let message = format!(
            "it is asked about the failures of all steps, and so is step `{other}`; \
             name the steps of one of them with `handles = […]`"
        );
        draft.step_error(draft.step(step), message);
        return others;
    }
    Some((step, handler))
}
