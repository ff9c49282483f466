//! The first code of a step in Rust, the SDK that it is built with, and the workspace that it joins.

use std::fs;
use std::path::Path;

use toml_edit::{Array, DocumentMut, Item, Table, value};
use wit_parser::{Record, Type, TypeDefKind, TypeOwner};

use crate::build::Job;
use crate::starter::{File, Origin};
use crate::{Error, World, embedded};

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
    let mut text = String::from("//! ");
    let taken: Vec<_> = world.contract.handlers.iter().map(|one| format!("`{}`", one.takes)).collect();
    text += &format!(
        "Takes {}.\n\nuse lockstep_sdk::{{Failure, info, step}};\n\n#[step({options})]\n",
        taken.join(", ")
    );
    for handler in world.contract.handlers.iter().take(1) {
        let function = handler.name.replace('-', "_");
        let params = handler.takes.params();
        let taken =
            params.iter().map(|param| format!("{}: {}", snake(&param.name), camel(&param.event.name)));
        let taken: Vec<_> = taken.collect();
        let log = format!("    info!(\"{}\");\n", handler.name);
        let (result, body) = match world.first(handler) {
            None => ("()".to_owned(), "    Ok(())\n".to_owned()),
            Some(first) => {
                let is_one = matches!(handler.gives, lockstep_core::contract::Emits::Event(_));
                let result = if is_one { camel(&first.event.name) } else { "Emits".to_owned() };
                let into = if is_one { "" } else { ".into()" };
                let fields: Vec<_> = first
                    .fields
                    .iter()
                    .map(|(field, origin)| match origin {
                        Origin::Copied => format!("{0}: {1}.{0}", snake(&field.name), snake(&params[0].name)),
                        Origin::Plainest => {
                            let ty = field_type(world, &first.event.name, &field.name);
                            let value = ty.map_or("Default::default()".into(), |ty| plainest(world, ty));
                            format!("{}: {value}", snake(&field.name))
                        }
                    })
                    .collect();
                (result, format!("    Ok({} {{ {} }}{into})\n", camel(&first.event.name), fields.join(", ")))
            }
        };
        text +=
            &format!("fn {function}({}) -> Result<{result}, Failure> {{\n{log}{body}}}\n", taken.join(", "));
    }
    text
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
