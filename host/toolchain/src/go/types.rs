//! The WIT types of one Go package: which there are, and what they and their parts are called.

use std::collections::{BTreeMap, BTreeSet};

use wit_parser::{Resolve, Type, TypeDef, TypeDefKind, TypeId, TypeOwner, Variant};

use super::names::upper;
use crate::imports::of_lockstep;

/// The package that has the host's own words: `failure`, `json`.
pub(super) const LOCKSTEP: &str = "lockstep";

/// Where types are declared, and whether anybody else sees them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    /// The package `events`, which authors use.
    Events,
    /// A package of the SDK, which keeps them to itself.
    Sdk(&'static str),
}

/// The named types that something reaches, and what Go calls them.
pub(super) struct Types<'r> {
    pub(super) resolve: &'r Resolve,
    pub(super) home: Home,
    /// Members before what holds them.
    pub(super) order: Vec<TypeId>,
    names: BTreeMap<TypeId, String>,
    /// The cases of enums and variants, and flags, that need a name of their own.
    members: BTreeMap<(TypeId, String), String>,
    taken: BTreeSet<String>,
    /// How many elements the tuples have.
    pub(super) tuples: BTreeSet<usize>,
}

/// What stands behind a case of a variant.
pub(super) enum CaseForm {
    /// The record that it holds, as it is.
    Itself(TypeId),
    /// A struct of its own, with a field `Value` where it holds something.
    Wrapped(String),
}

impl Home {
    pub(super) fn package(self) -> &'static str {
        match self {
            Home::Events => "events",
            Home::Sdk(package) => package,
        }
    }

    fn named(self, name: &str) -> String {
        match self {
            Home::Events => upper(name),
            Home::Sdk(_) => format!("host{}", upper(name)),
        }
    }
}

impl<'r> Types<'r> {
    /// Those that some types are made of; or which of them Go steps cannot have.
    pub(super) fn reached(
        resolve: &'r Resolve,
        home: Home,
        roots: impl IntoIterator<Item = Type>,
    ) -> Result<Types<'r>, String> {
        let mut types = Types {
            resolve,
            home,
            order: Vec::new(),
            names: BTreeMap::new(),
            members: BTreeMap::new(),
            taken: BTreeSet::new(),
            tuples: BTreeSet::new(),
        };
        roots.into_iter().try_for_each(|root| types.reach(root))?;
        types.name();
        Ok(types)
    }

    fn reach(&mut self, ty: Type) -> Result<(), String> {
        let Type::Id(id) = ty else { return Ok(()) };
        if self.order.contains(&id) {
            return Ok(());
        }
        let definition = &self.resolve.types[id];
        match &definition.kind {
            TypeDefKind::Type(inner) | TypeDefKind::List(inner) | TypeDefKind::Option(inner) => {
                return self.reach(*inner);
            }
            TypeDefKind::Result(result) => {
                return result.ok.into_iter().chain(result.err).try_for_each(|ty| self.reach(ty));
            }
            TypeDefKind::Tuple(tuple) => {
                self.tuples.insert(tuple.types.len());
                return tuple.types.iter().try_for_each(|ty| self.reach(*ty));
            }
            TypeDefKind::Record(record) => record.fields.iter().try_for_each(|field| self.reach(field.ty))?,
            TypeDefKind::Variant(variant) => {
                variant.cases.iter().filter_map(|case| case.ty).try_for_each(|ty| self.reach(ty))?;
            }
            TypeDefKind::Enum(_) | TypeDefKind::Flags(_) => {}
            other => {
                return Err(format!(
                    "its events hold a {}, which steps in Go cannot have; a list says the same",
                    other.as_str()
                ));
            }
        }
        if !self.is_lockstep(definition) {
            self.order.push(id);
        }
        Ok(())
    }

    /// Types first, with the name of their interface where two are called alike; what comes with them after.
    fn name(&mut self) {
        for id in self.order.clone() {
            let definition = &self.resolve.types[id];
            let plain = self.home.named(definition.name.as_deref().unwrap_or_default());
            let interface = match definition.owner {
                TypeOwner::Interface(id) => self.resolve.interfaces[id].name.as_deref().unwrap_or_default(),
                _ => "",
            };
            let name = match self.taken.contains(&plain) {
                true => upper(interface) + &plain,
                false => plain,
            };
            let name = self.free(name);
            self.names.insert(id, name);
        }
        for id in self.order.clone() {
            for member in members(&self.resolve.types[id].kind) {
                let name = self.free(self.names[&id].clone() + &upper(member));
                self.members.insert((id, member.to_owned()), name);
            }
        }
    }

    fn free(&mut self, mut name: String) -> String {
        while !self.taken.insert(name.clone()) {
            name.push('_');
        }
        name
    }

    /// Whether it is one of the words that the SDK itself declares.
    fn is_lockstep(&self, definition: &TypeDef) -> bool {
        match definition.owner {
            TypeOwner::Interface(id) => of_lockstep(self.resolve, id) == Some("types"),
            _ => false,
        }
    }

    /// Whether it is `json`, under whatever alias.
    pub(super) fn is_json(&self, ty: &Type) -> bool {
        let Type::Id(id) = ty else { return false };
        let definition = &self.resolve.types[*id];
        match &definition.kind {
            TypeDefKind::Type(_)
                if self.is_lockstep(definition) && definition.name.as_deref() == Some("json") =>
            {
                true
            }
            TypeDefKind::Type(inner) => self.is_json(inner),
            _ => false,
        }
    }

    /// The definition behind all aliases.
    pub(super) fn base(&self, ty: &Type) -> Option<(TypeId, &'r TypeDefKind)> {
        let Type::Id(id) = ty else { return None };
        match &self.resolve.types[*id].kind {
            TypeDefKind::Type(inner) => self.base(inner),
            kind => Some((*id, kind)),
        }
    }

    /// Whether Go writes it as an interface, which may be nil by itself.
    pub(super) fn is_variant(&self, ty: &Type) -> bool {
        matches!(self.base(ty), Some((_, TypeDefKind::Variant(_))))
    }

    /// The name of a type of the package; none for a word of the SDK.
    pub(super) fn name_of(&self, id: TypeId) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }

    /// What stands behind each case of a variant. A record that two cases hold says of neither which it is.
    pub(super) fn cases(&self, id: TypeId, variant: &Variant) -> Vec<CaseForm> {
        let record = |ty: Option<Type>| match self.base(&ty?) {
            Some((id, TypeDefKind::Record(_))) if self.names.contains_key(&id) => Some(id),
            _ => None,
        };
        let records: Vec<_> = variant.cases.iter().map(|case| record(case.ty)).collect();
        let is_single = |id: &TypeId| records.iter().flatten().filter(|other| *other == id).count() == 1;
        let form = |(case, record): (&wit_parser::Case, &Option<TypeId>)| match record.filter(is_single) {
            Some(record) => CaseForm::Itself(record),
            None => CaseForm::Wrapped(self.member(id, &case.name)),
        };
        variant.cases.iter().zip(&records).map(form).collect()
    }

    /// A name that begins with the one of its type: `ColorDeepBlue`.
    pub(super) fn member(&self, id: TypeId, name: &str) -> String {
        self.members[&(id, name.to_owned())].clone()
    }

    /// The name of a field, which no method may have.
    pub(super) fn field(&self, name: &str) -> String {
        let name = upper(name);
        let is_marker = self.names.keys().any(|id| self.marker(*id) == name);
        if is_marker { name + "_" } else { name }
    }

    /// The method by which a case says that it is one of a variant's.
    pub(super) fn marker(&self, id: TypeId) -> String {
        let word = if self.home == Home::Events { "As" } else { "as" };
        let name = &self.names[&id];
        format!("{word}{}", name.strip_prefix("host").unwrap_or(name))
    }
}

/// What of a type has a name beside its own.
fn members(kind: &TypeDefKind) -> Vec<&str> {
    match kind {
        TypeDefKind::Variant(variant) => variant.cases.iter().map(|case| &*case.name).collect(),
        TypeDefKind::Enum(cases) => cases.cases.iter().map(|case| &*case.name).collect(),
        TypeDefKind::Flags(flags) => flags.flags.iter().map(|flag| &*flag.name).collect(),
        _ => Vec::new(),
    }
}
