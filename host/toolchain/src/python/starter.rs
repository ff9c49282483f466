//! The first code of a new step in Python: it builds, its case holds, and every handler is there to be changed.

use std::collections::BTreeSet;

use lockstep_core::contract::{Emits, Handler, Param, Pattern};
use lockstep_core::event::TypeName;
use wit_parser::{Docs, Field, Type, TypeDefKind};

use super::names;
use super::types::{Types, behind, handlers, is_json, unaliased};
use crate::build::Job;
use crate::starter::{First, Origin};
use crate::{Error, File};

const TEST: &str = include_str!("starter/test_step.py");
const PROJECT: &str = include_str!("starter/pyproject.toml");

/// What the author of a new step begins with: the file with its handlers, what its editor needs, a plain test.
pub(crate) fn starter(job: &Job) -> Result<Vec<File>, Error> {
    let wrong = |why: String| Error::Wit { step: job.source.name.clone(), why };
    let types = Types::of(job.world).map_err(|unsupported| wrong(unsupported.0))?;
    let file = |path: &str, text: String| File { path: path.into(), text };
    Ok(vec![
        file("step.py", Writer { job, types: &types, used: BTreeSet::new() }.step()),
        file("test_step.py", TEST.to_owned()),
        file("pyproject.toml", PROJECT.to_owned()),
    ])
}

struct Writer<'j> {
    job: &'j Job<'j>,
    types: &'j Types<'j>,
    /// The classes that the code names.
    used: BTreeSet<String>,
}

impl Writer<'_> {
    fn step(mut self) -> String {
        let world = self.job.world;
        let written: Vec<String> = world.contract.handlers.iter().map(|one| self.handler(one)).collect();
        let sdks = ["Ok"].into_iter().filter(|name| self.used.remove(*name)).collect::<Vec<_>>().join(", ");
        let own = self.used.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let mut text = format!("\"\"\"Step `{}`.\"\"\"\n\n", self.job.source.name);
        text += &format!("from events import {own}\n");
        if !sdks.is_empty() {
            text += &format!("from lockstep import {sdks}\n");
        }
        text + &written.iter().map(|one| format!("\n\n{one}")).collect::<String>()
    }

    fn handler(&mut self, handler: &Handler) -> String {
        let world = self.job.world;
        let takes = match &handler.takes {
            Pattern::Each(event) => vec![self.param(event)],
            Pattern::Gather(all) => vec![self.params(all)],
            Pattern::Pair(left, right) => vec![self.param(left), self.param(right)],
            Pattern::GatherWith { with, all } => vec![self.param(with), self.params(all)],
        };
        let docs = handlers(world).find(|one| one.name == handler.name).map(|one| docstring(&one.docs));
        let taken = handler.takes.params().first().map(|param| names::snake(&param.name)).unwrap_or_default();
        let event = world.first(handler).map_or("None".to_owned(), |first| self.event(&first, &taken));
        let is_list = matches!(&handler.gives, Emits::List(_))
            || matches!(&handler.gives, Emits::Option(inner) if matches!(**inner, Emits::List(_)));
        let event = if is_list { format!("[{event}]") } else { event };
        let gives = self.gives(&handler.gives);
        let name = names::snake(&handler.name);
        format!(
            "def {name}({}) -> {gives}:\n{}    return {event}\n",
            takes.join(", "),
            docs.unwrap_or_default()
        )
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
        self.used.insert(class.clone());
        class
    }

    fn plainest(&mut self, ty: Type) -> String {
        let types = self.types;
        if is_json(types.resolve, ty) {
            return "\"null\"".to_owned();
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
                self.used.insert("Ok".to_owned());
                return format!("Ok({})", result.ok.map_or("None".to_owned(), |ty| self.plainest(ty)));
            }
            _ => {}
        }
        let class = match kind {
            TypeDefKind::Variant(variant) => types.case(id, &variant.cases[0].name),
            _ => types.class(id).to_owned(),
        };
        self.used.insert(class.clone());
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
