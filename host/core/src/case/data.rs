//! Values as a case file writes them, each with the line it stands on: TOML and JSON come to the same. What TOML
//! has no word for is spelled as events have it: `nan` and `inf` are texts. A date is refused: each reader has it in
//! another spelling.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::Datetime;

use crate::table::Lined;
use crate::workflow::Finding;

/// A value and the line it begins on.
#[derive(Clone, Debug, PartialEq)]
pub struct Data {
    /// Counted from 1.
    pub line: u32,
    /// The value.
    pub value: Value,
}

/// A value of JSON, its members in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, which TOML cannot write.
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number, as JSON spells it.
    Number(String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Data>),
    /// A table, or an object.
    Table(Vec<(Lined<String>, Data)>),
}

impl Data {
    /// The value of JSON text that stands in no file; none if it is none.
    pub fn read(text: &str) -> Option<Data> {
        json(text).ok()
    }

    /// A key that stands in no file.
    pub fn key(name: &str) -> Lined<String> {
        Lined { line: 0, value: name.to_owned() }
    }

    /// The value as JSON text, in the order of the file.
    pub fn json(&self) -> String {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let all = |parts: Vec<String>, open, close| format!("{open}{}{close}", parts.join(","));
        match &self.value {
            Value::Null => "null".into(),
            Value::Bool(bool) => bool.to_string(),
            Value::Number(number) => number.clone(),
            Value::Text(own) => text(own),
            Value::List(items) => all(items.iter().map(Data::json).collect(), '[', ']'),
            Value::Table(entries) => {
                let entry =
                    |(key, data): &(Lined<String>, Data)| format!("{}:{}", text(&key.value), data.json());
                all(entries.iter().map(entry).collect(), '{', '}')
            }
        }
    }

    /// The value without its lines and its order.
    pub fn plain(&self) -> serde_json::Value {
        serde_json::from_str(&self.json()).unwrap_or_default()
    }

    /// The line of the part that a path leads to, such as `items[3].price`; of as much of it as is there.
    pub fn line_of(&self, path: &str) -> u32 {
        let steps = path.split(['.', '[']).map(|step| step.trim_end_matches(']'));
        let mut here = self;
        for step in steps.filter(|step| !step.is_empty()) {
            let next = match &here.value {
                Value::Table(entries) => {
                    entries.iter().find(|(key, _)| key.value == step).map(|(_, data)| data)
                }
                Value::List(items) => step.parse().ok().and_then(|index: usize| items.get(index)),
                _ => None,
            };
            let Some(next) = next else { break };
            here = next;
        }
        here.line
    }

    /// As a message shows it.
    pub(super) fn shown(&self) -> String {
        match &self.value {
            Value::Null => "nothing".into(),
            Value::Bool(bool) => bool.to_string(),
            Value::Number(text) => text.clone(),
            Value::Text(text) => format!("{:?}", text.chars().take(40).collect::<String>()),
            Value::List(_) => "a list".into(),
            Value::Table(_) => "a table".into(),
        }
    }
}

/// The value of a TOML file.
pub(super) fn toml(text: &str) -> Result<Data, Finding> {
    let lines = Lines::of(text);
    let root = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(text.len(), |span| span.start);
        Finding::error(lines.at(at), format!("this is not TOML: {}", error.message().replace('\n', " ")))
    })?;
    match root.get_ref().iter().find_map(|(_, value)| date(value)) {
        Some(date) => {
            let message = format!("`{}` is a date, which JSON has no word for; quote it", date.get_ref());
            Err(Finding::error(lines.at(date.span().start), message))
        }
        None => Ok(Data { line: 1, value: Value::Table(entries(root.get_ref(), &lines)) }),
    }
}

/// A date in a value.
fn date(value: &Spanned<DeValue<'_>>) -> Option<Spanned<Datetime>> {
    match value.get_ref() {
        DeValue::Datetime(date) => Some(Spanned::new(value.span(), *date)),
        DeValue::Array(items) => items.iter().find_map(date),
        DeValue::Table(table) => table.iter().find_map(|(_, value)| date(value)),
        _ => None,
    }
}

fn entries(table: &DeTable<'_>, lines: &Lines) -> Vec<(Lined<String>, Data)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let name: &std::borrow::Cow<'_, str> = key.get_ref();
        let line = lines.at(key.span().start);
        let data =
            Data { line: line.max(lines.at(value.span().start)), value: of_toml(value.get_ref(), lines) };
        (Lined { line, value: name.clone().into_owned() }, data)
    };
    entries.into_iter().map(entry).collect()
}

fn of_toml(value: &DeValue<'_>, lines: &Lines) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.clone().into_owned()),
        DeValue::Integer(integer) => match i128::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) => Value::Number(number.to_string()),
            Err(_) => Value::Text(integer.to_string()),
        },
        DeValue::Float(float) => match float.as_str().trim_start_matches('+') {
            special if special.ends_with("nan") => Value::Text("nan".into()),
            special if special.ends_with("inf") => Value::Text(special.into()),
            number => Value::Number(number.into()),
        },
        DeValue::Boolean(bool) => Value::Bool(*bool),
        DeValue::Datetime(date) => Value::Text(date.to_string()),
        DeValue::Array(items) => {
            let item = |item: &Spanned<DeValue<'_>>| Data {
                line: lines.at(item.span().start),
                value: of_toml(item.get_ref(), lines),
            };
            Value::List(items.iter().map(item).collect())
        }
        DeValue::Table(table) => Value::Table(entries(table, lines)),
    }
}

/// The value of a JSON file.
pub(super) fn json(text: &str) -> Result<Data, Finding> {
    let told = |error: serde_json::Error| {
        let line = u32::try_from(error.line()).unwrap_or(u32::MAX).max(1);
        Finding::error(line, format!("this is not JSON: {error}"))
    };
    let raw: &RawValue = serde_json::from_str(text).map_err(told)?;
    of_json(raw, text, &Lines::of(text)).map_err(told)
}

fn of_json(raw: &RawValue, whole: &str, lines: &Lines) -> Result<Data, serde_json::Error> {
    let text = raw.get();
    // Both are parts of one text, so the distance is where the value stands in it.
    let line = lines.at(text.as_ptr() as usize - whole.as_ptr() as usize);
    let value = match text.as_bytes().first() {
        Some(b'{') => {
            let Members(members) =
                serde_json::Deserializer::from_str(text).deserialize_map(MembersVisitor)?;
            let member = |(key, raw)| {
                let data = of_json(raw, whole, lines)?;
                Ok((Lined { line: data.line, value: key }, data))
            };
            Value::Table(members.into_iter().map(member).collect::<Result<_, serde_json::Error>>()?)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            Value::List(items.into_iter().map(|raw| of_json(raw, whole, lines)).collect::<Result<_, _>>()?)
        }
        Some(b'"') => Value::Text(serde_json::from_str(text)?),
        Some(b'n') => Value::Null,
        Some(b't' | b'f') => Value::Bool(text == "true"),
        _ => Value::Number(text.to_owned()),
    };
    Ok(Data { line, value })
}

/// The members of an object in their order; none stands twice.
struct Members<'t>(Vec<(String, &'t RawValue)>);

struct MembersVisitor;

impl<'t> Visitor<'t> for MembersVisitor {
    type Value = Members<'t>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut from: A) -> Result<Members<'t>, A::Error> {
        let mut members: Vec<(String, &RawValue)> = Vec::new();
        while let Some((key, value)) = from.next_entry::<String, &RawValue>()? {
            if members.iter().any(|(known, _)| *known == key) {
                return Err(serde::de::Error::custom(format_args!(
                    "the key `{key}` stands twice in one object"
                )));
            }
            members.push((key, value));
        }
        Ok(Members(members))
    }
}

/// Where the lines of a text end.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Lines {
        Lines(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    /// The line of a byte, counted from 1.
    fn at(&self, byte: usize) -> u32 {
        u32::try_from(self.0.partition_point(|newline| *newline < byte) + 1).unwrap_or(u32::MAX)
    }
}
