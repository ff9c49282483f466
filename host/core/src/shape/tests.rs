//! Reading, describing and comparing shapes, as tables.

use expect_test::expect;

use super::read::check;
use super::{Case, Field, Shape};

fn record(fields: &[(&str, Shape)]) -> Shape {
    Shape::Record(fields.iter().map(|(name, shape)| Field::new(name, shape.clone())).collect())
}

fn list(item: Shape) -> Shape {
    Shape::List(Box::new(item))
}

fn option(inner: Shape) -> Shape {
    Shape::Option(Box::new(inner))
}

fn variant(cases: &[(&str, Option<Shape>)]) -> Shape {
    let cases = cases.iter().map(|(name, shape)| Case { name: (*name).into(), shape: shape.clone() });
    Shape::Variant(cases.collect())
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn values_of_every_type_are_accepted_in_every_form_they_have() {
    let map = |key, value| Shape::Map(Box::new(key), Box::new(value));
    let result = Shape::Result(Some(Box::new(Shape::U8)), None);
    for (shape, texts) in [
        (Shape::Bool, vec!["true", " false "]),
        (Shape::U8, vec!["0", "255"]),
        (Shape::S8, vec!["-128"]),
        (Shape::U64, vec!["18446744073709551615", "\"18446744073709551615\""]),
        (Shape::S64, vec!["-9223372036854775808", "\"-9223372036854775808\""]),
        (Shape::F32, vec!["1", "1.5", "\"nan\"", "\"-inf\""]),
        (Shape::F64, vec!["1e300", "\"inf\""]),
        (Shape::Char, vec!["\"ß\"", "\"\\ud83d\\ude00\""]),
        (Shape::String, vec!["\"\"", "\"a\\u0000b\""]),
        (Shape::Json, vec!["null", "[1, {\"a\": []}]", "\"x\""]),
        (Shape::Bytes, vec!["\"AAEC\"", "[0, 1, 255]"]),
        (list(Shape::U8), vec!["[]", "[1, 2]"]),
        (Shape::FixedList(Box::new(Shape::U8), 2), vec!["[1, 2]"]),
        (map(Shape::String, Shape::U8), vec!["{}", "{\"a\": 1}"]),
        (map(Shape::U8, Shape::U8), vec!["[]", "[[1, 2]]"]),
        (Shape::Tuple(vec![Shape::U8, Shape::Bool]), vec!["[1, true]"]),
        (
            variant(&[("none", None), ("some", Some(Shape::U8))]),
            vec!["\"none\"", "{\"none\": null}", "{\"some\": 1}"],
        ),
        (Shape::Enum(names(&["a", "b"])), vec!["\"b\""]),
        (Shape::Flags(names(&["a", "b"])), vec!["[]", "[\"b\", \"a\", \"b\"]"]),
        (option(Shape::U8), vec!["null", "1"]),
        (option(option(Shape::U8)), vec!["null", "{\"some\": null}", "{\"some\": 1}"]),
        (result, vec!["{\"ok\": 1}", "{\"err\": null}"]),
        (
            record(&[("unit-price", Shape::U8), ("note", option(Shape::String))]),
            vec!["{\"unit_price\": 1}", "{\"new\": {\"x\": []}, \"note\": null, \"unit_price\": 1}"],
        ),
    ] {
        for text in texts {
            assert_eq!(check(text, "start", &shape), Ok(()), "{shape} from {text}");
        }
    }
}

#[test]
fn what_does_not_fit_is_told_with_path_wanted_and_found() {
    let item = record(&[("name", Shape::String), ("price", Shape::U64)]);
    let order = record(&[("items", list(item)), ("speed", option(Shape::Enum(names(&["slow", "fast"]))))]);
    let mut told = String::new();
    for (shape, text) in [
        (&order, r#"{"items":[{"name":"a","price":1},{"name":"b","price":"12,50"}]}"#),
        (&order, r#"{"items":[{"name":"a"}]}"#),
        (&order, r#"{"items":[{"name":"a","price":-1}]}"#),
        (&order, r#"{"items":[{"name":"a","price":1.0}]}"#),
        (&order, r#"{"items":[{"name":"a","price":99999999999999999999}]}"#),
        (&order, r#"{"items":[{"name":"a","name":"b","price":1}]}"#),
        (&order, r#"{"items":[],"speed":"brisk"}"#),
        (&order, r#"{"items":{}}"#),
        (&order, r#"[]"#),
        (&order, r#"{"items":[]} trailing"#),
        (&order, r#"{"items":["#),
        (&order, ""),
        (&Shape::U8, "256"),
        (&Shape::F32, "1e300"),
        (&Shape::Char, r#""ab""#),
        (&Shape::String, r#""\ud800""#),
        (&Shape::String, &format!("[{}]", "1")),
        (&Shape::U64, r#""123456789012345678901234567890123456789012345678901234567890 and more""#),
        (&Shape::Bytes, r#""not base64""#),
        (&Shape::Bytes, "[1,256]"),
        (&Shape::Tuple(vec![Shape::U8, Shape::U8]), "[1]"),
        (&Shape::Tuple(vec![Shape::U8]), "[1,2]"),
        (&Shape::FixedList(Box::new(Shape::U8), 2), "[1]"),
        (&variant(&[("a", None), ("b", Some(Shape::U8))]), r#""b""#),
        (&variant(&[("a", None), ("b", Some(Shape::U8))]), r#"{"a":1}"#),
        (&variant(&[("a", None), ("b", Some(Shape::U8))]), r#"{"b":"x"}"#),
        (&variant(&[("a", None)]), r#"{"a":null,"b":null}"#),
        (&Shape::Result(None, None), r#"{"maybe":null}"#),
        (&Shape::Flags(names(&["a"])), r#"["z"]"#),
        (&option(option(Shape::U8)), "1"),
    ] {
        told += &format!("{}\n", check(text, "start", shape).expect_err(text));
    }
    expect![[r#"
        start.items[1].price: expected u64, found "12,50"
        start.items[0].price: expected u64, found nothing
        start.items[0].price: expected u64, found -1
        start.items[0].price: expected u64, found 1.0
        start.items[0].price: expected u64, found 1e20
        start.items[0].name: the key stands twice in one object
        start.speed: expected enum { slow, fast }, found "brisk"
        start.items: expected list<record { name, price }>, found an object
        start: expected record { items, speed }, found an array
        start: not JSON: trailing characters at line 1 column 14
        start: not JSON: EOF while parsing a list at line 1 column 10
        start: not JSON: EOF while parsing a value at line 1 column 0
        start: expected u8, found 256
        start: expected f32, found 1e300
        start: expected char, found "ab"
        start: not JSON: unexpected end of hex escape at line 1 column 8
        start: expected string, found an array
        start: expected u64, found "123456789012345678901234567890123456789012345678901234567890…"
        start: expected list<u8>, found "not base64"
        start[1]: expected u8, found 256
        start: expected tuple<u8, u8>, found an array of 1
        start: expected tuple<u8>, found an array of more than 1
        start: expected list<u8, 2>, found an array of 1
        start: expected variant { a, b }, found "b"
        start.a: expected variant { a, b }, found a value where none belongs
        start.b: expected u8, found "x"
        start: expected variant { a }, found an object of several keys
        start: expected result, found "maybe"
        start: expected flags { a }, found "z"
        start: invalid type: integer `1`, expected an object `{"some": …}` around option<u8> at line 1 column 1
    "#]].assert_eq(&told);
}

#[test]
fn the_schema_says_what_the_reader_accepts() {
    let shape = record(&[
        ("unit-price", Shape::U64),
        ("note", option(Shape::String)),
        ("why", variant(&[("broken", None), ("other", Some(Shape::String))])),
        ("raw", Shape::Bytes),
        ("extra", Shape::Json),
        ("marks", Shape::Flags(names(&["seen"]))),
    ]);
    expect![[r#"
        {
          "$schema": "https://json-schema.org/draft/2020-12/schema",
          "properties": {
            "extra": {},
            "marks": {
              "items": {
                "enum": [
                  "seen"
                ]
              },
              "type": "array",
              "uniqueItems": true
            },
            "note": {
              "anyOf": [
                {
                  "type": "null"
                },
                {
                  "type": "string"
                }
              ]
            },
            "raw": {
              "contentEncoding": "base64",
              "type": "string"
            },
            "unit_price": {
              "anyOf": [
                {
                  "maximum": 18446744073709551615,
                  "minimum": 0,
                  "type": "integer"
                },
                {
                  "pattern": "^[0-9]{1,20}$",
                  "type": "string"
                }
              ]
            },
            "why": {
              "oneOf": [
                {
                  "const": "broken"
                },
                {
                  "additionalProperties": false,
                  "properties": {
                    "other": {
                      "type": "string"
                    }
                  },
                  "required": [
                    "other"
                  ],
                  "type": "object"
                }
              ]
            }
          },
          "required": [
            "unit_price",
            "why",
            "raw",
            "extra",
            "marks"
          ],
          "title": "asked",
          "type": "object"
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&shape.schema("asked")).unwrap());
}

#[test]
fn a_consumer_reads_what_the_by_name_rules_allow_and_every_misfit_is_told() {
    let wide =
        record(&[("n", Shape::U64), ("s", option(Shape::String)), ("e", Shape::Enum(names(&["a", "b"])))]);
    let narrow = record(&[("n", Shape::U32), ("s", Shape::String), ("e", Shape::Enum(names(&["a"])))]);
    assert_eq!(narrow.misfits(&wide), []);
    assert_eq!(record(&[("n", Shape::U8)]).misfits(&record(&[("m", option(Shape::U8))])), []);
    let mut told = String::new();
    for (written, read) in [
        (&wide, &narrow),
        (&record(&[]), &narrow),
        (&list(record(&[("x", Shape::F64)])), &list(record(&[("x", Shape::F32)]))),
        (&variant(&[("a", None), ("b", None)]), &variant(&[("a", Some(Shape::U8))])),
    ] {
        told += &written.misfits(read).iter().map(|misfit| format!("{misfit}\n")).collect::<String>();
        told += "-\n";
    }
    expect![[r#"
        `n` is written as u64 and read as u32
        `s` is written as option<string> and read as string
        `e` is written as `b` among others and read as names without it
        -
        `n` is written as nothing and read as u32
        `s` is written as nothing and read as string
        `e` is written as nothing and read as enum { a }
        -
        `[].x` is written as f64 and read as f32
        -
        `.a` is written as nothing and read as u8
        it is written as `b` among others and read as cases without it
        -
    "#]]
    .assert_eq(&told);
}
