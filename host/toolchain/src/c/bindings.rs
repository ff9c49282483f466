//! The bindings of wit-bindgen for C: three files, and what they call the types of a world. C and Zig stand on them.
//!
//! They are asked for short prefixes: `bindings_` for the world, `lockstep_log_` for the host's own interfaces, the
//! plain name of the interface for all others. How a type is called then follows from the generator's own rules,
//! which are walked here in its order.

use std::collections::{HashMap, HashSet};

use heck::ToSnakeCase;
use wit_bindgen_c::{CTypeNameInfo, gen_type_name, owner_namespace};
use wit_bindgen_core::{Files, Types};
use wit_parser::{
    Function, InterfaceId, LiveTypes, Resolve, Type, TypeDefKind, TypeId, WorldId, WorldItem, WorldKey,
};

use crate::imports::{imports, of_lockstep};
use crate::{Error, Source, World};

/// The prefix of what belongs to the world, and the name of the files.
pub(crate) const PREFIX: &str = "bindings";

/// The bindings of a world.
pub(crate) struct Bindings {
    /// All types, as the generator left them.
    pub(crate) resolve: Resolve,
    /// The world.
    pub(crate) world: WorldId,
    /// `bindings.h`, `bindings.c`, `bindings_component_type.o`.
    pub(crate) files: Vec<(String, Vec<u8>)>,
    /// How each type is called, in the order of their definitions.
    types: Vec<(TypeId, String)>,
    names: HashMap<TypeId, String>,
    holds: Types,
}

impl Bindings {
    /// Those of the world of a step.
    pub(crate) fn of(source: &Source, world: &World) -> Result<Bindings, Error> {
        world.refuse_exports(source)?;
        let wrong = |why: String| Error::Wit { step: source.name.clone(), why };
        if let Some(what) = unbound(&world.resolve, world.id) {
            let (name, language) = (world.name(), source.language.title());
            return Err(wrong(format!(
                "world `{name}` has no bindings for {language}, since it holds {what}"
            )));
        }
        let mut resolve = world.resolve.clone();
        let renames = renames(&resolve, world.id);
        let options = wit_bindgen_c::Opts {
            rename_world: Some(PREFIX.into()),
            rename: renames.iter().map(|(key, name)| (resolve.name_world_key(key), name.clone())).collect(),
            ..Default::default()
        };
        let mut files = Files::default();
        let generated = options.build().generate(&mut resolve, world.id, &mut files);
        generated.map_err(|why| wrong(format!("{why:#}")))?;
        let types = types(&resolve, world.id, &renames);
        let mut holds = Types::default();
        holds.analyze(&resolve);
        Ok(Bindings {
            world: world.id,
            files: files.iter().map(|(name, bytes)| (name.to_owned(), bytes.to_owned())).collect(),
            names: types.iter().cloned().collect(),
            types,
            holds,
            resolve,
        })
    }

    /// Every type that has a name in the bindings, and that name, what it holds before it.
    pub(crate) fn types(&self) -> impl Iterator<Item = (TypeId, &str)> {
        self.types.iter().map(|(id, name)| (*id, name.as_str()))
    }

    /// How the bindings call a type.
    pub(crate) fn name(&self, ty: Type) -> &str {
        match ty {
            Type::Bool => "bool",
            Type::Char => "uint32_t",
            Type::U8 => "uint8_t",
            Type::S8 => "int8_t",
            Type::U16 => "uint16_t",
            Type::S16 => "int16_t",
            Type::U32 => "uint32_t",
            Type::S32 => "int32_t",
            Type::U64 => "uint64_t",
            Type::S64 => "int64_t",
            Type::F32 => "float",
            Type::F64 => "double",
            Type::String => "bindings_string_t",
            Type::ErrorContext => "error_context",
            Type::Id(id) => &self.names[&id],
        }
    }

    /// Whether values of a type point at memory that lies elsewhere.
    pub(crate) fn points(&self, ty: Type) -> bool {
        match ty {
            Type::String => true,
            Type::Id(id) => self.holds.get(id).has_list,
            _ => false,
        }
    }

    /// The exported functions of the world: its handlers.
    pub(crate) fn exports(&self) -> impl Iterator<Item = &Function> {
        self.resolve.worlds[self.world].exports.values().filter_map(|item| match item {
            WorldItem::Function(function) => Some(function),
            _ => None,
        })
    }

    /// Whether the world imports an interface of `lockstep:step`: `log`.
    pub(crate) fn imports(&self, interface: &str) -> bool {
        imports(&self.resolve, self.world, interface)
    }
}

/// What the generator knows no C for.
fn unbound(resolve: &Resolve, world: WorldId) -> Option<String> {
    let mut live = LiveTypes::default();
    live.add_world(resolve, world);
    live.iter().find_map(|id| match &resolve.types[id].kind {
        TypeDefKind::FixedLengthList(_, length) => {
            Some(format!("a list of fixed length (`list<…, {length}>`); let it be a `list`"))
        }
        _ => None,
    })
}

/// The prefix of each imported interface; where two would have the same, both keep the generator's own.
fn renames(resolve: &Resolve, world: WorldId) -> HashMap<WorldKey, String> {
    let imports = resolve.worlds[world].imports.iter();
    let wanted = imports.filter_map(|(key, item)| match item {
        WorldItem::Interface { id, .. } => Some((key.clone(), prefix(resolve, *id)?)),
        _ => None,
    });
    let wanted: Vec<(WorldKey, String)> = wanted.collect();
    let (mut seen, mut twice) = (HashSet::from([PREFIX]), HashSet::new());
    for (_, name) in &wanted {
        if !seen.insert(name) {
            twice.insert(name.clone());
        }
    }
    wanted.into_iter().filter(|(_, name)| !twice.contains(name)).collect()
}

fn prefix(resolve: &Resolve, id: InterfaceId) -> Option<String> {
    match of_lockstep(resolve, id) {
        Some(name) => Some(format!("lockstep_{}", name.to_snake_case())),
        None => resolve.interfaces[id]
            .name
            .as_deref()
            .map(ToSnakeCase::to_snake_case)
            .filter(|name| !name.starts_with("lockstep")),
    }
}

/// The generator's walk: the types of each imported interface, those of the world, those of its functions. A type
/// is called after where it is met first.
fn types(resolve: &Resolve, world: WorldId, renames: &HashMap<WorldKey, String>) -> Vec<(TypeId, String)> {
    let mut named = Vec::new();
    let (mut own, mut functions) = (LiveTypes::default(), LiveTypes::default());
    for (key, item) in &resolve.worlds[world].imports {
        match item {
            WorldItem::Interface { id, .. } => {
                let mut live = LiveTypes::default();
                live.add_interface(resolve, *id);
                name(resolve, &live, Some((*id, key)), renames, &mut named);
            }
            WorldItem::Type { id, .. } => own.add_type_id(resolve, *id),
            WorldItem::Function(_) => {}
        }
    }
    name(resolve, &own, None, renames, &mut named);
    for item in resolve.worlds[world].imports.values().chain(resolve.worlds[world].exports.values()) {
        if let WorldItem::Function(function) = item {
            functions.add_func(resolve, function);
        }
    }
    name(resolve, &functions, None, renames, &mut named);
    named
}

fn name(
    resolve: &Resolve,
    live: &LiveTypes,
    interface: Option<(InterfaceId, &WorldKey)>,
    renames: &HashMap<WorldKey, String>,
    named: &mut Vec<(TypeId, String)>,
) {
    let known: HashSet<TypeId> = named.iter().map(|(id, _)| *id).collect();
    for id in live.iter().filter(|id| !known.contains(id)) {
        let (info, encoded) = gen_type_name(resolve, id);
        let owner = match info {
            CTypeNameInfo::Anonymous { is_prim: true } => PREFIX.to_owned(),
            _ => owner_namespace(interface, true, PREFIX.into(), resolve, id, renames),
        };
        named.push((id, format!("{owner}_{encoded}_t")));
    }
}
