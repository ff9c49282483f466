//! The first code of a new step: what its handlers could return for a beginning. Each language writes it in its own
//! words; what it builds works, so that an author changes a step that runs.

use std::path::PathBuf;

use lockstep_core::contract::{Handler, Pattern};
use lockstep_core::event::TypeName;
use lockstep_core::shape::{Field, Shape};

use crate::{Use, World};

/// A file of a new step, from its folder.
pub struct File {
    /// Where.
    pub path: PathBuf,
    /// What is in it.
    pub text: String,
}

/// An event that a new handler returns.
pub(crate) struct First<'w> {
    /// Its type.
    pub(crate) event: &'w TypeName,
    /// Its fields, and where their values come from.
    pub(crate) fields: Vec<(&'w Field, Origin)>,
}

/// Where the value of a field comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// From the field of the same name and shape of the event that the handler takes.
    Copied,
    /// The plainest value there is of its shape: 0, an empty text, no element, the first case.
    Plainest,
}

impl World {
    /// The event that a new handler returns; none where it emits nothing.
    pub(crate) fn first(&self, handler: &Handler) -> Option<First<'_>> {
        let given = handler.gives.events().first().copied()?.clone();
        let (event, shape) = self.contract.events.get_key_value(&given)?;
        let taken = match &handler.takes {
            Pattern::Each(param) => self.fields(&param.event),
            _ => &[],
        };
        let Shape::Record(fields) = shape else { return None };
        let origin = |field: &Field| match taken.contains(field) {
            true => Origin::Copied,
            false => Origin::Plainest,
        };
        Some(First { event, fields: fields.iter().map(|field| (field, origin(field))).collect() })
    }

    /// What it imports of `lockstep:step` beside the log, for first code to use.
    pub(crate) fn uses(&self) -> Vec<Use> {
        Use::ALL.into_iter().filter(|one| self.imports(one.as_str())).collect()
    }

    /// The fields of an event.
    pub(crate) fn fields(&self, event: &TypeName) -> &[Field] {
        match self.contract.events.get(event) {
            Some(Shape::Record(fields)) => fields,
            _ => &[],
        }
    }
}
