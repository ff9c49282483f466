//! The first code of a step in Rust, the SDK that it is built with, and the workspace that it joins.

use std::fs;
use std::path::Path;

use lockstep_core::contract::{Emits, Handler};
use lockstep_core::shape::Field;
use toml_edit::{Array, DocumentMut, Item, Table, value};
use wit_parser::{Record, Type, TypeDefKind, TypeOwner};

use crate::build::Job;
use crate::starter::{File, First, Origin};
use crate::{Error, Use, World, embedded};

/// The SDK, as a folder of a project: a crate that is not published has to lie somewhere.
pub(crate) fn sdk() -> Vec<File> {
    embedded::RUST.iter().map(|(path, text)| File { path: path.into(), text: (*text).to_owned() }).collect()
}

pub(crate) fn starter(job: &Job, wit: &str) -> Result<Vec<File>, Error> {
    let (name, world) = (&job.source.name, job.world);
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n\
         [lib]\ncrate-type = [\"cdylib\"]\n\n[dependencies]\nlockstep-sdk.workspace = true\n"
    );
    let options = if wit == "wit" {
        format!("world = \"{name}\"")
    } else {
        format!("world = \"{name}\", wit = \"{wit}\"")
    };
    let code = code(world, &options);
    Ok(vec![
        File { path: "Cargo.toml".into(), text: manifest },
        File { path: "src/lib.rs".into(), text: code },
    ])
}

fn code(world: &World, options: &str) -> String {
    let handlers = &world.contract.handlers;
    let taken: Vec<_> = handlers.iter().map(|one| format!("`{}`", one.takes)).collect();
    let uses = world.uses();
    let modules = uses.iter().map(|one| one.as_str().to_owned());
    let mut names: Vec<String> = ["info".to_owned()].into_iter().chain(modules).collect();
    let wait = if uses.contains(&Use::Timer) { "use std::time::Duration;\n\n" } else { "" };
    let functions: Vec<_> =
        handlers.iter().enumerate().map(|(at, one)| function(world, one, at == 0)).collect();
    let head = format!("//! Takes {}.\n\n{wait}", taken.join(", "));
    if let [function] = &functions[..] {
        names.push("step".into());
        names.sort();
        return format!(
            "{head}use lockstep_sdk::{{Failure, {}}};\n\n#[step({options})]\n{function}",
            names.join(", ")
        );
    }
    names.sort();
    let inner = functions.join("\n").replace('\n', "\n    ").replace("\n    \n", "\n\n");
    let wait = if wait.is_empty() { "" } else { "    use super::Duration;\n" };
    format!(
        "{head}#[lockstep_sdk::step({options})]\nmod handlers {{\n{wait}    use lockstep_sdk::{{Failure, {}}};\n\n    {}\n}}\n",
        names.join(", "),
        inner.trim_end()
    )
}

/// A handler; the first one uses all that its world imports.
fn function(world: &World, handler: &Handler, is_first: bool) -> String {
    let params = handler.takes.params();
    let taken: Vec<_> =
        params.iter().map(|param| format!("{}: {}", snake(&param.name), camel(&param.event.name))).collect();
    let name = params.first().map_or(String::new(), |param| snake(&param.name));
    let mut body = format!("    info!(\"{} {{{name}:?}}\");\n", handler.name);
    if is_first {
        world.uses().into_iter().for_each(|one| body += sample(one));
    }
    let (result, value) = match world.first(handler) {
        None => ("()".to_owned(), "()".to_owned()),
        Some(first) => {
            let is_plain = matches!(handler.gives, Emits::Event(_));
            let into = if is_plain { "" } else { ".into()" };
            (result(&handler.gives), format!("{}{into}", event(world, &first, &name)))
        }
    };
    let function = snake(&handler.name);
    format!(
        "fn {function}({}) -> Result<{result}, Failure> {{\n{body}    Ok({value})\n}}\n",
        taken.join(", ")
    )
}

fn result(gives: &Emits) -> String {
    match gives {
        Emits::Nothing => "()".into(),
        Emits::Event(event) => camel(&event.name),
        Emits::Variant(_) => "Emits".into(),
        Emits::Option(inner) => format!("Option<{}>", result(inner)),
        Emits::List(inner) => format!("Vec<{}>", result(inner)),
    }
}

fn event(world: &World, first: &First, taken: &str) -> String {
    let field = |(field, origin): &(&Field, Origin)| {
        let name = snake(&field.name);
        match origin {
            Origin::Copied => format!("{name}: {taken}.{name}"),
            Origin::Plainest => {
                let ty = field_type(world, &first.event.name, &field.name);
                format!("{name}: {}", ty.map_or("Default::default()".into(), |ty| plainest(world, ty)))
            }
        }
    };
    let fields: Vec<_> = first.fields.iter().map(field).collect();
    format!("{} {{ {} }}", camel(&first.event.name), fields.join(", "))
}

/// How each interface is used, for an author to change.
fn sample(one: Use) -> &'static str {
    match one {
        Use::Run => "    info!(\"attempt {}\", run::whoami().attempt);\n",
        Use::Timer => "    timer::set(\"remind\", Duration::from_secs(60));\n",
        Use::Blob => "    info!(\"kept as {}\", blob::put(\"some bytes\")?);\n",
        Use::State => "    state::add(\"seen\", 1);\n",
        Use::Updates => "    updates::publish(\"progress\", r#\"{\"done\": 1}\"#);\n",
        Use::Http => {
            "    let page = http::get(\"https://api.example.com/\")?.successful()?.text();\n    \
             info!(\"{} bytes came back\", page.len());\n"
        }
        Use::Tools => {
            "    let text = tools::call(\"read_text_file\", r#\"{\"path\": \"notes.txt\"}\"#)?;\n    \
             info!(\"the tool said {text}\");\n"
        }
    }
}

fn field_type(world: &World, event: &str, field: &str) -> Option<Type> {
    let record = |name: &str| {
        world.resolve.types.iter().find_map(|(_, ty)| match (&ty.name, &ty.kind, ty.owner) {
            (Some(own), TypeDefKind::Record(record), TypeOwner::Interface(_)) if own == name => Some(record),
            _ => None,
        })
    };
    record(event)?.fields.iter().find(|one| one.name == field).map(|one| one.ty)
}

/// The plainest value of a type, as Rust writes it.
fn plainest(world: &World, ty: Type) -> String {
    let Type::Id(id) = ty else {
        return match ty {
            Type::Bool => "false",
            Type::F32 | Type::F64 => "0.0",
            Type::Char => "' '",
            Type::String => "String::new()",
            _ => "0",
        }
        .to_owned();
    };
    let definition = &world.resolve.types[id];
    let name = definition.name.as_deref().map(camel).unwrap_or_default();
    match &definition.kind {
        TypeDefKind::Type(_) if definition.name.as_deref() == Some("json") => "\"{}\".to_owned()".into(),
        TypeDefKind::Type(inner) => plainest(world, *inner),
        TypeDefKind::List(_) => "Vec::new()".into(),
        TypeDefKind::Option(_) => "None".into(),
        TypeDefKind::Tuple(tuple) => {
            let values: Vec<_> = tuple.types.iter().map(|ty| plainest(world, *ty)).collect();
            format!("({},)", values.join(", "))
        }
        TypeDefKind::Enum(one) => {
            one.cases.first().map_or(name.clone(), |case| format!("{name}::{}", camel(&case.name)))
        }
        TypeDefKind::Flags(_) => format!("{name}::empty()"),
        TypeDefKind::Variant(variant) => variant.cases.first().map_or(name.clone(), |case| {
            let value = case.ty.map_or(String::new(), |ty| format!("({})", plainest(world, ty)));
            format!("{name}::{}{value}", camel(&case.name))
        }),
        TypeDefKind::Record(record) => format!("{name} {{ {} }}", fields(world, record)),
        TypeDefKind::Result(result) => {
            format!("Ok({})", result.ok.map_or("()".into(), |ty| plainest(world, ty)))
        }
        _ => "Default::default()".into(),
    }
}

fn fields(world: &World, record: &Record) -> String {
    let fields =
        record.fields.iter().map(|field| format!("{}: {}", snake(&field.name), plainest(world, field.ty)));
    fields.collect::<Vec<_>>().join(", ")
}

fn snake(name: &str) -> String {
    name.replace('-', "_")
}

fn camel(name: &str) -> String {
    let upper = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('-').filter(|word| !word.is_empty()).map(upper).collect()
}

/// The release profile of steps: small modules, compiled to machine code wherever they are loaded.
const WORKSPACE: &str = "[workspace]\nresolver = \"3\"\nmembers = []\nexclude = [\"sdk\"]\n\n\
    [workspace.dependencies]\nlockstep-sdk = { path = \"sdk/rust\" }\n\n\
    [profile.release]\nopt-level = \"s\"\nlto = true\ncodegen-units = 1\npanic = \"abort\"\nstrip = true\n";

/// Makes a new step a member of the workspace at the root of its project.
pub(crate) fn join_workspace(root: &Path, step: &Path) -> Result<(), Error> {
    let path = root.join("Cargo.toml");
    let wrong = |why: String| Error::Manifest { path: path.clone(), why };
    if step.as_os_str().is_empty() {
        let text = fs::read_to_string(&path).map_err(Error::file(&path))?;
        return fs::write(&path, format!("{text}\n{}", WORKSPACE.replace("members = []\n", "")))
            .map_err(Error::file(&path));
    }
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => WORKSPACE.to_owned(),
        Err(error) => return Err(Error::file(&path)(error)),
    };
    let mut document: DocumentMut = text.parse().map_err(|error| wrong(format!("{error}")))?;
    let workspace = document.entry("workspace").or_insert_with(|| Item::Table(Table::new()));
    let workspace = workspace.as_table_mut().ok_or_else(|| wrong("`workspace` is no table".into()))?;
    let members = workspace.entry("members").or_insert_with(|| value(Array::new()));
    let members = members.as_array_mut().ok_or_else(|| wrong("`members` is no list".into()))?;
    members.push(step.display().to_string());
    fs::write(&path, document.to_string()).map_err(Error::file(&path))
}
