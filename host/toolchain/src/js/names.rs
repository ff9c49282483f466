//! Names of WIT as JavaScript spells them. The engine spells fields and functions by the same rule.

use heck::{ToLowerCamelCase, ToUpperCamelCase};

/// `refund-approved`: `refundApproved`.
pub(super) fn camel(name: &str) -> String {
    name.to_lower_camel_case()
}

/// `refund-approved`: `RefundApproved`.
pub(super) fn class(name: &str) -> String {
    name.to_upper_camel_case()
}

/// A parameter, by its name in JavaScript: `old-price` as `oldPrice`, `new` as `new_`.
pub(super) fn param(name: &str) -> String {
    let name = camel(name);
    if RESERVED.split(' ').any(|word| word == name) { name + "_" } else { name }
}

/// What can be no variable of a module, in JavaScript or in TypeScript.
const RESERVED: &str = "arguments await break case catch class const continue debugger default delete do else enum eval \
    export extends false finally for function if implements import in instanceof interface let new null package private \
    protected public return static super switch this throw true try typeof undefined var void while with yield";

/// A key of an object: in quotes only where it must be.
pub(super) fn key(name: &str) -> String {
    match name.contains('-') {
        true => format!("'{name}'"),
        false => name.to_owned(),
    }
}

/// Lines of a comment before what it is about; none where there is nothing to say.
pub(super) fn comment(text: Option<&str>, indent: &str) -> String {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    let Some(text) = text.map(|text| text.replace("*/", "*\\/")) else { return String::new() };
    match text.contains('\n') {
        false => format!("{indent}/** {text} */\n"),
        true => {
            let line = |line: &str| format!("{indent} * {line}").trim_end().to_owned() + "\n";
            let lines: String = text.lines().map(line).collect();
            format!("{indent}/**\n{lines}{indent} */\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_javascript_has_them() {
        for (wit, camels, classes) in [
            ("refund-approved", "refundApproved", "RefundApproved"),
            ("on-echo", "onEcho", "OnEcho"),
            ("a-URL", "aUrl", "AUrl"),
            ("x2-y", "x2Y", "X2Y"),
        ] {
            assert_eq!((camel(wit).as_str(), class(wit).as_str()), (camels, classes));
        }
    }

    #[test]
    fn a_parameter_is_no_word_that_the_language_keeps() {
        assert_eq!(["new", "order", "this", "let"].map(param), ["new_", "order", "this_", "let_"]);
    }

    #[test]
    fn a_comment_cannot_end_before_its_end() {
        assert_eq!(comment(Some("all of cases/*/ here"), "  "), "  /** all of cases/*\\/ here */\n");
        assert_eq!(comment(Some("one\n\ntwo\n"), ""), "/**\n * one\n *\n * two\n */\n");
        assert_eq!(comment(Some("  "), ""), "");
    }
}
