//! The handlers of a world as generators need them: what each takes, and the ways in which it may end.

use heck::ToSnakeCase;
use lockstep_core::contract;
use wit_bindgen_core::dealias;
use wit_parser::{Flags, Function, Resolve, Type, TypeDefKind, TypeId};

use super::bindings::Bindings;
use super::names;
use crate::World;
use crate::world::success;

/// A handler of a world.
pub(crate) struct Handler<'b> {
    /// `on-refund-requested`.
    pub(crate) export: &'b str,
    /// `on_refund_requested`.
    pub(crate) name: String,
    /// What its WIT says of it.
    pub(crate) docs: Option<&'b str>,
    /// Its parameters, by their names.
    pub(crate) params: Vec<(&'b str, Type)>,
    /// What it returns if it does not fail; none: it emits nothing.
    pub(crate) gives: Option<Gives>,
}

/// What a handler returns if it does not fail.
pub(crate) struct Gives {
    /// The type of all of it.
    pub(crate) whole: Type,
    /// How many events it is.
    pub(crate) wrap: Wrap,
    /// The events that it may be.
    pub(crate) events: Vec<Emit>,
}

/// How many events a handler emits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrap {
    /// One.
    One,
    /// One or none.
    Option,
    /// As many as it likes.
    List,
    /// The same, or no list at all.
    OptionOfList,
    /// The same, some of which may be none.
    ListOfOption,
}

/// An event that a handler may emit.
pub(crate) struct Emit {
    /// How authors of C call what emits it: after its case, or its type.
    pub(crate) name: String,
    /// The event.
    pub(crate) event: Type,
    /// The case that it is, by its number and its name; none: the event is all there is.
    pub(crate) case: Option<(usize, String)>,
}

impl Wrap {
    /// Whether there may be more than one event.
    pub(crate) fn is_list(self) -> bool {
        matches!(self, Wrap::List | Wrap::OptionOfList | Wrap::ListOfOption)
    }
}

impl<'b> Handler<'b> {
    /// All handlers of a world.
    pub(crate) fn all(bindings: &'b Bindings) -> Vec<Handler<'b>> {
        bindings.exports().map(|function| Handler::of(bindings, function)).collect()
    }

    fn of(bindings: &'b Bindings, function: &'b Function) -> Handler<'b> {
        let params = function.params.iter().map(|param| (param.name.as_str(), param.ty));
        Handler {
            export: &function.name,
            name: function.name.to_snake_case(),
            docs: function.docs.contents.as_deref(),
            params: params.collect(),
            gives: success(&bindings.resolve, function).map(|ty| Gives::of(bindings, ty)),
        }
    }

    /// The same handler as the contract of its world has it.
    pub(crate) fn in_contract<'w>(&self, world: &'w World) -> Option<&'w contract::Handler> {
        world.contract.handlers.iter().find(|own| own.name == self.export)
    }

    /// The types of all events that it takes and emits.
    pub(crate) fn events(&self) -> impl Iterator<Item = Type> + '_ {
        let emitted = self.gives.iter().flat_map(|gives| gives.events.iter().map(|emit| emit.event));
        self.params.iter().map(|(_, ty)| *ty).chain(emitted)
    }
}

impl Gives {
    fn of(bindings: &Bindings, whole: Type) -> Gives {
        let resolve = &bindings.resolve;
        let (wrap, body) = unwrap(resolve, whole);
        let events = match kind(resolve, body) {
            Some((_, TypeDefKind::Variant(variant))) => {
                let cases = variant.cases.iter().enumerate().filter_map(|(at, case)| {
                    let case_of_it = Some((at, case.name.clone()));
                    Some(Emit { name: names::member(&case.name), event: case.ty?, case: case_of_it })
                });
                cases.collect()
            }
            _ => vec![Emit { name: names::member(event_name(resolve, body)), event: body, case: None }],
        };
        Gives { whole, wrap, events }
    }
}

fn event_name(resolve: &Resolve, event: Type) -> &str {
    match event {
        Type::Id(id) => resolve.types[id].name.as_deref().unwrap_or("event"),
        _ => "event",
    }
}

fn unwrap(resolve: &Resolve, whole: Type) -> (Wrap, Type) {
    let inner = |ty| match kind(resolve, ty) {
        Some((_, TypeDefKind::Option(inner))) => Some((Wrap::Option, *inner)),
        Some((_, TypeDefKind::List(inner))) => Some((Wrap::List, *inner)),
        _ => None,
    };
    match inner(whole) {
        None => (Wrap::One, whole),
        Some((outer, ty)) => match (outer, inner(ty)) {
            (Wrap::Option, Some((Wrap::List, body))) => (Wrap::OptionOfList, body),
            (Wrap::List, Some((Wrap::Option, body))) => (Wrap::ListOfOption, body),
            _ => (outer, ty),
        },
    }
}

/// The definition of a type behind its aliases; none for a primitive.
pub(crate) fn kind(resolve: &Resolve, ty: Type) -> Option<(TypeId, &TypeDefKind)> {
    let Type::Id(id) = ty else { return None };
    let id = dealias(resolve, id);
    Some((id, &resolve.types[id].kind))
}

/// How many bits the bindings give to flags.
pub(crate) fn flags_bits(flags: &Flags) -> usize {
    match flags.flags.len() {
        0..=8 => 8,
        9..=16 => 16,
        _ => 32,
    }
}
