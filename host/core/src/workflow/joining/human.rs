//! Questions: which events people are asked, and with which event they answer. A question stands in
//! the file as `[human.EVENT]`; the host's own `input-required` is one wherever a step emits it. A
//! handler that takes a question and its answer is no pair: the question itself brings the two
//! together.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::Draft;
use super::host::{self, HostEvent};
use super::nodes::consumers;
use crate::workflow::file::{Human, Lined};
use crate::workflow::{EventId, HandlerId, Join, Question};

/// Makes questions of the events that the file names, and of the host's own.
pub(super) fn assign(draft: &mut Draft<'_>) {
    let mut tables: BTreeMap<EventId, &Human> = BTreeMap::new();
    for table in &draft.file.human {
        let question = find(draft, &table.question, "human");
        match question.and_then(|question| tables.insert(question, table)) {
            Some(other) => {
                let other = &other.question.value;
                let message = format!("`human.{other}` is about the same event; keep one of them");
                report(draft, table, "", &message);
            }
            None => read(draft, table, question),
        }
    }
    let generic = host::event(draft, HostEvent::InputRequired).filter(|event| !tables.contains_key(event));
    if let Some(event) = generic.filter(|event| !draft.producers(*event).is_empty()) {
        let answer = response(draft);
        let plain =
            |answer| Question { answer, by: Vec::new(), deadline: None, on_deadline: None, generic: true };
        ask(draft, event, answer.map(plain));
    }
    draft.handlers().for_each(|handler| meet(draft, handler));
}

fn find(draft: &mut Draft<'_>, text: &Lined<String>, key: &str) -> Option<EventId> {
    let found = draft.find(text);
    found.map_err(|wrong| draft.error(text.line, format!("`{key}`: {wrong}"))).ok()
}

/// An error in a question's table, or under a key of it.
pub(super) fn report(draft: &mut Draft<'_>, table: &Human, key: &str, message: &str) {
    let text = match key {
        ".answer" => table.answer.as_ref(),
        ".on-deadline" => table.on_deadline.as_ref(),
        _ => None,
    };
    let line = text.map_or(table.question.line, |text| text.line);
    draft.error(line, format!("`human.{}{key}`: {message}", table.question.value));
}

/// Makes the question of a table. Where a name in it means nothing, what the others name is not told
/// of again.
fn read(draft: &mut Draft<'_>, table: &Human, event: Option<EventId>) {
    let generic = event.is_some_and(|event| is_generic(draft, event));
    let answer = match event.filter(|_| generic) {
        Some(event) => generic_answer(draft, table, event),
        None => answer(draft, table, event),
    };
    let key = format!("human.{}.on-deadline", table.question.value);
    let on_deadline = table.on_deadline.as_ref().and_then(|text| find(draft, text, &key));
    match event {
        Some(event) => {
            let (by, deadline) = (table.by.clone(), table.deadline);
            let question = answer.map(|answer| Question { answer, by, deadline, on_deadline, generic });
            draft.meant.extend(on_deadline.filter(|_| question.is_none()));
            ask(draft, event, question);
        }
        None => draft.meant.extend(answer.into_iter().chain(on_deadline)),
    }
}

fn is_generic(draft: &Draft<'_>, event: EventId) -> bool {
    HostEvent::of(&draft.workflow.event(event).name) == Some(HostEvent::InputRequired)
}

fn response(draft: &Draft<'_>) -> Option<EventId> {
    host::event(draft, HostEvent::HumanResponse)
}

fn generic_answer(draft: &mut Draft<'_>, table: &Human, event: EventId) -> Option<EventId> {
    if table.answer.as_ref().is_some_and(|text| !HostEvent::HumanResponse.is_called(&text.value)) {
        report(draft, table, ".answer", "`input-required` is answered with `human-response`; remove the key");
    }
    let answer = response(draft);
    if answer.is_none() && draft.producers(event).is_empty() {
        report(draft, table, "", "no step emits `input-required`; let one, or remove the table");
    }
    answer
}

fn answer(draft: &mut Draft<'_>, table: &Human, question: Option<EventId>) -> Option<EventId> {
    let key = format!("human.{}.answer", table.question.value);
    let Some(text) = &table.answer else {
        draft.error(table.question.line, format!("`{key}` is missing; name the event that an answer is"));
        return no_answer(draft);
    };
    let answer = find(draft, text, &key)?;
    let wrong = match Some(answer) {
        same if same == question => "a question is not its own answer; name another event",
        generic if generic == response(draft) => {
            "`human-response` answers `input-required` alone; name an event of your own"
        }
        _ => return Some(answer),
    };
    report(draft, table, ".answer", wrong);
    no_answer(draft)
}

/// What no step emits may be the answer that was meant, and is not told of again.
fn no_answer(draft: &mut Draft<'_>) -> Option<EventId> {
    let unmade: Vec<_> = draft.events().filter(|event| draft.producers(*event).is_empty()).collect();
    draft.meant.extend(unmade);
    None
}

/// Makes an event a question. One without an answer leads nowhere, which is told here alone.
fn ask(draft: &mut Draft<'_>, event: EventId, question: Option<Question>) {
    if question.is_none() {
        draft.meant.insert(event);
        if is_generic(draft, event) {
            unanswered(draft, event);
        }
    }
    draft.workflow.events[event.0 as usize].question = question;
}

fn unanswered(draft: &mut Draft<'_>, event: EventId) {
    let Some(asks) = draft.producers(event).first().copied() else { return };
    let message = "emits the question `input-required`, and no step takes its answer; give a step a handler of \
                   `lockstep:step/host-events.human-response`";
    draft.step_error(draft.step_of(asks), message);
}

/// A handler of a question and its answer takes the two together.
fn meet(draft: &mut Draft<'_>, handler: HandlerId) {
    let node = draft.workflow.handler(handler);
    let (Join::Pair { .. }, [one, two]) = (&node.join, &node.inputs[..]) else { return };
    let answers = |question: EventId, answer: EventId| {
        let asked = draft.workflow.event(question).question.as_ref();
        asked.is_some_and(|asked| asked.answer == answer)
    };
    let both = [(one.event, two.event), (two.event, one.event)];
    let Some((question, answer)) = both.into_iter().find(|(question, answer)| answers(*question, *answer))
    else {
        return;
    };
    draft.workflow.handlers[handler.0 as usize].join = Join::Answer { question };
    for event in [question, answer] {
        draft.workflow.events[event.0 as usize].consumers = consumers(event, &draft.workflow.handlers);
    }
}

/// An event, and all that follows from it where it is a question.
pub(super) fn follow(draft: &Draft<'_>, event: EventId) -> BTreeSet<EventId> {
    let (mut all, mut next) = (BTreeSet::new(), vec![event]);
    while let Some(event) = next.pop() {
        if all.insert(event) {
            next.extend(draft.workflow.event(event).question.iter().flat_map(Question::brings));
        }
    }
    all
}
