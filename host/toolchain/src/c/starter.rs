//! The first code of a new step in C.

use lockstep_core::shape::Shape;
use wit_bindgen_c::to_c_ident;
use wit_bindgen_core::dealias;
use wit_parser::Type;

use super::bindings::Bindings;
use super::first::{self, Spelling};
use super::handlers::{Emit, Handler};
use super::header::{parameter, signature};
use super::names::Names;
use crate::build::Job;
use crate::{Error, File, Language, Use};

/// What clangd is told, so that it sees what the compiler sees. It has the headers of this machine and not those of
/// WASI, so it does not judge the sizes of integers in formats.
const FLAGS: &str = "-std=gnu2x\n-isystem\ngen\n-Wall\n-Wextra\n-Wno-unused-parameter\n-Wno-format\n";

/// As long as a line of code may be.
const LONGEST: usize = 90;

/// What the author of a new step begins with: the file with its handlers, and what clangd needs.
pub(crate) fn starter(job: &Job) -> Result<Vec<File>, Error> {
    let bindings = Bindings::of(job.source, job.world)?;
    let names = Names::of(&bindings, &Handler::all(&bindings));
    let code = first::code(job.world, &bindings, &C { bindings: &bindings, names: &names });
    let text = format!("// Takes {}.\n\n#include \"step.h\"\n{code}", first::taken(job.world));
    Ok(vec![
        File { path: Language::C.main().into(), text },
        File { path: "compile_flags.txt".into(), text: FLAGS.into() },
    ])
}

struct C<'b> {
    bindings: &'b Bindings,
    names: &'b Names,
}

impl Spelling for C<'_> {
    const OF: &'static str = "->";

    fn ty(&self, ty: Type) -> String {
        let ty = match ty {
            Type::Id(id) => Type::Id(dealias(&self.bindings.resolve, id)),
            ty => ty,
        };
        self.bindings.name(ty).to_owned()
    }

    fn field(&self, name: &str) -> String {
        to_c_ident(name)
    }

    fn event(&self, handler: &Handler) -> String {
        parameter(handler.params[0].0, self.names)
    }

    fn plainest(&self, shape: &Shape) -> Option<String> {
        plainest(shape)
    }

    fn log(&self, line: &str) -> String {
        format!("  log_info(\"{line}\");\n")
    }

    fn sample(&self, one: Use) -> &'static str {
        match one {
            Use::Run => "  run_identity me = run_whoami();\n  log_info(\"attempt %u\", me.attempt);\n",
            Use::Timer => "  timer_set(text(\"remind\"), 60000);\n",
            Use::Blob => {
                "  text reference = TRY(blob_put(text_bytes(text(\"some bytes\"))));\n  \
                 log_info(\"kept as %s\", cstr(reference));\n"
            }
            Use::State => "  state_add(text(\"seen\"), 1);\n",
            Use::Updates => "  updates_publish(text(\"progress\"), text(\"{\\\"done\\\": 1}\"));\n",
            Use::Http => {
                "  http_response page = TRY(http_successful(http_get(text(\"https://api.example.com/\"))));\n  \
                 log_info(\"%zu bytes came back\", page.body.len);\n"
            }
            Use::Tools => {
                "  text said = TRY(tools_call(text(\"read_text_file\"), text(\"{\\\"path\\\": \\\"notes.txt\\\"}\")));\n  \
                 log_info(\"the tool said %s\", cstr(said));\n"
            }
        }
    }

    fn handler(&self, handler: &Handler, begin: &str, given: Option<(&Emit, Vec<String>)>) -> String {
        let end = given.map_or_else(|| "emit.done()".to_owned(), |(emit, fields)| self.emitted(emit, fields));
        format!("\n{} {{\n{begin}  return {end};\n}}\n", signature(self.bindings, handler, self.names))
    }
}

impl C<'_> {
    fn emitted(&self, emit: &Emit, mut fields: Vec<String>) -> String {
        if fields.is_empty() {
            fields.push("0".into());
        }
        let ty = self.names.name(self.bindings, emit.event);
        let event = |fields: String| format!("emit.{}(({ty}){{{fields}}})", emit.name);
        match event(fields.join(", ")) {
            event if event.len() <= LONGEST => event,
            _ => event(format!(
                "\n{}  ",
                fields.iter().map(|field| format!("      {field},\n")).collect::<String>()
            )),
        }
    }
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
