//! Nodes of the graph, made of contracts whose event types are wired already.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::fields;
use super::host::HostEvent;
use super::names::Names;
use crate::contract::{Emits, Pattern};
use crate::event::TypeName;
use crate::shape::{Field, Shape};
use crate::workflow::{
    Consumer, EmitPlan, EventId, EventNode, GatherRule, HandlerId, HandlerNode, Home, Input, Join, Port,
};

/// What the workflow makes of each of a step's own event types.
pub(super) type Ports = BTreeMap<TypeName, (EventId, Shape)>;

/// The kind of join that parameters spell; its home and rule are found later.
pub(super) fn rough_join(pattern: &Pattern) -> Join {
    match pattern {
        Pattern::Each(param) => match HostEvent::of(&param.event) {
            Some(HostEvent::StepFailed) => Join::Failure,
            Some(HostEvent::TimerFired) => Join::Timer,
            _ => Join::Each,
        },
        Pattern::Pair(..) => Join::Pair { home: Home::Run, by: None },
        Pattern::Gather(_) | Pattern::GatherWith { .. } => {
            Join::Gather { home: Home::Run, rule: GatherRule::default() }
        }
    }
}

/// How a result becomes events of the workflow; `None` if one of them is not wired.
pub(super) fn plan(emits: &Emits, gives: &Ports) -> Option<EmitPlan> {
    Some(match emits {
        Emits::Nothing => EmitPlan::Nothing,
        Emits::Event(own) => {
            let (event, shape) = gives.get(own)?.clone();
            EmitPlan::Event(event, shape)
        }
        Emits::Variant(cases) => {
            let case = |(case, own): &(String, TypeName)| {
                let (event, shape) = gives.get(own)?.clone();
                Some((case.clone(), event, shape))
            };
            EmitPlan::Variant(cases.iter().map(case).collect::<Option<_>>()?)
        }
        Emits::Option(inner) => EmitPlan::Option(Box::new(plan(inner, gives)?)),
        Emits::List(inner) => EmitPlan::List(Box::new(plan(inner, gives)?)),
    })
}

/// The events of the graph, and who emits each.
pub(super) fn events(names: &Names, handlers: &[HandlerNode]) -> (Vec<EventNode>, Vec<Vec<HandlerId>>) {
    let mut producers = vec![Vec::new(); names.all().count()];
    for (id, handler) in (0..).map(HandlerId).zip(handlers) {
        for event in handler.emits.events().into_iter().map(|(event, _)| event).collect::<BTreeSet<_>>() {
            producers[event.0 as usize].push(id);
        }
    }
    let event = |(id, name): (EventId, &TypeName)| EventNode {
        name: name.clone(),
        short: names.short(id),
        shape: shape(id, name, handlers),
        stop: false,
        publish: false,
        question: None,
        consumers: consumers(id, handlers),
        opens: false,
        ends: Vec::new(),
    };
    ((0..).map(EventId).zip(names.all()).map(event).collect(), producers)
}

/// As the host or the first producer writes it; else so that all who read it can.
fn shape(event: EventId, name: &TypeName, handlers: &[HandlerNode]) -> Shape {
    let written = handlers.iter().flat_map(|handler| handler.emits.events());
    let read = handlers.iter().flat_map(|handler| &handler.inputs);
    let by_host = HostEvent::of(name).filter(|event| !event.is_emitted()).map(HostEvent::shape);
    let by_step = || written.into_iter().find(|(of, _)| *of == event).map(|(_, shape)| shape.clone());
    let by_readers = || merged(read.filter(|input| input.event == event).map(|input| &input.shape));
    by_host.or_else(by_step).unwrap_or_else(by_readers)
}

/// The fields of all these records, each as the narrowest of them has it.
fn merged<'s>(records: impl Iterator<Item = &'s Shape>) -> Shape {
    let mut all: Vec<Field> = Vec::new();
    for field in records.flat_map(fields) {
        match all.iter_mut().find(|other| other.key == field.key) {
            Some(other) if !other.shape.misfits(&field.shape).is_empty() => {
                if field.shape.misfits(&other.shape).is_empty() {
                    *other = field.clone();
                }
            }
            Some(_) => {}
            None => all.push(field.clone()),
        }
    }
    Shape::Record(all)
}

/// Who takes an event. What the rule itself calls takes none.
pub(super) fn consumers(event: EventId, handlers: &[HandlerNode]) -> Vec<Consumer> {
    let handlers = (0..).map(HandlerId).zip(handlers);
    let routed = handlers.filter(|(_, handler)| !matches!(handler.join, Join::Failure | Join::Timer));
    let takers = routed.flat_map(|(id, handler)| {
        let ports = (0..).zip(&handler.inputs).filter(move |(_, input)| input.event == event);
        ports.map(move |(at, input)| Consumer {
            handler: id,
            port: port(handler, at, input),
            when: Vec::new(),
        })
    });
    takers.collect()
}

fn port(handler: &HandlerNode, at: u32, input: &Input) -> Port {
    match (&handler.join, at, input.many) {
        (Join::Each | Join::Failure | Join::Timer, ..) => Port::Each,
        (Join::Answer { question }, ..) if *question == input.event => Port::Asked,
        (Join::Answer { .. }, ..) => Port::Answer,
        (Join::Pair { .. }, 0, _) => Port::Left,
        (Join::Pair { .. }, ..) => Port::Right,
        (Join::Gather { .. }, _, true) => Port::Item,
        (Join::Gather { .. }, _, false) => Port::With,
    }
}
