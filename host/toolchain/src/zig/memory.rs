//! `c.zig`: the structs of the bindings as they lie in memory. Zig could read them from the header by itself, but
//! builds the program that does so first, which takes a minute.

use wit_parser::{Type, TypeDefKind, TypeId};

use super::names::field;
use crate::c::{Bindings, flags_bits};

/// Writes the file.
pub(super) fn write(bindings: &Bindings) -> String {
    let mut text = format!(
        "//! Written by `lockstep build`: the structs of `bindings.h`.\n\n\
         pub const has_log = {};\n\n\
         pub const bindings_string_t = extern struct {{ ptr: [*c]const u8, len: usize }};\n",
        bindings.imports("log")
    );
    let mut seen = std::collections::HashSet::new();
    for (id, name) in bindings.types().filter(|(_, name)| seen.insert(name.to_string())) {
        if let Some(body) = body(bindings, id) {
            text += &format!("pub const {name} = {body};\n");
        }
    }
    text
}

fn body(bindings: &Bindings, id: TypeId) -> Option<String> {
    let part = |ty: Type| c(bindings, ty);
    Some(match &bindings.resolve.types[id].kind {
        TypeDefKind::Type(ty) => part(*ty),
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter().map(|it| format!("{}: {}", field(&it.name), part(it.ty)));
            composite("struct", fields)
        }
        TypeDefKind::Tuple(tuple) => composite(
            "struct",
            (0..).zip(&tuple.types).map(|(n, ty): (u32, _)| format!("f{n}: {}", part(*ty))),
        ),
        TypeDefKind::Option(ty) => format!("extern struct {{ is_some: bool, val: {} }}", part(*ty)),
        TypeDefKind::List(ty) => format!("extern struct {{ ptr: [*c]const {}, len: usize }}", part(*ty)),
        TypeDefKind::Map(key, value) => format!(
            "extern struct {{ ptr: [*c]const extern struct {{ key: {}, value: {} }}, len: usize }}",
            part(*key),
            part(*value)
        ),
        TypeDefKind::Enum(it) => integer(it.tag()).into(),
        TypeDefKind::Flags(it) => format!("u{}", flags_bits(it)),
        TypeDefKind::Variant(it) => {
            let cases = it.cases.iter().filter_map(|case| Some((field(&case.name), case.ty?)));
            tagged(bindings, &format!("tag: {}", integer(it.tag())), cases.collect())
        }
        TypeDefKind::Result(it) => {
            let sides = [("ok", it.ok), ("err", it.err)].into_iter();
            tagged(
                bindings,
                "is_err: bool",
                sides.filter_map(|(name, ty)| Some((name.to_owned(), ty?))).collect(),
            )
        }
        TypeDefKind::Handle(_) => "extern struct { __handle: i32 }".into(),
        TypeDefKind::Future(_) | TypeDefKind::Stream(_) => "u32".into(),
        _ => return None,
    })
}

fn tagged(bindings: &Bindings, tag: &str, cases: Vec<(String, Type)>) -> String {
    if cases.is_empty() {
        return format!("extern struct {{ {tag} }}");
    }
    let cases = cases.into_iter().map(|(name, ty)| format!("{name}: {}", c(bindings, ty)));
    format!("extern struct {{ {tag}, val: {} }}", composite("union", cases))
}

fn composite(what: &str, parts: impl Iterator<Item = String>) -> String {
    format!("extern {what} {{ {} }}", parts.collect::<Vec<_>>().join(", "))
}

fn c(bindings: &Bindings, ty: Type) -> String {
    match ty {
        Type::Bool => "bool".into(),
        Type::U8 => "u8".into(),
        Type::S8 => "i8".into(),
        Type::U16 => "u16".into(),
        Type::S16 => "i16".into(),
        Type::U32 | Type::Char => "u32".into(),
        Type::S32 => "i32".into(),
        Type::U64 => "u64".into(),
        Type::S64 => "i64".into(),
        Type::F32 => "f32".into(),
        Type::F64 => "f64".into(),
        other => bindings.name(other).to_owned(),
    }
}

fn integer(tag: wit_parser::Int) -> &'static str {
    match tag {
        wit_parser::Int::U8 => "u8",
        wit_parser::Int::U16 => "u16",
        wit_parser::Int::U32 => "u32",
        wit_parser::Int::U64 => "u64",
    }
}
