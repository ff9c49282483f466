//! The ways from an event to the result that carries it: `emits`, `option<emits>`, `list<emits>`,
//! `list<refund-approved>`. An author returns the event; `.into()` wraps it.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;
use wit_bindgen_core::wit_parser::{Function, Resolve, Type, TypeDefKind, TypeId, TypeOwner, Variant};

use crate::names;

/// `impl From<event> for result`.
pub(crate) struct Conversion {
    pub(crate) event: TokenStream,
    pub(crate) result: TokenStream,
    /// How `event`, a value of that name, becomes the result.
    pub(crate) value: TokenStream,
}

#[derive(Clone, Copy)]
enum Wrap {
    Option,
    List,
}

/// An event on its way into a result.
struct Carried<'r> {
    resolve: &'r Resolve,
    event: TypeId,
    /// The type without its wraps: a variant, or the event itself.
    base: TokenStream,
    /// The event as a value of that type.
    value: TokenStream,
    is_case: bool,
}

/// All conversions that the results of these handlers ask for, each once.
pub(crate) fn conversions(resolve: &Resolve, handlers: &[&Function]) -> Vec<Conversion> {
    let mut found = BTreeMap::new();
    for ty in handlers.iter().filter_map(|handler| success(resolve, handler)) {
        let (wraps, base) = unwrap(resolve, ty);
        for carried in carried(resolve, base) {
            for conversion in carried.conversions(&wraps) {
                found.insert((conversion.event.to_string(), conversion.result.to_string()), conversion);
            }
        }
    }
    found.into_values().collect()
}

fn success(resolve: &Resolve, handler: &Function) -> Option<Type> {
    match kind(resolve, handler.result?)?.1 {
        TypeDefKind::Result(result) => result.ok,
        _ => None,
    }
}

/// The definition behind all aliases.
fn kind(resolve: &Resolve, ty: Type) -> Option<(TypeId, &TypeDefKind)> {
    let Type::Id(id) = ty else { return None };
    match &resolve.types[id].kind {
        TypeDefKind::Type(inner) => kind(resolve, *inner),
        other => Some((id, other)),
    }
}

fn unwrap(resolve: &Resolve, mut ty: Type) -> (Vec<Wrap>, Type) {
    let mut wraps = Vec::new();
    loop {
        match kind(resolve, ty) {
            Some((_, TypeDefKind::Option(inner))) => (wraps.push(Wrap::Option), ty = *inner),
            Some((_, TypeDefKind::List(inner))) => (wraps.push(Wrap::List), ty = *inner),
            _ => return (wraps, ty),
        };
    }
}

fn carried(resolve: &Resolve, base: Type) -> Vec<Carried<'_>> {
    let (Some((event, kind)), Type::Id(id)) = (kind(resolve, base), base) else { return Vec::new() };
    let Some(base) = names::path(resolve, &resolve.types[id]) else { return Vec::new() };
    match kind {
        TypeDefKind::Variant(variant) => cases(resolve, variant, base),
        _ => vec![Carried { resolve, event, base, value: quote!(event), is_case: false }],
    }
}

/// An event of two cases is left to the author: only he knows which one he means.
fn cases<'r>(resolve: &'r Resolve, variant: &Variant, base: TokenStream) -> Vec<Carried<'r>> {
    let events = variant.cases.iter().map(|case| case.ty.and_then(|ty| kind(resolve, ty)).map(|(id, _)| id));
    let events: Vec<_> = events.collect();
    let is_single = |event| events.iter().filter(|other| **other == Some(event)).count() == 1;
    let cases = variant.cases.iter().zip(&events).filter_map(|(case, event)| {
        let event = event.filter(|event| is_single(*event))?;
        let name = names::case(&case.name);
        Some(Carried {
            resolve,
            event,
            base: base.clone(),
            value: quote!(#base::#name(event)),
            is_case: true,
        })
    });
    cases.collect()
}

impl Carried<'_> {
    /// Into the base by itself, and into the whole result.
    fn conversions(&self, wraps: &[Wrap]) -> Vec<Conversion> {
        let event = names::path(self.resolve, &self.resolve.types[self.event]);
        let Some(event) = event else { return Vec::new() };
        let lengths = [0, wraps.len()].into_iter().filter(|length| self.may_convert(&wraps[..*length]));
        let conversions = lengths.map(|length| {
            let (result, value) = self.wrapped(&wraps[..length]);
            Conversion { event: event.clone(), result, value }
        });
        conversions.collect()
    }

    /// Rust itself has `T` to `T` and to `Option<T>`; and a wrapped result is only the author's to
    /// convert to if the event is his own.
    fn may_convert(&self, wraps: &[Wrap]) -> bool {
        match (self.is_case, wraps) {
            (true, []) => true,
            (false, [] | [Wrap::Option]) => false,
            _ => !self.is_foreign(),
        }
    }

    fn is_foreign(&self) -> bool {
        match self.resolve.types[self.event].owner {
            TypeOwner::Interface(id) => names::is_sdk(self.resolve, id),
            _ => false,
        }
    }

    fn wrapped(&self, wraps: &[Wrap]) -> (TokenStream, TokenStream) {
        let start = (self.base.clone(), self.value.clone());
        wraps.iter().rev().fold(start, |(ty, value), wrap| match wrap {
            Wrap::Option => {
                (quote!(::core::option::Option<#ty>), quote!(::core::option::Option::Some(#value)))
            }
            Wrap::List => (quote!(::std::vec::Vec<#ty>), quote!(::std::vec![#value])),
        })
    }
}
