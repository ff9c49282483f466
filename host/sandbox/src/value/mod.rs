//! JSON text ⇄ component values, both ways by the shape that was read from the contract: no tree
//! of JSON values between. What a guest hands back is bounded while it is written, not after.
//! Knows nothing of events and handlers.

mod agree;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use agree::agrees;
pub(crate) use write::write;

use std::borrow::Cow;

use lockstep_core::shape::{Field, Shape, read};
use wasmtime::component::Val;

/// Why a guest's value does not become JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WriteError {
    /// More text than is allowed.
    #[error("it is more than {0} bytes of JSON")]
    TooLarge(usize),
    /// A `json` that is none.
    #[error("`{path}` is of type json, but its text is not JSON: {why}")]
    NotJson {
        /// From the value's root.
        path: String,
        /// What the parser found.
        why: String,
    },
    /// The engine gave a value of another type than it promised at load.
    #[error("the value is not of the type that the contract names")]
    Foreign,
}

/// Reads `text` as a value of `shape`; `root` is what error paths begin with.
pub(crate) fn read(text: &str, root: &str, shape: &Shape) -> Result<Val, read::Error> {
    read::read(text, root, shape, &Vals)
}

/// What a value that was lifted takes of the host's memory, in bytes.
pub(crate) fn weight(value: &Val) -> usize {
    let all = |values: &[Val]| values.iter().map(weight).sum::<usize>();
    let inner = match value {
        Val::String(text) | Val::Enum(text) => text.len(),
        Val::List(items) | Val::Tuple(items) | Val::FixedLengthList(items) => all(items),
        Val::Map(entries) => entries.iter().map(|(key, value)| weight(key) + weight(value)).sum(),
        Val::Record(fields) => {
            fields.iter().map(|(name, value)| size_of::<String>() + name.len() + weight(value)).sum()
        }
        Val::Variant(case, value) => case.len() + value.as_deref().map_or(0, weight),
        Val::Option(value) | Val::Result(Ok(value) | Err(value)) => value.as_deref().map_or(0, weight),
        Val::Flags(names) => names.iter().map(|name| size_of::<String>() + name.len()).sum(),
        _ => 0,
    };
    size_of::<Val>() + inner
}

/// Makes component values.
struct Vals;

impl read::Build for Vals {
    type Value = Val;

    fn bool(&self, value: bool) -> Val {
        Val::Bool(value)
    }

    fn integer(&self, shape: &Shape, value: i128) -> Val {
        // The reader has held the value against the shape's range: nothing is cut here.
        match shape {
            Shape::U8 => Val::U8(value as u8),
            Shape::U16 => Val::U16(value as u16),
            Shape::U32 => Val::U32(value as u32),
            Shape::S8 => Val::S8(value as i8),
            Shape::S16 => Val::S16(value as i16),
            Shape::S32 => Val::S32(value as i32),
            Shape::S64 => Val::S64(value as i64),
            _ => Val::U64(value as u64),
        }
    }

    fn float(&self, shape: &Shape, value: f64) -> Val {
        match shape {
            Shape::F32 => Val::Float32(value as f32),
            _ => Val::Float64(value),
        }
    }

    fn char(&self, value: char) -> Val {
        Val::Char(value)
    }

    fn string(&self, value: Cow<'_, str>) -> Val {
        Val::String(value.into_owned())
    }

    fn bytes(&self, value: Vec<u8>) -> Val {
        Val::List(value.into_iter().map(Val::U8).collect())
    }

    fn sequence(&self, shape: &Shape, items: Vec<Val>) -> Val {
        match shape {
            Shape::Tuple(_) => Val::Tuple(items),
            Shape::FixedList(..) => Val::FixedLengthList(items),
            _ => Val::List(items),
        }
    }

    fn map(&self, entries: Vec<(Val, Val)>) -> Val {
        Val::Map(entries)
    }

    fn record(&self, fields: &[Field], values: Vec<Val>) -> Val {
        Val::Record(fields.iter().map(|field| field.name.clone()).zip(values).collect())
    }

    fn variant(&self, case: &str, payload: Option<Val>) -> Val {
        Val::Variant(case.to_owned(), payload.map(Box::new))
    }

    fn enumeration(&self, case: &str) -> Val {
        Val::Enum(case.to_owned())
    }

    fn option(&self, value: Option<Val>) -> Val {
        Val::Option(value.map(Box::new))
    }

    fn result(&self, value: Result<Option<Val>, Option<Val>>) -> Val {
        Val::Result(value.map(|ok| ok.map(Box::new)).map_err(|err| err.map(Box::new)))
    }

    fn flags(&self, names: Vec<&str>) -> Val {
        Val::Flags(names.into_iter().map(str::to_owned).collect())
    }
}
