//! Shapes in WIT's words.

use std::fmt;

use super::Shape;

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Shape::Bool => "bool",
            Shape::S8 => "s8",
            Shape::U8 => "u8",
            Shape::S16 => "s16",
            Shape::U16 => "u16",
            Shape::S32 => "s32",
            Shape::U32 => "u32",
            Shape::S64 => "s64",
            Shape::U64 => "u64",
            Shape::F32 => "f32",
            Shape::F64 => "f64",
            Shape::Char => "char",
            Shape::String => "string",
            Shape::Json => "json",
            Shape::Bytes => "list<u8>",
            Shape::List(item) => return write!(f, "list<{item}>"),
            Shape::FixedList(item, length) => return write!(f, "list<{item}, {length}>"),
            Shape::Map(key, value) => return write!(f, "map<{key}, {value}>"),
            Shape::Option(inner) => return write!(f, "option<{inner}>"),
            Shape::Tuple(items) => return write!(f, "tuple<{}>", joined(items)),
            Shape::Result(ok, err) => return result(f, ok.as_deref(), err.as_deref()),
            Shape::Record(fields) => return named(f, "record", fields.iter().map(|field| &field.key)),
            Shape::Variant(cases) => return named(f, "variant", cases.iter().map(|case| &case.name)),
            Shape::Enum(cases) => return named(f, "enum", cases.iter()),
            Shape::Flags(names) => return named(f, "flags", names.iter()),
        };
        f.write_str(word)
    }
}

fn joined(items: &[Shape]) -> String {
    items.iter().map(Shape::to_string).collect::<Vec<_>>().join(", ")
}

fn result(f: &mut fmt::Formatter<'_>, ok: Option<&Shape>, err: Option<&Shape>) -> fmt::Result {
    match (ok, err) {
        (None, None) => f.write_str("result"),
        (Some(ok), None) => write!(f, "result<{ok}>"),
        (None, Some(err)) => write!(f, "result<_, {err}>"),
        (Some(ok), Some(err)) => write!(f, "result<{ok}, {err}>"),
    }
}

/// `enum { slow, fast }`, cut after eight names.
fn named<'n>(
    f: &mut fmt::Formatter<'_>,
    word: &str,
    names: impl ExactSizeIterator<Item = &'n String>,
) -> fmt::Result {
    let more = if names.len() > 8 { ", …" } else { "" };
    let names: Vec<_> = names.take(8).map(String::as_str).collect();
    write!(f, "{word} {{ {}{more} }}", names.join(", "))
}
