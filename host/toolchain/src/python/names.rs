//! The names that componentize-py gives to what WIT names: the glue has to find its classes by them. It takes them
//! from the same crate, and so does this.

use heck::{ToSnakeCase, ToUpperCamelCase};
use lockstep_core::event::TypeName;
use wit_parser::{InterfaceId, PackageName, Resolve, TypeDef, TypeOwner};

/// The module of the bindings of a world.
const WORLD: &str = "wit_world";

/// What Python keeps for itself.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// A field or a function: `after-ms` as `after_ms`, `not` as `not_`.
pub(super) fn snake(name: &str) -> String {
    escaped(name.to_snake_case())
}

/// A class: `refund-requested` as `RefundRequested`.
pub(super) fn camel(name: &str) -> String {
    escaped(name.to_upper_camel_case())
}

/// A member of an enum: `deep-blue` as `DEEP_BLUE`.
pub(super) fn shouted(name: &str) -> String {
    name.to_snake_case().to_uppercase()
}

/// The class of a case of a variant, in the bindings.
pub(super) fn case(variant: &str, case: &str) -> String {
    format!("{}_{}", camel(variant), camel(case))
}

/// The module with the bindings of an interface, by its full name.
pub(super) fn interface(resolve: &Resolve, id: InterfaceId) -> Option<String> {
    let interface = &resolve.interfaces[id];
    let PackageName { namespace, name, version } = &resolve.packages[interface.package?].name;
    let version = version.as_ref().map_or(String::new(), |version| format!("-{version}").replace('.', "-"));
    let whole = format!("{namespace}-{name}-{}{version}", interface.name.as_ref()?);
    Some(format!("{WORLD}.imports.{}", snake(&whole)))
}

/// The module with the bindings of what a type belongs to.
pub(super) fn module(resolve: &Resolve, owner: TypeOwner) -> Option<String> {
    match owner {
        TypeOwner::World(_) => Some(WORLD.to_owned()),
        TypeOwner::Interface(id) => interface(resolve, id),
        TypeOwner::None => None,
    }
}

/// The full name of a type that an interface defines.
pub(super) fn full(resolve: &Resolve, definition: &TypeDef) -> Option<TypeName> {
    let TypeOwner::Interface(id) = definition.owner else { return None };
    let interface = &resolve.interfaces[id];
    let package = &resolve.packages[interface.package?].name;
    Some(TypeName {
        package: format!("{}:{}", package.namespace, package.name),
        interface: interface.name.clone()?,
        name: definition.name.clone()?,
        version: package.version.clone(),
    })
}

fn escaped(name: String) -> String {
    match KEYWORDS.contains(&name.as_str()) {
        true => format!("{name}_"),
        false => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_bindings() {
        for (wit, field, class) in [
            ("refund-requested", "refund_requested", "RefundRequested"),
            ("not", "not_", "Not"),
            ("none", "none", "None_"),
            ("sha256-sum", "sha256_sum", "Sha256Sum"),
            ("HTTP-code", "http_code", "HttpCode"),
        ] {
            assert_eq!((snake(wit), camel(wit)), (field.to_owned(), class.to_owned()), "{wit}");
        }
        assert_eq!((case("shade", "none"), shouted("deep-blue")), ("Shade_None_".into(), "DEEP_BLUE".into()));
    }

    #[test]
    fn modules_are_named_by_package_interface_and_version() {
        let mut resolve = Resolve::default();
        let text =
            "package shop:refunds@1.0.0-rc.1; interface events { record a { n: u8 } } interface types {}";
        resolve.push_str("a.wit", text).unwrap();
        let named: Vec<_> = resolve.interfaces.iter().map(|(id, _)| interface(&resolve, id)).collect();
        let expected =
            ["events", "types"].map(|name| format!("wit_world.imports.shop_refunds_{name}_1_0_0_rc_1"));
        assert_eq!(named, expected.map(Some));
    }
}
