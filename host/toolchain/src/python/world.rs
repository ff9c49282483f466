//! `lockstep/_world.py`: what the SDK has to know of a world, as Python.

use std::path::Path;

use wit_parser::{Case, Function, Param, Resolve, Type, TypeDefKind, WorldItem};

use super::names;
use super::types::{Types, behind, handlers, success};
use crate::{Source, World};

/// Writes the module.
pub(super) fn world(types: &Types, world: &World, source: &Source) -> String {
    let parts = [
        format!(
            "\"\"\"World `{}`, as the SDK has to know it. Written from the WIT by `lockstep build`.\"\"\"\n\n\
             import events\n\nfrom . import failure\nfrom ._handler import Case, Event, Handler, List, Nothing, Option, Variant\n",
            world.name()
        ),
        format!(
            "WORLD = {}\nSTEP = {}\nMAIN = {}\n",
            quoted(world.name()),
            quoted(&source.name),
            quoted(&main(source))
        ),
        imports(world),
        format!("# By the modules of the bindings.\nTYPES = {{\n{}}}\n", bound(types)),
        format!("HANDLERS = [\n{}]\n", handlers(world).map(|one| handler(types, one)).collect::<String>()),
    ];
    parts.join("\n")
}

/// A text as Python reads it: every literal of JSON is one of Python.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The author's module.
pub(super) fn main(source: &Source) -> String {
    source.main.file_stem().unwrap_or(Path::new("step").as_os_str()).to_string_lossy().into_owned()
}

/// The interfaces of `lockstep:step` that a world imports.
fn imports(world: &World) -> String {
    let resolve = &world.resolve;
    let mut version = String::new();
    let mut rows = String::new();
    for (_, item) in &resolve.worlds[world.id].imports {
        let WorldItem::Interface { id, .. } = item else { continue };
        let interface = &resolve.interfaces[*id];
        let Some(package) = interface.package.map(|package| &resolve.packages[package].name) else {
            continue;
        };
        let (Some(name), Some(module)) = (&interface.name, names::interface(resolve, *id)) else { continue };
        if (package.namespace.as_str(), package.name.as_str()) != ("lockstep", "step") {
            continue;
        }
        version = package.version.as_ref().map(ToString::to_string).unwrap_or_default();
        if !interface.functions.is_empty() {
            rows += &format!("    {name:?}: {module:?},\n");
        }
    }
    format!(
        "VERSION = {version:?}\n\n# Of `lockstep:step`, with the modules of their bindings.\nIMPORTS = {{\n{rows}}}\n"
    )
}

/// The classes that bindings are to make and take, by their modules.
fn bound(types: &Types) -> String {
    let mut modules: Vec<(String, String)> = Vec::new();
    for (id, from) in
        types.order.iter().map(|id| (id, "events")).chain(types.sdks.iter().map(|id| (id, "failure")))
    {
        let definition = &types.resolve.types[*id];
        let Some(module) = names::module(types.resolve, definition.owner) else { continue };
        let name = definition.name.as_deref().unwrap_or_default();
        let row = |bound: String, class: &str| format!("        {bound:?}: {from}.{class},\n");
        let rows = match &definition.kind {
            TypeDefKind::Variant(variant) => {
                let case = |case: &Case| row(names::case(name, &case.name), &types.case(*id, &case.name));
                variant.cases.iter().map(case).collect()
            }
            _ => row(names::camel(name), types.class(*id)),
        };
        match modules.iter_mut().find(|(known, _)| *known == module) {
            Some((_, known)) => *known += &rows,
            None => modules.push((module, rows)),
        }
    }
    modules.iter().map(|(module, rows)| format!("    {module:?}: {{\n{rows}    }},\n")).collect()
}

fn handler(types: &Types, function: &Function) -> String {
    let param = |param: &Param| {
        let taken = match behind(types.resolve, param.ty) {
            Some((_, TypeDefKind::List(inner))) => format!("list[{}]", event(types, *inner)),
            _ => event(types, param.ty),
        };
        format!("({:?}, {taken})", param.name)
    };
    let takes: Vec<String> = function.params.iter().map(param).collect();
    let gives = success(types.resolve, function).map_or("Nothing()".to_owned(), |ty| gives(types, ty));
    let (name, own) = (&function.name, names::snake(&function.name));
    format!("    Handler({name:?}, {own:?}, [{}], {gives}),\n", takes.join(", "))
}

/// What a handler gives.
fn gives(types: &Types, ty: Type) -> String {
    match behind(types.resolve, ty) {
        Some((_, TypeDefKind::Option(inner))) => format!("Option({})", gives(types, *inner)),
        Some((_, TypeDefKind::List(inner))) => format!("List({})", gives(types, *inner)),
        Some((id, TypeDefKind::Variant(variant))) => {
            let definition = &types.resolve.types[id];
            let module = names::module(types.resolve, definition.owner).unwrap_or_default();
            let name = definition.name.as_deref().unwrap_or_default();
            let case = |case: &Case| {
                let given = case.ty.map_or("Nothing()".into(), |ty| gives(types, ty));
                format!("Case(\"{module}.{}\", {given})", names::case(name, &case.name))
            };
            let cases: Vec<String> = variant.cases.iter().map(case).collect();
            format!("Variant([{}])", cases.join(", "))
        }
        _ => format!("Event({:?}, {})", short(types.resolve, ty), event(types, ty)),
    }
}

/// The class of an event.
fn event(types: &Types, ty: Type) -> String {
    let class = behind(types.resolve, ty).map_or("", |(id, _)| types.class(id));
    format!("events.{class}")
}

/// The short name of an event.
fn short(resolve: &Resolve, ty: Type) -> &str {
    behind(resolve, ty).and_then(|(id, _)| resolve.types[id].name.as_deref()).unwrap_or_default()
}
