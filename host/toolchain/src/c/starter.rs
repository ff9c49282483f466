//! The first code of a new step in C: every handler of its world, with the plainest event that it may return.

use lockstep_core::contract;
use lockstep_core::shape::{Field, Shape};
use wit_bindgen_c::to_c_ident;
use wit_bindgen_core::dealias;
use wit_parser::{Type, TypeDefKind};

use super::bindings::Bindings;
use super::handlers::{Handler, Wrap, kind};
use super::header::{ends, parameter, signature};
use super::names::Names;
use crate::build::Job;
use crate::starter::Origin;
use crate::{Error, File, Language, Use};

/// What clangd is told, so that it sees what the compiler sees. It has the headers of this machine and not those of
/// WASI, so it does not judge the sizes of integers in formats.
const FLAGS: &str = "-std=gnu2x\n-isystem\ngen\n-Wall\n-Wextra\n-Wno-unused-parameter\n-Wno-format\n";

/// As long as a line of code may be.
const LONGEST: usize = 90;

/// What the author of a new step begins with: the file with its handlers, and what clangd needs.
pub(crate) fn starter(job: &Job) -> Result<Vec<File>, Error> {
    let bindings = Bindings::of(&job.source.name, job.world)?;
    let handlers = Handler::all(&bindings);
    let names = Names::of(&bindings, &handlers);
    let taken: Vec<_> = job.world.contract.handlers.iter().map(|one| format!("`{}`", one.takes)).collect();
    let mut text = format!("// Takes {}.\n\n#include \"step.h\"\n", taken.join(", "));
    for (at, handler) in handlers.iter().enumerate() {
        let signature = signature(&bindings, handler, &names);
        let samples = if at == 0 { samples(job, &bindings) } else { String::new() };
        let body = body(job, &bindings, handler, &names);
        text += &format!("\n{signature} {{\n{samples}{body}}}\n");
    }
    Ok(vec![
        File { path: Language::C.main().into(), text },
        File { path: "compile_flags.txt".into(), text: FLAGS.into() },
    ])
}

/// All that the world imports, used once.
fn samples(job: &Job, bindings: &Bindings) -> String {
    let handler = job.world.contract.handlers.first().map_or("", |handler| &handler.name);
    let has_log = bindings.imports("log");
    let log = if has_log { format!("  log_info(\"{handler}\");\n") } else { String::new() };
    job.world.uses().into_iter().fold(log, |text, one| {
        let (code, name, told) = sample(one);
        text + code
            + &match (name, has_log) {
                ("", _) => String::new(),
                (_, true) => format!("  log_info({told});\n"),
                (name, false) => format!("  (void){name};\n"),
            }
    })
}

/// How an interface is used, for an author to change; the name of what comes of it, and what the log is told of it.
fn sample(one: Use) -> (&'static str, &'static str, &'static str) {
    match one {
        Use::Run => ("  run_identity me = run_whoami();\n", "me", "\"attempt %u\", me.attempt"),
        Use::Timer => ("  timer_set(text(\"remind\"), 60000);\n", "", ""),
        Use::Blob => (
            "  text reference = TRY(blob_put(text_bytes(text(\"some bytes\"))));\n",
            "reference",
            "\"kept as %s\", cstr(reference)",
        ),
        Use::State => ("  state_add(text(\"seen\"), 1);\n", "", ""),
        Use::Updates => ("  updates_publish(text(\"progress\"), text(\"{\\\"done\\\": 1}\"));\n", "", ""),
        Use::Http => (
            "  http_response page = TRY(http_successful(http_get(text(\"https://api.example.com/\"))));\n",
            "page",
            "\"%zu bytes came back\", page.body.len",
        ),
        Use::Tools => (
            "  text said = TRY(tools_call(text(\"read_text_file\"), text(\"{\\\"path\\\": \\\"notes.txt\\\"}\")));\n",
            "said",
            "\"the tool said %s\", cstr(said)",
        ),
    }
}

fn body(job: &Job, bindings: &Bindings, handler: &Handler, names: &Names) -> String {
    let end = ends(handler.gives.as_ref()).into_iter().next();
    let finish = end.map_or(String::new(), |(_, name)| format!("  return emit.{name}();\n"));
    let first = handler.in_contract(job.world).and_then(|own| first(job, bindings, handler, own, names));
    let (Some(gives), Some(fields)) = (&handler.gives, first) else { return finish };
    let emit = &gives.events[0];
    let event =
        |fields: String| format!("emit.{}(({}){{{fields}}});\n", emit.name, names.name(bindings, emit.event));
    let event = match event(fields.join(", ")) {
        event if event.len() <= LONGEST => event,
        _ => event(format!(
            "\n{}  ",
            fields.iter().map(|field| format!("      {field},\n")).collect::<String>()
        )),
    };
    match gives.wrap {
        Wrap::One | Wrap::Option => format!("  return {event}"),
        _ => format!("  {event}{finish}"),
    }
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
    let (taken, param) = (handler.params[0].1, parameter(&handler.params[0].0, names));
    let fields = first.fields.iter().filter_map(|(field, origin)| {
        let name = to_c_ident(&field.name);
        let is_same = field_type(bindings, taken, field) == field_type(bindings, emitted, field);
        let value = match origin {
            Origin::Copied if is_same => Some(format!("{param}->{name}")),
            _ => plainest(&field.shape),
        };
        value.map(|value| format!(".{name} = {value}"))
    });
    let fields: Vec<_> = fields.collect();
    Some(if fields.is_empty() { vec!["0".into()] } else { fields })
}

/// The same shape may be two types in C.
fn field_type<'b>(bindings: &'b Bindings, event: Type, field: &Field) -> Option<&'b str> {
    let (_, TypeDefKind::Record(record)) = kind(&bindings.resolve, event)? else { return None };
    let ty = record.fields.iter().find(|own| own.name == field.name)?.ty;
    Some(match ty {
        Type::Id(id) => bindings.name(Type::Id(dealias(&bindings.resolve, id))),
        ty => bindings.name(ty),
    })
}

/// The initializer of the plainest value; none where that is what C makes of a field that is left out.
fn plainest(shape: &Shape) -> Option<String> {
    match shape {
        Shape::Bool => Some("false".into()),
        Shape::String => Some("text(\"\")".into()),
        Shape::S8 | Shape::U8 | Shape::S16 | Shape::U16 | Shape::S32 | Shape::U32 => Some("0".into()),
        Shape::S64 | Shape::U64 | Shape::F32 | Shape::F64 => Some("0".into()),
        other => not_zero(other),
    }
}

/// The same for what lies deeper: only what all zeros are no value of.
fn not_zero(shape: &Shape) -> Option<String> {
    let braced = |fields: Vec<(String, Option<String>)>| {
        let said = fields.into_iter().filter_map(|(name, value)| Some(format!(".{name} = {}", value?)));
        let said = said.collect::<Vec<_>>().join(", ");
        (!said.is_empty()).then(|| format!("{{{said}}}"))
    };
    match shape {
        Shape::Json => Some("text(\"{}\")".into()),
        Shape::Char => Some("' '".into()),
        Shape::Record(fields) => {
            braced(fields.iter().map(|field| (to_c_ident(&field.name), not_zero(&field.shape))).collect())
        }
        Shape::Tuple(parts) => {
            braced((0..).zip(parts).map(|(n, part): (u32, _)| (format!("f{n}"), not_zero(part))).collect())
        }
        Shape::Variant(cases) => {
            let case = cases.first()?;
            let value = not_zero(case.shape.as_ref()?)?;
            Some(format!("{{.val = {{.{} = {value}}}}}", to_c_ident(&case.name)))
        }
        Shape::Result(Some(ok), _) => not_zero(ok).map(|value| format!("{{.val = {{.ok = {value}}}}}")),
        _ => None,
    }
}
