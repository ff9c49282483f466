//! JSON Schemas held against the keys that a parser accepts.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Level;

/// A schema has the keys of these levels and no other, each described, and every reference in it
/// leads somewhere. Each level comes with the definition that describes it.
pub(crate) fn assert_describes(text: &str, levels: &[(&str, &Level)]) {
    let schema: Value = serde_json::from_str(text).unwrap();
    let definitions = schema["$defs"].as_object().unwrap();
    for (name, level) in levels {
        let definition = &definitions[*name];
        assert_eq!(described(definition), level.keys.iter().copied().collect(), "{name}");
        assert_eq!(definition["additionalProperties"], Value::Bool(false), "{name}");
        for (key, property) in definition["properties"].as_object().unwrap() {
            assert!(property["description"].is_string(), "{name}.{key} has no description");
        }
    }
    let all = definitions.iter().filter(|(_, definition)| definition.get("properties").is_some());
    assert_eq!(all.count(), levels.len());
    for reference in text.split("\"$ref\": \"#").skip(1).map(|rest| &rest[..rest.find('"').unwrap()]) {
        assert!(schema.pointer(reference).is_some(), "{reference}");
    }
}

/// The keys that a definition of the schema has.
fn described(definition: &Value) -> BTreeSet<&str> {
    let properties = definition["properties"].as_object().expect("properties");
    properties.keys().map(String::as_str).collect()
}
