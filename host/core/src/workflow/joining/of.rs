//! `of`: what the file calls the opener that a join is bound to.

use super::draft::{Draft, choices, list};
use crate::workflow::file::Lined;
use crate::workflow::{HandlerId, Home, Join};

/// A join's `of`: the key it stands under, and what it says.
pub(super) struct Of<'a> {
    pub(super) key: &'static str,
    pub(super) text: &'a Lined<String>,
}

/// The `of` of a join's step, if it has one.
pub(super) fn of<'a>(draft: &Draft<'a>, join: HandlerId) -> Option<Of<'a>> {
    let step = draft.step_of(join);
    let (key, text) = match draft.workflow.handler(join).join {
        Join::Gather { .. } => ("gather.of", step.gather.as_ref()?.of.as_ref()),
        Join::Pair { .. } => ("join.of", step.join.as_ref()?.of.as_ref()),
        Join::Each | Join::Answer { .. } | Join::Failure | Join::Timer => return None,
    };
    Some(Of { key, text: text? })
}

/// The home that the file names.
pub(super) fn named(draft: &mut Draft<'_>, join: HandlerId) -> Option<Home> {
    let Of { key, text } = of(draft, join)?;
    let found = meant(draft, &text.value);
    let step = draft.step_of(join);
    found.map_err(|wrong| draft.step_error_at(step, text.line, format!("`{key}`: {wrong}"))).ok()
}

/// What the file calls an opener.
pub(super) fn opener(draft: &Draft<'_>, home: Home) -> String {
    match home {
        Home::Run => "the run".into(),
        Home::Event(event) => draft.short(event).to_owned(),
        Home::Handler(handler) => {
            let node = draft.workflow.handler(handler);
            let step = draft.workflow.step(node.step);
            match openers(draft, &step.name)[..] {
                [_] => step.name.clone(),
                _ => format!("{}.{}", step.name, node.name),
            }
        }
    }
}

/// The handlers of a step that return lists.
fn openers(draft: &Draft<'_>, step: &str) -> Vec<HandlerId> {
    let found = draft.workflow.steps.iter().find(|node| node.name == step);
    let handlers = found.into_iter().flat_map(|node| node.handlers.iter().copied());
    handlers.filter(|handler| draft.workflow.handler(*handler).emits.is_opener()).collect()
}

/// The opener that a text names: a step, a handler of a step, or a broadcast event.
fn meant(draft: &Draft<'_>, text: &str) -> Result<Home, String> {
    let (step, handler) = text.split_once('.').map_or((text, None), |(step, name)| (step, Some(name)));
    let mut found = openers(draft, step);
    found.retain(|id| handler.is_none_or(|name| draft.workflow.handler(*id).name == name));
    match (&found[..], draft.names.find(text)) {
        ([handler], _) => Ok(Home::Handler(*handler)),
        ([], Ok(event)) if draft.is_broadcast(event) => Ok(Home::Event(event)),
        ([], Ok(_)) => Err(format!("`{text}` is not taken by several handlers; {FAN_OUTS}")),
        ([], Err(_)) => {
            let steps: Vec<_> = draft.workflow.steps.iter().map(|step| step.name.as_str()).collect();
            match steps.contains(&step) {
                true => Err(format!("`{text}` returns no list; {FAN_OUTS}")),
                false => Err(format!("there is no step `{step}`{}", choices(step, &steps, "there are"))),
            }
        }
        (several, _) => {
            let names = several.iter().map(|id| format!("{step}.{}", draft.workflow.handler(*id).name));
            Err(format!("`{text}` has several handlers that return lists: write {}", list(names, "or")))
        }
    }
}

const FAN_OUTS: &str = "name a step that does, or an event that several handlers take";
