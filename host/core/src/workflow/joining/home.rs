//! Homes: whose scopes each join meets in, fixed from types when the workflow is loaded. It is the
//! nearest opener upstream of all that the join takes; inner joins are settled before outer ones,
//! since what a join emits lies where its home says.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Draft, list};
use super::of::{self, Of, named, opener};
use super::reach;
use super::upstream::{self, Upstream};
use crate::workflow::{EventId, GatherRule, HandlerId, Home, Join};

/// Gives every join its home, and says where none can be.
pub(super) fn settle(draft: &mut Draft<'_>) {
    let joins = joins(draft);
    for join in &joins {
        if let Some(home) = named(draft, *join) {
            draft.homes.insert(*join, home);
        }
    }
    let mut refused = BTreeSet::new();
    while joins.iter().any(|join| !draft.homes.contains_key(join)) {
        refused.extend(round(draft, &joins));
    }
    let good = joins.into_iter().filter(|join| !refused.contains(join));
    good.for_each(|join| verify(draft, join));
    bind(draft);
    early(draft);
}

fn joins(draft: &Draft<'_>) -> Vec<HandlerId> {
    let is_join = |handler: &HandlerId| {
        matches!(draft.workflow.handler(*handler).join, Join::Pair { .. } | Join::Gather { .. })
    };
    draft.handlers().filter(is_join).collect()
}

/// What a join could be bound to.
enum Verdict {
    /// These are nearest, and nothing can be nearer.
    Sure(Vec<Home>),
    /// These are nearest so far; a join that is still open may hide a nearer one.
    Perhaps(Vec<Home>),
}

/// Settles every join that depends on no open one; where all do, the first that has candidates.
/// Those that were refused come back: they have a home only so that others find theirs.
fn round(draft: &mut Draft<'_>, joins: &[HandlerId]) -> Vec<HandlerId> {
    let open: Vec<_> = joins.iter().copied().filter(|join| !draft.homes.contains_key(join)).collect();
    let (mut sure, mut perhaps) = (Vec::new(), Vec::new());
    for join in open {
        match nearest(draft, join) {
            Verdict::Sure(homes) => sure.push((join, homes)),
            Verdict::Perhaps(homes) => perhaps.push((join, homes)),
        }
    }
    if sure.is_empty() {
        perhaps.sort_by_key(|(_, homes)| homes.is_empty());
        sure.extend(perhaps.into_iter().next());
    }
    let mut refused = Vec::new();
    for (join, homes) in sure {
        let home = choose(draft, join, &homes).unwrap_or_else(|message| {
            draft.step_error(draft.step_of(join), message);
            refused.push(join);
            homes.first().copied().unwrap_or(Home::Run)
        });
        draft.homes.insert(join, home);
    }
    refused
}

/// The events that decide a join's home: both of a pair, the list of a gather.
fn deciding(draft: &Draft<'_>, join: HandlerId) -> Vec<EventId> {
    let node = draft.workflow.handler(join);
    let is_gather = matches!(node.join, Join::Gather { .. });
    node.inputs.iter().filter(|input| input.many || !is_gather).map(|input| input.event).collect()
}

/// Openers that lie upstream of all that decides, with the longer of the ways to each.
fn common(walks: &[Upstream]) -> BTreeMap<Home, u32> {
    let Some((first, rest)) = walks.split_first() else { return BTreeMap::new() };
    let all = first.openers.iter().filter_map(|(home, at)| {
        rest.iter().try_fold(*at, |far, walk| Some(far.max(*walk.openers.get(home)?))).map(|far| (*home, far))
    });
    all.collect()
}

fn nearest(draft: &Draft<'_>, join: HandlerId) -> Verdict {
    let events = deciding(draft, join);
    let walks: Vec<_> = events.iter().map(|event| upstream::of(draft, join, *event)).collect();
    let common = common(&walks);
    let near = common.values().min().copied();
    let homes = common.iter().filter(|(_, at)| Some(**at) == near).map(|(home, _)| *home).collect();
    let blocked = walks.iter().filter_map(|walk| walk.blocked).min();
    match blocked.is_some_and(|blocked| near.is_none_or(|near| blocked <= near)) {
        true => Verdict::Perhaps(homes),
        false => Verdict::Sure(homes),
    }
}

/// The one home of a join, or why it has none.
fn choose(draft: &Draft<'_>, join: HandlerId, homes: &[Home]) -> Result<Home, String> {
    let is_gather = matches!(draft.workflow.handler(join).join, Join::Gather { .. });
    match homes {
        [home] => Ok(*home),
        [] if is_gather => Err(no_opener(draft, join)),
        [] => Ok(Home::Run),
        _ => Err(tie(draft, join, homes)),
    }
}

fn no_opener(draft: &Draft<'_>, join: HandlerId) -> String {
    let taken = list(deciding(draft, join).iter().map(|event| draft.short(*event)), "and");
    format!(
        "`{}` is a gather that no fan-out feeds: nothing upstream of {taken} returns a `list` or is taken \
         by several handlers; take single events, or let a step upstream return `list<…>`",
        draft.workflow.handler(join).name
    )
}

fn tie(draft: &Draft<'_>, join: HandlerId, homes: &[Home]) -> String {
    let node = draft.workflow.handler(join);
    let key = if matches!(node.join, Join::Gather { .. }) { "gather" } else { "join" };
    let names: Vec<_> = homes.iter().map(|home| opener(draft, *home)).collect();
    format!(
        "`{}` could join in the scopes of {}, which are equally near; choose with `{key} = {{ of = \"{}\" }}`",
        node.name,
        list(&names, "or"),
        names[0]
    )
}

/// With all homes known: a home that was named lies upstream, and all that the join takes comes
/// from where it should.
fn verify(draft: &mut Draft<'_>, join: HandlerId) {
    let home = draft.homes[&join];
    if home == Home::Run {
        return verify_run(draft, join);
    }
    let events = deciding(draft, join);
    let walks: Vec<_> = events.iter().map(|event| upstream::of(draft, join, *event)).collect();
    let common = common(&walks);
    if !common.contains_key(&home) {
        return not_upstream(draft, join, home, &common);
    }
    events.into_iter().for_each(|event| all_inside(draft, join, event, home));
    beside_outside(draft, join, home);
    until_inside(draft, join, home);
}

fn not_upstream(draft: &mut Draft<'_>, join: HandlerId, home: Home, common: &BTreeMap<Home, u32>) {
    let Some(Of { key, text }) = of::of(draft, join) else { return };
    let known: Vec<_> = common.keys().map(|home| opener(draft, *home)).collect();
    let choice = if known.is_empty() { "nothing does".into() } else { format!("name {}", list(known, "or")) };
    let taken = list(deciding(draft, join).iter().map(|event| draft.short(*event)), "and");
    let message = format!("`{key}`: `{}` does not lie upstream of {taken}; {choice}", opener(draft, home));
    draft.step_error_at(draft.step_of(join), text.line, message);
}

/// What a join takes comes from inside its home's scopes, or it would wait for nothing.
fn all_inside(draft: &mut Draft<'_>, join: HandlerId, event: EventId, home: Home) {
    if upstream::comes_from_outside(draft, join, event, home) {
        let (name, opener) = (&draft.workflow.handler(join).name, opener(draft, home));
        let message = format!(
            "`{name}` joins `{0}` in scopes of `{opener}`, and some `{0}` come from outside of them and \
             would join nothing; emit those as another event",
            draft.short(event)
        );
        draft.step_warning(draft.step_of(join), message);
    }
}

/// The single event beside a gather has to come from outside its home's scopes.
fn beside_outside(draft: &mut Draft<'_>, join: HandlerId, home: Home) {
    let node = draft.workflow.handler(join);
    let is_gather = matches!(node.join, Join::Gather { .. });
    let Some(beside) = node.inputs.iter().find(|input| is_gather && !input.many) else { return };
    if !upstream::comes_from_outside(draft, join, beside.event, home) {
        let message = format!(
            "`{}` takes the latest `{1}` from around the scopes of `{2}`, and every `{1}` comes from inside of \
             them; let it take `list<{1}>`, or an event from before `{2}`",
            node.name,
            draft.short(beside.event),
            opener(draft, home)
        );
        draft.step_error(draft.step_of(join), message);
    }
}

/// A pair that meets anywhere in the run meets the wrong half in a loop.
fn verify_run(draft: &mut Draft<'_>, join: HandlerId) {
    let node = draft.workflow.handler(join);
    if matches!(node.join, Join::Pair { by: None, .. }) && reach::loop_from(draft, join).is_some() {
        let message = format!(
            "`{}` pairs first come, first matched over the whole run, and is in a loop: halves of different \
             turns may meet; name the field that they share with `join = {{ by = \"…\" }}`",
            node.name
        );
        draft.step_warning(draft.step_of(join), message);
    }
}

/// The event that ends a gather's scope has to come from inside of it.
fn until_inside(draft: &mut Draft<'_>, join: HandlerId, home: Home) {
    let Join::Gather { rule: GatherRule { until: Some(event), .. }, .. } = draft.workflow.handler(join).join
    else {
        return;
    };
    if !upstream::of(draft, join, event).openers.contains_key(&home) {
        let step = draft.step_of(join);
        let (event, opener) = (draft.short(event), opener(draft, home));
        let message = format!(
            "`gather.until`: `{event}` never comes from inside the scopes of `{opener}`; let a step between them emit it"
        );
        let text = step.gather.as_ref().and_then(|gather| gather.until.as_ref());
        let line = text.map_or(step.name.line, |text| text.line);
        draft.step_error_at(step, line, message);
    }
}

/// Writes the homes into the graph; only an opener that is some join's home opens scopes.
fn bind(draft: &mut Draft<'_>) {
    for (handler, chosen) in &draft.homes {
        match &mut draft.workflow.handlers[handler.0 as usize].join {
            Join::Pair { home, .. } | Join::Gather { home, .. } => *home = *chosen,
            Join::Each | Join::Answer { .. } | Join::Failure | Join::Timer => {}
        }
        match chosen {
            Home::Run => {}
            Home::Handler(opener) => draft.workflow.handlers[opener.0 as usize].opens = true,
            Home::Event(event) => draft.workflow.events[event.0 as usize].opens = true,
        }
    }
}

/// A gather that fires early closes its scope: no other join may share it.
fn early(draft: &mut Draft<'_>) {
    let mut sharing: BTreeMap<Home, Vec<HandlerId>> = BTreeMap::new();
    for (join, home) in draft.homes.iter().filter(|(_, home)| **home != Home::Run) {
        sharing.entry(*home).or_default().push(*join);
    }
    for (home, joins) in sharing.into_iter().filter(|(_, joins)| joins.len() > 1) {
        let Some(early) = joins.iter().find(|join| fires_early(draft, **join)) else { continue };
        let others = joins.iter().filter(|join| *join != early).map(|join| draft.called(*join));
        let message = format!(
            "`{}` fires early (`take`, `until` or `wait`) and closes the scopes of `{}`, in which {} joins too; \
             gather to the end, or give it a fan-out of its own",
            draft.workflow.handler(*early).name,
            opener(draft, home),
            list(others, "and")
        );
        let step = draft.step_of(*early);
        let line = step.gather.as_ref().map_or(step.name.line, |gather| gather.line);
        draft.step_error_at(step, line, message);
    }
}

fn fires_early(draft: &Draft<'_>, join: HandlerId) -> bool {
    matches!(&draft.workflow.handler(join).join, Join::Gather { rule, .. }
        if rule.take.is_some() || rule.until.is_some() || rule.wait.is_some())
}
