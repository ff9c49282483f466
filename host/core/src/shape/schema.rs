//! JSON Schema (draft 2020-12) of a shape: the same mapping that the reader reads by, for editors,
//! forms and other programs.

use serde_json::{Map, Value, json};

use super::{Case, Field, Shape};

impl Shape {
    /// The schema of a whole event type.
    pub fn schema(&self, title: &str) -> Value {
        let mut schema = self.part();
        if let Value::Object(members) = &mut schema {
            members.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
            members.insert("title".into(), json!(title));
        }
        schema
    }

    fn part(&self) -> Value {
        match self {
            Shape::Bool => json!({ "type": "boolean" }),
            Shape::U8 => integer(0, u8::MAX.into()),
            Shape::S8 => integer(i8::MIN.into(), i8::MAX.into()),
            Shape::U16 => integer(0, u16::MAX.into()),
            Shape::S16 => integer(i16::MIN.into(), i16::MAX.into()),
            Shape::U32 => integer(0, u32::MAX.into()),
            Shape::S32 => integer(i32::MIN.into(), i32::MAX.into()),
            Shape::U64 => {
                wide(json!({ "type": "integer", "minimum": 0, "maximum": u64::MAX }), "^[0-9]{1,20}$")
            }
            Shape::S64 => wide(
                json!({ "type": "integer", "minimum": i64::MIN, "maximum": i64::MAX }),
                "^-?[0-9]{1,19}$",
            ),
            Shape::F32 | Shape::F64 => {
                json!({ "anyOf": [{ "type": "number" }, { "enum": ["nan", "inf", "-inf"] }] })
            }
            Shape::Char => json!({ "type": "string", "minLength": 1, "maxLength": 1 }),
            Shape::String => json!({ "type": "string" }),
            Shape::Json => json!({}),
            Shape::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
            Shape::List(item) => json!({ "type": "array", "items": item.part() }),
            Shape::FixedList(item, n) => {
                json!({ "type": "array", "items": item.part(), "minItems": n, "maxItems": n })
            }
            Shape::Map(key, value) => map(key, value),
            Shape::Tuple(items) => tuple(items),
            Shape::Record(fields) => record(fields),
            Shape::Variant(cases) => json!({ "oneOf": cases.iter().map(case).collect::<Vec<_>>() }),
            Shape::Enum(cases) => json!({ "enum": cases }),
            Shape::Option(inner) => option(inner),
            Shape::Result(ok, err) => {
                json!({ "oneOf": [tagged("ok", ok.as_deref()), tagged("err", err.as_deref())] })
            }
            Shape::Flags(names) => {
                json!({ "type": "array", "items": { "enum": names }, "uniqueItems": true })
            }
        }
    }
}

fn integer(minimum: i64, maximum: i64) -> Value {
    json!({ "type": "integer", "minimum": minimum, "maximum": maximum })
}

/// 64-bit integers may be written as text, for languages that cannot write them exactly.
fn wide(number: Value, pattern: &str) -> Value {
    json!({ "anyOf": [number, { "type": "string", "pattern": pattern }] })
}

fn map(key: &Shape, value: &Shape) -> Value {
    match key {
        Shape::String => json!({ "type": "object", "additionalProperties": value.part() }),
        key => json!({ "type": "array", "items": tuple(&[key.clone(), value.clone()]) }),
    }
}

fn tuple(items: &[Shape]) -> Value {
    let parts: Vec<_> = items.iter().map(Shape::part).collect();
    json!({ "type": "array", "prefixItems": parts, "minItems": items.len(), "maxItems": items.len() })
}

fn record(fields: &[Field]) -> Value {
    let properties: Map<_, _> = fields.iter().map(|field| (field.key.clone(), field.shape.part())).collect();
    let needed = fields.iter().filter(|field| !matches!(field.shape, Shape::Option(_)));
    let required: Vec<_> = needed.map(|field| &field.key).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

fn case(case: &Case) -> Value {
    match &case.shape {
        None => json!({ "const": case.name }),
        Some(shape) => tagged(&case.name, Some(shape)),
    }
}

fn tagged(key: &str, shape: Option<&Shape>) -> Value {
    let inside = shape.map_or(json!({ "type": "null" }), Shape::part);
    json!({
        "type": "object",
        "properties": { key: inside },
        "required": [key],
        "additionalProperties": false,
    })
}

fn option(inner: &Shape) -> Value {
    let some = match inner {
        Shape::Option(_) => tagged("some", Some(inner)),
        inner => inner.part(),
    };
    json!({ "anyOf": [{ "type": "null" }, some] })
}
