//! Declarations: `events.d.ts`, what an author's editor and tsc know of events, and `handlers.d.ts`, what the world
//! wants exported. WIT's own comments stand on what they are about.

use wit_parser::{Docs, Record, Result_, Type, TypeDefKind, TypeId, Variant};

use super::model::{Gives, Handler, Model, Takes};
use super::names::{camel, comment, param};

/// `events.d.ts`
pub(super) fn events(model: &Model) -> String {
    let declared: Vec<String> = model.types.iter().map(|id| declaration(model, *id)).collect();
    format!("/// <reference path=\"./lockstep/globals.d.ts\" />\n\n{}", declared.join("\n"))
}

/// `handlers.d.ts`
pub(super) fn handlers(model: &Model) -> String {
    let classes = model.classes().join(", ");
    let head =
        comment(Some(&format!("What a step exports that is written against world `{}`.", model.name)), "");
    let handlers: String = model.handlers.iter().map(|one| handler(model, one)).collect();
    format!(
        "import type {{ {classes} }} from './events.js';\n\n{head}export interface Handlers {{\n{handlers}}}\n"
    )
}

/// `(event: Order) => Paid | Refused`
pub(super) fn signature(model: &Model, handler: &Handler) -> String {
    format!("({}) => {}", parameters(model, handler), returned(model, &handler.gives))
}

/// `event: Order, all: Checked[]`
pub(super) fn parameters(model: &Model, handler: &Handler) -> String {
    let one = |(name, takes): &(String, Takes)| format!("{}: {}", param(name), taken(model, *takes));
    handler.takes.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// What a handler returns: `Paid | Refused`, `Paid[]`, `Paid | undefined`, `void`.
pub(super) fn returned(model: &Model, gives: &Gives) -> String {
    match gives {
        Gives::Nothing => "void".into(),
        Gives::Event(event) => name(model, *event),
        Gives::Variant(cases) => {
            let mut classes: Vec<_> = cases.iter().map(|(_, event)| name(model, *event)).collect();
            classes.dedup();
            classes.join(" | ")
        }
        Gives::Option(inner) => format!("{} | undefined", returned(model, inner)),
        Gives::List(inner) => array(&returned(model, inner)),
    }
}

fn taken(model: &Model, takes: Takes) -> String {
    match takes {
        Takes::One(event) => name(model, event),
        Takes::Many(event) => array(&name(model, event)),
    }
}

fn name(model: &Model, id: TypeId) -> String {
    model.name_of(id).unwrap_or("unknown").to_owned()
}

/// As a property, not as a method: the parameters of those are not checked both ways.
fn handler(model: &Model, handler: &Handler) -> String {
    let docs = comment(handler.docs.contents.as_deref(), "  ");
    format!("{docs}  {}: {};\n", handler.name, signature(model, handler))
}

fn declaration(model: &Model, id: TypeId) -> String {
    let definition = model.definition(id);
    let (name, docs) = (name(model, id), comment(definition.docs.contents.as_deref(), ""));
    match &definition.kind {
        TypeDefKind::Record(record) if model.event(id).is_some() => docs + &event(model, &name, record),
        TypeDefKind::Record(record) => {
            format!("{docs}export interface {name} {{\n{}}}\n", fields(model, record, "  ", true))
        }
        TypeDefKind::Variant(variant) => format!("{docs}export type {name} =\n{};\n", cases(model, variant)),
        TypeDefKind::Enum(one) => {
            let cases: Vec<_> = one.cases.iter().map(|case| format!("'{}'", case.name)).collect();
            format!("{docs}export type {name} = {};\n", cases.join(" | "))
        }
        TypeDefKind::Flags(flags) => {
            let flag = |flag: &wit_parser::Flag| {
                field(&flag.docs, &camel(&flag.name), "?: boolean | undefined", "  ")
            };
            format!(
                "{docs}export interface {name} {{\n{}}}\n",
                flags.flags.iter().map(flag).collect::<String>()
            )
        }
        kind => format!("{docs}export type {name} = {};\n", of_kind(model, kind)),
    }
}

/// A class that only its own constructor makes: the hidden member keeps tsc from taking one event for another that
/// happens to have the same fields.
fn event(model: &Model, name: &str, record: &Record) -> String {
    let given = fields(model, record, "    ", false);
    let own: String = record
        .fields
        .iter()
        .map(|one| {
            let (_, ty) = optional(model, one.ty);
            field(&one.docs, &camel(&one.name), &format!(": {ty}"), "  ")
        })
        .collect();
    format!("export class {name} {{\n  constructor(fields: {{\n{given}  }});\n{own}  #event;\n}}\n")
}

/// The fields of a literal: what is optional may be left out.
fn fields(model: &Model, record: &Record, indent: &str, with_docs: bool) -> String {
    let one = |one: &wit_parser::Field| {
        let (is_optional, ty) = optional(model, one.ty);
        let mark = if is_optional { "?" } else { "" };
        let docs = if with_docs { one.docs.clone() } else { Docs::default() };
        field(&docs, &camel(&one.name), &format!("{mark}: {ty}"), indent)
    };
    record.fields.iter().map(one).collect()
}

fn field(docs: &Docs, name: &str, ty: &str, indent: &str) -> String {
    format!("{}{indent}{name}{ty};\n", comment(docs.contents.as_deref(), indent))
}

fn cases(model: &Model, variant: &Variant) -> String {
    let case = |case: &wit_parser::Case| {
        let docs = comment(case.docs.contents.as_deref(), "  ");
        format!("{docs}  | {}", tagged(model, &case.name, case.ty))
    };
    variant.cases.iter().map(case).collect::<Vec<_>>().join("\n")
}

/// `{ tag: 'named'; val: string }`
fn tagged(model: &Model, tag: &str, ty: Option<Type>) -> String {
    match ty {
        Some(ty) => format!("{{ tag: '{tag}'; val: {} }}", of_type(model, ty)),
        None => format!("{{ tag: '{tag}' }}"),
    }
}

/// Whether a field may be left out, and its type.
fn optional(model: &Model, ty: Type) -> (bool, String) {
    let is_option = match ty {
        Type::Id(id) => {
            matches!(&model.definition(model.origin(id)).kind, TypeDefKind::Option(inner) if !is_option(model, *inner))
        }
        _ => false,
    };
    (is_option, of_type(model, ty))
}

fn is_option(model: &Model, ty: Type) -> bool {
    matches!(ty, Type::Id(id) if matches!(model.definition(model.origin(id)).kind, TypeDefKind::Option(_)))
}

fn of_type(model: &Model, ty: Type) -> String {
    match ty {
        Type::Bool => "boolean".into(),
        Type::U8 | Type::S8 | Type::U16 | Type::S16 | Type::U32 | Type::S32 | Type::F32 | Type::F64 => {
            "number".into()
        }
        Type::U64 | Type::S64 => "bigint".into(),
        Type::Char | Type::String => "string".into(),
        Type::ErrorContext => "never".into(),
        Type::Id(id) => {
            let id = model.origin(id);
            let kind = &model.definition(id).kind;
            model.name_of(id).map_or_else(|| of_kind(model, kind), str::to_owned)
        }
    }
}

fn of_kind(model: &Model, kind: &TypeDefKind) -> String {
    match kind {
        TypeDefKind::Type(inner) => of_type(model, *inner),
        TypeDefKind::List(Type::U8) => "Uint8Array".into(),
        TypeDefKind::List(inner) | TypeDefKind::FixedLengthList(inner, _) => array(&of_type(model, *inner)),
        TypeDefKind::Map(from, to) => format!("Map<{}, {}>", of_type(model, *from), of_type(model, *to)),
        TypeDefKind::Tuple(tuple) => {
            let types: Vec<_> = tuple.types.iter().map(|ty| of_type(model, *ty)).collect();
            format!("[{}]", types.join(", "))
        }
        TypeDefKind::Option(inner) if is_option(model, *inner) => {
            format!("{} | {}", tagged(model, "none", None), tagged(model, "some", Some(*inner)))
        }
        TypeDefKind::Option(inner) => format!("{} | undefined", of_type(model, *inner)),
        TypeDefKind::Result(Result_ { ok, err }) => {
            format!("{} | {}", tagged(model, "ok", *ok), tagged(model, "err", *err))
        }
        _ => "never".into(),
    }
}

fn array(of: &str) -> String {
    match of.contains(' ') {
        true => format!("({of})[]"),
        false => format!("{of}[]"),
    }
}
