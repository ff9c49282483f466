//! The attribute `#[step]` of `lockstep-sdk`: reads the WIT that a step is built against, checks the
//! author's functions against it, and writes the bindings. It knows no host and runs only while a
//! step is compiled.

mod emits;
mod expand;
mod handlers;
mod names;
mod options;
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
