//! The shape of a value: a plan compiled once from WIT, by which JSON text is read, checked and
//! described. JSON goes straight through the plan into whatever [`read::Build`] makes of it: the
//! sandbox makes component values, the door makes nothing and only checks.

mod display;
mod fit;
pub mod read;
mod rename;
mod schema;

#[cfg(test)]
mod tests;

pub use fit::Misfit;

use serde::{Deserialize, Serialize};

/// The shape of one WIT value type. Nothing in here can be a resource, handle, stream or future:
/// the contract refuses those before a shape is made. The journal stores it with its workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// `bool`
    Bool,
    /// `s8`
    S8,
    /// `u8`
    U8,
    /// `s16`
    S16,
    /// `u16`
    U16,
    /// `s32`
    S32,
    /// `u32`
    U32,
    /// `s64`
    S64,
    /// `u64`
    U64,
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// `char`
    Char,
    /// `string`
    String,
    /// `lockstep:step/types.json`: a string in the guest, JSON outside.
    Json,
    /// `list<u8>`: a base64 string in JSON.
    Bytes,
    /// `list<T>`
    List(Box<Shape>),
    /// `list<T, N>`
    FixedList(Box<Shape>, u32),
    /// `map<K, V>`: an object for string keys, else an array of pairs.
    Map(Box<Shape>, Box<Shape>),
    /// `tuple<…>`
    Tuple(Vec<Shape>),
    /// `record { … }`
    Record(Vec<Field>),
    /// `variant { … }`
    Variant(Vec<Case>),
    /// `enum { … }`
    Enum(Vec<String>),
    /// `option<T>`
    Option(Box<Shape>),
    /// `result<T, E>`
    Result(Option<Box<Shape>>, Option<Box<Shape>>),
    /// `flags { … }`
    Flags(Vec<String>),
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// As WIT writes it: `unit-price`.
    pub name: String,
    /// As JSON writes it: `unit_price`, or what the workflow's wiring renames it to.
    pub key: String,
    /// What it holds.
    pub shape: Shape,
}

impl Field {
    /// A field whose JSON key is its WIT name in snake_case.
    pub fn new(name: &str, shape: Shape) -> Field {
        Field { name: name.to_owned(), key: name.replace('-', "_"), shape }
    }
}

/// A case of a variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// As WIT and JSON write it: `card-declined`.
    pub name: String,
    /// What it carries.
    pub shape: Option<Shape>,
}
