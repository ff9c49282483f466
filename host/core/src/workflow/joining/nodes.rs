//! Nodes of the graph, made of contracts whose event types are wired already.

use std::collections::{BTreeMap, BTreeSet};

use super::failure::is_step_failed;
use super::names::Names;
use crate::contract::{Emits, Pattern};
use crate::event::TypeName;
use crate::shape::Shape;
use crate::workflow::{
    Consumer, EmitPlan, EventId, EventNode, GatherRule, HandlerId, HandlerNode, Home, Join, Port,
};

/// What the workflow makes of each of a step's own event types.
pub(super) type Ports = BTreeMap<TypeName, (EventId, Shape)>;

/// The kind of join that parameters spell; its home and rule are found later.
pub(super) fn rough_join(pattern: &Pattern) -> Join {
    match pattern {
        Pattern::Each(param) if is_step_failed(&param.event) => Join::Failure,
        Pattern::Each(_) => Join::Each,
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
        shape: shape(id, handlers),
        stop: false,
        publish: false,
        consumers: consumers(id, handlers),
        opens: false,
        ends: Vec::new(),
    };
    ((0..).map(EventId).zip(names.all()).map(event).collect(), producers)
}

/// As the first producer writes it, or else as the first consumer reads it.
fn shape(event: EventId, handlers: &[HandlerNode]) -> Shape {
    let written = handlers.iter().flat_map(|handler| handler.emits.events());
    let read = handlers.iter().flat_map(|handler| &handler.inputs).map(|input| (input.event, &input.shape));
    let mut found = written.chain(read).filter(|(of, _)| *of == event);
    found.next().map_or_else(|| Shape::Record(Vec::new()), |(_, shape)| shape.clone())
}

fn consumers(event: EventId, handlers: &[HandlerNode]) -> Vec<Consumer> {
    let handlers = (0..).map(HandlerId).zip(handlers);
    let takers = handlers.filter(|(_, handler)| handler.join != Join::Failure).flat_map(|(id, handler)| {
        let ports = (0..).zip(&handler.inputs).filter(move |(_, input)| input.event == event);
        ports.map(move |(at, input)| Consumer {
            handler: id,
            port: port(&handler.join, at, input.many),
            when: Vec::new(),
        })
    });
    takers.collect()
}

fn port(join: &Join, at: u32, many: bool) -> Port {
    match (join, at, many) {
        (Join::Each | Join::Failure, ..) => Port::Each,
        (Join::Pair { .. }, 0, _) => Port::Left,
        (Join::Pair { .. }, ..) => Port::Right,
        (Join::Gather { .. }, _, true) => Port::Item,
        (Join::Gather { .. }, _, false) => Port::With,
    }
}
