//! JSON of strangers as values of guests: the first bytes say which shape, the rest is the text. What is
//! read as a value is written as JSON again, and that means the same value.

use lockstep_core::shape::{Field, Shape};

pub(crate) fn run(bytes: &[u8]) {
    let mut rest = bytes;
    let shape = shape(&mut rest, 3);
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let Some(written) = lockstep_sandbox::there_and_back(text, &shape) else { return };
    let again = lockstep_sandbox::there_and_back(&written, &shape);
    assert_eq!(again.as_deref(), Some(&*written), "what was written is read as the same");
}

/// A shape that follows from the first bytes.
fn shape(bytes: &mut &[u8], deep: u32) -> Shape {
    let Some((first, rest)) = bytes.split_first() else { return Shape::Bool };
    *bytes = rest;
    let inner = |bytes: &mut &[u8]| Box::new(shape(bytes, deep.saturating_sub(1)));
    match first % if deep == 0 { 14 } else { 19 } {
        0 => Shape::Bool,
        1 => Shape::U8,
        2 => Shape::U16,
        3 => Shape::U32,
        4 => Shape::U64,
        5 => Shape::S8,
        6 => Shape::S16,
        7 => Shape::S32,
        8 => Shape::S64,
        9 => Shape::F32,
        10 => Shape::F64,
        11 => Shape::Char,
        12 => Shape::String,
        13 => Shape::Json,
        14 => Shape::List(inner(bytes)),
        15 => Shape::Option(inner(bytes)),
        16 => Shape::Result(Some(inner(bytes)), None),
        17 => Shape::Record(vec![Field::new("a", *inner(bytes)), Field::new("b-c", *inner(bytes))]),
        _ => Shape::Tuple(vec![*inner(bytes), *inner(bytes)]),
    }
}
