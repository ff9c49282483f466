//! The event types that move in a workflow, and what a text in the file means among them.

use std::fmt;

use super::draft::list;
use crate::event::TypeName;
use crate::suggest::nearest;
use crate::workflow::EventId;

/// Every event type, compatible versions of one type together.
#[derive(Default)]
pub(super) struct Names {
    classes: Vec<Vec<TypeName>>,
}

/// A text that names no event type, or several.
#[derive(Debug)]
pub(super) enum Miss {
    /// None; perhaps this one was meant.
    Unknown(String, Option<EventId>, String),
    /// Any of these.
    Ambiguous(String, Vec<EventId>, Vec<String>),
}

impl Miss {
    /// What may have been meant.
    pub(super) fn meant(&self) -> &[EventId] {
        match self {
            Miss::Unknown(_, near, _) => near.as_slice(),
            Miss::Ambiguous(_, events, _) => events,
        }
    }
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Miss::Unknown(text, _, hint) => write!(f, "no step knows an event `{text}`{hint}"),
            Miss::Ambiguous(text, _, names) => {
                write!(f, "several events are called `{text}`; write {}", list(names, "or"))
            }
        }
    }
}

impl Names {
    pub(super) fn of<'t>(types: impl IntoIterator<Item = &'t TypeName>) -> Names {
        let mut names = Names::default();
        types.into_iter().for_each(|name| names.add(name));
        names
    }

    fn add(&mut self, name: &TypeName) {
        match self.classes.iter_mut().find(|class| class[0].is_compatible_with(name)) {
            Some(class) if class.contains(name) => {}
            Some(class) => class.push(name.clone()),
            None => self.classes.push(vec![name.clone()]),
        }
    }

    /// The full name of each, the first that was heard of.
    pub(super) fn all(&self) -> impl Iterator<Item = &TypeName> {
        self.classes.iter().map(|class| &class[0])
    }

    /// The full name of one.
    pub(super) fn name(&self, event: EventId) -> &TypeName {
        &self.classes[event.0 as usize][0]
    }

    /// The event that a step's own type is, if the workflow has it.
    pub(super) fn id(&self, name: &TypeName) -> Option<EventId> {
        let at = self.classes.iter().position(|class| class[0].is_compatible_with(name))?;
        Some(EventId(at as u32))
    }

    /// The event that a text of the file names.
    pub(super) fn find(&self, text: &str) -> Result<EventId, Miss> {
        let is_called = |class: &Vec<TypeName>| class.iter().any(|name| name.is_called(text));
        let found: Vec<usize> = (0..self.classes.len()).filter(|at| is_called(&self.classes[*at])).collect();
        match found[..] {
            [at] => Ok(EventId(at as u32)),
            [] => {
                let near = nearest(text, self.all().map(|name| name.name.as_str()));
                let event = near.and_then(|near| self.find(near).ok());
                let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                Err(Miss::Unknown(text.to_owned(), event, hint))
            }
            _ => {
                let events = found.iter().map(|at| EventId(*at as u32)).collect();
                let names = found.iter().map(|at| self.shorter(*at, text)).collect();
                Err(Miss::Ambiguous(text.to_owned(), events, names))
            }
        }
    }

    /// The shortest name that no other event type has.
    pub(super) fn short(&self, event: EventId) -> String {
        let name = self.name(event);
        self.shorter(event.0 as usize, &name.name)
    }

    fn shorter(&self, at: usize, short: &str) -> String {
        let name = &self.classes[at][0];
        let is_alone = |text: &str| self.all().filter(|other| other.is_called(text)).count() == 1;
        let forms = [short.to_owned(), name.unversioned()];
        forms.into_iter().find(|form| is_alone(form)).unwrap_or_else(|| name.to_string())
    }
}
