use lockstep_core::shape::{Case, Field, Shape};
use proptest::collection::{hash_set, vec};
use proptest::prelude::*;
use wasmtime::component::Val;

use super::{WriteError, read, write};

/// Any shape, three levels deep at most.
fn shape() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        prop::sample::select(vec![
            Shape::Bool,
            Shape::S8,
            Shape::U8,
            Shape::S16,
            Shape::U16,
            Shape::S32,
            Shape::U32,
            Shape::S64,
            Shape::U64,
            Shape::F32,
            Shape::F64,
            Shape::Char,
            Shape::String,
            Shape::Json,
            Shape::Bytes,
        ]),
        names().prop_map(Shape::Enum),
        names().prop_map(Shape::Flags),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let perhaps = prop::option::of(boxed.clone());
        prop_oneof![
            boxed.clone().prop_map(Shape::List),
            (boxed.clone(), 1u32..4).prop_map(|(item, length)| Shape::FixedList(item, length)),
            (prop::sample::select(vec![Shape::String, Shape::U32, Shape::Char]), boxed.clone())
                .prop_map(|(key, value)| Shape::Map(Box::new(key), value)),
            vec(inner.clone(), 1..4).prop_map(Shape::Tuple),
            record(inner.clone()),
            variant(inner),
            boxed.prop_map(Shape::Option),
            (perhaps.clone(), perhaps).prop_map(|(ok, err)| Shape::Result(ok, err)),
        ]
    })
}

fn names() -> impl Strategy<Value = Vec<String>> {
    hash_set("[a-z]{1,6}(-[a-z0-9]{1,3})?", 1..5).prop_map(|names| names.into_iter().collect())
}

fn record(inner: impl Strategy<Value = Shape>) -> impl Strategy<Value = Shape> {
    (names(), vec(inner, 5)).prop_map(|(names, shapes)| {
        Shape::Record(names.iter().zip(shapes).map(|(name, shape)| Field::new(name, shape)).collect())
    })
}

fn variant(inner: impl Strategy<Value = Shape>) -> impl Strategy<Value = Shape> {
    (names(), vec(prop::option::of(inner), 5)).prop_map(|(names, shapes)| {
        Shape::Variant(names.into_iter().zip(shapes).map(|(name, shape)| Case { name, shape }).collect())
    })
}

/// Any value of a shape.
fn value(shape: &Shape) -> BoxedStrategy<Val> {
    match shape {
        Shape::Bool => any::<bool>().prop_map(Val::Bool).boxed(),
        Shape::S8 => any::<i8>().prop_map(Val::S8).boxed(),
        Shape::U8 => any::<u8>().prop_map(Val::U8).boxed(),
        Shape::S16 => any::<i16>().prop_map(Val::S16).boxed(),
        Shape::U16 => any::<u16>().prop_map(Val::U16).boxed(),
        Shape::S32 => any::<i32>().prop_map(Val::S32).boxed(),
        Shape::U32 => any::<u32>().prop_map(Val::U32).boxed(),
        Shape::S64 => any::<i64>().prop_map(Val::S64).boxed(),
        Shape::U64 => any::<u64>().prop_map(Val::U64).boxed(),
        Shape::F32 => prop::num::f32::ANY.prop_map(Val::Float32).boxed(),
        Shape::F64 => prop::num::f64::ANY.prop_map(Val::Float64).boxed(),
        Shape::Char => any::<char>().prop_map(Val::Char).boxed(),
        Shape::String => any::<String>().prop_map(Val::String).boxed(),
        // `null` inside an option is taken by none.
        Shape::Json => prop::sample::select(vec!["1e400", "{\"a\":[null,\"\\u0000\"]}", "\"x\"", "[ 1, 2 ]"])
            .prop_map(|text| Val::String(text.into()))
            .boxed(),
        Shape::Bytes => vec(any::<u8>().prop_map(Val::U8), 0..20).prop_map(Val::List).boxed(),
        Shape::List(item) => vec(value(item), 0..4).prop_map(Val::List).boxed(),
        Shape::FixedList(item, length) => {
            vec(value(item), *length as usize).prop_map(Val::FixedLengthList).boxed()
        }
        Shape::Map(key, inner) => vec((value(key), value(inner)), 0..3).prop_map(Val::Map).boxed(),
        Shape::Tuple(shapes) => shapes.iter().map(value).collect::<Vec<_>>().prop_map(Val::Tuple).boxed(),
        Shape::Record(fields) => {
            let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
            let values = fields.iter().map(|field| value(&field.shape)).collect::<Vec<_>>();
            values.prop_map(move |values| Val::Record(names.iter().cloned().zip(values).collect())).boxed()
        }
        Shape::Variant(cases) => {
            let each = cases.iter().map(|case| {
                let name = case.name.clone();
                perhaps(case.shape.as_ref())
                    .prop_map(move |payload| Val::Variant(name.clone(), payload))
                    .boxed()
            });
            proptest::strategy::Union::new(each).boxed()
        }
        Shape::Enum(cases) => prop::sample::select(cases.clone()).prop_map(Val::Enum).boxed(),
        Shape::Flags(names) => {
            prop::sample::subsequence(names.clone(), 0..=names.len()).prop_map(Val::Flags).boxed()
        }
        Shape::Option(inner) => {
            prop::option::of(value(inner).prop_map(Box::new)).prop_map(Val::Option).boxed()
        }
        Shape::Result(ok, err) => prop_oneof![
            perhaps(ok.as_deref()).prop_map(|value| Val::Result(Ok(value))),
            perhaps(err.as_deref()).prop_map(|value| Val::Result(Err(value))),
        ]
        .boxed(),
    }
}

fn perhaps(shape: Option<&Shape>) -> BoxedStrategy<Option<Box<Val>>> {
    match shape {
        None => Just(None).boxed(),
        Some(shape) => value(shape).prop_map(|value| Some(Box::new(value))).boxed(),
    }
}

proptest! {
    #[test]
    fn every_value_of_every_type_comes_back_from_its_json(
        (shape, value) in shape().prop_flat_map(|shape| (Just(shape.clone()), value(&shape)))
    ) {
        let text = write(&value, &shape, usize::MAX).expect("a value of the shape");
        prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(text.as_str()).is_ok());
        prop_assert_eq!(read(text.as_str(), "v", &shape), Ok(value));
    }

    #[test]
    fn no_value_is_written_beyond_its_limit(
        (shape, value, limit) in shape().prop_flat_map(|shape| (Just(shape.clone()), value(&shape), 0usize..64))
    ) {
        let whole = write(&value, &shape, usize::MAX).expect("a value of the shape");
        let bounded = write(&value, &shape, limit);
        match whole.as_str().len() > limit {
            true => prop_assert_eq!(bounded, Err(WriteError::TooLarge(limit))),
            false => prop_assert_eq!(bounded, Ok(whole)),
        }
    }
}

#[test]
fn a_json_that_is_none_is_told_with_its_path() {
    let inner = Shape::Record(vec![Field::new("raw-data", Shape::Json)]);
    let shape = Shape::Record(vec![Field::new("item", inner)]);
    let raw = Val::Record(vec![("raw-data".into(), Val::String("{oops".into()))]);
    let error = write(&Val::Record(vec![("item".into(), raw)]), &shape, 100).expect_err("not JSON");
    expect_test::expect![
        "`item.raw_data` is of type json, but its text is not JSON: key must be a string at line 1 column 2"
    ]
    .assert_eq(&error.to_string());
}

#[test]
fn a_value_of_another_type_is_no_panic() {
    assert_eq!(write(&Val::U8(1), &Shape::String, 10), Err(WriteError::Foreign));
}
