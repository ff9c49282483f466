//! The Rust paths that bindings give to WIT types, as seen from beside the module `generated`.

use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use wit_bindgen_core::name_package_module;
use wit_bindgen_core::wit_parser::{InterfaceId, Resolve, TypeDef, TypeOwner};
use wit_bindgen_rust::to_rust_ident;

/// The package whose bindings the SDK itself has.
const SDK: (&str, &str) = ("lockstep", "step");

/// Whether the SDK has the bindings of an interface.
pub(crate) fn is_sdk(resolve: &Resolve, interface: InterfaceId) -> bool {
    let Some(package) = resolve.interfaces[interface].package else { return false };
    let name = &resolve.packages[package].name;
    (name.namespace.as_str(), name.name.as_str()) == SDK
}

/// The module with the bindings of a named interface.
pub(crate) fn interface(resolve: &Resolve, id: InterfaceId) -> Option<TokenStream> {
    let interface = &resolve.interfaces[id];
    let name = format_ident!("{}", to_rust_ident(&interface.name.as_ref()?.to_snake_case()));
    if is_sdk(resolve, id) {
        return Some(quote!(::lockstep_sdk::__private::host::#name));
    }
    let package = interface.package?;
    let namespace = &resolve.packages[package].name.namespace;
    let namespace = format_ident!("{}", to_rust_ident(&namespace.to_snake_case()));
    let package = format_ident!("{}", to_rust_ident(&name_package_module(resolve, package)));
    Some(quote!(generated::#namespace::#package::#name))
}

/// A named type of a world or an interface.
pub(crate) fn path(resolve: &Resolve, definition: &TypeDef) -> Option<TokenStream> {
    let name = type_name(definition.name.as_ref()?);
    match definition.owner {
        TypeOwner::World(_) => Some(quote!(generated::#name)),
        TypeOwner::Interface(id) => interface(resolve, id).map(|module| quote!(#module::#name)),
        TypeOwner::None => None,
    }
}

/// `refund-requested` as `RefundRequested`. The name of the trait of handlers is not to be had.
pub(crate) fn type_name(name: &str) -> Ident {
    match name {
        "guest" => format_ident!("Guest_"),
        _ => case(name),
    }
}

/// A case of a variant: `refund-requested` as `RefundRequested`.
pub(crate) fn case(name: &str) -> Ident {
    format_ident!("{}", name.to_upper_camel_case())
}

/// `on-refund-requested` as `on_refund_requested`.
pub(crate) fn snake(name: &str) -> String {
    to_rust_ident(&name.to_snake_case())
}
