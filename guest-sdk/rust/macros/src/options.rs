//! What stands in the parentheses of `#[step(…)]`.

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Ident, LitStr, Token};

/// `world = "assess", wit = "../../wit"`, both optional.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// The world, if the folder holds several.
    pub(crate) world: Option<String>,
    /// The folder, relative to the crate.
    pub(crate) wit: Option<String>,
}

struct Entry {
    key: Ident,
    value: LitStr,
}

impl Parse for Entry {
    fn parse(input: ParseStream) -> syn::Result<Entry> {
        let key = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok(Entry { key, value: input.parse()? })
    }
}

impl Parse for Options {
    fn parse(input: ParseStream) -> syn::Result<Options> {
        let mut options = Options::default();
        for Entry { key, value } in Punctuated::<Entry, Token![,]>::parse_terminated(input)? {
            match key.to_string().as_str() {
                "world" => options.world = Some(value.value()),
                "wit" => options.wit = Some(value.value()),
                _ => {
                    return Err(syn::Error::new(
                        key.span(),
                        "#[step] knows `world = \"…\"` and `wit = \"…\"`",
                    ));
                }
            }
        }
        Ok(options)
    }
}
