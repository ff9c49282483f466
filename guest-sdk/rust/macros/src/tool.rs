//! `#[tool]`: functions that a component offers as tools, from the attribute to the code beside them. It needs
//! no WIT of the author's: every tool looks the same from outside.

use proc_macro2::TokenStream;
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::parse::Parser;
use syn::{Attribute, Expr, Ident, Item, ItemFn, ItemMod, Lit, Meta};

/// One tool as the author wrote it.
pub(crate) struct Tool {
    name: Ident,
    description: String,
    schema: Expr,
}

/// The author's own code stays as it is; what exports it stands beside it.
pub(crate) fn tool(options: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    match syn::parse2(item)? {
        Item::Fn(function) => {
            let code = export(&[Tool::read(&function, options)?]);
            Ok(quote!(#function #code))
        }
        Item::Mod(mut module) if module.content.is_some() && options.is_empty() => {
            let code = export(&tools_of(&mut module)?);
            if let Some((_, items)) = &mut module.content {
                items.push(Item::Verbatim(code));
            }
            Ok(quote!(#module))
        }
        other => Err(syn::Error::new_spanned(
            other,
            "#[tool(schema = …)] goes on a `fn`, and a plain #[tool] on an inline `mod` of such functions",
        )),
    }
}

/// The functions that are marked; the marks are taken off, since they have done their work.
pub(crate) fn tools_of(module: &mut ItemMod) -> syn::Result<Vec<Tool>> {
    let items = module.content.iter_mut().flat_map(|(_, items)| items);
    let mut tools = Vec::new();
    for item in items {
        let Item::Fn(function) = item else { continue };
        let Some(at) = function.attrs.iter().position(is_mark) else { continue };
        let mark = function.attrs.remove(at);
        let options = match mark.meta {
            Meta::List(list) => list.tokens,
            _ => TokenStream::new(),
        };
        tools.push(Tool::read(function, options)?);
    }
    match tools.is_empty() {
        false => Ok(tools),
        true => Err(syn::Error::new(
            module.ident.span(),
            "no function in here is a tool; write #[tool(schema = …)] over those that are",
        )),
    }
}

fn is_mark(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == "tool")
}

impl Tool {
    pub(crate) fn read(function: &ItemFn, options: TokenStream) -> syn::Result<Tool> {
        let name = function.sig.ident.clone();
        let description = description(&function.attrs);
        if function.sig.inputs.len() != 1 {
            let message =
                "a tool takes its arguments as one: `arguments: Json`, or whatever is read from text";
            return Err(syn::Error::new_spanned(&function.sig, message));
        }
        if description.is_empty() {
            let message = "say in a doc comment what the tool does: whoever chooses tools reads it";
            return Err(syn::Error::new(name.span(), message));
        }
        let schema = schema(options)?;
        let missing = || {
            let fix =
                "give the JSON Schema of its arguments: #[tool(schema = r#\"{\"type\": \"object\"}\"#)]";
            syn::Error::new(name.span(), fix)
        };
        Ok(Tool { schema: schema.ok_or_else(missing)?, name, description })
    }

    #[cfg(test)]
    pub(crate) fn told(&self) -> String {
        format!("{}: {}\n", self.name, self.description)
    }
}

fn schema(options: TokenStream) -> syn::Result<Option<Expr>> {
    let mut schema = None;
    let parser = syn::meta::parser(|option: ParseNestedMeta<'_>| {
        if !option.path.is_ident("schema") {
            return Err(option.error("#[tool] knows `schema = …`"));
        }
        schema = Some(option.value()?.parse()?);
        Ok(())
    });
    parser.parse2(options)?;
    Ok(schema)
}

/// What a doc comment says, as running text.
fn description(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter(|attribute| attribute.path().is_ident("doc"));
    let lines = lines.filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(literal) => Some(&literal.lit),
            _ => None,
        },
        _ => None,
    });
    let lines = lines.filter_map(|literal| match literal {
        Lit::Str(text) => Some(text.value().trim().to_owned()),
        _ => None,
    });
    lines.collect::<Vec<_>>().join(" ").trim().to_owned()
}

fn export(tools: &[Tool]) -> TokenStream {
    let descriptions = tools.iter().map(Tool::describe);
    let calls = tools.iter().map(Tool::call);
    quote! {
        const _: () = {
            use ::lockstep_sdk::__private::{bindings, enter, no_tool, tool};
            struct Tools;
            impl tool::Guest for Tools {
                fn describe() -> ::std::vec::Vec<tool::Description> {
                    ::std::vec![#(#descriptions),*]
                }
                fn call(
                    name: ::std::string::String,
                    arguments: ::lockstep_sdk::Json,
                ) -> ::core::result::Result<::lockstep_sdk::Json, ::lockstep_sdk::Failure> {
                    enter();
                    match name.as_str() {
                        #(#calls)*
                        _ => ::core::result::Result::Err(no_tool(&name)),
                    }
                }
            }
            bindings::export!(Tools with_types_in bindings);
        };
    }
}

impl Tool {
    fn describe(&self) -> TokenStream {
        let Tool { name, description, schema } = self;
        let name = name.to_string();
        quote! {
            tool::Description {
                name: #name.into(),
                description: #description.into(),
                input_schema: (#schema).into(),
            }
        }
    }

    /// Arguments become what the function takes, and what it returns becomes text.
    fn call(&self) -> TokenStream {
        let name = &self.name;
        let text = name.to_string();
        quote!(#text => #name(arguments.parse()?).map(|result| result.to_string()),)
    }
}
