//! The world that a step is written against, read from its WIT: what generators need to know of it.

use std::fs;
use std::path::Path;

use lockstep_core::contract::Contract;
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{
    Function, LiftLowerAbi, ManglingAndAbi, PackageId, Resolve, Type, TypeDefKind, WorldId, WorldItem,
};

use crate::{Error, STEP_WIT, Source};

/// A world and its contract.
pub struct World {
    /// All packages that it comes from.
    pub resolve: Resolve,
    /// Which of their worlds it is.
    pub id: WorldId,
    /// Its handlers and events, as the host would read them from a component.
    pub contract: Contract,
    /// A component of it that does nothing: all that it says, without comments and without other worlds.
    pub(crate) hollow: Vec<u8>,
}

impl World {
    /// The world of a step, or what is wrong with it, by file and line.
    pub fn read(source: &Source) -> Result<World, Error> {
        if !source.wit.exists() {
            return Err(Error::NoWit { step: source.name.clone(), folder: source.wit.clone() });
        }
        let wrong = |why: String| Error::Wit { step: source.name.clone(), why };
        let (resolve, package) = packages(&source.wit).map_err(wrong)?;
        let id = choose(&resolve, package, source).map_err(wrong)?;
        only_handlers(&resolve, id).map_err(wrong)?;
        let hollow = hollow(&resolve, id).map_err(wrong)?;
        let contract = contract(&resolve, id, &hollow).map_err(wrong)?;
        Ok(World { resolve, id, contract, hollow })
    }

    /// Its name: `greet`.
    pub fn name(&self) -> &str {
        &self.resolve.worlds[self.id].name
    }
}

/// The package in a WIT folder, beside all that it uses; the host's own unless the folder has it.
pub(crate) fn packages(folder: &Path) -> Result<(Resolve, PackageId), String> {
    let mut resolve = if has_own_copy(folder) { Resolve::default() } else { of_host()? };
    let pushed = resolve.push_path(folder);
    let (package, _) = pushed.map_err(|error| told(&resolve.render_error(&error)))?;
    Ok((resolve, package))
}

/// The host's own package, and nothing else.
pub(crate) fn of_host() -> Result<Resolve, String> {
    let mut resolve = Resolve::default();
    let text: String = STEP_WIT.iter().map(|(_, text)| *text).collect();
    let pushed = resolve.push_str("lockstep-step.wit", &text);
    pushed.map_err(|error| told(&resolve.render_error(&error)))?;
    Ok(resolve)
}

/// What the reader of WIT says, without the steps by which it got there.
fn told(said: &str) -> String {
    let mut rest = said;
    while let Some((step, more)) = rest.split_once(": ") {
        if !step.starts_with("failed to") && step != "wit" {
            break;
        }
        rest = more;
    }
    rest.to_owned()
}

/// Whether a WIT folder brings its own `lockstep:step`.
pub(crate) fn has_own_copy(folder: &Path) -> bool {
    let Ok(entries) = folder.join("deps").read_dir() else { return false };
    let packages = entries.flatten().map(|entry| entry.path());
    let mut files = packages.flat_map(|path| match path.read_dir() {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(_) => vec![path],
    });
    files.any(|file| fs::read_to_string(file).is_ok_and(|text| text.contains("package lockstep:step@")))
}

/// The one that is named; else the only one; else the one that is called like the step.
fn choose(resolve: &Resolve, package: PackageId, source: &Source) -> Result<WorldId, String> {
    let package = &resolve.packages[package];
    let names = package.worlds.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.is_empty() {
        return Err(format!(
            "package `{}` has no world; add one that exports the step's handlers",
            package.name
        ));
    }
    if let Some(name) = &source.world {
        let found = package.worlds.get(name).copied();
        return found
            .ok_or_else(|| format!("package `{}` has no world `{name}`; it has {names}", package.name));
    }
    let mut ids = package.worlds.values();
    match (ids.next(), ids.next(), package.worlds.get(&source.name)) {
        (Some(id), None, _) | (_, Some(_), Some(id)) => Ok(*id),
        _ => Err(format!(
            "package `{}` has the worlds {names}; name one: `world = \"…\"` in step.toml",
            package.name
        )),
    }
}

/// The host would take any other function for a part of the component that is none of its business.
fn only_handlers(resolve: &Resolve, world: WorldId) -> Result<(), String> {
    let world = &resolve.worlds[world];
    let mut functions = world.exports.values().filter_map(|item| match item {
        WorldItem::Function(function) => Some(&function.name),
        _ => None,
    });
    match functions.find(|name| !name.starts_with("on-")) {
        Some(name) => {
            let world = &world.name;
            Err(format!("world `{world}` exports `{name}`, which is no handler; call it `on-{name}`"))
        }
        None => Ok(()),
    }
}

/// A component of a world, with nothing behind it.
fn hollow(resolve: &Resolve, world: WorldId) -> Result<Vec<u8>, String> {
    let mut module = dummy_module(resolve, world, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8)
        .and_then(|()| ComponentEncoder::default().module(&module))
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| format!("{error:#}"))
}

/// What the host would say of a component of this world.
fn contract(resolve: &Resolve, world: WorldId, hollow: &[u8]) -> Result<Contract, String> {
    Contract::read(hollow).map_err(|refusals| {
        let lines: Vec<_> = refusals.iter().map(ToString::to_string).collect();
        format!("world `{}`: {}", resolve.worlds[world].name, lines.join("; "))
    })
}

/// What a handler gives when it succeeds; none: it emits nothing.
pub(crate) fn success(resolve: &Resolve, function: &Function) -> Option<Type> {
    let mut ty = function.result?;
    while let Type::Id(id) = ty {
        match &resolve.types[id].kind {
            TypeDefKind::Type(inner) => ty = *inner,
            TypeDefKind::Result(result) => return result.ok,
            _ => break,
        }
    }
    None
}
