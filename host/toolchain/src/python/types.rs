//! The types that the events of a world are made of: which classes authors see of them, in an order in which each
//! stands after those that it is made of.

use std::collections::{HashMap, HashSet};

use lockstep_core::event::TypeName;
use wit_parser::{Function, Resolve, Type, TypeDef, TypeDefKind, TypeId, TypeOwner, WorldItem};

use super::names;
use crate::World;

/// Classes that the module of events has from elsewhere, or authors do.
const TAKEN: [&str; 8] = ["Enum", "Err", "Failure", "FailureKind", "Flag", "Json", "Ok", "Some"];

/// The package whose types the SDK itself may have.
const HOST: &str = "lockstep:step";

/// The named types of a world.
pub(super) struct Types<'w> {
    pub(super) resolve: &'w Resolve,
    /// In the order in which they can be defined.
    pub(super) order: Vec<TypeId>,
    /// Those that the SDK has already.
    pub(super) sdks: Vec<TypeId>,
    classes: HashMap<TypeId, String>,
}

/// A type that no step in Python can take, where it is, and what to do.
pub(super) struct Unsupported(pub(super) String);

impl<'w> Types<'w> {
    pub(super) fn of(world: &'w World) -> Result<Types<'w>, Unsupported> {
        let resolve = &world.resolve;
        let mut walk = Walk { resolve, order: Vec::new(), seen: HashSet::new() };
        for handler in handlers(world) {
            for ty in handler.params.iter().map(|param| param.ty).chain(emitted(resolve, handler)) {
                walk.visit(ty, &handler.name)?;
            }
        }
        let classes = classes(resolve, &walk.order);
        let (sdks, order) = walk.order.into_iter().partition(|id| is_sdks(resolve, &resolve.types[*id]));
        Ok(Types { resolve, order, sdks, classes })
    }

    /// The class of a named type.
    pub(super) fn class(&self, id: TypeId) -> &str {
        &self.classes[&id]
    }

    /// The named type of this full name.
    pub(super) fn named(&self, name: &TypeName) -> Option<TypeId> {
        let is_it =
            |id: &&TypeId| names::full(self.resolve, &self.resolve.types[**id]).as_ref() == Some(name);
        self.order.iter().find(is_it).copied()
    }

    /// The class of a case of a variant.
    pub(super) fn case(&self, variant: TypeId, case: &str) -> String {
        case_class(&self.classes[&variant], case)
    }
}

/// The handlers of a world.
pub(super) fn handlers(world: &World) -> impl Iterator<Item = &Function> {
    world.resolve.worlds[world.id].exports.iter().filter_map(|(_, item)| match item {
        WorldItem::Function(function) => Some(function),
        _ => None,
    })
}

/// What a handler gives where it succeeds.
pub(super) fn success(resolve: &Resolve, handler: &Function) -> Option<Type> {
    match behind(resolve, handler.result?)?.1 {
        TypeDefKind::Result(result) => result.ok,
        _ => None,
    }
}

/// The type behind all aliases.
pub(super) fn unaliased(resolve: &Resolve, mut ty: Type) -> Type {
    while let Type::Id(id) = ty {
        let TypeDefKind::Type(inner) = resolve.types[id].kind else { break };
        ty = inner;
    }
    ty
}

/// The definition behind all aliases; none of a primitive.
pub(super) fn behind(resolve: &Resolve, ty: Type) -> Option<(TypeId, &TypeDefKind)> {
    match unaliased(resolve, ty) {
        Type::Id(id) => Some((id, &resolve.types[id].kind)),
        _ => None,
    }
}

/// Whether a type is JSON text, which only the name of its alias tells.
pub(super) fn is_json(resolve: &Resolve, ty: Type) -> bool {
    let Type::Id(id) = ty else { return false };
    let definition = &resolve.types[id];
    let name = names::full(resolve, definition);
    match definition.kind {
        _ if name.is_some_and(|name| name.unversioned() == format!("{HOST}/types/json")) => true,
        TypeDefKind::Type(inner) => is_json(resolve, inner),
        _ => false,
    }
}

/// The events in what a handler gives.
fn emitted(resolve: &Resolve, handler: &Function) -> Vec<Type> {
    let mut ty = success(resolve, handler);
    while let Some(TypeDefKind::Option(inner) | TypeDefKind::List(inner)) =
        ty.and_then(|ty| behind(resolve, ty)).map(|(_, kind)| kind)
    {
        ty = Some(*inner);
    }
    match ty.and_then(|ty| behind(resolve, ty)) {
        Some((_, TypeDefKind::Variant(variant))) => variant.cases.iter().filter_map(|case| case.ty).collect(),
        _ => ty.into_iter().collect(),
    }
}

struct Walk<'w> {
    resolve: &'w Resolve,
    order: Vec<TypeId>,
    seen: HashSet<TypeId>,
}

impl Walk<'_> {
    /// Notes a type after all that it is made of; `path` leads to it.
    fn visit(&mut self, ty: Type, path: &str) -> Result<(), Unsupported> {
        let Some((id, kind)) = behind(self.resolve, ty) else { return Ok(()) };
        if !self.seen.insert(id) {
            return Ok(());
        }
        let definition = &self.resolve.types[id];
        let path = definition.name.as_deref().unwrap_or(path);
        if let TypeDefKind::Map(..) | TypeDefKind::FixedLengthList(..) = kind {
            let (what, instead) = match kind {
                TypeDefKind::Map(..) => ("map", "a list of tuples"),
                _ => ("list of fixed length", "a plain list"),
            };
            let why = format!("`{path}` holds a {what}, which no step in Python can take; make it {instead}");
            return Err(Unsupported(why));
        }
        for (name, ty) in parts(kind) {
            self.visit(ty, &name.map_or(path.to_owned(), |name| format!("{path}.{name}")))?;
        }
        if let TypeDefKind::Record(_)
        | TypeDefKind::Variant(_)
        | TypeDefKind::Enum(_)
        | TypeDefKind::Flags(_) = kind
        {
            self.order.push(id);
        }
        Ok(())
    }
}

/// The types that a type is made of, those of fields and cases with their names.
fn parts(kind: &TypeDefKind) -> Vec<(Option<&str>, Type)> {
    let unnamed = |ty: &Type| (None, *ty);
    match kind {
        TypeDefKind::Record(record) => {
            record.fields.iter().map(|field| (Some(field.name.as_str()), field.ty)).collect()
        }
        TypeDefKind::Variant(variant) => {
            variant.cases.iter().filter_map(|case| Some((Some(case.name.as_str()), case.ty?))).collect()
        }
        TypeDefKind::Tuple(tuple) => tuple.types.iter().map(unnamed).collect(),
        TypeDefKind::Result(result) => result.ok.iter().chain(&result.err).map(unnamed).collect(),
        TypeDefKind::Option(inner) | TypeDefKind::List(inner) => vec![unnamed(inner)],
        _ => Vec::new(),
    }
}

/// Whether a type is the SDK's own.
fn is_sdks(resolve: &Resolve, definition: &TypeDef) -> bool {
    names::full(resolve, definition)
        .is_some_and(|name| name.unversioned() == format!("{HOST}/types/failure-kind"))
}

/// A class for each type: its own name where no other has it, else with as much of where it is from as tells them
/// apart.
fn classes(resolve: &Resolve, types: &[TypeId]) -> HashMap<TypeId, String> {
    let is_free = |id: TypeId, level: usize| {
        let own = all_classes(resolve, id, level);
        let others = types.iter().filter(|other| **other != id);
        let taken: Vec<String> = others.flat_map(|other| all_classes(resolve, *other, level)).collect();
        is_sdks(resolve, &resolve.types[id])
            || own.iter().all(|class| !taken.contains(class) && !TAKEN.contains(&class.as_str()))
    };
    let class = |id: &TypeId| {
        let level = (0..WHOLE).find(|level| is_free(*id, *level)).unwrap_or(WHOLE);
        (*id, qualified(resolve, &resolve.types[*id], level))
    };
    types.iter().map(class).collect()
}

/// The class of a type with so much of where it is from, and those of its cases.
fn all_classes(resolve: &Resolve, id: TypeId, level: usize) -> Vec<String> {
    all_of(resolve, id, &qualified(resolve, &resolve.types[id], level))
}

fn all_of(resolve: &Resolve, id: TypeId, class: &str) -> Vec<String> {
    let mut all = vec![class.to_owned()];
    if let TypeDefKind::Variant(variant) = &resolve.types[id].kind {
        all.extend(variant.cases.iter().map(|case| case_class(class, &case.name)));
    }
    all
}

fn case_class(variant: &str, case: &str) -> String {
    format!("{variant}{}", names::camel(case).trim_end_matches('_'))
}

/// The level that tells all of where a type is from.
const WHOLE: usize = 3;

fn qualified(resolve: &Resolve, definition: &TypeDef, level: usize) -> String {
    let own = definition.name.as_deref().unwrap_or_default();
    let Some(TypeName { package, interface, version, .. }) = names::full(resolve, definition) else {
        debug_assert!(matches!(definition.owner, TypeOwner::World(_)));
        return names::camel(own);
    };
    let package = package.replace(':', "-");
    let version = version.map_or(String::new(), |version| version.to_string().replace('.', "-"));
    let parts = [own, &interface, &package, &version];
    names::camel(&parts[..=level].iter().rev().copied().collect::<Vec<_>>().join("-"))
}
