//! A component by itself, wired to nothing: its handlers as the sandbox loads them, each event under its own
//! name and with its own fields.

use super::{Contract, Emits, Handler, Param, Pattern};
use crate::event::TypeName;
use crate::workflow::{EmitPlan, EventId, HandlerNode, Input, Join, StepId};

/// What a component takes and gives where there is no workflow.
#[derive(Clone, Debug)]
pub struct Alone {
    /// Its event types, by [`EventId`].
    pub events: Vec<TypeName>,
    /// Its handlers.
    pub handlers: Vec<HandlerNode>,
    /// Of each handler, the names of its parameters.
    pub params: Vec<Vec<String>>,
}

impl Alone {
    /// The shortest name of an event that no other of the component has.
    pub fn short(&self, event: EventId) -> String {
        let name = &self.events[event.0 as usize];
        let is_unique = |text: &str| self.events.iter().filter(|other| other.is_called(text)).count() == 1;
        let texts = [name.name.clone(), name.unversioned()];
        texts.into_iter().find(|text| is_unique(text)).unwrap_or_else(|| name.to_string())
    }
}

impl Contract {
    /// The component by itself.
    pub fn alone(&self) -> Alone {
        let events: Vec<TypeName> = self.events.keys().cloned().collect();
        let handlers = self.handlers.iter().map(|handler| self.node(handler, &events)).collect();
        let names =
            |handler: &Handler| handler.takes.params().iter().map(|param| param.name.clone()).collect();
        Alone { handlers, params: self.handlers.iter().map(names).collect(), events }
    }

    fn node(&self, handler: &Handler, events: &[TypeName]) -> HandlerNode {
        let input = |param: &Param, many| Input {
            event: id(events, &param.event),
            shape: self.events[&param.event].clone(),
            many,
        };
        let inputs = match &handler.takes {
            Pattern::Each(event) => vec![input(event, false)],
            Pattern::Pair(left, right) => vec![input(left, false), input(right, false)],
            Pattern::Gather(all) => vec![input(all, true)],
            Pattern::GatherWith { with, all } => vec![input(with, false), input(all, true)],
        };
        HandlerNode {
            step: StepId(0),
            name: handler.name.clone(),
            inputs,
            emits: self.plan(&handler.gives, events),
            join: Join::Each,
            opens: false,
        }
    }

    fn plan(&self, emits: &Emits, events: &[TypeName]) -> EmitPlan {
        let shape = |event: &TypeName| self.events[event].clone();
        match emits {
            Emits::Nothing => EmitPlan::Nothing,
            Emits::Event(event) => EmitPlan::Event(id(events, event), shape(event)),
            Emits::Variant(cases) => {
                let case =
                    |(name, event): &(String, TypeName)| (name.clone(), id(events, event), shape(event));
                EmitPlan::Variant(cases.iter().map(case).collect())
            }
            Emits::Option(inner) => EmitPlan::Option(Box::new(self.plan(inner, events))),
            Emits::List(inner) => EmitPlan::List(Box::new(self.plan(inner, events))),
        }
    }
}

fn id(events: &[TypeName], name: &TypeName) -> EventId {
    let at =
        events.iter().position(|event| event == name).expect("a contract has the shape of all its events");
    EventId(u32::try_from(at).unwrap_or(u32::MAX))
}
