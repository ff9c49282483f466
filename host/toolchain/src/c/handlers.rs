//! The handlers of a world as generators need them: what each takes, and the ways in which it may end.

use heck::{ToShoutySnakeCase, ToSnakeCase};
use lockstep_core::contract;
use wit_bindgen_c::to_c_ident;
use wit_bindgen_core::dealias;
use wit_parser::{Flags, Function, Resolve, Type, TypeDefKind, TypeId};

use super::bindings::Bindings;
use crate::World;

/// A handler of a world.
pub(crate) struct Handler<'b> {
    /// `on-refund-requested`.
    pub(crate) export: &'b str,
    /// `on_refund_requested`.
    pub(crate) name: String,
    /// What its WIT says of it.
    pub(crate) docs: Option<&'b str>,
    /// Its parameters, by the names that they have in C.
    pub(crate) params: Vec<(String, Type)>,
    /// What it returns if it does not fail; none: it emits nothing.
    pub(crate) gives: Option<Gives>,
}

/// What a handler returns if it does not fail.
pub(crate) struct Gives {
    /// The type of all of it.
    pub(crate) whole: Type,
    /// How many events it is.
    pub(crate) wrap: Wrap,
    /// The type without its wraps: an event, or a variant of events.
    pub(crate) body: Type,
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
    /// Its name in C: that of its case, or of its type.
    pub(crate) name: String,
    /// The event.
    pub(crate) event: Type,
    /// The number of its case, by the name that the bindings give it; none: the event is all there is.
    pub(crate) tag: Option<String>,
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
        let params = function.params.iter().map(|param| (to_c_ident(&param.name), param.ty));
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
            Some((id, TypeDefKind::Variant(variant))) => {
                let prefix = bindings.name(Type::Id(id)).trim_end_matches("_t").to_uppercase();
                let cases = variant.cases.iter().filter_map(|case| {
                    let tag = format!("{prefix}_{}", case.name.to_shouty_snake_case());
                    Some(Emit { name: to_c_ident(&case.name), event: case.ty?, tag: Some(tag) })
                });
                cases.collect()
            }
            _ => vec![Emit { name: event_name(resolve, body), event: body, tag: None }],
        };
        Gives { whole, wrap, body, events }
    }
}

fn event_name(resolve: &Resolve, event: Type) -> String {
    match event {
        Type::Id(id) => to_c_ident(resolve.types[id].name.as_deref().unwrap_or("event")),
        _ => "event".into(),
    }
}

fn success(resolve: &Resolve, function: &Function) -> Option<Type> {
    match kind(resolve, function.result?)?.1 {
        TypeDefKind::Result(result) => result.ok,
        _ => None,
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
