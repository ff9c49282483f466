//! The first code of a new step in Zig.

use lockstep_core::shape::Shape;
use wit_parser::Type;

use super::names::{Names, field};
use super::write::{parameter, signature};
use crate::build::Job;
use crate::c::first::{self, Spelling};
use crate::c::{Bindings, Emit, Handler};
use crate::{Error, File, Language, Use, embedded};

/// As long as the fields of an event may be that stand on one line.
const LONGEST: usize = 80;

/// What the author of a new step begins with: the file with its handlers, and what ZLS needs.
pub(crate) fn starter(job: &Job) -> Result<Vec<File>, Error> {
    let bindings = Bindings::of(job.source, job.world)?;
    let names = Names::of(&bindings, &Handler::all(&bindings));
    let code = first::code(job.world, &bindings, &Zig { bindings: &bindings, names: &names });
    let text = format!("//! Takes {}.\n\nconst step = @import(\"step\");\n{code}", first::taken(job.world));
    let build = embedded::ZIG.iter().find(|(path, _)| *path == "build.zig");
    let build = build.map(|(path, text)| File { path: path.into(), text: (*text).into() });
    let main = File { path: Language::Zig.main().into(), text };
    Ok([main].into_iter().chain(build).collect())
}

struct Zig<'b> {
    bindings: &'b Bindings,
    names: &'b Names,
}

impl Spelling for Zig<'_> {
    const OF: &'static str = ".";

    fn ty(&self, ty: Type) -> String {
        self.names.write(self.bindings, ty, "")
    }

    fn field(&self, name: &str) -> String {
        field(name)
    }

    fn event(&self, handler: &Handler) -> String {
        parameter(handler.params[0].0)
    }

    fn plainest(&self, shape: &Shape) -> Option<String> {
        plainest(shape)
    }

    fn log(&self, line: &str) -> String {
        format!("    step.log.info(\"{line}\", .{{}});\n")
    }

    fn sample(&self, one: Use) -> &'static str {
        match one {
            Use::Run => {
                "    const me = step.run.whoami();\n    step.log.info(\"attempt {d}\", .{me.attempt});\n"
            }
            Use::Timer => "    step.timer.set(\"remind\", 60_000);\n",
            Use::Blob => {
                "    const reference = try step.blob.put(\"some bytes\");\n    \
                 step.log.info(\"kept as {s}\", .{reference});\n"
            }
            Use::State => "    step.state.add(\"seen\", 1);\n",
            Use::Updates => "    step.updates.publish(\"progress\", \"{\\\"done\\\": 1}\");\n",
            Use::Http => {
                "    const page = try (try step.http.get(\"https://api.example.com/\")).successful();\n    \
                 step.log.info(\"{d} bytes came back\", .{page.body.len});\n"
            }
            Use::Tools => {
                "    const said = try step.tools.call(\"read_text_file\", \"{\\\"path\\\": \\\"notes.txt\\\"}\");\n    \
                 step.log.info(\"the tool said {s}\", .{said});\n"
            }
        }
    }

    fn handler(&self, handler: &Handler, begin: &str, given: Option<(&Emit, Vec<String>)>) -> String {
        let returned = given.map(|(emit, fields)| format!("    return {};\n", event(emit, &fields)));
        let returned = returned.unwrap_or_default();
        let taken = self.event(handler);
        let unused = match returned.contains(&format!("{taken}.")) {
            true => String::new(),
            false => format!("    _ = {taken};\n"),
        };
        let signature = signature(self.bindings, handler, self.names);
        format!("\n{signature} {{\n{unused}{begin}{returned}}}\n")
    }
}

fn event(emit: &Emit, fields: &[String]) -> String {
    let record = match fields.iter().map(|field| field.len() + 2).sum::<usize>() {
        0 => ".{}".to_owned(),
        length if length <= LONGEST => format!(".{{ {} }}", fields.join(", ")),
        _ => format!(
            ".{{\n{}    }}",
            fields.iter().map(|field| format!("        {field},\n")).collect::<String>()
        ),
    };
    match &emit.case {
        Some((_, case)) => format!(".{{ .{} = {record} }}", field(case)),
        None => record,
    }
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
