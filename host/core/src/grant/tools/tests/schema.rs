//! Arguments against schemas of strangers, and what a guest is shown of one.

use expect_test::expect;
use serde_json::{Value, json};

use super::{GITHUB, grant, tool};
use crate::grant::tools::{Arguments, check, shown_schema};

/// What a schema says of arguments.
fn said(schema: &Value, arguments: &str) -> String {
    let arguments = Arguments::read(arguments).unwrap_or_else(|refused| panic!("{refused}"));
    match check(schema, &arguments) {
        Ok(()) => format!("{}: fits\n", arguments.text()),
        Err(why) => format!("{}: {why}\n", arguments.text()),
    }
}

#[test]
fn arguments_are_held_against_the_schema() {
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {
            "owner": { "type": "string", "pattern": "^[a-z]+$" },
            "labels": { "type": "array", "items": { "$ref": "#/definitions/label" } },
            "n": { "type": "integer", "minimum": 1 },
        },
        "required": ["owner"],
        "additionalProperties": false,
        "definitions": { "label": { "enum": ["bug", "docs"] } },
    });
    let told: String = [
        r#"{"owner":"acme","labels":["bug"],"n":3}"#,
        r#"{"owner":"acme","labels":["bug","evil"]}"#,
        r#"{"owner":"Acme"}"#,
        r#"{"owner":7}"#,
        r#"{"owner":"acme","n":0}"#,
        r#"{"owner":"acme","n":1.5}"#,
        r#"{"owner":"acme","x":1}"#,
        "{}",
    ]
    .iter()
    .map(|arguments| said(&schema, arguments))
    .collect();
    expect![[r#"
        {"labels":["bug"],"n":3,"owner":"acme"}: fits
        {"labels":["bug","evil"],"owner":"acme"}: /labels/1: "evil" is not one of "bug" or "docs"
        {"owner":"Acme"}: /owner: "Acme" does not match "^[a-z]+$"
        {"owner":7}: /owner: 7 is not of type "string"
        {"n":0,"owner":"acme"}: /n: 0 is less than the minimum of 1
        {"n":1.5,"owner":"acme"}: /n: 1.5 is not of type "integer"
        {"owner":"acme","x":1}: Additional properties are not allowed ('x' was unexpected)
        {}: "owner" is a required property
    "#]]
    .assert_eq(&told);
}

#[test]
fn a_schema_that_leads_outside_or_cannot_be_read_is_refused() {
    let told: String = [
        json!({"$ref": "https://evil.example/schema.json"}),
        json!({"$ref": "file:///etc/passwd"}),
        json!({"properties": {"a": {"$ref": "other.json#/x"}}}),
        json!({"$schema": "https://evil.example/meta"}),
        json!({"$id": "https://evil.example/a", "$ref": "b"}),
        json!({"properties": {"a": {"$id": "https://evil.example/a", "$ref": "#/x"}}}),
        json!({"$dynamicRef": "#meta"}),
        json!({"$ref": "#/nowhere"}),
        json!({"type": "nothing"}),
        json!({"properties": {"a": {"pattern": "("}}}),
        json!({"properties": {"a": {"pattern": "(a+)+$", "type": "string"}}}),
        json!({"properties": {"a": {"pattern": "(?=a)b"}}}),
        json!({"properties": {"a": {"pattern": "(\\w{1000}){1000}"}}}),
        json!({"type": "object", "description": "x".repeat(64 << 10)}),
        json!([1]),
    ]
    .iter()
    .map(|schema| said(schema, r#"{"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}"#))
    .collect();
    expect![[r#"
        {"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}: the tool's schema refers to what is not in it; use no reference but `#/…`, and no `$id` inside
        {"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}: the tool's schema refers to what is not in it; use no reference but `#/…`, and no `$id` inside
        {"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}: the tool's schema refers to what is not in it; use no reference but `#/…`, and no `$id` inside
        {"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}: the tool's schema cannot be read: Unknown meta-schema: 'https://evil.example/meta'. Custom meta-schemas must be registered in the registry before use
        {"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}: the tool's schema refers to what is not in it; use no reference but `#/…`, and no `$id` inside
        {"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}: the tool's schema refers to what is not in it; use no reference but `#/…`, and no `$id` inside
        {"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}: the tool's schema refers to what is not in it; use no reference but `#/…`, and no `$id` inside
        {"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}: the tool's schema refers to what is not in it; use no reference but `#/…`, and no `$id` inside
        {"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}: the tool's schema cannot be read: "nothing" is not valid under any of the schemas listed in the 'anyOf' keyword
        {"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}: the tool's schema cannot be read: "(" is not a "regex"
        {"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}: /a: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!" does not match "(a+)+$"
        {"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}: the tool's schema cannot be read: "(?=a)b" is not a "regex"
        {"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}: the tool's schema cannot be read: "(\\w{1000}){1000}" is not a "regex"
        {"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}: the tool's schema is longer than 64 KiB
        {"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}: the tool's schema cannot be read: [1] is not of types "boolean", "object"
    "#]].assert_eq(&told);
}

/// A chain of definitions, each made of the next one twice.
fn doubled(links: usize, of: impl Fn(Value) -> Value) -> Value {
    let definitions =
        (0..links).map(|nth| (format!("d{nth}"), of(json!({"$ref": format!("#/$defs/d{}", nth + 1)}))));
    let mut definitions: serde_json::Map<_, _> = definitions.collect();
    definitions.insert(format!("d{links}"), json!({"type": "string"}));
    json!({"$ref": "#/$defs/d0", "$defs": definitions})
}

#[test]
fn a_small_schema_that_makes_endless_work_is_refused_or_done_in_no_time() {
    let nested = (0..20).fold("1".to_owned(), |inner, _| format!("{{\"a\":{inner},\"b\":1}}"));
    let told = [
        (doubled(40, |next| json!({"anyOf": [next, next]})), "{}"),
        (doubled(40, |next| json!({"allOf": [next, {"not": next}]})), "{}"),
        (doubled(40, |next| json!({"properties": {"a": next, "b": next}})), "{}"),
        (doubled(40, |next| json!({"properties": {"a": next, "b": next}})), nested.as_str()),
        (doubled(10, |next| json!({"allOf": [next], "unevaluatedProperties": next})), nested.as_str()),
        (json!({"$ref": "#"}), "{}"),
        (json!({"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}), "{}"),
        (
            json!({"anyOf": [{"properties": {"a": {"$ref": "#"}}}, {"properties": {"a": {"$ref": "#"}}}], "required": ["c"]}),
            nested.as_str(),
        ),
        (
            json!({"properties": {"a": {"pattern": "(a*)*(a*)*(a*)*b", "maxLength": 3}}}),
            "{\"a\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
        ),
        (
            json!({"patternProperties": (0..101).map(|nth| (format!("^{nth}"), json!({}))).collect::<serde_json::Map<_, _>>()}),
            "{}",
        ),
    ]
    .map(|(schema, arguments)| {
        let said = said(&schema, arguments);
        said.chars().skip(said.chars().count().saturating_sub(90)).collect::<String>()
    });
    expect![[r#"
        {}: the tool's schema has references or patterns that make too much work; make it plainer
        {}: the tool's schema has references or patterns that make too much work; make it plainer
        {}: fits
        1}: the tool's schema has references or patterns that make too much work; make it plainer
        1}: the tool's schema has references or patterns that make too much work; make it plainer
        {}: the tool's schema has references or patterns that make too much work; make it plainer
        {}: the tool's schema has references or patterns that make too much work; make it plainer
        1}: the tool's schema has references or patterns that make too much work; make it plainer
        aaaaaaaaaaaaaaaaaaaaaaa"}: /a: "aaaaaaaaaaaaaaaaaaaaaaaaaaaa" is longer than 3 characters
        {}: the tool's schema has references or patterns that make too much work; make it plainer
    "#]]
    .assert_eq(&told.concat());
}

#[test]
fn schemas_that_repeat_themselves_reasonably_are_checked() {
    let tree = json!({"$ref": "#/$defs/filter", "$defs": {"filter": {"anyOf": [
        {"properties": {"and": {"type": "array", "items": {"$ref": "#/$defs/filter"}}}, "required": ["and"]},
        {"properties": {"is": {"type": "string"}}, "required": ["is"]},
    ]}}});
    assert_eq!(
        said(&tree, r#"{"and":[{"and":[{"is":"a"},{"is":"b"}]},{"is":"c"}]}"#),
        "{\"and\":[{\"and\":[{\"is\":\"a\"},{\"is\":\"b\"}]},{\"is\":\"c\"}]}: fits\n"
    );
    assert!(!said(&tree, r#"{"and":[{"and":[{"is":1}]}]}"#).ends_with("fits\n"));
    let wide: serde_json::Map<_, _> =
        (0..500).map(|nth| (format!("k{nth}"), json!({"type": ["string", "null"]}))).collect();
    assert!(said(&json!({"properties": wide}), r#"{"k1":"a"}"#).ends_with("fits\n"));
    let rows = format!("{{\"rows\":[{}1]}}", "1,".repeat(50_000));
    assert!(
        said(&json!({"properties": {"rows": {"items": {"type": "integer"}, "uniqueItems": false}}}), &rows)
            .ends_with("fits\n")
    );
}

#[test]
fn the_guest_is_shown_what_is_left_of_a_schema() {
    let rules = grant(GITHUB);
    let rule = rules.choose("get_issue").unwrap();
    let schema = json!({
        "type": "object",
        "properties": { "owner": { "type": "string", "description": "who" }, "repo": { "type": "string" }, "n": { "type": "integer" } },
        "required": ["owner", "n"],
    });
    expect![[r#"
        {
          "properties": {
            "n": {
              "type": "integer"
            },
            "owner": {
              "const": "acme",
              "description": "who"
            },
            "page": {
              "const": 1
            },
            "repo": {
              "enum": [
                "shop",
                "docs"
              ]
            }
          },
          "required": [
            "n",
            "repo"
          ],
          "type": "object"
        }
    "#]]
    .assert_eq(&format!("{:#}\n", shown_schema(rule, &tool("get_issue", "", schema.clone()))));
    assert_eq!(shown_schema(rule, &tool("search.issues", "", schema.clone())), schema);
    assert_eq!(shown_schema(rule, &tool("search.issues", "", json!(true))), json!({}));
}
