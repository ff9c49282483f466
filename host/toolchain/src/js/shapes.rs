//! `world.js`: the shapes of all values and the handlers, as data for the glue.

use wit_parser::{Record, Type, TypeDefKind, TypeId};

use super::model::{Gives, Handler, Model, Takes};
use super::names::{camel, key};

/// The text of `world.js`.
pub(super) fn world(model: &Model) -> String {
    let types: String = model.types.iter().map(|id| named(model, *id)).collect();
    let handlers: String = model.handlers.iter().map(|one| handler(model, one)).collect();
    format!(
        "import * as events from './events.js';\n\
         import * as is from './lockstep/shapes.js';\n\n\
         const types = {{}};\n{types}\n\
         export const world = {{\n  name: '{}',\n  handlers: {{\n{handlers}  }},\n}};\n",
        model.name
    )
}

fn named(model: &Model, id: TypeId) -> String {
    let Some(name) = model.name_of(id) else { return String::new() };
    let shape = match (&model.definition(id).kind, model.event(id)) {
        (TypeDefKind::Record(record), Some(event)) => {
            format!("is.event('{event}', events.{name}, {})", fields(model, record))
        }
        _ if model.is_json(id) => "is.json".into(),
        (kind, _) => of_kind(model, kind),
    };
    format!("types.{name} = {shape};\n")
}

fn handler(model: &Model, handler: &Handler) -> String {
    let param = |(name, takes): &(String, Takes)| match takes {
        Takes::One(event) => format!("['{name}', {}]", of_id(model, *event)),
        Takes::Many(event) => format!("['{name}', is.list({})]", of_id(model, *event)),
    };
    let takes: Vec<_> = handler.takes.iter().map(param).collect();
    format!(
        "    {}: {{ wit: '{}', takes: [{}], gives: {} }},\n",
        handler.name,
        handler.wit,
        takes.join(", "),
        given(model, &handler.gives)
    )
}

fn given(model: &Model, gives: &Gives) -> String {
    match gives {
        Gives::Nothing => "undefined".into(),
        Gives::Event(event) => of_id(model, *event),
        Gives::Variant(cases) => {
            let cases: Vec<_> =
                cases.iter().map(|(name, event)| entry(name, &of_id(model, *event))).collect();
            format!("is.variant({{ {} }})", cases.join(", "))
        }
        Gives::Option(inner) => format!("is.option({})", given(model, inner)),
        Gives::List(inner) => format!("is.list({})", given(model, inner)),
    }
}

fn fields(model: &Model, record: &Record) -> String {
    let field = |field: &wit_parser::Field| {
        let (name, json) = (camel(&field.name), field.name.replace('-', "_"));
        format!("  {name}: ['{json}', {}],\n", of_type(model, field.ty))
    };
    format!("{{\n{}}}", record.fields.iter().map(field).collect::<String>())
}

fn of_type(model: &Model, ty: Type) -> String {
    let plain = match ty {
        Type::Bool => "bool",
        Type::U8 => "u8",
        Type::S8 => "s8",
        Type::U16 => "u16",
        Type::S16 => "s16",
        Type::U32 => "u32",
        Type::S32 => "s32",
        Type::U64 => "u64",
        Type::S64 => "s64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::Char => "char",
        Type::String | Type::ErrorContext => "string",
        Type::Id(id) => return of_id(model, model.origin(id)),
    };
    format!("is.{plain}")
}

fn of_id(model: &Model, id: TypeId) -> String {
    match model.name_of(id) {
        Some(name) => format!("types.{name}"),
        None => of_kind(model, &model.definition(id).kind),
    }
}

fn of_kind(model: &Model, kind: &TypeDefKind) -> String {
    let list = |of: Vec<String>| of.join(", ");
    match kind {
        TypeDefKind::Type(inner) => of_type(model, *inner),
        TypeDefKind::List(Type::U8) => "is.bytes".into(),
        TypeDefKind::List(inner) => format!("is.list({})", of_type(model, *inner)),
        TypeDefKind::FixedLengthList(inner, length) => {
            format!("is.list({}, {length})", of_type(model, *inner))
        }
        TypeDefKind::Map(from, to) => format!("is.map({}, {})", of_type(model, *from), of_type(model, *to)),
        TypeDefKind::Tuple(tuple) => {
            format!("is.tuple({})", list(tuple.types.iter().map(|ty| of_type(model, *ty)).collect()))
        }
        TypeDefKind::Option(inner) => format!("is.option({})", of_type(model, *inner)),
        TypeDefKind::Result(result) => {
            let side = |ty: Option<Type>| ty.map_or("undefined".into(), |ty| of_type(model, ty));
            format!("is.result({}, {})", side(result.ok), side(result.err))
        }
        TypeDefKind::Record(record) => format!("is.record({})", fields(model, record)),
        TypeDefKind::Variant(variant) => {
            let case = |case: &wit_parser::Case| {
                entry(&case.name, &case.ty.map_or("undefined".into(), |ty| of_type(model, ty)))
            };
            format!("is.variant({{ {} }})", list(variant.cases.iter().map(case).collect()))
        }
        TypeDefKind::Enum(one) => {
            format!(
                "is.enumeration({})",
                list(one.cases.iter().map(|case| format!("'{}'", case.name)).collect())
            )
        }
        TypeDefKind::Flags(flags) => {
            let flag = |flag: &wit_parser::Flag| format!("{}: '{}'", camel(&flag.name), flag.name);
            format!("is.flags({{ {} }})", list(flags.flags.iter().map(flag).collect()))
        }
        // The contract has refused whatever is no data.
        _ => "undefined".into(),
    }
}

/// `key: value`, where the name may need quotes.
fn entry(name: &str, value: &str) -> String {
    format!("{}: {value}", key(name))
}
