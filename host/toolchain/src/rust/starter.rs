//! The first code of a step in Rust, and the SDK that it is built with.

use lockstep_core::contract::{Emits, Handler};
use lockstep_core::event::TypeName;
use lockstep_core::shape::Field;
use wit_parser::{Record, Type, TypeDefKind, TypeOwner};

use super::names::{case, ident, type_name};
use crate::build::Job;
use crate::starter::{File, First, Origin};
use crate::{Use, World, embedded};

/// The SDK, as a folder of a project: a crate that is not published has to lie somewhere.
pub(crate) fn sdk() -> Vec<File> {
    embedded::RUST.iter().map(|(path, text)| File { path: path.into(), text: (*text).to_owned() }).collect()
}

pub(crate) fn starter(job: &Job, wit: &str) -> File {
    let name = &job.source.name;
    let options = match wit {
        "wit" => format!("world = \"{name}\""),
        _ => format!("world = \"{name}\", wit = \"{wit}\""),
    };
    File { path: "src/lib.rs".into(), text: code(job.world, &options) }
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
    let taken: Vec<_> = params
        .iter()
        .map(|param| format!("{}: {}", ident(&param.name), type_name(&param.event.name)))
        .collect();
    let name = params.first().map_or(String::new(), |param| ident(&param.name));
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
    let function = ident(&handler.name);
    format!(
        "fn {function}({}) -> Result<{result}, Failure> {{\n{body}    Ok({value})\n}}\n",
        taken.join(", ")
    )
}

fn result(gives: &Emits) -> String {
    match gives {
        Emits::Nothing => "()".into(),
        Emits::Event(event) => type_name(&event.name),
        Emits::Variant(_) => "Emits".into(),
        Emits::Option(inner) => format!("Option<{}>", result(inner)),
        Emits::List(inner) => format!("Vec<{}>", result(inner)),
    }
}

fn event(world: &World, first: &First, taken: &str) -> String {
    let field = |(field, origin): &(&Field, Origin)| {
        let name = ident(&field.name);
        match origin {
            Origin::Copied => format!("{name}: {taken}.{name}"),
            Origin::Plainest => {
                let ty = field_type(world, first.event, &field.name);
                format!("{name}: {}", ty.map_or("Default::default()".into(), |ty| plainest(world, ty)))
            }
        }
    };
    let fields: Vec<_> = first.fields.iter().map(field).collect();
    format!("{} {{ {} }}", type_name(&first.event.name), fields.join(", "))
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

fn field_type(world: &World, event: &TypeName, field: &str) -> Option<Type> {
    let interface = match &event.version {
        Some(version) => format!("{}/{}@{version}", event.package, event.interface),
        None => format!("{}/{}", event.package, event.interface),
    };
    let is_there = |owner: TypeOwner| match owner {
        TypeOwner::Interface(id) => world.resolve.id_of(id).as_ref() == Some(&interface),
        _ => false,
    };
    let record = world.resolve.types.iter().find_map(|(_, ty)| match (&ty.name, &ty.kind) {
        (Some(name), TypeDefKind::Record(record)) if *name == event.name && is_there(ty.owner) => {
            Some(record)
        }
        _ => None,
    })?;
    record.fields.iter().find(|one| one.name == field).map(|one| one.ty)
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
    let name = definition.name.as_deref().map(type_name).unwrap_or_default();
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
            one.cases.first().map_or(name.clone(), |first| format!("{name}::{}", case(&first.name)))
        }
        TypeDefKind::Flags(_) => format!("{name}::empty()"),
        TypeDefKind::Variant(variant) => variant.cases.first().map_or(name.clone(), |first| {
            let value = first.ty.map_or(String::new(), |ty| format!("({})", plainest(world, ty)));
            format!("{name}::{}{value}", case(&first.name))
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
        record.fields.iter().map(|field| format!("{}: {}", ident(&field.name), plainest(world, field.ty)));
    fields.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::c::tests::Step;

    const WIT: &str = "
        package shop:visits@1.0.0;
        interface others { record guest { ref: u8 } }
        interface events {
          enum HTTP-code { is-fine, not-found }
          record asked { %type: string, self: u32 }
          record guest { ref: string, match: list<u8>, final: HTTP-code, %type: string }
        }
        world assess {
          use lockstep:step/types@0.1.0.{failure};
          use events.{asked, guest};
          import others;
          export on-asked: func(event: asked) -> result<guest, failure>;
        }";

    #[test]
    fn names_are_spelled_as_bindings_have_them() {
        let step = Step::of(Language::Python, WIT, "");
        let code = code(&step.world(), "world = \"assess\"");
        let value = "Guest_ { ref_: String::new(), match_: Vec::new(), final_: HttpCode::IsFine, type_: event.type_ }";
        assert!(code.contains(&format!("Ok({value})")), "{code}");
        assert!(code.contains("fn on_asked(event: Asked) -> Result<Guest_, Failure>"), "{code}");
    }
}
