//! A look at single top-level fields of an event's JSON, for `when`, `join.by` and `on-deadline`,
//! without reading the rest.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use serde_json::value::RawValue;

use crate::event::Json;
use crate::shape::Shape;

/// Those fields of a value that a record of another shape has too, by name.
pub(super) fn picked(value: &Json, shape: &Shape) -> Json {
    let fields: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_str(value.as_str()).unwrap_or_default();
    let Shape::Record(wanted) = shape else { return value.clone() };
    let both = wanted.iter().filter_map(|field| Some((&field.key, *fields.get(field.key.as_str())?)));
    let both: BTreeMap<&String, &RawValue> = both.collect();
    Json::trusted(serde_json::to_string(&both).expect("an object of texts"))
}

/// The value of a field as comparable text: strings without their escapes, `null` if absent.
pub(super) fn comparable(value: &Json, key: &str) -> String {
    let fields: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_str(value.as_str()).unwrap_or_default();
    fields.get(key).map_or_else(|| "null".to_owned(), |raw| normal(raw.get()))
}

/// JSON text as comparable text.
pub(super) fn normal(json: &str) -> String {
    match serde_json::from_str::<String>(json) {
        Ok(text) => format!("\"{text}"),
        Err(_) => json.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_compare_by_what_they_say_and_not_by_how_they_are_written() {
        let value = Json::trusted(r#"{"kind":"in\u0076oice","n":1,"ok":true,"deep":{"kind":2}}"#);
        assert_eq!(comparable(&value, "kind"), normal(r#""invoice""#));
        assert_eq!(comparable(&value, "ok"), normal("true"));
        assert_eq!(comparable(&value, "absent"), normal("null"));
        assert_ne!(comparable(&value, "n"), normal(r#""1""#));
    }
}
