//! The contract of a workflow that stands where a component could: it takes its start event and
//! emits its stop events, by the names and shapes that they have in it.

use std::collections::BTreeMap;

use super::{Contract, Emits, Handler, Param, Pattern};
use crate::event::TypeName;
use crate::shape::{Field, Shape};
use crate::workflow::{EventNode, Workflow};

impl Contract {
    /// What a workflow as a step consumes and emits.
    pub fn of_workflow(workflow: &Workflow) -> Contract {
        let start = workflow.event(workflow.start);
        let stops: Vec<&EventNode> = workflow.events.iter().filter(|event| event.stop).collect();
        let handler = Handler {
            name: format!("on-{}", start.name.name),
            takes: Pattern::Each(Param { name: "event".into(), event: start.name.clone() }),
            gives: gives(&stops),
        };
        let events = stops.into_iter().chain([start]);
        let events: BTreeMap<TypeName, Shape> =
            events.map(|event| (event.name.clone(), own(&event.shape))).collect();
        Contract { handlers: vec![handler], events, imports: Vec::new(), ignored: Vec::new() }
    }
}

fn gives(stops: &[&EventNode]) -> Emits {
    match stops {
        [only] => Emits::Event(only.name.clone()),
        several => {
            Emits::Variant(several.iter().map(|stop| (stop.short.clone(), stop.name.clone())).collect())
        }
    }
}

/// A shape whose fields are called as they are in the JSON of the workflow: whoever made them there
/// may call them otherwise.
fn own(shape: &Shape) -> Shape {
    match shape {
        Shape::Record(fields) => {
            let field = |field: &Field| Field::new(&field.key.replace('_', "-"), field.shape.clone());
            Shape::Record(fields.iter().map(field).collect())
        }
        other => other.clone(),
    }
}
