//! How the SDK's bindings spell things of the WIT.

use heck::{ToSnakeCase, ToUpperCamelCase};

/// Words that stand for something else in Rust, now or in an edition to come.
const KEYWORDS: &str = "as break const continue crate else enum extern false fn for if impl in let loop match mod \
    move mut pub ref return self static struct super trait true type unsafe use where while async await dyn abstract \
    become box do final macro override priv typeof unsized virtual yield try";

/// A field, a parameter or a handler: `on-refund-requested` as `on_refund_requested`, `ref` as `ref_`.
pub(super) fn ident(name: &str) -> String {
    match KEYWORDS.split_whitespace().any(|word| word == name) {
        true => format!("{name}_"),
        false => name.to_snake_case(),
    }
}

/// A type: `HTTP-code` as `HttpCode`. The name of the trait of handlers is not to be had.
pub(super) fn type_name(name: &str) -> String {
    match name {
        "guest" => "Guest_".to_owned(),
        _ => case(name),
    }
}

/// A case of an enum or a variant.
pub(super) fn case(name: &str) -> String {
    name.to_upper_camel_case()
}
