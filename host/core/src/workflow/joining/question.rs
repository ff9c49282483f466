//! What is checked of questions: that a step asks each, that what follows from it goes somewhere, and
//! that it can be read there.

use std::collections::BTreeSet;

use super::check::{is_lost, quarrels};
use super::draft::Draft;
use super::human;
use crate::workflow::file::Human;
use crate::workflow::{EventId, HandlerId, Join, Port, Question};

/// The keys of a question's table, as they follow its name.
const ANSWER: &str = ".answer";
const ON_DEADLINE: &str = ".on-deadline";

/// What is wrong with a question, and the key of its table that it stands under.
type Wrong = (&'static str, String);

/// Whether an event is a question that no step asks.
pub(super) fn is_unasked(draft: &Draft<'_>, event: EventId) -> bool {
    draft.workflow.event(event).question.is_some() && draft.producers(event).is_empty()
}

/// Each question is asked by a step, and what follows from it goes somewhere and can be read there.
pub(super) fn check(draft: &mut Draft<'_>) {
    for event in draft.events() {
        let Some(question) = draft.workflow.event(event).question.clone() else { continue };
        let mut found = ends(draft, event);
        found.extend(answered(draft, event, &question));
        found.extend(question.on_deadline.into_iter().flat_map(|instead| expired(draft, event, instead)));
        for (key, message) in found {
            tell(draft, event, key, &message);
        }
    }
}

/// Tells it where the question stands in the file, or of the step that asks it.
fn tell(draft: &mut Draft<'_>, event: EventId, key: &'static str, message: &str) {
    let file = draft.file;
    let is_its = |table: &&Human| draft.names.find(&table.question.value).is_ok_and(|found| found == event);
    match (file.human.iter().find(is_its), draft.producers(event).first().copied()) {
        (Some(table), _) => human::report(draft, table, key, message),
        (None, Some(asks)) => draft.step_error(draft.step_of(asks), message),
        (None, None) => {}
    }
}

fn ends(draft: &Draft<'_>, event: EventId) -> Vec<Wrong> {
    let (node, mut wrong) = (draft.workflow.event(event), Vec::new());
    let short = &node.short;
    if draft.start == Some(event) {
        wrong.push((
            "",
            format!("`{short}` is the start event, and only a step asks; ask with another event"),
        ));
    } else if draft.producers(event).is_empty() {
        wrong.push(("", format!("no step emits `{short}`; let one, or remove the table")));
    }
    if node.stop {
        let message = format!(
            "the question `{short}` is a stop event, which ends the run before anybody is asked; remove it from \
             `stop`, or ask with another event"
        );
        wrong.push(("", message));
    }
    wrong
}

fn answered(draft: &Draft<'_>, event: EventId, question: &Question) -> Vec<Wrong> {
    let gets = |handler: HandlerId| match draft.workflow.handler(handler).join {
        Join::Answer { question } => question == event,
        _ => true,
    };
    let mut wrong: Vec<Wrong> =
        nowhere(draft, question.answer, gets).map(|why| (ANSWER, why)).into_iter().collect();
    if draft.producers(question.answer).is_empty() {
        let short = draft.short(question.answer);
        let fix = "build both against one version of the event, or wire one of them to another event";
        let quarrels = quarrels(draft, question.answer).into_iter();
        wrong.extend(quarrels.map(|why| (ANSWER, format!("no value of `{short}` suits all: {why}; {fix}"))));
    }
    wrong
}

/// The event that comes instead of an answer is made of the question's fields.
fn expired(draft: &Draft<'_>, event: EventId, instead: EventId) -> Vec<Wrong> {
    let gets = |handler: HandlerId| !matches!(draft.workflow.handler(handler).join, Join::Answer { .. });
    let mut wrong: Vec<Wrong> =
        nowhere(draft, instead, gets).map(|why| (ON_DEADLINE, why)).into_iter().collect();
    let misfits: Vec<_> = misfits(draft, event, instead).into_iter().collect();
    if !misfits.is_empty() {
        let message = format!(
            "`{}` is made of the fields of `{}`: {}; give the question these fields, or name another event",
            draft.short(instead),
            draft.short(event),
            misfits.join("; ")
        );
        wrong.push((ON_DEADLINE, message));
    }
    wrong
}

/// What of an event cannot be made of the fields that any step asks with.
fn misfits(draft: &Draft<'_>, event: EventId, instead: EventId) -> BTreeSet<String> {
    let asks = draft.producers(event).iter().flat_map(|asks| draft.workflow.handler(*asks).emits.events());
    let mut misfits = BTreeSet::new();
    for (_, written) in asks.filter(|(of, _)| *of == event) {
        let readers = draft.readers(instead).map(|(_, input)| &input.shape);
        let read = readers.chain([&draft.workflow.event(instead).shape]);
        misfits.extend(read.flat_map(|read| written.misfits(read)).map(|misfit| misfit.to_string()));
    }
    misfits
}

/// Why an event that a question brings goes nowhere, if so. What a step emits for nobody is told of
/// the step.
fn nowhere(draft: &Draft<'_>, event: EventId, gets: impl Fn(HandlerId) -> bool) -> Option<String> {
    let node = draft.workflow.event(event);
    let mut takers = node.consumers.iter().filter(|taker| taker.port != Port::Asked);
    let is_taken = takers.any(|taker| gets(taker.handler)) || !node.ends.is_empty();
    let leads = is_taken || node.stop || node.publish || node.question.is_some();
    let fix = format!(
        "wire one to it with `takes = {{ … = \"{}\" }}`, or add it to `stop` or `publish`",
        node.short
    );
    (!leads && !is_lost(draft, event)).then(|| format!("no step takes `{}`; {fix}", node.short))
}
