//! Text that is arguments, and text that is none.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::scalar;
use crate::grant::tools::{Arguments, NoArguments, exact};

/// What text is read as, or why it is none.
fn read(texts: &[&str], expected: Expect) {
    let told = texts.iter().map(|text| match Arguments::read(text) {
        Ok(arguments) => format!("{text} -> {}\n", arguments.text()),
        Err(refused) => format!("{text}: {refused}\n"),
    });
    expected.assert_eq(&told.collect::<String>());
}

#[test]
fn arguments_are_read_in_one_way_or_not_at_all() {
    read(
        &[
            " { \"b\" : [ 1 , true, null ] , \"a\" : { \"d\":\"\\u0041\\n\", \"c\":{} } } ",
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"x":[{"y":{"a":1,"b":2,"a":3}}]}"#,
            r#"{"a":"\ud800"}"#,
            "[]",
            "\"{}\"",
            "",
            "{} {}",
            "{\"a\":01}",
            "{\"a\":NaN}",
        ],
        expect![[r#"
             { "b" : [ 1 , true, null ] , "a" : { "d":"\u0041\n", "c":{} } }  -> {"a":{"c":{},"d":"A\n"},"b":[1,true,null]}
            {"a":1,"a":1}: the key "a" stands twice in one object; which of the two is meant?
            {"a":1,"\u0061":2}: the key "a" stands twice in one object; which of the two is meant?
            {"x":[{"y":{"a":1,"b":2,"a":3}}]}: the key "a" stands twice in one object; which of the two is meant?
            {"a":"\ud800"}: the arguments are not JSON: unexpected end of hex escape at line 1 column 8
            []: the arguments are not an object of JSON; write `{}` for none
            "{}": the arguments are not an object of JSON; write `{}` for none
            : the arguments are not JSON: EOF while parsing a value at line 1 column 0
            {} {}: the arguments are not JSON: trailing characters at line 1 column 4
            {"a":01}: the arguments are not JSON: invalid number at line 1 column 7
            {"a":NaN}: the arguments are not JSON: expected value at line 1 column 6
        "#]],
    );
}

#[test]
fn a_number_is_sent_as_the_number_that_was_written() {
    let told = [
        "0",
        "-0",
        "-0.0",
        "1",
        "1.0",
        "0.1",
        "0.10",
        "1e2",
        "1E+2",
        "1e-7",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "9007199254740993",
        "9007199254740993.0",
        "0.1000000000000000055511151231257827",
        "100000000000000000000",
        "123456789012345678901",
        "1e400",
        "1e-400",
        "0e9999999999999999999",
        "5e-324",
        "4e-324",
    ]
    .map(|number| match Arguments::read(&format!("{{\"a\":{number}}}")) {
        Ok(arguments) => format!("{number} -> {}\n", arguments.text()),
        Err(refused) => format!("{number}: {refused}\n"),
    });
    expect![[r#"
        0 -> {"a":0}
        -0 -> {"a":-0.0}
        -0.0 -> {"a":-0.0}
        1 -> {"a":1}
        1.0 -> {"a":1.0}
        0.1 -> {"a":0.1}
        0.10 -> {"a":0.1}
        1e2 -> {"a":100.0}
        1E+2 -> {"a":100.0}
        1e-7 -> {"a":1e-7}
        18446744073709551615 -> {"a":18446744073709551615}
        18446744073709551616: the number 18446744073709551616 would not be sent as it is written, since no reader has to keep it; pass it as text
        -9223372036854775808 -> {"a":-9223372036854775808}
        -9223372036854775809: the number -9223372036854775809 would not be sent as it is written, since no reader has to keep it; pass it as text
        9007199254740993 -> {"a":9007199254740993}
        9007199254740993.0: the number 9007199254740993.0 would not be sent as it is written, since no reader has to keep it; pass it as text
        0.1000000000000000055511151231257827: the number 0.1000000000000000055511151231257827 would not be sent as it is written, since no reader has to keep it; pass it as text
        100000000000000000000 -> {"a":1e+20}
        123456789012345678901: the number 123456789012345678901 would not be sent as it is written, since no reader has to keep it; pass it as text
        1e400: the number 1e400 would not be sent as it is written, since no reader has to keep it; pass it as text
        1e-400: the number 1e-400 would not be sent as it is written, since no reader has to keep it; pass it as text
        0e9999999999999999999: the number 0e9999999999999999999 would not be sent as it is written, since no reader has to keep it; pass it as text
        5e-324 -> {"a":5e-324}
        4e-324: the number 4e-324 would not be sent as it is written, since no reader has to keep it; pass it as text
    "#]].assert_eq(&told.concat());
}

#[test]
fn arguments_are_bounded() {
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
    assert!(Arguments::read(&nested(32)).is_ok());
    assert_eq!(Arguments::read(&nested(33)), Err(NoArguments::TooDeep));
    assert_eq!(Arguments::read(&nested(100_000)), Err(NoArguments::TooDeep));
    let long = |length: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(length - 8));
    assert!(Arguments::read(&long(256 << 10)).is_ok());
    assert_eq!(Arguments::read(&long((256 << 10) + 1)), Err(NoArguments::TooLong));
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("(?s).{0,4}", inner, 0..4)
                .prop_map(|all| Value::Object(all.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_sent_reads_as_what_was_checked(value in value()) {
        let text = json!({ "a": value }).to_string();
        let arguments = Arguments::read(&text).map_err(|refused| TestCaseError::fail(format!("{text}: {refused}")))?;
        prop_assert_eq!(&arguments.to_value(), &serde_json::from_str::<Value>(arguments.text()).unwrap());
        prop_assert_eq!(Arguments::read(arguments.text()), Ok(arguments));
    }

    #[test]
    fn text_of_any_kind_is_arguments_or_none_and_never_panics(text in "(?s).{0,40}", number in "-?[0-9]{1,30}(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,22})?") {
        let _ = Arguments::read(&text);
        let _ = Arguments::read(&format!("{{{text}}}"));
        if let Some(read) = exact(&number) {
            prop_assert_eq!(exact(&read.to_string()), Some(read));
        }
    }
}
