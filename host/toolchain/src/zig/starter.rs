//! The first code of a new step in Zig: every handler of its world, with the plainest event that it may return.

use lockstep_core::contract;
use lockstep_core::shape::{Field, Shape};
use wit_parser::{Type, TypeDefKind};

use super::names::{Names, field};
use super::write::{parameter, signature};
use crate::build::Job;
use crate::c::{Bindings, Handler, Wrap, kind};
use crate::starter::Origin;
use crate::{Error, File, Language, Use, embedded};

/// As long as the fields of an event may be that stand on one line.
const LONGEST: usize = 80;

/// What the author of a new step begins with: the file with its handlers, and what ZLS needs.
pub(crate) fn starter(job: &Job) -> Result<Vec<File>, Error> {
    let bindings = Bindings::of(&job.source.name, job.world)?;
    let handlers = Handler::all(&bindings);
    let names = Names::of(&bindings, &handlers);
    let taken: Vec<_> = job.world.contract.handlers.iter().map(|one| format!("`{}`", one.takes)).collect();
    let mut text = format!("//! Takes {}.\n\nconst step = @import(\"step\");\n", taken.join(", "));
    for (at, handler) in handlers.iter().enumerate() {
        let signature = signature(&bindings, handler, &names);
        let samples = if at == 0 { samples(job, &bindings) } else { String::new() };
        let body = body(job, &bindings, handler, &names);
        text += &format!("\n{signature} {{\n{samples}{body}}}\n");
    }
    let build = embedded::ZIG.iter().find(|(path, _)| *path == "build.zig");
    let build = build.map(|(path, text)| File { path: path.into(), text: (*text).into() });
    let main = File { path: Language::Zig.main().into(), text };
    Ok([main].into_iter().chain(build).collect())
}

/// All that the world imports, used once.
fn samples(job: &Job, bindings: &Bindings) -> String {
    let handler = job.world.contract.handlers.first().map_or("", |handler| &handler.name);
    let has_log = bindings.imports("log");
    let log = if has_log { format!("    step.log.info(\"{handler}\", .{{}});\n") } else { String::new() };
    job.world.uses().into_iter().fold(log, |text, one| {
        let (code, name, told) = sample(one);
        text + code
            + &match (name, has_log) {
                ("", _) => String::new(),
                (name, true) => format!("    step.log.info(\"{told}\", .{{{name}}});\n"),
                (name, false) => format!("    _ = {name};\n"),
            }
    })
}

/// How an interface is used, for an author to change; the name of what comes of it, and a line for the log about it.
fn sample(one: Use) -> (&'static str, &'static str, &'static str) {
    match one {
        Use::Run => ("    const me = step.run.whoami();\n", "me.attempt", "attempt {d}"),
        Use::Timer => ("    step.timer.set(\"remind\", 60_000);\n", "", ""),
        Use::Blob => {
            ("    const reference = try step.blob.put(\"some bytes\");\n", "reference", "kept as {s}")
        }
        Use::State => ("    step.state.add(\"seen\", 1);\n", "", ""),
        Use::Updates => ("    step.updates.publish(\"progress\", \"{\\\"done\\\": 1}\");\n", "", ""),
        Use::Http => (
            "    const page = try (try step.http.get(\"https://api.example.com/\")).successful();\n",
            "page.body.len",
            "{d} bytes came back",
        ),
        Use::Tools => (
            "    const said = try step.tools.call(\"read_text_file\", \"{\\\"path\\\": \\\"notes.txt\\\"}\");\n",
            "said",
            "the tool said {s}",
        ),
    }
}

fn body(job: &Job, bindings: &Bindings, handler: &Handler, names: &Names) -> String {
    let first = handler.in_contract(job.world).and_then(|own| first(job, bindings, handler, own, names));
    let params = handler.params.iter().map(|(name, _)| parameter(name));
    let unused = |used: &str| {
        let unused = params.clone().filter(|name| !used.contains(&format!("{name}.")));
        unused.map(|name| format!("    _ = {name};\n")).collect::<String>()
    };
    let (Some(gives), Some(fields)) = (&handler.gives, first) else { return unused("") };
    let record = match fields.iter().map(|field| field.len() + 2).sum::<usize>() {
        0 => ".{}".to_owned(),
        length if length <= LONGEST => format!(".{{ {} }}", fields.join(", ")),
        _ => format!(
            ".{{\n{}    }}",
            fields.iter().map(|field| format!("        {field},\n")).collect::<String>()
        ),
    };
    let event = match &gives.events[0].tag {
        Some(_) => format!(".{{ .{} = {record} }}", field(gives.events[0].name.trim_end_matches('_'))),
        None => record,
    };
    let value = match gives.wrap {
        Wrap::One | Wrap::Option => event,
        _ => {
            let one = names.write(bindings, gives.body, "step.");
            let one = if gives.wrap == Wrap::ListOfOption { format!("?{one}") } else { one };
            format!("try step.allocator.dupe({one}, &.{{{event}}})")
        }
    };
    format!("{}    return {value};\n", unused(&value))
}

/// The fields of the first event that a handler may return.
fn first(
    job: &Job,
    bindings: &Bindings,
    handler: &Handler,
    own: &contract::Handler,
    names: &Names,
) -> Option<Vec<String>> {
    let first = job.world.first(own)?;
    let emitted = handler.gives.as_ref()?.events.first()?.event;
    let (taken, param) = (handler.params[0].1, parameter(&handler.params[0].0));
    let fields = first.fields.iter().filter_map(|(it, origin)| {
        let name = field(&it.name);
        let ty = |event| field_type(bindings, names, event, it);
        match origin {
            Origin::Copied if ty(taken) == ty(emitted) => Some(format!(".{name} = {param}.{name}")),
            _ => plainest(&it.shape).map(|value| format!(".{name} = {value}")),
        }
    });
    Some(fields.collect())
}

/// The same shape may be two types in Zig.
fn field_type(bindings: &Bindings, names: &Names, event: Type, field: &Field) -> Option<String> {
    let (_, TypeDefKind::Record(record)) = kind(&bindings.resolve, event)? else { return None };
    let ty = record.fields.iter().find(|own| own.name == field.name)?.ty;
    Some(names.write(bindings, ty, ""))
}

/// The plainest value; none where a field may be left out.
fn plainest(shape: &Shape) -> Option<String> {
    let value = |shape: &Shape| plainest(shape).unwrap_or_else(|| "null".into());
    Some(match shape {
        Shape::Option(_) => return None,
        Shape::Bool => "false".into(),
        Shape::String | Shape::Bytes => "\"\"".into(),
        Shape::Json => "\"{}\"".into(),
        Shape::List(_) | Shape::Map(..) | Shape::FixedList(..) => "&.{}".into(),
        Shape::Flags(_) => ".{}".into(),
        Shape::Enum(cases) => format!(".{}", field(cases.first()?)),
        Shape::Tuple(parts) => format!(".{{ {} }}", parts.iter().map(value).collect::<Vec<_>>().join(", ")),
        Shape::Record(fields) => {
            let fields =
                fields.iter().map(|it| Some(format!(".{} = {}", field(&it.name), plainest(&it.shape)?)));
            format!(".{{ {} }}", fields.flatten().collect::<Vec<_>>().join(", "))
        }
        Shape::Variant(cases) => case(&cases.first()?.name, cases.first()?.shape.as_ref()),
        Shape::Result(ok, _) => case("ok", ok.as_deref()),
        Shape::Char => "' '".into(),
        _ => "0".into(),
    })
}

fn case(name: &str, shape: Option<&Shape>) -> String {
    match shape {
        None => format!(".{}", field(name)),
        Some(shape) => {
            format!(".{{ .{} = {} }}", field(name), plainest(shape).unwrap_or_else(|| "null".into()))
        }
    }
}
