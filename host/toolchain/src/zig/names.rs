//! How Zig spells things of the WIT, and which types of a world get a name of their own.

use std::collections::HashMap;

use heck::{ToLowerCamelCase, ToSnakeCase, ToUpperCamelCase};
use wit_bindgen_core::dealias;
use wit_parser::{LiveTypes, Type, TypeDefKind, TypeId, TypeOwner};

use crate::c::{Bindings, Handler, kind};
use crate::imports::of_lockstep;

/// Words that stand for something else in Zig.
const KEYWORDS: &str = "addrspace align allowzero and anyframe anytype asm async await break callconv catch comptime \
    const continue defer else enum errdefer error export extern fn for if inline linksection noalias noinline \
    nosuspend opaque or orelse packed pub resume return struct suspend switch test threadlocal try union unreachable \
    usingnamespace var volatile while bool type void noreturn true false null undefined anyerror anyopaque \
    comptime_int comptime_float isize usize f16 f32 f64 f80 f128";

/// What `step.zig` defines besides the types of the world.
const TAKEN: [&str; 4] = ["Failed", "Failure", "FailureKind", "Json"];

/// `deep-blue` as `deep_blue`; what is a word of Zig in its quotes.
pub(super) fn field(name: &str) -> String {
    let name = name.to_snake_case();
    let is_number = |rest: &str| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit());
    let is_integer = name.strip_prefix(['i', 'u']).is_some_and(is_number);
    match is_integer || KEYWORDS.split_whitespace().any(|word| word == name) {
        true => format!("@\"{name}\""),
        false => name,
    }
}

/// `on-refund-requested` as `onRefundRequested`.
pub(super) fn function(name: &str) -> String {
    name.to_lower_camel_case()
}

/// The types of a world that get a name.
pub(super) struct Names {
    /// In the order of their definitions, each behind its aliases.
    pub(super) types: Vec<(TypeId, String)>,
    /// By the struct of the bindings that each stands for.
    names: HashMap<String, String>,
}

impl Names {
    /// Those of all types that the handlers have to do with, as the world calls them.
    pub(super) fn of(bindings: &Bindings, handlers: &[Handler]) -> Names {
        let resolve = &bindings.resolve;
        let mut live = LiveTypes::default();
        for handler in handlers {
            handler.params.iter().for_each(|(_, ty)| live.add_type(resolve, ty));
            handler.gives.iter().for_each(|gives| live.add_type(resolve, &gives.whole));
        }
        let mut names = Names { types: Vec::new(), names: HashMap::new() };
        let is_of_world = |id: TypeId| matches!(resolve.types[id].owner, TypeOwner::World(_));
        let known = bindings.types().filter(|(id, _)| live.contains(*id));
        let (world, others): (Vec<_>, Vec<_>) = known.partition(|(id, _)| is_of_world(*id));
        world.into_iter().chain(others).for_each(|(id, long)| names.add(bindings, id, long));
        let order: HashMap<TypeId, usize> =
            bindings.types().enumerate().map(|(at, (id, _))| (id, at)).collect();
        names.types.sort_by_key(|(id, _)| order[id]);
        names
    }

    /// The type as an author writes it; `prefix` stands before names.
    pub(super) fn write(&self, bindings: &Bindings, ty: Type, prefix: &str) -> String {
        match ty {
            Type::Id(id) => match self.names.get(&of(bindings, id)) {
                Some(name) => format!("{prefix}{name}"),
                None => self.anonymous(bindings, ty, prefix),
            },
            Type::Bool => "bool".into(),
            Type::U8 => "u8".into(),
            Type::S8 => "i8".into(),
            Type::U16 => "u16".into(),
            Type::S16 => "i16".into(),
            Type::U32 => "u32".into(),
            Type::S32 => "i32".into(),
            Type::U64 => "u64".into(),
            Type::S64 => "i64".into(),
            Type::F32 => "f32".into(),
            Type::F64 => "f64".into(),
            Type::Char => "u21".into(),
            Type::String => "[]const u8".into(),
            Type::ErrorContext => "void".into(),
        }
    }

    /// A type that has no name, by its parts.
    pub(super) fn anonymous(&self, bindings: &Bindings, ty: Type, prefix: &str) -> String {
        let part = |ty: Type| self.write(bindings, ty, prefix);
        match kind(&bindings.resolve, ty).map(|(_, kind)| kind) {
            Some(TypeDefKind::Option(inner)) => format!("?{}", part(*inner)),
            Some(TypeDefKind::List(inner)) => format!("[]const {}", part(*inner)),
            Some(TypeDefKind::Tuple(tuple)) => {
                let parts: Vec<_> = tuple.types.iter().map(|ty| part(*ty)).collect();
                format!("struct {{ {} }}", parts.join(", "))
            }
            Some(TypeDefKind::Map(key, value)) => {
                format!("[]const struct {{ key: {}, value: {} }}", part(*key), part(*value))
            }
            Some(TypeDefKind::Type(inner)) => part(*inner),
            _ => "void".into(),
        }
    }

    /// Results are types with a name too: one that is written twice would be two of Zig's.
    fn add(&mut self, bindings: &Bindings, id: TypeId, long: &str) {
        let resolve = &bindings.resolve;
        let target = dealias(resolve, id);
        let long = long.strip_suffix("_t").unwrap_or(long);
        let wanted = match (&resolve.types[id].name, &resolve.types[id].kind) {
            (Some(name), _) => name.to_upper_camel_case(),
            (None, TypeDefKind::Result(_) | TypeDefKind::Tuple(_) | TypeDefKind::Map(..)) => {
                let (_, name) = long.split_once('_').unwrap_or_default();
                name.to_upper_camel_case()
            }
            _ => return,
        };
        let it = of(bindings, id);
        if self.names.contains_key(&it) {
            return;
        }
        if let Some(own) = own(bindings, target, &wanted) {
            self.names.insert(it, own);
            return;
        }
        let is_taken =
            |name: &str| TAKEN.contains(&name) || self.types.iter().any(|(_, other)| other == name);
        let mut name = if is_taken(&wanted) { long.to_upper_camel_case() } else { wanted };
        while is_taken(&name) {
            name.push('_');
        }
        self.names.insert(it, name.clone());
        self.types.push((target, name));
    }
}

/// What the bindings call a type behind its aliases.
fn of(bindings: &Bindings, id: TypeId) -> String {
    bindings.name(Type::Id(dealias(&bindings.resolve, id))).to_owned()
}

/// A type that the SDK has: those of `lockstep:step/types`.
fn own(bindings: &Bindings, id: TypeId, name: &str) -> Option<String> {
    let TypeOwner::Interface(interface) = bindings.resolve.types[id].owner else { return None };
    let is_ours = of_lockstep(&bindings.resolve, interface) == Some("types") && TAKEN.contains(&name);
    is_ours.then(|| name.to_owned())
}
