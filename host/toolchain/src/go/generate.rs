//! What the folder `gen` of a step holds: its events as types of Go, the SDK as far as its world imports it, and the
//! program around its handlers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use wit_parser::{Function, InterfaceId, Resolve, SizeAlign, Type, WorldId, WorldItem};

use super::border;
use super::declare::tuples;
use super::names::{self, indented};
use super::scope::Scope;
use super::sdk::{self, HEAD};
use super::signature::Signature;
use super::types::{Home, LOCKSTEP, Types};
use crate::imports::of_lockstep;

/// The file whose lines are the handlers, one each.
pub(super) const HANDLERS: &str = "main/handlers.go";

/// The packages of Go itself that generated code names.
const STD: [&str; 5] = ["math", "reflect", "testing", "time", "unsafe"];

/// What is generated for a world.
pub(super) struct Generated {
    /// All files, from the folder of what is generated.
    pub(super) files: BTreeMap<PathBuf, String>,
    /// The handlers, in the order of the lines of [`HANDLERS`].
    pub(super) handlers: Vec<Signature>,
}

/// The world of a step, as its generators read it.
pub(super) struct Source<'r> {
    resolve: &'r Resolve,
    /// In the order of the world.
    pub(super) handlers: Vec<&'r Function>,
    /// The interfaces of the host, by name.
    imports: BTreeMap<&'r str, InterfaceId>,
    sizes: SizeAlign,
    /// The path by which the step's own package is imported.
    module: &'r str,
}

/// All that the step of a world needs; `module` is the path of its package.
pub(super) fn generate(resolve: &Resolve, world: WorldId, module: &str) -> Result<Generated, String> {
    let source = Source::read(resolve, world, module);
    let events = source.events()?;
    let mut files = BTreeMap::new();
    let imports: Vec<_> = source.imports.keys().copied().collect();
    files.extend(sdk::sources(&imports, module));
    let mut lengths = events.tuples.clone();
    for (name, id) in &source.imports {
        let (bindings, used) = source.bindings(name, *id)?;
        let folder = if *name == "log" { LOCKSTEP.into() } else { format!("{LOCKSTEP}/{name}") };
        files.insert(format!("{folder}/host_wasm.go").into(), bindings);
        lengths.extend(used);
    }
    if !lengths.is_empty() {
        let file = source.file(LOCKSTEP, &BTreeSet::new(), "", &tuples(&lengths));
        files.insert("lockstep/tuples.go".into(), file);
    }
    files.insert("events/events.go".into(), source.events_file(&events));
    files.insert("main/main_wasm.go".into(), source.main(&events));
    let (handlers, signatures) = source.handlers(&events);
    files.insert(HANDLERS.into(), handlers);
    Ok(Generated { files, handlers: signatures })
}

/// What a function takes and gives.
fn types_of(function: &Function) -> impl Iterator<Item = Type> {
    function.params.iter().map(|param| param.ty).chain(function.result)
}

impl<'r> Source<'r> {
    pub(super) fn read(resolve: &'r Resolve, world: WorldId, module: &'r str) -> Source<'r> {
        let world = &resolve.worlds[world];
        let handlers = world.exports.values().filter_map(|item| match item {
            WorldItem::Function(function) => Some(function),
            _ => None,
        });
        let imports = world.imports.values().filter_map(|item| match item {
            WorldItem::Interface { id, .. } if !resolve.interfaces[*id].functions.is_empty() => {
                Some((of_lockstep(resolve, *id)?, *id))
            }
            _ => None,
        });
        let mut sizes = SizeAlign::default();
        sizes.fill(resolve);
        Source { resolve, handlers: handlers.collect(), imports: imports.collect(), sizes, module }
    }

    /// The types of its events.
    pub(super) fn events(&self) -> Result<Types<'r>, String> {
        Types::reached(self.resolve, Home::Events, self.handlers.iter().flat_map(|handler| types_of(handler)))
    }

    /// The functions of an interface, for its package of the SDK, and the tuples that they use.
    fn bindings(&self, name: &'r str, id: InterfaceId) -> Result<(String, BTreeSet<usize>), String> {
        let package = sdk::package(name).unwrap_or(LOCKSTEP);
        let interface = &self.resolve.interfaces[id];
        let roots = interface.functions.values().flat_map(types_of);
        let types = Types::reached(self.resolve, Home::Sdk(package), roots)?;
        let scope = Scope::new(&types, package);
        let module = self.resolve.id_of(id).unwrap_or_default();
        let functions = interface.functions.values();
        let functions: String =
            functions.map(|function| border::import(&scope, &self.sizes, &module, function)).collect();
        let code = scope.declarations() + &functions;
        Ok((self.file(package, &scope.used(), "", &code), types.tuples.clone()))
    }

    fn events_file(&self, types: &Types) -> String {
        let scope = Scope::new(types, "events");
        let code = scope.declarations();
        let docs = "// Package events is the events that the step takes and gives, and what they hold.\n";
        self.file("events", &scope.used(), docs, &code)
    }

    fn main(&self, types: &Types) -> String {
        let scope = Scope::new(types, "main");
        let handlers = self.handlers.iter();
        let code: String = handlers.map(|handler| border::export(&scope, &self.sizes, handler)).collect();
        let code =
            "\n// main is never called: the host calls the handlers.\nfunc main() {}\n".to_owned() + &code;
        self.file("main", &scope.used(), "// Command main is the step as the host calls it.\n", &code)
    }

    /// A variable for each handler, so that the compiler says which one is not what the world declares.
    fn handlers(&self, types: &Types) -> (String, Vec<Signature>) {
        let scope = Scope::new(types, "main");
        let signatures: Vec<_> = self.handlers.iter().map(|handler| Signature::of(&scope, handler)).collect();
        let line = |(handler, signature): (&&Function, &Signature)| {
            let (variable, name) = (names::lower(&handler.name), &signature.name);
            format!("var {variable} {} = step.{name}\n", signature.ty())
        };
        let lines: String = self.handlers.iter().zip(&signatures).map(line).collect();
        let mut used = scope.used();
        used.insert("step");
        (self.file("main", &used, "//go:build wasm\n\n", &("\n".to_owned() + &lines)), signatures)
    }

    /// A file that nobody should change.
    fn file(&self, package: &str, used: &BTreeSet<&str>, before: &str, code: &str) -> String {
        HEAD.to_owned() + &self.plain_file(package, used, before, code)
    }

    /// A file of a package.
    pub(super) fn plain_file(
        &self,
        package: &str,
        used: &BTreeSet<&str>,
        before: &str,
        code: &str,
    ) -> String {
        let (std, own): (Vec<&str>, Vec<&str>) = used.iter().partition(|name| STD.contains(name));
        let std = std.iter().map(|name| format!("\"{name}\"\n"));
        let own = own.iter().map(|name| self.path(name)).collect::<BTreeMap<_, _>>().into_values();
        let groups = [std.collect::<String>(), own.collect()];
        let groups: Vec<_> = groups.into_iter().filter(|group| !group.is_empty()).collect();
        let imports = match groups.is_empty() {
            true => String::new(),
            false => format!("\nimport (\n{})\n", groups.join("\n")),
        };
        indented(&format!("{before}package {package}\n{imports}{code}"))
    }

    /// The path of a package, by which Go sorts them, and the line that imports it.
    fn path(&self, package: &str) -> (String, String) {
        let (path, name) = match package {
            "step" => (self.module.to_owned(), "step "),
            "events" | LOCKSTEP => (format!("{}/gen/{package}", self.module), ""),
            _ if sdk::package(package).is_some() => (format!("{}/gen/lockstep/{package}", self.module), ""),
            _ => (format!("{}/gen/internal/{package}", self.module), ""),
        };
        let line = format!("{name}\"{path}\"\n");
        (path, line)
    }
}
