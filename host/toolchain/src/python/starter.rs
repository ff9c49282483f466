//! The first code of a new step in Python: it builds, its case holds, and every handler is there to be changed.

use std::collections::BTreeSet;

use lockstep_core::contract::{Emits, Handler, Param, Pattern};
use lockstep_core::event::TypeName;
use wit_parser::{Docs, Field, Type, TypeDefKind};

use super::names;
use super::types::{Types, behind, handlers, is_json, unaliased};
use crate::build::Job;
use crate::starter::{First, Origin};
use crate::{Error, File, Use};

const TEST: &str = include_str!("starter/test_step.py");
const PROJECT: &str = include_str!("starter/pyproject.toml");

/// What the author of a new step begins with: the file with its handlers, what its editor needs, a plain test.
pub(crate) fn starter(job: &Job) -> Result<Vec<File>, Error> {
    let wrong = |why: String| Error::Wit { step: job.source.name.clone(), why };
    let types = Types::of(job.world).map_err(|unsupported| wrong(unsupported.0))?;
    let file = |path: &str, text: String| File { path: path.into(), text };
    Ok(vec![
        file("step.py", Writer { job, types: &types, events: BTreeSet::new(), sdk: BTreeSet::new() }.step()),
        file("test_step.py", TEST.to_owned()),
        file("pyproject.toml", PROJECT.to_owned()),
    ])
}

struct Writer<'j> {
    job: &'j Job<'j>,
    types: &'j Types<'j>,
    /// The classes that the code names.
    events: BTreeSet<String>,
    /// What it takes of the SDK.
    sdk: BTreeSet<String>,
}

/// How each interface is used, for an author to change.
fn sample(one: Use) -> &'static str {
    match one {
        Use::Run => "    info(f\"attempt {run.whoami().attempt}\")\n",
        Use::Timer => "    timer.set(\"remind\", after_ms=60_000)\n",
        Use::Blob => "    info(f\"kept as {blob.put(b'some bytes')}\")\n",
        Use::State => "    state.add(\"seen\", 1)\n",
        Use::Updates => "    updates.publish(\"progress\", {\"done\": 1})\n",
        Use::Http => {
            "    page = http.get(\"https://api.example.com/\").successful().text()\n    \
             info(f\"{len(page)} characters came back\")\n"
        }
        Use::Tools => {
            "    text = tools.call(\"read_text_file\", {\"path\": \"notes.txt\"})\n    \
             info(f\"the tool said {text}\")\n"
        }
    }
}

impl Writer<'_> {
    fn step(mut self) -> String {
        let handlers = self.job.world.contract.handlers.iter().enumerate();
        let written: Vec<String> = handlers.map(|(at, one)| self.handler(one, at == 0)).collect();
        let import = |from: &str, names: &BTreeSet<String>| match names.is_empty() {
            true => String::new(),
            false => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                format!("from {from} import {}\n", names.join(", "))
            }
        };
        let head = format!("\"\"\"Step `{}`.\"\"\"\n\n", self.job.source.name);
        let imports = import("events", &self.events) + &import("lockstep", &self.sdk);
        head + &imports + &written.iter().map(|one| format!("\n\n{one}")).collect::<String>()
    }

    /// A handler; the first one shows the use of all that its world imports.
    fn handler(&mut self, handler: &Handler, is_first: bool) -> String {
        let world = self.job.world;
        let takes = match &handler.takes {
            Pattern::Each(event) => vec![self.param(event)],
            Pattern::Gather(all) => vec![self.params(all)],
            Pattern::Pair(left, right) => vec![self.param(left), self.param(right)],
            Pattern::GatherWith { with, all } => vec![self.param(with), self.params(all)],
        };
        let docs = handlers(world).find(|one| one.name == handler.name).map(|one| docstring(&one.docs));
        let taken = handler.takes.params().first().map(|param| names::snake(&param.name)).unwrap_or_default();
        let event = world.first(handler).map(|first| self.event(&first, &taken));
        let gives = self.gives(&handler.gives);
        let (name, body) = (names::snake(&handler.name), self.body(&handler.name, &taken, is_first));
        let returned = match event {
            Some(event) if gives.starts_with("list[") => format!("    return [{event}]\n"),
            Some(event) => format!("    return {event}\n"),
            None if body.is_empty() => "    return None\n".to_owned(),
            None => String::new(),
        };
        format!("def {name}({}) -> {gives}:\n{}{body}{returned}", takes.join(", "), docs.unwrap_or_default())
    }

    /// What a handler does beside giving an event: its log tells of it.
    fn body(&mut self, handler: &str, taken: &str, is_first: bool) -> String {
        let imports = &self.job.world.contract.imports;
        if !imports.iter().any(|import| import.name.starts_with("lockstep:step/log@")) {
            return String::new();
        }
        let uses = if is_first { self.job.world.uses() } else { Vec::new() };
        self.sdk.extend(uses.iter().map(|one| one.as_str().to_owned()).chain(["info".to_owned()]));
        let samples: String = uses.into_iter().map(sample).collect();
        format!("    info(f\"{handler}: {{{taken}}}\")\n{samples}")
    }

    fn param(&mut self, param: &Param) -> String {
        format!("{}: {}", names::snake(&param.name), self.class(&param.event))
    }

    fn params(&mut self, param: &Param) -> String {
        format!("{}: list[{}]", names::snake(&param.name), self.class(&param.event))
    }

    fn gives(&mut self, gives: &Emits) -> String {
        match gives {
            Emits::Nothing => "None".to_owned(),
            Emits::Event(event) => self.class(event),
            Emits::Variant(cases) => {
                let classes: Vec<String> = cases.iter().map(|(_, event)| self.class(event)).collect();
                classes.join(" | ")
            }
            Emits::Option(inner) => format!("{} | None", self.gives(inner)),
            Emits::List(inner) => format!("list[{}]", self.gives(inner)),
        }
    }

    /// An event with what the one that is taken has for it; else the plainest there is.
    fn event(&mut self, first: &First, taken: &str) -> String {
        let fields: Vec<Field> = self.fields(first.event).to_vec();
        let value = |writer: &mut Self, (field, (_, origin)): (&Field, &(_, Origin))| {
            let name = names::snake(&field.name);
            match origin {
                Origin::Copied => format!("{name}={taken}.{name}"),
                Origin::Plainest => format!("{name}={}", writer.plainest(field.ty)),
            }
        };
        let values: Vec<String> = fields.iter().zip(&first.fields).map(|pair| value(self, pair)).collect();
        format!("{}({})", self.class(first.event), values.join(", "))
    }

    fn fields(&self, event: &TypeName) -> &[Field] {
        match self.types.named(event).map(|id| &self.types.resolve.types[id].kind) {
            Some(TypeDefKind::Record(record)) => &record.fields,
            _ => &[],
        }
    }

    fn class(&mut self, event: &TypeName) -> String {
        let class = self.types.named(event).map_or(String::new(), |id| self.types.class(id).to_owned());
        self.events.insert(class.clone());
        class
    }

    fn plainest(&mut self, ty: Type) -> String {
        let types = self.types;
        if is_json(types.resolve, ty) {
            return "\"{}\"".to_owned();
        }
        let Some((id, kind)) = behind(types.resolve, ty) else {
            return primitive(unaliased(types.resolve, ty)).to_owned();
        };
        match kind {
            TypeDefKind::List(Type::U8 | Type::S8) => return "b\"\"".to_owned(),
            TypeDefKind::List(_) => return "[]".to_owned(),
            TypeDefKind::Option(_) => return "None".to_owned(),
            TypeDefKind::Tuple(tuple) => {
                let items: String =
                    tuple.types.iter().map(|ty| format!("{}, ", self.plainest(*ty))).collect();
                return format!(
                    "({})",
                    if tuple.types.len() > 1 { items.trim_end_matches(", ") } else { items.trim_end() }
                );
            }
            TypeDefKind::Result(result) => {
                self.sdk.insert("Ok".to_owned());
                return format!("Ok({})", result.ok.map_or("None".to_owned(), |ty| self.plainest(ty)));
            }
            _ => {}
        }
        let class = match kind {
            TypeDefKind::Variant(variant) => types.case(id, &variant.cases[0].name),
            _ => types.class(id).to_owned(),
        };
        self.events.insert(class.clone());
        match kind {
            TypeDefKind::Record(record) => {
                let fields: Vec<String> = record.fields.iter().map(|field| self.plainest(field.ty)).collect();
                format!("{class}({})", fields.join(", "))
            }
            TypeDefKind::Variant(variant) => {
                format!("{class}({})", variant.cases[0].ty.map_or(String::new(), |ty| self.plainest(ty)))
            }
            TypeDefKind::Enum(cases) => format!("{class}.{}", names::shouted(&cases.cases[0].name)),
            _ => format!("{class}(0)"),
        }
    }
}

fn primitive(ty: Type) -> &'static str {
    match ty {
        Type::Bool => "False",
        Type::F32 | Type::F64 => "0.0",
        Type::Char => "\" \"",
        Type::String => "\"\"",
        _ => "0",
    }
}

/// What the WIT says of a handler.
fn docstring(docs: &Docs) -> String {
    let text = docs.contents.as_deref().unwrap_or_default().trim();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    match text.is_empty() || text.contains("\"\"\"") || text.ends_with('"') || text.contains('\\') {
        true => String::new(),
        false => format!("    \"\"\"{}\"\"\"\n", lines.join("\n    ")),
    }
}
