//! The attributes of `lockstep-sdk`. `#[step]` reads the WIT that a step is built against, checks the
//! author's functions against it, and writes the bindings; `#[tool]` exports functions as tools. They know no
//! host and run only while a step is compiled.

mod emits;
mod expand;
mod handlers;
mod names;
mod options;
mod tool;
mod world;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Makes a step of one handler `fn`, or of an inline `mod` that holds several.
///
/// The step's world is read from the folder `wit` of its crate. Where several steps share one folder,
/// the attribute names both: `#[step(world = "assess", wit = "../../wit")]`; the path is relative to
/// the crate. `lockstep:step` itself comes with the SDK.
///
/// In scope afterwards, without a `use`: every type that the world uses, every other type of the
/// interfaces they come from, and the world's own `variant`s. A handler for
/// `export on-refund-requested: func(event: refund-requested) -> result<emits, failure>` is
/// `fn on_refund_requested(event: RefundRequested) -> Result<Emits, Failure>`. Each event that a
/// handler may emit turns into its result by `.into()`, also through `option` and `list`. A panic is
/// logged with its message and place before it ends the attempt.
#[proc_macro_attribute]
pub fn step(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::step(options.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes a tool of a `fn`: a component that steps call as their grants allow. An example stands at the head of
/// `lockstep-sdk`.
///
/// It is called by the name of the function, what its doc comment says is told to whoever chooses tools, and
/// `schema` is the JSON Schema of its arguments, an object: the host lets no others through. The function takes
/// them as JSON text, or as anything that is read from text, such as serde_json's `Value`; what it returns is
/// written as JSON text. A failure is told to the step that called, with its message.
///
/// Several tools of one component lie in an inline `mod` with a plain `#[tool]` over it; each function in it
/// that has a `#[tool(schema = …)]` of its own is one. The crate is a `cdylib` and needs no WIT. In a workflow it
/// stands as `[tools.NAME]`; what it may reach itself is what its own grant says.
#[proc_macro_attribute]
pub fn tool(options: TokenStream, item: TokenStream) -> TokenStream {
    tool::tool(options.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
