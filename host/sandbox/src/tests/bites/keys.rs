//! The keys of a JSON Schema, as people name them: `http.secret.name`; a star stands for a name that the
//! writer of the file chooses.

use std::collections::BTreeSet;

use serde_json::Value;

/// All keys of a file that hold a value of their own.
pub(super) fn of(schema: &str) -> BTreeSet<String> {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let mut keys = BTreeSet::new();
    walk(&schema, &schema, "", &mut keys);
    keys
}

fn walk(schema: &Value, node: &Value, key: &str, keys: &mut BTreeSet<String>) {
    let node =
        node["$ref"].as_str().map_or(node, |path| &schema["$defs"][path.trim_start_matches("#/$defs/")]);
    let below = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    if let Some(properties) = node["properties"].as_object() {
        return properties.iter().for_each(|(name, inner)| walk(schema, inner, &below(name), keys));
    }
    match (&node["additionalProperties"], &node["items"]) {
        (inner @ Value::Object(_), _) => walk(schema, inner, &below("*"), keys),
        (_, items) if is_table(schema, items) => walk(schema, items, key, keys),
        _ => drop(keys.insert(key.to_owned())),
    }
}

/// Whether what a list holds has keys.
fn is_table(schema: &Value, items: &Value) -> bool {
    let path = items["$ref"].as_str().unwrap_or_default();
    !schema["$defs"][path.trim_start_matches("#/$defs/")]["properties"].is_null()
}

#[test]
fn keys_are_found_however_deep_they_lie() {
    let [grant, operator] = [lockstep_core::grant::SCHEMA, lockstep_core::operator::SCHEMA].map(of);
    for key in ["grant", "http.host", "http.query", "http.secret.format", "config.*", "on-denied.http"] {
        assert!(grant.contains(key), "{key}: {grant:?}");
    }
    for key in ["ceiling.http.secret.name", "secrets.*.command", "tls.ca", "ceiling.config.*"] {
        assert!(operator.contains(key), "{key}: {operator:?}");
    }
}
