//! Reachability: every handler can be reached from the start or a failure, and from every handler a
//! stop event can be. These are the checks that `skip-checks = ["reachability"]` turns off.

use std::collections::{BTreeSet, VecDeque};

use super::check::{is_lost, is_missing};
use super::draft::{Draft, list};
use super::{human, question};
use crate::workflow::file::Skip;
use crate::workflow::{EventId, HandlerId, Join};

/// Runs both checks.
pub(super) fn all(draft: &mut Draft<'_>) {
    let start = draft.start.filter(|start| !draft.workflow.event(*start).consumers.is_empty());
    if let Some(start) = start {
        unreached(draft, start);
    }
    endless(draft);
}

fn may_skip(draft: &Draft<'_>, handler: HandlerId) -> bool {
    draft.skips(draft.step_of(handler), Skip::Reachability)
}

/// What a handler brings forth: the events that it emits, and what people answer to them.
fn brought(draft: &Draft<'_>, handler: HandlerId) -> BTreeSet<EventId> {
    let emitted = draft.workflow.handler(handler).emits.events();
    emitted.into_iter().flat_map(|(event, _)| human::follow(draft, event)).collect()
}

/// What can come at all, and whom it reaches.
struct Live {
    events: BTreeSet<EventId>,
    handlers: BTreeSet<HandlerId>,
}

impl Live {
    /// Events that nothing brings forth, stop events that somebody takes and questions that nobody
    /// asks were told already: here they count as if they came.
    fn of(draft: &Draft<'_>, start: EventId) -> Live {
        let told = |event: &EventId| is_missing(draft, *event) || question::is_unasked(draft, *event);
        let first = draft.events().filter(told).chain([start]);
        let events = first.flat_map(|event| human::follow(draft, event)).collect();
        let mut live = Live { events, handlers: BTreeSet::new() };
        let mut waiting: BTreeSet<HandlerId> = draft.handlers().collect();
        while let Some(handler) = waiting.iter().copied().find(|handler| live.reaches(draft, *handler)) {
            waiting.remove(&handler);
            live.events.extend(brought(draft, handler));
            live.handlers.insert(handler);
        }
        live
    }

    fn reaches(&self, draft: &Draft<'_>, handler: HandlerId) -> bool {
        let node = draft.workflow.handler(handler);
        match node.join {
            Join::Failure => true,
            Join::Timer => !draft.workflow.step(node.step).handlers.is_disjoint(&self.handlers),
            _ => node.inputs.iter().all(|input| self.events.contains(&input.event)),
        }
    }
}

/// Handlers that no start or failure event can reach.
fn unreached(draft: &mut Draft<'_>, start: EventId) {
    let live = Live::of(draft, start);
    for handler in draft.handlers() {
        if live.handlers.contains(&handler) || may_skip(draft, handler) {
            continue;
        }
        let node = draft.workflow.handler(handler);
        let waits = node.inputs.iter().filter(|input| !live.events.contains(&input.event));
        let waits = list(waits.map(|input| draft.short(input.event)), "and");
        let why = match node.join {
            Join::Timer => {
                "a timer is set by another handler of the step, and nothing reaches one".to_owned()
            }
            _ => format!("{waits} only comes from steps that nothing reaches"),
        };
        let message = format!(
            "no start or failure event can reach `{}`: {why}; wire it to what comes, or set \
             `skip-checks = [\"reachability\"]` in the step",
            node.name
        );
        draft.step_error(draft.step_of(handler), message);
    }
}

/// Where each handler's events go next, as far as that is inside the workflow, and who is called when
/// a timer that it sets fires.
fn next(draft: &Draft<'_>, handler: HandlerId) -> BTreeSet<HandlerId> {
    let events = brought(draft, handler).into_iter().map(|event| draft.workflow.event(event));
    let takers = events
        .flat_map(|node| node.consumers.iter().map(|taker| taker.handler).chain(node.ends.iter().copied()));
    let step = draft.workflow.step(draft.workflow.handler(handler).step);
    takers.chain(step.on_timer.filter(|timer| *timer != handler)).collect()
}

/// Whether nobody takes an event, not even as an answer.
fn is_untaken(draft: &Draft<'_>, event: EventId) -> bool {
    let node = draft.workflow.event(event);
    let is_open = node.publish || node.question.is_some() || !node.ends.is_empty();
    !is_open && node.consumers.is_empty()
}

/// Handlers from which a stop event can be reached. Events that go nowhere were told already: here
/// they count as an end.
fn ending(draft: &Draft<'_>) -> BTreeSet<HandlerId> {
    let is_end = |event: EventId| {
        draft.workflow.event(event).stop || is_lost(draft, event) || is_untaken(draft, event)
    };
    let mut ending: BTreeSet<HandlerId> =
        draft.handlers().filter(|handler| brought(draft, *handler).into_iter().any(is_end)).collect();
    let mut others: BTreeSet<HandlerId> = draft.handlers().filter(|id| !ending.contains(id)).collect();
    loop {
        let leads = |handler: &HandlerId| !next(draft, *handler).is_disjoint(&ending);
        let Some(handler) = others.iter().copied().find(leads) else { return ending };
        others.remove(&handler);
        ending.insert(handler);
    }
}

/// Loops and dead ends from which no stop event can be reached. Handlers that lead nowhere but there
/// are mended with them.
fn endless(draft: &mut Draft<'_>) {
    let ending = ending(draft);
    if ending.is_empty() {
        return;
    }
    let mut told: BTreeSet<HandlerId> = BTreeSet::new();
    for handler in draft.handlers() {
        if ending.contains(&handler) || may_skip(draft, handler) || told.contains(&handler) {
            continue;
        }
        match loop_from(draft, handler) {
            Some(turn) => {
                told.extend(&turn);
                endless_loop(draft, &turn);
            }
            // A timer may remind somebody, or look after something, and bring nothing on.
            None if draft.workflow.handler(handler).join == Join::Timer => {}
            None if next(draft, handler).is_empty() => dead_end(draft, handler),
            None => {}
        }
    }
}

/// The shortest way from a handler back to itself.
pub(super) fn loop_from(draft: &Draft<'_>, start: HandlerId) -> Option<Vec<HandlerId>> {
    let mut seen = BTreeSet::new();
    let mut ways = VecDeque::from([vec![start]]);
    while let Some(way) = ways.pop_front() {
        for next in next(draft, *way.last()?) {
            if next == start {
                return Some(way);
            }
            if seen.insert(next) {
                ways.push_back([&way[..], &[next]].concat());
            }
        }
    }
    None
}

fn endless_loop(draft: &mut Draft<'_>, turn: &[HandlerId]) {
    let names: Vec<_> =
        turn.iter().chain(turn.first()).map(|id| format!("`{}`", draft.called(*id))).collect();
    let message = format!(
        "the loop {} never ends: no stop event can be reached from it; let one of its steps emit an event that \
         leads to one, or set `skip-checks = [\"reachability\"]` in the step",
        names.join(" → ")
    );
    draft.step_error(draft.step_of(turn[0]), message);
}

fn dead_end(draft: &mut Draft<'_>, handler: HandlerId) {
    let message = format!(
        "no stop event can be reached from `{}`; let it emit an event that leads to one, or set \
         `skip-checks = [\"reachability\"]` in the step",
        draft.workflow.handler(handler).name
    );
    draft.step_error(draft.step_of(handler), message);
}
