//! The first code of a new step in a language over the bindings for C: every handler of its world, with the plainest
//! event that it may return. A new world has handlers that take one event and emit one or none.

use lockstep_core::shape::{Field, Shape};
use wit_parser::{Type, TypeDefKind};

use super::bindings::Bindings;
use super::handlers::{Emit, Handler, kind};
use crate::starter::Origin;
use crate::{Use, World};

/// How a language spells it.
pub(crate) trait Spelling {
    /// What stands between an event and its field.
    const OF: &'static str;

    /// A type by its name: the same shape may be two types.
    fn ty(&self, ty: Type) -> String;
    /// A field by its name.
    fn field(&self, name: &str) -> String;
    /// The event that a handler takes.
    fn event(&self, handler: &Handler) -> String;
    /// The plainest value of a field; none where it is what a field is that is left out.
    fn plainest(&self, shape: &Shape) -> Option<String>;
    /// A line of the log.
    fn log(&self, line: &str) -> String;
    /// How an interface is used, for an author to change.
    fn sample(&self, one: Use) -> &'static str;
    /// A handler that begins with these lines, and gives an event of these fields or none.
    fn handler(&self, handler: &Handler, begin: &str, given: Option<(&Emit, Vec<String>)>) -> String;
}

/// All handlers. The first uses all that the world imports.
pub(crate) fn code<S: Spelling>(world: &World, bindings: &Bindings, spelling: &S) -> String {
    let handlers = Handler::all(bindings);
    let begin = |handler: &Handler| {
        let samples = world.uses().into_iter().map(|one| spelling.sample(one));
        spelling.log(handler.export) + &samples.collect::<String>()
    };
    let handlers = handlers.iter().enumerate().map(|(at, handler)| {
        let begin = if at == 0 { begin(handler) } else { String::new() };
        spelling.handler(handler, &begin, given(world, bindings, handler, spelling))
    });
    handlers.collect()
}

/// The events that the handlers of a world take, for its first line.
pub(crate) fn taken(world: &World) -> String {
    let taken: Vec<_> = world.contract.handlers.iter().map(|one| format!("`{}`", one.takes)).collect();
    taken.join(", ")
}

/// The first event that a handler may emit, field by field.
fn given<'h, S: Spelling>(
    world: &World,
    bindings: &Bindings,
    handler: &'h Handler,
    spelling: &S,
) -> Option<(&'h Emit, Vec<String>)> {
    let first = world.first(handler.in_contract(world)?)?;
    let emit = handler.gives.as_ref()?.events.first()?;
    let ty = |event: Type, field: &Field| Some(spelling.ty(field_type(bindings, event, field)?));
    let fields = first.fields.iter().filter_map(|(field, origin)| {
        let name = spelling.field(&field.name);
        let is_same = ty(handler.params[0].1, field) == ty(emit.event, field);
        let value = match origin {
            Origin::Copied if is_same => format!("{}{}{name}", spelling.event(handler), S::OF),
            _ => spelling.plainest(&field.shape)?,
        };
        Some(format!(".{name} = {value}"))
    });
    Some((emit, fields.collect()))
}

fn field_type(bindings: &Bindings, event: Type, field: &Field) -> Option<Type> {
    let (_, TypeDefKind::Record(record)) = kind(&bindings.resolve, event)? else { return None };
    Some(record.fields.iter().find(|own| own.name == field.name)?.ty)
}
