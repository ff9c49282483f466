//! The author's functions, held against the handlers of the world.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{FnArg, Ident, Item, ItemFn, ItemMod, ReturnType, Signature, Type};

use crate::names;
use crate::world::World;

/// What `#[step]` stands on.
pub(crate) enum Target {
    /// One handler.
    Function(Box<ItemFn>),
    /// A module of handlers and whatever they need.
    Module(ItemMod),
}

/// One handler as the author wrote it.
pub(crate) struct Handler {
    pub(crate) name: Ident,
    pub(crate) inputs: Vec<Type>,
    pub(crate) output: ReturnType,
}

impl Target {
    /// A function or an inline module; nothing else holds handlers.
    pub(crate) fn parse(item: TokenStream) -> syn::Result<Target> {
        match syn::parse2(item)? {
            Item::Fn(function) => Ok(Target::Function(Box::new(function))),
            Item::Mod(module) if module.content.is_some() => Ok(Target::Module(module)),
            other => Err(syn::Error::new_spanned(
                other,
                "#[step] goes on a handler `fn` or on an inline `mod` of handlers",
            )),
        }
    }

    /// The handlers, one for each that the world exports. In a module, functions whose names do not
    /// begin with `on_` are helpers.
    pub(crate) fn handlers(&self, world: &World) -> syn::Result<Vec<Handler>> {
        let written = self.signatures();
        let wanted: Vec<String> = world.handlers.iter().map(|name| names::snake(name)).collect();
        if let Some(stray) = written.iter().find(|signature| !wanted.contains(&signature.ident.to_string())) {
            return Err(syn::Error::new_spanned(&stray.ident, no_handler(&stray.ident, world)));
        }
        for (name, export) in wanted.iter().zip(&world.handlers) {
            if !written.iter().any(|signature| signature.ident == name) {
                return Err(syn::Error::new(self.span(), self.missing(name, export, world)));
            }
        }
        written.into_iter().map(Handler::read).collect()
    }

    fn signatures(&self) -> Vec<&Signature> {
        match self {
            Target::Function(function) => vec![&function.sig],
            Target::Module(module) => {
                let items = module.content.iter().flat_map(|(_, items)| items);
                let functions = items.filter_map(|item| match item {
                    Item::Fn(function) => Some(&function.sig),
                    _ => None,
                });
                functions.filter(|signature| signature.ident.to_string().starts_with("on_")).collect()
            }
        }
    }

    fn span(&self) -> Span {
        match self {
            Target::Function(function) => function.sig.ident.span(),
            Target::Module(module) => module.ident.span(),
        }
    }

    fn missing(&self, name: &str, export: &str, world: &World) -> String {
        let fix = match self {
            Target::Function(_) => "put all handlers into an inline `mod` under #[step]",
            Target::Module(_) => "write it",
        };
        format!("world `{}` exports `{export}`, and there is no `fn {name}`; {fix}", world.name)
    }
}

impl Handler {
    fn read(signature: &Signature) -> syn::Result<Handler> {
        let inputs = signature.inputs.iter().map(|input| match input {
            FnArg::Typed(input) => Ok((*input.ty).clone()),
            FnArg::Receiver(receiver) => {
                Err(syn::Error::new_spanned(receiver, "a handler has no `self`; it is a plain `fn`"))
            }
        });
        let inputs = inputs.collect::<syn::Result<_>>()?;
        Ok(Handler { name: signature.ident.clone(), inputs, output: signature.output.clone() })
    }
}

fn no_handler(name: &Ident, world: &World) -> String {
    let exports = world.handlers.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    format!("`fn {name}` is no handler of world `{}`, which exports {exports}", world.name)
}

/// The function of the bindings' trait that calls this handler.
impl ToTokens for Handler {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Handler { name, inputs, output } = self;
        let arguments: Vec<Ident> = (0..inputs.len()).map(|n| quote::format_ident!("event_{n}")).collect();
        tokens.extend(quote! {
            fn #name(#(#arguments: #inputs),*) #output {
                ::lockstep_sdk::__private::enter();
                #name(#(#arguments),*)
            }
        });
    }
}
