//! The world that a step is built against, read from its WIT folder: just what the expansion needs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::quote;
use wit_bindgen_core::wit_parser::{
    Function, FunctionKind, InterfaceId, PackageId, Resolve, WorldId, WorldItem, WorldKey,
};

use crate::emits::{self, Conversion};
use crate::names;

/// The SDK's own copy of `lockstep:step`.
pub(crate) const SDK_WIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/wit");

/// A world, its names as bindings spell them.
pub(crate) struct World {
    /// `assess`.
    pub(crate) name: String,
    /// `shop:refunds/assess@1.0.0`.
    pub(crate) id: String,
    /// Its handlers: `on-refund-requested`.
    pub(crate) handlers: Vec<String>,
    /// The interfaces whose bindings the SDK has: id and module.
    pub(crate) sdk: Vec<(String, TokenStream)>,
    /// Types of its interfaces that it does not use by name.
    pub(crate) types: Vec<TokenStream>,
    /// From each event to the results that may carry it.
    pub(crate) conversions: Vec<Conversion>,
    /// Where all of its WIT lies, in the order of reading.
    pub(crate) paths: Vec<PathBuf>,
}

/// What is wrong, and the fix.
pub(crate) type Read<T> = Result<T, String>;

impl World {
    /// The named world of the WIT in `folder`, or its only one.
    pub(crate) fn read(folder: &Path, name: Option<&str>) -> Read<World> {
        let mut resolve = Resolve::default();
        let mut paths = vec![folder.to_owned()];
        if !has_own_copy(folder) {
            resolve.push_path(SDK_WIT).map_err(|error| resolve.render_error(&error))?;
            paths.insert(0, SDK_WIT.into());
        }
        let (package, _) = resolve.push_path(folder).map_err(|error| resolve.render_error(&error))?;
        Ok(World { paths, ..World::select(&resolve, package, name)? })
    }

    /// A world of a package that is resolved already.
    pub(crate) fn select(resolve: &Resolve, package: PackageId, name: Option<&str>) -> Read<World> {
        let id = choose(resolve, package, name)?;
        let world = &resolve.worlds[id];
        let exports = world.exports.iter();
        let handlers = exports.map(|(key, item)| handler(resolve, key, item)).collect::<Read<Vec<_>>>()?;
        if handlers.is_empty() {
            let fix = "export a function whose name begins with `on-`";
            return Err(format!("world `{}` has no handler; {fix}", world.name));
        }
        Ok(World {
            name: world.name.clone(),
            id: resolve.id_of_name(package, &world.name),
            handlers: handlers.iter().map(|function| function.name.clone()).collect(),
            sdk: sdk(resolve, id),
            types: types(resolve, id),
            conversions: emits::conversions(resolve, &handlers),
            paths: Vec::new(),
        })
    }
}

/// Other languages need `lockstep:step` under `deps`; a folder that serves several brings it along.
fn has_own_copy(folder: &Path) -> bool {
    let Ok(entries) = folder.join("deps").read_dir() else { return false };
    let packages = entries.flatten().map(|entry| entry.path());
    let mut files = packages.flat_map(|path| match path.read_dir() {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(_) => vec![path],
    });
    files.any(|file| fs::read_to_string(file).is_ok_and(|text| text.contains("package lockstep:step@")))
}

fn choose(resolve: &Resolve, package: PackageId, wanted: Option<&str>) -> Read<WorldId> {
    let package = &resolve.packages[package];
    let names = package.worlds.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let mut ids = package.worlds.values();
    match (wanted, ids.next(), ids.next()) {
        (_, None, _) => {
            Err(format!("package `{}` has no world; add one that exports the step's handlers", package.name))
        }
        (None, Some(id), None) => Ok(*id),
        (None, ..) => Err(format!(
            "package `{}` has the worlds {names}; name one: #[step(world = \"…\")]",
            package.name
        )),
        (Some(name), ..) => {
            let found = package.worlds.get(name).copied();
            found.ok_or_else(|| format!("package `{}` has no world `{name}`; it has {names}", package.name))
        }
    }
}

fn handler<'r>(resolve: &Resolve, key: &WorldKey, item: &'r WorldItem) -> Read<&'r Function> {
    let name = resolve.name_world_key(key);
    match item {
        WorldItem::Function(function) if !name.starts_with("on-") => {
            Err(format!("export `{}` is no handler; begin its name with `on-`", function.name))
        }
        WorldItem::Function(function) if function.kind == FunctionKind::Freestanding => Ok(function),
        WorldItem::Function(_) => Err(format!("handler `{name}` is async; export it as a plain `func`")),
        _ => Err(format!("export `{name}` is no function; a step exports nothing but its handlers")),
    }
}

fn interfaces(resolve: &Resolve, world: WorldId) -> impl Iterator<Item = InterfaceId> {
    resolve.worlds[world].imports.values().filter_map(|item| match item {
        WorldItem::Interface { id, .. } => Some(*id),
        _ => None,
    })
}

fn sdk(resolve: &Resolve, world: WorldId) -> Vec<(String, TokenStream)> {
    let ours = interfaces(resolve, world).filter(|id| names::is_sdk(resolve, *id));
    ours.filter_map(|id| Some((resolve.id_of(id)?, names::interface(resolve, id)?))).collect()
}

/// Two interfaces may have a type of the same name; then the first one is meant.
fn types(resolve: &Resolve, world: WorldId) -> Vec<TokenStream> {
    let used = resolve.worlds[world].imports.iter().filter_map(|(key, item)| match item {
        WorldItem::Type { .. } => Some(resolve.name_world_key(key)),
        _ => None,
    });
    let mut known: BTreeSet<String> = used.collect();
    let mut types = Vec::new();
    for id in interfaces(resolve, world).filter(|id| !names::is_sdk(resolve, *id)) {
        let Some(module) = names::interface(resolve, id) else { continue };
        for name in resolve.interfaces[id].types.keys().filter(|name| known.insert((*name).clone())) {
            let name = names::type_name(name);
            types.push(quote!(#module::#name));
        }
    }
    types
}
