//! The first files of a new step: handlers that return the plainest event there is, and the test that runs its cases
//! in plain Node.

use std::collections::BTreeSet;

use lockstep_core::contract;
use wit_parser::{Type, TypeDefKind, TypeId};

use super::declare::{parameters, returned};
use super::model::{Gives, Handler, Model};
use super::names::{camel, comment, param};
use crate::build::Job;
use crate::starter::Origin;
use crate::{Error, File, Language, Use, World};

/// What the author of a new step begins with: the file with its handlers, what its editor needs, a plain test.
pub(crate) fn starter(job: &Job) -> Result<Vec<File>, Error> {
    let language = job.source.language;
    let is_typed = language == Language::TypeScript;
    let test = language.main().replacen("step", "step.test", 1);
    let file = |path: &str, text: String| File { path: path.into(), text };
    let mut files = vec![
        file(language.main(), main(job.world, is_typed)),
        file(&test, TEST.into()),
        file("package.json", PACKAGE.into()),
    ];
    if is_typed {
        files.push(file("tsconfig.json", CONFIG.into()));
    }
    Ok(files)
}

fn main(world: &World, is_typed: bool) -> String {
    let model = Model::of(world);
    let first = First { world, model: &model, is_typed };
    let handler = |(at, one)| first.handler(one, at == 0);
    let handlers: Vec<String> = model.handlers.iter().enumerate().map(handler).collect();
    let import = |names: Vec<String>, from: &str| match names.is_empty() {
        true => String::new(),
        false => format!("import {{ {} }} from './gen/{from}.js';\n", names.join(", ")),
    };
    let events = import(first.classes(), "events");
    format!("{events}{}\n{}", import(first.modules(), "lockstep"), handlers.join("\n"))
}

struct First<'m> {
    world: &'m World,
    model: &'m Model<'m>,
    is_typed: bool,
}

impl First<'_> {
    fn has_log(&self) -> bool {
        self.model.modules.iter().any(|(module, _)| *module == "log")
    }

    /// The classes that the file names.
    fn classes(&self) -> Vec<String> {
        let all = self.model.handlers.iter().flat_map(|handler| {
            let taken = handler.takes.iter().map(|(_, takes)| takes.event());
            taken.chain(handler.gives.events()).filter_map(|id| self.model.name_of(id)).collect::<Vec<_>>()
        });
        all.collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect()
    }

    /// What the file takes of the SDK.
    fn modules(&self) -> Vec<String> {
        let uses = self.uses().into_iter().map(Use::as_str);
        let all: BTreeSet<_> = uses.chain(self.has_log().then_some("info")).collect();
        all.into_iter().map(str::to_owned).collect()
    }

    /// What the first handler shows the use of; its log tells what came of it.
    fn uses(&self) -> Vec<Use> {
        if self.has_log() { self.world.uses() } else { Vec::new() }
    }

    /// A handler; the first one uses all that its world imports.
    fn handler(&self, handler: &Handler, is_first: bool) -> String {
        let (name, gives) = (&handler.name, &handler.gives);
        let params: Vec<_> = handler.takes.iter().map(|(name, _)| param(name)).collect();
        let head = match self.is_typed {
            true => {
                let docs = comment(handler.docs.contents.as_deref(), "");
                let signature = (parameters(self.model, handler), returned(self.model, gives));
                format!("{docs}export function {name}({}): {} {{\n", signature.0, signature.1)
            }
            false => format!("{}export function {name}({}) {{\n", self.untyped(handler), params.join(", ")),
        };
        let mut body = String::new();
        if self.has_log() {
            body += &format!("  info('{}', {});\n", handler.wit, params.join(", "));
        }
        if is_first {
            self.uses().into_iter().for_each(|one| body += sample(one));
        }
        if let Some(result) = self.result(handler, gives) {
            body += &format!("  return {result};\n");
        }
        format!("{head}{body}}}\n")
    }

    /// The comment that tells an editor the types.
    fn untyped(&self, handler: &Handler) -> String {
        let docs =
            handler.docs.contents.as_deref().map(|text| format!("{}\n\n", text.trim())).unwrap_or_default();
        let types = parameters(self.model, handler);
        let params: String = types
            .split(", ")
            .filter_map(|param| param.split_once(": "))
            .map(|(name, ty)| format!("@param {{{ty}}} {name}\n"))
            .collect();
        comment(Some(&format!("{docs}{params}@returns {{{}}}", returned(self.model, &handler.gives))), "")
    }

    fn result(&self, handler: &Handler, gives: &Gives) -> Option<String> {
        match gives {
            Gives::Nothing => None,
            Gives::List(inner) => Some(format!("[{}]", self.result(handler, inner)?)),
            Gives::Option(inner) => self.result(handler, inner),
            Gives::Event(_) | Gives::Variant(_) => self.event(handler, *gives.events().first()?),
        }
    }

    /// The event, with what it has in common with the one that came.
    fn event(&self, handler: &Handler, id: TypeId) -> Option<String> {
        let TypeDefKind::Record(record) = &self.model.definition(id).kind else { return None };
        let from = param(&handler.takes.first()?.0);
        let origins = self.origins(handler);
        let fields = record.fields.iter().zip(origins).filter_map(|(field, origin)| {
            let name = camel(&field.name);
            let value = match origin {
                Origin::Copied => format!("{from}.{name}"),
                Origin::Plainest => self.plainest(field.ty)?,
            };
            Some(format!("{name}: {value}"))
        });
        let fields = fields.collect::<Vec<_>>().join(", ");
        Some(format!("new {}({{ {fields} }})", self.model.name_of(id)?))
    }

    fn origins(&self, handler: &Handler) -> Vec<Origin> {
        let is_it = |one: &&contract::Handler| one.name == handler.wit;
        let first = self.world.contract.handlers.iter().find(is_it).and_then(|one| self.world.first(one));
        first.map(|first| first.fields.into_iter().map(|(_, origin)| origin).collect()).unwrap_or_default()
    }

    /// The plainest value of a type; none where it can be left out.
    fn plainest(&self, ty: Type) -> Option<String> {
        Some(match ty {
            Type::Bool => "false".into(),
            Type::U64 | Type::S64 => "0n".into(),
            Type::Char => "' '".into(),
            Type::String | Type::ErrorContext => "''".into(),
            Type::Id(id) => return self.plainest_of(self.model.origin(id)),
            _ => "0".into(),
        })
    }

    fn plainest_of(&self, id: TypeId) -> Option<String> {
        let list =
            |types: &[Type]| types.iter().map(|ty| self.plain_part(*ty)).collect::<Vec<_>>().join(", ");
        let tagged = |tag: &str, ty: Option<Type>| match ty {
            Some(ty) => format!("{{ tag: '{tag}', val: {} }}", self.plain_part(ty)),
            None => format!("{{ tag: '{tag}' }}"),
        };
        Some(match &self.model.definition(id).kind {
            _ if self.model.is_json(id) => "'{}'".into(),
            TypeDefKind::Type(inner) => return self.plainest(*inner),
            TypeDefKind::Option(_) => return None,
            TypeDefKind::List(Type::U8) => "new Uint8Array()".into(),
            TypeDefKind::List(_) => "[]".into(),
            TypeDefKind::FixedLengthList(of, length) => format!("[{}]", list(&vec![*of; *length as usize])),
            TypeDefKind::Map(..) => "new Map()".into(),
            TypeDefKind::Tuple(tuple) => format!("[{}]", list(&tuple.types)),
            TypeDefKind::Result(result) => tagged("ok", result.ok),
            TypeDefKind::Variant(variant) => tagged(&variant.cases.first()?.name, variant.cases.first()?.ty),
            TypeDefKind::Enum(one) => format!("'{}'", one.cases.first()?.name),
            TypeDefKind::Record(record) => {
                let field = |field: &wit_parser::Field| {
                    Some(format!("{}: {}", camel(&field.name), self.plainest(field.ty)?))
                };
                let fields = record.fields.iter().filter_map(field).collect::<Vec<_>>().join(", ");
                match self.model.event(id) {
                    Some(_) => format!("new {}({{ {fields} }})", self.model.name_of(id)?),
                    None => format!("{{ {fields} }}"),
                }
            }
            _ => "{}".into(),
        })
    }

    /// A value where none can be left out.
    fn plain_part(&self, ty: Type) -> String {
        self.plainest(ty).unwrap_or_else(|| "undefined".into())
    }
}

/// How each interface is used, for an author to change.
fn sample(one: Use) -> &'static str {
    match one {
        Use::Run => "  info(`attempt ${run.whoami().attempt}`);\n",
        Use::Timer => "  timer.set('remind', 60_000);\n",
        Use::Blob => "  info(`kept as ${blob.put(new TextEncoder().encode('some bytes'))}`);\n",
        Use::State => "  state.add('seen', 1);\n",
        Use::Updates => "  updates.publish('progress', { done: 1 });\n",
        Use::Http => {
            "  const page = http.get('https://api.example.com/').successful().text();\n  \
             info(`${page.length} characters came back`);\n"
        }
        Use::Tools => {
            "  const text = tools.call('read_text_file', { path: 'notes.txt' });\n  \
             info(`the tool said ${text}`);\n"
        }
    }
}

const TEST: &str = "\
// The cases in plain Node: `npm install` once, then `npm test`. They take milliseconds, and breakpoints hold.
import { cases } from './gen/lockstep/testing.js';
import * as step from './step.js';

cases('cases/*.toml', step);
";

/// Nothing of it is needed to build the step.
const PACKAGE: &str = r#"{
  "private": true,
  "type": "module",
  "scripts": {
    "test": "vitest run"
  },
  "devDependencies": {
    "smol-toml": "^1.6.0",
    "vitest": "^4.1.0"
  }
}
"#;

const CONFIG: &str = r#"{
  "extends": "./gen/tsconfig.json",
  "include": ["*.ts"]
}
"#;
