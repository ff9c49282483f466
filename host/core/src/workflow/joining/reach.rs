//! Reachability: every handler can be reached from the start or a failure, and from every handler a
//! stop event can be. These are the checks that `skip-checks = ["reachability"]` turns off.

use std::collections::{BTreeSet, VecDeque};

use super::check::{is_lost, is_missing};
use super::draft::{Draft, list};
use crate::workflow::file::Skip;
use crate::workflow::{EventId, HandlerId};

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

fn emitted(draft: &Draft<'_>, handler: HandlerId) -> impl Iterator<Item = EventId> {
    draft.workflow.handler(handler).emits.events().into_iter().map(|(event, _)| event)
}

/// Events that can come at all. Those that nothing brings forth, and stop events that somebody
/// takes, were told already: here they count as if they came.
fn live(draft: &Draft<'_>, start: EventId) -> BTreeSet<EventId> {
    let mut live: BTreeSet<EventId> = draft.events().filter(|event| is_missing(draft, *event)).collect();
    live.insert(start);
    let mut waiting: BTreeSet<HandlerId> = draft.handlers().collect();
    loop {
        let runs = |handler: &HandlerId| draft.is_failure_handler(*handler) || comes(draft, *handler, &live);
        let Some(handler) = waiting.iter().copied().find(runs) else { return live };
        waiting.remove(&handler);
        live.extend(emitted(draft, handler));
    }
}

fn comes(draft: &Draft<'_>, handler: HandlerId, live: &BTreeSet<EventId>) -> bool {
    draft.workflow.handler(handler).inputs.iter().all(|input| live.contains(&input.event))
}

/// Handlers that no start or failure event can reach.
fn unreached(draft: &mut Draft<'_>, start: EventId) {
    let live = live(draft, start);
    for handler in draft.handlers() {
        if draft.is_failure_handler(handler) || comes(draft, handler, &live) || may_skip(draft, handler) {
            continue;
        }
        let node = draft.workflow.handler(handler);
        let waits = node.inputs.iter().filter(|input| !live.contains(&input.event));
        let waits = list(waits.map(|input| draft.short(input.event)), "and");
        let message = format!(
            "no start or failure event can reach `{}`: {waits} only comes from steps that nothing reaches; wire it \
             to what comes, or set `skip-checks = [\"reachability\"]` in the step",
            node.name
        );
        draft.step_error(draft.step_of(handler), message);
    }
}

/// Where each handler's events go next, as far as that is inside the workflow.
fn next(draft: &Draft<'_>, handler: HandlerId) -> BTreeSet<HandlerId> {
    let nodes = emitted(draft, handler).map(|event| draft.workflow.event(event));
    let takers = nodes
        .flat_map(|node| node.consumers.iter().map(|taker| taker.handler).chain(node.ends.iter().copied()));
    takers.collect()
}

/// Handlers from which a stop event can be reached. Events that go nowhere were told already: here
/// they count as an end.
fn ending(draft: &Draft<'_>) -> BTreeSet<HandlerId> {
    let is_end = |event: EventId| draft.workflow.event(event).stop || is_lost(draft, event);
    let mut ending: BTreeSet<HandlerId> =
        draft.handlers().filter(|handler| emitted(draft, *handler).any(is_end)).collect();
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
            None if next(draft, handler).is_empty() => dead_end(draft, handler),
            None => {}
        }
    }
}

/// The shortest way from a handler back to itself.
fn loop_from(draft: &Draft<'_>, start: HandlerId) -> Option<Vec<HandlerId>> {
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
