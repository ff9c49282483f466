//! From the attribute to the code that takes its place.

use std::path::{Path, PathBuf};

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Item;

use crate::emits::Conversion;
use crate::handlers::{Handler, Target};
use crate::options::Options;
use crate::world::World;

/// The folder that holds the WIT where the attribute names none.
const WIT: &str = "wit";

pub(crate) fn step(options: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let options: Options = syn::parse2(options)?;
    let target = Target::parse(item)?;
    let folder = folder(options.wit.as_deref().unwrap_or(WIT))?;
    let world = World::read(&folder, options.world.as_deref());
    let world = world.map_err(|why| syn::Error::new(Span::call_site(), why))?;
    let handlers = target.handlers(&world)?;
    Ok(expand(target, code(&world, &handlers)))
}

fn folder(wit: &str) -> syn::Result<PathBuf> {
    let crate_folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let folder = Path::new(&crate_folder).join(wit);
    let fix = "put the step's WIT there, or name its folder: #[step(wit = \"../../wit\")]";
    match folder.exists() {
        true => Ok(folder),
        false => Err(syn::Error::new(Span::call_site(), format!("there is no `{wit}` in this crate; {fix}"))),
    }
}

/// The author's own code stays as it is; the bindings stand beside it.
fn expand(target: Target, code: TokenStream) -> TokenStream {
    match target {
        Target::Function(function) => quote!(#code #function),
        Target::Module(mut module) => {
            if let Some((_, items)) = &mut module.content {
                items.push(Item::Verbatim(code));
            }
            quote!(#module)
        }
    }
}

fn code(world: &World, handlers: &[Handler]) -> TokenStream {
    let bindings = bindings(world);
    let conversions = world.conversions.iter().map(conversion);
    let types = &world.types;
    quote! {
        #[doc(hidden)]
        #[allow(warnings, unsafe_code, clippy::all)]
        mod bindings {
            pub mod generated { #bindings }
            pub use generated::*;
            #(pub use #types;)*
            #(#conversions)*
        }
        #[allow(unused_imports)]
        use bindings::*;
        const _: () = {
            struct Step;
            impl bindings::generated::Guest for Step { #(#handlers)* }
            bindings::generated::export!(Step with_types_in bindings::generated);
        };
    }
}

fn bindings(world: &World) -> TokenStream {
    let id = &world.id;
    let paths = world.paths.iter().map(|path| path.display().to_string());
    let with = world.sdk.iter().map(|(interface, module)| quote!(#interface: #module));
    quote! {
        ::lockstep_sdk::__private::wit_bindgen::generate!({
            path: [#(#paths),*],
            world: #id,
            runtime_path: "::lockstep_sdk::__private::wit_bindgen::rt",
            with: { #(#with),* },
            additional_derives: [PartialEq],
            generate_all,
            generate_unused_types: true,
        });
    }
}

fn conversion(conversion: &Conversion) -> TokenStream {
    let Conversion { event, result, value } = conversion;
    quote! {
        impl ::core::convert::From<#event> for #result {
            fn from(event: #event) -> Self { #value }
        }
    }
}
