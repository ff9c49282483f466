//! Arguments of a call: JSON text of a guest becomes one object, in one spelling. Whatever two readers could
//! understand differently is refused, so that what was checked is what is sent.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

/// Longer text is refused.
const LONGEST: usize = 256 << 10;

/// Objects and lists inside each other.
const DEEPEST: usize = 32;

/// The arguments of a call: an object, and its canonical text.
#[derive(Clone, Debug, PartialEq)]
pub struct Arguments {
    object: Map<String, Value>,
    text: String,
}

/// Text that is no arguments.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoArguments {
    /// It is too long.
    #[error("the arguments are longer than {} KiB; pass less, or a reference to it", LONGEST >> 10)]
    TooLong,
    /// It is too deep.
    #[error("the arguments have more than {DEEPEST} objects and lists inside each other; flatten them")]
    TooDeep,
    /// It is no JSON.
    #[error("the arguments are not JSON: {0}")]
    NoJson(String),
    /// It is JSON, and no object.
    #[error("the arguments are not an object of JSON; write `{{}}` for none")]
    NoObject,
    /// A key stands twice.
    #[error("the key {0:?} stands twice in one object; which of the two is meant?")]
    Twice(String),
    /// A number would not be sent as it was written.
    #[error(
        "the number {0} would not be sent as it is written, since no reader has to keep it; pass it as text"
    )]
    Inexact(String),
}

impl Arguments {
    /// Reads an object of JSON.
    ///
    /// Refused are: a key that stands twice in one object; a number that changes when it is read as 64 bits,
    /// whole or with a point; more than 256 KiB; more than 32 objects and lists inside each other.
    pub fn read(text: &str) -> Result<Arguments, NoArguments> {
        if text.len() > LONGEST {
            return Err(NoArguments::TooLong);
        }
        let raw = serde_json::from_str(text).map_err(no_json)?;
        match value(raw, DEEPEST)? {
            Value::Object(object) => Ok(Arguments::of(object)),
            _ => Err(NoArguments::NoObject),
        }
    }

    fn of(object: Map<String, Value>) -> Arguments {
        let mut text = String::new();
        write_object(&mut text, &object);
        Arguments { object, text }
    }

    /// One of them.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.object.get(name)
    }

    /// The same with one more.
    pub(super) fn with(self, name: &str, value: Value) -> Arguments {
        let mut object = self.object;
        object.insert(name.to_owned(), value);
        Arguments::of(object)
    }

    /// Canonical text: without white space, keys in the order of their bytes, numbers in their shortest form.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The object.
    pub fn to_value(&self) -> Value {
        Value::Object(self.object.clone())
    }
}

fn no_json(error: serde_json::Error) -> NoArguments {
    NoArguments::NoJson(error.to_string())
}

fn value(raw: &RawValue, left: usize) -> Result<Value, NoArguments> {
    let text = raw.get();
    match (text.as_bytes().first(), left) {
        (Some(b'{' | b'['), 0) => Err(NoArguments::TooDeep),
        (Some(b'{'), _) => object(text, left - 1).map(Value::Object),
        (Some(b'['), _) => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(no_json)?;
            items.into_iter().map(|item| value(item, left - 1)).collect::<Result<_, _>>().map(Value::Array)
        }
        (Some(b'-' | b'0'..=b'9'), _) => exact(text)
            .map(Value::Number)
            .ok_or_else(|| NoArguments::Inexact(text.chars().take(40).collect())),
        _ => serde_json::from_str(text).map_err(no_json),
    }
}

fn object(text: &str, left: usize) -> Result<Map<String, Value>, NoArguments> {
    let Members(members) = serde_json::from_str(text).map_err(no_json)?;
    let mut object = Map::new();
    for (key, raw) in members {
        match object.contains_key(&key) {
            true => return Err(NoArguments::Twice(key.chars().take(100).collect())),
            false => _ = object.insert(key, value(raw, left)?),
        }
    }
    Ok(object)
}

/// What stands in an object, keys that stand twice too.
struct Members<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Members<'de>, D::Error> {
        from.deserialize_map(ReadMembers)
    }
}

struct ReadMembers;

impl<'de> Visitor<'de> for ReadMembers {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some((key, value)) = map.next_entry()? {
            members.push((key, value));
        }
        Ok(Members(members))
    }
}

/// A number of JSON that is the same number once it is read.
pub(in crate::grant) fn exact(text: &str) -> Option<Number> {
    let number: Number = serde_json::from_str(text).ok()?;
    (decimal(text)? == decimal(&number.to_string())?).then_some(number)
}

/// A number as sign, digits without zeros at either end, and the power of ten of the last of them.
fn decimal(text: &str) -> Option<(bool, String, i64)> {
    let (is_negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{part}");
    let trimmed = digits.trim_end_matches('0');
    let dropped = i64::try_from(digits.len() - trimmed.len()).ok()?;
    let power = exponent.parse::<i64>().ok()?.checked_sub(i64::try_from(part.len()).ok()?)?;
    match trimmed.trim_start_matches('0') {
        "" => Some((is_negative, String::new(), 0)),
        digits => Some((is_negative, digits.to_owned(), power.checked_add(dropped)?)),
    }
}

/// JSON text in one spelling: without white space, keys in the order of their bytes.
pub(in crate::grant) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value);
    text
}

fn write(text: &mut String, value: &Value) {
    match value {
        Value::Object(object) => write_object(text, object),
        Value::Array(items) => {
            text.push('[');
            items.iter().enumerate().for_each(|(at, item)| {
                text.push_str(if at == 0 { "" } else { "," });
                write(text, item);
            });
            text.push(']');
        }
        // What is left has one spelling already.
        plain => text.push_str(&plain.to_string()),
    }
}

fn write_object(text: &mut String, object: &Map<String, Value>) {
    let mut members: Vec<_> = object.iter().collect();
    members.sort_by_key(|(key, _)| *key);
    text.push('{');
    members.into_iter().enumerate().for_each(|(at, (key, value))| {
        text.push_str(if at == 0 { "" } else { "," });
        text.push_str(&Value::from(key.as_str()).to_string());
        text.push(':');
        write(text, value);
    });
    text.push('}');
}
