//! A component value written as JSON text by its shape.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lockstep_core::event::Json;
use lockstep_core::shape::{Field, Shape};
use serde_json::value::RawValue;
use wasmtime::component::Val;

use super::WriteError;

/// Writes `value` in at most `limit` bytes.
pub(crate) fn write(value: &Val, shape: &Shape, limit: usize) -> Result<Json, WriteError> {
    let mut writer = Writer { text: String::new(), limit, path: Vec::new() };
    writer.value(value, shape)?;
    writer.room(0)?;
    Ok(Json::trusted(writer.text))
}

struct Writer<'v> {
    text: String,
    limit: usize,
    path: Vec<&'v str>,
}

type Written = Result<(), WriteError>;

impl<'v> Writer<'v> {
    fn value(&mut self, value: &'v Val, shape: &'v Shape) -> Written {
        match (value, shape) {
            (Val::Bool(value), Shape::Bool) => self.plain(value),
            (Val::S8(value), Shape::S8) => self.plain(value),
            (Val::U8(value), Shape::U8) => self.plain(value),
            (Val::S16(value), Shape::S16) => self.plain(value),
            (Val::U16(value), Shape::U16) => self.plain(value),
            (Val::S32(value), Shape::S32) => self.plain(value),
            (Val::U32(value), Shape::U32) => self.plain(value),
            (Val::S64(value), Shape::S64) => self.plain(value),
            (Val::U64(value), Shape::U64) => self.plain(value),
            (Val::Float32(value), Shape::F32) => self.float(value, f64::from(*value)),
            (Val::Float64(value), Shape::F64) => self.float(value, *value),
            (Val::Char(value), Shape::Char) => self.string(value.encode_utf8(&mut [0; 4])),
            (Val::String(value), Shape::String) => self.string(value),
            (Val::String(value), Shape::Json) => self.json(value),
            (Val::Enum(case), Shape::Enum(_)) => self.string(case),
            (Val::List(bytes), Shape::Bytes) => self.bytes(bytes),
            (Val::List(items), Shape::List(item))
            | (Val::FixedLengthList(items), Shape::FixedList(item, _)) => {
                self.array(items, |writer, value| writer.value(value, item))
            }
            (Val::Tuple(items), Shape::Tuple(shapes)) if items.len() == shapes.len() => {
                let mut shapes = shapes.iter();
                self.array(items, |writer, value| {
                    shapes.next().map_or(Err(WriteError::Foreign), |shape| writer.value(value, shape))
                })
            }
            (Val::Flags(names), Shape::Flags(_)) => self.array(names, |writer, name| writer.string(name)),
            (Val::Map(entries), Shape::Map(key, value)) => self.map(entries, key, value),
            (Val::Record(values), Shape::Record(fields)) if values.len() == fields.len() => {
                self.record(values, fields)
            }
            (Val::Variant(case, payload), Shape::Variant(cases)) => {
                let shape = cases.iter().find(|known| known.name == *case).ok_or(WriteError::Foreign)?;
                match (payload, &shape.shape) {
                    (None, None) => self.string(case),
                    (Some(payload), Some(shape)) => self.tagged(case, payload, shape),
                    _ => Err(WriteError::Foreign),
                }
            }
            (Val::Option(value), Shape::Option(shape)) => self.option(value.as_deref(), shape),
            (Val::Result(Ok(value)), Shape::Result(shape, _)) => self.side("ok", value, shape),
            (Val::Result(Err(value)), Shape::Result(_, shape)) => self.side("err", value, shape),
            _ => Err(WriteError::Foreign),
        }
    }

    /// Refuses to go on once the text is too long, so that at most one piece is written too much.
    fn room(&self, more: usize) -> Written {
        match self.text.len() + more > self.limit {
            true => Err(WriteError::TooLarge(self.limit)),
            false => Ok(()),
        }
    }

    fn plain(&mut self, value: impl std::fmt::Display) -> Written {
        self.room(1)?;
        // Writing into a string cannot fail.
        let _ = write!(self.text, "{value}");
        Ok(())
    }

    /// `shortest` is the value in its own precision, so that an f32 is not written as an f64.
    fn float(&mut self, shortest: impl serde::Serialize, value: f64) -> Written {
        match value {
            _ if value.is_nan() => self.plain("\"nan\""),
            f64::INFINITY => self.plain("\"inf\""),
            f64::NEG_INFINITY => self.plain("\"-inf\""),
            _ => self.plain(serde_json::to_string(&shortest).map_err(|_| WriteError::Foreign)?),
        }
    }

    fn string(&mut self, text: &str) -> Written {
        self.room(text.len() + 2)?;
        self.plain(serde_json::to_string(text).map_err(|_| WriteError::Foreign)?)
    }

    fn json(&mut self, text: &str) -> Written {
        self.room(text.len())?;
        match serde_json::from_str::<&RawValue>(text) {
            Ok(raw) => self.plain(raw.get()),
            Err(why) => Err(WriteError::NotJson { path: self.path.join("."), why: why.to_string() }),
        }
    }

    fn bytes(&mut self, values: &[Val]) -> Written {
        self.room(values.len() / 3 * 4 + 2)?;
        let byte = |value: &Val| match value {
            Val::U8(byte) => Ok(*byte),
            _ => Err(WriteError::Foreign),
        };
        let bytes = values.iter().map(byte).collect::<Result<Vec<u8>, _>>()?;
        self.plain(format_args!("\"{}\"", STANDARD.encode(bytes)))
    }

    fn array<T>(&mut self, items: &'v [T], mut each: impl FnMut(&mut Self, &'v T) -> Written) -> Written {
        self.plain('[')?;
        for (index, item) in items.iter().enumerate() {
            self.comma(index)?;
            each(self, item)?;
        }
        self.plain(']')
    }

    fn map(&mut self, entries: &'v [(Val, Val)], key: &'v Shape, value: &'v Shape) -> Written {
        if *key != Shape::String {
            return self.array(entries, |writer, (k, v)| {
                writer.plain('[')?;
                writer.value(k, key)?;
                writer.plain(',')?;
                writer.value(v, value)?;
                writer.plain(']')
            });
        }
        self.plain('{')?;
        for (index, (k, v)) in entries.iter().enumerate() {
            self.comma(index)?;
            self.value(k, key)?;
            self.plain(':')?;
            self.value(v, value)?;
        }
        self.plain('}')
    }

    fn record(&mut self, values: &'v [(String, Val)], fields: &'v [Field]) -> Written {
        self.plain('{')?;
        for (index, ((_, value), field)) in values.iter().zip(fields).enumerate() {
            self.comma(index)?;
            self.string(&field.key)?;
            self.plain(':')?;
            self.path.push(&field.key);
            self.value(value, &field.shape)?;
            self.path.pop();
        }
        self.plain('}')
    }

    fn tagged(&mut self, tag: &str, value: &'v Val, shape: &'v Shape) -> Written {
        self.plain('{')?;
        self.string(tag)?;
        self.plain(':')?;
        self.value(value, shape)?;
        self.plain('}')
    }

    fn option(&mut self, value: Option<&'v Val>, shape: &'v Shape) -> Written {
        match (value, shape) {
            (None, _) => self.plain("null"),
            (Some(value), Shape::Option(_)) => self.tagged("some", value, shape),
            (Some(value), _) => self.value(value, shape),
        }
    }

    fn side(&mut self, tag: &str, value: &'v Option<Box<Val>>, shape: &'v Option<Box<Shape>>) -> Written {
        match (value, shape) {
            (Some(value), Some(shape)) => self.tagged(tag, value, shape),
            (None, None) => self.plain(format_args!("{{\"{tag}\":null}}")),
            _ => Err(WriteError::Foreign),
        }
    }

    fn comma(&mut self, index: usize) -> Written {
        if index == 0 { Ok(()) } else { self.plain(',') }
    }
}
